"""Masked packets into a folder beside the store, one pcapng a run: bounded, expiring, for its owner's eyes; and back, for who asks what a finding rests on."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Collection, Iterable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

from sensor import __version__
from sensor.evidence import pcapng
from sensor.evidence.encoded_forms import FILLER
from sensor.evidence.frame_layout import fix_checksums, layout
from sensor.evidence.packet import Packet, merged
from sensor.store.location import StoreLocation

LIMIT = 50 * 1000 * 1000
"""Bytes that the folder may hold: the oldest runs' packets go first."""

RUN_LIMIT = 16 * 1000 * 1000
"""Bytes of one run's packets: so that one loud run does not cost all others theirs."""

DAYS = 30
"""Days that packets stay."""

DAY = 86_400
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def beside(place: StoreLocation, state: Path) -> Path:
    """Where the packets of a store are kept: ``home.db.evidence`` beside ``home.db``; for a database that is no file, a folder of ``state``."""
    if place.path is not None:
        return place.path.with_name(place.path.name + ".evidence")
    return state / "evidence" / hashlib.sha256((place.url or "").encode()).hexdigest()[:16]


class Folder:
    """The evidence of a store. Reading never fails for want of packets: they may have expired, and then there are none."""

    def __init__(self, path: Path, *, limit: int = LIMIT, days: float = DAYS) -> None:
        self.path = path
        self.limit = limit
        self.days = days

    def packets(self, run: str) -> list[Packet]:
        """All packets of a run in the order of their frames. A damaged file has none."""
        try:
            return pcapng.read(self._file(run).read_bytes())
        except (OSError, pcapng.Damaged):
            return []

    def of(self, run: str, finding: str) -> list[Packet]:
        """The packets that a finding rests on; an empty list where they were not kept, or not any more."""
        return [one for one in self.packets(run) if any(name == finding for name, _ in one.findings)]

    def put(self, run: str, packets: Iterable[Packet]) -> int:
        """Keep a run's packets in place of earlier ones; how many there was room for. Raises OSError."""
        kept: list[Packet] = []
        size = 0
        # In the order given: who calls puts the worst first.
        for packet in packets:
            size += len(packet.data) + sum(len(why) + 16 for _, why in packet.findings) + 160
            if size > min(RUN_LIMIT, self.limit):
                break
            kept.append(packet)
        kept.sort(key=lambda one: (one.capture, one.frame))
        self._write(run, kept)
        return len(kept)

    def add(self, run: str, packets: Iterable[Packet]) -> None:
        """More packets of a run that goes on. Of two copies of a packet all is covered that one of them covers. Raises OSError."""
        known = {(one.capture, one.frame): one for one in self.packets(run)}
        for packet in packets:
            before = known.pop((packet.capture, packet.frame), None)
            known[packet.capture, packet.frame] = packet if before is None else _both(before, packet)
        # What came last stays.
        self.put(run, reversed(known.values()))

    def forget(self, run: str, findings: Collection[str], names: Iterable[str]) -> int:
        """Remove what only these findings rest on, and every packet that carries one of a device's names (MAC, address, host name); how many went."""
        names = list(names)
        told = self.facts(run)
        if told is not None and any(name.lower() in told[1].lower() for name in names if name):
            self._file(run).with_suffix(".facts").unlink(missing_ok=True)
        before = self.packets(run)
        if not before:
            # A file that cannot be read may hold what is to be forgotten.
            self._file(run).unlink(missing_ok=True)
            return 0
        needles = [needle for name in names for needle in _needles(name)]
        kept: list[Packet] = []
        for one in before:
            left = tuple(pair for pair in one.findings if pair[0] not in findings)
            low = one.data.lower()
            if left and not any(needle in low or needle in one.data for needle in needles):
                kept.append(Packet(one.capture, one.frame, one.time, one.link, one.data, one.length, one.marked, left))
        if kept != before:
            self._write(run, kept)
        return len(before) - len(kept)

    def put_facts(self, run: str, name: str, source: str) -> None:
        """Keep what a lab told of a run's devices: the file's name on the first line, as a comment; "" for nothing. Raises OSError."""
        file = self._file(run).with_suffix(".facts")
        if not source:
            file.unlink(missing_ok=True)
            return
        self._write_file(file, f"# {name}\n{source}".encode("utf-8", "surrogateescape"))

    def facts(self, run: str) -> tuple[str, str] | None:
        """Name and text of the lab's file; None where there was none (or it has expired)."""
        try:
            first, _, source = self._file(run).with_suffix(".facts").read_text("utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return first[2:], source

    def drop(self, run: str) -> None:
        """Remove what is kept of a run. Raises OSError."""
        self._file(run).unlink(missing_ok=True)
        self._file(run).with_suffix(".facts").unlink(missing_ok=True)

    def runs(self) -> list[str]:
        """Runs that have packets, those written first before others."""
        return [path.stem for path in self._files()]

    def expire(self, now: float) -> int:
        """Remove what is older than `days` (``now`` in seconds since 1970), and the oldest of what is beyond the limit; how many runs lost theirs."""
        gone = 0
        files = self._files()
        sizes = {path: path.stat() for path in files}
        total = sum(status.st_size for status in sizes.values())
        for path in files:
            if sizes[path].st_mtime < now - self.days * DAY or (total > self.limit and path != files[-1]):
                total -= sizes[path].st_size
                self.drop(path.stem)
                gone += 1
        return gone

    def _files(self) -> list[Path]:
        try:
            found = [path for path in self.path.iterdir() if path.suffix == ".pcapng" and NAME.fullmatch(path.stem)]
        except OSError:
            return []
        return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))

    def _file(self, run: str) -> Path:
        if not NAME.fullmatch(run):
            raise ValueError("no name of a run")
        return self.path / f"{run}.pcapng"

    def _write(self, run: str, packets: list[Packet]) -> None:
        """Whole or not at all, and for nobody else to read."""
        file = self._file(run)
        if not packets:
            file.unlink(missing_ok=True)
            return
        self._write_file(file, pcapng.write(packets, f"LANwitness {__version__}"))

    def _write_file(self, file: Path, data: bytes) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(data)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)


def _both(before: Packet, after: Packet) -> Packet:
    marked = merged([*before.marked, *after.marked])
    data = bytearray(after.data)
    for start, end in marked:
        data[start:end] = bytes((FILLER,)) * (min(end, len(data)) - start)
    fix_checksums(layout(after.link, after.data), after.data, data)
    findings = tuple(dict([*before.findings, *after.findings]).items())
    return Packet(after.capture, after.frame, after.time, after.link, bytes(data), after.length, marked, findings)


def _needles(name: str) -> list[bytes]:
    """A device's name as it may stand in a packet: bytes of a MAC or an address, and text."""
    found = [name.lower().encode("utf-8", "surrogateescape")]
    bare = name.replace(":", "")
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", name):
        found += [bytes.fromhex(bare), bare.lower().encode(), name.lower().replace(":", "-").encode()]
    with suppress(ValueError):
        found.append(ip_address(name).packed)
    return [one for one in found if len(one) >= 4]
