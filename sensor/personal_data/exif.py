"""Position in a JPEG: the GPS directory of its Exif segment (CIPA DC-008 4.6.6), and its XMP."""

from __future__ import annotations

import struct

MAX_SEGMENTS = 32
"""Segments examined before the picture's data: cameras write Exif first, others a handful before it."""

MAX_ENTRIES = 256
"""Entries of a directory that are read: Exif defines about a hundred."""

GPS_POINTER = 0x8825
LATITUDE_SIDE, LATITUDE, LONGITUDE_SIDE, LONGITUDE = 1, 2, 3, 4
ASCII, RATIONAL, LONG = 2, 5, 4


def gps_position(data: bytes) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, north and east positive; None without a valid position."""
    if data[:2] != b"\xff\xd8":
        return None
    place = 2
    for _ in range(MAX_SEGMENTS):
        if len(data) < place + 4 or data[place] != 0xFF or data[place + 1] in (0xD9, 0xDA):
            return None
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        body = data[place + 4 : place + 2 + length]
        if data[place + 1] == 0xE1 and body[:6] == b"Exif\0\0":
            return _tiff_position(body[6:])
        place += 2 + max(2, length)
    return None


def _tiff_position(tiff: bytes) -> tuple[float, float] | None:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return None
    try:
        main = _directory(tiff, struct.unpack_from(order + "I", tiff, 4)[0], order)
        gps = _directory(tiff, struct.unpack_from(order + "I", main[GPS_POINTER][2])[0], order)
        latitude = _degrees(tiff, gps[LATITUDE], order) * (-1 if gps[LATITUDE_SIDE][2][:1] == b"S" else 1)
        longitude = _degrees(tiff, gps[LONGITUDE], order) * (-1 if gps[LONGITUDE_SIDE][2][:1] == b"W" else 1)
    except (struct.error, KeyError, ZeroDivisionError):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude == 0 and longitude == 0):
        return None
    return latitude, longitude


def _directory(tiff: bytes, offset: int, order: str) -> dict[int, tuple[int, int, bytes]]:
    """Tag -> (type, count, the four bytes of value or offset)."""
    count = struct.unpack_from(order + "H", tiff, offset)[0]
    found = {}
    for number in range(min(count, MAX_ENTRIES)):
        tag, kind, amount, value = struct.unpack_from(order + "HHI4s", tiff, offset + 2 + 12 * number)
        found[tag] = (kind, amount, value)
    return found


def _degrees(tiff: bytes, entry: tuple[int, int, bytes], order: str) -> float:
    """Three rationals: degrees, minutes, seconds."""
    kind, amount, value = entry
    if kind != RATIONAL or amount != 3:
        raise KeyError(kind)
    numbers = struct.unpack_from(order + "6I", tiff, struct.unpack(order + "I", value)[0])
    degrees, minutes, seconds = (
        numbers[at] / numbers[at + 1] if numbers[at + 1] else _absent_part(numbers[at]) for at in (0, 2, 4)
    )
    return degrees + minutes / 60 + seconds / 3600


def _absent_part(numerator: int) -> float:
    """0/0 is written for a part that is not given; any other division by zero is an error."""
    if numerator:
        raise ZeroDivisionError
    return 0.0


XMP = b"<x:xmpmeta"
XMP_LIMIT = 64 * 1024
"""Bytes of a picture's XMP that are read: a segment holds no more (ISO 16684-1, XMP part 3: 1.1.3)."""


def xmp(data: bytes) -> bytes:
    """The XMP packet of a JPEG (ISO 16684-1): camera, serial number, people, place; empty without one."""
    start = data.find(XMP)
    if start < 0:
        return b""
    end = data.find(b"</x:xmpmeta>", start, start + XMP_LIMIT)
    return data[start : end if end >= 0 else start + XMP_LIMIT]
