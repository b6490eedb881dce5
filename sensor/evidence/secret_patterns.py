"""Patterns of secrets: header fields, parameters and commands that hold them, packed bodies.

A second net under the values that were found: it covers what a run found too often to remember it, and what no parser
found at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.evidence.packet import ByteRange
from sensor.lazy_pattern import expression

_SECRET = (
    rb"pass(?:w(?:or)?d|phrase|code|wort)?|pwd|psk|pin|wpa[_-]?key|secret|token|(?:api|app|access|private)[_-]?key|auth(?!or|en)"
    rb"|sess(?:ion)?(?:[_-]?id)?|sid|credentials?|otp|nonce|response"
)
_HEADER = rb"(?:proxy-)?authori[sz]ation|(?:set-)?cookie2?|[\w-]*(?:token|api-?key|auth|session|secret|password)[\w-]*"
_SCHEME = rb"(?:basic|bearer|digest|negotiate|ntlm|apikey|token)[ \t]+"
_MECHANISM = rb"(?:plain|login|cram-md5|digest-md5|scram-sha-\d{1,3}|ntlm|xoauth2|external)[ \t\r\n]+"
_PATTERNS = (
    # Header fields that are secrets (RFC 9110 11.6, RFC 6265).
    expression(
        rb"(?im)^(?!(?:www|proxy)-authenticate)(?:" + _HEADER + rb")[ \t]*:[ \t]*(?:" + _SCHEME + rb")?([^\r\n]+)"
    ),
    # Parameters and members: name, separator, value.
    expression(
        rb"(?i)(?:"
        + _SECRET
        + rb")[\w\]]{0,8}(?:\\?[\"'])?[ \t]{0,2}[:=>][ \t]{0,2}(?:\\?[\"'])?([^\"'&<>\r\n;,\\\s]{1,512})"
    ),
    # Commands of line protocols (RFC 959, 1939, 3501, 4954, 1459; RESP).
    expression(
        rb"(?im)^(?:\w{1,8} )?(?:pass|auth|login|acct|oper|nickserv identify|authenticate)[ \t]+(?:"
        + _MECHANISM
        + rb")?([^\r\n]+)"
    ),
    # The target of a redirect may carry a ticket.
    expression(rb"(?im)^location[ \t]*:[^\r\n?]*\?([^\r\n]+)"),
    # User information in a URL (RFC 3986 3.2.1).
    expression(rb"://([^\s/@:]{1,128}:[^\s/@]{1,256})@"),
)
_HEAD = expression(
    rb"[A-Z]{3,10} [^\r\n]{1,4096}(?:HTTP|RTSP|SIP|ICAP)/\d|(?:HTTP|RTSP|SIP|ICAP)/\d\.\d \d{3}|SIP/2", re.I
)
_PACKED_HEADER = expression(rb"(?im)^content-encoding[ \t]*:[ \t]*(?!identity)\S")
_PACKED = expression(rb"\x1f\x8b\x08|(?<=\r\n\r\n)x[\x01\x5e\x9c\xda]|PK\x03\x04|BZh\d|\xfd7zXZ|\x28\xb5\x2f\xfd")

_RANDOM = expression(rb"[A-Za-z0-9+_]{12,}")
_CLASS_CHANGES = expression(rb"(?=[a-z][^a-z]|[A-Z][^A-Z]|[0-9][^0-9])")
"""Changes between lower case, upper case and digits: a random word has one at every second letter, a name has few."""
_MQTT = expression(rb"\x10.{1,4}\0(?:\x04MQTT|\x06MQIsdp)[\x03-\x05]([\x40-\x7f\xc0-\xff])", re.S)

CONTENT_HEAD = 12
"""Bytes of a picture, a recording or a file that stay: its magic, an RTP header (RFC 3550 5.1)."""


def secret_ranges(data: bytes) -> Iterator[ByteRange]:
    """Ranges of what is secret by its form, and of packed data, which cannot be read."""
    for net in _PATTERNS:
        for found in net.finditer(data):
            yield found.span(1)
    for found in _RANDOM.finditer(data):
        # A random word: a key, a token or the number of one device.
        if 4 * len(_CLASS_CHANGES.findall(found[0])) >= len(found[0]):
            yield found.span()
    connect = _MQTT.match(data)
    if connect is not None:
        # Its last field is the password (MQTT 3.1.1 3.1.3).
        size = next(
            (
                n
                for n in range(len(data) - connect.end() - 2)
                if data[len(data) - n - 2 : len(data) - n] == n.to_bytes(2, "big")
            ),
            len(data),
        )
        yield max(connect.end(), len(data) - size), len(data)
    yield from _random_ranges(data)
    if _PACKED_HEADER.search(data) and (content_range := data.find(b"\r\n\r\n")) >= 0:
        yield content_range + 4, len(data)
    packed = _PACKED.search(data)
    if packed is not None:
        yield packed.end(), len(data)


def _random_ranges(data: bytes) -> Iterator[ByteRange]:
    """Ranges that look like keys, hashes and ciphertext: 16 bytes with many non-text bytes and few equal ones.

    Records of TLS name their type in the clear, so they are left.
    """
    if data[:1] in (b"\x14", b"\x15", b"\x16", b"\x17") and data[1:2] in (b"\x03", b"\xfe"):
        return
    for at in range(0, max(1, len(data) - 15), 8):
        block = data[at : at + 16]
        if len(block.translate(None, _TEXT)) >= 6 and block.count(0) <= 1 and len(set(block)) >= 11:
            yield at, min(at + 24, len(data))


_TEXT = bytes((9, 10, 13, *range(32, 127)))


def begins_message(data: bytes) -> bool:
    """Whether the data begins with the first line of a text protocol's message."""
    return _HEAD.match(data) is not None


def content_range(data: bytes) -> ByteRange:
    """Range of a message's content: after the head of a text protocol, else after `CONTENT_HEAD` bytes."""
    head = _HEAD.match(data)
    if head is not None and (end := data.find(b"\r\n\r\n")) >= 0:
        return min(end + 4 + CONTENT_HEAD, len(data)), len(data)
    if head is not None:
        return len(data), len(data)
    return min(CONTENT_HEAD, len(data)), len(data)
