"""What is told before anything is set up: what is heard, that consent is needed, and where things go."""

from __future__ import annotations

from sensor.setup.consent import QUESTION, REFUSED, TEXT


def test_it_says_what_matters() -> None:
    for words in ("consent", "phones and computers", "--people", "stays on this machine", "lanwitness forget"):
        assert words in TEXT
    assert QUESTION.endswith("?") and "--consent" in REFUSED
    assert max(map(len, TEXT.splitlines())) <= 160
