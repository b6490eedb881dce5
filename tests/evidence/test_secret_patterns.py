"""Patterns of secrets: header fields, parameters, commands, packed and random data."""

from __future__ import annotations

import pytest

from sensor.evidence.secret_patterns import CONTENT_HEAD, begins_message, content_range, secret_ranges


def left(data: bytes) -> bytes:
    """The bytes outside the ranges."""
    gone = {place for span in secret_ranges(data) for place in range(*span)}
    return bytes(byte for place, byte in enumerate(data) if place not in gone)


@pytest.mark.parametrize(
    "text",
    [
        b"GET / HTTP/1.1\r\nAuthorization: Basic ~ZZ\r\n",
        b"GET / HTTP/1.1\r\nCookie: a=~ZZ; b=~ZZ\r\n",
        b"X-Auth-Token: ~ZZ\r\n",
        b"GET /cgi?user=anna&pwd=~ZZ&x=1 HTTP/1.1",
        b'{"wifi": {"psk": "~ZZ", "ssid": "a"}}',
        b"<password>~ZZ</password>",
        b"PASS ~ZZ\r\n",
        b"a1 LOGIN anna ~ZZ\r\n",
        b"AUTH PLAIN\r\n~ZZ\r\n",
        b"Location: /next?ticket=~ZZ\r\n",
        b"rtsp://anna:~ZZ@192.0.2.1/",
        b"\x10\x20\0\x04MQTT\x04\xc2\0\x3c\0\x01a\0\x04anna\0\x03~ZZ",
    ],
)
def test_secrets_by_form(text: bytes) -> None:
    assert b"~ZZ" not in left(text) and len(left(text)) >= 4


@pytest.mark.parametrize(
    "text",
    [
        b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="cam"\r\n\r\n',
        b"220 ProFTPD Server ready.\r\n",
        b"GET /picture.jpg HTTP/1.1\r\nUser-Agent: SomeCameraApplication/2.0\r\n\r\n",
        b"331 Password required for anna\r\n",
    ],
)
def test_other_text_is_not_covered(text: bytes) -> None:
    assert left(text) == text


def test_a_random_word_is_covered() -> None:
    assert left(b"/api/q7Rk2mZx9Lw4Tb/state") == b"/api//state"
    assert left(b"TemperatureSensorReading") == b"TemperatureSensorReading"


def test_packed_bodies_are_covered() -> None:
    assert (
        left(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n\x8b\1\x80hello")
        == b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n"
    )
    assert left(b"abc\x1f\x8b\x08rest of it") == b"abc\x1f\x8b\x08"


def test_content_without_its_head() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"
    assert content_range(head + b"\xff\xd8" + b"p" * 40) == (len(head) + CONTENT_HEAD, len(head) + 42)
    assert content_range(b"p" * 40) == (CONTENT_HEAD, 40)
    assert content_range(b"HTTP/1.1 200 OK\r\nContent-Ty") == (27, 27)


def test_ciphertext_is_covered_and_tls_is_not() -> None:
    random = bytes((n * 97 + 31) % 256 for n in range(40))
    assert len(left(b"\xa1\x03\x02\x01\x05 user anna " + random)) <= 20
    assert left(b"\x16\x03\x03\x00\x28" + random) == b"\x16\x03\x03\x00\x28" + random


NAMES = [
    "pass",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "pwd",
    "psk",
    "pin",
    "wpakey",
    "wpa_key",
    "wpa-key",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "appkey",
    "app_key",
    "accesskey",
    "access_key",
    "privatekey",
    "private-key",
    "auth",
    "sess",
    "session",
    "sessid",
    "sessionid",
    "session_id",
    "session-id",
    "sid",
    "credential",
    "credentials",
    "otp",
    "nonce",
    "response",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "form", ["{}=~ZZ&x=1", '{{"{}": "~ZZ", "x": 1}}', "{}:~ZZ\r\n", "<{}>~ZZ</x>", '{{\\"{}\\":\\"~ZZ\\"}}']
)
def test_each_name_of_a_secret_in_each_form(name: str, form: str) -> None:
    for written in (name, name.upper(), name.title()):
        assert b"~ZZ" not in left(b"a " + form.format(written).encode())


@pytest.mark.parametrize(
    "name",
    ["Authorization", "Authorisation", "Proxy-Authorization", "Cookie", "Cookie2", "Set-Cookie", "Set-Cookie2",
     "X-Api-Key", "X-ApiKey", "X-Auth-Token", "X-Csrf-Token", "X-Session-Id", "X-Client-Secret", "X-Password"],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["", "Basic ", "Bearer ", "Digest ", "Negotiate ", "NTLM ", "Token "])
def test_each_header_field_of_a_secret(name: str, scheme: str) -> None:
    text = f"GET / HTTP/1.1\r\n{name}: {scheme}~Z Z~\r\nHost: a\r\n".encode()
    shown = left(text)
    assert b"Z" not in shown and shown.startswith(f"GET / HTTP/1.1\r\n{name}:".encode()) and b"\r\nHost: a" in shown


@pytest.mark.parametrize("name", ["WWW-Authenticate", "Proxy-Authenticate"])
def test_what_a_server_asks_for_is_no_secret(name: str) -> None:
    text = f'HTTP/1.1 401 x\r\n{name}: Basic realm="cam"\r\n'.encode()
    assert left(text) == text


@pytest.mark.parametrize(
    "command",
    ["PASS ", "AUTH ", "a1 LOGIN ", "ACCT ", "OPER ", "NICKSERV IDENTIFY ", "a1 AUTHENTICATE ", "AUTH PLAIN ",
     "AUTH LOGIN ", "AUTH CRAM-MD5 ", "AUTH DIGEST-MD5 ", "AUTH SCRAM-SHA-256 ", "AUTH NTLM ", "AUTH XOAUTH2 ",
     "AUTH EXTERNAL "],
)  # fmt: skip
def test_each_command_of_a_login(command: str) -> None:
    for text in (command, command.lower()):
        assert (
            left(b"EHLO a\r\n" + text.encode() + b"~Z Z~\r\nQUIT\r\n")
            == b"EHLO a\r\n" + text.encode() + b"\r\nQUIT\r\n"
        )


@pytest.mark.parametrize("text", [b"author=jane&x=1", b'{"authentic": true}', b"compass north"])
def test_names_that_only_begin_alike_hide_nothing(text: bytes) -> None:
    assert left(text) == text


@pytest.mark.parametrize(
    "magic", [b"\x1f\x8b\x08", b"PK\x03\x04", b"BZh9", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\r\n\r\nx\x01",
              b"\r\n\r\nx\x5e", b"\r\n\r\nx\x9c", b"\r\n\r\nx\xda"],
)  # fmt: skip
def test_each_form_of_packed_data(magic: bytes) -> None:
    """gzip, ZIP, bzip2, xz, Zstandard, and zlib where a body begins."""
    assert left(b"head " + magic + b" of the rest") == b"head " + magic


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "x"])
def test_a_body_under_any_coding_but_identity(coding: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n".encode()
    assert left(head + b"body") == head
    plain = b"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\n\r\nbody"
    assert left(plain) == plain


@pytest.mark.parametrize("level", [3, 4, 5])
@pytest.mark.parametrize(("flags", "covered"), [(0x40, True), (0xC2, True), (0x82, False), (0x02, False)])
def test_the_last_field_of_a_connect(level: int, flags: int, covered: bool) -> None:
    """MQTT 3.1.1 §3.1.2: bit 6 says that there is a password, bit 7 a name."""
    name = b"\0\x06MQIsdp" if level == 3 else b"\0\x04MQTT"
    packet = b"\x10\x20" + name + bytes((level, flags)) + b"\0\x3c\0\x01a\0\x03~ZZ"
    assert (b"~ZZ" not in left(packet)) is covered


@pytest.mark.parametrize("kind", [0x14, 0x15, 0x16, 0x17])
@pytest.mark.parametrize("version", [0x03, 0xFE])
def test_records_of_tls_and_dtls_stay(kind: int, version: int) -> None:
    random = bytes((n * 97 + 31) % 256 for n in range(40))
    assert left(bytes((kind, version, 3, 0, 40)) + random) == bytes((kind, version, 3, 0, 40)) + random
    assert len(left(bytes((kind, 0x05, 3, 0, 40)) + random)) < 20


@pytest.mark.parametrize("size", [CONTENT_HEAD - 1, CONTENT_HEAD, CONTENT_HEAD + 1])
def test_of_content_only_the_beginning_stays(size: int) -> None:
    for head in (b"", b"HTTP/1.1 200 OK\r\n\r\n", b"RTSP/1.0 200 OK\r\n\r\n", b"POST /a HTTP/1.1\r\n\r\n"):
        start, end = content_range(head + b"p" * size)
        assert (start, end) == (len(head) + min(size, CONTENT_HEAD), len(head) + size)


@pytest.mark.parametrize(
    ("data", "begins"),
    [
        (b"GET / HTTP/1.1\r\n", True), (b"HTTP/1.1 200 OK", True), (b"DESCRIBE rtsp://a RTSP/1.0\r\n", True),
        (b"RTSP/1.0 200 OK", True), (b"INVITE sip:a SIP/2.0\r\n", True), (b"SIP/2.0 200 OK", True),
        (b"OPTIONS a ICAP/1.0\r\n", True), (b"et / HTTP/1.1x", False), (b" GET / HTTP/1.1", False), (b"hello", False),
    ],
)  # fmt: skip
def test_where_a_message_begins(data: bytes, begins: bool) -> None:
    assert begins_message(data) is begins


@pytest.mark.parametrize(
    ("word", "random"),
    [(b"aB1cD2eF3gH4", True), (b"aB1cD2eF3gH", False), (b"aaaaaaaaaaaa", False), (b"aaaB1aaaaaaa", True),
     (b"aaaB1aaaaaaaaa", False)],
)  # fmt: skip
def test_how_random_a_word_is(word: bytes, random: bool) -> None:
    """From 12 letters on, with a change of class at every fourth."""
    assert (left(b"/api/" + word + b"/x") == b"/api//x") is random


@pytest.mark.parametrize(
    ("block", "covered"),
    [
        (bytes(range(128, 134)) + b"abcdefghij", True),  # six bytes that are no text
        (bytes(range(128, 133)) + b"abcdefghijk", False),
        (bytes(range(128, 138)) + b"a" * 6, True),  # eleven different ones
        (bytes(range(128, 137)) + b"a" * 7, False),
        (b"\0" + bytes(range(128, 143)), True),
        (b"\0\0" + bytes(range(128, 142)), False),
        (bytes(range(128, 143)), True),
    ],
)
def test_what_looks_like_ciphertext(block: bytes, covered: bool) -> None:
    """Sixteen bytes of which six are no text, eleven differ, and at most one is zero."""
    assert (left(block) == b"") is covered and (covered or left(block) == block)


def test_a_field_without_a_size_covers_what_follows_the_flags() -> None:
    """Where the end of a CONNECT was not captured, its last field cannot be found."""
    data = b"\x10\x20\0\x04MQTT\x04\xc2\0\x3c\0\x01a\0\x04anna\0\x09~ZZ"
    assert b"~ZZ" not in left(data) and left(data).startswith(b"\x10\x20\0\x04MQTT\x04\xc2")


def test_an_empty_password_covers_nothing_before_it() -> None:
    data = b"\x10\x20\0\x04MQTT\x04\xc2\0\x3c\0\x01a\0\x04anna\0\0"
    assert b"anna" in left(data)


def test_a_blank_line_in_a_recording_ends_no_head() -> None:
    data = b"p" * 20 + b"\r\n\r\n" + b"p" * 40
    assert content_range(data) == (CONTENT_HEAD, len(data))
