"""iSCSI login phases into CHAP logins of both directions with the target's status, and use of a disk without a login.

RFC 7143. ``Login.secret`` is CHAP_I ``:`` CHAP_C ``:`` CHAP_R as written on the wire (``0x…`` hexadecimal or ``0b…`` base64).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Access, Enough, Login, Span
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Protocol, Said, StreamParser

LOGIN_REQUEST, LOGIN_RESPONSE = 0x03, 0x23

FULL_FEATURE = 3
"""Next stage of a login that is over (RFC 7143, clause 11.12.3)."""

DATA_LIMIT = 64 * 1024
"""Bytes of a login's text: 8,192 is the default of MaxRecvDataSegmentLength (clause 13.12)."""

KEYS = 64
"""Keys of one login that are kept: real ones negotiate some twenty."""

AUTHENTICATION_FAILURE = 0x0201


class Iscsi(StreamParser):
    """An initiator and a target until the login phase is over."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._keys: tuple[dict[str, str], dict[str, str]] = ({}, {})
        self._spans: list[Span] = []
        self._logins: list[Login] = []

    def message(self, side: Side, cursor: Cursor) -> Iterator[Said]:
        """One PDU: 48 bytes of header, additional headers, text padded to four bytes (clause 11.2)."""
        opcode, flags = cursor.u8() & 0x3F, cursor.u8()
        expected = LOGIN_REQUEST if side is Side.CLIENT else LOGIN_RESPONSE
        if opcode != expected:
            self.stop()
            yield Enough()
            return
        cursor.skip(2)
        extra, length = cursor.u8() * 4, cursor.u24()
        if length > DATA_LIMIT:
            raise Malformed("login text too long")
        cursor.skip(28)
        status = cursor.u16()
        cursor.skip(10 + extra)
        text = cursor.take(length)
        cursor.skip(-length % 4)
        found = _pairs(text)
        keys = self._keys[side]
        if len(keys) + len(found) <= KEYS:
            keys.update(found)
        if side is Side.CLIENT:
            yield from attribute_events("iscsi.initiator", found.get("InitiatorName", ""), side)
        if "CHAP_R" in found or "CHAP_C" in found:
            self._spans.append(self.here())
            del self._spans[8:]
        if "CHAP_R" in found:
            self._respond(side, found)
        if side is Side.SERVER:
            yield from self._status(status, flags)

    def _respond(self, side: Side, found: dict[str, str]) -> None:
        """A response to the other end's challenge; the target's own, in mutual CHAP, is a login at the initiator."""
        asked = self._keys[side.other]
        secret = Secret(f"{asked.get('CHAP_I', '')}:{asked.get('CHAP_C', '')}:{found['CHAP_R']}")
        name = self._keys[side].get("CHAP_N")
        if len(self._logins) < 4:
            spans = tuple(self._spans)
            self._logins.append(
                Login(
                    mechanism="password",
                    username=name,
                    secret=secret,
                    scheme="chap",
                    clear=False,
                    spans=spans,
                    asked_by=side.other,
                )
            )

    def _status(self, status: int, flags: int) -> Iterator[Said]:
        """Clause 11.13.5: class and detail. Success of a step that is not the last says nothing yet."""
        done = status == 0 and flags & 0x83 == 0x80 | FULL_FEATURE
        if not status and not done:
            return
        here = self.here()
        if self._logins:
            accepted = True if done else False if status == AUTHENTICATION_FAILURE else None
            for login in self._logins:
                # The initiator's verdict on the target's response does not cross; it goes on or hangs up.
                verdict, basis = (
                    (accepted, f"login status {status:04x}") if login.asked_by is Side.SERVER else (None, None)
                )
                yield replace(login, accepted=verdict, basis=basis, spans=(*login.spans, here))
        else:
            name = self._keys[Side.CLIENT].get("TargetName") or self._keys[Side.CLIENT].get("SessionType", "discovery")
            yield Access(resource=name, action="login", granted=done, control=True, status=status)
        self._logins = []
        self.stop()
        yield Enough()

    def close(self) -> Iterator[Said]:
        """Logins without a status."""
        yield from self._logins
        self._logins = []


def _pairs(text: bytes) -> dict[str, str]:
    """Keys and values, each pair ended by a NUL (clause 6.1)."""
    pairs = (
        item.decode("utf-8", "backslashreplace").partition("=") for item in text.split(b"\0")[:KEYS] if b"=" in item
    )
    return {key: value for key, _, value in pairs}


def recognise(opening: Opening) -> Match:
    """A login request: immediate, version 0, reserved bits clear, and text that begins with a key."""
    data = opening.client
    if not data or data[0] != 0x43:
        return Match.NO
    if len(data) < 56:
        return Match.MORE if len(data) < 8 or not any(data[2:5]) else Match.NO
    if data[1] & 0x30 or any(data[2:5]) or not 4 < int.from_bytes(data[5:8], "big") <= DATA_LIMIT:
        return Match.NO
    key = data[48:80].split(b"=")[0]
    return Match.SURE if len(key) < 32 and key.replace(b"_", b"").isalnum() else Match.NO


PROTOCOL = Protocol(name="iscsi", parser=Iscsi, recognise=recognise, ports=frozenset({3260}))
