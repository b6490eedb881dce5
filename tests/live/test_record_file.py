"""The file of records, moved away or full: whole lines in the old and in the new one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sensor.export.jsonlines import JsonLines
from sensor.live.record_file import OLD_FILES, RecordFile


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "home.jsonl"
    with path.open("wb", buffering=0) as stream:
        path.chmod(0o600)
        file, lines = RecordFile(path, stream.fileno()), JsonLines(stream, "home.jsonl")
        lines.write({"number": 1})
        lines.flush()
        path.rename(tmp_path / "yesterday.jsonl")
        file.reopen()
        lines.write({"number": 2})
        lines.flush()
        file.reopen()  # nobody moved it: it goes on
        lines.write({"number": 3})
        lines.flush()
    assert (tmp_path / "yesterday.jsonl").read_text() == '{"number":1}\n'
    assert path.read_text() == '{"number":2}\n{"number":3}\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_full_file_is_put_aside_and_few_old_ones_stay(tmp_path: Path) -> None:
    path = tmp_path / "home.jsonl"
    with path.open("wb", buffering=0) as stream:
        file, lines = RecordFile(path, stream.fileno(), 30), JsonLines(stream, "home.jsonl")
        for number in range(12):
            lines.write({"number": number})
            lines.flush()
            file.put_aside_if_full()
    names = sorted(one.name for one in tmp_path.iterdir())
    assert names == ["home.jsonl", *(f"home.jsonl.{number}" for number in range(1, OLD_FILES + 1))]
    found = [(tmp_path / name).read_text() for name in names]
    assert found == [
        "",
        '{"number":9}\n{"number":10}\n{"number":11}\n',
        '{"number":6}\n{"number":7}\n{"number":8}\n',
        '{"number":3}\n{"number":4}\n{"number":5}\n',
    ]


def test_what_is_no_file_is_never_put_aside(tmp_path: Path) -> None:
    with Path(os.devnull).open("wb", buffering=0) as stream:
        RecordFile(tmp_path / "none", stream.fileno(), 0).put_aside_if_full()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("size", "aside"), [(None, False), (0, True), (12, True), (13, True), (14, False)])
def test_a_file_is_full_at_its_size(tmp_path: Path, size: int | None, aside: bool) -> None:
    """Thirteen bytes are in it."""
    path = tmp_path / "home.jsonl"
    with path.open("wb", buffering=0) as stream:
        stream.write(b"0123456789ab\n")
        RecordFile(path, stream.fileno(), size).put_aside_if_full()
        stream.write(b"next")
    assert path.read_text() == ("next" if aside else "0123456789ab\nnext")
    assert (tmp_path / "home.jsonl.1").exists() is aside


def test_a_new_file_leaves_no_descriptor_and_is_not_for_programs_that_are_started(tmp_path: Path) -> None:
    path = tmp_path / "home.jsonl"
    with path.open("wb", buffering=0) as stream:
        file, before = RecordFile(path, stream.fileno()), set(Path("/proc/self/fd").iterdir())
        for _ in range(3):
            path.rename(tmp_path / "old")
            file.reopen()
            assert path.exists() and not os.get_inheritable(stream.fileno())
        assert set(Path("/proc/self/fd").iterdir()) == before


def test_where_no_file_can_be_made_the_old_one_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "records" / "home.jsonl"
    path.parent.mkdir()
    with path.open("wb", buffering=0) as stream:
        file = RecordFile(path, stream.fileno())
        path.parent.rename(tmp_path / "away")
        with pytest.raises(FileNotFoundError):
            file.reopen()
        stream.write(b"still")
    assert (tmp_path / "away" / "home.jsonl").read_bytes() == b"still"
