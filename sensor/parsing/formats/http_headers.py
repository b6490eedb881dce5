"""Start lines and header fields of the HTTP family (HTTP/1.x, RTSP, SIP, SSDP over HTTP).

The grammar is that of RFC 9112 (and RFC 5322 before it), read the way devices write it: bare line feeds, folded lines
and blanks around the colon are taken; nothing that could be read as two different messages is guessed at.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass

MAX_FIELDS = 256
"""Header lines stored of one message: common servers refuse more than 100."""

MAX_START_LINE = 16 * 1024
"""Bytes of a request line: twice what common servers take (8 KiB), for the query strings that sensors post."""

REMEMBERED = 512
"""Header blocks whose meaning is remembered: what the devices of a home poll with."""

REMEMBERED_BYTES = 4096
"""Longest of them, so that all of them take some megabytes; polls are some hundred bytes long."""

KNOWN_LINES = 1024
"""Header lines whose name and value are remembered, of the fields in `_PLAIN_FIELDS`."""

LINE_LIMIT = 256
"""Longest of them, so that all of them take half a megabyte."""

_PLAIN_FIELDS = frozenset(
    {
        *("accept", "accept-charset", "accept-encoding", "accept-language", "accept-ranges", "allow", "cache-control"),
        *("access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods"),
        *("access-control-allow-origin", "access-control-expose-headers", "access-control-max-age", "connection"),
        *("content-encoding", "content-language", "content-length", "content-type", "expect", "host", "keep-alive"),
        *("pragma", "server", "te", "transfer-encoding", "upgrade", "user-agent", "vary", "via"),
        *("x-content-type-options", "x-frame-options", "x-powered-by", "x-xss-protection"),
    }
)
"""Fields that carry no secret and come again as they are (RFC 9110, 9111, 9112, Fetch): a line of another field, a
cookie or a date, is not remembered."""

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
"""RFC 9110 §5.6.2 tchar."""

_REQUEST = expression(rb"(" + TOKEN + rb"{1,32})[ \t]+(\S.*?)[ \t]+([A-Z]{3,8})/(\d)\.(\d)\s*")
_PLAIN_METHODS = {
    method: method.decode() for method in (b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"OPTIONS", b"PATCH")
}
_PLAIN_VERSIONS = {b"HTTP/1.1": (1, 1), b"HTTP/1.0": (1, 0)}
_STATUS = expression(rb"([A-Z]{3,8})(?:/(\d)\.(\d))?[ \t]+(\d{3})(?:[ \t].*)?\s*", re.DOTALL)


def text(data: bytes) -> str:
    r"""Bytes as text: UTF-8, and what is not is shown as ``\xNN``."""
    return data.decode("utf-8", "backslashreplace")


def decode_latin(data: bytes) -> str:
    """Bytes as text from which `raw` makes the same bytes again."""
    return data.decode("utf-8", "surrogateescape")


def raw(value: str) -> bytes:
    """Text back into its bytes; half a surrogate pair, which JSON may spell, becomes its escape."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "backslashreplace")


def shown(value: str) -> str:
    """Text that may hold stray bytes or halves of surrogate pairs as text that can be written."""
    return value if value.isascii() else text(raw(value))


_ESCAPE = expression(rb"%([0-9A-Fa-f]{2})")


def unquote(value: str, *, plus: bool = False) -> str:
    """Percent-encoding undone (RFC 3986 §2.1; ``plus``: as forms write blanks), stray bytes `decode_latin`."""
    if value.isascii() and "%" not in value:
        return value.replace("+", " ") if plus else value
    data = raw(value)
    if plus:
        data = data.replace(b"+", b" ")
    return decode_latin(_ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), data))


@dataclass(frozen=True, slots=True)
class RequestLine:
    """``method`` as sent, ``target`` raw, ``protocol`` such as ``HTTP``, ``version`` as (1, 1)."""

    method: str
    target: bytes
    protocol: str
    version: tuple[int, int]


@dataclass(frozen=True, slots=True)
class StatusLine:
    """``protocol`` such as ``HTTP``, ``RTSP``, ``ICY`` (which has no version: (1, 0) stands for it), ``code`` 100 to
    999."""

    protocol: str
    version: tuple[int, int]
    code: int


class Fields:
    """Header fields in order. Names are compared in lower case; values are the raw bytes without the blanks around
    them."""

    __slots__ = ("_first", "items", "shared")

    def __init__(self, items: list[tuple[str, bytes]]) -> None:
        self.items = items
        self.shared = False
        """The next block with the same bytes gives this very object."""
        self._first = dict(reversed(items))

    def all(self, name: str) -> list[bytes]:
        """Every value of a field, in order."""
        return [value for key, value in self.items if key == name] if name in self._first else []

    def has(self, names: frozenset[str]) -> bool:
        """Whether any of these fields is there."""
        return not names.isdisjoint(self._first)

    def raw(self, name: str) -> bytes | None:
        """The first value of a field."""
        return self._first.get(name)

    def get(self, name: str) -> str | None:
        """The first value as text, None where the field is absent or blank."""
        value = self._first.get(name)
        return value.decode("utf-8", "backslashreplace") if value else None

    def tokens(self, name: str) -> list[str]:
        """The comma-separated words of all values of a field, lower case (RFC 9110 §5.6.1)."""
        if name not in self._first:
            return []
        return [word.strip().lower() for value in self.all(name) for word in text(value).split(",") if word.strip()]


@lru_cache(REMEMBERED)
def request_line(line: bytes) -> RequestLine | None:
    """A line as ``METHOD target PROTOCOL/1.1``; None if it is none."""
    words = line.split(b" ")
    if (
        len(words) == 3
        and words[0] in _PLAIN_METHODS
        and words[2] in _PLAIN_VERSIONS
        and words[1].split() == [words[1]]
    ):
        # As below, without a look at each byte.
        return RequestLine(_PLAIN_METHODS[words[0]], words[1], "HTTP", _PLAIN_VERSIONS[words[2]])
    found = _REQUEST.fullmatch(line)
    if not found:
        return None
    word, target, protocol, major, minor = found.groups()
    return RequestLine(word.decode("ascii"), target, protocol.decode("ascii"), (int(major), int(minor)))


@lru_cache(REMEMBERED)
def status_line(line: bytes) -> StatusLine | None:
    """A line as ``PROTOCOL/1.1 200 reason`` (or Shoutcast's ``ICY 200 OK``); None if it is none."""
    found = _STATUS.fullmatch(line)
    if not found or (found[2] is None and found[1] != b"ICY"):
        return None
    version = (int(found[2]), int(found[3])) if found[2] is not None else (1, 0)
    return StatusLine(found[1].decode("ascii"), version, int(found[4]))


def head_end(buffer: bytes | bytearray, start: int = 0) -> int | None:
    """Where the header block ends (after its empty line), looking from ``start``; None if it has not ended."""
    best = -1
    for mark in (b"\n\r\n", b"\n\n"):
        found = buffer.find(mark, start)
        if found >= 0 and (best < 0 or found + len(mark) < best):
            best = found + len(mark)
    return best if best >= 0 else None


def parse_head(block: bytes) -> tuple[bytes, Fields]:
    """A header block as its start line and read-only fields. Lines without a colon are passed over."""
    return _shared(block) if len(block) <= REMEMBERED_BYTES else _read(block)


@lru_cache(REMEMBERED)
def _shared(block: bytes) -> tuple[bytes, Fields]:
    line, fields = _read(block)
    fields.shared = True
    return line, fields


def _read(block: bytes) -> tuple[bytes, Fields]:
    lines = block.split(b"\n", MAX_FIELDS + 1)[: MAX_FIELDS + 1]
    items: list[tuple[str, bytes]] = []
    for raw in lines[1:]:
        known = _lines.get(raw)
        if known is not None:
            items.append(known)
            continue
        line = raw.removesuffix(b"\r")
        if not line:
            continue
        if line[:1] in (b" ", b"\t") and items:
            # RFC 9112 §5.2: a folded line continues the value before it.
            items[-1] = (items[-1][0], (items[-1][1] + b" " + line.strip())[:MAX_START_LINE])
            continue
        name, colon, value = line.partition(b":")
        if colon:
            field = (name.strip().decode("latin-1").lower(), value.strip())
            items.append(field)
            if field[0] in _PLAIN_FIELDS and len(raw) <= LINE_LIMIT and line[:1] not in (b" ", b"\t"):
                if len(_lines) >= KNOWN_LINES:
                    _lines.clear()
                _lines[raw] = field
    return lines[0].removesuffix(b"\r"), Fields(items)


_lines: dict[bytes, tuple[str, bytes]] = {}
"""The fields of `KNOWN_LINES`, by their lines."""


def field_name(name: str) -> str:
    """A field's name as messages write it: ``Proxy-Authorization``."""
    return "-".join(word.capitalize() for word in name.split("-"))


def media_type(value: str | None) -> tuple[str | None, dict[str, str]]:
    """``type/subtype`` of a Content-Type in lower case, and its parameters (RFC 9110 §8.3.1). Nobody may change them:
    they are shared.
    """
    if not value:
        return None, {}
    return _media_type(value) if len(value) <= LINE_LIMIT else _read_media_type(value)


def _read_media_type(value: str) -> tuple[str | None, dict[str, str]]:
    kind, _, rest = value.partition(";")
    parameters: dict[str, str] = {}
    for part in rest.split(";")[:8]:
        name, equals, content = part.partition("=")
        if equals:
            parameters.setdefault(name.strip().lower(), content.strip().strip('"'))
    return kind.strip().lower()[:100] or None, parameters


_media_type = lru_cache(128)(_read_media_type)
