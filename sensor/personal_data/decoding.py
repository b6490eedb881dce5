"""Bytes into themselves and what is encoded in them (URL escapes, base64, hex, gzip, deflate, UTF-16), nested to a fixed depth and within a budget."""

from __future__ import annotations

import binascii
import re
import zlib
from collections import deque
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import islice

from sensor.personal_data.multipattern import Search

DEPTH = 3
"""Encodings in one another that are undone: base64 of gzip in a URL is three; deeper nesting hides data from people, too."""

BUDGET = 512 * 1024
"""Decoded bytes of one object that are looked at, besides the object itself: twice what is kept of an object."""

TOKENS = 64
"""Pieces of wide text that are undone in one layer: a message has a few."""

TRIED = 512
"""Words of one layer that are tried for being encoded: most long words are only long."""

LAYERS = 256
"""Layers of one object that are looked at: what is encoded in more pieces is a list of pictures or an attack."""

GROWTH = 256 * 1024
"""Bytes that one compressed piece may grow to: what is kept of an object as it is."""

Layer = tuple[tuple[str, ...], bytes]
"""Names of the encodings, outermost first (none: the bytes as they are), and the bytes within."""

ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
ENCODED = re.compile(rb"(?<![A-Za-z0-9+/_\-])[A-Za-z0-9+/_\-]{20,65536}={0,2}")
"""A run in the alphabet of base64 (RFC 4648 4, 5), which holds that of hex: from 20 characters on, which is an address for mail of 15."""

HEX = re.compile(rb"(?:[0-9a-f]{2}){10,32768}|(?:[0-9A-F]{2}){10,32768}")
WIDE = re.compile(rb"(?:[\x20-\x7e\r\n\t]\x00){8,16384}")
"""Text of two bytes a character, as Windows and Java write it (UTF-16, little end first)."""

RUNS = {"encoded": rb"[A-Za-z0-9+/_-]{20}"}
WIDE_RUNS = {"wide": rb"(?:[\x20-\x7e\r\n\t]\x00){8}"}
"""What must stand somewhere before it is worth looking for pieces: most bytes have neither."""

PLAIN = bytes([9, 10, 13, *range(32, 127)])
READABLE = 0.9
"""Share of readable bytes from which a decoded piece was meant to be text: letters of other alphabets are two bytes of UTF-8 each, so some room is left."""

URL_SAFE = bytes.maketrans(b"-_", b"+/")


def readable(data: bytes) -> bool:
    """Whether the beginning of ``data`` is text."""
    head = data[:256]
    if len(head) < 6:
        return False
    try:
        text = head.decode("utf-8")
        if text.isprintable():
            return True
    except UnicodeDecodeError:
        pass
    return 1 - len(head.translate(None, PLAIN)) / len(head) >= READABLE


@lru_cache(2)
def opened(data: bytes) -> tuple[Layer, ...]:
    """All `layers` of it: who looks at the same bytes next need not undo them again."""
    return tuple(layers(data))


def layers(data: bytes) -> Iterator[Layer]:
    """``data`` itself with no encoding, then what is inside it, breadth first."""
    yield (), data
    waiting: deque[Layer] = deque([((), data)])
    budget = BUDGET
    seen = {data}
    while waiting and budget > 0:
        names, outer = waiting.popleft()
        if len(names) >= DEPTH:
            continue
        for name, inner in _inside(outer):
            inner = inner[:budget]
            if inner in seen:
                continue
            seen.add(inner)
            budget -= len(inner)
            layer = ((*names, name), inner)
            yield layer
            waiting.append(layer)
            if budget <= 0 or len(seen) > LAYERS:
                return


def _inside(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What one step of decoding makes of ``data``."""
    unpacked = _unpacked(data)
    if unpacked is not None:
        yield unpacked
        return
    if b"%" in data and ESCAPE.search(data):
        yield "url", ESCAPE.sub(_unescaped, data)
    if b"\0" in data and _search("wide").any(data):
        for wide in islice(WIDE.finditer(data), TOKENS):
            yield "utf-16", wide[0][::2]
    if not _search("encoded").any(data):
        return
    for token in islice(ENCODED.finditer(data), TRIED):
        for piece in _pieces(token[0]):
            found = _token(piece)
            if found is not None:
                yield found


@cache
def _search(name: str) -> Search:
    return Search(WIDE_RUNS if name == "wide" else RUNS)


def _unpacked(data: bytes) -> tuple[str, bytes] | None:
    """gzip (RFC 1952) or zlib (RFC 1950, which HTTP calls deflate), as far as it goes."""
    if data[:3] == b"\x1f\x8b\x08":
        name, bits = "gzip", 31
    elif len(data) > 8 and data[0] == 0x78 and (data[0] << 8 | data[1]) % 31 == 0:
        name, bits = "deflate", 15
    else:
        return None
    try:
        out = zlib.decompressobj(bits).decompress(data, GROWTH)
    except zlib.error:
        return None
    return (name, out) if out else None


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[0][1:], 16),))


def _pieces(token: bytes) -> Iterator[bytes]:
    """The run itself; in a path also its longest step, for the alphabet has the path's own sign."""
    yield token
    if b"/" in token:
        longest = max(token.split(b"/"), key=len)
        if 20 <= len(longest) < len(token):
            yield longest


def _token(token: bytes) -> tuple[str, bytes] | None:
    if HEX.fullmatch(token):
        found = bytes.fromhex(token.decode())
        return ("hex", found) if _meant(found) else None
    plain = token.rstrip(b"=").translate(URL_SAFE)
    if not _meant(_base64(plain[:128])):
        return None
    return "base64", _base64(plain)


def _base64(plain: bytes) -> bytes:
    """As much as decodes: a cut run may end within four characters."""
    try:
        return binascii.a2b_base64(plain[: len(plain) // 4 * 4] + _rest(plain))
    except binascii.Error:
        return b""


def _rest(plain: bytes) -> bytes:
    rest = plain[len(plain) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _meant(found: bytes) -> bool:
    """Whether somebody encoded this: it is text or compressed, or again encoded."""
    return readable(found) or found[:3] == b"\x1f\x8b\x08" or WIDE.match(found) is not None or _deflated(found)


def _deflated(found: bytes) -> bool:
    return len(found) > 8 and found[0] == 0x78 and found[1] in (0x01, 0x5E, 0x9C, 0xDA) and _unpacked(found) is not None
