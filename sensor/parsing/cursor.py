"""Bounds-checked reader of fields in bytes.

Past what was received it raises `NeedMore`; past a declared length it raises `Malformed`.
"""

from __future__ import annotations


class NeedMore(Exception):  # noqa: N818 - not an error: the answer "cannot tell yet"
    """The message is not complete. ``at_least``: bytes from the message's start that the next try needs."""

    def __init__(self, at_least: int = 0) -> None:
        super().__init__(at_least)
        self.at_least = at_least


class Malformed(Exception):  # noqa: N818 - the field's word
    """The bytes break the protocol's own rules. A parser raises no other error; its text never holds payload bytes."""


class Cursor:
    """Reader of the fields of ``data`` between ``start`` and ``end``.

    ``final``: the sender declared this end, so reading past it is malformed.
    """

    __slots__ = ("_data", "_end", "_final", "_origin", "position")

    def __init__(self, data: bytes | bytearray, start: int = 0, end: int | None = None, *, final: bool = True) -> None:
        self._data = data
        self._origin = start
        self.position = start
        self._end = len(data) if end is None else end
        self._final = final

    @property
    def remaining(self) -> int:
        """Bytes left before the end (for a growing stream: received so far)."""
        return self._end - self.position

    @property
    def consumed(self) -> int:
        """Bytes read since the cursor was made."""
        return self.position - self._origin

    def _advance(self, count: int) -> int:
        start = self.position
        if count < 0:
            raise Malformed("negative length")
        if start + count > self._end:
            if self._final:
                raise Malformed(f"{count} bytes wanted, {self._end - start} left")
            raise NeedMore(start + count - self._origin)
        self.position = start + count
        return start

    def u8(self) -> int:
        """An unsigned byte."""
        return self._data[self._advance(1)]

    def u16(self, order: str = "big") -> int:
        """16 bits, in network order by default."""
        start = self._advance(2)
        return int.from_bytes(self._data[start : start + 2], order)  # type: ignore[arg-type]

    def u24(self, order: str = "big") -> int:
        """24 bits."""
        start = self._advance(3)
        return int.from_bytes(self._data[start : start + 3], order)  # type: ignore[arg-type]

    def u32(self, order: str = "big") -> int:
        """32 bits."""
        start = self._advance(4)
        return int.from_bytes(self._data[start : start + 4], order)  # type: ignore[arg-type]

    def u64(self, order: str = "big") -> int:
        """64 bits."""
        start = self._advance(8)
        return int.from_bytes(self._data[start : start + 8], order)  # type: ignore[arg-type]

    def take(self, count: int) -> bytes:
        """Exactly ``count`` bytes."""
        start = self._advance(count)
        return bytes(self._data[start : start + count])

    def peek(self, count: int) -> bytes:
        """Up to ``count`` bytes without moving: fewer where fewer are there."""
        return bytes(self._data[self.position : min(self.position + count, self._end)])

    def skip(self, count: int) -> None:
        """Move past ``count`` bytes."""
        self._advance(count)

    def rest(self) -> bytes:
        """All that is left before the end."""
        start = self.position
        if start > self._end:
            raise Malformed("negative length")
        self.position = self._end
        return bytes(self._data[start : self._end])

    def sub(self, count: int) -> Cursor:
        """A final cursor over the next ``count`` bytes, all of which must have been received."""
        start = self._advance(count)
        return Cursor(self._data, start, start + count, final=True)

    def until(self, mark: bytes, limit: int) -> bytes:
        """Bytes before ``mark``, moving past it. More than ``limit`` bytes without it is malformed."""
        found = self._data.find(mark, self.position, min(self._end, self.position + limit + len(mark)))
        if found < 0:
            if self._final or self.remaining >= limit + len(mark):
                raise Malformed(f"no {mark!r} within {limit} bytes")
            raise NeedMore(self.consumed + self.remaining + 1)
        taken = bytes(self._data[self.position : found])
        self.position = found + len(mark)
        return taken

    def line(self, limit: int = 8192) -> bytes:
        """A line without its CRLF or LF. RFC 5321 allows 512 bytes, devices send more: 8 KiB by default."""
        return self.until(b"\n", limit).removesuffix(b"\r")

    def text(self, count: int, encoding: str = "utf-8") -> str:
        r"""``count`` bytes as text; what does not decode is shown as ``\xNN``."""
        return self.take(count).decode(encoding, "backslashreplace")
