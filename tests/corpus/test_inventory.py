"""The captures of a corpus: every one once, shards, keys."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sensor.corpus.inventory import capture_files, capture_paths, reading_key


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
