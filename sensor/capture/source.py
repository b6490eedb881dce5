"""Plain bytes of a path or of standard input; gzip, zstd, xz and bzip2 are told by their magic."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

# Large enough that Python's cost a piece vanishes, small enough to stay in a core's cache while it is decoded.
PIECE = 256 * 1024
# What the zstd program itself accepts without being told otherwise (--long=27): the most memory one frame may ask for.
MAX_ZSTD_WINDOW = 128 * 1024 * 1024

# Compressed bytes handed to zstd at once: a block of 4 bytes can stand for 128 KiB (RFC 8878, 3.1.1.2.2), so 512 bytes
# for 16 MiB at most.
ZSTD_STEP = 512

GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952, 2.3.1
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1
XZ_MAGIC = b"\xfd7zXZ\0"  # The .xz file format 1.2.1, 2.1.1.1
BZIP2_MAGIC = b"BZh"
# What xz -9 needs is 65 MiB; a header that asks for more than this is no capture's.
MAX_XZ_MEMORY = 128 * 1024 * 1024


class Source:
    """Bytes of one file in order, unpacked. `position` and `size` count the file's own (compressed) bytes; `damage` is
    a clause about the packing ("the gzip data ends early") once the end came too soon, else None.
    """

    def __init__(self, stream: BinaryIO, size: int | None = None) -> None:
        self._stream = stream
        self.size = size
        self.position = 0
        self.damage: str | None = None
        self.packing: str | None = None
        self._ahead = b""
        self._pieces = self._plain()
        magic = self._raw_peek(6)
        if magic[:2] == GZIP_MAGIC:
            self.packing = "gzip"
            self._pieces = self._gunzip()
        elif magic[:4] == ZSTD_MAGIC:
            self.packing = "zstd"
            self._pieces = self._unzstd()
        elif magic == XZ_MAGIC:
            self.packing = "xz"
            self._pieces = self._unpack(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_XZ_MEMORY))
        elif magic[:3] == BZIP2_MAGIC and magic[3:4] in b"123456789":
            self.packing = "bzip2"
            self._pieces = self._unpack(bz2.BZ2Decompressor)

    def read(self) -> bytes:
        """The next piece, as soon as some bytes are there (a growing stream is not waited for); b"" at the end."""
        return next(self._pieces, b"")

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    def _raw(self) -> bytes:
        if self._ahead:
            piece, self._ahead = self._ahead, b""
            return piece
        read1 = getattr(self._stream, "read1", None)
        piece = read1(PIECE) if read1 is not None else self._stream.read(PIECE)
        self.position += len(piece)
        return piece or b""

    def _raw_peek(self, count: int) -> bytes:
        ahead = b""
        while len(ahead) < count and (piece := self._raw()):
            ahead += piece
        self._ahead = ahead
        return ahead[:count]

    def _plain(self) -> Iterator[bytes]:
        while piece := self._raw():
            yield piece

    def _gunzip(self) -> Iterator[bytes]:
        unpack = zlib.decompressobj(wbits=31)
        while piece := self._raw():
            while piece:
                if unpack.eof:  # RFC 1952, 2.2: members follow each other; zero padding is what tapes leave
                    piece = piece.lstrip(b"\0")
                    if not piece:
                        break
                    unpack = zlib.decompressobj(wbits=31)
                before = unpack.copy()
                try:
                    out = unpack.decompress(piece, PIECE)
                except zlib.error:
                    yield from _until_the_error(before, piece)
                    self.damage = f"the gzip data is damaged before byte {self.position:,} of the file"
                    return
                piece = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
                if out:
                    yield out
        while not unpack.eof:
            try:
                out = unpack.decompress(b"", PIECE)
            except zlib.error:
                out = b""
            if not out:
                self.damage = f"the gzip data is cut at byte {self.position:,} of the file"
                return
            yield out

    def _unpack(self, begin: Callable[[], lzma.LZMADecompressor | bz2.BZ2Decompressor]) -> Iterator[bytes]:
        """Streams that follow each other; zero padding may stand behind each (The .xz file format, 2.2)."""
        unpack, began = begin(), False
        while piece := self._raw():
            while piece or (began and not unpack.needs_input and not unpack.eof):
                if unpack.eof:
                    piece = piece.lstrip(b"\0")
                    if not piece:
                        break
                    unpack, began = begin(), False
                try:
                    out = unpack.decompress(piece, PIECE)
                except (OSError, lzma.LZMAError, ValueError):
                    self.damage = f"the {self.packing} data is damaged before byte {self.position:,} of the file"
                    return
                piece, began = unpack.unused_data if unpack.eof else b"", True
                if out:
                    yield out
        if not unpack.eof:
            self.damage = f"the {self.packing} data is cut at byte {self.position:,} of the file"

    def _unzstd(self) -> Iterator[bytes]:
        import zstandard

        unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW)
        unpack = unpacker.decompressobj()
        ready: list[bytes] = []
        waiting = 0
        while piece := self._raw():
            at = 0
            while at < len(piece):
                step = piece[at : at + ZSTD_STEP]
                at += len(step)
                try:
                    while step:
                        if unpack.eof:  # RFC 8878, 3.1: frames follow each other
                            unpack = unpacker.decompressobj()
                        out = unpack.decompress(step)
                        step = unpack.unused_data if unpack.eof else b""
                        if out:
                            ready.append(out)
                            waiting += len(out)
                except zstandard.ZstdError as error:
                    yield b"".join(ready)
                    why = str(error)[:120]
                    self.damage = f"the zstd data is damaged before byte {self.position:,} of the file ({why})"
                    return
                if waiting >= PIECE or (ready and at >= len(piece)):
                    yield b"".join(ready)
                    ready, waiting = [], 0
        if not unpack.eof:
            self.damage = f"the zstd data is cut at byte {self.position:,} of the file"


def _until_the_error(unpack: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """zlib keeps nothing of a call that fails: what it had unpacked until then, less than a PIECE, is found byte by
    byte.
    """
    found: list[bytes] = []
    for at in range(len(piece)):
        try:
            found.append(unpack.decompress(piece[at : at + 1]))
        except zlib.error:
            break
    if any(found):
        yield b"".join(found)
