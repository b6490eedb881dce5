"""Questions to a corpus: views, nothing written or read elsewhere, prevalence with its denominators, masked packets."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("pyarrow")
pytest.importorskip("duckdb")

from sensor.cli.corpus import corpus
from sensor.corpus.folder import CorpusFolder
from sensor.corpus.questions import NoAnswer, answer
from sensor.corpus.reading import How, read_corpus
from sensor.evidence import pcapng
from tests.corpus.test_reading import settings
from tests.replaying import PCAPS, capture_in, of, replayed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of two captures and a file that is none; its name has a quote."""
    base = tmp_path_factory.mktemp("study")
    some = base / "captures"
    some.mkdir()
    for name in ("ftp_login", "home"):
        source = capture_in(PCAPS / name)
        shutil.copy(source, some / f"{name}{source.suffix}")
    (some / "text.pcap").write_text("no capture")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANWITNESS_STATE", str(base / "state"))
        read_corpus(CorpusFolder(base / "it's"), settings(some / "text.pcap", some), How(), print)
    return base / "it's"


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(corpus, arguments, standalone_mode=False, catch_exceptions=True)
    if done.exception is not None:
        return 2, str(done.exception)
    return done.return_value, done.output


def test_views_have_what_replays_found(folder: Path) -> None:
    expected = [one for name in ("ftp_login", "home") for one in of(replayed(capture_in(PCAPS / name)), "finding")]
    columns, rows = answer(folder, "SELECT rule, count(*) AS n FROM finding GROUP BY rule")
    assert columns == ["rule", "n"]
    assert dict(rows) == {
        rule: sum(one["rule"] == rule for one in expected) for rule in {one["rule"] for one in expected}
    }
    assert answer(folder, "SELECT kind, count(*) FROM failure GROUP BY kind")[1] == [("unreadable", 1)]
    frames = answer(folder, "SELECT len(evidence[1].frames) FROM finding WHERE rule = 'credential.cleartext'")[1]
    assert frames and all(count > 0 for (count,) in frames)


@pytest.mark.parametrize(
    "question",
    [
        "COPY finding TO '{folder}/x.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT 1; SELECT 2",
        "SET enable_external_access = true",
        "ATTACH '{folder}/x.db'",
        "DROP VIEW finding",
        "INSTALL httpfs",
        "not sql",
        "",
    ],
)
def test_a_corpus_is_only_read(folder: Path, question: str) -> None:
    before = set(folder.rglob("*"))
    with pytest.raises(NoAnswer):
        answer(folder, question.format(folder=str(folder).replace("'", "''")))
    assert set(folder.rglob("*")) == before


def test_prevalence_has_denominators(folder: Path, tmp_path: Path) -> None:
    status, text = run("report", str(folder), "--csv", "-", "--html", str(tmp_path / "page.html"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert status == 0 and rows
    home = [one for name in ("ftp_login", "home") for one in replayed(capture_in(PCAPS / name))]
    judged = {(one["run"], one["device"]) for one in of(home, "verdict")}
    makers = {(one["run"], one["id"]): (one["vendor"] or {}).get("value", "") for one in of(home, "device")}
    for row in rows:
        mine = {one for one in judged if makers[one] == row["maker"]}
        hit = {
            (f["run"], f["device"]) for f in of(home, "finding") if f["rule"] == row["rule"] and f["severity"] != "info"
        }
        assert (int(row["devices"]), int(row["devices_with_it"])) == (len(mine), len(mine & hit)), row
    page = (tmp_path / "page.html").read_text("utf-8")
    assert (
        "2 captures were read; 1 could not be read" in page.replace("\n", " ")
        and "<h2>credential.cleartext</h2>" in page
    )


def test_a_findings_packets_are_cut_and_masked(folder: Path, tmp_path: Path) -> None:
    _, rows = answer(
        folder, "SELECT id, evidence FROM finding WHERE rule = 'credential.cleartext' AND protocol = 'ftp'"
    )
    finding, evidence = rows[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANWITNESS_STATE", str(folder.parent / "state"))
        assert run("evidence", str(folder), finding, "--out", str(tmp_path / "f.pcapng"))[0] == 0
        assert "no such finding" in run("evidence", str(folder), "f0", "--out", str(tmp_path / "g.pcapng"))[1]
    data = (tmp_path / "f.pcapng").read_bytes()
    packets = pcapng.read(data)
    assert [one.frame for one in packets] == sorted(evidence[0]["frames"]) and b"PASS " in data
    assert any(one.marked for one in packets)
    password = next(line for line in capture_in(PCAPS / "ftp_login").read_bytes().split(b"\r\n") if b"PASS " in line)
    assert password.rpartition(b"PASS ")[2] not in data


def test_the_commands_say_what_was_read(folder: Path, tmp_path: Path) -> None:
    status, text = run("status", str(folder))
    assert status == 1 and text.startswith("2 read, 1 no captures\n") and "text.pcap: " in text
    status, text = run("sql", str(folder), "SELECT outcome, count(*) AS n FROM manifest GROUP BY 1 ORDER BY 1", "--csv")
    assert (status, text) == (0, "outcome,n\nread,2\nunreadable,1\n")
    assert run("status", str(tmp_path)) == (2, f"{tmp_path} is no corpus: it has no _corpus.json that can be read")
    assert "no I/N" in run("read", "x", "--out", str(tmp_path / "o"), "--shard", "3/2")[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANWITNESS_STATE", str(folder.parent / "state"))
        status, text = run("retry", str(folder), "--workers", "0")
    assert status == 1 and text.startswith("1 no captures, 2 read before\n")
