"""A form found in bytes into whether it stands there on its own: ``anna@example.com`` is not in ``johanna@example.com``, nor in its base64."""

from __future__ import annotations

import binascii
import re

from sensor.personas.forms import LITERAL, Form

LOOK = 8
"""Bytes behind a form that are looked at: two further characters in any encoding."""

BEFORE = 12
"""Bytes before it, the same."""

HEX = re.compile(rb"[0-9A-Fa-f]*")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]*")
STANDARD = bytes.maketrans(b"-_", b"+/")

ESCAPED = re.compile(rb"(?:%([0-9A-Fa-f]{2})|\\[nrtbf]|\\u00[0-9A-Fa-f]{2})\Z")
"""An escape that ends just before: of a URL (RFC 3986 2.1) or of JSON (RFC 8259 7), whose last letter is no letter of the text."""

DIGITS_BEFORE = re.compile(rb"[0-9]*\Z")
NUMBER_BEFORE = re.compile(rb"[0-9.]\Z")
SCALED = re.compile(rb"[0-9]{2,3}(?![0-9])")
"""What follows four decimals in a place counted in millionths or ten millionths of a degree."""

MAIL_BEFORE = re.compile(rb"[A-Za-z0-9._+-]\Z")
MAIL_AFTER = re.compile(rb"[A-Za-z0-9]|[.-][A-Za-z0-9]")
WORD_BEFORE = re.compile(rb"[A-Za-z0-9]\Z")
WORD_AFTER = re.compile(rb"[A-Za-z0-9@]|%40")


def alone(window: bytes, end: int, form: Form) -> bool:
    """Whether ``form``, which ends at ``end`` of ``window``, is a whole value there. `BEFORE` and `LOOK` bytes around it decide."""
    start = end - len(form.literal)
    before, after = _around(window, start, end, form)
    if len(form.literal) >= LITERAL - 1:
        after = b""  # its own further letters
    elif form.encoding == ("plain",) and _counted(before, len(form.literal)):
        return True
    return _free(before, after, form.edge)


def _around(window: bytes, start: int, end: int, form: Form) -> tuple[bytes, bytes]:
    """What stands beside it, decoded as it is itself."""
    before, after = window[max(0, start - BEFORE) : start], window[end : end + LOOK]
    inner = form.encoding[-1]
    if inner == "utf-16":
        return _narrow_before(before), _narrow_after(after)
    if inner == "hex":
        return _unhex_before(before), _unhex_after(after)
    if inner == "base64":
        return _base64_around(window, start, end, form.shift)
    return before, after


def _narrow_before(before: bytes) -> bytes:
    """The letters before, each with a zero on one side; what has none is other data."""
    found = bytearray()
    at = len(before) - 2
    while at >= 0 and before[at + 1] == 0 and before[at]:
        found.insert(0, before[at])
        at -= 2
    return bytes(found)


def _narrow_after(after: bytes) -> bytes:
    found = bytearray()
    at = 0
    while at + 1 < len(after) and after[at] == 0 and after[at + 1]:
        found.append(after[at + 1])
        at += 2
    return bytes(found)


def _unhex_before(before: bytes) -> bytes:
    run = HEX.match(before[::-1])
    digits = run[0][::-1] if run else b""
    return bytes.fromhex(digits[len(digits) % 2 :].decode())


def _unhex_after(after: bytes) -> bytes:
    run = HEX.match(after)
    digits = run[0] if run else b""
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _base64_around(window: bytes, start: int, end: int, shift: int) -> tuple[bytes, bytes]:
    """The bytes beside a value in base64: those that share its first and last group of four, and the groups next to them."""
    group = start - shift
    ahead = (0, 0, 1, 2)[shift]  # bytes of other data in its first group
    size = ((end - group) * 6 + 7) // 8
    whole = _decoded(window[max(0, group) : end + LOOK])
    earlier = window[max(0, group - 8) : max(0, group)]
    run = BASE64.match(earlier[::-1])
    before = _decoded(earlier[len(earlier) - (len(run[0]) if run else 0) // 4 * 4 :])
    return before + whole[:ahead], whole[size:]


def _decoded(data: bytes) -> bytes:
    run = BASE64.match(data)
    text = (run[0] if run else b"").translate(STANDARD)
    rest = len(text) % 4
    if rest:
        # Two or three characters are one or two bytes; one alone is none.
        text = text[: len(text) - rest] + (text[-rest:] + b"=" * (4 - rest) if rest > 1 else b"")
    try:
        return binascii.a2b_base64(text)
    except binascii.Error:
        return b""


def _counted(before: bytes, size: int) -> bool:
    """Whether a length of just that many bytes stands before it: one byte (protobuf, DNS, TLV), or CBOR's (RFC 8949 3.1)."""
    if before[-2:] == bytes((0x78, size)):
        return True
    return bool(before) and (before[-1] == size or (size < 24 and before[-1] == 0x60 + size))


def _free(before: bytes, after: bytes, edge: str) -> bool:
    if edge == "none":
        return True
    if edge.startswith("digits"):
        return not after[:1].isdigit() and _dialled(before, edge[6:].encode())
    if edge in ("number", "integer"):
        return NUMBER_BEFORE.search(before) is None and (edge == "number" or SCALED.match(after) is not None)
    behind, ahead = (MAIL_AFTER, MAIL_BEFORE) if edge == "mail" else (WORD_AFTER, WORD_BEFORE)
    if behind.match(after):
        return False
    return ahead.search(before) is None or _escaped(before)


def _escaped(before: bytes) -> bool:
    found = ESCAPED.search(before)
    if found is None:
        return False
    return found[1] is None or not bytes.fromhex(found[1].decode()).isalnum()


def _dialled(before: bytes, country: bytes) -> bool:
    """Whether the digits before a national number are none, or what is dialled before it (ITU-T E.123, E.164)."""
    found = DIGITS_BEFORE.search(before)
    digits = found[0] if found else b""
    return digits in (b"", b"0", country, b"00" + country, b"011" + country, country + b"0") or _escaped(before)
