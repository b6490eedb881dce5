"""A person's value into every form in which a program may send it: letters' case, URL, JSON, base64 at its three offsets, hex, UTF-16, and hashes of its usual spellings."""

from __future__ import annotations

import base64
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

import phonenumbers

from sensor.model import Secret

KINDS = (
    "email", "phone", "name", "address", "location", "ssid", "mac", "account", "password", "serial", "string",
)  # fmt: skip
"""What a persona may have; each key of the file takes a text or a list of them."""

LITERAL = 96
"""Bytes of a form that are searched for: what begins with so many of them is it."""

BASE64_LEAST = 7
"""Characters of base64 that are no chance in a picture sent as text; a shorter one is found where the whole is decoded."""

PLAIN_LEAST = 5

HASHES = ("md5", "sha1", "sha256", "sha512")


class Seed:
    """One value of one persona. Only its fingerprint and mask are ever told."""

    __slots__ = ("kind", "persona", "secret")

    def __init__(self, persona: str, kind: str, text: str) -> None:
        self.persona, self.kind, self.secret = persona, kind, Secret(text)

    def __repr__(self) -> str:
        return f"Seed({self.persona!r}, {self.kind!r})"


class Form(NamedTuple):
    """Bytes to look for. ``caseless``: in ASCII letters of either case; ``encoding`` outermost first; ``edge``: what may not stand beside it
    (`edges.py`); ``shift``: where in a group of four its base64 begins; ``half``: one coordinate of a place, 0 or 1, -1 for whole values."""

    literal: bytes
    caseless: bool
    encoding: tuple[str, ...]
    edge: str
    shift: int = 0
    half: int = -1


def forms(kind: str, text: str) -> Iterator[Form]:
    """Every form of a value but its hashes."""
    if kind == "location":
        yield from _place_forms(text)
        return
    edge = {"phone": "digits", "email": "mail"}.get(kind, "word")
    for spelling in spellings(kind, text):
        yield from _plain(spelling, edge)
        for cased in cases(spelling):
            yield from _packed(cased, edge)
    for spelling in joined(kind, text):
        yield from _plain(spelling, edge)


def spellings(kind: str, text: str) -> list[str]:
    """The ways to write it, each the core that all longer ones contain; case aside."""
    if kind == "phone":
        return _telephone_spellings(text)
    if kind == "name":
        words = text.split()
        turned = [f"{words[-1]}, {' '.join(words[:-1])}", f"{words[-1]} {' '.join(words[:-1])}"] if words[1:] else []
        return [" ".join(words), *turned]
    if kind == "address":
        whole = " ".join(text.split())
        parts = [part.strip() for part in whole.split(",")]
        # The street with its number says it all; programs send the parts in fields of their own.
        street = [parts[0]] if parts[1:] and len(parts[0]) >= 8 and re.search(r"\d", parts[0]) else []
        return _once([*street] if street else [whole])
    if kind == "mac":
        digits = re.sub(r"[^0-9a-fA-F]", "", text)
        pairs = [digits[at : at + 2] for at in range(0, 12, 2)]
        return [":".join(pairs), "-".join(pairs), digits, ".".join(digits[at : at + 4] for at in (0, 4, 8))]
    if kind == "serial":
        return _once([text, re.sub(r"[\s\-:.]", "", text)])
    return [text]


def joined(kind: str, text: str) -> list[str]:
    """Ways to write a name as one word."""
    words = text.split()
    if kind != "name" or len(words) < 2:
        return []
    return [sign.join(words) for sign in ("", ".", "_", "-")]


def telephone(text: str) -> tuple[int, str] | None:
    """Country and national number; None for what is no whole number with its country."""
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(number)
    return (number.country_code or 0, national) if len(national) >= 6 else None


def _telephone_spellings(text: str) -> list[str]:
    found = telephone(text)
    assert found is not None
    country, national = found
    number = phonenumbers.parse(text)
    whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    spaced = whole.removeprefix(f"+{country}").strip(" -")
    cores = [national]
    for sign in (" ", "-", "."):
        cores.append(re.sub(r"[\s\-.]+", sign, spaced))
    cores.append(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL).lstrip("(0 "))
    as_given = re.sub(rf"^\s*\+\s*{country}[\s\-.]*", "", text.strip()).lstrip("(0) ")
    return [core for core in _once([*cores, as_given]) if sum(map(str.isdigit, core)) >= 6]


def cases(text: str) -> list[str]:
    """As it is, in small letters and in capitals."""
    return _once([text, text.lower(), text.upper()])


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _plain(text: str, edge: str) -> Iterator[Form]:
    """Readable by eye: in UTF-8, other alphabets' escapes, two bytes a character."""
    ways: dict[bytes, tuple[str, ...]] = {}
    letters = [text] if text.isascii() else _once([*cases(text), unicodedata.normalize("NFD", text)])
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
        if len(literal) >= PLAIN_LEAST:
            yield Form(literal[:LITERAL], True, encoding, edge)
    for way in letters:
        # Without its last zero, so that it is found whichever end of the two bytes comes first.
        wide = way.encode("utf-16-le")
        if len(way) >= PLAIN_LEAST:
            yield Form(
                wide[: LITERAL - 1] if len(wide) >= LITERAL else wide.removesuffix(b"\0"), True, ("utf-16",), edge
            )


def _packed(text: str, edge: str) -> Iterator[Form]:
    """base64 (RFC 4648 4 and 5) wherever in it the value begins, and hex."""
    raw = text.encode("utf-8")
    yield Form(raw.hex().encode()[:LITERAL], True, ("hex",), edge)
    for shift, start in ((0, 0), (1, 2), (2, 3)):
        whole = (shift + len(raw)) * 8 // 6
        found = base64.b64encode(b"\0" * shift + raw)[start:whole]
        if len(found) < BASE64_LEAST:
            continue
        for literal in dict.fromkeys((found, found.replace(b"+", b"-").replace(b"/", b"_"))):
            yield Form(literal[:LITERAL], False, ("base64",), edge, start)


# Places.

DEGREES = re.compile(r"\s*(-?\d{1,2}\.\d{3,15})\s*[,;\s]\s*(-?\d{1,3}\.\d{3,15})\s*")


def coordinates(said: Any) -> tuple[str, str] | None:
    """``"52.520008, 13.404954"`` or a pair of numbers as two texts in degrees; None for anything else."""
    if isinstance(said, list) and len(said) == 2 and all(isinstance(one, float) for one in said):
        said = f"{said[0]:.7f}, {said[1]:.7f}"
    found = DEGREES.fullmatch(said) if isinstance(said, str) else None
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        return None
    return found[1], found[2]


def _place_forms(text: str) -> Iterator[Form]:
    """Each coordinate on its own, to three decimals (a hundred metres); the two must stand near one another."""
    for half, degrees in enumerate(text.split(",")):
        exact = degrees.lstrip("-")
        whole, _, decimals = exact.partition(".")
        minutes = f"{int(whole):0{2 + half}d}{float('0.' + decimals) * 60:09.6f}"
        texts = _once(
            [
                f"{whole}.{decimals[:3]}",
                f"{float(exact):.3f}",
                minutes[: 5 + half + 2],
                (whole + decimals.ljust(4, "0")[:4]),
            ]
        )
        for one in texts:
            edge = "integer" if "." not in one else "number"
            if len(one) >= PLAIN_LEAST:
                yield Form(one.encode(), True, ("plain",), edge, half=half)
                yield Form(one.encode("utf-16-le").removesuffix(b"\0"), True, ("utf-16",), edge, half=half)


# Hashes.


def digests(kind: str, text: str) -> Iterator[tuple[str, bytes]]:
    """(name of the hash, digest) of the spellings that trackers and programs hash, in UTF-8."""
    for spelling in _once(one for one in _hashed(kind, text)):
        for name in HASHES:
            yield name, hashlib.new(name, spelling.encode("utf-8"), usedforsecurity=False).digest()


def _hashed(kind: str, text: str) -> Iterator[str]:
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
