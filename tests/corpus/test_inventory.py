"""The captures of a corpus: every one once, shards, keys."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from sensor.corpus.inventory import capture_files, capture_paths, reading_key
from sensor.store.provenance import tool


def test_shards_are_parts_of_the_whole(captures: Path) -> None:
    whole = set(capture_paths([str(captures)]))
    parts = [set(capture_paths([str(captures)], (number, 3))) for number in (1, 2, 3)]
    assert set().union(*parts) == whole and sum(map(len, parts)) == len(whole) == 3


def test_a_file_named_twice_is_one_and_a_known_one_is_not_hashed_again(captures: Path) -> None:
    (captures / "link.pcap").symlink_to(captures / "mqtt.pcap")
    paths = list(capture_paths([str(captures), str(captures / "mqtt.pcap")]))
    assert len(paths) == len(set(paths)) == 3
    (first, *_) = files = list(capture_files(paths, {}, pytest.fail))
    again = list(capture_files(paths, {first.stamp: "known"}, pytest.fail))
    assert again[0].sha256 == "known" and again[1:] == files[1:]
    os.utime(first.path, ns=(1, 1))
    assert next(capture_files([first.path], {first.stamp: "known"}, pytest.fail)).sha256 == first.sha256


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    heard: list[str] = []
    assert not list(capture_files([str(tmp_path / "none")], {}, lambda path, error: heard.append(path)))
    assert heard == [str(tmp_path / "none")]


def test_another_capture_or_option_is_another_reading() -> None:
    keys = [reading_key("a", {"flows": False, "x": 1}), reading_key("b", {"flows": False, "x": 1})]
    assert len({*keys, reading_key("a", {"flows": True, "x": 1})}) == 3
    assert reading_key("a", {"x": 1, "flows": False}) == keys[0]


def test_a_known_capture_is_not_opened(captures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(capture_paths([str(captures)]))
    stamps = {(path, (status := Path(path).stat()).st_size, status.st_mtime_ns) for path in whole}
    opened: list[str] = []
    monkeypatch.setattr("sensor.capture._begins_like_one", lambda path: opened.append(path) or True)
    assert set(capture_paths([str(captures)], known=stamps - {next(iter(stamps))})) >= set(whole)
    others = {str(path) for path in captures.rglob("*") if path.is_file()} - set(whole)
    assert len(set(opened) - others) == 1, "the one that is not known"


def test_a_key_is_of_the_capture_the_program_and_the_options() -> None:
    program = tool()
    parts = ["ab" * 32, program.version, program.sha256, program.signatures_sha256, {"flows": False, "local": ["x"]}]
    whole = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    assert reading_key("ab" * 32, {"local": ["x"], "flows": False}) == whole[:32]
