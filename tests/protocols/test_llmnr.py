"""Link-local queries and answers by RFC 4795."""

from __future__ import annotations

from sensor.events import Attribute, Lookup
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.llmnr import PROTOCOL, Llmnr, recognise
from tests.conversation import C, S, converse
from tests.protocols import openings
from tests.protocols.wire import message, name, question, record

QUERY_BYTES = message(0, [question(name("Study-PC"), 1)])
ANSWERED = message(
    0x8000, [question(name("Study-PC"), 1)], [record(name("Study-PC"), 1, bytes([192, 0, 2, 31]), ttl=30)]
)


def test_question_and_answer() -> None:
    assert converse(Llmnr, [(C, QUERY_BYTES), (S, ANSWERED)]) == [
        Lookup(name="study-pc", kind="A", source="llmnr"),
        Attribute(field="llmnr.host", value="Study-PC", side=S),
        Lookup(name="study-pc", kind="A", answers=("192.0.2.31",), answered=True, code="NOERROR", source="llmnr"),
    ]


def test_reverse_answer_names_the_host() -> None:
    reverse = name("31.2.0.192.in-addr.arpa")
    parsed = converse(Llmnr, [(S, message(0x8000, [question(reverse, 12)], [record(reverse, 12, name("Study-PC"))]))])
    assert parsed[0] == Attribute(field="llmnr.host", value="Study-PC", side=S)


def test_the_port_distinguishes_it_from_dns() -> None:
    assert recognise(Opening(QUERY_BYTES, b"", 50000, 5355, Transport.UDP)) is Match.SURE
    assert recognise(Opening(QUERY_BYTES, b"", 50000, 53, Transport.UDP)) is Match.NO
    assert recognise(Opening(b"x" * 40, b"", 50000, 5355, Transport.UDP)) is Match.NO


def hosts(flags: int, *records: bytes) -> list[tuple[str, str]]:
    data = message(flags, [question(name("x"), 1)], list(records))
    found = converse(Llmnr, [(S, data)], damage=False)
    return [(item.field, item.value) for item in found if isinstance(item, Attribute)]


def test_a_responder_is_named_by_its_addresses_and_pointers() -> None:
    """RFC 4795 2.3: it answers for its own names only; a question names nobody."""
    four, six = record(name("PC"), 1, bytes([192, 0, 2, 31])), record(name("PC"), 28, bytes(15) + b"\7")
    for answer in (four, six, record(name("31.2.0.192.in-addr.arpa"), 12, name("PC"))):
        assert hosts(0x8000, answer) == [("llmnr.host", "PC")]
        assert hosts(0x0000, answer) == []
    assert hosts(0x8000, four, six) == [("llmnr.host", "PC")], "once"
    assert hosts(0x8000, record(name("PC"), 16, b"\4text")) == []


def test_damage_is_reported_and_either_end_may_speak() -> None:
    cut = ANSWERED[:-3]
    assert [type(item).__name__ for item in converse(Llmnr, [(S, cut)], damage=False)][-1] == "Weird"
    for ends in ((50000, 5355), (5355, 50000)):
        assert recognise(Opening(b"", ANSWERED, *ends, Transport.UDP)) is Match.SURE
        assert recognise(Opening(QUERY_BYTES, b"", *ends, Transport.UDP)) is Match.SURE
    assert recognise(Opening(b"", b"", 50000, 5355, Transport.UDP)) is not Match.SURE


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "independent", "only_at_home", ports={5355}, transport=Transport.UDP)
