"""The command group from outside: version and help, exit statuses, sentences instead of tracebacks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sensor.cli import main
from tests.replaying import PCAPS

CAPTURE = PCAPS / "ftp_login" / "capture.pcap"


def lanwitness(
    *arguments: str | Path, stdin: bytes | None = None, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "LANWITNESS_STATE": environment.pop("state", ""),
        **environment,
    }
    run = subprocess.run(
        [sys.executable, "-m", "sensor", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=60,
        env=env,
        cwd=cwd or Path(__file__).parents[2],
        check=False,
    )
    assert b"Traceback" not in run.stderr
    return subprocess.CompletedProcess(run.args, run.returncode, run.stdout.decode(), run.stderr.decode())


def test_version_and_help() -> None:
    assert lanwitness("--version").stdout.startswith("lanwitness, version ")
    text = lanwitness("replay", "--help").stdout
    for option in ("--json", "--local-net", "--reveal", "--flows", "--fail-on"):
        assert option in text


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m sensor replay --json - {CAPTURE} {CAPTURE} {CAPTURE} | head -n 1"
    run = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        timeout=60,
        cwd=PCAPS.parent,
        check=False,
        env={**os.environ, "LANWITNESS_STATE": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
    )
    assert b"Traceback" not in run.stderr and b"bug" not in run.stderr


def test_a_closed_standard_output_is_a_sentence(tmp_path: Path) -> None:
    run = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m sensor replay --json - {CAPTURE} >&-"],
        capture_output=True,
        timeout=60,
        cwd=PCAPS.parent,
        check=False,
        env={**os.environ, "LANWITNESS_STATE": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
    )
    assert run.returncode == 2 and b"standard output is closed" in run.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    run = lanwitness("replay", CAPTURE, "--json", "/dev/full", state=str(tmp_path))
    assert run.returncode == 2 and "No space left" in run.stderr and len(run.stderr.splitlines()) == 1


def test_a_bug_of_ours_exits_70_and_shows_no_payload(tmp_path: Path) -> None:
    broken = (
        "import sys\nimport sensor.run as r, sensor.cli.main as c\n"
        "def boom(*a): raise KeyError('canary-of-a-test')\nr.Run.feed = boom\n"
        "sys.argv = ['lanwitness', 'replay', sys.argv[1]]\nc.main()"
    )
    run = subprocess.run(
        [sys.executable, "-c", broken, str(CAPTURE)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=PCAPS.parent,
        check=False,
    )
    assert run.returncode == 70 and "bug" in run.stderr and "canary" not in run.stderr


def test_every_module_is_a_command_by_its_name() -> None:
    folder = Path(main.__file__).parent
    modules = {path.stem for path in folder.glob("[a-z]*.py")} - {"main"}
    assert set(main.command_names()) == modules and len(modules) >= 12


SLOW_TO_LOAD = (
    "rich", "cryptography", "phonenumbers", "multiprocessing", "sqlalchemy", "flask", "hpack", "difflib", "statistics",
    "tomllib", "sensor.report", "sensor.comparison.forms", "sensor.export.terminal",
)  # fmt: skip
"""Modules of which each takes 2 to 40 ms, and is of no use without what it is for."""


def loaded_by(tmp_path: Path, *arguments: str | Path) -> set[str]:
    """The modules that a command loads."""
    script = (
        "import sys, sensor.cli.main as c\nsys.argv = ['lanwitness', *sys.argv[1:]]\n"
        "try: c.main()\nexcept SystemExit: pass\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=PCAPS.parent,
        check=True,
        env={**os.environ, "LANWITNESS_STATE": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
    )
    return set(run.stderr.splitlines())


def test_the_version_loads_no_command(tmp_path: Path) -> None:
    assert {m for m in loaded_by(tmp_path, "--version") if m.startswith("sensor.")} == {
        "sensor.cli", "sensor.cli.main", "sensor.cycle_search", "sensor.export", "sensor.export.jsonlines",
        "sensor.lazy_pattern",
    }  # fmt: skip


def test_a_small_replay_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    small = PCAPS / "ftp_login" / "capture.pcap"
    loaded_by(tmp_path, "replay", "--json", "-", small)  # puts what it parsed into the cache
    loaded = loaded_by(tmp_path, "replay", "--json", "-", small)
    assert "sensor.run" in loaded and not loaded & {*SLOW_TO_LOAD}
    assert "rich" in loaded_by(tmp_path, "replay", "--plain", PCAPS / "ftp_login" / "capture.pcap")


def test_the_help_has_examples_and_cuts_no_line() -> None:
    text = lanwitness("--help").stdout
    assert "..." not in text.partition("Commands:")[2] and max(map(len, text.splitlines())) <= 80
    assert "lanwitness replay home.pcapng" in text
    for name in main.command_names():
        first = " ".join((main.command(name).help or "").split()).partition(". ")[0]
        assert first and first[:60] in " ".join(text.split()), name


def test_a_search_for_cycles_passes_over_what_was_imported_before_the_command() -> None:
    code = (
        "import atexit, gc\n"
        "from sensor.cli.main import main\n"
        "atexit.register(lambda: print(gc.get_freeze_count()))\n"
        "main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True)
    assert int(ran.stdout.splitlines()[-1]) > 10_000
