"""Literal search: Hyperscan and the standard library find the same places."""

from __future__ import annotations

import hashlib
import random

import pytest

from sensor.personas import literals
from sensor.personas.literals import Literal, LiteralSearch
from tests.personas.personas import personas

WORDS = [Literal(b"annas", True), Literal(b"Q0xB", False), Literal(b"anna", True), Literal(b"\x00\xff.*", False)]


@pytest.mark.parametrize(
    "data",
    [
        b"ANNAS anna",
        b"Q0xB q0XB",
        b"\x00\xff.*",
        b"aannannas",
        b"",
        hashlib.md5(b"").hexdigest().encode() + b"\n",
        b"x" + hashlib.sha512(b"").hexdigest().encode() + b"\n",
        b"%3d" + hashlib.sha1(b"").hexdigest().encode() + b"&",
        b"0" * 33 + b"\n",
    ],
)
def test_both_engines_find_the_same_places(data: bytes) -> None:
    assert LiteralSearch(WORDS).hits(data) == LiteralSearch(WORDS, fast=False).hits(data)


def test_ends_and_numbers() -> None:
    assert LiteralSearch(WORDS).hits(b"ANNAS q0xB Q0xB") == [(4, 2), (5, 0), (15, 1)]


def test_both_engines_find_the_same_values() -> None:
    chance = random.Random(5)
    pieces = [
        b"Anna Example", b"anna.example@example.com", b"QW5uYSBFeGFtcGxl", b"52.5200", b"13.4049", b" ", b"\0", b"e",
        hashlib.sha1(b"annas75").hexdigest().encode(), "blue elephant".encode("utf-16-le"), b"+44 20 7946 0123",
        b"%40", b"@", b"=",
    ]  # fmt: skip
    fast, slow = personas(), personas(fast=False)
    for _ in range(150):
        data = b"".join(chance.choice(pieces) for _ in range(12))
        assert fast.find(data) == slow.find(data)


def test_without_hyperscan_the_standard_library_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(literals, "hyperscan", None)
    assert LiteralSearch(WORDS).hits(b"annas") == [(4, 2), (5, 0)]


def test_the_standard_library_is_used_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(literals, "HyperscanDatabase", None)
    monkeypatch.setattr(literals, "hyperscan", object())
    assert LiteralSearch(WORDS, fast=False).hits(b"annas") == [(4, 2), (5, 0)]
