"""AMQP by its 0-9-1 specification and OASIS AMQP 1.0: logins, messages, TLS."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Enough, Login, Span, Transfer, Upgrade
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.amqp import CHANNELS, PROTOCOL, Amqp, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings
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


INIT = frame_1(1, described(0x41, b"\xa3" + short(b"PLAIN"), b"\xa0" + short(b"\0anna\0s3cret")))

VERSION_1 = Dialogue(
    Amqp,
    lambda user, secret: [
        (C, frame_1(1, described(0x41, b"\xa3" + short(b"PLAIN"), b"\xa0" + short(f"\0{user}\0{secret}".encode()))))
    ],
    accepted=frame_1(1, described(0x44, b"\x50\0")),
    refused=frame_1(1, described(0x44, b"\x50\1")),
    undecided=tuple(frame_1(1, described(0x44, b"\x50" + bytes([code]))) for code in (2, 3, 4)),
    opening=[(C, SASL_HEADER), (S, SASL_HEADER)],
    again=False,
    resumes=False,
)
"""OASIS AMQP 1.0, part 5, 5.3.3.6: 0 ok, 1 auth; 2 to 4 are errors of the system."""

AMQPLAIN = Dialogue(
    Amqp,
    lambda user, secret: [
        (C, start_ok(b"AMQPLAIN", field(b"LOGIN", user.encode()) + field(b"PASSWORD", secret.encode())))
    ],
    accepted=TUNE,
    refused=REFUSED,
    undecided=tuple(method(10, 50, code.to_bytes(2, "big") + bytes(5)) for code in (320, 402, 404, 501)),
    opening=[(C, HELLO), (S, START)],
    again=False,
    resumes=False,
)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("dialogue", [VERSION_1, AMQPLAIN])
def test_other_logins_whatever_happens(dialogue: Dialogue, check: Check) -> None:
    check(dialogue)


def quiet(script: list[tuple[Side, bytes]]) -> list[tuple[str | None, Secret | None, bool | None]]:
    found = converse(Amqp, script, damage=False)
    return [(e.username, e.secret, e.accepted) for e in found if isinstance(e, Login)]


def test_a_response_to_a_challenge_is_the_clients() -> None:
    """Part 5: the server challenges, the client responds."""
    start = frame_1(1, described(0x41, b"\xa3" + short(b"PLAIN")))
    response = frame_1(1, described(0x43, b"\xa0" + short(b"\0anna\0s3cret")))
    outcome = frame_1(1, described(0x44, b"\x50\0"))
    head: list[tuple[Side, bytes]] = [(C, SASL_HEADER), (S, SASL_HEADER), (C, start)]
    assert quiet([*head, (C, response), (S, outcome)]) == [("anna", Secret("s3cret"), True)]
    assert quiet([*head, (S, response), (S, outcome)]) == []
    for code in (0x14, 0x40, 0x41, 0x44, 0x45):
        other = frame_1(1, described(code, b"\xa0" + short(b"\0anna\0s3cret")))
        assert quiet([*head, (C, other), (S, outcome)]) == []


@pytest.mark.parametrize("name", [(10, 30), (10, 31), (10, 51), (20, 11), (11, 10)])
def test_only_the_methods_of_a_login_decide(name: tuple[int, int]) -> None:
    sent = (C, start_ok(b"PLAIN", b"\0anna\0s3cret"))
    answer = method(*name, (403).to_bytes(2, "big") + bytes(9))
    assert quiet([(C, HELLO), (S, START), sent, (S, answer)]) == [
        ("anna", Secret("s3cret"), True if name == (10, 30) else None)
    ]
    other = start_ok(b"PLAIN", b"\0anna\0s3cret").replace(b"\0\x0a\0\x0b", bytes([0, name[0], 0, name[1]]), 1)
    assert quiet([(C, HELLO), (S, START), (C, other)]) == []


@pytest.mark.parametrize("header", [b"\0\0\x09\1", b"\1\1\0\x09", b"\1\1\x09\1", b"\0\1\0\0", b"\3\1\0\0"])
def test_versions_that_are_read(header: bytes) -> None:
    parsed = converse(Amqp, [(C, b"AMQP" + header), (S, b"AMQP" + header)], damage=False)
    assert parsed == []
    assert converse(Amqp, [(C, b"AMQP\2\1\0\0")], damage=False) == [], "the server has not agreed to TLS"
    for other in (b"\0\0\x0a\0", b"\1\1\0\x08", b"\0\0\x09\2"):
        assert converse(Amqp, [(C, b"AMQP" + other)], damage=False) == [Enough()]


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (frame(8, 0, b""), True), (frame(8, 0, b"")[:-1] + b"\xcd", False), (b"\4" + frame(8, 0, b"")[1:], False),
        (b"\0" + frame(8, 0, b"")[1:], False), (b"\1\0\0\0\4\0\0", False),
    ],
)  # fmt: skip
def test_frames_of_version_0(data: bytes, whole: bool) -> None:
    """4.2.3: a kind of 1, 2, 3 or 8, a size within bounds, and CE behind it."""
    run = Run(Amqp())
    run.feed(C, HELLO)
    if whole:
        run.feed(C, data)
        run.feed(C, start_ok(b"PLAIN", b"\0anna\0s3cret"))
        assert len(events(run.close(), Login)) == 1
    else:
        with pytest.raises(Malformed):
            run.feed(C, data)


@pytest.mark.parametrize(
    ("head", "whole"),
    [(b"\0\0\0\x08\2\0\0\0", True), (b"\0\0\0\x0c\3\0\0\0\0\0\0\0", True), (b"\0\0\0\x07\2\0\0\0", False),
     (b"\0\0\0\x08\1\0\0\0", False), (b"\0\0\0\x08\3\0\0\0", False), (b"\0\x05\0\0\2\0\0\0", False)],
)  # fmt: skip
def test_frames_of_version_1(head: bytes, whole: bool) -> None:
    """Part 2, 2.3: a size, and an offset in words of four bytes that is at least two and within the size."""
    run = Run(Amqp())
    run.feed(C, SASL_HEADER)
    if whole:
        run.feed(C, head)
        run.feed(C, INIT)
        assert len(events(run.close(), Login)) == 1
    else:
        with pytest.raises(Malformed):
            run.feed(C, head)


def test_messages_belong_to_their_channel_and_side() -> None:
    def publish(channel: int, name: bytes) -> bytes:
        return method(60, 40, b"\0\0" + short(b"") + short(name) + b"\0", channel)

    def moved(*script: tuple[Side, bytes]) -> list[tuple[Side, str | None, int, bytes]]:
        found = converse(Amqp, [(C, HELLO), *script], damage=False)
        return [(e.side, e.name, e.size, e.data) for e in found if isinstance(e, Transfer)]

    both = publish(1, b"a") + publish(2, b"b") + content(2, 1) + content(1, 2) + frame(3, 1, b"x") + frame(3, 2, b"y")
    assert moved((C, both + frame(3, 1, b"z"))) == [(C, "b", 1, b"y"), (C, "a", 2, b"xz")]
    assert moved((C, publish(1, b"a") + content(1, 1)), (S, frame(3, 1, b"x"))) == []
    assert moved((C, content(1, 1) + frame(3, 1, b"x"))) == [], "no method came before"
    assert moved((C, publish(1, b"a") + content(1, 0))) == [], "nothing crossed"
    assert moved((S, publish(1, b"a") + content(1, 1) + frame(3, 1, b"x"))) == []
    got = method(60, 71, bytes(9) + short(b"e") + short(b"k") + bytes(4), 1)
    assert moved((S, got + content(1, 1) + frame(3, 1, b"x"))) == [(S, "e/k", 1, b"x")]
    assert moved((C, got + content(1, 1) + frame(3, 1, b"x"))) == []
    many = b"".join(publish(n, b"c%d" % n) for n in range(CHANNELS + 1))
    ends = b"".join(content(n, 1) + frame(3, n, b"x") for n in range(CHANNELS + 1))
    assert [name for _, name, _, _ in moved((C, many + ends))] == [f"c{n}" for n in range(1, CHANNELS + 1)]


def test_openings_cut_anywhere() -> None:
    for header in (HELLO, SASL_HEADER):
        openings.stream(recognise, header, sure=8)
    beat = frame(8, 0, b"")
    for kind, match in (
        (1, Match.WEAK),
        (2, Match.WEAK),
        (3, Match.WEAK),
        (8, Match.WEAK),
        (0, Match.NO),
        (4, Match.NO),
    ):
        for server in (False, True):
            assert recognise(openings.of(bytes([kind]) + beat[1:], 5672, server=server)) is match
    assert recognise(Opening(beat, b"", 5672, 50000, Transport.TCP)) is Match.WEAK
    assert recognise(openings.of(beat[:-1], 5672)) is recognise(openings.of(beat)) is Match.NO
    assert recognise(openings.of(beat[:-1] + b"\xcf", 5672)) is Match.NO


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "publishes", ports={5672})


@pytest.mark.parametrize(("klass", "number", "skipped"), [(60, 60, 0), (60, 71, 9), (60, 40, 2)])
def test_each_method_that_begins_a_message_comes_from_its_own_end(klass: int, number: int, skipped: int) -> None:
    """AMQP 0-9-1 1.8.3: clients publish; servers deliver, and answer a get."""
    before = short(b"tag") + bytes(9) if number == 60 else bytes(skipped)
    data = method(klass, number, before + short(b"e") + short(b"k") + b"\0", 1) + content(1, 1) + frame(3, 1, b"x")
    for side in (C, S):
        found = [e for e in converse(Amqp, [(C, HELLO), (side, data)], damage=False) if isinstance(e, Transfer)]
        expected = [(side, "e/k", 1)] if (side is C) is (number == 40) else []
        assert [(e.side, e.name, e.size) for e in found] == expected


def test_what_each_end_says_of_itself_comes_from_that_end() -> None:
    for side, data, shown in (
        (S, START, 1),
        (C, START, 0),
        (C, start_ok(b"PLAIN", b""), 1),
        (S, start_ok(b"PLAIN", b""), 0),
    ):
        found = [e for e in converse(Amqp, [(C, HELLO), (side, data)], damage=False) if isinstance(e, Attribute)]
        assert [e.side for e in found] == [side] * shown
