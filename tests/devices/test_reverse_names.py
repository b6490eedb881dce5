"""Reverse mappings of the local resolver: who is named, and what names nothing."""

from __future__ import annotations

import pytest

from sensor.devices.inventory import Inventory
from sensor.devices.reverse_names import MAX_QUESTIONS, host_name
from sensor.events import Lookup
from sensor.model import Transport
from tests.devices.seen import PHONE, PLUG, ROUTER, address, end, flow, inventory, mac, observed, says

RESOLVER = end("192.168.1.1", 53, ROUTER)
CLIENT = end("192.168.1.9", 5353, PHONE)
QUESTION = "10.1.168.192.in-addr.arpa"


def present(found: Inventory, hardware: str = PLUG, at: str = "192.168.1.10", time: int = 1) -> None:
    found.seen(mac(hardware), address(at), time, time)
    found.totals([(mac(hardware), address(at), time, time + 9, 9, 900)])


def resolved(
    found: Inventory,
    name: str,
    *,
    question: str = QUESTION,
    by: str = "192.168.1.1",
    ask: bool = True,
    client: str = PHONE,
) -> None:
    conversation = flow(end("192.168.1.9", 40000, client), end(by, 53, ROUTER), transport=Transport.UDP)
    if ask:
        found.observe(observed(Lookup(name=question, kind="PTR"), conversation))
    answer = Lookup(name=question, kind="PTR", answers=(name,), answered=True, code="NOERROR")
    found.observe(observed(answer, conversation))


def hostname(found: Inventory, hardware: str = PLUG) -> str | None:
    return next(device for device in found.devices() if device.id == hardware).hostname


@pytest.mark.parametrize("before", [True, False])
def test_the_local_resolver_names_a_device(before: bool) -> None:
    found = inventory()
    if before:
        present(found)
    resolved(found, "livingroom-shield.lan")
    if not before:
        present(found)
    assert hostname(found) == "livingroom-shield"


def test_an_address_of_ipv6_is_named() -> None:
    found = inventory()
    present(found, at="fd00::10")
    question = "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa"
    resolved(found, "shield.home.arpa", question=question)
    assert hostname(found) == "shield"


def test_its_own_name_is_stronger() -> None:
    found = inventory()
    present(found)
    resolved(found, "old-name.lan")
    says(found, PLUG, "nbns.host", "KITCHEN", "192.168.1.10")
    assert hostname(found) == "KITCHEN"


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("shield.lan", {"ask": False}),
        ("shield.lan", {"by": "8.8.8.8"}),
        ("shield.lan", {"question": "10.1.168.192.example.com"}),
        ("shield.lan", {"question": "7.113.0.203.in-addr.arpa"}),
        ("<b>shield</b>.lan", {}),
        ("shield\x1b[2J.lan", {}),
        ("a" * 64 + ".lan", {}),
        ("192-168-1-10.lan", {}),
        ("pool-10-1-168-192x.lan", {}),
        ("host-192-168-1-10.lan", {}),
        ("localhost", {}),
        ("", {}),
    ],
)
def test_what_names_nothing(name: str, more: dict[str, object]) -> None:
    found = inventory()
    present(found)
    resolved(found, name, **more)  # type: ignore[arg-type]
    assert hostname(found) is None


def test_a_stranger_that_plays_the_resolver_names_nothing() -> None:
    """The network's resolver is the one that the most devices ask."""
    found = inventory()
    present(found)
    resolved(found, "evil.lan", by="192.168.1.66")
    for client in (PHONE, "02:00:5e:00:53:07"):
        resolved(found, "laptop.lan", question="9.1.168.192.in-addr.arpa", client=client)
    assert hostname(found) is None


def test_a_name_stays_with_the_device_that_had_the_address() -> None:
    found = inventory()
    present(found)
    resolved(found, "shield.lan")
    present(found, "02:00:5e:00:53:07", time=50)
    assert hostname(found) == "shield" and hostname(found, "02:00:5e:00:53:07") is None


def test_questions_are_bounded() -> None:
    found = inventory()
    present(found)
    conversation = flow(CLIENT, RESOLVER, transport=Transport.UDP)
    found.observe(observed(Lookup(name=QUESTION, kind="PTR"), conversation))
    for number in range(MAX_QUESTIONS):
        found.observe(observed(Lookup(name=f"{number}.in-addr.arpa", kind="PTR"), conversation))
    found.observe(observed(Lookup(name=QUESTION, kind="PTR", answers=("shield.lan",), answered=True), conversation))
    assert hostname(found) is None


def test_a_host_name_is_one_label_with_a_letter() -> None:
    found = [host_name(text) for text in ("a-1.b.c.", "1-2.b", "-a.b", "ip-10.lan", "..")]
    assert found == ["a-1", None, None, None, None]
