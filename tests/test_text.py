"""Text of anybody made fit to show."""

import pytest

from sensor.text import printable


@pytest.mark.parametrize(
    "bad", ["\x1b", "\n", "\x7f", "\x9b", "\u202e", "\u2066", "\u200b", "\u2028", "\ud800", "\ue000"]
)
def test_what_commands_turns_or_hides_is_taken_out(bad: str) -> None:
    assert printable(f"a{bad}b", 10) == "a\ufffdb"
    assert printable(f"a{bad}b", 10, instead="?") == "a?b"


def test_words_of_any_language_stay() -> None:
    for text in ("Küche", "キッチン", "مطبخ", "no\u00a0break", "🙂"):
        assert printable(text, 20) == text


def test_what_is_too_long_is_cut_within_the_limit() -> None:
    assert printable("x" * 10, 10) == "x" * 10
    assert printable("x" * 11, 10) == "x" * 9 + "…"
    assert printable("\0" * 10**6, 10, instead="?", cut="~") == "?" * 9 + "~"
