"""Text of anybody made fit to show."""

import pytest

from sensor.text import harmless


@pytest.mark.parametrize(
    "bad", ["\x1b", "\n", "\x7f", "\x9b", "\u202e", "\u2066", "\u200b", "\u2028", "\ud800", "\ue000"]
)
def test_what_commands_turns_or_hides_is_taken_out(bad: str) -> None:
    assert harmless(f"a{bad}b", 10) == "a\ufffdb"
    assert harmless(f"a{bad}b", 10, instead="?") == "a?b"


def test_words_of_any_language_stay() -> None:
    for text in ("Küche", "キッチン", "مطبخ", "no\u00a0break", "🙂"):
        assert harmless(text, 20) == text


def test_what_is_too_long_is_cut_within_the_limit() -> None:
    assert harmless("x" * 10, 10) == "x" * 10
    assert harmless("x" * 11, 10) == "x" * 9 + "…"
    assert harmless("\0" * 10**6, 10, instead="?", cut="~") == "?" * 9 + "~"
