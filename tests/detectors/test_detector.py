"""Contract of detectors: discovery by file, declared events, the responsible device."""

from __future__ import annotations

import pytest

from sensor.catalogue import Message
from sensor.detectors._detector import Detector, detectors, is_anonymous_login
from sensor.events import Event, Login
from sensor.model import Endpoint, Finding, OnRepeat, Secret, Severity, Side
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen


def test_every_file_is_found_and_says_what_it_wants() -> None:
    found = detectors()
    assert {"credentials", "transfers"} <= set(found)
    for detector in found.values():
        assert detector.EVENTS and all(issubclass(kind, Event) for kind in detector.EVENTS)


@pytest.mark.parametrize(
    ("client", "server", "side", "device", "peer", "role", "remote"),
    [
        (LAPTOP, CAMERA, Side.SERVER, "c0.a8.01.05", "c0.a8.01.09", "server", False),
        (LAPTOP, CAMERA, Side.CLIENT, "c0.a8.01.09", "c0.a8.01.05", "client", False),
        (LAPTOP, CLOUD, Side.SERVER, "c0.a8.01.09", None, "client", True),
        (CLOUD, CAMERA, Side.SERVER, "c0.a8.01.05", None, "server", True),
        (CLOUD, CLOUD, Side.SERVER, None, None, None, True),
    ],
)
def test_who_answers(
    client: bytes, server: bytes, side: Side, device: str | None, peer: str | None, role: str | None, remote: bool
) -> None:
    ends = Detector(World()).responsible(flow(client, server), side)
    assert (ends.device, ends.peer_device, ends.role, ends.remote) == (device, peer, role, remote)


@pytest.mark.parametrize(
    "group",
    [b"\xff\xff\xff\xff", b"\xef\xff\xff\xfa", b"\x00\x00\x00\x00", b"", b"\x7f\x00\x00\x01", bytes(15) + b"\1"],
)
def test_groups_loopback_and_no_address_are_not_outside(group: bytes) -> None:
    assert not Detector(World()).is_remote(Endpoint(group, None, b""))


@pytest.mark.parametrize(
    ("client", "server", "where", "where_seen"),
    [
        (LAPTOP, CAMERA, "home", "home"), (CAMERA, CLOUD, "outside", "outside"), (CLOUD, CAMERA, "outside", "outside"),
        (CLOUD, CLOUD, "outside", "outside"), (b"\xff" * 4, b"", "home", "others"),
        (CLOUD, b"\xff" * 4, "outside", "outside"), (b"\xff" * 4, CLOUD, "outside", "outside"),
    ],
)  # fmt: skip
def test_where_it_was_seen(client: bytes, server: bytes, where: str, where_seen: str) -> None:
    """Of two ends that are no devices of the home, one outside is enough."""
    ends = Detector(World()).responsible(flow(client, server), Side.SERVER)
    assert (ends.where, ends.where_seen) == (where, where_seen)


@pytest.mark.parametrize(
    ("username", "scheme", "anonymous"),
    [
        ("anonymous", "user/pass", True), ("FTP", "user/pass", True), ("Guest", "user/pass/tls", True),
        ("anna", "user/pass", False), (None, "user/pass", False), ("", "user/pass", False),
        ("guest", "basic", False),
    ],
)  # fmt: skip
def test_who_is_anonymous(username: str | None, scheme: str, anonymous: bool) -> None:
    event = Login(mechanism="password", username=username, secret=Secret("x"), scheme=scheme)
    assert is_anonymous_login(event) is anonymous


def test_what_a_finding_takes_over_from_what_was_seen() -> None:
    detector, of = Detector(World()), flow(CAMERA, CLOUD, 8080, "http")
    of.server_name = "cloud.example"
    ends = detector.responsible(of, Side.SERVER)
    detail: dict[str, object] = {"a": 1}

    def found(protocol: str | None = None) -> Finding:
        return detector.finding(
            seen(Event(), of, time=7, frames=(3, 4)), "a.rule", Severity.LOW, ends, capability=None, provisions=("p",),
            message=Message("update.check"), detail=detail, identity=("one",), protocol=protocol,
        )  # fmt: skip

    one = found()
    detail["a"] = 2
    assert (one.protocol, one.time, one.last_time, one.frames, one.server_name) == (
        "http",
        7,
        7,
        (3, 4),
        "cloud.example",
    )
    assert (one.detail, one.remote, one.role, one.device) == ({"a": 1}, True, "client", "c0.a8.01.05")
    assert one.identity == ("a.rule", "c0.a8.01.05", CAMERA, CLOUD, 8080, "one")
    assert found("mqtt").protocol == "mqtt"
    of.application = None
    assert found().protocol == "tcp"


def test_a_detector_that_says_nothing_hears_everything_again() -> None:
    detector = Detector(World())
    assert (detector.on_repeat(Event()), detector.changes, detector.awaits(flow())) == (OnRepeat.AGAIN, 0, True)
    assert detector.tap(flow(), print) is None and not [*detector.flow_ended(flow()), *detector.finish()]
    found = detectors()
    overriding = {name for name, kind in found.items() if kind(World()).may_change()}
    assert {"attempts", "credentials", "exposure"} <= overriding and "transfers" not in overriding
    ending = {name for name, kind in found.items() if kind(World()).ends_flows()}
    assert {"attempts", "credentials", "opened", "personal", "updates"} <= ending and "components" not in ending
