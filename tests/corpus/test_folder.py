"""The folder of a corpus: one writer, one set of options, nothing half written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sensor.corpus.folder import CorpusFolder, NoCorpus
from sensor.corpus.reading import How, read_corpus
from tests.corpus.corpora import read, rows, settings


def test_what_a_killed_reader_left_is_removed(tmp_path: Path, captures: Path) -> None:
    out = tmp_path / "out"
    read(out, captures)
    expected = rows(out)
    (part,) = (out / "finding").rglob("part-*.parquet")
    shutil.copy(part, part.with_name("part-0000.parquet"))
    (part.parent / ".part-1.parquet.abcd").write_bytes(b"half")
    assert rows(out) != expected
    read(out, captures)
    assert rows(out) == expected and not list(out.rglob(".part-*"))


def test_a_part_that_cannot_be_written_is_said_and_counts_as_not_read(tmp_path: Path, captures: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "_corpus.lock").touch()
    (out / "finding").symlink_to("/proc/nowhere")
    with pytest.raises((OSError, NoCorpus)):
        read(out, captures)


def test_other_options_and_another_writer_are_refused(tmp_path: Path, captures: Path) -> None:
    out = tmp_path / "out"
    read(out, captures)
    with pytest.raises(NoCorpus, match="other options"):
        read_corpus(CorpusFolder(out), settings(captures, flows=True), How(), print)
    with CorpusFolder(out).locked(), pytest.raises(NoCorpus, match="another process"):
        read(out, captures)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(NoCorpus, match="empty folder"):
        read(tmp_path / "other", captures)
