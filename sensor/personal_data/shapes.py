"""Personal data recognised by form: e-mail addresses, phone and card numbers, MACs, places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.personal_data import values
from sensor.personal_data.decoding import MAX_DEPTH

LOCAL = expression(rb"[A-Za-z0-9._%+\-']{1,64}")
ESCAPED_SIGN = expression(rb"^[.\-'+]*(?:%(?:[2][0-9A-Fa-f]|3[A-Fa-f]|40|[57][B-Fb-f]|0[9AaDd]))+")
"""Signs and blanks of ASCII, percent-encoded: none of them begins an address."""
DOMAIN_AFTER = expression(rb"[A-Za-z0-9.\-]{3,253}")
SUBSCRIBER = expression(r"[0168]?([2-7]\d{13,14})@(?:[a-z0-9.-]{1,40}\.)?mnc\d{2,3}\.mcc\d{3}\.3gppnetwork\.org", re.I)
"""A mobile-network identity made of the IMSI (3GPP TS 23.003 14.2, 19.3.2): digits at the home operator's domain."""

IDENTIFIER_LINE = expression(rb"(?i)[\w-]{0,40}(?:message-id|in-reply-to|references|content-id|call-id|msgid)\s?[:=]")
"""Lines with identifiers of messages and calls, which look like e-mail addresses (RFC 5322 3.6.4, RFC 3261 8.1.1.4)."""

MAX_LINE_BEFORE = 1024
"""Bytes before an address in which its line begins: a header field is folded at 998 (RFC 5322 2.1.1)."""

PHONE = expression(rb"\+[1-9][0-9 ().\-/]{6,22}[0-9]")
NMEA = expression(
    rb"\$G[A-Z](?:GGA,[\d.]{0,12}|RMC,[\d.]{0,12},A|GLL),(\d{2})(\d{2}\.\d{2,8}),([NS]),(\d{3})(\d{2}\.\d{2,8}),([EW])"
)
GEO = expression(rb"(?i)geo:(-?\d{1,2}\.\d{3,12}),(-?\d{1,3}\.\d{3,12})")

WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


@dataclass(frozen=True, slots=True)
class PersonalItem:
    """One piece of personal data. ``value``: normal form; ``text``: as written; ``encoding``: outermost first.

    ``name``: of the field, None in running text. ``benign_reason``: ``documentation`` ``placeholder`` ``role``, None
    for data that may be a person's.
    """

    category: str
    value: str
    text: str
    name: str | None
    encoding: tuple[str, ...]
    benign_reason: str | None = None


def _mail(data: bytes, end: int, encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    at = end - 2
    before = LOCAL.match(data[max(0, at - 64) : at][::-1])
    after = DOMAIN_AFTER.match(data, at + 1)
    if before is None or after is None:
        return
    start = at - len(before[0])
    local = before[0][::-1]
    escaped = b"%" in local.lstrip(b".-'%+") or bool(ESCAPED_SIGN.match(local))
    # %22 in front of an address is a quotation mark, not a part of it.
    local = ESCAPED_SIGN.sub(b"", local).lstrip(b".-'%+")
    if escaped and len(encoding) < MAX_DEPTH:
        return  # the decoded layer has it
    text = (local + b"@" + after[0].rstrip(b".-")).decode("ascii")
    subscriber = SUBSCRIBER.fullmatch(text)
    if subscriber is not None:
        yield PersonalItem("imei", subscriber[1], text, "IMSI", encoding)
        return
    value = values.email(text)
    if value is None or _is_identifier(data, start):
        return
    if not _stands_alone(data, start, at + 1 + len(after[0])):
        return
    yield PersonalItem(
        "email",
        value,
        text,
        "email" if _begins_value(data, start) else None,
        encoding,
        values.benign_email_reason(value),
    )


def _is_identifier(data: bytes, start: int) -> bool:
    """Whether it is the user of a URL, or stands in a line of identifiers or its continuation."""
    if data[max(0, start - 3) : start] == b"://" or data[max(0, start - 4) : start].lower() == b"cid:":
        return True
    lines = data[max(0, start - MAX_LINE_BEFORE) : start].split(b"\n")
    line = len(lines) - 1
    while line > 0 and lines[line][:1] in (b" ", b"\t"):
        line -= 1
    return IDENTIFIER_LINE.match(lines[line]) is not None


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    """Whether it is not part of a longer run of letters of another alphabet or of binary data."""
    around = data[max(0, start - 1) : start] + data[end : end + 1]
    return all(byte in b"\t\r\n\0" or 32 <= byte < 127 for byte in around)


def _begins_value(data: bytes, start: int) -> bool:
    """Whether a value begins there: after ``=``, or after ``:`` and a quote."""
    before = data[max(0, start - 3) : start].rstrip(b" \"'\\")
    return before[-1:] in (b"=", b":") or data[max(0, start - 1) : start] == b">"


def _phone(data: bytes, end: int, encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    start = end - 9
    match = PHONE.match(data, start)
    if match is None or (start and data[start - 1] in WORD_BYTES):
        return
    text = match[0].decode("ascii")
    value = values.phone(text, named=False)
    if value is not None:
        yield PersonalItem("phone", value, text, None, encoding)


def _card(data: bytes, end: int, encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    start = end - 19
    if (start and data[start - 1] in WORD_BYTES) or (end < len(data) and data[end] in WORD_BYTES):
        return
    text = data[start:end].decode("ascii")
    value = values.credit_card(text)
    if value is not None:
        yield PersonalItem(
            "credit_card", value, text, None, encoding, "placeholder" if value in values.TEST_CARDS else None
        )


def _mac(data: bytes, end: int, encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    start = end - 17
    if not _is_delimited(data, start, end, b":-"):
        return
    yield from _mac_item(data[start:end].decode("ascii"), encoding)


def _dotted(data: bytes, end: int, encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    start = end - 14
    if not _is_delimited(data, start, end, b"."):
        return
    text = data[start:end].decode("ascii")
    if re.search("[a-f]", text, re.I):  # without a letter it may be a number, a date or a version
        yield from _mac_item(text, encoding)


def _is_delimited(data: bytes, start: int, end: int, signs: bytes) -> bool:
    before, after = data[max(0, start - 1) : start], data[end : end + 1]
    return not any(byte and (byte[0] in WORD_BYTES or byte in signs) for byte in (before, after))


def _mac_item(text: str, encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    value = values.mac(text)
    if value is not None:
        yield PersonalItem("mac", value, text, None, encoding)


def _nmea(data: bytes, end: int, encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    """A fix of NMEA 0183: degrees and minutes with decimals."""
    match = NMEA.match(data, end - 7)
    if match is None:
        return
    latitude = (int(match[1]) + float(match[2]) / 60) * (-1 if match[3] == b"S" else 1)
    longitude = (int(match[4]) + float(match[5]) / 60) * (-1 if match[6] == b"W" else 1)
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        yield PersonalItem("location", f"{latitude:.4f},{longitude:.4f}", match[0].decode("ascii"), "nmea", encoding)


def _geo(data: bytes, end: int, encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    """A ``geo`` URI (RFC 5870)."""
    match = GEO.match(data, data.rfind(b":", 0, end) - 3)
    if match is None:
        return
    latitude, longitude = values.degrees(match[1].decode(), 90), values.degrees(match[2].decode(), 180)
    if latitude and longitude:
        yield PersonalItem("location", f"{latitude},{longitude}", match[0].decode("ascii"), "geo", encoding)


SHAPES: dict[str, Callable[[bytes, int, tuple[str, ...]], Iterator[PersonalItem]]] = {
    "mail": _mail,
    "phone": _phone,
    "card": _card,
    "nmea": _nmea,
    "geo": _geo,
    "mac": _mac,
    "dashed": _mac,
    "dotted": _dotted,
}
"""By the name of the pattern that ends there (`finder.ANCHORS`)."""
