"""Kind of a transferred object: by magic and structure, else by its declared media type."""

from __future__ import annotations

from functools import cache, lru_cache

from sensor.detectors._update_signs import image_of
from sensor.events import Transfer
from sensor.model import Side
from sensor.parsing.formats.json import document
from sensor.parsing.registry import facts

MAGIC: tuple[tuple[int, bytes, str], ...] = (
    # (offset, bytes, kind); sources: the formats' own specifications.
    (0, b"\xff\xd8\xff", "image"),  # JPEG, ISO/IEC 10918-1 B.1.1.3
    (0, b"\x89PNG\r\n\x1a\n", "image"),  # PNG, RFC 2083 3.1
    (0, b"GIF87a", "image"),
    (0, b"GIF89a", "image"),
    (0, b"BM", "image"),  # Windows bitmap
    (0, b"II*\0", "image"),  # TIFF 6.0
    (0, b"MM\0*", "image"),
    (8, b"WEBP", "image"),  # RIFF container
    (8, b"WAVE", "audio"),
    (8, b"AVI ", "video"),
    (0, b"ID3", "audio"),  # MP3 with ID3v2
    (0, b"\xff\xfb", "audio"),  # MPEG-1 layer III frame
    (0, b"\xff\xf1", "audio"),  # AAC ADTS, ISO/IEC 13818-7
    (0, b"\xff\xf9", "audio"),  # AAC ADTS, MPEG-2
    (0, b"\xff\xf3", "audio"),  # MPEG-2 layer III frame
    (0, b"#!AMR", "audio"),  # RFC 4867 5.1
    (0, b"MThd", "audio"),
    (0, b"OggS", "audio"),  # RFC 3533
    (0, b"fLaC", "audio"),  # RFC 9639
    (4, b"ftypM4A", "audio"),  # ISO base media, ISO/IEC 14496-12, by its brand
    (4, b"ftyphei", "image"),
    (4, b"ftypmif1", "image"),
    (4, b"ftypavif", "image"),
    (4, b"ftyp", "video"),
    (4, b"styp", "video"),  # segments of one
    (4, b"moof", "video"),
    (4, b"moov", "video"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video"),  # ASF
    (0, b"\x00\x00\x00\x01\x67", "video"),  # H.264 byte stream, a sequence parameter set first (ITU-T H.264 annex B)
    (0, b"\x00\x00\x00\x01\x40\x01", "video"),  # H.265, a video parameter set first (ITU-T H.265 annex B)
    (0, b"\x1a\x45\xdf\xa3", "video"),  # Matroska, RFC 9559
    (0, b"FLV\x01", "video"),
    (0, b"#EXTM3U", "video"),  # HLS playlist, RFC 8216
    (0, b"\x00\x00\x01\xba", "video"),  # MPEG program stream
    (0, b"MZ", "firmware"),  # Windows program
    (0, b"PK\x03\x04", "archive"),
    (0, b"\x1f\x8b", "archive"),  # gzip, RFC 1952
    (0, b"BZh", "archive"),
    (0, b"\xfd7zXZ\x00", "archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "archive"),
    (0, b"\x28\xb5\x2f\xfd", "archive"),  # Zstandard, RFC 8878
    (0, b"Rar!\x1a\x07", "archive"),
    (257, b"ustar", "archive"),  # POSIX tar
    (0, b"%PDF-", "document"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document"),  # OLE2 office file
    (0, b"{\\rtf", "document"),
)


@cache
def _magic_by_first_byte() -> tuple[tuple[tuple[int, bytes, str], ...], ...]:
    """Of `MAGIC` what an object may be that begins with that byte, in the same order."""
    return tuple(tuple(row for row in MAGIC if row[0] or row[1][0] == first) for first in range(256))


TS_PACKET_BYTES = 188
"""Bytes of a packet of an MPEG transport stream, each of which begins with 0x47 (ISO/IEC 13818-1 2.4.3.2)."""

MEDIA_TYPES = {"image": "image", "audio": "audio", "video": "video", "text": "text"}
"""Top-level media types (RFC 2046) that name a kind."""

TEXT_TYPES = ("application/json", "application/xml", "application/javascript", "application/x-www-form-urlencoded")

PRINTABLE_SHARE = 0.95
"""Share of printable bytes from which data counts as text: leaves room for a few accented letters in old encodings."""


PRINTABLE = bytes([9, 10, 13, *range(32, 127), *range(0xA0, 0x100)])


def content_of(transfer: Transfer) -> str | None:
    """Kind of an object, None where nothing tells.

    ``text`` ``image`` ``audio`` ``video`` ``firmware`` ``archive`` ``document`` ``telemetry`` ``control`` ``mail``.
    """
    if transfer.control:
        return "control"
    if facts(transfer.application).mail:
        return "mail"
    data = transfer.data
    declared = (transfer.media_type or "").split(";")[0].strip().lower()
    kind = _by_magic(data, declared.startswith("text/"))
    if kind is not None:
        return kind
    if transfer.application == "rtp" or declared.startswith("multipart/x-mixed-replace"):
        return MEDIA_TYPES.get(declared.split("/")[0], "video")
    if facts(transfer.application).telemetry:
        return "telemetry"
    if _is_text(data):
        return "telemetry" if _is_readings(data) else "text"
    if declared in TEXT_TYPES:
        return "text"
    return MEDIA_TYPES.get(declared.split("/")[0])


BINARY_CONTENT = frozenset({"image", "audio", "video", "firmware", "document"})
"""Kinds whose bytes are not text: words in them are chance or part of a manual."""


def is_binary(transfer: Transfer) -> bool:
    """Whether a search for words in the object is useless, whatever service carried it.

    gzip is an exception: it can be opened.
    """
    found = _by_magic(transfer.data, False)
    return found in BINARY_CONTENT or (found == "archive" and transfer.data[:2] != b"\x1f\x8b")


CODE_TYPES = ("text/css", "text/javascript", "application/javascript", "application/x-javascript")
"""Media types of style sheets and scripts, which are their maker's whoever sends them."""


def is_code(transfer: Transfer) -> bool:
    """Whether a server sent a style sheet or a script."""
    return transfer.side is Side.SERVER and (transfer.media_type or "").lower().startswith(CODE_TYPES)


@lru_cache(4)  # several detectors look at the same object one after the other
def _by_magic(data: bytes, as_text: bool) -> str | None:
    """``as_text``: it is declared as text, so that two bytes alone tell nothing."""
    image = image_of(data)
    if image is not None and image.sure:
        return "firmware"
    if (
        data[:1]
        == data[TS_PACKET_BYTES : TS_PACKET_BYTES + 1]
        == data[2 * TS_PACKET_BYTES : 2 * TS_PACKET_BYTES + 1]
        == b"\x47"
    ):
        return "video"
    for offset, magic, kind in _magic_by_first_byte()[data[0] if data else 0]:
        if data.startswith(magic, offset) and not (as_text and len(magic) == 2):
            return kind
    return None


def _is_text(data: bytes) -> bool:
    head = data[:2048]
    if not head or b"\0" in head:
        return False
    return 1 - len(head.translate(None, PRINTABLE)) / len(head) >= PRINTABLE_SHARE


def _is_readings(data: bytes) -> bool:
    """Whether it is a small JSON object with numbers in it, as sensors send."""
    if data[:1] != b"{" or len(data) > 8192:
        return False
    found = document(data)
    return isinstance(found, dict) and any(
        isinstance(value, int | float) and not isinstance(value, bool) for value in found.values()
    )
