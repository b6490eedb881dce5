"""What is personal by its form is covered; what only looks like it is not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from sensor.evidence.personal_patterns import personal_ranges


def left(data: bytes) -> bytes:
    gone = {place for span in personal_ranges(data) for place in range(*span)}
    return bytes(byte for place, byte in enumerate(data) if place not in gone)


@pytest.mark.parametrize(
    "text",
    [
        # Numbers that regulators and makers of films reserve for examples.
        "+1 202-555-0143", "(202) 555-0143", "202-555-0143", "+44 20 7946 0958", "020 7946 0958", "+49 30 23125 555",
        "030/23125-555", "+33 1 99 00 12 34", "01 99 00 12 34", "+61 491 570 156", "0491 570 156", "+86 10 5555 0123",
        "+91 98765 43210",
        "DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "FR1420041010050500013M02606",
        "Lindenstrasse 147", "Lindenstraße 147 b", "Lange Str. 12", "Am Weg 5", "Keizersgracht-straat 7",
        "221B Baker Street", "1600 Long Oak Avenue", "12 rue de la Paix", "Calle Mayor 5", "Via Roma 12",
        "52.5162, 13.3777", "-33.85678;151.21530",
        "$GPGGA,123519,5231.0210,N,01322.6590,E,1,08",
    ],
)  # fmt: skip
def test_what_is_covered(text: str) -> None:
    shown = left(f"x {text}\r\n".encode())
    assert sum(chr(byte).isdigit() for byte in shown) == 0, shown


@pytest.mark.parametrize(
    "text",
    [
        *(f"Linden{kind} 147" for kind in (
            "str.", "strasse", "straße", "weg", "platz", "allee", "gasse", "damm", "ufer", "straat", "laan", "gatan",
        )),
        *(f"{kind} Roma 147" for kind in (
            "rue", "avenue", "boulevard", "chemin", "place", "calle", "avenida", "plaza", "via", "viale", "piazza",
            "rua", "ulica", "ul.",
        )),
        *(f"{kind}: 482915" for kind in (
            "code", "otp", "tan", "mtan", "pin", "passcode", "codigo", "c\u00f3digo", "kode", "kod",
        )),
        *(f"482915 is the {kind}" for kind in ("code", "otp", "tan", "mtan", "pin", "passcode")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("written", [str, str.upper, str.title])
def test_each_word_that_a_pattern_needs(text: str, written: Callable[[str], str]) -> None:
    """In any case: bytes beyond ASCII have none."""
    shown = left(f"x, {written(text)}\r\n".replace("\u00d3", "\u00f3").encode())
    assert not re.search(rb"\d", shown), shown


@pytest.mark.parametrize(
    "text", ["Your code is 482915", "482915 is your verification code", "PIN: 4829", "OTP 482 915", "mTAN 48291544"]
)
def test_one_time_codes_go_and_their_words_stay(text: str) -> None:
    shown = left(text.encode())
    assert b"48" not in shown and b"15" not in shown and shown.split()


@pytest.mark.parametrize(
    "text",
    [
        "HTTP/1.1 404 Not Found\r\nContent-Length: 12345678\r\nDate: Mon, 30 Nov 2026 12:05:04 GMT",
        "Via: 1.1 proxy.example.org\r\nServer: lamp/1.2.3.4567 build 2026-11-30\r\n",
        "uptime 1790000000 at 192.168.100.200, status code 404, 30.11.2026, version 10.20.30.40",
        "DE88 3704 0044 0532 0130 00",  # its check digits are wrong
        "code 7 of 9",
        "Main Street has no number",
        "21.5 and 48.2 degrees",
    ],
)
def test_what_stays(text: str) -> None:
    assert left(text.encode()) == text.encode()


@pytest.mark.parametrize(
    ("text", "telephone"),
    [
        # With a plus or the trunk prefix: seven digits to fifteen (ITU-T E.164 6.1).
        ("+123456", False), ("+1234567", True), ("+123456789012345", True), ("+1234567890123456", False),
        ("012345", False), ("0123456", True), ("012345678901234", True), ("0123456789012345", False),
        ("(0123) 456", True), ("(123) 4567", True), ("(123) 456", False),
        # Others by their groups.
        ("123 456", False), ("123 4567", False), ("1234567", False), ("12 34 56", False), ("12 34 567", True),
        ("1-23-4567", True), ("12/34/567", True), ("123 456 789 012 345", True), ("123 456 789 012 345 6", False),
    ],
)  # fmt: skip
def test_which_numbers_are_telephones(text: str, telephone: bool) -> None:
    assert left(f"x {text}\r\n".encode()) == (b"x \r\n" if telephone else f"x {text}\r\n".encode())
