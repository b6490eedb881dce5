"""IKE: messages made from RFC 2408 and RFC 2409."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Attribute, Enough, Login
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.isakmp import DATAGRAM_LIMIT, PROTOCOL, VENDORS, Isakmp
from tests.conversation import C, Run, S, Script, Span, converse
from tests.protocols import openings

CKY_I, CKY_R = b"initiate", b"respond!"
KE_I, KE_R, N_I, N_R = b"I" * 128, b"R" * 128, b"nonce-of-initiator--", b"nonce-of-responder--"
SA = bytes.fromhex("0000000100000001") + bytes(40)
ID_I = b"\x03\x11\x01\xf4" + b"branch@office.example"
ID_R = b"\x01\x11\x01\xf4\xc0\x00\x02\x01"
PROOF = bytes(range(20))
VENDOR = bytes.fromhex("afcad71368a1f1c96b8696fc77570100")


def message(
    exchange: int,
    *payloads: tuple[int, bytes],
    responder: bytes = bytes(8),
    flags: int = 0,
    version: int = 0x10,
    suffix: bytes = b"",
) -> bytes:
    """RFC 2408 §3.1 and §3.2: each payload names the type of the next."""
    kinds = [kind for kind, _ in payloads] + [0]
    body = (
        b"".join(struct.pack(">BBH", kinds[n + 1], 0, 4 + len(data)) + data for n, (_, data) in enumerate(payloads))
        + suffix
    )
    return (
        CKY_I
        + responder
        + struct.pack(">BBBBII", kinds[0] if payloads else 8, version, exchange, flags, 0, 28 + len(body))
        + body
    )


ASKS = message(4, (1, SA), (4, KE_I), (10, N_I), (5, ID_I), (13, VENDOR))
ANSWERS = message(4, (1, SA[:20]), (4, KE_R), (10, N_R), (5, ID_R), (8, PROOF), responder=CKY_R)
LINE = ":".join(part.hex() for part in (KE_R, KE_I, CKY_R, CKY_I, SA, ID_R, N_I, N_R, PROOF))


def logins(script: Script) -> list[Login]:
    return [item for item in converse(Isakmp, script) if isinstance(item, Login)]


def quick(side: Side) -> tuple[Side, bytes]:
    return side, message(32, responder=CKY_R, flags=1, suffix=bytes(60))


def test_an_aggressive_exchange_gives_its_hash_away() -> None:
    (reported,) = logins([(C, ASKS), (S, ANSWERS)])
    assert reported == Login(
        mechanism="key",
        username="branch@office.example",
        secret=Secret(LINE),
        scheme="ikev1-psk-sha1",
        clear=False,
        verifier=S,
        spans=(Span(C, 0, 1), Span(S, 0, 1)),
    )


def test_a_quick_mode_that_the_responder_answers_accepts_it() -> None:
    (reported,) = logins([(C, ASKS), (S, ANSWERS), quick(C), quick(S)])
    assert (reported.accepted, reported.basis, reported.spans[-1]) == (True, "quick mode answered", Span(S, 1, 2))
    (reported,) = logins([(C, ASKS), (S, ANSWERS), quick(C)])
    assert reported.accepted is None


def test_the_marker_of_port_4500_and_an_address_as_identity() -> None:
    asks = message(4, (1, SA), (4, KE_I), (10, N_I), (5, b"\x01\x11\x01\xf4\xc0\x00\x02\x07"))
    (reported,) = logins([(C, bytes(4) + asks), (C, b"\xff"), (S, bytes(4) + ANSWERS)])
    assert reported.username == "192.0.2.7"


@pytest.mark.parametrize(
    "answer",
    [
        # a signature (type 9) instead of a hash: no shared key
        message(4, (1, SA), (4, KE_R), (10, N_R), (5, ID_R), (9, bytes(128)), responder=CKY_R),
        message(2, (1, SA), responder=CKY_R),
        message(4, (1, SA), (8, PROOF), responder=CKY_R),
    ],
)
def test_what_gives_nothing_away(answer: bytes) -> None:
    assert logins([(C, ASKS), (S, answer)]) == []


def test_vendor_ids_once() -> None:
    main = message(2, (1, SA), (13, VENDOR), (13, VENDOR))
    assert converse(Isakmp, [(C, main), (C, main)]) == [Attribute(field="isakmp.vendor_id", value=VENDOR.hex(), side=C)]


def test_ikev2_and_esp_are_left_soon() -> None:
    assert converse(Isakmp, [(C, message(34, version=0x20)), (S, message(35, version=0x20))], damage=False) == [
        Enough()
    ]
    assert converse(Isakmp, [(C, b"\x12\x34\x56\x78" + bytes(80))] * DATAGRAM_LIMIT, damage=False) == [Enough()]


@pytest.mark.parametrize(
    ("data", "port", "match"),
    [
        (ASKS, 9999, Match.SURE),
        (bytes(4) + ASKS, 4500, Match.SURE),
        (message(34, version=0x20, suffix=bytes(200)), 500, Match.SURE),
        (ASKS + b"x", 500, Match.NO),
        (message(99), 500, Match.NO),
        (b"\x12\x34\x56\x78" + bytes(range(80)), 4500, Match.WEAK),
        (b"\x12\x34\x56\x78" + bytes(range(80)), 9999, Match.NO),
        (b"\xff", 4500, Match.NO),
        (b"", 500, Match.NO),
    ],
)
def test_recognition(data: bytes, port: int, match: Match) -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(data, b"", 40000, port, Transport.UDP)) is match


def test_main_mode_has_no_hash_to_give_away() -> None:
    """RFC 2409 5.4: there identities and hashes are encrypted; bytes of that shape are none."""
    ask = message(2, (1, SA), (4, KE_I), (10, N_I), (5, ID_I))
    answer = message(2, (1, SA[:20]), (4, KE_R), (10, N_R), (5, ID_R), (8, PROOF), responder=CKY_R)
    assert logins([(C, ask), (S, answer)]) == []
    assert logins([(C, ASKS), (S, answer)]) == [] == logins([(C, ask), (S, ANSWERS)])


def test_a_message_fills_its_datagram() -> None:
    """RFC 2408 §3.1: the version at 17, the length of the whole message at 24; RFC 3948 §2.2: four zeros on 4500."""
    assert PROTOCOL.recognise is not None
    for port, data, at in ((500, ASKS, 0), (4500, bytes(4) + ASKS, 4)):
        counts = {at + 17: 0x30, at + 24: 1, at + 27: ASKS[27] ^ 1}
        for place, value in counts.items():
            changed = data[:place] + bytes([value]) + data[place + 1 :]
            assert PROTOCOL.recognise(openings.of(changed, port, udp=True)) is not Match.SURE
        for server in (False, True):
            assert PROTOCOL.recognise(openings.of(data, port, server=server, udp=True)) is Match.SURE
            assert PROTOCOL.recognise(openings.of(data[:-1], port, server=server, udp=True)) is not Match.SURE


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b"\0\0\0\1" + bytes(33), b"", Match.WEAK),
        (b"\0\0\0\1" + bytes(32), b"", Match.NO),  # no room for a block and a checksum
        (bytes(37), b"", Match.NO),  # RFC 3948 §2.2: an SPI is not zero
        (b"\0\0\0\1" + bytes(33), b"\xff", Match.WEAK),
        (b"\xff", b"\0\0\0\1" + bytes(33), Match.WEAK),
        (b"\0\0\0\1" + bytes(33), b"\xfe", Match.NO),
        (b"\xff", b"\xff", Match.NO),
    ],
)
def test_esp_and_keep_alives_on_4500(client: bytes, server: bytes, match: Match) -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(client, server, 4500, 40000, Transport.UDP)) is match
    assert PROTOCOL.recognise(Opening(client, server, 40000, 4500, Transport.UDP)) is match
    assert PROTOCOL.recognise(Opening(client, server, 40000, 4501, Transport.UDP)) is Match.NO


@pytest.mark.parametrize(
    ("size", "name"), [(16, "md5"), (20, "sha1"), (32, "sha256"), (48, "sha384"), (64, "sha512"), (17, "hash")]
)
def test_hashes_by_their_length(size: int, name: str) -> None:
    answer = message(4, (1, SA[:20]), (4, KE_R), (10, N_R), (5, ID_R), (8, bytes(size)), responder=CKY_R)
    assert [login.scheme for login in quietly([(C, ASKS), (S, answer)])] == [f"ikev1-psk-{name}"]


def quietly(script: Script) -> list[Login]:
    return [item for item in converse(Isakmp, script, damage=False) if isinstance(item, Login)]


PARTS = ((1, SA), (4, KE_I), (10, N_I), (5, ID_I))
REPLIED = ((1, SA[:20]), (4, KE_R), (10, N_R), (5, ID_R), (8, PROOF))


@pytest.mark.parametrize("left_out", [1, 4, 5, 10])
def test_what_a_proof_needs_of_the_initiator(left_out: int) -> None:
    """RFC 2409 §5: HASH_R is over the keys, cookies, SA and identity; a part that was not seen cannot be tried."""
    asks = message(4, *(part for part in PARTS if part[0] != left_out))
    assert quietly([(C, asks), (S, ANSWERS)]) == []


@pytest.mark.parametrize(("left_out", "number"), [(1, 1), (4, 0), (5, 0), (10, 0), (8, 0)])
def test_what_a_proof_needs_of_the_responder(left_out: int, number: int) -> None:
    answer = message(4, *(part for part in REPLIED if part[0] != left_out), responder=CKY_R)
    assert len(quietly([(C, ASKS), (S, answer)])) == number


def test_an_answer_belongs_to_the_offer_of_its_cookie() -> None:
    other = b"somebody" + ANSWERS[8:]
    assert quietly([(C, ASKS), (S, other)]) == quietly([(S, ANSWERS)]) == quietly([(S, ANSWERS), (C, ASKS)]) == []
    assert len(quietly([(C, ASKS), (S, ANSWERS), (S, ANSWERS)])) == 1
    encrypted = message(4, *REPLIED, responder=CKY_R, flags=1)
    assert quietly([(C, ASKS), (S, encrypted)]) == []
    assert [login.verifier for login in quietly([(S, ASKS), (C, ANSWERS)])] == [C]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"\1\0\0\0\xc0\0\2\7", "192.0.2.7"), (b"\1\0\0\0abc", "abc"), (b"\2\0\0\0host", "host"),
        (b"\2\0\0\0", None), (b"\3\x11\1\xf4anna@x.example", "anna@x.example"),
    ],
)  # fmt: skip
def test_identities(body: bytes, name: str | None) -> None:
    """RFC 2407 §4.6.2: type, protocol, port, value."""
    asks = message(4, (1, SA), (4, KE_I), (10, N_I), (5, body))
    assert [login.username for login in quietly([(C, asks), (S, ANSWERS)])] == [name]


@pytest.mark.parametrize(("version", "exchange", "match"), [
    (0x10, 1, Match.SURE), (0x10, 6, Match.SURE), (0x10, 32, Match.SURE), (0x10, 33, Match.SURE), (0x10, 0, Match.NO),
    (0x10, 7, Match.NO), (0x10, 34, Match.NO), (0x20, 34, Match.SURE), (0x20, 44, Match.SURE), (0x20, 33, Match.NO),
    (0x20, 45, Match.NO), (0x11, 34, Match.NO), (0x30, 34, Match.NO),
])  # fmt: skip
def test_exchanges_of_each_version(version: int, exchange: int, match: Match) -> None:
    """RFC 2408 §3.1 and RFC 2409 appendix A; IKEv2's are 34 to 44."""
    assert PROTOCOL.recognise is not None
    data = message(exchange, version=version)
    assert PROTOCOL.recognise(openings.of(data, 500, udp=True)) is match
    assert PROTOCOL.recognise(openings.of(bytes(8) + data[8:], 500, udp=True)) is Match.NO
    assert PROTOCOL.recognise(openings.of(b"", 500, server=True, udp=True, answer=data)) is match


def test_vendor_ids_are_read_in_main_mode_too_and_bounded() -> None:
    for exchange, number in ((2, 1), (4, 1), (1, 0), (5, 0), (32, 0)):
        data = message(exchange, (1, SA), (13, VENDOR))
        found = [item for item in converse(Isakmp, [(S, data)], damage=False) if isinstance(item, Attribute)]
        assert [(item.value, item.side) for item in found] == [(VENDOR.hex(), S)] * number
    many = message(2, *((13, b"maker %d" % at) for at in range(VENDORS + 5)))
    assert len(converse(Isakmp, [(C, many)], damage=False)) == VENDORS
    both = [
        item.side
        for item in converse(Isakmp, [(C, message(2, (13, VENDOR))), (S, message(2, (13, VENDOR)))], damage=False)
        if isinstance(item, Attribute)
    ]
    assert both == [C, S]


def test_a_payload_has_a_header_and_a_quick_mode_needs_a_login() -> None:
    for length, malformed in ((3, True), (4, False)):
        data = message(2, (1, b""))
        data = data[:30] + length.to_bytes(2, "big")
        data = data[:24] + len(data).to_bytes(4, "big") + data[28:]
        run = Run(Isakmp())
        if malformed:
            with pytest.raises(Malformed):
                run.feed(C, data)
        else:
            run.feed(C, data)
            assert run.close() == []
    assert converse(Isakmp, [quick(C), quick(S)], damage=False) == []
    run = Run(Isakmp())
    for _ in range(DATAGRAM_LIMIT - 1):
        run.feed(C, b"\xff")
    assert run.parsed == []


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={500, 4500}, transport=Transport.UDP)


def test_every_exchange_of_each_version() -> None:
    """RFC 2408 §3.1 (1 to 6), RFC 2409 appendix A (32, 33); IKEv2 (34 to 44). Others are none."""
    assert PROTOCOL.recognise is not None
    known = {0x10: {1, 2, 3, 4, 5, 6, 32, 33}, 0x20: set(range(34, 45))}
    for version, exchanges in known.items():
        for exchange in range(256):
            found = PROTOCOL.recognise(openings.of(message(exchange, version=version), 9999, udp=True))
            assert (found is Match.SURE) is (exchange in exchanges), (version, exchange)
