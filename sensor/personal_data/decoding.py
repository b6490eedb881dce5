"""Decoding of content: URL escapes, base64, hex, gzip, deflate and UTF-16, nested.

Input is one object, output its layers: the bytes themselves, then each piece that decodes to text or compressed data.
A piece that decodes to anything else was not encoded on purpose and is left alone. `sensor.evidence.encoded_forms`
has the opposite rule: for masking, each possible reading counts, and where its bytes stand.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict, deque
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import chain, islice
from urllib.parse import unquote_to_bytes

from sensor.lazy_pattern import expression
from sensor.personal_data.base64_runs import decode_run
from sensor.personal_data.multipattern import PatternSearch
from sensor.reserves import usual

MAX_DEPTH = 3
"""Nested encodings that are undone: base64 of gzip in a URL is three."""

BUDGET = 512 * 1024
"""Decoded bytes of one object that are examined, besides the object itself: twice what is stored of an object."""

MAX_UTF16_RUNS = 64
"""UTF-16 runs that are decoded in one layer: a message has a few."""

MAX_CANDIDATES = 512
"""Words of one layer that are tried as base64 or hex: most long words are only long."""

MAX_LAYERS = 256
"""Layers of one object that are examined: an object with more is a list of pictures or an attack."""

MAX_INFLATED = 256 * 1024
"""Bytes that one compressed piece may grow to: as many as are stored of an object, and no more than is usual."""

REMEMBERED, REMEMBERED_BYTES = 1024, 256
"""Words whose decoding is remembered, and the longest of them: keys and ids come with each poll."""

Layer = tuple[tuple[str, ...], bytes]
"""Names of the encodings, outermost first (empty: the bytes as they are), and the decoded bytes."""

ESCAPE = expression(rb"%[0-9A-Fa-f]{2}")
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
"""Those of base64 (RFC 4648 4, 5), which include that of hex."""

MIN_RUN, MAX_RUN = 20, 65_536
"""Characters of a run in that alphabet: at least an e-mail address of 15 characters."""

_BLANKED = bytes(byte if byte in ALPHABET else 32 for byte in range(256))

HEX_LOWER, HEX_UPPER = b"0123456789abcdef", b"0123456789ABCDEF"
UTF16_TEXT = expression(rb"(?:[\x20-\x7e\r\n\t]\x00){8,16384}")
"""UTF-16 little-endian text in ASCII, as Windows and Java write it."""

SIGNS = {"base64": rb"[A-Za-z0-9+/_-]{20}", "utf-16": rb"(?:[\x20-\x7e\r\n\t]\x00){8}"}
"""What stands where something may be encoded: most objects have neither, so they are not searched for pieces."""

TEXT_BYTES = bytes([9, 10, 13, *range(32, 127)])
CONTROL_BYTES = bytes([*range(32), 127])
TEXT_SHARE = 0.9
"""Share of text bytes from which a decoded piece counts as text.

Letters of other alphabets are two bytes of UTF-8 each, so some room is left.
"""


def is_text(data: bytes) -> bool:
    """Whether the beginning of ``data`` is text."""
    head = data[:256]
    if len(head) < 6:
        return False
    if 1 - len(head.translate(None, TEXT_BYTES)) / len(head) >= TEXT_SHARE:
        return True
    # What remains is letters of other alphabets; a control character alone makes a text unprintable.
    if head.isascii() or len(head.translate(None, CONTROL_BYTES)) < len(head):
        return False
    try:
        return head.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


RECENT = 2
"""Objects whose layers are remembered."""

_recent: OrderedDict[bytes, tuple[Layer, ...]] = OrderedDict()


def cached_layers(data: bytes, signs: frozenset[str] | None = None) -> tuple[Layer, ...]:
    """All `layers` of ``data``, cached for the detectors that examine the same object one after the other. ``signs``:
    those of `SIGNS` that may match in it, where that is known.
    """
    if signs is not None and not signs and data[:1] not in COMPRESSED and b"%" not in data:
        return (((), data),)
    found = _recent.get(data)
    if found is None:
        pieces = _decode_once(data, signs)
        first = next(pieces, None)
        # Most objects hold nothing that is encoded.
        found = (((), data),) if first is None else tuple(_layers(data, chain((first,), pieces)))
        _recent[data] = found
        if len(_recent) > RECENT:
            _recent.popitem(last=False)
    return found


def layers(data: bytes, signs: frozenset[str] | None = None) -> Iterator[Layer]:
    """``data`` itself with no encoding, then the decoded layers, breadth first."""
    return _layers(data, _decode_once(data, signs))


def _layers(data: bytes, pieces: Iterator[tuple[str, bytes]]) -> Iterator[Layer]:
    """``pieces``: what one step decodes of ``data``."""
    yield (), data
    queue: deque[Layer] = deque([((), data)])
    budget = BUDGET
    seen = {data}
    while queue and budget > 0:
        names, outer = queue.popleft()
        if len(names) >= MAX_DEPTH:
            continue
        for name, inner in _decode_once(outer, None) if names else pieces:
            inner = inner[:budget]
            if inner in seen:
                continue
            seen.add(inner)
            budget -= len(inner)
            layer = ((*names, name), inner)
            yield layer
            queue.append(layer)
            if budget <= 0 or len(seen) > MAX_LAYERS:
                return


def _decode_once(data: bytes, signs: frozenset[str] | None) -> Iterator[tuple[str, bytes]]:
    """(encoding, decoded bytes) for each piece of ``data`` that one step decodes."""
    if data[:1] in COMPRESSED:
        unpacked = _decompress(data)
        if unpacked is not None:
            yield unpacked
            return
    if b"%" in data and ESCAPE.search(data):
        yield "url", unquote_to_bytes(data)
    if signs is None:
        signs = _sign_search().hits_and_signs(data)[1]
    if "utf-16" in signs:
        for run in islice(UTF16_TEXT.finditer(data), MAX_UTF16_RUNS):
            yield "utf-16", run[0][::2]
    if "base64" not in signs:
        return
    for word in islice(_runs(data), MAX_CANDIDATES):
        found = _decode_known(word) if len(word) <= REMEMBERED_BYTES else _decode_candidate(word)
        if found is not None:
            yield found
        if b"/" in word:
            # In a path also its longest segment, because ``/`` is in the alphabet of base64.
            longest = max(word.split(b"/"), key=len)
            if MIN_RUN <= len(longest) < len(word):
                found = _decode_known(longest) if len(longest) <= REMEMBERED_BYTES else _decode_candidate(longest)
                if found is not None:
                    yield found


@cache
def _sign_search() -> PatternSearch:
    return PatternSearch({}, signs=SIGNS, stored_as="signs")


COMPRESSED = (b"\x1f", b"\x78")
"""What it begins with, as `_decompress` wants it."""


def _decompress(data: bytes) -> tuple[str, bytes] | None:
    """gzip (RFC 1952) or zlib (RFC 1950, which HTTP calls deflate); cut data gives as much as it holds."""
    if data[:3] == b"\x1f\x8b\x08":
        name, bits = "gzip", 31
    elif len(data) > 8 and data[0] == 0x78 and (data[0] << 8 | data[1]) % 31 == 0:
        name, bits = "deflate", 15
    else:
        return None
    try:
        out = zlib.decompressobj(bits).decompress(data, min(MAX_INFLATED, usual(len(data))))
    except zlib.error:
        return None
    return (name, out) if out else None


def _runs(data: bytes) -> Iterator[bytes]:
    """The runs in `ALPHABET`, each with the padding behind it: what is in no run is split away, which is ten times as
    fast as an expression.
    """
    at = 0
    for word in data.translate(_BLANKED).split():
        if len(word) < MIN_RUN:
            continue
        # The first run so long behind the last one is this one, so its bytes stand nowhere before.
        start = data.find(word, at)
        at = start + len(word)
        if len(word) > MAX_RUN:
            yield word[:MAX_RUN]
        elif data[at : at + 1] == b"=":
            at += 1 + (data[at + 1 : at + 2] == b"=")
            yield data[start:at]
        else:
            yield word


@lru_cache(REMEMBERED)
def _decode_known(token: bytes) -> tuple[str, bytes] | None:
    return _decode_candidate(token)


def _decode_candidate(token: bytes) -> tuple[str, bytes] | None:
    if len(token) % 2 == 0 and not (token.translate(None, HEX_LOWER) and token.translate(None, HEX_UPPER)):
        found = bytes.fromhex(token.decode())
        return ("hex", found) if _is_meaningful(found) else None
    plain = token.rstrip(b"=")
    if not _is_meaningful(decode_run(plain[:128])):
        return None
    return "base64", decode_run(plain)


def _is_meaningful(found: bytes) -> bool:
    """Whether the decoded bytes were encoded on purpose: they are text, compressed data or UTF-16."""
    return is_text(found) or found[:3] == b"\x1f\x8b\x08" or UTF16_TEXT.match(found) is not None or _is_deflate(found)


def _is_deflate(found: bytes) -> bool:
    return (
        len(found) > 8 and found[0] == 0x78 and found[1] in (0x01, 0x5E, 0x9C, 0xDA) and _decompress(found) is not None
    )
