"""The file of records, moved away or full: whole lines in the old and in the new one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

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
