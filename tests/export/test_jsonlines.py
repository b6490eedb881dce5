"""Whole lines, whatever happens to the output."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from sensor.export import jsonlines as module
from sensor.export.jsonlines import JsonLines, OutputFailed


def test_lines_are_whole_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with path.open("wb", buffering=0) as stream:
        lines = JsonLines(stream, "out")
        for number in range(5000):
            lines.write({"record": "x", "number": number, "text": "ü\ud800\n"})
        lines.flush()
    read = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [record["number"] for record in read] == list(range(5000))


def test_a_full_disk_leaves_whole_lines_and_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.jsonl"
    room = 1000

    def write(descriptor: int, data: Any) -> int:
        nonlocal room
        if room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = real(descriptor, bytes(data)[:room])
        room -= done
        return done

    real = os.write
    with path.open("wb", buffering=0) as stream:
        lines = JsonLines(stream, "out.jsonl")
        monkeypatch.setattr(module.os, "write", write)
        with pytest.raises(OutputFailed, match=r"out\.jsonl: No space left"):
            for number in range(10_000):
                lines.write({"number": number, "text": "x" * 30})
    text = path.read_text()
    assert text.endswith("\n")
    assert [json.loads(line)["number"] for line in text.splitlines()] == list(range(len(text.splitlines())))


def test_separators_of_lines_in_a_text_do_not_break_a_line(tmp_path: Path) -> None:
    """RFC 8259 allows U+2028 and the like; str.splitlines and JavaScript before ES2019 do not."""
    path = tmp_path / "out.jsonl"
    text = "a\u2028b\u2029c\u0085d"
    with path.open("wb", buffering=0) as stream:
        lines = JsonLines(stream, "out")
        lines.write({"text": text})
        lines.flush()
    (line,) = path.read_text("utf-8").splitlines()
    assert line == '{"text":"a\\u2028b\\u2029c\\u0085d"}' and json.loads(line) == {"text": text}
