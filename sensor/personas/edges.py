"""Word boundaries of a match: ``anna@example.com`` is not in ``johanna@example.com``."""

from __future__ import annotations

from sensor.lazy_pattern import expression
from sensor.personal_data.base64_runs import decode_run
from sensor.personas.forms import MAX_FORM_BYTES, Form

BYTES_AFTER = 8
"""Bytes after a match that are examined: two more characters in any encoding."""

BYTES_BEFORE = 12
"""Bytes before a match that are examined: the same."""

HEX = expression(rb"[0-9A-Fa-f]*")
BASE64 = expression(rb"[A-Za-z0-9+/_-]*")

ESCAPED = expression(rb"(?:%([0-9A-Fa-f]{2})|\\[nrtbf]|\\u00[0-9A-Fa-f]{2})\Z")
"""An escape that ends just before the match, of a URL (RFC 3986 2.1) or of JSON (RFC 8259 7).

Its last letter is no letter of the text.
"""

DIGITS_BEFORE = expression(rb"[0-9]*\Z")
NUMBER_BEFORE = expression(rb"[0-9.]\Z")
SCALED = expression(rb"[0-9]{2,3}(?![0-9])")
"""Digits after four decimals of a coordinate counted in millionths or ten millionths of a degree."""

MAIL_BEFORE = expression(rb"[A-Za-z0-9._+-]\Z")
MAIL_AFTER = expression(rb"[A-Za-z0-9]|[.-][A-Za-z0-9]")
WORD_BEFORE = expression(rb"[A-Za-z0-9]\Z")
WORD_AFTER = expression(rb"[A-Za-z0-9@]|%40")


def is_whole_value(window: bytes, end: int, form: Form) -> bool:
    """Whether ``form``, which ends at ``end`` of ``window``, is a whole value there.

    `BYTES_BEFORE` and `BYTES_AFTER` bytes around it decide.
    """
    start = end - len(form.literal)
    before, after = _neighbours(window, start, end, form)
    if len(form.literal) >= MAX_FORM_BYTES - 1:
        after = b""  # the rest of the value itself
    elif form.encoding == ("plain",) and _has_length_prefix(before, len(form.literal)):
        return True
    return _is_delimited(before, after, form.edge)


def _neighbours(window: bytes, start: int, end: int, form: Form) -> tuple[bytes, bytes]:
    """(bytes before, bytes after) the match, decoded as the match itself is."""
    before, after = window[max(0, start - BYTES_BEFORE) : start], window[end : end + BYTES_AFTER]
    inner = form.encoding[-1]
    if inner == "utf-16":
        return _utf16_before(before), _utf16_after(after)
    if inner == "hex":
        return _hex_before(before), _hex_after(after)
    if inner == "base64":
        return _base64_neighbours(window, start, end, form.shift)
    return before, after


def _utf16_before(before: bytes) -> bytes:
    """Characters before the match, each with a zero byte on one side; other bytes end them."""
    found = bytearray()
    at = len(before) - 2
    while at >= 0 and before[at + 1] == 0 and before[at]:
        found.insert(0, before[at])
        at -= 2
    return bytes(found)


def _utf16_after(after: bytes) -> bytes:
    found = bytearray()
    at = 0
    while at + 1 < len(after) and after[at] == 0 and after[at + 1]:
        found.append(after[at + 1])
        at += 2
    return bytes(found)


def _hex_before(before: bytes) -> bytes:
    run = HEX.match(before[::-1])
    digits = run[0][::-1] if run else b""
    return bytes.fromhex(digits[len(digits) % 2 :].decode())


def _hex_after(after: bytes) -> bytes:
    run = HEX.match(after)
    digits = run[0] if run else b""
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _base64_neighbours(window: bytes, start: int, end: int, shift: int) -> tuple[bytes, bytes]:
    """(bytes before, bytes after) a value in base64.

    They come from its first and last group of four and from the groups next to them.
    """
    group = start - shift
    foreign = (0, 0, 1, 2)[shift]  # bytes of other data in its first group
    size = ((end - group) * 6 + 7) // 8
    whole = _decode(window[max(0, group) : end + BYTES_AFTER])
    earlier = window[max(0, group - 8) : max(0, group)]
    run = BASE64.match(earlier[::-1])
    before = _decode(earlier[len(earlier) - (len(run[0]) if run else 0) // 4 * 4 :])
    return before + whole[:foreign], whole[size:]


def _decode(data: bytes) -> bytes:
    """The base64 run at the beginning of ``data``, decoded."""
    run = BASE64.match(data)
    return decode_run(run[0]) if run else b""


def _has_length_prefix(before: bytes, size: int) -> bool:
    """Whether its length stands before it: one byte (protobuf, DNS, TLV), or CBOR's (RFC 8949 3.1)."""
    if before[-2:] == bytes((0x78, size)):
        return True
    return bool(before) and (before[-1] == size or (size < 24 and before[-1] == 0x60 + size))


def _is_delimited(before: bytes, after: bytes, edge: str) -> bool:
    if edge == "none":
        return True
    if edge.startswith("digits"):
        return not after[:1].isdigit() and _is_dialling_prefix(before, edge[6:].encode())
    if edge in ("number", "integer"):
        return NUMBER_BEFORE.search(before) is None and (edge == "number" or SCALED.match(after) is not None)
    behind, ahead = (MAIL_AFTER, MAIL_BEFORE) if edge == "mail" else (WORD_AFTER, WORD_BEFORE)
    if behind.match(after):
        return False
    return ahead.search(before) is None or _follows_escape(before)


def _follows_escape(before: bytes) -> bool:
    found = ESCAPED.search(before)
    if found is None:
        return False
    return found[1] is None or not bytes.fromhex(found[1].decode()).isalnum()


def _is_dialling_prefix(before: bytes, country: bytes) -> bool:
    """Whether the digits before a national number are none or a dialling prefix (ITU-T E.123, E.164)."""
    found = DIGITS_BEFORE.search(before)
    digits = found[0] if found else b""
    return digits in (b"", b"0", country, b"00" + country, b"011" + country, country + b"0") or _follows_escape(before)
