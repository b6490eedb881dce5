"""Whether interfaces can be listened to, and what to do where not."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sensor.setup.interfaces import Interface
from sensor.setup.listening import capture, may_listen, proof

MIRROR = Interface("eth1", "ethernet", True, received=100_000, sent=3, recent=50)
NONE = Path("/nonexistent/capture.sock")


def states(
    *found: Interface, wanted: tuple[str, ...] = ("eth1",), may: bool = True, through: Path = NONE
) -> dict[str, str]:
    return {one.name: one.state for one in capture(wanted, list(found), may, through)}


def test_it_says_how_to_prove_what_is_heard() -> None:
    assert proof().state == "look" and "sudo lanwitness drill" in proof().mend


def test_a_mirror_port_is_well() -> None:
    assert states(MIRROR) == {"eth1": "well", "right to listen": "well"}


@pytest.mark.parametrize(
    ("one", "state", "mend"),
    [
        (None, "wrong", "this machine has"),
        (Interface("eth1", "ethernet", False), "wrong", "ip link set eth1 up"),
        (Interface("eth1", "ethernet", True, recent=0), "look", "mirror port"),
        (Interface("eth1", "ethernet", True, ("192.168.1.2",), True, 10, 10, 5), "look", "docs/openwrt.md"),
    ],
)
def test_what_is_the_matter_with_an_interface(one: Interface | None, state: str, mend: str) -> None:
    check = next(iter(capture(("eth1",), [one] if one else [], True, NONE)))
    assert check.state == state and mend in check.mend


def test_the_right_to_listen() -> None:
    assert states(MIRROR, may=False)["right to listen"] == "wrong"
    assert not states(MIRROR, wanted=())


def test_the_capture_service_is_probed(tmp_path: Path) -> None:
    path = tmp_path / "capture.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as service:
        service.bind(str(path))
        service.listen()
        assert states(MIRROR, may=False, through=path)["right to listen"] == "well"
    # The socket's file is there and nobody behind it.
    assert states(MIRROR, may=False, through=path)["right to listen"] == "wrong"


@pytest.mark.parametrize(
    ("text", "may"),
    [("Name:\tx\nCapEff:\t000001ffffffffff\n", True), ("CapEff:\t0000000000002000\n", True),
     ("CapEff:\t0000000000001000\n", False), ("", False), ("CapEff:", False)],
)  # fmt: skip
def test_the_right_is_read_from_the_kernel(tmp_path: Path, text: str, may: bool) -> None:
    status = tmp_path / "status"
    status.write_text(text, "ascii")
    assert may_listen(status) is may
    assert may_listen(tmp_path / "none") is False
