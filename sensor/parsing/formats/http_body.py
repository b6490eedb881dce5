"""HTTP bodies: bounded storage, content codings, multipart forms (RFC 9110 §8.4, RFC 7578)."""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

import brotli
import zstandard

from sensor.events import DATA_LIMIT
from sensor.lazy_pattern import expression
from sensor.parsing.formats.http_headers import decode_latin, media_type, parse_head, text
from sensor.reserves import UnpackingReserve

MEDIA_LIMIT = 64 * 1024
"""Bytes stored of pictures, sound and film: magic, EXIF (at most one 64 KiB segment) and the first frames stand
there."""

MAX_CODINGS = 3
"""Content codings undone one after the other: one is usual, two are an accident."""

BOMB_RATIO = 200
"""Growth from which a body that fills the bound is reported as a bomb: text shrinks to a tenth, deflate's own limit
is 1032."""

MAX_PARTS = 64
"""Parts of a form that are read: set-up pages have about ten."""

PIECE_LIMIT = 8 * 1024
"""Bytes of one form field: passwords and names, not files."""


class Body:
    """The beginning of a body as it crossed, and how much of it there was. ``start`` is its offset in the side's
    stream."""

    __slots__ = ("_limit", "data", "lost", "size", "start")

    def __init__(self, start: int, kind: str | None) -> None:
        self.start = start
        self.data = bytearray()
        self.size = 0
        self.lost = 0
        self._limit = (
            MEDIA_LIMIT
            if (kind or "").startswith(("image/", "audio/", "video/", "multipart/x-mixed-replace"))
            else DATA_LIMIT
        )

    @property
    def full(self) -> bool:
        """Nothing more is stored: the bound is reached, or a piece is missing and what follows has lost its place."""
        return len(self.data) >= self._limit or bool(self.lost)

    def add(self, piece: bytes) -> None:
        """The next bytes."""
        self.size += len(piece)
        if not self.full:
            self.data += piece[: self._limit - len(self.data)]

    def lose(self, count: int) -> None:
        """The next ``count`` bytes did not come."""
        self.size += count
        self.lost += count

    def passed(self, count: int) -> None:
        """The next ``count`` bytes crossed but were not looked at."""
        self.size += count


def _inflate(data: bytes, limit: int, bits: int) -> bytes:
    engine = zlib.decompressobj(bits)
    try:
        return engine.decompress(data, limit)
    except zlib.error:
        return b""


def _gzip(data: bytes, limit: int) -> bytes:
    return _inflate(data, limit, 16 + zlib.MAX_WBITS)


def _deflate(data: bytes, limit: int) -> bytes:
    # RFC 9110 §8.4.1.2: zlib's format is meant, raw deflate is what some send.
    return _inflate(data, limit, zlib.MAX_WBITS) or _inflate(data, limit, -zlib.MAX_WBITS)


_WINDOW_19 = 0b0101
"""A window of 2 to the 19th; greater codes with the lowest bit set are greater windows."""


def _narrowed(data: bytes) -> bytes:
    """Brotli with a window of at most 512 KiB (RFC 7932 9.1). The decoder fills its window before it gives anything,
    up to 16 MiB for a body of a few bytes; what is read of a body lies within the first of these.
    """
    return (
        bytes((data[0] & 0xF0 | _WINDOW_19,)) + data[1:]
        if data and data[0] & 1 and data[0] & 0xF > _WINDOW_19
        else data
    )


def _brotli(data: bytes, limit: int) -> bytes:
    try:
        return bytes(brotli.Decompressor().process(_narrowed(data), output_buffer_limit=limit))[:limit]
    except brotli.error:
        return b""


def _zstd(data: bytes, limit: int) -> bytes:
    try:
        # RFC 8878 §3.1.1.1.2 and RFC 9659: a window of at most 8 MiB.
        with zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024).stream_reader(data) as reader:
            return bytes(reader.read(limit))
    except (zstandard.ZstdError, ValueError):
        return b""


_CODINGS = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}


class Decoded(NamedTuple):
    """``data`` at most `DATA_LIMIT` bytes; ``bomb``: it grew beyond all proportion and was cut.

    ``worked``: bytes that the codings before the last one gave. ``inner_cut``: the bound cut one of these, or codings
    were left as they crossed: ``data`` is not the beginning of all that there was.
    """

    data: bytes
    bomb: bool
    worked: int = 0
    inner_cut: bool = False


def decode(data: bytes, codings: list[str], limit: int = DATA_LIMIT) -> Decoded:
    """Undo ``codings`` (as listed in Content-Encoding, so the last one first), to at most ``limit`` bytes. What cannot
    be undone is left as it crossed."""
    whole = bytes(data)
    bomb = inner_cut = False
    worked = 0
    for number, coding in enumerate(reversed(codings), 1):
        undo = _CODINGS.get(coding)
        if undo is not None and number > MAX_CODINGS:
            inner_cut = True
            break
        plain = undo(whole, limit) if undo else b""
        if not plain:
            break
        bomb = bomb or (len(plain) >= DATA_LIMIT and len(plain) > BOMB_RATIO * len(data))
        if number < len(codings):
            worked += len(plain)
            inner_cut = inner_cut or len(plain) >= limit
        whole = plain
    return Decoded(whole[:DATA_LIMIT], bomb, worked, inner_cut)


class Unpacker:
    """Undoes the codings of one connection's bodies until one is a bomb: those that follow stay as they crossed, and
    count as cut."""

    def __init__(self) -> None:
        self._bombed = False

    def decode(self, data: bytes, codings: list[str], reserve: UnpackingReserve) -> Decoded:
        """As `decode`, as long as nothing grew beyond all proportion; ``reserve`` grants what is more than usual."""
        if self._bombed or not codings:
            reserve.cut += bool(codings)
            return decode(data, [])
        decoded = decode(data, codings, reserve.limit(len(data), DATA_LIMIT))
        reserve.grew(len(data), len(decoded.data), DATA_LIMIT, worked=decoded.worked, inner_cut=decoded.inner_cut)
        self._bombed = decoded.bomb
        return decoded


def multipart(data: bytes, boundary: str) -> list[tuple[str, str]]:
    """The fields of a multipart/form-data body that are no files, as ``(name, value)``."""
    if not 0 < len(boundary) <= 200:  # RFC 2046 §5.1.1 allows 70
        return []
    mark = b"--" + boundary.encode("utf-8", "backslashreplace")
    fields: list[tuple[str, str]] = []
    # Splitting once more than is read leaves what follows unsplit.
    for part in data.split(mark, MAX_PARTS + 1)[1 : MAX_PARTS + 1]:
        head, blank, value = part.lstrip(b"\r\n").partition(b"\r\n\r\n")
        if not blank:
            continue
        _, headers = parse_head(b"\r\n" + head)
        kind, given = media_type(headers.get("content-disposition"))
        if kind == "form-data" and given.get("name") and "filename" not in given and len(value) <= PIECE_LIMIT:
            fields.append((given["name"], decode_latin(value.removesuffix(b"\r\n"))))
    return fields


_TITLE = expression(rb"<title(?:\s[^<>]{0,200})?>([^<]{1,300})", re.IGNORECASE)

_CHARSET = expression(
    r"(?i)iso-8859-(?:[1-9]|1[0134567])|windows-125[0-8]|gbk|gb2312|gb18030|big5|shift_jis|euc-jp|euc-kr|koi8-[ru]"
)
"""Encodings of pages beside UTF-8 (those of the WHATWG standard that Python has): any other name a server makes up is
read as UTF-8."""


def title(data: bytes, charset: str | None) -> str | None:
    """An HTML page's title in one line, its character references left as they are."""
    found = _TITLE.search(data, 0, MEDIA_LIMIT)
    if not found:
        return None
    value = found[1].decode(charset, "backslashreplace") if charset and _CHARSET.fullmatch(charset) else text(found[1])
    return " ".join(value.split()) or None
