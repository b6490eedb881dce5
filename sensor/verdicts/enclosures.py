"""Files that a facts file names: their digests, and the text of those that are read with it.

What was read is written behind the facts as ``[[enclosed]]``, so that they can be read again without the files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from sensor.files import error_reason
from sensor.light_dataclass import dataclass
from sensor.settings import toml_reader as checks
from sensor.settings.toml_reader import Keys, Reader

ENCLOSED: Keys = {"file": checks.text, "sha256": checks.text, "text": None}

MAX_TEXT_BYTES = 1024 * 1024
"""Bytes of a file that is read with the facts: tables of a laboratory have a few hundred lines."""

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class EnclosedFile:
    """A file's digest, with its text where it was read."""

    sha256: str
    text: str | None = None


class Enclosures:
    """Files by the name that the facts give them: of ``folder``, else as they were enclosed before."""

    def __init__(self, folder: Path | None, enclosed: Mapping[str, EnclosedFile]) -> None:
        self._folder = folder
        self._before = enclosed
        self._read: dict[str, EnclosedFile] = {}

    def digest(self, name: str) -> str:
        """SHA-256 of a file. ValueError where it cannot be read."""
        known = self._read.get(name)
        if known is None:
            path = self._path(name)
            known = self._read[name] = self._before[name] if path is None else EnclosedFile(_digest(path, name))
        return known.sha256

    def text(self, name: str) -> str:
        """The text of a file. ValueError where it cannot be read or is no text."""
        known = self._read.get(name)
        if known is None or known.text is None:
            path = self._path(name)
            known = self._read[name] = self._before[name] if path is None else _text(path, name)
        if known.text is None:
            raise ValueError(f"{name} was enclosed without its text")
        return known.text

    def toml(self) -> str:
        """What was read of the folder, as tables to be put behind the facts; empty where that was nothing."""
        tables = ""
        for name, file in self._read.items():
            if self._before.get(name) != file:
                tables += f"\n[[enclosed]]\nfile = {_quoted(name)}\nsha256 = {_quoted(file.sha256)}\n"
                tables += f"text = {_quoted(file.text)}\n" if file.text is not None else ""
        return tables

    def _path(self, name: str) -> Path | None:
        """Where to read a file; None for one that was enclosed and is not there."""
        path = self._folder / name if self._folder is not None else None
        if path is not None and (path.is_file() or name not in self._before):
            return path
        if name not in self._before:
            raise ValueError(f"{name} is not enclosed in these facts")
        return None


def enclosed(reader: Reader) -> dict[str, EnclosedFile]:
    """The files that stand behind the facts; a later one of a name counts."""
    found: dict[str, EnclosedFile] = {}
    tables = reader.tables((), "enclosed", reader.data.get("enclosed", []), ENCLOSED, ("file", "sha256"))
    for place, row in tables:
        if not isinstance(row.get("text", ""), str):
            raise reader.wrong(place, "text", "text: must be a text")
        found[row["file"]] = EnclosedFile(row["sha256"], row.get("text"))
    return found


def _digest(path: Path, name: str) -> str:
    made = hashlib.sha256()
    try:
        if not path.is_file():
            raise ValueError(f"{name} is not there, or is no file")
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                made.update(chunk)
    except OSError as error:
        raise ValueError(f"{name} {error_reason(error, 'cannot be read')}") from None
    return made.hexdigest()


def _text(path: Path, name: str) -> EnclosedFile:
    try:
        if not path.is_file():
            raise ValueError(f"{name} is not there, or is no file")
        with path.open("rb") as file:
            data = file.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{name} {error_reason(error, 'cannot be read')}") from None
    if len(data) > MAX_TEXT_BYTES:
        raise ValueError(f"{name} is larger than {MAX_TEXT_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{name} is no UTF-8 text") from None
    return EnclosedFile(hashlib.sha256(data).hexdigest(), text)


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's escapes are among its own, only DEL may not stand bare."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
