"""DNS messages written by RFC 1035, 3596, 2782 and 9460, and the look-ups that they are."""

from __future__ import annotations

import struct

from sensor.events import Lookup, Weird
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.dns import PROTOCOLS, Dns, DnsStream, recognise, recognise_stream
from tests.conversation import C, S, converse
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
