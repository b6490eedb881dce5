"""DNS messages written by RFC 1035, 3596, 2782 and 9460, and the look-ups that they are."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Lookup, Weird
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.dns import PROTOCOLS, Dns, DnsStream, recognise, recognise_stream, varying
from tests.conversation import C, S, converse
from tests.protocols import openings
from tests.protocols.wire import QUERY, RESPONSE, message, name, question, record

QUERY_BYTES = message(QUERY, [question(name("Cloud.Example.com"), 1)])
POINTER = b"\xc0\x0c"
ANSWERED = message(
    RESPONSE,
    [question(name("Cloud.Example.com"), 1)],
    [
        record(POINTER, 5, b"\x03cdn" + b"\xc0\x12"),
        record(b"\x03cdn\xc0\x12", 1, bytes([192, 0, 2, 7])),
        record(b"\x03cdn\xc0\x12", 1, bytes([192, 0, 2, 8])),
        record(b"\x03cdn\xc0\x12", 46, b"signature of another kind than asked"),
    ],
)
QUESTION = Lookup(name="cloud.example.com", kind="A")
ANSWER = Lookup(
    name="cloud.example.com",
    kind="A",
    answers=("cdn.example.com", "192.0.2.7", "192.0.2.8"),
    answered=True,
    code="NOERROR",
)


def test_a_question_and_its_answer_through_compression() -> None:
    assert converse(Dns, [(C, QUERY_BYTES), (S, ANSWERED)]) == [QUESTION, ANSWER]


def test_over_tcp_two_in_one_segment() -> None:
    framed = [struct.pack("!H", len(m)) + m for m in (QUERY_BYTES, ANSWERED)]
    parsed = converse(DnsStream, [(C, framed[0] * 2), (S, framed[1])])
    assert [s for s in parsed if isinstance(s, Lookup)] == parsed
    assert [(s.name, s.answered, s.answers) for s in parsed if isinstance(s, Lookup)] == [
        (QUESTION.name, False, ()), (QUESTION.name, False, ()), (ANSWER.name, True, ANSWER.answers),
    ]  # fmt: skip


def answer_text(kind: int, data: bytes) -> tuple[str, ...]:
    reply = message(RESPONSE, [question(name("n.example"), kind)], [record(POINTER, kind, data)])
    (parsed,) = converse(Dns, [(S, reply)])
    assert isinstance(parsed, Lookup)
    return parsed.answers


def test_texts_of_the_kinds() -> None:
    assert answer_text(28, bytes.fromhex("20010db8000000000000000000000001")) == ("2001:db8::1",)
    assert answer_text(12, name("host.example")) == ("host.example",)
    assert answer_text(33, struct.pack("!HHH", 0, 5, 8883) + name("broker.example")) == ("0 5 8883 broker.example",)
    assert answer_text(16, b"\x06v=spf1\x04-all") == ("v=spf1 -all",)
    assert answer_text(15, b"\x00\x0a" + name("mx.example")) == ("10 mx.example",)
    assert answer_text(1000, b"\x0a\x00\x00\x01") == ("\\# 4 0a000001",)
    assert answer_text(257, b"\x80\x05iodefmailto:security@example.com") == ('128 iodef "mailto:security@example.com"',)
    # RFC 9460 D.2: alpn, port and hints
    binding = struct.pack("!H", 16) + name("foo.example.org")
    binding += (
        struct.pack("!HH", 1, 6)
        + b"\x02h2\x02h3"
        + struct.pack("!HHH", 3, 2, 53)
        + struct.pack("!HH", 4, 4)
        + bytes([192, 0, 2, 1])
    )
    assert answer_text(65, binding) == ("16 foo.example.org alpn=h2,h3 port=53 ipv4hint=192.0.2.1",)
    assert answer_text(64, struct.pack("!H", 0) + name("alias.example")) == ("0 alias.example",)


def test_no_such_name() -> None:
    reply = message(RESPONSE | 3, [question(name("gone.example"), 28)])
    assert converse(Dns, [(S, reply)]) == [
        Lookup(name="gone.example", kind="AAAA", answered=True, code="NXDOMAIN", source="dns")
    ]


def test_an_address_of_the_wrong_length_is_not_an_address() -> None:
    assert answer_text(1, b"\x0a\x00\x00") == ("\\# 3 0a0000",)


def test_names_that_loop_or_run_forward_are_reported_and_end() -> None:
    loop = message(QUERY, [question(b"\xc0\x0c", 1)])
    ahead = message(QUERY, [question(b"\x01a\xc0\x20", 1)]) + name("later.example")
    for data in (loop, ahead):
        assert [type(parsed) for parsed in converse(Dns, [(C, data)])] == [Weird]


def test_a_broken_message_does_not_end_the_conversation() -> None:
    cut = ANSWERED[:-20]
    parsed = converse(Dns, [(S, cut), (C, QUERY_BYTES)])
    assert [type(s) for s in parsed] == [Lookup, Weird, Lookup]
    assert parsed[0] == ANSWER


def test_many_records_are_read_up_to_a_bound() -> None:
    reply = message(RESPONSE, [question(name("a.example"), 1)], [record(POINTER, 1, bytes([192, 0, 2, 1]))] * 3000)
    (parsed,) = converse(Dns, [(S, reply)], damage=False)
    assert isinstance(parsed, Lookup)
    assert len(parsed.answers) == 64


def test_dots_inside_labels_stay_apart_from_those_between() -> None:
    request = message(QUERY, [question(name([b"a.b", b"example"]), 1), question(name([b"caf\xe9", b"example"]), 1)])
    assert [s.name for s in converse(Dns, [(C, request)]) if isinstance(s, Lookup)] == [
        "a\\.b.example",
        "caf\\xe9.example",
    ]


def test_recognised_by_content_not_port() -> None:
    def of(data: bytes, port: int = 53, transport: Transport = Transport.UDP) -> Match:
        return (recognise if transport is Transport.UDP else recognise_stream)(
            Opening(data, b"", 40000, port, transport)
        )

    assert of(QUERY_BYTES) is Match.SURE
    assert of(QUERY_BYTES, 5300) is Match.WEAK
    assert of(QUERY_BYTES, 5353) is Match.NO
    assert of(b"\x17\xfe\xfd\0\x01" + bytes(40)) is Match.NO
    assert of(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n") is Match.NO
    framed = struct.pack("!H", len(QUERY_BYTES)) + QUERY_BYTES
    assert of(framed, transport=Transport.TCP) is Match.SURE
    assert all(of(framed[:n], transport=Transport.TCP) is Match.MORE for n in range(1, len(framed)))
    assert of(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600), 443, Transport.TCP) is Match.NO
    assert of(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n" * 20, 80, Transport.TCP) is Match.NO
    assert {p.name for p in PROTOCOLS} == {"dns"}


@pytest.mark.parametrize(("opcode", "read"), [(0, True), (1, False), (2, False), (4, True), (5, False), (6, False)])
def test_messages_that_are_queries_or_notices(opcode: int, read: bool) -> None:
    """RFC 1035 §4.1.1, RFC 1996: the sections of an UPDATE (5, RFC 2136) are no questions."""
    data = message(QUERY | opcode << 11, [question(name("a.example"), 6)])
    assert converse(Dns, [(C, data)], damage=False) == ([Lookup(name="a.example", kind="SOA")] if read else [])


def test_each_question_gets_the_answers_to_its_own_name() -> None:
    reply = message(
        RESPONSE,
        [question(name("a.example"), 1), question(name("b.example"), 28)],
        [
            record(name("a.example"), 1, bytes([192, 0, 2, 1])),
            record(name("b.example"), 28, bytes.fromhex("20010db8000000000000000000000002")),
            record(name("c.example"), 1, bytes([192, 0, 2, 3])),
        ],
    )
    lookups = [item for item in converse(Dns, [(S, reply)]) if isinstance(item, Lookup)]
    assert [(item.name, item.kind, item.answers) for item in lookups] == [
        ("a.example", "A", ("192.0.2.1",)),
        ("b.example", "AAAA", ("2001:db8::2",)),
    ]


def test_an_answer_of_another_kind_counts_only_where_it_redirects() -> None:
    records = [
        record(POINTER, 5, name("cdn.example")),
        record(POINTER, 39, name("net.example")),
        record(POINTER, 28, bytes(16)),
        record(POINTER, 16, b"\x04text"),
    ]
    reply = message(RESPONSE, [question(name("n.example"), 1)], records)
    (lookup,) = converse(Dns, [(S, reply)])
    assert isinstance(lookup, Lookup) and lookup.answers == ("cdn.example", "net.example")
    (every,) = converse(Dns, [(S, message(RESPONSE, [question(name("n.example"), 255)], records))])
    assert isinstance(every, Lookup) and len(every.answers) == 4


def test_a_response_without_its_question_answers_what_its_records_say() -> None:
    reply = message(
        RESPONSE,
        [],
        [
            record(name("a.example"), 1, bytes([192, 0, 2, 1])),
            record(name("a.example"), 1, bytes([192, 0, 2, 2])),
            record(name("b.example"), 1, bytes([192, 0, 2, 3])),
        ],
    )
    lookups = [item for item in converse(Dns, [(S, reply)]) if isinstance(item, Lookup)]
    assert [(item.name, item.answers, item.answered) for item in lookups] == [
        ("a.example", ("192.0.2.1", "192.0.2.2"), True),
        ("b.example", ("192.0.2.3",), True),
    ]


@pytest.mark.parametrize(("code", "name_of"), [(0, "NOERROR"), (2, "SERVFAIL"), (3, "NXDOMAIN"), (5, "REFUSED")])
def test_codes_of_answers(code: int, name_of: str) -> None:
    (lookup,) = converse(Dns, [(S, message(RESPONSE | code, [question(name("a.example"), 1)]))])
    assert isinstance(lookup, Lookup) and (lookup.code, lookup.answered, lookup.answers) == (name_of, True, ())


@pytest.mark.parametrize("port", [5353, 5355, 137])
def test_other_protocols_of_the_same_form_are_left_to_them(port: int) -> None:
    for ends in ((40000, port), (port, 40000)):
        assert recognise(Opening(QUERY_BYTES, b"", *ends, Transport.UDP)) is Match.NO
    assert recognise(Opening(QUERY_BYTES, b"", 40000, port + 1, Transport.UDP)) is Match.WEAK


def test_the_server_may_be_the_first_that_is_seen() -> None:
    assert recognise(Opening(b"", ANSWERED, 40000, 53, Transport.UDP)) is Match.SURE
    assert recognise(Opening(b"", ANSWERED, 53, 40000, Transport.UDP)) is Match.SURE
    assert recognise(Opening(b"", b"", 40000, 53, Transport.UDP)) is Match.MORE
    framed = struct.pack("!H", len(ANSWERED)) + ANSWERED
    assert recognise_stream(Opening(b"", framed, 40000, 53, Transport.TCP)) is Match.SURE
    assert recognise_stream(Opening(framed, b"", 40000, 5300, Transport.TCP)) is Match.WEAK


def test_a_long_message_over_tcp_is_recognised_by_its_head() -> None:
    """Of a zone transfer the first segment holds part of the message alone."""
    records = [record(POINTER, 1, bytes([192, 0, 2, 1]))] * 200
    whole = message(RESPONSE, [question(name("a.example"), 252)], records)
    framed = struct.pack("!H", len(whole)) + whole
    assert recognise_stream(Opening(b"", framed[:1400], 40000, 53, Transport.TCP)) is Match.SURE
    assert recognise_stream(Opening(struct.pack("!H", 16) + bytes(16), b"", 40000, 53, Transport.TCP)) is Match.NO


@pytest.mark.parametrize("size", range(2, 20))
def test_a_stream_cut_anywhere(size: int) -> None:
    """RFC 1035 §4.2.2: a length of two bytes; the operation stands in the fifth."""
    framed = struct.pack("!H", len(QUERY_BYTES)) + QUERY_BYTES
    for opcode, waits in ((0, True), (4, True), (5, True), (1, False), (2, False), (3, False), (6, False), (15, False)):
        data = framed[:4] + bytes([opcode << 3 | 1]) + framed[5:]
        expected = Match.MORE if waits or size < 6 else Match.NO
        assert recognise_stream(Opening(data[:size], b"", 40000, 53, Transport.TCP)) is expected
    for data in (b"", b"\0"):
        assert recognise_stream(Opening(data, b"", 40000, 53, Transport.TCP)) is Match.MORE


@pytest.mark.parametrize(("length", "match"), [(16, Match.NO), (17, Match.MORE)])
def test_the_shortest_message_has_a_question(length: int, match: Match) -> None:
    """A header of 12 bytes; the root's name, type and class are five."""
    assert recognise_stream(Opening(struct.pack("!H", length) + bytes(4), b"", 40000, 53, Transport.TCP)) is match


def test_damage_is_told_of_every_operation() -> None:
    for opcode in (0, 5):
        data = message(QUERY | opcode << 11, [question(name("a.example"), 6)])[:-2]
        assert [type(item) for item in converse(Dns, [(C, data)], damage=False)][-1:] == [Weird]


def test_where_it_is_found() -> None:
    datagrams, stream = PROTOCOLS
    openings.declares(datagrams, "independent", ports={53}, transport=Transport.UDP)
    openings.declares(stream, ports={53})


def test_two_messages_in_one_segment_are_two() -> None:
    """RFC 7766 §6.2.1.1: questions may be pipelined; each is looked at alone."""
    framed = struct.pack("!H", len(QUERY_BYTES)) + QUERY_BYTES
    for behind in (framed, b"\0", b"\xff"):
        assert recognise_stream(Opening(framed + behind, b"", 40000, 53, Transport.TCP)) is Match.SURE
    assert (
        recognise_stream(Opening(framed[:2] + b"x" * len(QUERY_BYTES) + framed, b"", 40000, 53, Transport.TCP))
        is Match.NO
    )


def test_what_varies_without_being_news() -> None:
    data = message(RESPONSE, [question(name("a.example"), 1)], [record(b"\xc0\x0c", 1, bytes(4))])
    assert varying(data) == [(0, 2), (33, 37)]
    assert varying(data[:-1]) is None
