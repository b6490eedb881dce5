"""Files that the facts name: read once, put behind the facts, refused with a sentence."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from sensor.settings.toml_reader import Reader
from sensor.verdicts.enclosures import MAX_TEXT_BYTES, EnclosedFile, Enclosures, enclosed

HARD = 'quote " """ backslash \\ tab \t del \x7f bell \x07 snowman \u2603 \U0001f600\r\n\'\'\'\n[[device]]\n'


def test_what_was_read_can_be_read_again_without_the_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(HARD.encode())
    (tmp_path / "b.bin").write_bytes(b"\0\xff" * 1_000_000)
    files = Enclosures(tmp_path, {})
    assert files.text("a.txt") == HARD
    digest = files.digest("b.bin")
    assert digest == hashlib.sha256(b"\0\xff" * 1_000_000).hexdigest()
    again = Enclosures(None, enclosed(Reader("x", files.toml())))
    assert again.text("a.txt") == HARD and again.digest("b.bin") == digest
    assert again.digest("a.txt") == hashlib.sha256(HARD.encode()).hexdigest()
    assert again.toml() == ""


def test_the_file_in_the_folder_comes_before_the_one_that_was_enclosed(tmp_path: Path) -> None:
    before = {"a.txt": EnclosedFile("0" * 64, "old")}
    assert Enclosures(tmp_path, before).text("a.txt") == "old"
    (tmp_path / "a.txt").write_text("new")
    assert Enclosures(tmp_path, before).text("a.txt") == "new"


def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"x" * (MAX_TEXT_BYTES + 1))
    os.mkfifo(tmp_path / "pipe")
    files = Enclosures(tmp_path, {"bare": EnclosedFile("0" * 64)})
    for name, sentence in {
        "binary": "is no UTF-8 text",
        "large": "is larger than",
        "pipe": "is no file",
        "missing": "is not there",
        "bare": "without its text",
    }.items():
        with pytest.raises(ValueError, match=sentence):
            files.text(name)
    with pytest.raises(ValueError, match="is no file"):
        files.digest("pipe")
    with pytest.raises(ValueError, match="not enclosed"):
        Enclosures(None, {}).digest("missing")


def test_a_table_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="x:4: text: must be a text"):
        enclosed(Reader("x", '[[enclosed]]\nfile = "a"\nsha256 = "b"\ntext = 5\n'))
