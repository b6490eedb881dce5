"""AMQP by its 0-9-1 specification and OASIS AMQP 1.0: logins, messages, TLS."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Enough, Login, Span, Transfer, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.amqp import Amqp, recognise
from tests.conversation import C, S, converse, events
from tests.protocols.logins import CHECKS, Check, Dialogue

HELLO = b"AMQP\0\0\x09\1"


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    return bytes([kind]) + channel.to_bytes(2, "big") + len(payload).to_bytes(4, "big") + payload + b"\xce"


def method(klass: int, name: int, body: bytes = b"", channel: int = 0) -> bytes:
    return frame(1, channel, klass.to_bytes(2, "big") + name.to_bytes(2, "big") + body)


def short(value: bytes) -> bytes:
    return bytes([len(value)]) + value


def long(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def field(name: bytes, value: bytes) -> bytes:
    return short(name) + b"S" + long(value)


PROPERTIES = (
    field(b"product", b"RabbitMQ") + short(b"caps") + b"F" + long(short(b"x") + b"t\1") + field(b"version", b"3.12.1")
)
START = method(10, 10, b"\0\x09" + long(PROPERTIES) + long(b"PLAIN AMQPLAIN") + long(b"en_US"))
TUNE = method(10, 30, b"\x07\xff\0\2\0\0\0\x3c")


def start_ok(mechanism: bytes, response: bytes) -> bytes:
    return method(10, 11, long(field(b"product", b"pika")) + short(mechanism) + long(response) + short(b"en_US"))


REFUSED = method(10, 50, (403).to_bytes(2, "big") + short(b"ACCESS_REFUSED") + bytes(4))


@pytest.mark.parametrize(
    ("answer", "accepted", "basis"),
    [(TUNE, True, "connection.tune after start-ok"), (REFUSED, False, "connection.close 403"), (b"", None, None)],
)
def test_plain(answer: bytes, accepted: bool | None, basis: str | None) -> None:
    sent = start_ok(b"PLAIN", b"\0anna\0s3cret")
    parsed = converse(Amqp, [(C, HELLO), (S, START), (C, sent), (S, answer)])
    spans = (Span(C, 8, 8 + len(sent)), *((Span(S, len(START), len(START) + len(answer)),) if answer else ()))
    assert parsed == [
        Attribute(field="amqp.product", value="RabbitMQ 3.12.1", side=S),
        Attribute(field="amqp.product", value="pika", side=C),
        Login(
            mechanism="password",
            username="anna",
            secret=Secret("s3cret"),
            scheme="plain",
            accepted=accepted,
            basis=basis,
            spans=spans,
        ),
    ]


def test_amqplain() -> None:
    sent = start_ok(b"AMQPLAIN", field(b"LOGIN", b"anna") + field(b"PASSWORD", b"s3cret"))
    (login,) = events(converse(Amqp, [(C, HELLO), (S, START), (C, sent), (S, TUNE)]), Login)
    assert (login.username, login.secret, login.scheme, login.accepted) == ("anna", Secret("s3cret"), "amqplain", True)  # type: ignore[attr-defined]


def test_second_step_of_a_mechanism() -> None:
    # The messages of RFC 2195, clause 2.
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    script = [
        (C, HELLO),
        (S, START),
        (C, start_ok(b"CRAM-MD5", b"")),
        (S, method(10, 20, long(challenge))),
        (C, method(10, 21, long(b"tim b913a602c7eda7a495b4e6e7334d3890"))),
        (S, TUNE),
    ]
    (login,) = events(converse(Amqp, script), Login)
    assert (login.username, login.scheme, login.clear, login.accepted) == ("tim", "cram-md5", False, True)  # type: ignore[attr-defined]


def content(channel: int, size: int, media: bytes = b"application/json") -> bytes:
    return frame(2, channel, (60).to_bytes(2, "big") + bytes(2) + size.to_bytes(8, "big") + b"\x80\0" + short(media))


def test_messages_both_ways() -> None:
    publish = (
        method(60, 40, b"\0\0" + short(b"amq.topic") + short(b"hall.temp") + b"\0", 1)
        + content(1, 12)
        + frame(3, 1, b'{"t":')
        + frame(3, 1, b" 21.5}"[:7] + b"\n")
    )
    deliver = (
        method(60, 60, short(b"ctag") + bytes(9) + short(b"") + short(b"jobs"), 2)
        + content(2, 2, b"text/plain")
        + frame(3, 2, b"hi")
    )
    parsed = events(converse(Amqp, [(C, HELLO + publish), (S, deliver)]), Transfer)
    assert [(t.side, t.name, t.media_type, t.size, t.data) for t in parsed] == [  # type: ignore[attr-defined]
        (C, "amq.topic/hall.temp", "application/json", 12, b'{"t": 21.5}\n'),
        (S, "jobs", "text/plain", 2, b"hi"),
    ]
    assert [len(t.spans) for t in parsed] == [4, 3]


def frame_1(kind: int, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + b"\2" + bytes([kind]) + b"\0\0" + body


def described(code: int, *fields: bytes) -> bytes:
    body = bytes([len(fields)]) + b"".join(fields)
    return b"\0\x53" + bytes([code]) + b"\xc0" + bytes([len(body)]) + body


SASL_HEADER = b"AMQP\3\1\0\0"


@pytest.mark.parametrize(("code", "accepted"), [(0, True), (1, False), (3, None)])
def test_version_1(code: int, accepted: bool | None) -> None:
    init = frame_1(
        1,
        described(
            0x41, b"\xa3" + short(b"PLAIN"), b"\xa0" + short(b"\0anna\0s3cret"), b"\xa1" + short(b"broker.example")
        ),
    )
    mechanisms = frame_1(1, described(0x40, b"\xf0\0\0\0\x0b\0\0\0\1\xa3\5PLAIN"))
    outcome = frame_1(1, described(0x44, b"\x50" + bytes([code])))
    script = [(C, SASL_HEADER), (S, SASL_HEADER + mechanisms), (C, init), (S, outcome)]
    (login,) = events(converse(Amqp, script), Login)
    assert isinstance(login, Login)
    assert (login.username, login.secret, login.scheme, login.accepted, login.basis) == (
        "anna",
        Secret("s3cret"),
        "plain",
        accepted,
        f"sasl-outcome {code}",
    )


def test_version_1_transfer_and_heartbeat() -> None:
    data = b"\0\x53\x75\xa0\x04data"
    transfer = frame_1(0, described(0x14, b"\x43", b"\x43", b"\xa0\1\0") + data)
    (seen,) = events(converse(Amqp, [(C, b"AMQP\0\1\0\0" + frame_1(0, b"") + transfer)]), Transfer)
    assert (seen.data, seen.size) == (data, len(data))  # type: ignore[attr-defined]


def test_tls_and_unknown_versions() -> None:
    header = b"AMQP\2\1\0\0"
    assert converse(Amqp, [(C, header), (S, header), (C, b"\x16\x03\x01\x02\x00")]) == [Upgrade("tls")]
    assert converse(Amqp, [(C, b"AMQP\1\1\0\x0a"), (S, bytes(40))]) == [Enough()]


def test_lures() -> None:
    # The list of mechanisms is no login, and a login quoted in a message is content.
    quoted = (
        method(60, 40, b"\0\0" + short(b"") + short(b"docs") + b"\0", 1)
        + content(1, 60)
        + frame(3, 1, start_ok(b"PLAIN", b"\0anna\0s3cret")[:60])
    )
    assert not events(converse(Amqp, [(C, HELLO), (S, START), (C, quoted)], damage=False), Login)


def opening(client: bytes, server: bytes = b"", port: int = 5672) -> Opening:
    return Opening(client, server, 50000, port, Transport.TCP)


def test_recognised() -> None:
    assert recognise(opening(HELLO, port=1)) is Match.SURE
    assert recognise(opening(SASL_HEADER, port=1)) is Match.SURE
    assert recognise(opening(b"AM", port=1)) is Match.MORE
    assert recognise(opening(frame(8, 0, b""))) is Match.WEAK
    assert recognise(opening(b"", TUNE)) is Match.WEAK
    assert recognise(opening(b"", TUNE, 1)) is Match.NO
    for lure in (b"", b"AMEN\r\n", b"\1\0\0\0\0\0\4abcd\xcd", b"\x16\x03\x01"):
        assert recognise(opening(lure)) is Match.NO


DIALOGUE = Dialogue(
    Amqp,
    lambda user, secret: [(C, start_ok(b"PLAIN", f"\0{user}\0{secret}".encode()))],
    accepted=TUNE,
    refused=REFUSED,
    opening=[(C, HELLO), (S, START)],
    again=False,
    resumes=False,
)
"""AMQP 0-9-1 2.2.4."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)
