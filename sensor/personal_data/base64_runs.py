"""Base64 in either alphabet (RFC 4648 4, 5): decoding of cut runs, and a value at each offset."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")

_OFFSETS = ((0, 0), (1, 2), (2, 3))
"""(bytes of other data before the value in its first group of three, characters that those bytes share in or fill)."""


def decode_run(run: bytes) -> bytes:
    """The bytes of a run of base64 characters, padded or not; a cut run gives as much as it holds.

    One character left over after the last group of four holds no whole byte and is ignored.
    """
    plain = run.rstrip(b"=").translate(_FROM_URL_SAFE)
    if len(plain) % 4 == 1:
        plain = plain[:-1]
    try:
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4))
    except binascii.Error:
        return b""


def decode_alignments(run: bytes) -> Iterator[bytes]:
    """The bytes of a run at each of the four places where its first group may begin."""
    for start in range(4):
        yield decode_run(run[start:])


def encoded_at_offsets(value: bytes) -> Iterator[tuple[int, bytes]]:
    """(offset, characters) of a value in base64, whatever stands before and after it.

    The value may begin at each of the three bytes of a group. The characters are those that the value alone determines;
    ``offset`` is the place of the first one in its group of four.
    """
    for before, start in _OFFSETS:
        end = (before + len(value)) * 8 // 6
        yield start, base64.b64encode(bytes(before) + value)[start:end]


def url_safe(run: bytes) -> bytes:
    """The same run in the alphabet of RFC 4648 5."""
    return run.translate(_TO_URL_SAFE)
