"""security.txt: its fields, its expiry, its signature, and files made to break the reader."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from sensor.verdicts.security_txt import MAX_BYTES, parse

WHOLE = """\
# Our security policy
Contact: mailto:security@maker.example
contact: https://maker.example/report
Expires: 2027-01-01T00:00:00.000Z
Policy: https://maker.example/policy
Preferred-Languages: en, de
Encryption: https://maker.example/key.txt
X-Extension: whatever
"""
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_the_fields_of_a_whole_file() -> None:
    made = parse(WHOLE)
    assert made.contacts == ("mailto:security@maker.example", "https://maker.example/report")
    assert made.policies == ("https://maker.example/policy",)
    assert made.expires == datetime(2027, 1, 1, tzinfo=UTC) and made.problems == () and not made.signed
    assert made.valid_at(NOW) and not made.valid_at(datetime(2027, 1, 1, tzinfo=UTC))


def test_carriage_returns_and_a_signature_are_taken_off() -> None:
    text = WHOLE.replace("\n", "\r\n").replace("# Our", "- # Our")
    signed = f"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\n{text}"
    signed += "-----BEGIN PGP SIGNATURE-----\r\n\r\niQ==\r\n-----END PGP SIGNATURE-----\r\n"
    made = parse(signed)
    assert made.signed and made.problems == () and made.contacts == parse(WHOLE).contacts


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (WHOLE.replace("Expires", "Expired"), "it never expires"),
        (WHOLE + "Expires: 2028-01-01T00:00:00Z\n", "it says more than once"),
        (WHOLE.replace("2027-01-01T00:00:00.000Z", "next year"), "no time of RFC 3339"),
        (WHOLE.replace("2027-01-01T00:00:00.000Z", "2027-01-01T00:00:00"), "no time of RFC 3339"),
        (WHOLE.replace("2027-01-01T00:00:00.000Z", "0001-01-01T00:00:00+23:00"), "no time of RFC 3339"),
        (WHOLE.replace("ontact", "ontakt"), "it names no contact"),
        (WHOLE + "Contact: http://maker.example\n", "a contact is no https:"),
        (WHOLE + "Preferred-Languages: fr\n", "more than once"),
        (WHOLE + "no field at all\n", "a line is no field"),
        (WHOLE + "Contact: mailto:" + "a" * 5000 + "\n", "a line is no field"),
    ],
)
def test_what_breaks_the_format_is_said(text: str, problem: str) -> None:
    assert any(problem in one for one in parse(text).problems)


def test_a_file_without_an_expiry_or_contact_is_valid_at_no_time() -> None:
    assert not parse(WHOLE.replace("Expires", "Expired")).valid_at(NOW)
    assert not parse(WHOLE.replace("ontact", "ontakt")).valid_at(NOW)


@pytest.mark.parametrize(
    "text", ["", "\0" * 9, ":" * 99_999, "a:" * 999_999, "-----BEGIN PGP SIGNED MESSAGE-----", "\ud800"]
)
def test_a_hostile_file_breaks_nothing(text: str) -> None:
    start = time.monotonic()
    made = parse(text)
    assert not made.contacts and made.problems and time.monotonic() - start < 2


def test_only_so_much_is_read() -> None:
    made = parse("#" * MAX_BYTES + "\n" + WHOLE)
    assert not made.contacts and any("only the first" in one for one in made.problems)
    assert len(parse("x\n" * 100_000).problems) < 9
