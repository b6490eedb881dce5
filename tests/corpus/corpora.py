"""Reading of small corpora for tests, and what is in their folders."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sensor.cli.corpus import corpus
from sensor.corpus.folder import KINDS, CorpusFolder, CorpusSettings, ManifestRow
from sensor.corpus.reading import How, Outcomes, read_corpus
from tests.replaying import PCAPS, capture_in

NAMES = ("ftp_login", "mqtt", "telnet")


def settings(*paths: Path, **more: Any) -> CorpusSettings:
    return CorpusSettings(tuple(map(str, paths)), **more)


def read(out: Path, *paths: Path, how: How | None = None, again: bool = False) -> Outcomes:
    return read_corpus(CorpusFolder(out), settings(*paths), how or How(), pytest.fail, again=again)


def rows(out: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of each kind, by what they say."""
    import pyarrow.parquet

    found = {
        kind: [
            row for part in (out / kind).rglob("part-*.parquet") for row in pyarrow.parquet.read_table(part).to_pylist()
        ]
        for kind in KINDS
    }
    return {
        kind: sorted(({k: v for k, v in row.items() if k != "tool"} for row in some), key=repr)
        for kind, some in found.items()
    }


def manifest(out: Path) -> dict[str, ManifestRow]:
    return {Path(row.path).name: row for row in CorpusFolder(out).manifest()}


def files(out: Path) -> set[Path]:
    return {path for path in out.rglob("*") if path.is_file()}


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(corpus, arguments, standalone_mode=False, catch_exceptions=True)
    if done.exception is not None:
        return 2, str(done.exception)
    return done.return_value, done.output


def study_in(base: Path) -> Path:
    """A corpus of two captures and a file that is none; its name has a quote."""
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
