"""SHA-256 sums of the installed program and its signatures, for reports.

The sum of a folder is that of the output of ``sha256sum`` over its files, sorted by path: it can be computed without
this program.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import sensor
import signatures
from sensor.store.types import Tool

PROGRAM = frozenset({".py", ".pyi", ".toml", ".html", ".css"})
SIGNATURES = frozenset({".toml", ".csv", ".tsv"})


def folder_sha256(folder: Path, suffixes: frozenset[str]) -> str:
    """SHA-256 over ``<sha256>  <path>`` lines of the files with these suffixes. OSError where one cannot be read."""
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.suffix in suffixes and p.is_file())
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n".encode())
    return digest.hexdigest()


@cache
def tool() -> Tool:
    """This program, as it is installed; sums are None where its files cannot be read."""
    sums: list[str | None] = []
    for package, suffixes in ((sensor, PROGRAM), (signatures, SIGNATURES)):
        try:
            sums.append(folder_sha256(Path(package.__file__ or "").parent, suffixes))
        except OSError:
            sums.append(None)
    return Tool(sensor.__version__, *sums)
