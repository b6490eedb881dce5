"""security.txt, the file in which a maker says how to report a flaw (RFC 9116)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass

MAX_BYTES = 32 * 1024
"""Bytes that are read (RFC 9116 5.3 advises parsers to have a limit)."""

MAX_LINE = 2048

FIELD = expression(r"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}):[ \t]?(.*)")
"""RFC 9116 4: a field's name is one of RFC 5322's, in any case."""

SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
URI = expression(r"(?:https://|mailto:|tel:)[!-~]{1,1000}", re.I)
"""Web addresses must begin with https:// (2.5.3)."""


@dataclass(frozen=True, slots=True)
class SecurityTxt:
    """What the file says. ``problems``: sentences of what breaks RFC 9116; ``signed``: whether it bears a signature,
    which is not checked.
    """

    contacts: tuple[str, ...]
    policies: tuple[str, ...]
    expires: datetime | None
    signed: bool
    problems: tuple[str, ...]

    def valid_at(self, time: datetime) -> bool:
        """Whether it names a contact and had not expired then: stale files are not to be used (2.5.5)."""
        return bool(self.contacts) and self.expires is not None and time < self.expires


def parse(text: str) -> SecurityTxt:
    """The file's fields. Nothing in it can fail: what cannot be used is a problem."""
    problems: list[str] = []
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        problems.append(f"only the first {MAX_BYTES:,} bytes were read")
        text = text[:MAX_BYTES]
    lines, signed = _unsigned(text.splitlines())
    contacts: list[str] = []
    policies: list[str] = []
    expires: list[str] = []
    languages = 0
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        field = FIELD.fullmatch(line.rstrip()) if len(line) <= MAX_LINE else None
        if field is None:
            problems.append("a line is no field")
            continue
        name, value = field[1].lower(), field[2].strip()
        if name in ("contact", "policy"):
            (contacts if name == "contact" else policies).append(value)
        elif name == "expires":
            expires.append(value)
        languages += name == "preferred-languages"
    good = [value for value in contacts if URI.fullmatch(value)]
    if len(good) < len(contacts):
        problems.append("a contact is no https:, mailto: or tel: address (2.5.3)")
    if not good:
        problems.append("it names no contact (2.5.3)")
    if languages > 1:
        problems.append("the preferred languages stand there more than once (2.5.8)")
    until = _expires(expires, problems)
    links = tuple(value for value in policies if URI.fullmatch(value) and value.lower().startswith("https:"))
    return SecurityTxt(tuple(good), links, until, signed, tuple(dict.fromkeys(problems)))


def _unsigned(lines: list[str]) -> tuple[list[str], bool]:
    """The lines without the frame of a signature (RFC 9580 7), and whether there was one."""
    if SIGNED not in lines[:1]:
        return lines, False
    start = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
    end = lines.index(SIGNATURE) if SIGNATURE in lines else len(lines)
    return [line.removeprefix("- ") for line in lines[start:end]], True


def _expires(values: list[str], problems: list[str]) -> datetime | None:
    if len(values) != 1:
        problems.append("it says more than once when it expires (2.5.5)" if values else "it never expires (2.5.5)")
        return None
    try:
        time = datetime.fromisoformat(values[0])
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        problems.append("when it expires is no time of RFC 3339 (2.5.5)")
        return None
    try:
        return time.astimezone(UTC)
    except (OverflowError, ValueError):
        problems.append("when it expires is no time of RFC 3339 (2.5.5)")
        return None
