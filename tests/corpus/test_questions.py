"""Questions to a corpus: views over its records; nothing is written, nothing read elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensor.corpus.questions import NoAnswer, answer
from tests.replaying import PCAPS, capture_in, of, replayed


def test_views_have_what_replays_found(study: Path) -> None:
    expected = [one for name in ("ftp_login", "home") for one in of(replayed(capture_in(PCAPS / name)), "finding")]
    columns, rows = answer(study, "SELECT rule, count(*) AS n FROM finding GROUP BY rule")
    assert columns == ["rule", "n"]
    assert dict(rows) == {
        rule: sum(one["rule"] == rule for one in expected) for rule in {one["rule"] for one in expected}
    }
    assert answer(study, "SELECT kind, count(*) FROM failure GROUP BY kind")[1] == [("unreadable", 1)]
    frames = answer(study, "SELECT len(evidence[1].frames) FROM finding WHERE rule = 'credential.cleartext'")[1]
    assert frames and all(count > 0 for (count,) in frames)


@pytest.mark.parametrize(
    "question",
    [
        "COPY finding TO '{study}/x.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT 1; SELECT 2",
        "SET enable_external_access = true",
        "ATTACH '{study}/x.db'",
        "DROP VIEW finding",
        "INSTALL httpfs",
        "not sql",
        "",
    ],
)
def test_a_corpus_is_only_read(study: Path, question: str) -> None:
    before = set(study.rglob("*"))
    with pytest.raises(NoAnswer):
        answer(study, question.format(study=str(study).replace("'", "''")))
    assert set(study.rglob("*")) == before
