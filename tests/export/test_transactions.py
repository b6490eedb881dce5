"""Transactions of a run: paired, masked, bounded, and each within its flow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sensor.events import Access, Attribute, Binding, Event, Handshake, Login, Lookup
from sensor.export import transactions as module
from sensor.export.transactions import Transaction, Transactions, flow_key
from sensor.model import Endpoint, Flow, Observation, Secret, Side, Transport
from sensor.vault import Vault
from tests.export.exported import NAMES, run_of

CLIENT, SERVER = Endpoint(bytes((192, 0, 2, 7)), 40000, b""), Endpoint(bytes((192, 0, 2, 1)), 80, b"")


def flow(number: int = 1) -> Flow:
    return Flow(number, Transport.TCP, CLIENT, SERVER, 10**18 + number, 10**18 + number, 1)


def heard(*said: tuple[Event, Flow, str]) -> list[Transaction]:
    """What comes of events, a second apart."""
    transactions = Transactions(Vault(bytes(32)))
    for at, (event, of, protocol) in enumerate(said):
        assert isinstance(event, transactions.EVENTS)
        transactions.observe(Observation(event, of, 10**18 + at * 10**9, (1,), protocol))
    transactions.finish("r1", lambda _end: None)
    return transactions.finished


def details(*said: tuple[Event, Flow, str]) -> list[dict[str, Any]]:
    return [one["detail"] for one in heard(*said)]


def test_an_answer_belongs_to_its_question() -> None:
    one = flow()
    question = Lookup(name="www.example", kind="A")
    answer = Lookup(name="www.example", kind="A", answers=("192.0.2.9",), answered=True, code="NOERROR")
    other = Lookup(name="www.example", kind="AAAA", answered=True, code="NXDOMAIN")
    found = details((question, one, "dns"), (question, one, "dns"), (answer, one, "dns"), (other, one, "dns"))
    assert [(each["kind"], each.get("asked"), each.get("code")) for each in found] == [
        ("A", True, "NOERROR"), ("AAAA", None, "NXDOMAIN"),
    ]  # fmt: skip
    assert found[0]["answers"] == ["192.0.2.9"]
    assert len(details((question, one, "dns"), (question, flow(2), "dns"))) == 2
    assert not details((Lookup(name="printer.local", kind="A", source="mdns"), one, "mdns"))


def test_text_of_dns_is_left_out() -> None:
    answer = Lookup(name="x.example", kind="TXT", answers=("password=Sommer-2019",), answered=True, code="NOERROR")
    assert "Sommer" not in json.dumps(details((answer, flow(), "dns")))


def test_a_request_has_no_query_no_session_no_user_and_no_secret() -> None:
    login = Login(
        mechanism="password", username="erika.muster@mail.muster-verlag.de", secret=Secret(b"Sommer-2019"),
        scheme="basic", status=200, resource="http://erika@cam.example/Sommer-2019/a;jsessionid=1?x=2", action="GET",
    )  # fmt: skip
    [found] = details((login, flow(), "http"))
    assert found == {
        "method": "GET", "status": 200, "username": "***", "host": "cam.example", "path": "/***/a",
    }  # fmt: skip
    earlier = Access(resource="http://cam.example/Sommer-2019", action="GET", granted=None, status=401)
    first, _ = details((earlier, flow(), "http"), (login, flow(2), "http"))
    assert first["path"] == "/***", "a secret that is read later is covered before it, too"


def test_several_logins_of_a_request_are_one_line() -> None:
    transactions, one = Transactions(Vault(bytes(32))), flow()
    for name in ("basic", "cookie"):
        login = Login(mechanism="cookie", username=None, secret=None, scheme=name, status=200, resource="/a")
        transactions.observe(Observation(login, one, 10**18, (1, 2), "http"))
    transactions.finish("r1", lambda _end: None)
    assert len(transactions.finished) == 1


def test_what_is_served_or_of_another_protocol_is_no_request() -> None:
    login = Login(mechanism="password", username=None, secret=None, scheme="form", resource="/a", served=True)
    stream = Access(resource="rtsp://cam.example/1", action="PLAY", granted=True)
    assert not details((login, flow(), "http"), (stream, flow(), "rtsp"))


def test_a_lease_has_what_its_client_said() -> None:
    asked, given = flow(), flow(2)
    said = [("client_mac", "02:00:00:00:00:07"), ("message", "DISCOVER"), ("hostname", "cam"), ("message", "REQUEST")]
    events = [(Attribute(field=f"dhcp.{name}", value=value, side=Side.CLIENT), asked, "dhcp") for name, value in said]
    lease = Binding(mac="02:00:00:00:00:07", address="192.0.2.7", via="dhcp", seconds=600)
    [found] = heard(*events, (lease, given, "dhcp"))
    assert found["detail"] == {
        "mac": "02:00:00:00:00:07", "address": "192.0.2.7", "seconds": 600, "hostname": "cam",
        "messages": ["DISCOVER", "REQUEST", "ACK"],
    }  # fmt: skip
    [alone] = details(*events)
    assert alone["messages"] == ["DISCOVER", "REQUEST"] and "address" not in alone
    assert not details((Binding(mac="02:00:00:00:00:07", address="192.0.2.7", via="arp"), asked, "arp"))


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    monkeypatch.setattr(module, "MOST_CLIENTS", 2)
    transactions = Transactions(Vault(bytes(32)))
    for number in range(5):
        event = Lookup(name=f"{number}.example", kind="A")
        transactions.observe(Observation(event, flow(number), number, (1,), "dns"))
    for number in range(5):
        event_of_client = Attribute(field="dhcp.client_mac", value=f"02:00:00:00:00:0{number}", side=Side.CLIENT)
        transactions.observe(Observation(event_of_client, flow(number), number, (1,), "dhcp"))
    transactions.finish("r1", lambda _end: None)
    assert len(transactions.finished) == 2 and transactions.left_out == 3
    [long] = details((Access(resource="/" + "a/" * 9000, action="GET", granted=None), flow(), "http"))
    assert len(long["path"]) == module.MAX_PATH


def test_broken_addresses_and_certificates() -> None:
    handshake = Handshake(kind="tls", version=None, certificates=(b"\x30\x03no",), server_name="a" * 999)
    [found] = details((handshake, flow(), "tls"))
    assert found["subject"] is None and len(found["server_name"]) == module.MAX_NAME
    [broken] = details((Access(resource="http://[::1/a", action="x y", granted=None), flow(), "http"))
    assert broken["host"] is None and broken["method"] is None


@pytest.mark.parametrize("name", NAMES)
def test_each_is_within_a_flow_and_in_order(name: str) -> None:
    run = run_of(name)
    flows = {flow_key(one) for one in run.flows}
    assert {flow_key(one) for one in run.transactions} <= flows
    times = [one["time"] for one in run.transactions]
    assert times == sorted(times, key=str)
