"""Captures: files and growing streams as blocks of whole records, folders as the captures in them.

`open_capture(path)` tells the format by its content, never by its name, and says of anything else what it looks like.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from sensor.capture import erf, links, pcap, pcapng, snoop
from sensor.capture.looks import looks_like
from sensor.capture.records import Block, NotACapture, Records
from sensor.capture.source import Source

__all__ = ["Block", "Capture", "NotACapture", "find_captures", "open_capture"]

# A tree deeper or wider than this is not somebody's folder of captures; a loop of links ends here too.
MAX_DEPTH = 32


class Capture:
    """An opened capture. Iterating yields each `Block` once. `format` is "pcap", "pcapng", "snoop" or "erf"; `damage`
    (None or one sentence) and `link_types` are complete when the iteration has ended; `position` of `size` (None:
    unknown) are the file's own bytes.
    """

    def __init__(self, path: str, source: Source) -> None:
        self.path = path
        self._source = source
        head = source.read()
        while 0 < len(head) < 4 and (piece := source.read()):
            head += piece
        if pcap.order(head[:4]):
            self._records: Records = pcap.PcapRecords(head, source.read)
        elif head[:4] == pcapng.MAGIC:
            self._records = pcapng.PcapngRecords(head, source.read)
        elif len(head) >= 4 and head[:8] == snoop.MAGIC[: len(head)]:
            self._records = snoop.SnoopRecords(head, source.read)
        elif erf.is_erf(head):
            self._records = erf.ErfRecords(head, source.read)
        else:
            packed = f" (inside {source.packing})" if source.packing else ""
            if len(head) < 4 and source.damage:
                raise NotACapture(f"not readable: {source.damage}, before anything of a capture")
            raise NotACapture(f"not a capture: it looks like {looks_like(head)}{packed}")
        self.format = self._records.format

    def __iter__(self) -> Iterator[Block]:
        yield from self._records

    @property
    def damage(self) -> str | None:
        """What is wrong with the file, where, and what was still read."""
        records, packing = self._records.damage, self._source.damage
        if packing:
            return f"{packing}; {self._records.before().replace('before it', 'before that')}"
        return records

    @property
    def received(self) -> int | None:
        """Packets that the interfaces received, as the capturing program counted them so far; None where it does not
        tell.
        """
        return self._records.received

    @property
    def dropped(self) -> int | None:
        """Packets that the capturing program lost so far; None where it does not tell."""
        return self._records.dropped

    @property
    def link_types(self) -> list[str]:
        """Names of the link types seen so far, in order of appearance."""
        return [links.name(link) for link in self._records.links]

    @property
    def position(self) -> int:
        """Bytes of the file read so far (compressed ones, if it is)."""
        return self._source.position

    @property
    def size(self) -> int | None:
        """Bytes of the file; None for a stream."""
        return self._source.size

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def __enter__(self) -> Capture:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_capture(path: str, stream: BinaryIO | None = None, size: int | None = None) -> Capture:
    """Open `path`, or standard input for "-", or `stream` (of `size` bytes, where that is known) under the name `path`.

    Raises NotACapture with a sentence that says what the input looks like, and OSError as open() does. A live stream is
    waited for until its first bytes are there.
    """
    if stream is None:
        if path == "-":
            stream = sys.stdin.buffer
        else:
            stream = open(path, "rb", buffering=0)  # noqa: PTH123, SIM115 (the Capture closes it)
            size = os.fstat(stream.fileno()).st_size or None
    try:
        return Capture(path, Source(stream, size))
    except BaseException:
        if path != "-":
            stream.close()
        raise


def find_captures(folder: str, known: Callable[[str], bool] | None = None) -> list[str]:
    """The sorted paths of all files below `folder` whose content is a capture's, packed or not; unreadable ones are
    left out. ``known``: whether a file is known to be one, so that it need not be opened.
    """
    found: list[str] = []
    for where, folders, files in os.walk(folder):
        place = Path(where)
        if len(place.relative_to(folder).parts) >= MAX_DEPTH:
            folders.clear()
        for name in files:
            path = os.path.join(place, name)  # noqa: PTH118 - of very many files
            if (known is not None and known(path)) or (os.path.isfile(path) and _begins_like_one(path)):  # noqa: PTH113
                found.append(path)
    return sorted(found)


def _begins_like_one(path: str) -> bool:
    try:
        with open_capture(path):
            return True
    except (NotACapture, OSError):
        return False
