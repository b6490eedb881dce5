"""Connection phases of MySQL and MariaDB by the manual: plugins, TLS, refusals, old protocols."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Enough, Login, Span, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.mysql import Mysql, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings

SALT = bytes(range(0x21, 0x35))
NATIVE = bytes(range(0x40, 0x54))
SHA2 = bytes(range(0x60, 0x80))
CLIENT = 0x8 | 0x200 | 0x8000 | 0x80000


def packet(sequence: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([sequence]) + payload


def greeting(plugin: bytes = b"mysql_native_password", version: bytes = b"8.0.36") -> bytes:
    upper = (CLIENT >> 16).to_bytes(2, "little")
    payload = (
        b"\x0a"
        + version
        + b"\0"
        + b"\x08\0\0\0"
        + SALT[:8]
        + b"\0"
        + b"\xff\xf7\x21\x02\x00"
        + upper
        + bytes([21])
        + bytes(10)
        + SALT[8:]
        + b"\0"
    )
    return packet(0, payload + plugin + b"\0")


def response(
    user: bytes, answer: bytes, plugin: bytes = b"mysql_native_password", flags: int = CLIENT, database: bytes = b"shop"
) -> bytes:
    payload = flags.to_bytes(4, "little") + b"\0\0\0\x01\x21" + bytes(23) + user + b"\0" + bytes([len(answer)]) + answer
    return packet(1, payload + database + b"\0" + plugin + b"\0")


OK = packet(2, b"\0\0\0\x02\0\0\0")


def error(code: int, sequence: int = 2) -> bytes:
    return packet(sequence, b"\xff" + code.to_bytes(2, "little") + b"#28000Access denied for user")


@pytest.mark.parametrize(
    ("answer", "accepted", "basis"),
    [
        (OK, True, "OK after handshake response"),
        (error(1045), False, "ERR 1045 ER_ACCESS_DENIED_ERROR"),
        (error(1049), None, "ERR 1049"),
    ],
)
def test_native(answer: bytes, accepted: bool | None, basis: str) -> None:
    sent = response(b"anna", NATIVE)
    parsed = converse(Mysql, [(S, greeting()), (C, sent), (S, answer), (C, packet(0, b"\x03SELECT 1"))])
    assert parsed == [
        Attribute(field="mysql.version", value="8.0.36", side=S),
        Login(
            mechanism="password",
            username="anna",
            secret=Secret(f"$mysqlna${SALT.hex()}*{NATIVE.hex()}"),
            scheme="mysql_native_password",
            clear=False,
            accepted=accepted,
            basis=basis,
            spans=(Span(C, 0, len(sent)), Span(S, len(greeting()), len(greeting()) + len(answer))),
        ),
        *([] if accepted else [Enough()]),
    ]


def change(user: bytes, answer: bytes, plugin: bytes) -> bytes:
    """COM_CHANGE_USER by the manual: name, response, database, character set, plugin."""
    return packet(0, b"\x11" + user + b"\0" + bytes([len(answer)]) + answer + b"shop\0" + b"\x21\0" + plugin + b"\0")


@pytest.mark.parametrize(
    ("plugin", "sent", "secret", "clear"),
    [
        (b"mysql_native_password", NATIVE, f"$mysqlna${SALT.hex()}*{NATIVE.hex()}", False),
        (b"mysql_clear_password", b"hunter2\0", "hunter2", True),
    ],
)
@pytest.mark.parametrize(
    ("answer", "accepted", "basis"),
    [
        (packet(1, b"\0\0\0\x02\0\0\0"), True, "OK after COM_CHANGE_USER"),
        (error(1045, 1), False, "ERR 1045 ER_ACCESS_DENIED_ERROR"),
    ],
)
def test_change_of_user(
    plugin: bytes, sent: bytes, secret: str, clear: bool, answer: bytes, accepted: bool, basis: str
) -> None:
    script = [
        (S, greeting()),
        (C, response(b"anna", NATIVE)),
        (S, OK),
        (C, packet(0, b"\x03SELECT 1")),
        (S, packet(1, b"\x01") + packet(2, b"\x03def" + bytes(200)) + packet(3, b"\xfe\0\0\2\0")),
        (C, change(b"root", sent, plugin)),
        (S, answer),
    ]
    before, seen = events(converse(Mysql, script), Login)
    assert (before.username, before.accepted) == ("anna", True)
    assert (seen.username, seen.secret, seen.clear) == ("root", Secret(secret), clear)
    assert (seen.accepted, seen.basis) == (accepted, basis)


def test_change_of_user_by_another_plugin() -> None:
    salt = bytes(range(0x51, 0x65))
    script = [
        (S, greeting()),
        (C, response(b"anna", NATIVE)),
        (S, OK),
        (C, change(b"root", SHA2, b"caching_sha2_password")),
        (S, packet(1, b"\xfemysql_native_password\0" + salt + b"\0")),
        (C, packet(2, NATIVE)),
        (S, packet(3, b"\0\0\0\x02\0\0\0")),
        (C, packet(0, b"\x0e")),
    ]
    _, seen = events(converse(Mysql, script), Login)
    assert (seen.username, seen.accepted) == ("root", True)
    assert seen.secret == Secret(f"$mysqlna${salt.hex()}*{NATIVE.hex()}")


def test_caching_sha2_with_the_full_exchange() -> None:
    script = [
        (S, greeting(b"caching_sha2_password")),
        (C, response(b"anna", SHA2, b"caching_sha2_password")),
        (S, packet(2, b"\x01\x04")),
        (C, packet(3, b"\x02")),
        (S, packet(4, b"\x01-----BEGIN PUBLIC KEY-----")),
        (C, packet(5, bytes(range(256)))),
        (S, packet(6, b"\0\0\0\x02\0\0\0")),
    ]
    (login,) = events(converse(Mysql, script), Login)
    assert isinstance(login, Login)
    assert (login.secret, login.clear, login.accepted) == (Secret(f"$mysqlsha2${SALT.hex()}*{SHA2.hex()}"), False, True)


def test_change_of_plugin_takes_the_new_salt() -> None:
    salt = bytes(range(0x61, 0x75))
    script = [
        (S, greeting(b"caching_sha2_password")),
        (C, response(b"anna", b"", b"caching_sha2_password")),
        (S, packet(2, b"\xfemysql_native_password\0" + salt + b"\0")),
        (C, packet(3, NATIVE)),
        (S, packet(4, b"\0\0\0\x02\0\0\0")),
    ]
    (login,) = events(converse(Mysql, script), Login)
    assert isinstance(login, Login)
    assert (login.secret, login.scheme, len(login.spans)) == (
        Secret(f"$mysqlna${salt.hex()}*{NATIVE.hex()}"),
        "mysql_native_password",
        3,
    )


@pytest.mark.parametrize("plugin", [b"mysql_clear_password", b"dialog"])
def test_clear_plugins(plugin: bytes) -> None:
    script = [
        (S, greeting()),
        (C, response(b"anna", NATIVE)),
        (S, packet(2, b"\xfe" + plugin + b"\0\x04Password: ")),
        (C, packet(3, b"s3cret\0")),
        (S, error(1045, 4)),
    ]
    (login,) = events(converse(Mysql, script), Login)
    assert isinstance(login, Login)
    assert (login.secret, login.clear, login.accepted) == (Secret("s3cret"), True, False)


def test_empty_password() -> None:
    (login,) = events(converse(Mysql, [(S, greeting()), (C, response(b"root", b"")), (S, OK)]), Login)
    assert (login.secret, login.clear, login.accepted) == (Secret(b""), True, True)  # type: ignore[attr-defined]
    switched = [
        (S, greeting()),
        (C, response(b"root", NATIVE)),
        (S, packet(2, b"\xfemysql_native_password\0" + SALT + b"\0")),
        (C, packet(3, b"")),
        (S, OK),
    ]
    (login,) = events(converse(Mysql, switched), Login)
    assert (login.secret, login.accepted) == (Secret(b""), True)  # type: ignore[attr-defined]


def test_length_encoded_answer() -> None:
    flags = CLIENT | 0x200000
    (login,) = events(converse(Mysql, [(S, greeting()), (C, response(b"anna", NATIVE, flags=flags))]), Login)
    assert (login.accepted, login.basis) == (None, None)  # type: ignore[attr-defined]


def test_old_password_after_a_change() -> None:
    script = [
        (S, greeting()),
        (C, response(b"anna", NATIVE)),
        (S, packet(2, b"\xfe")),
        (C, packet(3, b"ABCDEFGH\0")),
        (S, packet(4, b"\0\0\0\x02\0\0\0")),
    ]
    (login,) = events(converse(Mysql, script), Login)
    assert (login.scheme, login.secret) == (
        "mysql_old_password",
        Secret(f"$mysqlold${SALT[:8].hex()}*{b'ABCDEFGH'.hex()}"),
    )  # type: ignore[attr-defined]


def test_protocol_9() -> None:
    hello = packet(0, b"\x093.22.11\0\x01\0\0\0ABCDEFGH\0")
    answer = packet(1, b"\x05\x00\0\0\0anna\0QRSTUVWX\0")
    (login,) = events(converse(Mysql, [(S, hello), (C, answer), (S, OK)]), Login)
    assert login.secret == Secret(f"$mysqlold${b'ABCDEFGH'.hex()}*{b'QRSTUVWX'.hex()}")  # type: ignore[attr-defined]


def test_tls() -> None:
    request = packet(1, (CLIENT | 0x800).to_bytes(4, "little") + b"\0\0\0\x01\x21" + bytes(23))
    parsed = converse(Mysql, [(S, greeting()), (C, request + b"\x16\x03\x01\x02\x00")])
    assert parsed == [Attribute(field="mysql.version", value="8.0.36", side=S), Upgrade("tls")]


def test_refused_before_a_greeting() -> None:
    assert converse(Mysql, [(S, packet(0, b"\xff\x69\x04Host 'x' is blocked"))]) == [Enough()]


def test_nothing_to_report_of_an_encrypted_password() -> None:
    request = response(b"anna", b"\x01", b"sha256_password")
    script = [
        (S, greeting(b"sha256_password")),
        (C, request),
        (S, packet(2, b"\x01-----BEGIN")),
        (C, packet(3, bytes(range(256)))),
        (S, OK),
    ]
    assert not events(converse(Mysql, script), Login)


def test_a_greeting_lost() -> None:
    (login,) = events(converse(Mysql, [(C, response(b"anna", NATIVE)), (S, OK)]), Login)
    assert (login.username, login.secret, login.accepted) == ("anna", Secret(f"$mysqlna$*{NATIVE.hex()}"), True)  # type: ignore[attr-defined]


def opening(server: bytes, client: bytes = b"") -> Opening:
    return Opening(client, server, 50000, 13306, Transport.TCP)


def test_recognised() -> None:
    hello = greeting(version=b"5.5.5-10.11.6-MariaDB")
    assert recognise(opening(hello)) is Match.SURE
    assert recognise(opening(hello[:6])) is Match.MORE
    assert recognise(opening(hello[:10])) is Match.MORE
    assert recognise(opening(b"", response(b"anna", NATIVE))) is Match.WEAK
    for lure in (
        b"220 ftp ready\r\n",
        b"\x4a\0\0\1\x0a5.0.1\0" + bytes(60),
        b"RFB 003.008\n",
        bytes(80),
        b"\x10\0\0\0\x0anot a version\0",
    ):
        assert recognise(opening(lure)) is Match.NO
    for lure in (b"", bytes(40), b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n" + bytes(30)):
        assert recognise(opening(b"", lure)) is Match.NO


def old_response(user: bytes, answer: bytes, flags: int = 0x5) -> bytes:
    """HandshakeResponse320: two bytes of flags, three of size, name, scramble of eight bytes."""
    return packet(1, flags.to_bytes(2, "little") + b"\0\0\1" + user + b"\0" + answer)


@pytest.mark.parametrize("end", [b"", b"\0", b"\0shop"])
def test_the_protocol_before_4_1(end: bytes) -> None:
    script = [(S, greeting()), (C, old_response(b"anna", b"NIJOFIBO" + end)), (S, packet(2, b"\0\0\0"))]
    (login,) = events(converse(Mysql, script), Login)
    assert (login.username, login.scheme, login.clear, login.accepted) == ("anna", "mysql_old_password", False, True)
    assert login.secret is not None and b"4e494a4f4649424f" in login.secret.expose()


def test_tls_before_4_1() -> None:
    """SSLRequest of the old protocol: its flags and size alone."""
    script = [(S, greeting()), (C, packet(1, (0x800).to_bytes(2, "little") + b"\0\0\1"))]
    assert converse(Mysql, script)[-1] == Upgrade("tls")


@pytest.mark.parametrize(
    ("length", "known"),
    [(b"\x14", True), (b"\xfc\x14\0", True), (b"\xfd\x14\0\0", True), (b"\xfe\x14" + bytes(7), True), (b"\xfb", False)],
)
def test_a_response_whose_length_is_encoded(length: bytes, known: bool) -> None:
    """CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA; 0xfb is NULL, and no length."""
    flags = CLIENT | 0x200000
    payload = flags.to_bytes(4, "little") + b"\0\0\0\1\x21" + bytes(23) + b"anna\0" + length + NATIVE
    sent = packet(1, payload + b"shop\0mysql_native_password\0")
    run = Run(Mysql())
    run.feed(S, greeting())
    if not known:
        with pytest.raises(Malformed):
            run.feed(C, sent)
        return
    run.feed(C, sent)
    run.feed(S, OK)
    (login,) = events(run.close(), Login)
    assert login.secret == Secret(f"$mysqlna${SALT.hex()}*{NATIVE.hex()}") and login.accepted is True


@pytest.mark.parametrize("first", [0xFF, 8, 11])
def test_no_greeting_no_login(first: int) -> None:
    """An error instead of it (host blocked, too many connections)."""
    script = [(S, packet(0, bytes([first]) + b"\x15\x04too many")), (C, response(b"anna", NATIVE))]
    assert converse(Mysql, script, damage=False) == [Enough()]


SHOWN = greeting()


@pytest.mark.parametrize(
    ("server", "client", "match"),
    [
        (SHOWN, b"", Match.SURE),
        (SHOWN[:6], b"", Match.MORE),
        (b"\x4a", b"", Match.MORE),
        (SHOWN[:2] + b"\1", b"", Match.NO),
        (SHOWN[:3] + b"\1", b"", Match.NO),
        (SHOWN[:4] + b"\x0b", b"", Match.NO),
        (SHOWN[:4] + b"\t" + SHOWN[5:], b"", Match.WEAK),
        (SHOWN[:3] + b"\1" + SHOWN[4:], b"", Match.NO),
        (SHOWN[:5] + b"/" + SHOWN[6:], b"", Match.NO),
        (SHOWN[:5] + b":" + SHOWN[6:], b"", Match.NO),
        (SHOWN[:9], b"", Match.MORE),
        (SHOWN.replace(b"8.0.36", b"8x0x36"), b"", Match.NO),
        (b"", response(b"anna", NATIVE), Match.WEAK),
        (b"", response(b"anna", NATIVE)[:-1], Match.NO),
        (b"", response(b"anna", NATIVE, flags=CLIENT & ~0x200), Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_what_either_end_shows(server: bytes, client: bytes, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, 3306, Transport.TCP)) is match


def test_a_greeting_cut_anywhere() -> None:
    """Protocol::HandshakeV10: length, number 0, 10, the version with its NUL, thread, twelve bytes and more."""
    body = b"\x0a" + b"8.0.36\0" + bytes(4) + b"saltsalt\0" + bytes(30)
    greeting = len(body).to_bytes(3, "little") + b"\0" + body
    sure = 4 + 1 + 7 + 12
    for size in range(1, len(greeting)):
        found = recognise(openings.of(greeting[:size], server=True))
        assert found is (Match.SURE if size >= sure else Match.WEAK if size >= 12 else Match.MORE), size
    for place, value in ((1, 3), (2, 1), (3, 1), (4, 8), (5, 0x2F), (5, 0x3A), (6, 0x80)):
        assert (
            recognise(openings.of(greeting[:place] + bytes([value]) + greeting[place + 1 :], server=True)) is Match.NO
        )
    old = greeting[:4] + b"\x09" + greeting[5:]
    assert recognise(openings.of(old, server=True)) is Match.WEAK
    endless = greeting[:5] + b"8." + b"x" * 200
    assert recognise(openings.of(endless[:132], server=True)) is Match.MORE
    assert recognise(openings.of(endless[:133], server=True)) is Match.NO
    assert recognise(openings.of(greeting[:4] + b"\x0a80\0" + bytes(30), server=True)) is Match.NO  # no dot


def test_an_answer_without_a_greeting() -> None:
    """Protocol::HandshakeResponse41: number 1, the flag of 4.1, twenty-three zeros (MariaDB uses four of them)."""
    body = b"\5\xa2\0\0" + bytes(4) + b"\x21" + bytes(23) + b"anna\0\0"
    answer = len(body).to_bytes(3, "little") + b"\1" + body
    assert recognise(openings.of(answer)) is Match.WEAK
    for place, value in ((2, 1), (3, 2), (5, 0), (13, 1), (31, 1), (0, 9)):
        assert recognise(openings.of(answer[:place] + bytes([value]) + answer[place + 1 :])) is Match.NO
    assert recognise(openings.of(answer[:-1])) is Match.NO and recognise(openings.of(answer + b"x")) is Match.NO
