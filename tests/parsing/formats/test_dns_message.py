"""The wire format by itself: what stays of a broken message, and first sight."""

from __future__ import annotations

from sensor.model import Transport
from sensor.parsing.formats.dns_message import kind_name, parse, plausible, recognise_on
from sensor.parsing.parser import Match, Opening
from tests.protocols.wire import QUERY, message, name, question


def test_kinds_without_a_name_are_shown_by_number() -> None:
    assert kind_name(28) == "AAAA"
    assert kind_name(65400) == "TYPE65400"


def test_what_was_read_before_the_damage_stays() -> None:
    read = parse(message(QUERY, [question(name("a.example"), 1)])[:-1] + b"")
    assert read.questions == []
    assert read.damage
    two = message(QUERY, [question(name("a.example"), 1), question(name("b.example"), 1)])
    assert len(parse(two[:-1]).questions) == 1


def test_first_sight() -> None:
    good = message(QUERY, [question(name("a.example"), 1)])
    assert plausible(good)
    assert not plausible(good[:14])
    assert not plausible(good[:4] + b"\x40\x00" + good[6:])
    assert not plausible(bytes(64))


def test_the_port_decides_between_protocols_of_one_form() -> None:
    good = message(QUERY, [question(name("a.example"), 1)])

    def on(client: bytes, server: bytes, port: int) -> Match:
        return recognise_on(5353, Opening(client, server, 40000, port, Transport.UDP))

    assert on(good, b"", 5353) is Match.SURE
    assert on(b"", good, 5353) is Match.SURE
    assert on(good, b"", 5355) is Match.NO
    assert on(bytes(64), b"", 5353) is Match.NO
    assert on(b"", b"", 5353) is Match.MORE
