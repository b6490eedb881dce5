"""Values as text for people: names, times, details, secrets as what may be shown of them."""

import pytest

from dashboard.formatting import VALUES, distinct, number_text, plain, run_title, short, size_text, time_element

SECRET = {"mask": "h", "length": "12-15", "fingerprint": "k1:ab", "value": "hunter2hunter2"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "not known"),
        (True, "yes"),
        (False, "no"),
        (12345, "12,345"),
        (["a", 1], "a, 1"),
        ({"a_b": [True]}, "a b: yes"),
        (list(range(VALUES + 3)), ", ".join(map(str, range(VALUES))) + " and 3 more"),
    ],
)
def test_plain(value: object, expected: str) -> None:
    assert plain(value) == expected


def test_of_a_secret_only_what_may_be_shown() -> None:
    text = plain(SECRET)
    assert text.startswith("begins with h, 12 to 15 characters, fingerprint k1:ab") and "hunter2" not in text
    assert "begins" not in plain({**SECRET, "mask": ""})


def test_times_say_that_they_are_utc_and_what_the_script_needs() -> None:
    assert (
        time_element("2026-05-01T10:00:01.120034Z")
        == '<time datetime="2026-05-01T10:00:01.120034Z" data-to="m">2026-05-01 10:00 UTC</time>'
    )
    assert "10:00:01 UTC" in time_element("2026-05-01T10:00:01.120034Z", seconds=True)
    assert time_element(None) == "–"
    assert "<script>" not in time_element('"><script>')


def test_numbers_are_written_as_a_language_writes_them() -> None:
    assert number_text(1234567, "en") == "1,234,567" and size_text(1500, "en") == "1.5 kB"


def test_short_distinct_and_titles() -> None:
    assert short("x" * 50) == "x" * 47 + "…" and short("x" * 48) == "x" * 48
    reason = {"field": "a", "value": "b", "evidence": [], "signature": "1"}
    assert distinct([reason, {**reason, "signature": "2"}, {**reason, "value": "c"}]) == [
        {**reason, "signature": "2"},
        {**reason, "value": "c"},
    ]
    assert run_title({"id": "r", "captures": [], "first_time": None}) == "r (–)"


@pytest.mark.parametrize(
    ("length", "text"), [("<8", "fewer than 8"), ("8-11", "8 to 11"), ("16+", "16 characters or more")]
)
def test_lengths_are_words(length: str, text: str) -> None:
    assert text in plain({"mask": "", "length": length, "fingerprint": "k1:ab"})


def test_a_stream_is_called_what_it_was() -> None:
    run = {"id": "w1", "captures": ["-"], "first_time": "2026-11-22T11:36:20.000000Z"}
    assert run_title(run) == "standard input (2026-11-22 11:36)"
