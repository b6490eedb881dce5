"""SMB 1 messages (MS-CIFS 2.2.3): header, parameter words and strings."""

from __future__ import annotations

from sensor.light_dataclass import dataclass
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.protocols.smb import session as smb_session

MAGIC = b"\xffSMB"

ANSWER = 0x80
UNICODE, NT_STATUS = 0x8000, 0x4000

TEXT_LIMIT = 512
"""Characters of a name."""

_DOS_REFUSALS = {
    (2, 2): "ERRSRV badpw",
    (2, 5): "ERRSRV access",
    (2, 2239): "ERRSRV accountexpired",
    (1, 5): "ERRDOS noaccess",
}
"""MS-CIFS 2.2.2.4: error class and code of servers without NT statuses."""


@dataclass(frozen=True, slots=True)
class Smb1Message:
    """A message's header, and its bytes: offsets in it count from its first."""

    side: Side
    body: bytes
    answers: bool
    flags2: int
    status: int
    session: int
    number: int

    @property
    def wide(self) -> bool:
        """Its strings are UTF-16."""
        return bool(self.flags2 & UNICODE)

    def verdict(self, guest: bool) -> tuple[bool | None, str]:
        """(accepted, basis) of a session setup's status."""
        if self.flags2 & NT_STATUS or not self.status:
            return smb_session.verdict(self.status, guest)
        kind = self.status & 0xFF, self.status >> 16
        return (
            (False, _DOS_REFUSALS[kind]) if kind in _DOS_REFUSALS else (None, f"error class {kind[0]} code {kind[1]}")
        )


def header(side: Side, body: bytes) -> tuple[int, Smb1Message]:
    """MS-CIFS 2.2.3.1: the command and the rest of the 32 bytes."""
    cursor = Cursor(body)
    if cursor.take(4) != MAGIC:
        raise Malformed("not an SMB message")
    command, status, flags, flags2 = cursor.u8(), cursor.u32("little"), cursor.u8(), cursor.u16("little")
    cursor.skip(16)
    session, number = cursor.u16("little"), cursor.u16("little")
    return command, Smb1Message(side, body, bool(flags & ANSWER), flags2, status, session, number)


def number(words: bytes, at: int, size: int = 2) -> int:
    """A number among the parameter words; past their end it is malformed."""
    if at + size > len(words):
        raise Malformed("SMB parameter words too few")
    return int.from_bytes(words[at : at + size], "little")


def string(cursor: Cursor, wide: bool) -> str:
    """The next string; UTF-16 ones begin at an even place (MS-CIFS 2.2.1.1)."""
    if wide and cursor.position & 1 and cursor.remaining:
        cursor.skip(1)
    raw = cursor.peek(cursor.remaining)
    if wide:
        end = next((i for i in range(0, min(len(raw), 2 * TEXT_LIMIT) - 1, 2) if raw[i : i + 2] == b"\0\0"), len(raw))
    else:
        end = raw.find(b"\0") if b"\0" in raw else len(raw)
    cursor.skip(min(end + (2 if wide else 1), len(raw)))
    return raw[: min(end, 2 * TEXT_LIMIT)].decode("utf-16-le" if wide else "cp850", "backslashreplace")


def part(message: Smb1Message, offset: int, size: int) -> bytes:
    """Up to ``size`` bytes at ``offset`` of the message; fewer where it was not read to its end."""
    return message.body[offset : offset + size]
