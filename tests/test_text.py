"""Text of anybody made fit to show."""

import pytest

from sensor.text import minute, no_formula, printable, short_names, size


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


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "0 B"),
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (25_000_000, "25 MB"),
        (5 * 10**12, "5.0 TB"),
        (10**15, "1000 TB"),
    ],
)
def test_bytes_for_people(count: int | None, text: str) -> None:
    assert size(count) == text


def test_times_for_people() -> None:
    assert minute(1_777_636_859.9) == "2026-05-01 12:00 UTC"


def test_files_are_named_by_what_tells_them_apart() -> None:
    paths = ["/data/a/x.pcap", "/data/b/x.pcap", "/data/b/y.pcap", "-"]
    assert list(short_names(paths).values()) == ["a/x.pcap", "b/x.pcap", "y.pcap", "-"]
    assert short_names(["x.pcap", "/x.pcap"]) == {"x.pcap": "x.pcap", "/x.pcap": "/x.pcap"}


def test_a_cell_that_would_be_calculated_gets_an_apostrophe() -> None:
    assert [no_formula(one) for one in ("=1", "+1", "-1", "@a", "1", "", "a=")] == [
        "'=1", "'+1", "'-1", "'@a", "1", "", "a="
    ]  # fmt: skip
