"""Values as text for people: names, times, details, secrets as what may be shown of them."""

from datetime import UTC, datetime

import pytest

from dashboard.formatting import VALUES, ago, distinct, plain, run_title, short, time_element

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
    assert text.startswith("begins with h, 12 to 15 characters long, fingerprint k1:ab") and "hunter2" not in text
    assert "begins" not in plain({**SECRET, "mask": ""})


def test_times_say_that_they_are_utc_and_what_the_script_needs() -> None:
    assert (
        time_element("2026-05-01T10:00:01.120034Z")
        == '<time datetime="2026-05-01T10:00:01.120034Z" data-to="m">2026-05-01 10:00 UTC</time>'
    )
    assert "10:00:01 UTC" in time_element("2026-05-01T10:00:01.120034Z", seconds=True)
    assert time_element(None) == "–"
    assert "<script>" not in time_element('"><script>')


@pytest.mark.parametrize(
    ("seconds", "expected"), [(5, "just now"), (60, "1 minute ago"), (7300, "2 hours ago"), (200_000, "2 days ago")]
)
def test_ago(seconds: int, expected: str) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert ago(datetime.fromtimestamp(now.timestamp() - seconds, UTC).isoformat(), now) == expected
    assert ago(None) == "never"


def test_short_distinct_and_titles() -> None:
    assert short("x" * 50) == "x" * 47 + "…" and short("x" * 48) == "x" * 48
    reason = {"field": "a", "value": "b", "evidence": [], "signature": "1"}
    assert distinct([reason, {**reason, "signature": "2"}, {**reason, "value": "c"}]) == [
        {**reason, "signature": "2"},
        {**reason, "value": "c"},
    ]
    assert run_title({"id": "r", "captures": [], "first_time": None}) == "r (–)"


@pytest.mark.parametrize(
    ("length", "text"), [("<8", "fewer than 8"), ("8-11", "8 to 11"), ("16+", "16 characters long or more")]
)
def test_lengths_are_words(length: str, text: str) -> None:
    assert text in plain({"mask": "", "length": length, "fingerprint": "k1:ab"})


def test_a_stream_is_called_what_it_was() -> None:
    run = {"id": "w1", "captures": ["-"], "first_time": "2026-11-22T11:36:20.000000Z"}
    assert run_title(run) == "standard input (2026-11-22 11:36)"
