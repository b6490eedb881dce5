"""SHA-256 and size of a capture file, taken while it is read: what is hashed is what was judged."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

PIECE = 1024 * 1024


class Digest:
    """A stream that counts and hashes what is read of it. Stands in for ``stream`` where a capture is opened."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self._ended = False
        self.size = 0

    def read(self, size: int) -> bytes:
        """As the stream does."""
        # A pipe is not waited for until a piece is full.
        read = getattr(self._stream, "read1", self._stream.read)
        piece: bytes = read(size) or b""
        self._hash.update(piece)
        self.size += len(piece)
        self._ended = not piece
        return piece

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    def finish(self, *, drain: bool) -> str | None:
        """SHA-256 of the whole file in hex, or None where its end was not reached. ``drain``: read what is left (a
        file, not a pipe).

        Raises OSError as reading does."""
        while drain and not self._ended:
            self.read(PIECE)
        return self._hash.hexdigest() if self._ended else None
