"""Forms of a persona's value: letter case, URL, JSON, base64, hex, UTF-16, and hashes."""

from __future__ import annotations

import hashlib
import html
import json
import quopri
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

from sensor.lazy_pattern import expression
from sensor.model import Secret
from sensor.personal_data.base64_runs import encoded_at_offsets, url_safe

KINDS = (
    "email", "phone", "name", "address", "location", "ssid", "mac", "account", "password", "serial", "string",
)  # fmt: skip
"""Kinds of values a persona may have; each key of the file takes a text or a list of them."""

MAX_FORM_BYTES = 96
"""Bytes of a form that are searched for: a longer form is recognised by its beginning."""

MIN_BASE64_CHARACTERS = 7
"""Least characters of base64: fewer occur by chance in a picture sent as text.

Shorter forms are found in the decoded layer.
"""

MIN_PLAIN_BYTES = 5

HASHES = ("md5", "sha1", "sha256", "sha512")


class Seed:
    """One value of one persona. Records show its fingerprint and mask only."""

    __slots__ = ("kind", "persona", "secret")

    def __init__(self, persona: str, kind: str, text: str) -> None:
        self.persona, self.kind, self.secret = persona, kind, Secret(text)

    def __repr__(self) -> str:
        return f"Seed({self.persona!r}, {self.kind!r})"


class Form(NamedTuple):
    """Bytes to search for. ``caseless``: ASCII letters match in either case; ``encoding``: outermost first.

    ``edge``: rule for the bytes beside it (`edges`). ``shift``: place of its first base64 character in a group of four.
    ``half``: 0 or 1 for one coordinate of a place, -1 for whole values.
    """

    literal: bytes
    caseless: bool
    encoding: tuple[str, ...]
    edge: str
    shift: int = 0
    half: int = -1


def forms(kind: str, text: str) -> Iterator[Form]:
    """Every form of a value except its hashes."""
    if kind == "location":
        yield from _coordinate_forms(text)
        return
    edge = {"phone": "digits", "email": "mail"}.get(kind, "word")
    for spelling in spellings(kind, text):
        yield from _plain_forms(spelling, edge)
        for cased in cases(spelling):
            yield from _encoded_forms(cased, edge)
    for spelling in joined_names(kind, text):
        yield from _plain_forms(spelling, edge)


def spellings(kind: str, text: str) -> list[str]:
    """The ways to write a value, each as the core that all longer spellings contain; letter case aside."""
    if kind == "phone":
        return _telephone_spellings(text)
    if kind == "name":
        words = text.split()
        turned = [f"{words[-1]}, {' '.join(words[:-1])}", f"{words[-1]} {' '.join(words[:-1])}"] if words[1:] else []
        return [" ".join(words), *turned]
    if kind == "address":
        whole = " ".join(text.split())
        parts = [part.strip() for part in whole.split(",")]
        # The street with its number identifies the address; programs send the parts in separate fields.
        street = [parts[0]] if parts[1:] and len(parts[0]) >= 8 and re.search(r"\d", parts[0]) else []
        return _unique([*street] if street else [whole])
    if kind == "mac":
        digits = re.sub(r"[^0-9a-fA-F]", "", text)
        pairs = [digits[at : at + 2] for at in range(0, 12, 2)]
        return [":".join(pairs), "-".join(pairs), digits, ".".join(digits[at : at + 4] for at in (0, 4, 8))]
    if kind == "serial":
        return _unique([text, re.sub(r"[\s\-:.]", "", text)])
    return [text]


def joined_names(kind: str, text: str) -> list[str]:
    """Spellings of a name as one word."""
    words = text.split()
    if kind != "name" or len(words) < 2:
        return []
    return [sign.join(words) for sign in ("", ".", "_", "-")]


def telephone(text: str) -> tuple[int, str] | None:
    """(country code, national number); None for a number that is incomplete or lacks its country."""
    import phonenumbers  # takes 20 ms: only runs with personas pay

    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(number)
    return (number.country_code or 0, national) if len(national) >= 6 else None


def _telephone_spellings(text: str) -> list[str]:
    found = telephone(text)
    assert found is not None
    import phonenumbers

    country, national = found
    number = phonenumbers.parse(text)
    whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    spaced = whole.removeprefix(f"+{country}").strip(" -")
    cores = [national]
    for sign in (" ", "-", "."):
        cores.append(re.sub(r"[\s\-.]+", sign, spaced))
    cores.append(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL).lstrip("(0 "))
    as_given = re.sub(rf"^\s*\+\s*{country}[\s\-.]*", "", text.strip()).lstrip("(0) ")
    return [core for core in _unique([*cores, as_given]) if sum(map(str.isdigit, core)) >= 6]


def cases(text: str) -> list[str]:
    """As given, in lower case and in upper case."""
    return _unique([text, text.lower(), text.upper()])


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _plain_forms(text: str, edge: str) -> Iterator[Form]:
    """Readable forms: UTF-8, escapes, two bytes per character."""
    ways: dict[bytes, tuple[str, ...]] = {}
    letters = [text] if text.isascii() else _unique([*cases(text), unicodedata.normalize("NFD", text)])
    for way in letters:
        raw = way.encode("utf-8")
        ways.setdefault(raw, ("plain",))
        if not text.isascii():
            with suppress(UnicodeEncodeError):
                ways.setdefault(way.encode("latin-1"), ("plain",))
            ways.setdefault(quopri.encodestring(raw).replace(b"=\n", b"").strip(b"\n"), ("quoted-printable",))
        once = quote(way, safe="")
        for escaped in (once, quote_plus(way), quote(way, safe="@:,/")):
            ways.setdefault(escaped.encode(), ("url",))
        ways.setdefault(quote(once, safe="").encode(), ("url", "url"))
        ways.setdefault(json.dumps(way)[1:-1].encode(), ("json",))
        ways.setdefault(html.escape(way).encode(), ("html",))
    for literal, encoding in ways.items():
        if len(literal) >= MIN_PLAIN_BYTES:
            yield Form(literal[:MAX_FORM_BYTES], True, encoding, edge)
    for way in letters:
        # Without its last zero byte the form matches both byte orders.
        wide = way.encode("utf-16-le")
        if len(way) >= MIN_PLAIN_BYTES:
            yield Form(
                wide[: MAX_FORM_BYTES - 1] if len(wide) >= MAX_FORM_BYTES else wide.removesuffix(b"\0"),
                True,
                ("utf-16",),
                edge,
            )


def _encoded_forms(text: str, edge: str) -> Iterator[Form]:
    """base64 (RFC 4648 4 and 5) at each offset, and hex."""
    raw = text.encode("utf-8")
    yield Form(raw.hex().encode()[:MAX_FORM_BYTES], True, ("hex",), edge)
    for shift, run in encoded_at_offsets(raw):
        if len(run) < MIN_BASE64_CHARACTERS:
            continue
        for literal in dict.fromkeys((run, url_safe(run))):
            yield Form(literal[:MAX_FORM_BYTES], False, ("base64",), edge, shift)


# Places.

DEGREES = expression(r"\s*(-?\d{1,2}\.\d{3,15})\s*[,;\s]\s*(-?\d{1,3}\.\d{3,15})\s*")


def coordinates(value: Any) -> tuple[str, str] | None:
    """(latitude, longitude) as texts from ``"52.520008, 13.404954"`` or a pair of numbers; None for anything else."""
    if isinstance(value, list) and len(value) == 2 and all(isinstance(one, float) for one in value):
        value = f"{value[0]:.7f}, {value[1]:.7f}"
    found = DEGREES.fullmatch(value) if isinstance(value, str) else None
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        return None
    return found[1], found[2]


def _coordinate_forms(text: str) -> Iterator[Form]:
    """Each coordinate on its own, to three decimals (a hundred metres); a match needs both near one another."""
    for half, degrees in enumerate(text.split(",")):
        exact = degrees.lstrip("-")
        whole, _, decimals = exact.partition(".")
        minutes = f"{int(whole):0{2 + half}d}{float('0.' + decimals) * 60:09.6f}"
        texts = _unique(
            [
                f"{whole}.{decimals[:3]}",
                f"{float(exact):.3f}",
                minutes[: 5 + half + 2],
                (whole + decimals.ljust(4, "0")[:4]),
            ]
        )
        for one in texts:
            edge = "integer" if "." not in one else "number"
            if len(one) >= MIN_PLAIN_BYTES:
                yield Form(one.encode(), True, ("plain",), edge, half=half)
                yield Form(one.encode("utf-16-le").removesuffix(b"\0"), True, ("utf-16",), edge, half=half)


# Hashes.


def digests(kind: str, text: str) -> Iterator[tuple[str, bytes]]:
    """(name of the hash, digest) of the spellings that trackers and programs hash, in UTF-8."""
    for spelling in _unique(_hash_inputs(kind, text)):
        for name in HASHES:
            yield name, hashlib.new(name, spelling.encode("utf-8"), usedforsecurity=False).digest()


def _hash_inputs(kind: str, text: str) -> Iterator[str]:
    yield from (text, text.lower(), text.upper())
    if kind == "email":
        local, _, domain = text.lower().rpartition("@")
        yield f"{local.partition('+')[0]}@{domain}"
        yield f"{local.partition('+')[0].replace('.', '')}@{domain}"
    elif kind == "phone":
        found = telephone(text)
        assert found is not None
        country, national = found
        yield from (f"+{country}{national}", f"{country}{national}", f"00{country}{national}", national, f"0{national}")
    elif kind == "name":
        words = text.lower().split()
        yield from (" ".join(words), "".join(words), "".join(text.split()))
        yield from words
    elif kind == "address":
        yield " ".join(text.lower().split())
        yield re.sub(r"[^a-z0-9]", "", text.lower())
    elif kind in ("mac", "serial"):
        for spelling in spellings(kind, text):
            yield from (spelling.lower(), spelling.upper())
    elif kind == "location":
        yield text.replace(",", ", ")
