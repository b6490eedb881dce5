"""Patterns of secrets: header fields, parameters, commands, packed and random data."""

from __future__ import annotations

import pytest

from sensor.evidence.secret_patterns import CONTENT_HEAD, content_range, secret_ranges


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
