"""Stores for tests: captures of ours read into one, as `replay --store` does."""

from __future__ import annotations

from pathlib import Path

from sensor.export.records import records
from sensor.store.location import store_location
from sensor.store.traffic import Traffic
from sensor.store.types import StoredRun, Tool
from sensor.store.writer import Writer
from tests.replaying import PCAPS, capture_in, read

TOOL = Tool("0.0.test", "a" * 64, "b" * 64)


def stored_run(path: Path, *, reveal: bool = False, written: int = 1) -> StoredRun:
    """What a replay would keep of a capture; without hourly traffic, which needs the run itself
    (tests/store/test_traffic.py)."""
    result = read(path, reveal=reveal)
    return StoredRun(
        result.id, list(records(result)), TOOL, written, sha256="c" * 64, size=path.stat().st_size, bounds=result.bounds
    )


def capture(name: str) -> Path:
    """One of our own captures."""
    return capture_in(PCAPS / name)


def writer(path: Path) -> Writer:
    """A store at that path."""
    return Writer(store_location(str(path)))


def everything_in(path: Path) -> bytes:
    """All bytes of an SQLite store: the file, its log and its index."""
    return b"".join(p.read_bytes() for p in sorted(path.parent.glob(path.name + "*")) if p.is_file())


__all__ = ["TOOL", "Traffic", "capture", "everything_in", "stored_run", "writer"]
