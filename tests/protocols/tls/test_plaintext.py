"""What is inside of TLS, by who speaks first and how: each opening, cut, shifted and from the other side."""

from __future__ import annotations

import pytest

from sensor.events import Content, Inner
from sensor.model import Side
from sensor.protocols.tls.plaintext import CONTENT_LIMIT, Plaintext
from tests.conversation import C, S

OPENINGS = [
    (C, b"PRI * HTTP/2.0\r\n", "http2"),
    (C, b"GET / HTTP/1.1\r\n", "http"),
    (C, b"PROPFIND /a HTTP/1.0\r\n", "http"),
    (C, b"\x10\x10\0\x04MQTT", "mqtt"),
    (C, b"\x10\xff\xff\xff\x7f\0\x06MQIsdp", "mqtt"),
    (S, b"220 ", "smtp"),
    (S, b"220-", "smtp"),
    (S, b"+OK", "pop3"),
    (S, b"* OK", "imap"),
    (S, b"* PREAUTH", "imap"),
    (C, b"<?xml", "xmpp"),
    (C, b"<stream:stream", "xmpp"),
]
"""The last byte is the one that makes it this protocol."""


@pytest.mark.parametrize(("side", "opening", "protocol"), OPENINGS)
def test_each_opening(side: Side, opening: bytes, protocol: str) -> None:
    """RFC 9113 3.4, RFC 9112 3, MQTT 3.1.2.1, RFC 5321 4.2, RFC 1939 3, RFC 3501 7.1, RFC 6120 4.7."""
    whole = opening + b"rest"
    assert list(Plaintext().data(side, whole)) == [Inner(whole, protocol, side)]
    assert list(Plaintext().data(side.other, whole)) == [Content(side=side.other, name="payload", data=whole)]
    for other in (opening[:-1], b" " + whole):
        assert list(Plaintext().data(side, other)) == [Content(side=side, name="payload", data=other)]


@pytest.mark.parametrize(
    ("side", "data"),
    [
        (S, b"220 (vsFTPd 3.0.3)\r\n"),
        (S, b"220-welcome to ftp\r\n"),
        (C, b"GE / HTTP/1.1\r\n"),
        (C, b"BASELINES / HTTP/1.1\r\n"),
        (C, b"GET / HTTP/1.2\r\n"),
        (C, b"\x10\xff\xff\xff\xff\x7f\0\x04MQTT"),
        (C, b"\x20\x10\0\x04MQTT"),
        (C, b"\x10\x10\0\x05MQTT"),
        (S, b"221 "),
    ],
)
def test_what_is_none_of_them(side: Side, data: bytes) -> None:
    """FTP over TLS is left alone: its data connections are of their own."""
    assert list(Plaintext().data(side, data)) == [Content(side=side, name="payload", data=data)]


def test_the_first_bytes_decide_for_both_sides_and_for_good() -> None:
    known = Plaintext()
    assert list(known.data(S, b"")) == []
    assert list(known.data(S, b"220 mail\r\n")) == [Inner(b"220 mail\r\n", "smtp", S)]
    assert list(known.data(C, b"GET / HTTP/1.1\r\n")) == [Inner(b"GET / HTTP/1.1\r\n", "smtp", C)]
    assert list(known.data(S, b"anything")) == [Inner(b"anything", "smtp", S)]
    unknown = Plaintext()
    assert [type(one) for one in unknown.data(C, b"hello")] == [Content]
    assert [type(one) for one in unknown.data(C, b"GET / HTTP/1.1\r\n")] == [Content]


def test_only_the_beginning_of_each_side_is_content() -> None:
    plaintext = Plaintext()
    sizes = []
    for side, size in ((C, CONTENT_LIMIT - 5), (C, 3), (S, 7), (C, 9), (C, 1), (S, CONTENT_LIMIT), (S, 1)):
        sizes.append([(one.side, len(one.data)) for one in plaintext.data(side, b"x" * size)])  # type: ignore[union-attr]
    assert sizes == [[(C, CONTENT_LIMIT - 5)], [(C, 3)], [(S, 7)], [(C, 2)], [], [(S, CONTENT_LIMIT - 7)], []]
