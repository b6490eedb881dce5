"""Values in bodies of JSON and forms: all of a body but its keys.

What a value means no pattern can know (a street, a positional password, a key of one letter), so that of what is
structured only its structure stays to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.evidence.packet import ByteRange
from sensor.lazy_pattern import expression

_START = rb"(?:[A-Z_-]{3,32} [^\r\n]{1,8192} (?:HTTP|RTSP|SIP|ICAP)/\d\.\d|(?:HTTP|RTSP|SIP|ICAP)/\d\.\d \d{3}[^\r\n]*)"
_HEAD = expression(_START + rb"\r?\n(?:[^\r\n]+\r?\n){0,128}\r?\n")
"""A message's head with its blank line (RFC 9112 2.1), which longer ones are not searched for."""

_NEXT_HEAD = expression(rb"(?:(?<=[\n}\]])|\A)(?=" + _HEAD.pattern + rb")")
"""Where one begins that no length announces."""

_LENGTH = expression(rb"(?im)^content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?$")
_FORM = expression(rb"(?im)^content-type[ \t]*:[ \t]*application/x-www-form-urlencoded")
_MULTIPART = expression(rb"(?im)^content-type[ \t]*:[ \t]*multipart/form-data")
_JSON = expression(rb"(?im)^content-type[ \t]*:[ \t]*[\w.+/-]*json")

_FORM_SHAPE = expression(rb"[\w.\[\]%+-]{1,64}=[^\s&=]{0,4096}(?:&[\w.\[\]%+-]{1,64}=[^\s&=]{0,4096})*\s*\Z")
_JSON_SHAPE = expression(rb"\s*(?:[0-9A-Fa-f]{1,8}\r\n\s*)?[\[{]")
"""A body that begins as JSON, or with a chunk that does."""

_JSON_BEGINS = expression(rb'\{\s*"[^"\r\n]{1,128}"\s*:|\[\s*(?:"|\[|\{\s*["}]|-?\d+(?:\.\d+)?\s*,)')
"""JSON in what is no such message (MQTT, a WebSocket, a line of a log)."""

_JSON_GOES_ON = expression(rb'["\d\]}]\s*,\s*"[^"\\\r\n]{1,128}"\s*:|\\?"\s*:\s*(?:\\?"|[\[{\d-])')
"""The middle of JSON, where a segment begins in it."""

_JSON_TOKEN = expression(
    rb'"[^"\\\r\n]{1,64}"(?=\s{0,4}:)'  # a key
    rb"|[\[\]{}:,\s]+|(?:true|false|null)(?![^\[\]{}:,\s])"  # structure, and values that say nothing of anybody
    rb'|"(?P<string>(?:[^"\\]+|\\.)*)(?:"|\\?\Z)'
    rb'|(?P<other>[^\[\]{}:,\s"]+|")',
    re.S,
)

_FORM_VALUE = expression(rb"=([^&\r\n]+)")
_PART = expression(rb"(?i)content-disposition[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n")


def body_ranges(data: bytes) -> Iterator[ByteRange]:
    """Ranges of values in bodies of JSON and forms; ``data`` may begin or end in the middle of one."""
    at = 0
    while at < len(data):
        found = _HEAD.match(data, at)
        if found is None:
            next_head = _next_head(data, at + 1)
            yield from _unframed(data, at, next_head)
            at = next_head
            continue
        length = _LENGTH.search(found[0])
        end = _next_head(data, found.end()) if length is None else min(len(data), found.end() + int(length[1]))
        yield from _body(data, found.end(), end, found[0])
        at = end


def _next_head(data: bytes, start: int) -> int:
    found = _NEXT_HEAD.search(data, start)
    return found.start() if found else len(data)


def _body(data: bytes, start: int, end: int, head: bytes) -> Iterator[ByteRange]:
    body = data[start:end]
    if _MULTIPART.search(head):
        yield from _parts(data, start, end)
    elif _FORM.search(head) or _FORM_SHAPE.match(body):
        yield from (found.span(1) for found in _FORM_VALUE.finditer(data, start, end))
    elif _JSON.search(head) or _JSON_SHAPE.match(body):
        yield from _json(data, start, end)
    else:
        yield from _unframed(data, start, end)


def _unframed(data: bytes, start: int, end: int) -> Iterator[ByteRange]:
    """What is in no message, or in a body of another kind: JSON in it, from where it begins."""
    begins = _JSON_BEGINS.search(data, start, end)
    if _JSON_GOES_ON.search(data, start, begins.start() if begins else end):
        yield from _json(data, start, end)
    elif begins:
        yield from _json(data, begins.start(), end)
    elif _FORM_SHAPE.match(data[start:end]):
        yield from (found.span(1) for found in _FORM_VALUE.finditer(data, start, end))


def _json(data: bytes, start: int, end: int) -> Iterator[ByteRange]:
    for found in _JSON_TOKEN.finditer(data, start, end):
        if found.lastgroup is not None:
            yield found.span(found.lastgroup)


def _parts(data: bytes, start: int, end: int) -> Iterator[ByteRange]:
    """Of a multipart form the heads of its parts and its boundaries stay (RFC 7578)."""
    for found in _PART.finditer(data, start, end):
        boundary = data.find(b"\r\n--", found.end(), end)
        yield found.end(), end if boundary < 0 else boundary
