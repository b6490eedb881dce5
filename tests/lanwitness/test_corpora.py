"""A bag of results: its examples, and captures that cannot be read."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import lanwitness
from lanwitness import corpora
from tests.replaying import PCAPS


def test_the_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PCAPS.parent)
    result = doctest.testmod(corpora)
    assert result.attempted == 3 and result.failed == 0


def test_a_corpus_leaves_out_what_cannot_be_read_only_if_it_is_told_to(tmp_path: Path) -> None:
    some = [PCAPS / "mqtt", tmp_path / "text.pcap"]
    some[1].write_text("no capture at all")
    whole = lanwitness.corpus(some, skip=True).compute(scheduler="synchronous")
    assert [{one.protocol for one in result.findings} & {"mqtt"} for result in whole] == [{"mqtt"}]
    with pytest.raises(lanwitness.CaptureError, match=r"text\.pcap"):
        lanwitness.corpus(some).compute(scheduler="synchronous")
    assert lanwitness.corpus([]).compute(scheduler="synchronous") == []
