"""SMB, NTLMSSP and DCE/RPC messages for tests, by MS-SMB2, MS-CIFS, MS-NLMP and C706."""

from __future__ import annotations

import struct
from typing import Any

from sensor.events import Event, Inner, Login
from sensor.model import Secret
from sensor.parsing.parser import Parsed
from tests.conversation import Run

BEGIN = b"NTLMSSP\0\x01\0\0\0" + bytes(24)
CHALLENGE = b"NTLMSSP\0\x02\0\0\0" + bytes(40)
ANSWER = b"NTLMSSP\0\x03\0\0\0" + bytes(60)


def session(body: bytes, kind: int = 0) -> bytes:
    """RFC 1002 §4.3.1: type, length."""
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def name(text: str) -> bytes:
    """RFC 1001 §14.1: a name of a session request."""
    plain = text.encode().ljust(15) + b"\x20"
    return b"\x20" + b"".join(bytes((0x41 + (c >> 4), 0x41 + (c & 15))) for c in plain) + b"\0"


def smb2(
    command: int,
    body: bytes,
    *,
    answer: bool = False,
    status: int = 0,
    message: int = 1,
    user: int = 0,
    following: int = 0,
) -> bytes:
    """MS-SMB2 2.2.1.2."""
    head = b"\xfeSMB" + struct.pack(
        "<HHIHHIIQIIQ", 64, 0, status, command, 1, int(answer), following, message, 0, 0, user
    )
    return head + bytes(16) + body


def setup(blob: bytes, *, message: int, user: int = 0) -> bytes:
    return session(
        smb2(1, struct.pack("<HBBIIHHQ", 25, 0, 1, 0, 0, 88, len(blob), 0) + blob, message=message, user=user)
    )


def set_up(blob: bytes, *, status: int, message: int, user: int, flags: int = 0) -> bytes:
    body = struct.pack("<HHHH", 9, flags, 72, len(blob)) + blob
    return session(smb2(1, body, answer=True, status=status, message=message, user=user))


def smb1(
    command: int,
    words: bytes,
    data: bytes,
    *,
    answer: bool = False,
    status: int = 0,
    wide: bool = True,
    number: int = 1,
    user: int = 0,
) -> bytes:
    """MS-CIFS 2.2.3.1 to 2.2.3.3; NT statuses."""
    flags2 = 0x4001 | (0x8000 if wide else 0)
    head = b"\xffSMB" + struct.pack(
        "<BIBH12xHHHH", command, status, 0x98 if answer else 0x18, flags2, 0, 1, user, number
    )
    return session(head + bytes((len(words) // 2,)) + words + struct.pack("<H", len(data)) + data)


def call(kind: int, body: bytes, token: bytes = b"", *, number: int = 1, order: str = "<") -> bytes:
    """C706 12.6.3.1, with a security trailer of MS-RPCE 2.2.2.11 where there is a token."""
    trailer = struct.pack(order + "BBBBI", 10, 5, 0, 0, 79231) + token if token else b""
    size = 16 + len(body) + len(trailer)
    drep = b"\x10\0\0\0" if order == "<" else bytes(4)
    return (
        struct.pack("BBBB", 5, 0, kind, 3)
        + drep
        + struct.pack(order + "HHI", size, len(token), number)
        + body
        + trailer
    )


LOGIN = Login(mechanism="password", username="OFFICE\\anna", secret=Secret("hash"), scheme="ntlmv2", clear=False)


class Inside(Run):
    """Feeds as `Run` does and plays the inner NTLMSSP parser: ``event`` comes out of each authenticate message."""

    def __init__(self, parser: Any, event: Event = LOGIN) -> None:
        super().__init__(parser)
        self.event = event

    def _take(self, output: Any) -> None:
        for item in output:
            super()._take([item])
            if isinstance(item, Inner) and item.data.startswith(ANSWER[:12]):
                super()._take(self.parser.from_inner(self.event, item.channel))

    def events_of(self, kind: type[Event]) -> list[Parsed]:
        """The events of a kind, at the end."""
        return [item for item in self.close() if isinstance(item, kind)]
