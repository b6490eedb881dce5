"""SSL 2.0 by its specification of 1995: frames, messages by side and order, hellos whose lengths do not add up."""

from __future__ import annotations

import pytest

from sensor.events import Span
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.tls_handshake import Negotiation
from sensor.parsing.parser import Match
from sensor.protocols.tls.ssl2 import Ssl2, fits, is_record, record
from tests.conversation import C, S

RC4, DES = b"\x01\x00\x80", b"\x07\x00\xc0"
"""SSL_CK_RC4_128_WITH_MD5, SSL_CK_DES_192_EDE3_CBC_WITH_MD5."""


def client_hello(kinds: bytes = RC4 + DES, version: int = 2, session: bytes = b"", challenge: int = 16) -> bytes:
    sizes = b"".join(len(part).to_bytes(2, "big") for part in (kinds, session)) + challenge.to_bytes(2, "big")
    return b"\x01" + version.to_bytes(2, "big") + sizes + kinds + session + bytes(challenge)


def server_hello(kinds: bytes = RC4 + DES, certificate: bytes = b"leaf", version: int = 2) -> bytes:
    sizes = b"".join(size.to_bytes(2, "big") for size in (len(certificate), len(kinds), 16))
    return b"\x04\0\x01" + version.to_bytes(2, "big") + sizes + certificate + kinds + bytes(16)


KEY = b"\x02" + DES + bytes(6)


def framed(body: bytes) -> bytes:
    return (0x8000 | len(body)).to_bytes(2, "big") + body


@pytest.mark.parametrize(("first", "yes"), [(b"", False), (b"\x7f", False), (b"\x80", True), (b"\xff\0", True)])
def test_how_a_record_without_padding_begins(first: bytes, yes: bool) -> None:
    assert is_record(first) is yes


@pytest.mark.parametrize(
    ("data", "body", "left"),
    [
        (b"\x80\x02abc", b"ab", 1),
        (b"\x81\x01" + b"a" * 258, b"a" * 257, 1),
        (b"\x00\x05\x02abcdef", b"abc", 1),
        (b"\x00\x03\x00abc", b"abc", 0),
        (b"\x00\x02\x02ab", b"", 0),
        (b"\x41\x00\x01" + b"a" * 256, b"a" * 255, 0),  # 0x40: a security escape
    ],
)
def test_records(data: bytes, body: bytes, left: int) -> None:
    cursor = Cursor(data)
    assert record(cursor) == body and cursor.remaining == left


def test_more_padding_than_record() -> None:
    with pytest.raises(Malformed):
        record(Cursor(b"\x00\x02\x03ab"))


def negotiated(*turns: tuple[Side, bytes]) -> tuple[Negotiation, Ssl2, list[bool]]:
    negotiation = Negotiation("tls", "t")
    old = Ssl2(negotiation)
    ends = [old.record(side, body, Span(side, place, place + 1)) for place, (side, body) in enumerate(turns)]
    return negotiation, old, ends


def test_a_hello_says_what_it_offers() -> None:
    found, old, _ = negotiated((C, client_hello(session=b"s" * 16, challenge=32)))
    assert found.client is not None
    assert (found.client.version, found.client.ciphers, found.client.versions) == (2, (0x010080, 0x0700C0), (2,))
    assert (found.client_side, found.fingerprints, old.agreed, found.server) == (C, False, False, None)
    offering, _, _ = negotiated((S, client_hello(b"\0\0\x2f", 0x0301)))
    assert offering.client is not None
    assert (offering.client.versions, offering.client.ciphers, offering.client_side) == ((0x0301,), (0x2F,), S)
    both, _, _ = negotiated((C, client_hello(b"\0\0\x2f" + RC4, 0x0301)))
    assert both.client is not None and both.client.versions == (0x0301, 2)
    again, _, _ = negotiated((C, client_hello(RC4)), (S, client_hello(DES)))
    assert again.client is not None and (again.client.ciphers, again.client_side) == ((0x010080,), C)


def test_the_client_chooses_among_the_servers_kinds() -> None:
    one, old, _ = negotiated((C, client_hello()), (S, server_hello(DES)))
    assert old.agreed and one.server is not None and (one.server.cipher, one.certificates) == (0x0700C0, (b"leaf",))
    several, _, _ = negotiated((C, client_hello()), (S, server_hello()))
    assert several.server is None
    chosen, _, ends = negotiated((C, client_hello()), (S, server_hello()), (C, KEY))
    assert chosen.server is not None and (chosen.server.version, chosen.server.cipher) == (2, 0x0700C0)
    assert ends == [False] * 3 and not chosen.decided
    alone, _, _ = negotiated((S, server_hello(DES, b"")))
    assert (alone.client_side, alone.certificates) == (C, ())
    turned, _, _ = negotiated((C, server_hello(DES)))
    assert turned.client_side is S


def test_a_key_before_the_server_agreed_is_none() -> None:
    found, old, _ = negotiated((C, client_hello()), (C, KEY), (C, b"x"), (C, b"x"))
    assert found.server is None and not found.decided and not old.agreed


@pytest.mark.parametrize(
    ("behind", "established"),
    [("C", None), ("CC", True), ("SSS", None), ("SCS", None), ("SCSC", True), ("", None)],
)
def test_the_second_record_of_the_client_behind_its_key_is_data(behind: str, established: bool | None) -> None:
    """The first is CLIENT-FINISHED."""
    begin = ((C, client_hello()), (S, server_hello()), (C, KEY))
    found, _, ends = negotiated(*begin, *(({"C": C, "S": S}[who], bytes(33)) for who in behind))
    assert found.established is established
    assert ends == [False] * (len(ends) - bool(established)) + [True] * bool(established)


def test_what_is_no_hello() -> None:
    for body in (KEY, b"\x03", b"\0"):
        with pytest.raises(Malformed):
            negotiated((C, body))
    for known in (client_hello(), server_hello(DES)):
        negotiation, _, ends = negotiated((C, known), (C, b"\x03"))
        assert ends == [False, False] and negotiation.known
    with pytest.raises(Malformed):
        negotiated((C, client_hello()), (S, server_hello(version=3)))
    for cut in (client_hello()[:-1], server_hello()[:-1]):
        with pytest.raises(Malformed):
            negotiated((C, cut))


CLIENT, SERVER = framed(client_hello()), framed(server_hello())


@pytest.mark.parametrize(("whole", "least"), [(CLIENT, 11), (SERVER, 13)])
def test_a_hello_cut_anywhere(whole: bytes, least: int) -> None:
    for size in range(1, len(whole) + 1):
        assert fits(whole[:size]) is (Match.SURE if size >= least else Match.MORE), size
    for kind, match in ((0, Match.NO), (2, Match.NO), (3, Match.NO), (5, Match.NO)):
        assert fits(whole[:2] + bytes((kind,))) is match
        assert fits(whole[:2] + bytes((kind,)) + whole[3:]) is match


@pytest.mark.parametrize(
    ("hello", "match"),
    [(client_hello(version=version), Match.SURE) for version in (2, 0x0300, 0x0301, 0x0302, 0x0303)]
    + [(client_hello(version=version), Match.NO) for version in (1, 3, 0x0304, 0x0200)]
    + [(client_hello(challenge=size), Match.SURE) for size in (16, 17, 32)]
    + [(client_hello(challenge=size), Match.NO) for size in (0, 15, 33)]
    + [(client_hello(kinds), Match.NO) for kinds in (b"", RC4[:2], RC4 + b"\0")]
    + [(client_hello(session=b"s" * 16), Match.SURE), (server_hello(version=3), Match.NO)]
    + [(server_hello(certificate=b""), Match.SURE), (server_hello(b""), Match.SURE)],
)
def test_hellos_that_fit(hello: bytes, match: Match) -> None:
    assert fits(framed(hello)) is match


@pytest.mark.parametrize("hello", [client_hello(), server_hello()])
def test_all_lengths_add_up(hello: bytes) -> None:
    for length in (len(hello) - 1, len(hello) + 1):
        assert fits((0x8000 | length).to_bytes(2, "big") + hello) is Match.NO
    for place in (6, 8, 10):  # the low byte of each length
        changed = bytearray(framed(hello))
        changed[place + 2 - (hello[0] == 1) * 2 if hello[0] == 4 else place] += 3
        assert fits(bytes(changed)) is Match.NO, place
