"""The image's Containerfile, checked by parts: what it copies, as whom it runs, what it starts, when it is healthy."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "container"


def steps(text: str) -> list[tuple[str, str]]:
    """Instructions with their arguments: comments out, continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in joined.splitlines() if line.strip()]


STEPS = steps((FOLDER / "Containerfile").read_text("utf-8"))
LAST = max(place for place, (verb, _) in enumerate(STEPS) if verb == "FROM")
FINAL = STEPS[LAST:]


def copied(of: list[tuple[str, str]]) -> list[str]:
    return [name for verb, rest in of if verb == "COPY" and "--from" not in rest for name in rest.split()[:-1]]


def of(verb: str) -> list[str]:
    return [rest for name, rest in FINAL if name == verb]


def test_what_it_copies_is_in_the_checkout_and_is_all_that_a_build_reads() -> None:
    sources = copied(STEPS)
    assert [name for name in sources if not (ROOT / name).exists()] == []
    grafted = re.findall(r"^graft (\S+)", (ROOT / "MANIFEST.in").read_text("utf-8"), re.MULTILINE)
    packages = re.findall(r'"(\w+)\*"', (ROOT / "pyproject.toml").read_text("utf-8").split("packages.find]")[1])
    assert {*grafted, *packages[:4], "pyproject.toml", "setup.py", "constraints.txt"} <= set(sources)


def test_the_decoder_must_compile_and_no_compiler_is_in_the_image() -> None:
    build = STEPS[:LAST]
    compiled = build.index(("ENV", "LANWITNESS_COMPILED=1"))
    assert any("pip install" in rest and "-c constraints.txt" in rest for _, rest in build[compiled:])
    assert not any("apt-get" in rest or "pip" in rest for _, rest in FINAL)


def test_it_runs_as_a_user_without_privileges_who_owns_the_state() -> None:
    assert of("USER") == ["lanwitness"]
    assert [verb for verb, _ in FINAL].index("USER") > max(n for n, (verb, _) in enumerate(FINAL) if verb == "RUN")
    assert "install -d -o lanwitness -g lanwitness -m 0700 /var/lib/lanwitness" in of("RUN")[0]
    assert "LANWITNESS_STATE=/var/lib/lanwitness" in of("ENV")[0].split()
    assert of("VOLUME") == ["/var/lib/lanwitness"]


def test_it_starts_a_command_that_the_program_has() -> None:
    from sensor.cli.main import command as command_of

    assert json.loads(of("ENTRYPOINT")[0]) == ["lanwitness"]
    name, *arguments = json.loads(of("CMD")[0])
    command = command_of(name)
    assert command.make_parser(command.context_class(command)).parse_args(arguments)[1] == []


@pytest.fixture
def check() -> ModuleType:
    test = json.loads(of("HEALTHCHECK")[0].partition("CMD ")[2])
    assert test == ["python", "-I", "/opt/lanwitness/healthy.py"]
    spec = spec_from_file_location("image_health", FOLDER / "healthy.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def answering(status: int) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_dashboard_is_healthy_when_it_can_read_its_store(check: ModuleType) -> None:
    with answering(200) as port:
        assert check.healthy(["lanwitness", "serve", "--port", str(port)])
        assert check.healthy(["lanwitness", "serve", f"--port={port}"])
    assert not check.healthy(["lanwitness", "serve", "--port", str(port)])
    with answering(503) as port:
        assert not check.healthy(["lanwitness", "serve", "--port", str(port)])
    assert check.healthy(["lanwitness", "watch", "eth0"])


@pytest.mark.nightly
def test_the_image_is_built_without_root_and_replays_a_capture() -> None:
    """By podman as an ordinary user, where it is."""
    if os.geteuid() == 0 or shutil.which("podman") is None:
        pytest.skip("needs podman, and a user who is not root")
    build = ["podman", "build", "--format", "docker", "-f", str(FOLDER / "Containerfile"), "-t", "lanwitness-test"]
    subprocess.run([*build, str(ROOT)], check=True, timeout=1800)
    capture = ROOT / "pcaps" / "home" / "capture.pcapng"
    run = f"podman run --rm --no-healthcheck --network none -v {capture}:/home.pcapng:ro lanwitness-test"
    done = subprocess.run(
        ["sh", str(ROOT / "tests" / "install" / "tried"), *run.split()],
        env={**os.environ, "HOME_PCAP": "/home.pcapng"},
        timeout=600,
    )
    assert done.returncode == 0
