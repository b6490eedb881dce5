"""Privileges of a live run: what /proc says of each process, and whose the files are."""

from __future__ import annotations

import os
import pwd
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sensor.live.privileges import UserError, user_of
from tests.live.namespaces import Sensor, cable, descendants, status_of
from tests.replaying import PCAPS, ROOT, capture_in

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
        (launcher,) = [one for one in descendants(sensor.process.pid) if one != pid]
        reader, launched, captures = (status_of(each) for each in (sensor.process.pid, launcher, pid))
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


def readable_program() -> list[str]:
    """A command that runs a command where each user can read the interpreter and the tree.

    Where they lie in a folder of root's alone, a mount namespace of its own shows that folder with nothing else in it.
    """
    steps = []
    needed = {Path(sys.base_prefix), Path(sys.prefix), ROOT}
    closed = {up for one in needed for up in one.parents if not up.stat().st_mode & 1}
    for number, top in enumerate(sorted(one for one in closed if not closed & {*one.parents})):
        here = f"/mnt/{number}"
        steps.append(f"mkdir -p {here} && mount --bind {top} {here} && mount -t tmpfs -o mode=755 none {top}")
        for one in sorted(path for path in needed if path.is_relative_to(top)):
            steps.append(f"mkdir -p {one} && mount --bind {here}/{one.relative_to(top)} {one}")
    script = " && ".join(["mount -t tmpfs -o mode=700 none /mnt", *steps, f"cd {ROOT}", 'exec "$@"'])
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


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
