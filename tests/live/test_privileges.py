"""Privileges of a live run: what /proc says of each process, and whose the files are."""

from __future__ import annotations

import os
import pwd
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sensor.live import child, launcher, privileges
from sensor.live.privileges import UserError, give_up_root, may_write, user_of
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


class Kernel:
    """Writes down what a process asks of it, in its order; nothing is done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, readable: bool = True, euid: int = 0) -> None:
        self.calls: list[tuple[object, ...]] = []
        for name in ("initgroups", "setgroups", "setresgid", "setresuid", "setpriority"):
            monkeypatch.setattr(os, name, self._called(name))
        monkeypatch.setattr(os, "geteuid", lambda: euid)
        monkeypatch.setattr(os, "access", lambda *_: readable)
        monkeypatch.setattr(resource, "setrlimit", self._called("setrlimit"))
        monkeypatch.setattr(privileges.child, "empty_bounding_set", lambda libc, but=0: self._called("bounding")(but))
        monkeypatch.setattr(privileges.child, "set_capabilities", lambda libc, bits: self._called("capset")(bits))
        for module in (privileges.seccomp, privileges.child.seccomp):
            monkeypatch.setattr(module, "apply", lambda program: self._called("filter")(program is not None) or True)

    def _called(self, name: str) -> Callable[..., None]:
        return lambda *arguments: self.calls.append((name, *arguments))


NO_CORE = ("setrlimit", resource.RLIMIT_CORE, (0, 0))
NOBODY = 65534


def test_root_is_given_up_for_a_user_in_this_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups before the user, who may not set them; all three ids, or the saved one leads back (setresuid(2)); what is
    never to be had again while there is the right to say so (capabilities(7)); no core file with what was read."""
    kernel = Kernel(monkeypatch)
    environment = {"HOME": "/root", "USER": "root", "LOGNAME": "root", "LANG": "C"}
    monkeypatch.setattr(os, "environ", environment)
    user = pwd.struct_passwd(("anna", "x", 1000, 1001, "", "/home/anna", "/bin/sh"))
    assert give_up_root(user) is True
    assert kernel.calls == [
        NO_CORE, ("bounding", 0), ("initgroups", "anna", 1001), ("setresgid", 1001, 1001, 1001),
        ("setresuid", 1000, 1000, 1000), ("capset", 0), ("filter", True),
    ]  # fmt: skip
    assert environment == {"HOME": "/home/anna", "USER": "anna", "LOGNAME": "anna", "LANG": "C"}


def test_root_itself_stays_the_user_without_a_capability(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, readable=False)
    assert give_up_root(None) is True
    assert kernel.calls == [NO_CORE, ("bounding", 0), ("capset", 0), ("filter", True)]


def test_a_user_who_cannot_read_the_program_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, readable=False)
    monkeypatch.setattr(os, "environ", {})
    with pytest.raises(UserError, match=r"^anna cannot read this program .*; --user names another$"):
        give_up_root(pwd.struct_passwd(("anna", "x", 1000, 1001, "", "/home/anna", "/bin/sh")))
    assert ("filter", True) not in kernel.calls


@pytest.mark.parametrize("euid", [0, 1000])
def test_the_capture_process_becomes_nobody_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch, euid: int) -> None:
    """Without root there is nobody to become; the capability of its unit and the filter are laid down all the same."""
    kernel = Kernel(monkeypatch, euid=euid)
    child.lay_down_privileges()
    ids = [("setgroups", []), ("setresgid", *[NOBODY] * 3), ("setresuid", *[NOBODY] * 3)] if euid == 0 else []
    assert kernel.calls == [
        NO_CORE, ("setpriority", os.PRIO_PROCESS, 0, child.FIRST), ("bounding", 0), *ids, ("capset", 0),
        ("filter", True),
    ]  # fmt: skip


def test_the_launcher_keeps_the_right_to_listen_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch)
    kept: list[tuple[int, ...]] = []
    libc = SimpleNamespace(prctl=lambda *arguments: kept.append(arguments) or 0)
    monkeypatch.setattr(launcher.ctypes, "CDLL", lambda *_, **__: libc)
    launcher.keep_listening_alone(child)
    assert kernel.calls == [
        NO_CORE, ("setpriority", os.PRIO_PROCESS, 0, child.FIRST), ("bounding", LISTEN), ("setgroups", []),
        ("setresgid", *[NOBODY] * 3), ("setresuid", *[NOBODY] * 3), ("capset", LISTEN),
    ]  # fmt: skip
    assert kept == [(8, 1, 0, 0, 0)], "PR_SET_KEEPCAPS (linux/prctl.h), before the user changes"
    libc.prctl = lambda *_: -1
    with pytest.raises(OSError, match="privileges cannot be laid down"):
        launcher.keep_listening_alone(child)


@pytest.mark.parametrize("but", [0, LISTEN, 1, 1 << 63])
def test_the_bounding_set_loses_each_capability_but_these(but: int) -> None:
    """PR_CAPBSET_DROP is 24 (linux/prctl.h); a kernel refuses the first number that it does not know."""
    dropped: list[int] = []

    def prctl(option: int, number: int, *rest: int) -> int:
        assert (option, rest) == (24, (0, 0, 0))
        dropped.append(number)
        return -1 if number > 40 else 0

    child.empty_bounding_set(SimpleNamespace(prctl=prctl), but)  # type: ignore[arg-type]
    assert dropped == [number for number in range(42) if not but >> number & 1]


@pytest.mark.parametrize(("capset", "prctl", "fine"), [(0, 0, True), (-1, 0, False), (0, -1, False)])
def test_capabilities_are_set_in_the_form_of_the_kernel(capset: int, prctl: int, fine: bool) -> None:
    """linux/capability.h: version 3, this process; the low words of effective, permitted, inheritable, then the high
    ones. Without PR_SET_NO_NEW_PRIVS (38) a program could gain them again."""
    calls: list[tuple[object, ...]] = []
    libc: Any = SimpleNamespace(
        capset=lambda *arguments: calls.append(arguments) or capset,
        prctl=lambda *arguments: calls.append(arguments) or prctl,
    )
    try:
        child.set_capabilities(libc, 0x2100)
    except OSError as error:
        assert not fine and "cannot be laid down" in str(error)
    else:
        assert fine
    words = (0x2100).to_bytes(4, "little")
    assert calls[0] == (bytes.fromhex("22050820") + bytes(4), words + words + bytes(16))
    assert calls[1:] == ([(38, 1, 0, 0, 0)] if capset == 0 else [])


@pytest.mark.parametrize(
    ("there", "writable", "fine"),
    [
        ({"/", "/a", "/a/b"}, {"/a/b"}, True), ({"/", "/a", "/a/b"}, {"/", "/a"}, False),
        ({"/", "/a"}, {"/a"}, True), ({"/", "/a"}, {"/"}, False), ({"/"}, {"/"}, True), (set(), {"/"}, True),
    ],
)  # fmt: skip
def test_the_nearest_folder_that_is_there_decides(
    monkeypatch: pytest.MonkeyPatch, there: set[str], writable: set[str], fine: bool
) -> None:
    def access(path: Path, mode: int) -> bool:
        assert mode in (os.F_OK, os.W_OK | os.X_OK)
        return str(path) in (there if mode == os.F_OK else writable)

    monkeypatch.setattr(os, "access", access)
    if fine:
        may_write(Path("/a/b"))
    else:
        with pytest.raises(UserError, match=r"^/a/b: .* may not write there"):
            may_write(Path("/a/b"))
