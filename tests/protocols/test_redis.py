"""Redis conversations from the RESP specification: logins, open use, pipelines, pushes, losses."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Enough, Login, Skip
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.redis import PIPELINE_LIMIT, VALUE_LIMIT, Redis, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import spans


def command(*words: str | bytes) -> bytes:
    encoded = [word.encode() if isinstance(word, str) else word for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)


def logins(script: Script) -> list[tuple[str, str | None, Secret | None, bool | None, str | None]]:
    return [
        (item.scheme, item.username, item.secret, item.accepted, item.basis)
        for item in converse(Redis, script)
        if isinstance(item, Login)
    ]


WRONG = b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"


def test_auth_with_and_without_a_name() -> None:
    script = [(C, command("AUTH", "anna", "s3cret")), (S, WRONG), (C, command("auth", "pa\r\nss")), (S, b"+OK\r\n")]
    assert logins(script) == [
        ("auth", "anna", Secret("s3cret"), False, "-WRONGPASS after AUTH"),
        ("auth", None, Secret("pa\r\nss"), True, "+OK after AUTH"),
    ]
    assert [item.spans for item in converse(Redis, script) if isinstance(item, Login)] == [
        spans(script, 0, 1),
        spans(script, 2, 3),
    ]


def test_hello_with_auth() -> None:
    script = [
        (C, command("HELLO", "3", "AUTH", "anna", "s3cret", "SETNAME", "x")),
        (S, b"%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n"),
    ]
    assert logins(script) == [("hello", "anna", Secret("s3cret"), True, "reply after HELLO")]
    assert logins([(C, command("HELLO", "3", "AUTH", "a", "b")), (S, WRONG)])[0][3] is False
    assert logins([(C, command("HELLO", "9", "AUTH", "a", "b")), (S, b"-NOPROTO no\r\n")])[0][3] is None
    assert logins([(C, command("HELLO", "3")), (S, b"*0\r\n")]) == []


@pytest.mark.parametrize(
    ("reply", "accepted"),
    [
        (b"+OK\r\n", True),
        (b"-ERR invalid password\r\n", False),
        (b"-ERR Client sent AUTH, but no password is set\r\n", None),
        (b"-ERR AUTH <password> called without any password configured for the default user.\r\n", None),
        (b"-LOADING later\r\n", None),
        (b"", None),
    ],
)
def test_what_a_reply_says(reply: bytes, accepted: bool | None) -> None:
    assert [item[3] for item in logins([(C, command("AUTH", "x")), (S, reply)])] == [accepted]


def test_pipelined_with_replies_of_every_shape() -> None:
    sent = (
        command("INFO")
        + command("AUTH", "one")
        + command("LRANGE", "a", "0", "9")
        + command("AUTH", "two")
        + command("GET", "none")
        + command("AUTH", "three")
    )
    replies = (
        b"$5\r\n+OK\r\n\r\n"
        + WRONG
        + b"*2\r\n*1\r\n:1\r\n$-1\r\n"
        + b"+OK\r\n"
        + b"$-1\r\n"
        + b"-ERR invalid password\r\n"
    )
    assert [(item[2], item[3]) for item in logins([(C, sent), (S, replies)])] == [
        (Secret("one"), False),
        (Secret("two"), True),
        (Secret("three"), False),
    ]


def test_resp_3_shapes_and_pushes() -> None:
    sent = command("HGETALL", "a") + command("GET", "b") + command("AUTH", "x")
    replies = b"%1\r\n+k\r\n#t\r\n" + b">2\r\n+invalidate\r\n*1\r\n$1\r\na\r\n" + b"=7\r\ntxt:abc\r\n" + b"+OK\r\n"
    assert [item[3] for item in logins([(C, sent), (S, replies)])] == [True]


def test_plain_words() -> None:
    assert logins([(C, b"AUTH s3cret\r\n"), (S, b"+OK\r\n"), (C, b"\r\nPING\r\n"), (S, b"+PONG\r\n")]) == [
        ("auth", None, Secret("s3cret"), True, "+OK after AUTH")
    ]


def test_a_password_that_is_set() -> None:
    assert logins([(C, command("CONFIG", "SET", "requirepass", "new one")), (S, b"+OK\r\n")]) == [
        ("requirepass", None, Secret("new one"), None, None)
    ]


def accesses(script: Script) -> list[tuple[str, bool | None, bool]]:
    return [(item.action, item.granted, item.control) for item in converse(Redis, script) if isinstance(item, Access)]


def test_use_without_a_login() -> None:
    script = [
        (C, command("PING") + command("GET", "a") + command("SET", "a", "b") + command("DEL", "a")),
        (S, b"+PONG\r\n$1\r\nx\r\n+OK\r\n:1\r\n"),
    ]
    assert accesses(script) == [("ping", True, False), ("set", True, True)]
    assert accesses([(C, command("GET", "a")), (S, b"$1\r\nx\r\n")]) == [
        ("get", None, False)
    ]  # the login may lie before the capture
    assert accesses([(C, command("PING")), (S, b"-NOAUTH Authentication required.\r\n")]) == [("ping", False, False)]
    assert accesses([(C, command("AUTH", "x")), (S, b"+OK\r\n"), (C, command("SET", "a", "b")), (S, b"+OK\r\n")]) == []
    assert accesses([(C, command("FLUSHALL")), (S, b"-ERR no\r\n")]) == []


@pytest.mark.parametrize("reply", [b"+OK\r\n", b":1\r\n", b"$-1\r\n", b"$2\r\non\r\n", b"*1\r\n$1\r\na\r\n"])
def test_any_inline_command_is_use(reply: bytes) -> None:
    assert accesses([(C, b'SET led "o n"\r\n'), (S, reply)]) == [("set", True, True)]
    assert accesses([(C, b"LPUSH queue 1\r\n"), (S, reply)]) == [("lpush", True, True)]
    assert accesses([(C, b"SET a b\r\n"), (S, b"-NOAUTH Authentication required.\r\n")]) == [("set", False, True)]
    assert accesses([(C, b"AUTH x\r\nSET a b\r\n"), (S, b"+OK\r\n+OK\r\n")]) == []


def test_quoted_words() -> None:
    assert logins([(C, b'AUTH "my \\"own\\" secret"\r\nAUTH \'b c\' d\r\n')]) == [
        ("auth", None, Secret('my "own" secret'), None, None),
        ("auth", "b c", Secret("d"), None, None),
    ]


def test_a_reply_cut_in_the_middle_answers_nothing() -> None:
    assert accesses([(C, b"GET a\r\n"), (S, b"$100\r\nAUTH x\r\n")]) == []
    assert logins([(C, b"AUTH x\r\n"), (S, b"+O")]) == [("auth", None, Secret("x"), None, None)]


def test_the_version_is_reported() -> None:
    text = b"# Server\r\nredis_version:7.2.4\r\n"
    output = converse(Redis, [(C, command("INFO")), (S, b"$%d\r\n%s\r\n" % (len(text), text))])
    assert [(item.field, item.value) for item in output if isinstance(item, Attribute)] == [("redis.version", "7.2.4")]


def test_large_values_are_passed_over() -> None:
    run = Run(Redis())
    run.feed(C, b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1000000\r\n")
    assert run.parsed == [Skip(C, 1_000_002)]
    run.feed(C, b"x" * 1_000_000 + b"\r\n" + command("AUTH", "y"))
    run.feed(S, b"+OK\r\n+OK\r\n")
    assert [item.secret for item in run.close() if isinstance(item, Login)] == [Secret("y")]


@pytest.mark.parametrize(
    "script",
    [
        [(C, command("SET", "note", "AUTH s3cret\r\n*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n")), (S, b"+OK\r\n")],
        [(C, command("GET", "a")), (S, b"$26\r\n*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n\r\n")],
        [(C, command("AUTH")), (S, b"-ERR wrong number of arguments\r\n")],
        [(C, b"*0\r\n*-1\r\n\r\n"), (S, b"+OK\r\n")],
    ],
)
def test_what_is_no_login(script: Script) -> None:
    assert logins(script) == []


def test_subscribing_and_losses_end_the_reading() -> None:
    assert (
        converse(
            Redis,
            [
                (C, command("AUTH", "x")),
                (S, b"+OK\r\n"),
                (C, command("SUBSCRIBE", "c")),
                (S, b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"),
            ],
        )[-1]
        == Enough()
    )
    run = Run(Redis())
    run.feed(C, command("AUTH", "x"))
    run.gap(S, 10)
    assert [item.accepted if isinstance(item, Login) else item for item in run.close()] == [None, Enough()]


def test_bounds() -> None:
    run = Run(Redis())
    run.feed(C, command("AUTH", "x") * 2 * PIPELINE_LIMIT + command(*["a"] * 200))
    assert len(run.parser._commands) == PIPELINE_LIMIT
    assert len([item for item in run.close() if isinstance(item, Login)]) == 2 * PIPELINE_LIMIT
    run = Run(Redis())
    run.feed(S, b"*9999999999\r\n" * 10_000)
    for bad in (b"*x\r\n", b"$99999999999\r\n", b"*1\r\n$" + b"1" * 50 + b"\r\n"):
        with pytest.raises(Malformed):
            Run(Redis()).feed(S, bad)
    assert len(command("AUTH", "x" * VALUE_LIMIT)) < Redis.LIMIT


def opening(client: bytes = b"", server: bytes = b"", port: int = 7000) -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "match"),
    [
        (opening(command("PING")), Match.SURE),
        (opening(b"*"), Match.MORE),
        (opening(b"*1\r\n$4"), Match.MORE),
        (opening(b"* OK IMAP\r\n"), Match.NO),
        (opening(b"PING\r\n", port=6379), Match.WEAK),
        (opening(b"AUTH x\r\n", b"+OK\r\n", port=6379), Match.WEAK),
        (opening(b'SET led "on"\r\n', b"+OK\r\n", port=6379), Match.WEAK),
        (opening(b"SUBSCRIBE x\r\n", b"*3\r\n$9\r\nsubscribe\r\n", port=6379), Match.WEAK),
        (opening(b'SET led "on"\r\n', b"+OK\r\n", port=7000), Match.NO),
        (opening(b"HELP\r\n", b"+OK\r\n", port=6379), Match.NO),
        (opening(b"SET led on\r\n", b"220 x\r\n", port=6379), Match.NO),
        (opening(b"AUTH LOGIN\r\n", b"334 x\r\n", port=6379), Match.NO),
        (opening(b"GET / HTTP/1.1\r\n", port=6379), Match.NO),
        (opening(b"\x16\x03\x01", port=6379), Match.NO),
    ],
)
def test_recognise(seen: Opening, match: Match) -> None:
    assert recognise(seen) is match


def test_an_inline_command_in_the_middle_of_a_conversation_proves_nothing() -> None:
    """A login may stand before the capture: ``granted`` is then unknown."""
    for from_start, granted in ((True, True), (False, None)):
        parser = Redis()
        parser.from_start = from_start
        found = [*parser.receive(C, b"SET lamp on\r\n"), *parser.receive(S, b"+OK\r\n")]
        found += parser.close()
        assert {one.granted for one in found if isinstance(one, Access)} == {granted}


DIALOGUE = Dialogue(
    Redis,
    lambda user, secret: [(C, command("AUTH", user, secret))],
    accepted=b"+OK\r\n",
    refused=WRONG,
    undecided=(b"-LOADING later\r\n",),
    resumes=False,
)
"""The documentation of AUTH."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


@pytest.mark.parametrize(
    ("client", "server", "port", "match"),
    [
        (b"*1\r\n$4\r\nPING\r\n", b"", 9999, Match.SURE),
        (b"*", b"", 9999, Match.MORE),
        (b"*1\r", b"", 9999, Match.MORE),
        (b"PING\r\n", b"", 6379, Match.WEAK),
        (b"PING\r\n", b"", 9999, Match.MORE),
        (b"PING\r\n", b"+PONG\r\n", 6379, Match.WEAK),
        (b"PING\r\n", b"+PONG\r\n", 9999, Match.NO),
        (b"PING\r\n", b"220 hi\r\n", 6379, Match.NO),
        (b"HELO x\r\n", b"", 6379, Match.NO),
    ],
)
def test_requests_and_words(client: bytes, server: bytes, port: int, match: Match) -> None:
    """RESP: arrays are Redis's own; a word in a line needs its port, and an answer that begins as Redis's do."""
    assert recognise(openings.of(client, port, answer=server)) is match
