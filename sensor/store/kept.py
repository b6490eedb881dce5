"""What is handed to a store of one run: its records, what hashes its captures have, bytes by hour, which program found it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

Record = dict[str, Any]


class Cell(NamedTuple):
    """Payload bytes that a device sent and received in an hour (counted from 1970 UTC), by protection and party ("" where not known)."""

    device: str
    hour: int
    protection: str
    party: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Tool:
    """The program: its version, and SHA-256 over its own files and over its signatures' (see `provenance`)."""

    version: str
    sha256: str | None
    signatures_sha256: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A run to be kept. ``sha256`` and ``size`` (bytes) of the capture file as it was read, packed or not; ``written`` µs since 1970 UTC."""

    run: str
    records: list[Record]
    tool: Tool
    written: int
    sha256: str | None = None
    size: int | None = None
    traffic: list[Cell] = field(default_factory=list)
    bounds: dict[str, int] = field(default_factory=dict)
    failures: int = 0


class Keeper(Protocol):
    """Where a replay puts its runs: `sensor.store.writer.Writer`."""

    def keep(self, kept: Kept) -> None:
        """Keep a run in place of an earlier one of the same name. Raises StoreFailed."""
