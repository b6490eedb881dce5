"""A flow that only repeats what its sender said to a group is named by that; nobody else's is."""

from dataclasses import replace

import pytest

from sensor.flows import group_repeats as module
from sensor.flows.group_repeats import Repeats
from sensor.model import Endpoint, Flow, Protection, Transport

SENDER = Endpoint(b"\xc0\xa8\1\5", 46687, b"\x02\0\0\0\0\5")
GROUP = Endpoint(b"\xef\xff\xff\xfa", 1900, b"\1\0\x5e\x7f\xff\xfa")
HOST = Endpoint(b"\xc0\xa8\1\6", 1900, b"\x02\0\0\0\0\6")


def flow(client: Endpoint = SENDER, server: Endpoint = GROUP, transport: Transport = Transport.UDP) -> Flow:
    return Flow(0, transport, client, server, 0, 0, 1)


def read(one: Flow) -> Flow:
    return replace(one, application="ssdp", layers=("ssdp",), protection=Protection.CLEARTEXT)


def test_the_same_two_are_named_again() -> None:
    repeats = Repeats()
    repeats.heard(read(flow()))
    again = flow()
    repeats.name(again)
    assert (again.application, again.layers, again.protection) == ("ssdp", ("ssdp",), Protection.CLEARTEXT)


@pytest.mark.parametrize(
    "other",
    [flow(client=replace(SENDER, port=5000)), flow(client=replace(SENDER, mac=b"\x02\0\0\0\0\7")), flow(server=HOST)],
)
def test_another_conversation_is_not(other: Flow) -> None:
    repeats = Repeats()
    repeats.heard(read(flow()))
    repeats.name(other)
    assert other.application is None


def test_a_flow_to_one_host_is_not_remembered() -> None:
    repeats = Repeats()
    repeats.heard(read(flow(server=HOST)))
    again = flow(server=HOST)
    repeats.name(again)
    assert again.application is None


def test_the_one_heard_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SPEAKERS", 2)
    repeats = Repeats()
    for port in (1, 2, 3):
        repeats.heard(read(flow(client=replace(SENDER, port=port))))
    first, last = flow(client=replace(SENDER, port=1)), flow(client=replace(SENDER, port=3))
    repeats.name(first)
    repeats.name(last)
    assert (first.application, last.application) == (None, "ssdp")


@pytest.mark.parametrize(
    "other",
    [
        flow(),  # nobody knew what it was
        read(flow(server=HOST)),
        read(flow(transport=Transport.TCP)),
        read(flow(server=replace(GROUP, mac=b""))),  # its link is not known
    ],
)
def test_what_says_nothing_of_a_group_takes_no_room(other: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SPEAKERS", 1)
    repeats = Repeats()
    repeats.heard(read(flow(client=replace(SENDER, port=1))))
    repeats.heard(other)
    again = flow(client=replace(SENDER, port=1))
    repeats.name(again)
    assert again.application == "ssdp"


def test_what_is_named_already_stays_so() -> None:
    repeats = Repeats()
    repeats.heard(read(flow()))
    known = replace(flow(), application="wsd", layers=("wsd",))
    repeats.name(known)
    assert (known.application, known.layers) == ("wsd", ("wsd",))


def test_the_one_heard_again_stays_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SPEAKERS", 2)
    repeats = Repeats()
    for port in (1, 2, 1, 3):
        repeats.heard(read(flow(client=replace(SENDER, port=port))))
    again = [flow(client=replace(SENDER, port=port)) for port in (1, 2, 3)]
    for one in again:
        repeats.name(one)
    assert [one.application for one in again] == ["ssdp", None, "ssdp"]
