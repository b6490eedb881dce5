"""A file of JSON in the state folder: whole or not at all, one change after the other."""

import os
import stat
import threading
from pathlib import Path

import pytest

from dashboard.auth.json_file import JsonFile


def test_changes_are_written_and_a_change_that_fails_is_not(tmp_path: Path) -> None:
    file = JsonFile(tmp_path / "new" / "one.json")
    assert file.read() == {}
    with file.change() as content:
        content["a"] = [1]
    with pytest.raises(RuntimeError), file.change() as content:
        content["a"].append(2)
        raise RuntimeError
    assert file.read() == JsonFile(tmp_path / "new" / "one.json").read() == {"a": [1]}
    assert stat.S_IMODE((tmp_path / "new" / "one.json").stat().st_mode) == 0o600


def test_no_change_of_several_threads_and_programs_is_lost(tmp_path: Path) -> None:
    files = [JsonFile(tmp_path / "one.json") for _ in range(2)]

    def count(file: JsonFile) -> None:
        for _ in range(20):
            with file.change() as content:
                content["n"] = content.get("n", 0) + 1

    threads = [threading.Thread(target=count, args=(file,)) for file in files * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert files[0].read()["n"] == 80


def test_a_damaged_file_is_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"users": ')
    with pytest.raises(ValueError):
        JsonFile(tmp_path / "one.json").read()


def test_the_file_and_its_lock_are_for_their_owner_alone(tmp_path: Path) -> None:
    place = tmp_path / "new" / "state"
    file = JsonFile(place / "x.json")
    before = os.umask(0)
    try:
        with file.change() as content:
            content["a"] = 1
    finally:
        os.umask(before)
    assert {path.name: path.stat().st_mode & 0o777 for path in place.iterdir()} == {"x.json": 0o600, "x.lock": 0o600}
    assert place.stat().st_mode & 0o777 == 0o700
    JsonFile(place / "y.json")  # the folder is there already
    assert file.read() == {"a": 1} and file.read() is file.read()


def test_what_another_program_wrote_is_read_and_nothing_is_read_twice(tmp_path: Path) -> None:
    """By time, inode or size: a file of the same size, written in the same tick, has another inode."""
    path = tmp_path / "one.json"
    file, other = JsonFile(path), JsonFile(path)
    for text in ("a", "b", "longer", "c"):
        with other.change() as content:
            content["text"] = text
        os.utime(path, ns=(1, 1))
        assert file.read() == {"text": text}
    assert file.read() is file.read()
    path.unlink()
    assert file.read() == {} == other.read()
    path.write_text('{"text": "d"}')
    assert file.read() == {"text": "d"}


@pytest.mark.parametrize("text", ["", "{", "[1", "nul"])
def test_a_change_of_a_damaged_file_leaves_it_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "one.json"
    path.write_text(text)
    with pytest.raises(ValueError), JsonFile(path).change() as content:
        content["a"] = 1
    assert path.read_text() == text


def test_what_was_read_is_not_what_is_changed(tmp_path: Path) -> None:
    file = JsonFile(tmp_path / "one.json")
    with file.change() as content:
        content["a"] = {"b": 1}
    before = file.read()
    with file.change() as content:
        content["a"]["b"] = 2
        assert before == file.read() == {"a": {"b": 1}}
    assert before == {"a": {"b": 1}} and file.read() == {"a": {"b": 2}}
