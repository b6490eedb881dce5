"""DTLS: conversations made from RFC 6347, RFC 9147 and RFC 5764."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sensor.events import Enough, Handshake
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.dtls import DATAGRAMS_LIMIT, PROTOCOL, Dtls
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols import openings
from tests.protocols import tls_bytes as make


def record(kind: int, body: bytes, epoch: int = 0, number: int = 0, version: int = 0xFEFD) -> bytes:
    """RFC 6347 §4.1."""
    return bytes((kind,)) + make.numbers([version, epoch]) + number.to_bytes(6, "big") + make.vector(2, body)


def fragment(kind: int, body: bytes, number: int, start: int = 0, size: int | None = None) -> bytes:
    """RFC 6347 §4.2.2: a piece of a handshake message."""
    piece = body[start:] if size is None else body[start : start + size]
    return (
        bytes((kind,))
        + make.numbers([len(body)], 3)
        + make.numbers([number])
        + make.numbers([start, len(piece)], 3)
        + piece
    )


BODY = make.client_hello([0xC02B, 0x00AE], make.sni("lock.example"), 0xFEFD, cookie=b"")
AGAIN = make.client_hello([0xC02B, 0x00AE], make.sni("lock.example"), 0xFEFD, cookie=b"c" * 20)
HELLO = record(22, fragment(1, BODY, 0), version=0xFEFF)
VERIFY = record(22, fragment(3, b"\xfe\xff" + make.vector(1, b"c" * 20), 0), version=0xFEFF)
CERTIFICATE = make.certificate(b"leaf" * 500)


def flight(version: int = 0xFEFD, extensions: bytes = b"", cipher: int = 0xC02B) -> list[bytes]:
    """ServerHello and a certificate in three fragments, in the wrong order, one of them twice."""
    hello = fragment(2, make.server_hello(cipher, extensions, version), 1)
    pieces = [fragment(11, CERTIFICATE, 2, at, 800) for at in (1600, 0, 800, 0)]
    return [record(22, hello), *(record(22, piece) for piece in pieces), record(22, fragment(14, b"", 4))]


FINISH = record(20, b"\x01") + record(22, bytes(40), 1)


def handshake(script: Script, **how: Any) -> Handshake:
    found = events(converse(Dtls, script, **how), Handshake)
    assert len(found) == 1
    assert isinstance(found[0], Handshake)
    return found[0]


def test_hello_verify_fragments_and_data() -> None:
    script = [
        (C, HELLO),
        (S, VERIFY),
        (C, record(22, fragment(1, AGAIN, 1))),
        *((S, data) for data in flight()),
        (C, record(22, fragment(16, b"k" * 66, 2)) + FINISH),
        (S, FINISH),
        (C, record(23, b"data" * 10, 1, 1)),
    ]
    reported = handshake(script)
    assert (reported.kind, reported.version, reported.cipher) == (
        "dtls",
        "DTLS 1.2",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    )
    assert (reported.server_name, reported.established, reported.certificates) == (
        "lock.example",
        True,
        (b"leaf" * 500,),
    )
    assert reported.offered_versions == ("DTLS 1.2",)
    # d: DTLS, d2: 1.2, d: a name, two suites, one extension, no ALPN
    assert reported.ja4 is not None and reported.ja4.startswith("dd2d020100_")
    assert isinstance(converse(Dtls, script, damage=False)[-1], Enough)


@pytest.mark.parametrize(("number", "name"), [(0xFEFF, "DTLS 1.0"), (0x0100, "DTLS 1.0"), (0xFEFD, "DTLS 1.2")])
def test_versions(number: int, name: str) -> None:
    assert handshake([(C, HELLO), *((S, data) for data in flight(number))], damage=False).version == name


def test_dtls_1_3() -> None:
    # RFC 9147 §5.3: supported_versions holds 0xfefc; §4: the unified header's low bits are the epoch
    script: Sequence[Any] = [
        (C, HELLO),
        (S, flight(0xFEFD, make.extension(43, b"\xfe\xfc"), 0x1301)[0] + b"\x2e\x00\x01\x00\x14" + bytes(20)),
    ]
    reported = handshake(script)
    assert (reported.version, reported.cipher, reported.established) == ("DTLS 1.3", "TLS_AES_128_GCM_SHA256", None)
    assert handshake([*script, (C, b"\x2e\x00\x02" + bytes(30)), (C, b"\x2f\x00\x03" + bytes(60))]).established is True


def test_media_keyed_by_the_handshake() -> None:
    # RFC 5764: no application data, SRTP beside it
    script = [(C, HELLO), *((S, data) for data in flight()), (C, FINISH), (S, FINISH)]
    assert handshake([*script, (C, b"\x80\x60" + bytes(40))], damage=False).established is True
    assert handshake([(C, HELLO), (C, b"\x80\x60" + bytes(40))], damage=False).established is None
    # STUN and TURN channels beside it are none of its business
    assert (
        handshake([*script, (C, b"\x00\x01" + bytes(20)), (C, b"\x40\x00" + bytes(20))], damage=False).established
        is None
    )


def test_only_the_clients_own_data_says_that_it_accepts() -> None:
    script = [(C, HELLO), *((S, data) for data in flight()), (C, FINISH), (S, FINISH)]
    data, alert = record(23, bytes(40), 1, 1), record(21, bytes(26), 1, 1)
    first = handshake([*script, (S, data)], damage=False)
    assert (first.established, first.client_data) == (True, None), "the server's data; the client may follow"
    assert handshake([*script, (S, data), (C, data)], damage=False).client_data is True
    assert handshake([*script, (S, data), (C, alert)], damage=False).client_data is False
    assert handshake([*script, (C, data), (C, alert)], damage=False).client_data is True
    assert handshake([*script, (S, alert), (C, alert)], damage=False).client_data is None, "the server closed"
    assert handshake([*script, *[(S, data)] * 40, (C, data)], damage=False).client_data is None, "that is a watch's end"
    media = b"\x80\x60" + bytes(40)
    assert handshake([*script, (S, media)], damage=False).client_data is None
    assert handshake([*script, (S, media), (C, media)], damage=False).client_data is True


def test_a_refusal() -> None:
    reported = handshake([(C, HELLO), *((S, data) for data in flight()), (C, record(21, b"\x02\x30"))])
    assert (reported.established, reported.alert) == (False, "unknown_ca")


def test_protected_data_in_mid_stream_says_nothing() -> None:
    assert [type(item) for item in converse(Dtls, [(C, record(23, bytes(50), 1, 77))])] == [Enough]


def test_fragments_that_never_end_are_bounded_and_block_no_others() -> None:
    parser = Dtls(None)
    for number in range(200):
        assert list(parser.receive(C, record(22, fragment(11, bytes(100_000), number % 60, 99_000, 10)))) == []
    assert list(parser.receive(C, HELLO)) == []
    reported = list(parser.close())
    assert [item.server_name for item in reported if isinstance(item, Handshake)] == ["lock.example"]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (HELLO, Match.SURE),
        (VERIFY, Match.SURE),
        (record(23, bytes(30), 1), Match.SURE),
        (record(23, bytes(30), 1)[:-1], Match.NO),
        (record(22, bytes(30)), Match.NO),
        (HELLO + b"\x00\x00\x00", Match.NO),
        (b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), Match.NO),
        (b"", Match.NO),
    ],
)
def test_recognition(data: bytes, match: Match) -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(data, b"", 50000, 12345, Transport.UDP)) is match


@pytest.mark.parametrize("data", [HELLO, VERIFY, record(23, bytes(30), 1)])
def test_records_fill_their_datagram(data: bytes) -> None:
    """RFC 6347 §4.1: content types 20 to 25, a version that begins with 254, a length."""
    assert PROTOCOL.recognise is not None
    openings.datagram(PROTOCOL.recognise, data, away=Match.SURE, counts={0: 19, 1: 3, 11: 1})
    assert PROTOCOL.recognise(openings.of(data, server=True, udp=True, answer=bytes(40))) is Match.SURE


DONE: Script = [(C, HELLO), *((S, data) for data in flight()), (C, FINISH), (S, FINISH)]


def recognised(data: bytes) -> Match:
    assert PROTOCOL.recognise is not None
    found = PROTOCOL.recognise(openings.of(data, udp=True))
    assert PROTOCOL.recognise(openings.of(data, server=True, udp=True)) is found
    return found


@pytest.mark.parametrize("kind", range(18, 28))
def test_kinds_of_records(kind: int) -> None:
    """RFC 6347 §4.1: 20 to 24; 25 is one with a connection id (RFC 9146), whose length stands elsewhere."""
    found = recognised(record(kind, bytes(30), 1))
    assert found is (Match.SURE if 20 <= kind <= 24 else Match.WEAK if kind == 25 else Match.NO)


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4, 8, 11, 12, 13, 14, 15, 16, 20])
def test_messages_that_a_readable_record_may_hold(kind: int) -> None:
    known = kind in (1, 2, 3, 11, 12, 13, 14, 16)
    assert recognised(record(22, fragment(kind, b"x" * 20, 0))) is (Match.SURE if known else Match.NO)
    assert recognised(record(22, fragment(kind, b"x" * 20, 0), 1)) is Match.SURE, "encrypted: it cannot be seen"


def test_what_follows_a_record_is_one() -> None:
    alert = record(21, b"\1\0", 1)
    for behind, match in (
        (alert, Match.SURE), (b"\x2f\0\1" + bytes(9), Match.SURE), (b"\x13\xfe\xfd", Match.NO),
        (b"\x1a\xfe\xfd", Match.NO), (b"\x15\xfe\xfe", Match.NO), (b"\x16\3\3", Match.NO), (b"\x40\0\0", Match.NO),
    ):  # fmt: skip
        assert recognised(alert + behind) is match, behind
    assert recognised(record(23, b"", 1)) is Match.NO
    assert recognised(alert[:12]) is Match.NO
    assert recognised(record(23, b"x", 1)) is Match.SURE


@pytest.mark.parametrize("version", [0xFEFF, 0xFEFD, 0x0100, 0xFEFE, 0xFEFC, 0x0303, 0x0101])
def test_versions_on_a_record(version: int) -> None:
    data = record(21, b"\1\0", 1, version=version)
    whole = version in (0xFEFF, 0xFEFD, 0x0100)
    assert recognised(data) is (Match.SURE if whole else Match.NO)
    run = Run(Dtls(None))
    run.feed(C, HELLO)
    if whole:
        run.feed(S, data)
    else:
        with pytest.raises(Malformed):
            run.feed(S, data)


def test_what_is_beside_dtls_before_the_keys_says_nothing() -> None:
    """RFC 7983: from 128 on SRTP, below 20 STUN, 64 to 79 TURN; only behind a changed cipher it is keyed by it."""
    for first in (0x00, 0x13, 0x40, 0x4F):
        assert handshake([*DONE, (C, bytes([first]) + bytes(30))], damage=False).established is None
    for first in (0x80, 0xBF, 0xC0):
        assert handshake([*DONE, (C, bytes([first]) + bytes(30))], damage=False).established is True
    half = [(C, HELLO), *((S, data) for data in flight()), (S, b"\x80\x60" + bytes(30))]
    assert handshake(half, damage=False).established is None


def test_who_refuses_and_what_an_alert_is() -> None:
    """RFC 5246 §7.2: level and description; an encrypted one cannot be read."""
    base: Script = [(C, HELLO), *((S, data) for data in flight())]
    for side in (C, S):
        found = handshake([*base, (side, record(21, b"\x02\x28"))], damage=False)
        assert (found.established, found.alert) == (False, "handshake_failure")
    for body in (b"\x02", b"\x02\x28\0"):
        assert handshake([*base, (C, record(21, body))], damage=False).alert is None
    assert handshake([*base, (C, record(21, b"\x02\x28", 1))], damage=False).alert is None


def test_fragments_that_do_not_fit_are_malformed() -> None:
    for start, size, length, whole in ((0, 10, 10, True), (5, 5, 10, True), (5, 6, 10, False), (0, 11, 10, False)):
        head = b"\x0b" + make.numbers([length], 3) + make.numbers([0]) + make.numbers([start, size], 3)
        run = Run(Dtls(None))
        if whole:
            run.feed(C, record(22, head + bytes(size)))
            assert run.parsed == []
        else:
            with pytest.raises(Malformed):
                run.feed(C, record(22, head + bytes(size)))


def test_pieces_that_overlap_and_come_in_any_order() -> None:
    for pieces in (
        ((0, 60), (40, 400)),
        ((40, 400), (0, 60)),
        ((60, 400), (30, 40), (0, 40)),
        ((0, 10), (20, 400), (10, 10)),
    ):
        script = [(C, record(22, fragment(1, BODY, 0, start, size))) for start, size in pieces]
        assert handshake([*script, (S, flight()[0])], damage=False).server_name == "lock.example"
    gap = [(C, record(22, fragment(1, BODY, 0, 0, 10))), (C, record(22, fragment(1, BODY, 0, 11)))]
    assert events(converse(Dtls, gap, damage=False), Handshake) == []


def test_a_message_that_comes_again_is_not_read_again_and_another_begins_anew() -> None:
    other = make.client_hello([0xC02B], make.sni("other.example"), 0xFEFD, cookie=b"")
    assert handshake([(C, HELLO), (C, record(22, fragment(1, other, 0)))], damage=False).server_name == "lock.example"
    begun = record(22, fragment(1, other + b"longer", 0, 0, 20))
    assert handshake([(C, begun), (C, HELLO)], damage=False).server_name == "lock.example"


def test_an_association_that_is_not_decided_is_left_after_its_bound() -> None:
    run = Run(Dtls(None))
    for number in range(DATAGRAMS_LIMIT - 1):
        run.feed(C, b"\0\1" + number.to_bytes(4, "big"))
    assert run.parsed == []
    run.feed(C, b"\0\1\0\0")
    assert run.parsed == [Enough()]


def test_where_it_is_found() -> None:
    """HTTP/3's and HTTPS's 443, and the secure ports of DNS, RADIUS, IPFIX, SIP, CoAP, syslog and SNMP (IANA)."""
    ports = {443, 853, 2083, 4433, 4740, 5061, 5684, 6514, 10161, 10162}
    openings.declares(PROTOCOL, ports=ports, transport=Transport.UDP)
