"""Privileges of a live run: what /proc says of each process, and whose the files are."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sensor.live.privileges import UserError, may_write, user_of
from tests.live.namespaces import Sensor, cable, descendants, readable_program, status_of
from tests.replaying import PCAPS, capture_in

LISTEN = 1 << 13 | 1 << 8
"""CAP_NET_RAW and CAP_SETPCAP (linux/capability.h)."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that each user can get to, as pytest's are not."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.namespaces
@pytest.mark.parametrize("caller", ["root", "nobody"])
def test_root_is_given_up_before_a_packet_is_read(caller: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started by root itself and by sudo: no process has a capability but the launcher, which may listen."""
    user = pwd.getpwnam(caller)
    monkeypatch.setenv("SUDO_UID", str(user.pw_uid))
    os.chown(folder, user.pw_uid, user.pw_gid)
    with (
        cable("p") as laid,
        Sensor(laid, folder, "--store", str(folder / "home.db"), through=readable_program()) as sensor,
    ):
        os.chown(folder / "fingerprint.key", user.pw_uid, user.pw_gid)
        pid = sensor.child()
        launcher, launched = sensor.wait("a launcher alone", lambda: only_other(sensor.process.pid, pid))
        reader, captures = status_of(sensor.process.pid), status_of(pid)
        assert reader["Uid"].split() == [str(user.pw_uid)] * 4
        assert all(int(reader[f"Cap{kind}"], 16) == 0 for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb"))
        assert (reader["NoNewPrivs"], reader["Seccomp"]) == ("1", "2")
        assert launched["Uid"].split() == captures["Uid"].split() == ["65534"] * 4
        assert all(int(launched[f"Cap{kind}"], 16) == LISTEN for kind in ("Prm", "Eff", "Bnd"))
        assert launched["NoNewPrivs"] == "1" and int(captures["CapBnd"], 16) == 0
        laid.send(capture_in(PCAPS / "ftp_login"))
        sensor.wait("a finding", lambda: sensor.of("finding"))
        os.kill(pid, signal.SIGKILL)
        sensor.wait("another capture", lambda: sensor.of("sensor")[-1]["sources"][0]["captures"] == 2)
        assert sensor.end() == 0, sensor.errors.read_text()
        assert not Path(f"/proc/{launcher}").exists()
    assert {(folder / name).owner() for name in ("home.db", sensor.path.name)} == {user.pw_name}


def only_other(top: int, known: int) -> tuple[int, dict[str, str]] | None:
    """The one process below ``top`` beside ``known``, and its status; None while there is none, or another."""
    found = {one: status for one in descendants(top) if one != known and (status := status_of(one))}
    return next(iter(found.items())) if len(found) == 1 else None


def test_a_process_that_has_ended_has_no_status_and_no_children() -> None:
    ended = subprocess.Popen(["true"])
    assert ended.wait(10) == 0
    assert status_of(ended.pid) == {} and descendants(ended.pid) == []


@pytest.mark.parametrize(
    ("named", "environment", "expected"),
    [
        (None, {}, None),
        (None, {"SUDO_UID": "0"}, None),
        (None, {"SUDO_UID": "65534"}, 65534),
        ("nobody", {"SUDO_UID": "0"}, 65534),
        (None, {"SUDO_UID": "-1"}, None),
    ],
)
def test_who_a_run_of_root_goes_on_as(named: str | None, environment: Mapping[str, str], expected: int | None) -> None:
    user = user_of(named, environment)
    assert (user.pw_uid if user is not None else None) == expected


@pytest.mark.parametrize(("named", "environment"), [("no such user", {}), (None, {"SUDO_UID": "9" * 30})])
def test_a_user_that_is_not_there(named: str | None, environment: Mapping[str, str]) -> None:
    with pytest.raises(UserError, match="there is no user"):
        user_of(named, environment)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """As a process that is root no more sees it: a child that gives its capabilities up and asks."""
    may_write(tmp_path / "new" / "state")
    folder = tmp_path / "other"
    folder.mkdir(mode=0o700)
    if os.geteuid() != 0:
        folder.chmod(0o500)
    else:
        os.chown(folder, 65534, 65534)
    code = (
        "import sys\nfrom pathlib import Path\nfrom sensor.live.privileges import UserError, give_up_root, may_write\n"
        "give_up_root(None)\ntry: may_write(Path(sys.argv[1]))\nexcept UserError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder / "state")], capture_output=True, text=True)
    name = pwd.getpwuid(os.geteuid()).pw_name
    expected = f"{folder / 'state'}: {name} may not write there; --user names the user who may\n"
    assert (done.stdout, done.stderr) == (expected, "")
