"""The wire format by itself: what is kept of a broken message, and first sight."""

from __future__ import annotations

from sensor.parsing.formats.dns_message import kind_name, parse, plausible
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
