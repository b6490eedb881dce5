"""What both SMB parsers stand on: session service frames, statuses, pending logins.

Frames are those of RFC 1002 §4.3; a login awaits the answer to its session setup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar

from sensor.events import Access, Event, Inner, Login, Skip, Span, Upgrade
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, StreamParser
from sensor.parsing.pending import answered
from sensor.protocols.smb.files import PIPE, Files

MESSAGE, REQUEST, POSITIVE, NEGATIVE, RETARGET, KEEPALIVE = 0x00, 0x81, 0x82, 0x83, 0x84, 0x85

WHOLE = 64 * 1024
"""Bytes of a message that are read; only the data of reads and writes is longer."""

PENDING_LIMIT = 64
"""Session setups that may await their answer: a client has one or two at a time."""

SESSIONS = 256
"""Sessions whose channel is stored; a terminal server has dozens in one connection."""

NTLMSSP = b"NTLMSSP\0"

SUCCESS, MORE_PROCESSING = 0, 0xC0000016

REFUSALS = {
    0xC0000022: "STATUS_ACCESS_DENIED",
    0xC000005E: "STATUS_NO_LOGON_SERVERS",
    0xC0000064: "STATUS_NO_SUCH_USER",
    0xC000006A: "STATUS_WRONG_PASSWORD",
    0xC000006D: "STATUS_LOGON_FAILURE",
    0xC000006E: "STATUS_ACCOUNT_RESTRICTION",
    0xC000006F: "STATUS_INVALID_LOGON_HOURS",
    0xC0000070: "STATUS_INVALID_WORKSTATION",
    0xC0000071: "STATUS_PASSWORD_EXPIRED",
    0xC0000072: "STATUS_ACCOUNT_DISABLED",
    0xC000015B: "STATUS_LOGON_TYPE_NOT_GRANTED",
    0xC000018D: "STATUS_TRUSTED_RELATIONSHIP_FAILURE",
    0xC0000193: "STATUS_ACCOUNT_EXPIRED",
    0xC0000224: "STATUS_PASSWORD_MUST_CHANGE",
    0xC0000234: "STATUS_ACCOUNT_LOCKED_OUT",
}
"""MS-ERREF 2.3.1: statuses that refuse a login."""


def frame(cursor: Cursor) -> tuple[int, int]:
    """Type and length of the next session service packet; over port 445 the length has 24 bits (MS-SMB2 2.1)."""
    kind, length = cursor.u8(), cursor.u24()
    if kind not in (MESSAGE, REQUEST, POSITIVE, NEGATIVE, RETARGET, KEEPALIVE):
        raise Malformed("not a NetBIOS session packet")
    return kind, length


def called_names(body: bytes) -> list[str]:
    """The names of a session request, called and calling: half-ASCII of RFC 1001 §14.1, without padding.

    ``*SMBSERVER`` is any server.
    """
    names = []
    for at in (0, 34):
        coded = body[at + 1 : at + 33]
        if body[at : at + 1] != b"\x20" or len(coded) != 32 or not all(0x41 <= c <= 0x50 for c in coded):
            return []
        plain = bytes((coded[i] - 0x41) << 4 | coded[i + 1] - 0x41 for i in range(0, 30, 2))
        names.append(plain.rstrip(b" \0").decode("latin-1"))
    return names


class Sessions:
    """Session setups of one connection: the NTLMSSP conversation of each token, the logins that await an answer."""

    def __init__(self) -> None:
        self._channel = 0
        self._by_message: dict[int, int] = {}
        self._by_session: dict[int, int] = {}
        self._pending: dict[int, Login | Access] = {}

    def setup_request(self, message: int, session: int, blob: bytes, side: Side) -> Iterator[Parsed]:
        """A setup request's security blob. A NEGOTIATE message begins another conversation."""
        at = blob.find(NTLMSSP)
        if at < 0:
            return
        begins = blob[at + 8 : at + 9] == b"\x01"
        channel = None if begins else self._by_session.get(session)
        if channel is None:
            self._channel += 2
            channel = self._channel
        self._remember(self._by_message, message, channel, PENDING_LIMIT)
        yield Inner(blob[at:], "ntlmssp", side, channel)

    def setup_challenge(self, message: int, session: int, blob: bytes, side: Side) -> Iterator[Parsed]:
        """A setup answer's security blob; from here on the session's number identifies the conversation."""
        channel = self._by_message.get(message)
        if channel is None:
            # The request was lost: the challenge alone still serves the answer to it.
            self._channel += 2
            channel = self._channel
        self._remember(self._by_session, session, channel, SESSIONS)
        at = blob.find(NTLMSSP)
        if at >= 0:
            yield Inner(blob[at:], "ntlmssp", side, channel)

    @staticmethod
    def _remember(where: dict[int, int], key: int, channel: int, most: int) -> None:
        where.pop(key, None)
        if len(where) >= most:
            del where[next(iter(where))]
        where[key] = channel

    def add_login(self, message: int, attempt: Login | Access) -> Iterator[Parsed]:
        """A login of the setup request ``message`` itself."""
        self._channel += 2
        self._remember(self._by_message, message, self._channel, PENDING_LIMIT)
        yield from self.add(attempt, self._channel)

    def add(self, attempt: Login | Access, channel: int) -> Iterator[Parsed]:
        """Store a channel's login or access until its answer; one that is replaced is reported without."""
        if channel in self._pending:
            yield self._pending.pop(channel)
        if len(self._pending) >= PENDING_LIMIT:
            yield self._pending.pop(next(iter(self._pending)))
        self._pending[channel] = attempt

    def setup_reply(self, message: int, accepted: bool | None, basis: str, place: Span) -> Iterator[Parsed]:
        """The final answer to the setup request ``message``."""
        channel = self._by_message.pop(message, None)
        attempt = self._pending.pop(channel, None) if channel is not None else None
        if isinstance(attempt, Login):
            yield answered(attempt, accepted, basis, place)
        elif attempt is not None:
            # A client without credentials gets an anonymous or a guest session, or none.
            granted = True if basis.startswith("STATUS_SUCCESS") else accepted
            yield replace(attempt, resource="smb", granted=granted, spans=(*attempt.spans, place))

    def unanswered(self) -> Iterator[Parsed]:
        """The logins and accesses without an answer."""
        yield from self._pending.values()
        self._pending.clear()


def verdict(status: int, guest: bool) -> tuple[bool | None, str]:
    """(accepted, basis) of a session setup's NT status. A guest session says nothing of the password."""
    if status == SUCCESS:
        return (None, "STATUS_SUCCESS as guest") if guest else (True, "STATUS_SUCCESS")
    return (False, REFUSALS[status]) if status in REFUSALS else (None, f"status 0x{status:08x}")


class SessionStream(StreamParser):
    """A stream of session service packets: framing, losses, change of version; sessions and files of both versions."""

    LIMIT = WHOLE + 4
    NAME = "smb"
    MAGIC = b""
    """The first bytes of a message of this version."""
    NEXT: ClassVar[dict[bytes, str]] = {}
    """The protocol that goes on with the connection, by a message's other magic."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self.sessions = Sessions()
        self.files = Files(self.NAME)
        self._seeking = [False, False]

    def packet(self, side: Side, kind: int, body: bytes, *, whole: bool) -> Iterator[Parsed]:
        """One packet's body, at most `WHOLE` bytes of it. Raises `Malformed`."""
        raise NotImplementedError

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One packet; after a loss the next that can be made out."""
        if self._seeking[side] and not self._found(side, cursor):
            return
        start = cursor.position
        kind, length = frame(cursor)
        body = cursor.take(min(length, WHOLE))
        self._seeking[side] = False
        if kind == MESSAGE and body[:4] in self.NEXT:
            cursor.position = start
            self.stop()
            yield from self.close()
            yield Upgrade(self.NEXT[body[:4]])
            return
        yield from self.packet(side, kind, body, whole=length == len(body))
        if length > len(body):
            yield Skip(side, length - len(body))

    def _found(self, side: Side, cursor: Cursor) -> bool:
        """Move to a packet's header; without one, past all that cannot be part of it."""
        data = cursor.peek(cursor.remaining)
        at = data.find(self.MAGIC, 4)
        while at >= 4 and data[at - 4]:
            at = data.find(self.MAGIC, at + 1)
        cursor.skip(at - 4 if at >= 4 else max(0, len(data) - 7))
        return at >= 4

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """A message was cut: go on with the next that begins with the magic."""
        self._consume(side, len(self._buffers[side]))
        self._offsets[side] += length
        self._need[side] = 0
        self._seeking[side] = True
        return iter(())

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """A login from a security blob awaits the status; one from a pipe has its own answer."""
        if isinstance(event, Login | Access) and not channel & PIPE:
            return tuple(self.sessions.add(event, channel))
        return (event,)

    def close(self) -> Iterator[Parsed]:
        """The end: files that were not closed, logins without an answer."""
        yield from self.files.close_all()
        yield from self.sessions.unanswered()


def fits(opening: Opening, magics: tuple[bytes, ...]) -> Match:
    """A session service header and a message's magic on each side seen; for the client the first of ``magics``."""
    sides = []
    for data, allowed in ((opening.client, magics[:1]), (opening.server, magics)):
        if data[:1] == b"\0" and any(magic.startswith(data[4:8]) for magic in allowed):
            sides.append(Match.SURE if len(data) >= 8 else Match.MORE)
        elif data:
            return Match.NO
    return min(sides, default=Match.NO)
