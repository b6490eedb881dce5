"""Keys: the same over captures, homes and units, different for different issues."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.comparison.keys import EPHEMERAL, PART, finding_key, stable
from tests.replaying import PCAPS, capture_in, of, replayed

DEVICE: dict[str, Any] = {"id": "02:00:5e:00:53:01", "model": None, "category": None, "destinations": []}


def finding(rule: str, **fields: Any) -> dict[str, Any]:
    return {
        "rule": rule, "severity": "high", "role": "client", "peer_device": None, "client": "192.168.1.9:40001",
        "server": "203.0.113.4:1883", "protocol": "mqtt", "detail": {}, **fields,
    }  # fmt: skip


def claim(value: str, confidence: float = 0.9) -> dict[str, Any]:
    return {"value": value, "confidence": confidence, "because": []}


def key(rule: str = "credential.cleartext", device: dict[str, Any] | None = None, **fields: Any) -> str:
    return finding_key(finding(rule, **fields), device or DEVICE)


def test_a_key_says_what_answers_for_what_towards_whom() -> None:
    device = {**DEVICE, "model": claim("Cam 2"), "category": claim("camera")}
    detail = {"mechanism": "password", "name": None, "server_name": "cloud.example", "username": "unit-0042"}
    made = key(device=device, detail=detail)
    assert made == "cam 2/credential.cleartext/client/cloud.example:1883/mqtt/password"


def test_the_subject_is_the_model_else_the_kind() -> None:
    unsure = {**DEVICE, "model": claim("Cam 2", 0.3), "category": claim("camera")}
    assert key(device=unsure).startswith("camera/") and key().startswith("device/")
    assert finding_key(finding("credential.shared", role=None), None).startswith("-/")


@pytest.mark.parametrize(
    "fields",
    [
        {"client": "192.168.7.77:51515"},
        {"server": "203.0.113.99:1883"},
        {"time": "2027-01-01T00:00:00.000000Z", "count": 99, "id": "other"},
        {"detail": {"secret": {"mask": "", "length": "<8", "fingerprint": "k1:00"}, "username": "another"}},
    ],
)
def test_what_changes_from_day_to_day_is_in_no_key(fields: dict[str, Any]) -> None:
    assert key(**fields) == key()


@pytest.mark.parametrize(
    "fields",
    [
        {"rule": "credential.default"},
        {"role": "server"},
        {"server": "203.0.113.4:8883"},
        {"server": "192.168.1.2:1883"},
        {"protocol": "http"},
        {"detail": {"server_name": "other.example"}},
        {"detail": {"mechanism": "token"}},
        {"detail": {"name": "session"}},
    ],
)
def test_another_issue_has_another_key(fields: dict[str, Any]) -> None:
    assert key(**fields) != key()


def test_an_outcome_is_no_part_of_it() -> None:
    """A device that checks certificates again is the same issue, better."""
    assert key("tls.validation", detail={"outcome": "refused"}) == key("tls.validation", detail={"outcome": "accepted"})


def test_the_name_that_the_device_asked_for_stands_for_the_address() -> None:
    peers = [{"name": name, "address": "203.0.113.4"} for name in ("b.example", "a.example")]
    device = {**DEVICE, "destinations": [*peers, {"name": "c.example", "address": "203.0.113.5"}]}
    assert "/a.example:1883/" in key(device=device)
    assert "/flow.example:1883/" in finding_key(finding("x"), device, "flow.example")
    assert "/internet:1883/" in key()


@pytest.mark.parametrize("server", [f"203.0.113.4:{EPHEMERAL}", "203.0.113.4", "02:00:5e:00:53:09", None])
def test_ports_of_the_moment_are_left_out(server: str | None) -> None:
    assert ":*/" in key(role="server", server=server)


def test_a_transfers_own_port_is_left_out() -> None:
    assert ":*/" in key(role="server", server="192.168.1.2:17632", protocol="ftp")
    assert ":21/" in key(role="server", server="192.168.1.2:21", protocol="ftp")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("esp-0b3f2a.local", "esp-*.local"),
        ("02:00:5E:00:53:01", "*"),
        ("02-00-5e-00-53-01.cloud.example", "*.cloud.example"),
        ("7d1f0c3a-5b2e-4c8d-9a41-0e6b2f7c9d10.iot.example", "*.iot.example"),
        ("sess8f14e45fceea167a5a36dedd4bea2543", "*"),
        ("192.168.1.9", "*"),
        ("iot.plugs.example", "iot.plugs.example"),
        ("latitude", "latitude"),
        ("tls 1.0", "tls 1.0"),
        ("facade.example", "facade.example"),
    ],
)
def test_what_is_of_one_unit_is_covered(text: str, shown: str) -> None:
    assert stable(text) == shown


def test_hostile_parts_are_bounded_and_cannot_break_it_up() -> None:
    made = key(detail={"server_name": "a/b\u202e\n" + "x y." * 1000})
    place = made.split("/")[3]
    assert len(place) <= PART and place.startswith("a_b__") and made.isprintable()


def test_each_finding_of_a_capture_has_a_key_without_its_addresses() -> None:
    found = replayed(capture_in(PCAPS / "home"))
    keys = [one["key"] for one in of(found, "finding")]
    assert keys and all(len(one.split("/")) >= 4 for one in keys)
    addresses = {a for d in of(found, "device") for a in (d["mac"], *d["addresses"])}
    assert not [(a, one) for a in addresses for one in keys if a and a in one]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"detail": {"server_name": "a.example", "host": "b.example"}}, "a.example:1883"),
        ({"detail": {"host": "b.example"}}, "b.example:1883"),
        ({"role": "server", "server": "192.168.1.2:80", "detail": {"host": "b.example"}}, ":80"),
        ({"role": None}, ":1883"),
        ({"server": "192.168.1.2:1883", "detail": {"host": "b.example"}}, "home:1883"),
        ({"role": "server", "server": f"192.168.1.2:{EPHEMERAL - 1}"}, f":{EPHEMERAL - 1}"),
    ],
)
def test_the_service_is_the_own_port_or_the_name_that_was_asked_for(fields: dict[str, Any], place: str) -> None:
    assert key(**fields).split("/")[3] == place


@pytest.mark.parametrize(
    ("rule", "detail", "end"),
    [
        ("transfer.unencrypted", {"content": "image", "sent": True}, "mqtt/image/sent"),
        ("transfer.unencrypted", {"content": "image", "sent": False}, "mqtt/image/received"),
        ("transfer.unencrypted", {"content": "image"}, "mqtt/image"),
        ("tls.certificate", {"why": ["self_signed", "expired"]}, "mqtt/expired+self_signed"),
        ("personal.email", {"field": "mail", "sent": True}, "mqtt/mail/sent"),
        ("credential.cleartext", {"mechanism": "password", "name": ""}, "mqtt/password"),
        ("decrypted.tls.version", {"value": "TLS 1.0"}, "mqtt/tls 1.0"),
        ("tls.validation", {"outcome": "accepted"}, "internet:1883/mqtt"),
        ("exposure.opened", {"transport": "tcp", "port": 0}, "mqtt/tcp/0"),
    ],
)
def test_what_tells_two_findings_of_a_rule_apart(rule: str, detail: dict[str, Any], end: str) -> None:
    assert key(rule, detail=detail).endswith(f"/{end}")


def test_names_without_an_address_or_without_a_text_are_no_name() -> None:
    device = {**DEVICE, "destinations": [{"name": None, "address": "203.0.113.4"}, {"name": "z.example"}]}
    assert "/internet:1883/" in key(device=device)
