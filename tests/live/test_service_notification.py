"""sd_notify(3): what a service manager hears of a live run, by a path and by an abstract name; nobody is no matter."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensor.live.service_notification import ServiceNotification
from tests.live.watching import data_of, watch
from tests.replaying import PCAPS, capture_in


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A manager's socket, and its name in NOTIFY_SOCKET."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@lanwitness-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind("\0" + name[1:] if name.startswith("@") else name)
        made.settimeout(5)
        yield made, name


def heard(manager: socket.socket) -> list[bytes]:
    manager.setblocking(False)
    found = []
    while True:
        try:
            found.append(manager.recv(100))
        except BlockingIOError:
            return found


def test_states_as_systemd_reads_them(manager: tuple[socket.socket, str]) -> None:
    service = ServiceNotification({"NOTIFY_SOCKET": manager[1]})
    service.ready()
    service.alive()
    service.stopping()
    assert heard(manager[0]) == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_a_live_run_says_that_it_is_ready_lives_and_stops(manager: tuple[socket.socket, str]) -> None:
    data = data_of(capture_in(PCAPS / "ftp_login"))
    status, _, _ = watch(data, service=ServiceNotification({"NOTIFY_SOCKET": manager[1]}))
    words = heard(manager[0])
    assert status == 0 and words[0] == b"READY=1" and words[-1] == b"STOPPING=1"
    assert set(words[1:-1]) == {b"WATCHDOG=1"}


@pytest.mark.parametrize("name", ["", "/nonexistent/notify", "vsock:2:3"])
def test_without_a_manager_nothing_happens(name: str) -> None:
    ServiceNotification({"NOTIFY_SOCKET": name} if name else {}).ready()


@pytest.mark.parametrize(
    ("name", "address"),
    [("/run/notify", "/run/notify"), ("@a/b", "\0a/b"), ("@", "\0"), ("run/notify", ""), ("", ""), ("vsock:2:3", "")],
)
def test_the_address_of_a_manager(name: str, address: str) -> None:
    """sd_notify(3): a path that begins with a slash, or an abstract name behind an @."""
    assert ServiceNotification({"NOTIFY_SOCKET": name})._address == address


def test_without_an_address_no_socket_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(*_: object) -> None:
        raise AssertionError("a socket")

    monkeypatch.setattr(socket, "socket", made)
    ServiceNotification({}).ready()
    with pytest.raises(AssertionError, match="a socket"):
        ServiceNotification({"NOTIFY_SOCKET": "/run/notify"}).ready()
