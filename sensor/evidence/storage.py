"""Folder of evidence beside the store: one pcapng per run, bounded, expiring, owner-only."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

from sensor import __version__
from sensor.evidence import pcapng
from sensor.evidence.frame_layout import fix_checksums, layout
from sensor.evidence.packet import FILLER, EvidencePacket, merge_ranges
from sensor.files import write_atomic
from sensor.lazy_pattern import expression
from sensor.store.location import StoreLocation

MAX_BYTES = 50 * 1000 * 1000
"""Bytes that the folder may hold: the packets of the oldest runs are removed first."""

MAX_RUN_BYTES = 16 * 1000 * 1000
"""Bytes of one run's packets: one run with many findings does not cost all others theirs."""

DAYS = 30
"""Days that packets are stored."""

DAY = 86_400
RUN_NAME = expression(r"[A-Za-z0-9_-]{1,64}")


def evidence_path(place: StoreLocation, state: Path) -> Path:
    """Path of a store's evidence: ``home.db.evidence`` beside ``home.db``.

    A database server has a folder below ``state``.
    """
    if place.path is not None:
        return place.path.with_name(place.path.name + ".evidence")
    return state / "evidence" / hashlib.sha256((place.url or "").encode()).hexdigest()[:16]


class EvidenceFolder:
    """The evidence of a store. Reading packets that are missing or have expired gives none and never fails."""

    def __init__(self, path: Path, *, limit: int = MAX_BYTES, days: float = DAYS) -> None:
        self.path = path
        self.limit = limit
        self.days = days

    def packets(self, run: str) -> list[EvidencePacket]:
        """All packets of a run in the order of their frames; none of a damaged file."""
        try:
            return pcapng.read(self._file(run).read_bytes())
        except (OSError, pcapng.Damaged):
            return []

    def of(self, run: str, finding: str) -> list[EvidencePacket]:
        """The packets that a finding rests on; empty where none were stored or they have expired."""
        return [one for one in self.packets(run) if any(name == finding for name, _ in one.findings)]

    def put(self, run: str, packets: Iterable[EvidencePacket]) -> int:
        """Store a run's packets in place of earlier ones; returns the number for which there was room.

        Raises OSError.
        """
        stored: list[EvidencePacket] = []
        size = 0
        # In the order given: the caller puts the worst findings first.
        for packet in packets:
            size += len(packet.data) + sum(len(why) + 16 for _, why in packet.findings) + 160
            if size > min(MAX_RUN_BYTES, self.limit):
                break
            stored.append(packet)
        stored.sort(key=lambda one: (one.capture, one.frame))
        self._write(run, stored)
        return len(stored)

    def add(self, run: str, packets: Iterable[EvidencePacket]) -> None:
        """Add packets to a run that goes on. Of two copies of a packet both masks apply. Raises OSError."""
        known = {(one.capture, one.frame): one for one in self.packets(run)}
        for packet in packets:
            before = known.pop((packet.capture, packet.frame), None)
            known[packet.capture, packet.frame] = packet if before is None else _combine(before, packet)
        # The newest packets stay.
        self.put(run, reversed(known.values()))

    def forget(self, run: str, findings: Collection[str], names: Iterable[str]) -> int:
        """Remove what only these findings rest on, and each packet that contains one of ``names``.

        Names are a device's MAC, addresses and host name. Returns the number of packets removed.
        """
        names = list(names)
        facts = self.facts(run)
        if facts is not None and any(name.lower() in facts[1].lower() for name in names if name):
            self._file(run).with_suffix(".facts").unlink(missing_ok=True)
        before = self.packets(run)
        if not before:
            # A file that cannot be read may contain the device.
            self._file(run).unlink(missing_ok=True)
            return 0
        stored: list[EvidencePacket] = []
        for one in before:
            left = tuple(pair for pair in one.findings if pair[0] not in findings)
            if left and not contains_any(one.data, names):
                stored.append(
                    EvidencePacket(one.capture, one.frame, one.time, one.link, one.data, one.length, one.marked, left)
                )
        if stored != before:
            self._write(run, stored)
        return len(before) - len(stored)

    def put_facts(self, run: str, name: str, source: str) -> None:
        """Store the facts that a lab stated of a run's devices; "" for none. Raises OSError.

        The file's name stands on the first line, as a comment.
        """
        file = self._file(run).with_suffix(".facts")
        if not source:
            file.unlink(missing_ok=True)
            return
        self._write_file(file, f"# {name}\n{source}".encode("utf-8", "surrogateescape"))

    def facts(self, run: str) -> tuple[str, str] | None:
        """Name and text of the lab's file; None where there was none or it has expired."""
        try:
            first, _, source = self._file(run).with_suffix(".facts").read_text("utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return first[2:], source

    def drop(self, run: str) -> None:
        """Remove the evidence of a run. Raises OSError."""
        self._file(run).unlink(missing_ok=True)
        self._file(run).with_suffix(".facts").unlink(missing_ok=True)

    def runs(self) -> list[str]:
        """Runs that have packets, the oldest file first."""
        return [path.stem for path in self._files()]

    def expire(self, now: float) -> int:
        """Remove what is older than `days`, and the oldest beyond the limit; returns the number of runs affected.

        ``now``: seconds since 1970.
        """
        gone = 0
        sizes = self._files()
        files = list(sizes)
        total = sum(status.st_size for status in sizes.values())
        for path in files:
            if sizes[path].st_mtime < now - self.days * DAY or (total > self.limit and path != files[-1]):
                total -= sizes[path].st_size
                self.drop(path.stem)
                gone += 1
        return gone

    def _files(self) -> dict[Path, os.stat_result]:
        """The runs' files, the oldest first."""
        try:
            entries = [path for path in self.path.iterdir() if path.suffix == ".pcapng"]
        except OSError:
            return {}
        found: dict[Path, os.stat_result] = {}
        for path in entries:
            # Retention, in another thread, may remove a file meanwhile.
            with suppress(FileNotFoundError):
                if RUN_NAME.fullmatch(path.stem):
                    found[path] = path.stat()
        return dict(sorted(found.items(), key=lambda one: (one[1].st_mtime_ns, one[0].name)))

    def _file(self, run: str) -> Path:
        if not RUN_NAME.fullmatch(run):
            raise ValueError("no name of a run")
        return self.path / f"{run}.pcapng"

    def _write(self, run: str, packets: list[EvidencePacket]) -> None:
        """Replace a run's file in one step; only its owner may read it."""
        file = self._file(run)
        if not packets:
            file.unlink(missing_ok=True)
            return
        self._write_file(file, pcapng.write(packets, f"LANwitness {__version__}"))

    def _write_file(self, file: Path, data: bytes) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(file, data)


def _combine(before: EvidencePacket, after: EvidencePacket) -> EvidencePacket:
    marked = merge_ranges([*before.marked, *after.marked])
    data = bytearray(after.data)
    for start, end in marked:
        data[start:end] = bytes((FILLER,)) * (min(end, len(data)) - start)
    fix_checksums(layout(after.link, after.data), after.data, data)
    findings = tuple(dict([*before.findings, *after.findings]).items())
    return EvidencePacket(
        after.capture, after.frame, after.time, after.link, bytes(data), after.length, marked, findings
    )


def contains_any(data: bytes, names: Iterable[str]) -> bool:
    """Whether a packet contains one of a device's names, as bytes or as text."""
    low = data.lower()
    return any(form in low or form in data for name in names for form in _byte_forms(name))


@lru_cache(1000)
def _byte_forms(name: str) -> list[bytes]:
    """Forms of a device's name in packets: the bytes of a MAC or an address, and text."""
    found = [name.lower().encode("utf-8", "surrogateescape")]
    bare = name.replace(":", "")
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", name):
        found += [bytes.fromhex(bare), bare.lower().encode(), name.lower().replace(":", "-").encode()]
    with suppress(ValueError):
        found.append(ip_address(name).packed)
    return [one for one in found if len(one) >= 4]
