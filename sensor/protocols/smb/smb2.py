"""SMB 2 and 3 (MS-SMB2): NTLM logins with the server's status, dialect, files, calls over pipes.

``smb3`` is the same connection from its first encrypted message on. Of messages longer than 64 KiB the beginning is
read: it holds all headers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from sensor.events import Attribute
from sensor.model import Protection, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.protocols.smb import session as smb_session

PLAIN, ENCRYPTED, PACKED = b"\xfeSMB", b"\xfdSMB", b"\xfcSMB"

NEGOTIATE, SESSION_SETUP, TREE_CONNECT, CREATE, CLOSE, READ, WRITE, IOCTL = 0, 1, 3, 5, 6, 8, 9, 11

RESPONSE = 0x00000001
"""SMB2_FLAGS_SERVER_TO_REDIR (MS-SMB2 2.2.1.1)."""

HEADER = 64

IS_GUEST = 1

PIPE_TRANSCEIVE = 0x0011C017

CHAIN = 64
"""Messages in one compound (MS-SMB2 3.2.4.1.4 leaves it open; clients send three)."""

DIALECTS = {0x0202: "2.0.2", 0x0210: "2.1", 0x0300: "3.0", 0x0302: "3.0.2", 0x0311: "3.1.1"}


class Smb2(smb_session.SessionStream):
    """A client and a file server."""

    NAME = "smb2"
    MAGIC = PLAIN
    NEXT: ClassVar = {ENCRYPTED: "smb3"}

    def packet(self, side: Side, kind: int, body: bytes, *, whole: bool) -> Iterator[Parsed]:
        """One session service packet."""
        if kind == smb_session.MESSAGE and body[:4] == PLAIN:
            yield from self._chain(side, body, whole=whole)
        elif kind == smb_session.MESSAGE and body[:4] not in (ENCRYPTED, PACKED):
            raise Malformed("not an SMB2 message")

    def _chain(self, side: Side, body: bytes, *, whole: bool) -> Iterator[Parsed]:
        """The messages of a compound."""
        for _ in range(CHAIN):
            header = Cursor(body)
            if header.take(4) != PLAIN:
                raise Malformed("not an SMB2 message in a compound")
            header.skip(4)
            status, command = header.u32("little"), header.u16("little")
            header.skip(2)
            flags, following, message = header.u32("little"), header.u32("little"), header.u64("little")
            header.skip(8)
            session = header.u64("little")
            header.skip(16)
            part = body[:following] if following else body
            answers = bool(flags & RESPONSE)
            try:
                yield from self._command(side, command, answers, status, message, session, Cursor(part, HEADER))
            except Malformed:
                # The end of a long message was not read, and errors have short bodies.
                if whole and not status:
                    raise
            if not following:
                return
            body = body[following:]

    def _command(
        self, side: Side, command: int, answers: bool, status: int, message: int, session: int, cursor: Cursor
    ) -> Iterator[Parsed]:
        if command == SESSION_SETUP:
            setup = (
                self._setup_answer(side, status, message, session, cursor)
                if answers
                else self._setup(side, message, session, cursor)
            )
            yield from setup
        elif command == NEGOTIATE and answers and not status:
            cursor.skip(4)
            dialect = cursor.u16("little")
            if dialect in DIALECTS:
                yield Attribute(field="smb2.dialect", value=DIALECTS[dialect], side=side)
        elif command in (CREATE, READ, WRITE, CLOSE, IOCTL):
            if not answers:
                yield from self._request(side, command, message, cursor)
            elif not status or (command in (READ, IOCTL) and status == 0x80000005):
                # STATUS_BUFFER_OVERFLOW comes with the first part of a pipe's message.
                yield from self._reply(side, command, message, cursor)

    def _setup(self, side: Side, message: int, session: int, cursor: Cursor) -> Iterator[Parsed]:
        """MS-SMB2 2.2.5."""
        cursor.skip(12)
        yield from self.sessions.setup_request(message, session, _buffer(cursor), side)

    def _setup_answer(self, side: Side, status: int, message: int, session: int, cursor: Cursor) -> Iterator[Parsed]:
        """MS-SMB2 2.2.6."""
        flags = 0
        if status in (smb_session.SUCCESS, smb_session.MORE_PROCESSING):
            cursor.skip(2)
            flags = cursor.u16("little")
            yield from self.sessions.setup_challenge(message, session, _buffer(cursor), side)
        if status != smb_session.MORE_PROCESSING:
            accepted, basis = smb_session.verdict(status, bool(flags & IS_GUEST))
            yield from self.sessions.setup_reply(message, accepted, basis, self.here())

    def _request(self, side: Side, command: int, message: int, cursor: Cursor) -> Iterator[Parsed]:
        """Requests that open, write, call or close a file."""
        if command == CREATE:
            # MS-SMB2 2.2.13: 44 bytes of options before the name's offset
            cursor.skip(44)
            self.files.open_request(message, _buffer(cursor).decode("utf-16-le", "replace"))
        elif command == WRITE:
            cursor.skip(2)
            offset, size, at = cursor.u16("little"), cursor.u32("little"), cursor.u64("little")
            handle = cursor.take(16)
            yield from self.files.data(handle, side, at, _at(cursor, offset, size), size)
        elif command == READ:
            cursor.skip(4)
            size, at = cursor.u32("little"), cursor.u64("little")
            self.files.read_request(message, cursor.take(16), at)
        elif command == IOCTL:
            cursor.skip(4)
            code = cursor.u32("little")
            handle = cursor.take(16)
            if code == PIPE_TRANSCEIVE:
                offset, size = cursor.u32("little"), cursor.u32("little")
                self.files.read_request(message, handle, 0)
                yield from self.files.data(handle, side, 0, _at(cursor, offset, size), size)
        elif command == CLOSE:
            cursor.skip(8)
            yield from self.files.close(cursor.take(16))

    def _reply(self, side: Side, command: int, message: int, cursor: Cursor) -> Iterator[Parsed]:
        """Answers that give a handle or bring data."""
        if command == CREATE:
            # MS-SMB2 2.2.14: 64 bytes of times, sizes and attributes before the handle
            cursor.skip(64)
            yield from self.files.open_reply(message, cursor.take(16))
        elif command == READ:
            cursor.skip(2)
            offset = cursor.u8()
            cursor.skip(1)
            size = cursor.u32("little")
            yield from self.files.read_reply(message, side, _at(cursor, offset, size), size)
        elif command == IOCTL:
            cursor.skip(32)
            offset, size = cursor.u32("little"), cursor.u32("little")
            yield from self.files.read_reply(message, side, _at(cursor, offset, size), size)


class Smb3(Smb2):
    """SMB after encryption began; setups of further sessions are still readable."""

    NEXT: ClassVar = {}


def _buffer(cursor: Cursor) -> bytes:
    """A blob by its offset from the header and its length, both of two bytes, as most commands have it."""
    offset, size = cursor.u16("little"), cursor.u16("little")
    return _at(cursor, offset, size)


def _at(cursor: Cursor, offset: int, size: int) -> bytes:
    """Up to ``size`` bytes at ``offset`` from the header's start; fewer where the message was not read to its end."""
    if not size:
        return b""
    behind = offset - cursor.position
    if behind < 0:
        raise Malformed("SMB2 buffer before its own fields")
    cursor.skip(behind)
    return cursor.take(min(size, cursor.remaining))


def _recognise(opening: Opening) -> Match:
    return smb_session.fits(opening, (PLAIN,))


def _recognise_sealed(opening: Opening) -> Match:
    return smb_session.fits(opening, (ENCRYPTED,))


PROTOCOLS = (
    Protocol(name="smb2", title="SMB", parser=Smb2, recognise=_recognise, ports=frozenset({139, 445})),
    Protocol(
        name="smb3",
        title="SMB",
        parser=Smb3,
        recognise=_recognise_sealed,
        ports=frozenset({139, 445}),
        protection=Protection.ENCRYPTED,
    ),
)
