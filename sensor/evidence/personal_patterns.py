"""Patterns of what is personal by its form: telephones, streets, accounts, places, one-time codes.

A second net under the values that were found, as `secret_patterns` is for secrets: it may cover too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.evidence.packet import ByteRange
from sensor.lazy_pattern import expression

_NAME = rb"[A-Z\xc0-\xff][\w'\x80-\xff.-]{1,30}"
_STREETS = (
    *(b"str. ", b"strasse ", b"stra\xc3\x9fe ", b"weg ", b"platz ", b"allee ", b"gasse ", b"damm ", b"ufer "),
    *(b"straat ", b"laan ", b"gatan "),
)
_ROMANCE_STREETS = (
    *(b"rue ", b"avenue ", b"boulevard ", b"chemin ", b"place ", b"calle ", b"avenida ", b"plaza ", b"via ", b"viale "),
    *(b"piazza ", b"rua ", b"ulica ", b"ul. "),
)
_CODES = (b"code", b"otp", b"tan", b"pin", b"digo", b"kod")
_WITH_WORDS: tuple[tuple[tuple[bytes, ...], re.Pattern[bytes]], ...] = (
    # Streets with their number: German, English, Romance.
    (
        _STREETS,
        expression(
            rb"(?i)\b([\w\x80-\xff-]{2,30}[ -]?"
            rb"(?:str(?:\.|a(?:ss|\xc3\x9f)e)|weg|platz|allee|gasse|damm|ufer|straat|laan|gatan)"
            rb"[ ]{1,2}\d{1,4}[ ]?[a-z]?)\b"
        ),
    ),
    (
        _ROMANCE_STREETS,
        expression(
            rb"(?i)\b((?:\d{1,4},? )?"
            rb"(?:rue|avenue|boulevard|chemin|place|calle|avenida|plaza|via|viale|piazza|rua|ulica|ul\.)"
            rb" (?:d[eu'] ?|de la |del |della |des )?[\w'\x80-\xff .-]{2,40}?,? ?\d{0,4})(?=[\r\n,;\"<]|\Z)"
        ),
    ),
    # One-time codes beside their word, before or after it.
    (
        _CODES,
        expression(
            rb"(?i)\b(?:(?:one.?time|verification|confirm\w*|security|access|login|"
            rb"best\xc3\xa4tigungs|sicherheits)[ -]?)?"
            rb"(?:code|otp|m?tan|pin|passcode|c[o\xc3]\xb3?digo|kode|kod)\b[^\d\r\n]{1,24}(\d[\d -]{2,9}\d)(?!\w)"
        ),
    ),
    (
        _CODES,
        expression(rb"(?i)(?<![\w.])(\d{3}[ -]?\d{3}|\d{4,8})\b[^\r\n\d]{1,24}\b(?:code|otp|m?tan|pin|passcode)\b"),
    ),
)
"""Patterns, and words (in small letters) of which each of their matches has one."""

_PATTERNS = (
    # Streets in English.
    expression(
        rb"\b(\d{1,5}[A-Za-z]?,? (?:" + _NAME + rb" ){1,4}"
        rb"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Way|Court|Ct|Square|Sq|Boulevard|Blvd|Close|Crescent))\b"
    ),
    # NMEA 0183: the sentences of a receiver of satellites.
    expression(rb"\$(?:G[A-Z]|BD)[A-Z]{3},([^\r\n*]{8,})"),
    # Pairs of coordinates with four decimals or more: ten metres.
    expression(rb"(?<![\w.])(-?\d{1,3}\.\d{4,}\s{0,2}[,;/ ]\s{0,2}-?\d{1,3}\.\d{4,})(?![\w.])"),
)
_IBAN = expression(rb"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?!\w)")
_NUMBER = expression(rb"(?<![\w.:/=-])[+(]?\d[\d ()./-]{5,22}(?<=\d)(?![\w:])")
_NO_TELEPHONE = expression(rb"\d{4}-\d\d-\d\d|\d\d?[./]\d\d?[./]\d{4}|\d{1,3}(?:\.\d{1,3}){3}\Z")
"""Dates and addresses."""


def personal_ranges(data: bytes) -> Iterator[ByteRange]:
    """Ranges of what is personal by its form."""
    # To look for a few words costs a hundredth of the patterns that need them.
    low = data.lower()
    patterns = [pattern for words, pattern in _WITH_WORDS if any(word in low for word in words)]
    for pattern in (*_PATTERNS, *patterns):
        for found in pattern.finditer(data):
            yield found.span(1)
    for found in _IBAN.finditer(data):
        if _is_iban(found[0].replace(b" ", b"")):
            yield found.span()
    for found in _NUMBER.finditer(data):
        if _is_telephone(found[0]):
            yield found.span()


def _is_telephone(text: bytes) -> bool:
    """Whether a number is written as people write telephones in any country (ITU-T E.123): with its plus, its
    trunk prefix, or in groups. Plain numbers are counters and times.
    """
    digits = text.translate(None, b" ()./-+")
    groups = len(re.findall(rb"\d+", text))
    return 7 <= len(digits) <= 15 and (text[:1] in b"+(0" or groups >= 3) and not _NO_TELEPHONE.match(text)


def _is_iban(text: bytes) -> bool:
    """ISO 13616: the remainder by 97, letters as numbers from 10 on, the first four characters put last."""
    return int("".join(str(int(chr(letter), 36)) for letter in text[4:] + text[:4])) % 97 == 1
