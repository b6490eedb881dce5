"""Tests for sensor.parsing.formats.json: documents, and bytes that are none."""

from __future__ import annotations

import pytest

from sensor.parsing.formats.json import SIZE_LIMIT, mapping, read


def test_documents() -> None:
    assert read(b'{"a": [1, "two"]}') == {"a": [1, "two"]}
    assert mapping(b'{"a": 1}') == {"a": 1}
    assert mapping(b"[1]") == {}


def test_halves_of_a_pair_are_refused_whole_ones_read() -> None:
    assert read(b'["\\uD83D\\uDE00"]') == ["\U0001f600"]
    assert read(b'["\\uD83D"]') is None
    assert read(b'{"\\ude00": 1}') is None


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[" * 60_000, b'{"a":' * 10_000, b"9" * 60_000, b"\xff\xfe{}", b'"' + b"a" * SIZE_LIMIT + b'"']
)
def test_what_is_none(data: bytes) -> None:
    assert read(data) is None


def test_an_escaped_backslash_before_a_letter_is_no_half() -> None:
    """\\\\ud83d is a backslash and letters; other text is not looked at twice."""
    assert read(b'["\\\\ud83d"]') == ["\\ud83d"]
    assert read('["Gr\u00fc\u00dfe"]'.encode()) == ["Gr\u00fc\u00dfe"]
