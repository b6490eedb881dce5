"""MQTT by the OASIS specifications: logins, anonymous use, telemetry, long messages, losses."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.events import Access, Attribute, Login, Span, Transfer
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.parsing.repeated_messages import FOLD, NAMES, SAMPLES
from sensor.protocols.mqtt import DUPLICATES, FILTERS, PROTOCOL, Mqtt, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols.logins import CHECKS, Check, Dialogue


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return len(data).to_bytes(2, "big") + data


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + varint(len(body)) + body


def connect(
    client: str = "plug-1",
    user: str | None = None,
    password: bytes | None = None,
    *,
    level: int = 4,
    will: tuple[str, bytes] | None = None,
    properties: bytes = b"",
) -> bytes:
    flags = 2 | (0x80 if user is not None else 0) | (0x40 if password is not None else 0) | (4 if will else 0)
    body = text("MQIsdp" if level == 3 else "MQTT") + bytes([level, flags, 0, 60])
    if level == 5:
        body += varint(len(properties)) + properties
    body += text(client)
    if will:
        body += (b"\x00" if level == 5 else b"") + text(will[0]) + text(will[1])
    body += text(user) if user is not None else b""
    body += text(password) if password is not None else b""
    return packet(0x10, body)


def publish(topic: str, data: bytes, first: int = 0x30, identifier: int = 0) -> bytes:
    return packet(first, text(topic) + (identifier.to_bytes(2, "big") if identifier else b"") + data)


CONNACK = b"\x20\x02\x00"


@pytest.mark.parametrize("level", [3, 4, 5])
def test_login_accepted_in_each_version(level: int) -> None:
    opening = connect(user="anna", password=b"s3cret", level=level)
    answer = packet(0x20, b"\x00\x00\x00") if level == 5 else CONNACK + b"\x00"
    parsed = converse(Mqtt, [(C, opening), (S, answer)])
    assert parsed == [
        Attribute(field="mqtt.client_id", value="plug-1", side=C),
        Login(
            mechanism="password",
            username="anna",
            secret=Secret("s3cret"),
            scheme="connect",
            accepted=True,
            basis="CONNACK 0 after CONNECT",
            spans=(Span(C, 0, len(opening)), Span(S, 0, len(answer))),
        ),
    ]


@pytest.mark.parametrize(
    ("level", "code", "accepted"),
    [(4, 4, False), (4, 5, False), (4, 3, None), (4, 1, None), (5, 0x86, False), (5, 0x87, False), (5, 0x97, None)],
)
def test_only_answers_about_credentials_refuse_them(level: int, code: int, accepted: bool | None) -> None:
    answer = packet(0x20, bytes([0, code]) + (b"\x00" if level == 5 else b""))
    parsed = converse(Mqtt, [(C, connect(user="anna", password=b"wrong", level=level)), (S, answer)], damage=False)
    (login,) = events(parsed, Login)
    assert isinstance(login, Login)
    assert (login.accepted, login.basis) == (accepted, f"CONNACK {code} after CONNECT")


def test_user_without_password_and_empty_password_differ() -> None:
    parsed = converse(Mqtt, [(C, connect(user="token-abc")), (S, CONNACK + b"\x00")], damage=False)
    assert [login.secret for login in events(parsed, Login)] == [None]  # type: ignore[attr-defined]
    parsed = converse(Mqtt, [(C, connect(user="anna", password=b"")), (S, CONNACK + b"\x00")], damage=False)
    assert [login.secret for login in events(parsed, Login)] == [Secret(b"")]  # type: ignore[attr-defined]


def test_bridge_sets_the_top_bit_of_the_level() -> None:
    opening = packet(0x10, text("MQTT") + b"\x84\xc2\x00\x3c" + text("bridge") + text("anna") + text("s3cret"))
    (login,) = events(converse(Mqtt, [(C, opening)], damage=False), Login)
    assert (login.username, login.accepted, login.basis) == ("anna", None, None)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("code", "granted"), [(0, True), (5, False)])
def test_anonymous_use(code: int, granted: bool) -> None:
    parsed = converse(Mqtt, [(C, connect(client="")), (S, CONNACK + bytes([code]))])
    opening = len(connect(client=""))
    assert parsed == [
        Access(
            resource="mqtt",
            action="connect",
            granted=granted,
            control=True,
            status=code,
            spans=(Span(C, 0, opening), Span(S, 0, 4)),
        )
    ]


def test_unanswered_login_is_reported_at_the_end() -> None:
    parsed = converse(Mqtt, [(C, connect(user="anna", password=b"s3cret") + publish("a/b", b"1"))])
    assert [(type(x).__name__) for x in parsed] == ["Attribute", "Attribute", "Transfer", "Login"]
    assert parsed[-1].accepted is None  # type: ignore[union-attr]


def test_will_is_a_message_in_the_clear() -> None:
    parsed = converse(
        Mqtt, [(C, connect(user="anna", password=b"s3cret", will=("home/plug/lwt", b"offline"), level=5))], damage=False
    )
    assert events(parsed, Transfer) == [
        Transfer(side=C, application="mqtt", name="home/plug/lwt", size=7, data=b"offline")
    ]


def test_messages_and_topics_both_ways() -> None:
    first, second = publish("home/hall/temperature", b"21.5"), publish("cmnd/plug/POWER", b"ON", 0x32, 7)
    subscribe = packet(0x82, b"\x00\x01" + text("cmnd/plug/#") + b"\x01" + text("home/+") + b"\x00")
    parsed = converse(
        Mqtt, [(C, connect()), (S, CONNACK + b"\x00"), (C, subscribe + first), (S, b"\x90\x03\x00\x01\x01" + second)]
    )
    start = len(connect()) + len(subscribe)
    assert parsed[2:] == [
        Attribute(field="mqtt.topic", value="cmnd/plug/#", side=C),
        Attribute(field="mqtt.topic", value="home/+", side=C),
        Attribute(field="mqtt.topic", value="home/hall/temperature", side=C),
        Transfer(
            side=C,
            application="mqtt",
            name="home/hall/temperature",
            size=4,
            data=b"21.5",
            spans=(Span(C, start, start + len(first)),),
        ),
        Transfer(
            side=S,
            application="mqtt",
            name="cmnd/plug/POWER",
            size=2,
            data=b"ON",
            control=True,
            spans=(Span(S, 9, 9 + len(second)),),
        ),
    ]


def test_network_key_in_a_message() -> None:
    parsed = converse(Mqtt, [(S, publish("plug/rpc", b'{"ssid":"Haus Nord","psk":"Nord-stern-7"}'))])
    (login,) = events(parsed, Login)
    assert isinstance(login, Login)
    assert (login.mechanism, login.secret, login.resource, login.verifier) == (
        "key",
        Secret("Nord-stern-7"),
        "plug/rpc",
        C,
    )


def test_redelivery_is_reported_once() -> None:
    once, again = publish("a/b", b"x", 0x32, 7), publish("a/b", b"x", 0x3A, 7)
    parsed = converse(Mqtt, [(C, connect() + once + again)], damage=False)
    assert [t.size for t in events(parsed, Transfer)] == [1]  # type: ignore[attr-defined]
    # The first copy was before the capture: the redelivery is all there is.
    assert len(events(converse(Mqtt, [(C, connect() + again)], damage=False), Transfer)) == 1


def test_version_5_properties_alias_and_media_type() -> None:
    named = packet(
        0x30, text("cam/front") + varint(3 + 13) + b"\x23\x00\x05" + b"\x03" + text("image/jpeg") + b"\xff\xd8"
    )
    aliased = packet(0x30, text("") + varint(3) + b"\x23\x00\x05" + b"\xff\xd9")
    parsed = converse(Mqtt, [(C, connect(level=5) + named + aliased)])
    assert [(t.name, t.media_type, t.data) for t in events(parsed, Transfer)] == [  # type: ignore[attr-defined]
        ("cam/front", "image/jpeg", b"\xff\xd8"),
        ("cam/front", None, b"\xff\xd9"),
    ]


def scram_properties(data: bytes) -> bytes:
    return b"\x15" + text("SCRAM-SHA-256") + b"\x16" + text(data)


def test_enhanced_authentication() -> None:
    # The messages of RFC 7677, clause 3.
    first = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    server = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    final = (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )

    def auth(data: bytes) -> bytes:
        inside = scram_properties(data)
        return packet(0xF0, b"\x18" + varint(len(inside)) + inside)

    script = [
        (C, connect(level=5, properties=scram_properties(first))),
        (S, auth(server)),
        (C, auth(final)),
        (S, packet(0x20, b"\x00\x00\x00")),
    ]
    (login,) = events(converse(Mqtt, script), Login)
    assert isinstance(login, Login)
    assert login.secret == Secret(b",".join((first.removeprefix(b"n,,"), server, final)))
    assert (login.username, login.scheme, login.clear, login.accepted) == ("user", "scram-sha-256", False, True)


def test_enhanced_authentication_by_a_token() -> None:
    inside = b"\x15" + text("K8S-SAT") + b"\x16" + text("abc.def.ghi")
    script = [(C, connect(level=5, properties=inside)), (S, packet(0x20, b"\x00\x87\x00"))]
    (login,) = events(converse(Mqtt, script), Login)
    assert isinstance(login, Login)
    assert (login.mechanism, login.scheme, login.secret, login.accepted) == (
        "token",
        "k8s-sat",
        Secret("abc.def.ghi"),
        False,
    )


def test_large_message_keeps_its_beginning_only() -> None:
    picture = b"\xff\xd8" + bytes(300_000)
    parsed = converse(Mqtt, [(C, connect() + publish("cam/1", picture) + b"\xc0\x00")], damage=False, bytewise=False)
    (picture_seen,) = events(parsed, Transfer)
    assert isinstance(picture_seen, Transfer)
    assert (picture_seen.size, picture_seen.data, picture_seen.complete) == (300_002, picture[: 256 * 1024], True)


def test_cut_message_is_incomplete() -> None:
    (seen,) = events(converse(Mqtt, [(C, connect() + publish("cam/1", b"0123456789")[:-4])], damage=False), Transfer)
    assert (seen.data, seen.size, seen.complete) == (b"012345", 6, False)  # type: ignore[attr-defined]


def test_repeated_telemetry_is_cheap_and_its_bytes_are_all_reported() -> None:
    same = publish("t/same", b"12345")
    parsed = converse(Mqtt, [(C, connect() + same * 1000)], damage=False, bytewise=False)
    reported = events(parsed, Transfer)
    assert sum(t.size for t in reported) == 5000  # type: ignore[attr-defined]
    assert len(reported) <= 1000 // FOLD + 2
    changing = b"".join(publish("t/new", b"%05d" % i) for i in range(1000))
    reported = events(converse(Mqtt, [(C, connect() + changing)], damage=False, bytewise=False), Transfer)
    assert sum(t.size for t in reported) == 5000  # type: ignore[attr-defined]
    assert len(reported) <= SAMPLES + 1000 // FOLD + 2


def test_topics_are_bounded() -> None:
    many = b"".join(publish(f"t/{i}", b"x") for i in range(NAMES + 50))
    parsed = converse(Mqtt, [(C, connect() + many)], damage=False, bytewise=False)
    assert len(events(parsed, Transfer)) == NAMES + 50
    assert len([a for a in events(parsed, Attribute) if a.field == "mqtt.topic"]) == NAMES  # type: ignore[attr-defined]


def test_loss_inside_a_message_and_between_packets() -> None:
    run = Run(Mqtt())
    run.feed(C, connect() + publish("cam/1", b"0123456789")[:-6])
    run.gap(C, 3)
    run.feed(C, b"789" + publish("a/b", b"1"))
    run.gap(C, 100)
    run.feed(C, b"\x00rest of something")
    run.feed(C, publish("a/c", b"2"))
    reported = [(t.name, t.data, t.complete) for t in events(run.close(), Transfer)]  # type: ignore[attr-defined]
    assert reported == [("cam/1", b"0123789", False), ("a/b", b"1", True), ("a/c", b"2", True)]


def opening(client: bytes, server: bytes = b"", port: int = 1883) -> Opening:
    return Opening(client, server, 50000, port, Transport.TCP)


def test_recognised_on_any_port_by_connect_only() -> None:
    hello = connect(user="anna", password=b"x")
    assert recognise(opening(hello, port=64000)) is Match.SURE
    assert recognise(opening(hello[:3], port=64000)) is Match.MORE
    assert recognise(opening(connect(level=3), port=64000)) is Match.SURE
    for lure in (
        b"\x10\x00\x00\x00",
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\n",
        packet(0x10, text("MQTX") + b"\x04\x02\x00\x3c"),
        b"",
    ):
        assert recognise(opening(lure, port=64000)) is Match.NO


def test_recognised_in_mid_stream_on_its_port() -> None:
    for piece in (publish("a/b", b"hello"), b"\xc0\x00", packet(0x82, b"\x00\x01" + text("a/#") + b"\x00")):
        assert recognise(opening(piece)) is Match.WEAK
        assert recognise(opening(piece, port=64000)) is Match.NO
    assert recognise(opening(b"", publish("a/b", b"hello"))) is Match.WEAK
    assert recognise(opening(b"\xc0\x05hello")) is Match.NO


def test_lures_are_not_logins() -> None:
    # A CONNECT quoted in a published message is content.
    parsed = converse(Mqtt, [(C, connect() + publish("docs", connect(user="anna", password=b"s3cret")))], damage=False)
    assert not events(parsed, Login)


def test_declared() -> None:
    assert (PROTOCOL.name, PROTOCOL.parser) == ("mqtt", Mqtt)


def test_sides() -> None:
    # A broker never sends CONNECT, a client never CONNACK.
    parsed: list[Any] = converse(
        Mqtt, [(S, connect(user="anna", password=b"s3cret")), (C, CONNACK + b"\x00")], damage=False
    )
    assert parsed == []


TOKEN = b"\x15" + text("K8S-SAT") + b"\x16" + text("abc.def.ghi")


@pytest.mark.parametrize(
    ("side", "packet_sent", "accepted"),
    [
        (S, packet(0xF0, b""), True),
        (S, packet(0xF0, b"\x00\x00"), True),
        (S, packet(0xF0, b"\x18\x00"), None),
        (S, packet(0xF0, b"\x19\x00"), None),
        (C, packet(0xF0, b""), None),
        (C, packet(0xF0, b"\x00\x00"), None),
        (C, packet(0xF0, b"\x18\x00"), None),
        (S, packet(0x20, b"\x00\x00\x00"), True),
        (C, packet(0x20, b"\x00\x00\x00"), None),
    ],
)
def test_only_the_broker_accepts(side: Side, packet_sent: bytes, accepted: bool | None) -> None:
    """MQTT 5.0 clauses 3.15.2.1 (0 success, by the server alone; 0x18 continue, 0x19 again) and 3.2."""
    script = [(C, connect(level=5, properties=TOKEN)), (side, packet_sent)]
    (login,) = events(converse(Mqtt, script, damage=False), Login)
    assert isinstance(login, Login) and (login.secret, login.accepted) == (Secret("abc.def.ghi"), accepted)


@pytest.mark.parametrize("first", [connect(user="anna", password=b"one"), connect(level=5, properties=TOKEN)])
@pytest.mark.parametrize("second", [connect(user="bert", password=b"two", level=5), connect(level=5)])
@pytest.mark.parametrize("answers", [0, 1, 2])
def test_an_answer_does_not_belong_to_a_later_connect(first: bytes, second: bytes, answers: int) -> None:
    """MQTT-3.1.0-2: a second CONNECT is a violation. What comes first answers the first, which stays in its place."""
    script = [(C, first + second), (S, answers * packet(0x20, b"\x00\x00\x00"))]
    parsed = converse(Mqtt, script, damage=False)
    logins = [(x.secret, x.accepted) for x in parsed if isinstance(x, Login)]
    assert logins[0] in ((Secret("one"), None), (Secret("abc.def.ghi"), None))
    granted = [x.granted for x in parsed if isinstance(x, Access)]
    if second == connect(level=5):
        assert len(logins) == 1 and granted == [True] * (answers == 2)
    else:
        assert logins[1:] == [(Secret("two"), True if answers == 2 else None)] and granted == []


def test_an_anonymous_connect_without_an_answer_is_no_access() -> None:
    assert events(converse(Mqtt, [(C, connect())], damage=False), Access) == []
    parsed = converse(Mqtt, [(C, connect() + connect(user="anna", password=b"x")), (S, CONNACK + b"\0")], damage=False)
    assert events(parsed, Access) == [] and len(events(parsed, Login)) == 1


def test_a_second_answer_changes_nothing() -> None:
    script = [(C, connect(user="anna", password=b"x")), (S, CONNACK + b"\x05"), (S, CONNACK + b"\x00")]
    assert [x.accepted for x in converse(Mqtt, script, damage=False) if isinstance(x, Login)] == [False]


@pytest.mark.parametrize(
    ("level", "code", "accepted"), [(4, 2, None), (5, 0x85, None), (5, 0x88, None), (5, 0x8C, False), (5, 0x8A, None)]
)
def test_answers_beside_those_about_credentials(level: int, code: int, accepted: bool | None) -> None:
    """3.1.1 table 3.1, 5.0 table 3-1: a bad client id, a busy or banning broker say nothing of the password."""
    answer = packet(0x20, bytes([0, code]) + (b"\x00" if level == 5 else b""))
    parsed = converse(Mqtt, [(C, connect(user="anna", password=b"x", level=level)), (S, answer)], damage=False)
    assert [x.accepted for x in parsed if isinstance(x, Login)] == [accepted]


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5])
def test_a_refused_anonymous_connect(code: int) -> None:
    parsed = converse(Mqtt, [(C, connect()), (S, CONNACK + bytes([code]))], damage=False)
    assert [(x.granted, x.status) for x in parsed if isinstance(x, Access)] == [(False, code)]


def test_a_broker_that_subscribes_is_not_heard() -> None:
    subscribe = packet(0x82, b"\x00\x01" + text("a/#") + b"\x00")
    assert converse(Mqtt, [(S, subscribe)], damage=False) == []


@pytest.mark.parametrize(
    ("topic", "control"),
    [("cmnd/plug/POWER", True), ("xcmnd/plug", False), ("home/plug/set", True), ("home/set/on", True),
     ("home/settings", False), ("shellies/a/relay/0/command", True), ("a/cmd", True), ("a/cmds", False)],
)  # fmt: skip
def test_topics_of_commands(topic: str, control: bool) -> None:
    parsed = converse(Mqtt, [(C, connect() + publish(topic, b"on"))], damage=False)
    assert [x.control for x in parsed if isinstance(x, Transfer)] == [control]


def test_a_redelivery_is_the_same_message_of_the_same_side_alone() -> None:
    """3.1.1 clause 3.3.1.1: DUP with the same identifier, topic and length."""

    def reported(*packets: tuple[Side, bytes]) -> int:
        return len(events(converse(Mqtt, [(C, connect()), *packets], damage=False), Transfer))

    once = publish("a/b", b"1", 0x32, 7)
    again = publish("a/b", b"1", 0x3A, 7)
    assert reported((C, once), (C, again)) == 1
    assert reported((C, once), (C, once)) == 2
    assert reported((C, once), (C, publish("a/b", b"1", 0x3A, 8))) == 2
    assert reported((C, once), (C, publish("a/c", b"1", 0x3A, 7))) == 2
    assert reported((C, once), (S, again)) == 2


@pytest.mark.parametrize("broken", [b"\x00\x00", b"\x36\x05\0\x01a\0\x01", b"\x30\x01\0", b"\x30\x03\0\x05a"])
def test_what_is_no_control_packet(broken: bytes) -> None:
    """3.1.1 clauses 2.2.1 (type 0), 3.3.1.2 (QoS 3), 3.3.2.1: a topic that does not fit its message."""
    with pytest.raises(Malformed):
        Run(Mqtt()).feed(C, connect() + broken)


def test_a_control_packet_too_long_to_be_one() -> None:
    for length, fine in ((Mqtt.LIMIT, True), (Mqtt.LIMIT + 1, False)):
        head = b"\x82" + varint(length)
        if fine:
            Run(Mqtt()).feed(C, head)
        else:
            with pytest.raises(Malformed):
                Run(Mqtt()).feed(C, head)


def test_a_message_without_a_topic_is_passed_over() -> None:
    parsed = converse(Mqtt, [(C, connect() + packet(0x30, b"\0\0") + publish("a/b", b"1"))], damage=False)
    assert [x.name for x in parsed if isinstance(x, Transfer)] == ["a/b"]
    cut = connect() + packet(0x30, b"\0\0" + b"no topic at all")[:-4]
    assert events(converse(Mqtt, [(C, cut)], damage=False), Transfer) == []


def test_a_retained_message_is_no_redelivery() -> None:
    """Bit 0 of the flags is RETAIN, bit 3 DUP (3.1.1 clause 3.3.1)."""
    twice = publish("a/b", b"1", 0x33, 7) * 2
    assert len(events(converse(Mqtt, [(C, connect() + twice)], damage=False), Transfer)) == 2


def test_redeliveries_are_recognised_among_the_last_ones() -> None:
    sent = b"".join(publish(f"t/{n}", b"1", 0x32, n + 1) for n in range(DUPLICATES + 1))
    for number, seen in ((0, DUPLICATES + 2), (1, DUPLICATES + 1), (DUPLICATES, DUPLICATES + 1)):
        again = publish(f"t/{number}", b"1", 0x3A, number + 1)
        parsed = converse(Mqtt, [(C, connect() + sent + again)], damage=False, bytewise=False)
        assert len(events(parsed, Transfer)) == seen


def test_two_losses_in_one_message() -> None:
    run = Run(Mqtt())
    run.feed(C, connect() + publish("cam/1", b"0123456789")[:-8])
    run.gap(C, 2)
    run.feed(C, b"45")
    run.gap(C, 2)
    run.feed(C, b"89" + publish("a/b", b"1"))
    reported = [(t.name, t.data, t.complete) for t in run.close() if isinstance(t, Transfer)]
    assert reported == [("cam/1", b"014589", False), ("a/b", b"1", True)]


@pytest.mark.parametrize("length", [7, 8, 9])
def test_a_loss_to_the_end_of_a_message_and_beyond(length: int) -> None:
    run = Run(Mqtt())
    run.feed(C, connect() + publish("cam/1", b"0123456789")[:-8])
    run.gap(C, length)
    run.feed(C, b"9" * (8 - length) + publish("a/b", b"1"))
    assert [t.name for t in run.close() if isinstance(t, Transfer)][-1] == "a/b"


def test_a_subscription_is_reported_once_and_their_number_is_bounded() -> None:
    def subscribe(number: int) -> bytes:
        return packet(0x82, b"\0\x01" + text(f"a/{number}") + b"\0")

    many = b"".join(subscribe(number) for number in (0, 0, *range(FILTERS + 2)))
    parsed = converse(Mqtt, [(C, connect() + many)], damage=False, bytewise=False)
    topics = [x.value for x in parsed if isinstance(x, Attribute) and x.field == "mqtt.topic"]
    assert topics == [f"a/{number}" for number in range(FILTERS)]


def test_in_mid_stream_the_client_decides_where_it_was_seen() -> None:
    assert recognise(opening(b"no packet", publish("a/b", b"1"))) is Match.NO
    assert recognise(opening(publish("a/b", b"1"), b"no packet")) is Match.WEAK
    assert recognise(Opening(b"", publish("a/b", b"1"), 1883, 50000, Transport.TCP)) is Match.WEAK


def test_its_messages_are_telemetry_and_published_to_others() -> None:
    assert PROTOCOL.telemetry and PROTOCOL.publishes


@pytest.mark.parametrize(("user", "password"), [(None, b"s3cret"), ("anna", None), ("anna", b"s3cret")])
def test_name_and_password_may_each_stand_alone(user: str | None, password: bytes | None) -> None:
    """5.0 clause 3.1.2.9: a password without a name is a token's place; neither is anonymous."""
    script = [(C, connect(user=user, password=password, level=5)), (S, packet(0x20, b"\0\0\0"))]
    parsed = converse(Mqtt, script, damage=False)
    (login,) = events(parsed, Login)
    assert isinstance(login, Login) and (login.username, login.accepted) == (user, True)
    assert login.secret == (None if password is None else Secret(password)) and events(parsed, Access) == []


def test_a_method_without_data_is_no_login() -> None:
    script = [(C, connect(level=5, properties=b"\x15" + text("K8S-SAT"))), (S, packet(0x20, b"\0\0\0"))]
    assert not [x for x in converse(Mqtt, script, damage=False) if isinstance(x, Login | Access)]


@pytest.mark.parametrize(("level", "properties"), [(4, b""), (5, b"\x02\x0b\x01")])
def test_a_subscription_of_each_version(level: int, properties: bytes) -> None:
    """5.0 clause 3.8.2.1: properties stand before the filters, there alone."""
    subscribe = packet(0x82, b"\0\x01" + properties + text("a/#") + b"\0")
    parsed = converse(Mqtt, [(C, connect(level=level) + subscribe)], damage=False)
    assert [x.value for x in parsed if isinstance(x, Attribute) and x.field == "mqtt.topic"] == ["a/#"]


DIALOGUE = Dialogue(
    Mqtt,
    lambda user, secret: [(C, connect(user=user, password=secret.encode()))],
    accepted=CONNACK + b"\x00",
    refused=CONNACK + b"\x04",
    undecided=(CONNACK + b"\x03",),
    resumes=False,
    pipelined=False,  # 3.1.1 clause 3.1: one CONNECT
    evident=True,  # and one CONNACK
)
"""MQTT 3.1.1 table 3.1."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)
