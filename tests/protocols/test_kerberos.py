"""Kerberos: messages made by the ASN.1 of RFC 4120, over TCP and UDP."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import pytest

from sensor.events import Attribute, Login
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.kerberos import MESSAGE_LIMIT, NAMES_LIMIT, PROTOCOLS, KerberosDatagram, KerberosStream
from tests.conversation import C, Run, S, Span, converse, events
from tests.protocols import openings
from tests.protocols.logins import (
    CHECKS_WITHOUT_SIDES,
    Check,
    Dialogue,
    a_second_login_does_not_take_the_answer_of_the_first,
)

STREAM, DATAGRAM = PROTOCOLS


def der(tag: int, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    size = len(body)
    length = bytes((size,)) if size < 128 else b"\x82" + struct.pack(">H", size)
    return bytes((tag,)) + length + body


def explicit(number: int, *bodies: bytes) -> bytes:
    return der(0xA0 | number, *bodies)


def integer(value: int) -> bytes:
    return der(2, value.to_bytes(max(1, (value.bit_length() + 8) // 8), "big"))


def text(value: str) -> bytes:
    return der(0x1B, value.encode())


def principal(*parts: str) -> bytes:
    return der(0x30, explicit(0, integer(1)), explicit(1, der(0x30, *map(text, parts))))


def encrypted(kind: int, cipher: bytes) -> bytes:
    return der(0x30, explicit(0, integer(kind)), explicit(1, integer(2)), explicit(2, der(4, cipher)))


def as_req(
    cipher: bytes | None, kind: int = 18, user: str = "anna", extra: bytes = b"", preauthentication: int = 2
) -> bytes:
    """RFC 4120 §5.4.1; without a cipher the first request, which asks what is needed."""
    padata = b""
    if cipher is not None:
        padata = explicit(
            3,
            der(
                0x30,
                der(0x30, explicit(1, integer(preauthentication)), explicit(2, der(4, encrypted(kind, cipher)))),
            ),
        )
    body = der(
        0x30,
        explicit(0, der(3, bytes(5))),
        explicit(1, principal(user)),
        explicit(2, text("OFFICE.EXAMPLE")),
        explicit(3, principal("krbtgt", "OFFICE.EXAMPLE")),
        extra,
    )
    return der(0x6A, der(0x30, explicit(1, integer(5)), explicit(2, integer(10)), padata, explicit(4, body)))


def reply(
    tag: int,
    ticket_kind: int,
    ticket: bytes,
    kind: int,
    cipher: bytes,
    service: tuple[str, ...] = ("krbtgt", "OFFICE.EXAMPLE"),
) -> bytes:
    """KDC-REP of RFC 4120 §5.4.2."""
    issued = der(
        0x61,
        der(
            0x30,
            explicit(0, integer(5)),
            explicit(1, text("OFFICE.EXAMPLE")),
            explicit(2, principal(*service)),
            explicit(3, encrypted(ticket_kind, ticket)),
        ),
    )
    return der(
        tag,
        der(
            0x30,
            explicit(0, integer(5)),
            explicit(1, integer(tag - 0x60)),
            explicit(3, text("OFFICE.EXAMPLE")),
            explicit(4, principal("anna")),
            explicit(5, issued),
            explicit(6, encrypted(kind, cipher)),
        ),
    )


def error(code: int) -> bytes:
    return der(
        0x7E,
        der(
            0x30,
            explicit(0, integer(5)),
            explicit(1, integer(30)),
            explicit(4, der(0x18, b"20260101000000Z")),
            explicit(5, integer(0)),
            explicit(6, integer(code)),
            explicit(9, text("OFFICE.EXAMPLE")),
            explicit(10, principal("krbtgt")),
        ),
    )


def framed(message: bytes) -> bytes:
    return struct.pack(">I", len(message)) + message


CIPHER = bytes(range(56))
LONG = bytes(range(200))


def logins(parsed: list[Any]) -> list[Login]:
    return [item for item in parsed if isinstance(item, Login)]


def test_an_encrypted_timestamp_that_the_kdc_takes() -> None:
    request, answer = framed(as_req(CIPHER)), framed(reply(0x6B, 18, LONG, 18, LONG))
    script = [(C, framed(as_req(None))), (S, framed(error(25))), (C, request), (S, answer)]
    login, replied = logins(converse(KerberosStream, script))
    begin = len(script[0][1])
    assert login == Login(
        mechanism="password",
        username="anna@OFFICE.EXAMPLE",
        secret=Secret("$krb5pa$18$anna$OFFICE.EXAMPLE$" + CIPHER.hex()),
        scheme="krb5-as-req-etype18",
        clear=False,
        accepted=True,
        basis="AS-REP",
        spans=(Span(C, begin, begin + len(request)), Span(S, len(script[1][1]), len(script[1][1]) + len(answer))),
    )
    # hashcat 32200: the checksum, the last twelve bytes, stands in front of the data
    assert replied == replace(
        login,
        scheme="krb5-as-rep-etype18",
        secret=Secret(f"$krb5asrep$18$anna$OFFICE.EXAMPLE${LONG[-12:].hex()}${LONG[:-12].hex()}"),
        accepted=None,
        basis=None,
        spans=(),
    )


@pytest.mark.parametrize(
    ("code", "accepted", "basis"),
    [
        (24, False, "KRB-ERROR KDC_ERR_PREAUTH_FAILED"),
        (18, False, "KRB-ERROR KDC_ERR_CLIENT_REVOKED"),
        (37, None, "KRB-ERROR 37"),
    ],
)
def test_refusals_and_errors_that_are_none(code: int, accepted: bool | None, basis: str) -> None:
    reported = logins(converse(KerberosDatagram, [(C, as_req(CIPHER[:52], 23)), (S, error(code))]))
    assert [(item.accepted, item.basis) for item in reported] == [(accepted, basis)]
    # RFC 4757: sixteen bytes of checksum first; hashcat 7500 wants them last
    assert reported[0].secret == Secret("$krb5pa$23$anna$OFFICE.EXAMPLE$$" + CIPHER[16:52].hex() + CIPHER[:16].hex())


def test_service_tickets() -> None:
    old = reply(0x6D, 23, LONG, 18, CIPHER, ("cifs", "nas.example"))
    new = reply(0x6D, 17, LONG, 18, CIPHER, ("cifs", "nas.example"))
    parsed = logins(converse(KerberosDatagram, [(S, old), (S, new)]))
    assert [(item.scheme, item.accepted) for item in parsed] == [
        ("krb5-tgs-rep-etype23", None),
        ("krb5-tgs-rep-etype17", None),
    ]
    assert parsed[0].secret == Secret(
        f"$krb5tgs$23$*anna$OFFICE.EXAMPLE$cifs/nas.example*${LONG[:16].hex()}${LONG[16:].hex()}"
    )
    assert parsed[1].secret == Secret(
        f"$krb5tgs$17$anna$OFFICE.EXAMPLE$*cifs/nas.example*${LONG[-12:].hex()}${LONG[:-12].hex()}"
    )


def test_an_old_reply_in_the_form_of_hashcat_18200() -> None:
    reported = logins(converse(KerberosDatagram, [(S, reply(0x6B, 18, LONG, 23, LONG))], damage=False))
    assert reported[0].secret == Secret(f"$krb5asrep$23$anna@OFFICE.EXAMPLE:{LONG[:16].hex()}${LONG[16:].hex()}")


def test_a_request_without_an_answer_is_reported_at_the_end_or_before_the_next() -> None:
    reported = logins(converse(KerberosDatagram, [(C, as_req(CIPHER)), (C, as_req(CIPHER, user="bert"))], damage=False))
    assert [(item.username, item.accepted) for item in reported] == [
        ("anna@OFFICE.EXAMPLE", None),
        ("bert@OFFICE.EXAMPLE", None),
    ]


def test_a_first_request_is_no_login_but_may_name_the_machine() -> None:
    host = explicit(9, der(0x30, der(0x30, explicit(0, integer(20)), explicit(1, der(4, b"OFFICE-PC-7     ")))))
    parsed = converse(KerberosDatagram, [(C, as_req(None, extra=host))])
    assert events(parsed, Login) == []
    assert parsed == [
        Attribute(field="kerberos.host", value="OFFICE-PC-7", side=C),
        Attribute(field="kerberos.user", value="anna", side=C),
    ]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (as_req(CIPHER), Match.SURE),
        (error(24), Match.SURE),
        (as_req(CIPHER) + b"\0", Match.NO),
        (b"\x6a\x81", Match.NO),
        (b"\x30\x03\x02\x01\x05", Match.NO),
        (b"", Match.NO),
    ],
)
def test_recognition_of_datagrams(data: bytes, match: Match) -> None:
    assert DATAGRAM.recognise is not None
    assert DATAGRAM.recognise(Opening(data, b"", 50000, 888, Transport.UDP)) is match


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (framed(as_req(CIPHER)), Match.SURE),
        (framed(as_req(CIPHER))[:12], Match.MORE),
        (b"\0\0", Match.MORE),
        (b"\0\0\0\x20GET / HTTP/1.1", Match.NO),
        (b"GET / HTTP/1.1", Match.NO),
        (b"", Match.NO),
    ],
)
def test_recognition_of_streams(data: bytes, match: Match) -> None:
    assert STREAM.recognise is not None
    assert STREAM.recognise(Opening(data, b"", 50000, 888, Transport.TCP)) is match


def accepted(*script: tuple[Side, bytes]) -> list[tuple[str | None, bool | None]]:
    found = logins(converse(KerberosDatagram, list(script), damage=False))
    return [(item.username, item.accepted) for item in found if "as-req" in item.scheme]


@pytest.mark.parametrize(
    ("code", "verdict"),
    [(6, False), (18, False), (24, False), (5, None), (7, None), (17, None), (19, None), (25, None)],
)
def test_errors_that_refuse_the_user_or_the_key(code: int, verdict: bool | None) -> None:
    """RFC 4120 §7.5.9."""
    assert accepted((C, as_req(CIPHER)), (S, error(code))) == [("anna@OFFICE.EXAMPLE", verdict)]
    assert accepted((S, error(code))) == []


def test_each_request_has_its_own_answer() -> None:
    again = as_req(CIPHER, user="bert")
    assert accepted((C, as_req(CIPHER)), (S, error(24)), (C, again), (S, reply(0x6B, 18, LONG, 18, LONG))) == [
        ("anna@OFFICE.EXAMPLE", False), ("bert@OFFICE.EXAMPLE", True),
    ]  # fmt: skip
    assert accepted((C, as_req(CIPHER)), (S, reply(0x6D, 18, LONG, 18, LONG))) == [("anna@OFFICE.EXAMPLE", None)]


def test_a_name_is_reported_once_and_that_of_a_machine_is_no_user() -> None:
    script = [(C, as_req(None)), (C, as_req(None)), (C, as_req(None, user="PC7$")), (C, as_req(None, user="bert"))]
    found = [item.value for item in converse(KerberosDatagram, script, damage=False) if isinstance(item, Attribute)]
    assert found == ["anna", "bert"]
    many = [(C, as_req(None, user=f"u{n}")) for n in range(NAMES_LIMIT + 3)]
    assert len(converse(KerberosDatagram, many, damage=False)) == NAMES_LIMIT


@pytest.mark.parametrize("kind", [2, 3, 5, 7, 24])
def test_only_a_netbios_address_names_the_machine(kind: int) -> None:
    """RFC 4120 §7.5.3: 2 is IPv4, 24 IPv6, 20 NetBIOS."""
    host = explicit(9, der(0x30, der(0x30, explicit(0, integer(kind)), explicit(1, der(4, b"OFFICE-PC-7")))))
    found = [
        item.field
        for item in converse(KerberosDatagram, [(C, as_req(None, extra=host))], damage=False)
        if isinstance(item, Attribute)
    ]
    assert found == ["kerberos.user"]


@pytest.mark.parametrize("kind", [1, 3, 11, 16, 19, 128, 149])
def test_other_kinds_of_preauthentication_are_no_login(kind: int) -> None:
    """RFC 4120 §7.5.2: 2 is the encrypted timestamp, 128 a PAC request."""
    request = as_req(CIPHER, preauthentication=kind)
    assert accepted((C, request)) == []


@pytest.mark.parametrize(("size", "number"), [(15, 0), (16, 1)])
def test_a_cipher_holds_a_checksum_at_least(size: int, number: int) -> None:
    assert len(accepted((C, as_req(bytes(size))))) == number


@pytest.mark.parametrize("tag", [0x6A, 0x6B, 0x6C, 0x6D, 0x7E])
def test_messages_cut_anywhere(tag: int) -> None:
    """RFC 4120 §5.10: five kinds begin a conversation; the version stands first, as field 0 or 1."""
    assert STREAM.recognise is not None and DATAGRAM.recognise is not None
    for number in (0, 1):
        data = der(tag, der(0x30, explicit(number, integer(5)), der(4, bytes(40))))
        head = len(data) - 42 - 5
        whole = framed(data)
        assert STREAM.recognise(openings.of(whole)) is Match.SURE
        for size in range(1, 4 + head + 5):
            assert STREAM.recognise(openings.of(whole[:size])) is Match.MORE, size
        assert STREAM.recognise(openings.of(whole[: 4 + head + 5])) is Match.SURE
        for size in range(len(data)):
            assert DATAGRAM.recognise(openings.of(data[:size], udp=True)) is Match.NO
        for server in (False, True):
            assert DATAGRAM.recognise(openings.of(data, server=server, udp=True)) is Match.SURE
            assert STREAM.recognise(openings.of(whole, server=server)) is Match.SURE
        for place, value in ((head + 4, 4), (head, 0xA2), (head - 2, 0x31), (0, 0x69), (0, 0x6E), (0, 0x7D)):
            changed = data[:place] + bytes([value]) + data[place + 1 :]
            assert DATAGRAM.recognise(openings.of(changed, udp=True)) is Match.NO
            assert STREAM.recognise(openings.of(framed(changed))) is Match.NO
    for start in (b"\1", b"\0\1"):
        assert STREAM.recognise(openings.of(start + whole[len(start) :])) is Match.NO
    assert STREAM.recognise(openings.of(whole, server=True, answer=b"GET /")) is Match.NO


def test_a_stream_has_a_length_of_four_bytes_and_a_bound() -> None:
    for length, whole in ((MESSAGE_LIMIT, True), (MESSAGE_LIMIT + 1, False)):
        run = Run(KerberosStream())
        if whole:
            run.feed(C, length.to_bytes(4, "big"))
        else:
            with pytest.raises(Malformed):
                run.feed(C, length.to_bytes(4, "big"))
    for bad in (
        der(0x6F, der(0x30, b"")),
        der(0x6A, der(0x31, b"")),
        der(0x6A, der(0x30, b""), der(0x30, b"")),
        der(0x6A),
    ):
        with pytest.raises(Malformed):
            Run(KerberosDatagram()).feed(C, bad)


def test_where_it_is_found() -> None:
    openings.declares(STREAM, ports={88})
    openings.declares(DATAGRAM, ports={88}, transport=Transport.UDP)


def cipher_of(secret: str) -> bytes:
    return secret.encode().ljust(56, b"\xee")


ACCEPTED = reply(0x6B, 18, LONG, 18, b"short")
"""Too short a cipher for a login of its own."""

DIALOGUE = Dialogue(
    KerberosStream,
    lambda user, secret: [(C, framed(as_req(cipher_of(secret), user=user)))],
    accepted=framed(ACCEPTED),
    refused=framed(error(24)),
    undecided=[framed(error(25)), framed(error(37))],
    secret=lambda user, secret: Secret(f"$krb5pa$18${user}$OFFICE.EXAMPLE${cipher_of(secret).hex()}"),
    name=lambda user: f"{user}@OFFICE.EXAMPLE",
    pipelined=False,
    resumes=False,
)
"""Encrypted timestamps; an answer names no request, so that it decides none of two."""


@pytest.mark.parametrize("check", CHECKS_WITHOUT_SIDES)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_two_datagrams_in_flight() -> None:
    datagrams = replace(
        DIALOGUE,
        parser=KerberosDatagram,
        attempt=lambda user, secret: [(C, as_req(cipher_of(secret), user=user))],
        accepted=ACCEPTED,
        refused=error(24),
        datagrams=True,
    )
    a_second_login_does_not_take_the_answer_of_the_first(datagrams)


@pytest.mark.parametrize("answer", [ACCEPTED, error(24)])
def test_after_two_in_flight_an_answer_decides_no_later_login(answer: bytes) -> None:
    """A late answer to one of the two may come behind the next request."""
    sent = [(C, as_req(CIPHER, user=user)) for user in ("anna", "berta", "carla")]
    found = accepted(*sent[:2], (S, answer), sent[2], (S, answer))
    assert found == [(f"{user}@OFFICE.EXAMPLE", None) for user in ("anna", "berta", "carla")]
