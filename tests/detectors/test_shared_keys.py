"""The same private key on two units, and what is none: one unit, a public certificate, a handshake not completed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sensor.certificates import load
from sensor.detectors import _certificates
from sensor.detectors.shared_keys import NEIGHBOURS, SharedKeys
from sensor.events import Handshake
from sensor.model import Finding, Severity, Side
from tests.detectors.certificates import STAMP, Authority
from tests.detectors.world import CLOUD, LAPTOP, World, flow, seen

FIRST, SECOND = b"\xc0\xa8\x01\x05", b"\xc0\xa8\x01\x06"
MAKER, PUBLIC = Authority.make(CN="Maker"), Authority.make(CN="Public Root")


@pytest.fixture(autouse=True)
def public_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    root = load(PUBLIC.der)
    assert root is not None
    monkeypatch.setattr(_certificates, "_roots", lambda: {root.subject.public_bytes(): (root,)})
    _certificates.judge_at_any_time.cache_clear()
    yield
    _certificates.judge_at_any_time.cache_clear()


def tls(chain: tuple[bytes, ...], **more: Any) -> Handshake:
    return Handshake(**{"kind": "tls", "version": "TLS 1.2", "certificates": chain, "established": True, **more})


def ssh(key: bytes, **more: Any) -> Handshake:
    return Handshake(**{"kind": "ssh", "version": "SSH 2.0", "host_key": key, "established": True, **more})


IDENTITIES = {"c0.a8.01.05": {"mac": "02:00:00:00:53:01"}, "c0.a8.01.06": {"mac": "02:00:00:00:99:77"}}


def findings(*events: tuple[Handshake, bytes], **identities: dict[str, str]) -> list[Finding]:
    world = World()
    for device, known in IDENTITIES.items():
        world.identities[device] = {**known, **identities.get(f"d{device[-1]}", {})}
    detector = SharedKeys(world)
    for number, (event, server) in enumerate(events):
        list(detector.observe(seen(event, flow(LAPTOP, server, 443, event.kind), time=STAMP, frames=(number + 1,))))
    return list(detector.finish())


CHAIN = MAKER.chain()


def test_the_same_key_of_a_tls_server() -> None:
    (found,) = findings((tls(CHAIN), FIRST), (tls(CHAIN), SECOND), (tls(CHAIN), SECOND))
    assert (found.rule, found.device, found.severity) == ("credential.shared_key", None, Severity.MEDIUM)
    assert found.detail["devices"] == ["c0.a8.01.05", "c0.a8.01.06"] and found.detail["kind"] == "tls"
    assert found.frames == (1, 2) and found.provisions == ("EN 303 645 5.4-3", "EN 303 645 5.4-4")
    vendor = {"vendor": "Example"}
    (alike,) = findings((tls(CHAIN), FIRST), (tls(CHAIN), SECOND), d5=vendor, d6=vendor)
    assert alike.severity is Severity.HIGH and "software" in alike.summary
    assert findings((tls(CHAIN), FIRST), (tls(MAKER.chain()), SECOND)) == [], "two keys of one authority"


def test_the_same_ssh_host_key() -> None:
    (found,) = findings((ssh(b"key"), FIRST), (ssh(b"key"), SECOND))
    assert found.detail["kind"] == "ssh" and "SSH host key" in found.summary
    assert findings((ssh(b"key"), FIRST), (ssh(b"other"), SECOND)) == []


def test_only_a_completed_handshake_shows_the_key() -> None:
    assert findings((tls(CHAIN, established=None), FIRST), (tls(CHAIN), SECOND)) == []
    assert findings((ssh(b"key", established=None), FIRST), (ssh(b"key"), SECOND)) == []


def test_one_unit_with_two_addresses() -> None:
    both = (tls(CHAIN), FIRST), (tls(CHAIN), SECOND)
    assert findings(*both, d6={"mac": "02:00:00:00:53:02"}) == [], "its second network card"
    assert findings(*both, d5={"hostname": "nas"}, d6={"hostname": "nas"}) == []
    assert findings(*both, d5={"serial": "A1"}, d6={"serial": "A1"}) == []
    numbered = findings(*both, d5={"serial": "A1"}, d6={"serial": "A2", "mac": "02:00:00:00:53:02"})
    assert len(numbered) == 1, "two serial numbers are two units"
    assert findings(*both, d6={"mac": ""}) == [], "without a network card's number nothing tells them apart"


def test_a_public_certificate_and_a_service_outside_are_none() -> None:
    public = PUBLIC.chain()
    assert findings((tls(public), FIRST), (tls(public), SECOND)) == [], "the owner's own, on two devices"
    assert findings((tls(CHAIN), CLOUD), (tls(CHAIN), FIRST)) == []


def test_a_proxy_does_not_have_the_key_of_the_server_behind_it() -> None:
    detector = SharedKeys(World())
    for server, application in ((FIRST, "http"), (SECOND, "tls")):
        list(detector.observe(seen(tls(CHAIN), flow(LAPTOP, server, 8080, application), time=STAMP)))
    assert {device for shared in detector._keys.values() for device in shared.devices} == {"c0.a8.01.06"}


def test_damage_is_left_alone() -> None:
    assert findings((tls((b"\x30\x03\x02\x01\x01",)), FIRST), (tls((b"",)), SECOND)) == []


@pytest.mark.parametrize(
    ("first", "second", "units"),
    [
        ({"hostname": "cam-1"}, {"hostname": "cam-2"}, 2),
        ({"hostname": "cam"}, {}, 2),
        ({"hostname": "cam"}, {"hostname": "cam"}, 0),
        ({"serial": "A1"}, {}, 2),
        ({"mac": "02:00:00:00:53:01"}, {"mac": f"02:00:00:00:53:{1 + NEIGHBOURS:02x}"}, 2),
        ({"mac": "02:00:00:00:53:01"}, {"mac": f"02:00:00:00:53:{NEIGHBOURS:02x}"}, 0),
        ({"mac": f"02:00:00:00:53:{NEIGHBOURS:02x}"}, {"mac": "02:00:00:00:53:01"}, 0),
    ],
)
def test_what_tells_two_units_apart(first: dict[str, str], second: dict[str, str], units: int) -> None:
    found = findings((tls(CHAIN), FIRST), (tls(CHAIN), SECOND), d5=first, d6=second)
    assert [len(one.detail["devices"]) for one in found] == ([units] if units else [])  # type: ignore[arg-type]


@pytest.mark.parametrize("der", [b"\x30\x03\x02\x01\x01", b"", CHAIN[0][:-9]])
def test_what_cannot_be_read_is_no_key_that_two_share(der: bytes) -> None:
    assert findings((tls((der,)), FIRST), (tls((der,)), SECOND)) == []


@pytest.mark.parametrize(
    ("first", "second", "severity"),
    [
        ({"vendor": "A"}, {"vendor": "A"}, Severity.HIGH), ({"vendor": "A"}, {"vendor": "B"}, Severity.MEDIUM),
        ({"vendor": "A"}, {}, Severity.MEDIUM), ({}, {}, Severity.MEDIUM),
    ],
)  # fmt: skip
def test_one_maker_is_known_from_both(first: dict[str, str], second: dict[str, str], severity: Severity) -> None:
    (found,) = findings((tls(CHAIN), FIRST), (tls(CHAIN), SECOND), d5=first, d6=second)
    assert found.severity is severity


def test_keys_and_their_devices_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.shared_keys.MAX_KEYS", 2)
    monkeypatch.setattr("sensor.detectors.shared_keys.MAX_DEVICES", 3)
    detector = SharedKeys(World())
    for number in range(5):
        for device in range(6):
            made = flow(LAPTOP, bytes((192, 168, 4, device)), 22, "ssh")
            list(detector.observe(seen(ssh(b"key %d" % number), made)))
    assert [len(shared.devices) for shared in detector._keys.values()] == [3, 3]


@pytest.mark.parametrize("established", [True, None, False])
@pytest.mark.parametrize("application", ["ssh", "http", "socks"])
def test_who_has_a_key(established: bool | None, application: str) -> None:
    detector = SharedKeys(World())
    for server in (FIRST, SECOND):
        made = flow(LAPTOP, server, 22, application)
        list(detector.observe(seen(ssh(b"key", established=established), made)))
    assert bool(detector._keys) is (established is True and application == "ssh")


def test_the_server_may_be_the_end_that_called() -> None:
    """TLS within another protocol may turn the sides (RFC 4217, active FTP)."""
    world = World()
    world.identities.update(IDENTITIES)
    detector = SharedKeys(world)
    for client in (FIRST, SECOND):
        event = tls(CHAIN, client_side=Side.SERVER)
        list(detector.observe(seen(event, flow(client, CLOUD, 20, "ftp-data"), time=STAMP)))
    (found,) = detector.finish()
    assert found.detail["devices"] == ["c0.a8.01.05", "c0.a8.01.06"] and len(found.detail["key_sha256"]) == 64


def test_a_third_unit_counts_beside_two_that_may_be_one() -> None:
    world = World()
    world.identities.update({**IDENTITIES, "c0.a8.01.07": {"mac": "02:00:00:00:99:78", "vendor": "Other"}})
    detector = SharedKeys(world)
    for number, device in enumerate((FIRST, SECOND, b"\xc0\xa8\x01\x07")):
        list(detector.observe(seen(ssh(b"key"), flow(LAPTOP, device, 22, "ssh"), frames=tuple(range(number, 40)))))
    (found,) = detector.finish()
    assert found.detail["devices"] == ["c0.a8.01.05", "c0.a8.01.06"], "numbers 77 and 78 are one unit's"
    assert found.frames == tuple(range(9)), "eight frames of each unit, each once"


@pytest.mark.parametrize("kind", ["ssh", "tls"])
def test_what_is_shown_of_a_key(kind: str) -> None:
    event = ssh(b"key") if kind == "ssh" else tls(CHAIN)
    (found,) = findings((event, FIRST), (event, SECOND))
    assert (found.detail["value"] is None) is (kind == "ssh") and (found.role, found.remote) == ("server", False)
    other = ssh(b"other") if kind == "ssh" else tls(MAKER.chain())
    (more,) = findings((other, FIRST), (other, SECOND))
    assert more.identity != found.identity
