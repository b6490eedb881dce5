"""What the units start, started as systemd would.

A capture child for each connection to the socket, the sensor without privilege, and the dashboard over it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sensor.settings.read import read_settings
from sensor.setup.files import units_for
from sensor.setup.listening import may_listen
from tests.live.namespaces import readable_program
from tests.programs import free_port, running

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that everybody may pass through: pytest's own are their maker's alone."""
    made = Path(tempfile.mkdtemp(prefix="lanwitness-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def command(units: dict[str, str], name: str) -> list[str]:
    """The words of a unit's ExecStart, with this checkout's program."""
    found = re.search(r"^ExecStart=(.*)$", units[name], re.MULTILINE)
    assert found is not None
    words = shlex.split(found[1])
    return [sys.executable, "-P", "-m", "sensor", *words[1:]] if words[0].endswith("/lanwitness") else words


@contextmanager
def capture_service(path: Path, words: list[str], log: list[bytes]) -> Iterator[None]:
    """A socket unit with Accept=yes: one child for each connection, which is its standard input and output.

    Each child is ended by its id.
    """
    children: list[subprocess.Popen[bytes]] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        path.chmod(0o666)
        listening.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    children.append(
                        subprocess.Popen(words, stdin=connection, stdout=connection, stderr=subprocess.PIPE)
                    )

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for child in children:
                child.terminate()
                log.append(child.communicate(timeout=10)[1])


def test_the_units_work_together(home: Path) -> None:
    """On the loopback interface. The sensor runs as nobody, with no capability: all it has is the socket."""
    if not may_listen() or os.geteuid() != 0:
        told = "needs root: to listen, and to start the sensor as somebody else"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    port, state = free_port(), home / "state"
    state.mkdir(mode=0o700)
    os.chown(state, NOBODY, NOBODY)
    config = home / "lanwitness.toml"
    config.write_text(
        f'[capture]\ninterfaces = ["lo"]\nlocal_nets = ["127.0.0.0/8"]\n[store]\npath = "{state}/home.db"\n'
        f'state = "{state}"\n[dashboard]\nport = {port}\nbind = "127.0.0.1"\n'
        f'[alerts]\nlearn_minutes = 0\n[alerts.file]\npath = "{state}/alerts.jsonl"\n',
        "utf-8",
    )
    units = units_for(config, read_settings(config))
    path, said = home / "capture.sock", list[bytes]()
    watch = [
        str(path) if word == "/run/lanwitness/capture.sock" else word
        for word in command(units, "lanwitness-watch.service")
    ]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(state),
        "LANWITNESS_STATE": str(state),
    }
    with (
        capture_service(path, command(units, "lanwitness-capture@.service"), said),
        (home / "watch.log").open("wb") as out,
    ):
        nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        sensor = subprocess.Popen([*readable_program(), *nobody, *watch], env=environment, stdout=out, stderr=out)
        try:
            # systemd starts the dashboard again and again until there is a store.
            end = time.monotonic() + 120
            while not (state / "home.db").exists():
                assert time.monotonic() < end and sensor.poll() is None, (home / "watch.log").read_text("utf-8")[-2000:]
                time.sleep(0.2)
            with running(command(units, "lanwitness-serve.service"), port, home / "serve.log", env=environment):
                log_in(port, state, sensor, home)
        finally:
            sensor.terminate()
            assert sensor.wait(60) == 0, (home / "watch.log").read_text("utf-8")[-2000:]
    assert (state / "home.db").exists() and all(not one for one in said), said
    told = [json.loads(line) for line in (state / "alerts.jsonl").read_text("utf-8").splitlines()]
    assert any(one["rule"] == "credential.cleartext" for one in told)


def log_in(port: int, state: Path, sensor: subprocess.Popen[bytes], home: Path) -> None:
    """Cross a password over loopback until the dashboard's metrics show it."""
    with socket.create_server(("127.0.0.1", 0)) as ftp:
        number = ftp.getsockname()[1]
        end = time.monotonic() + 120
        while True:
            assert time.monotonic() < end, (home / "watch.log").read_text("utf-8")[-2000:]
            assert sensor.poll() is None, (home / "watch.log").read_text("utf-8")[-2000:]
            with socket.create_connection(("127.0.0.1", number)) as client, ftp.accept()[0] as server:
                for side, line in (
                    (server, b"220 ready\r\n"),
                    (client, b"USER anna\r\n"),
                    (server, b"331 password\r\n"),
                    (client, b"PASS Sesame1234\r\n"),
                    (server, b"230 in\r\n"),
                ):
                    side.sendall(line)
                    (client if side is server else server).recv(100)
            time.sleep(1)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                text = answer.read().decode()
            if 'lanwitness_findings{rule="credential.cleartext"' in text:
                assert re.search(r'^lanwitness_sensor_state\{[^}]*state="starting"[^}]*\} 0\.0$', text, re.M)
                return
