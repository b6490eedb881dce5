"""`lanwitness corpus`: what it prints, its exit statuses, sentences for mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.corpora import run, study_in


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study_in(tmp_path_factory.mktemp("study"))


def test_the_commands_say_what_was_read(study: Path, tmp_path: Path) -> None:
    status, text = run("status", str(study))
    assert status == 1 and text.startswith("2 read, 1 no captures\n") and "text.pcap: " in text
    status, text = run("sql", str(study), "SELECT outcome, count(*) AS n FROM manifest GROUP BY 1 ORDER BY 1", "--csv")
    assert (status, text) == (0, "outcome,n\nread,2\nunreadable,1\n")
    assert run("status", str(tmp_path)) == (2, f"{tmp_path} is no corpus: it has no _corpus.json that can be read")
    assert "no I/N" in run("read", "x", "--out", str(tmp_path / "o"), "--shard", "3/2")[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANWITNESS_STATE", str(study.parent / "state"))
        status, text = run("retry", str(study), "--workers", "0")
    assert status == 1 and text.startswith("1 no captures, 2 read before\n")
