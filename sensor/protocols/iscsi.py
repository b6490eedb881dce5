"""iSCSI login phases (RFC 7143): CHAP logins with the target's status, use without a login.

``Login.secret`` is CHAP_I ``:`` CHAP_C ``:`` CHAP_R as written on the wire (``0x…`` hexadecimal or ``0b…`` base64).
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Access, Enough, Login, Span
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import answered

LOGIN_REQUEST, LOGIN_RESPONSE = 0x03, 0x23

FULL_FEATURE = 3
"""Next stage of a completed login (RFC 7143, clause 11.12.3)."""

DATA_LIMIT = 64 * 1024
"""Bytes of a login's text: 8,192 is the default of MaxRecvDataSegmentLength (clause 13.12)."""

KEYS = 64
"""Keys stored of one login: real ones negotiate some twenty."""

AUTHENTICATION_FAILURE = 0x0201


class Iscsi(StreamParser):
    """An initiator and a target, until the end of the login phase."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._keys: tuple[dict[str, str], dict[str, str]] = ({}, {})
        self._spans: list[Span] = []
        self._logins: list[Login] = []

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
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
        pairs = _parse_text(text)
        keys = self._keys[side]
        if len(keys) + len(pairs) <= KEYS:
            keys.update(pairs)
        if side is Side.CLIENT:
            yield from attribute_events("iscsi.initiator", pairs.get("InitiatorName", ""), side)
        if "CHAP_R" in pairs or "CHAP_C" in pairs:
            self._spans.append(self.here())
            del self._spans[8:]
        if "CHAP_R" in pairs:
            self._add_login(side, pairs)
        if side is Side.SERVER:
            yield from self._status(status, flags)

    def _add_login(self, side: Side, pairs: dict[str, str]) -> None:
        """A response to the other end's challenge; that of a target, in mutual CHAP, is a login at the initiator."""
        challenge = self._keys[side.other]
        secret = Secret(f"{challenge.get('CHAP_I', '')}:{challenge.get('CHAP_C', '')}:{pairs['CHAP_R']}")
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
                    verifier=side.other,
                )
            )

    def _status(self, status: int, flags: int) -> Iterator[Parsed]:
        """Clause 11.13.5: class and detail. Success of a step before the last decides nothing."""
        done = status == 0 and flags & 0x83 == 0x80 | FULL_FEATURE
        if not status and not done:
            return
        here = self.here()
        if self._logins:
            accepted = True if done else False if status == AUTHENTICATION_FAILURE else None
            for login in self._logins:
                # The initiator sends no verdict on the target's response; it continues or closes.
                verdict, basis = (
                    (accepted, f"login status {status:04x}") if login.verifier is Side.SERVER else (None, None)
                )
                yield answered(login, verdict, basis, here)
        else:
            name = self._keys[Side.CLIENT].get("TargetName") or self._keys[Side.CLIENT].get("SessionType", "discovery")
            yield Access(resource=name, action="login", granted=done, control=True, status=status)
        self._logins = []
        self.stop()
        yield Enough()

    def close(self) -> Iterator[Parsed]:
        """Report logins without a status."""
        yield from self._logins
        self._logins = []


def _parse_text(text: bytes) -> dict[str, str]:
    """Keys and values, each pair ended by a NUL (clause 6.1)."""
    items = (
        item.decode("utf-8", "backslashreplace").partition("=") for item in text.split(b"\0")[:KEYS] if b"=" in item
    )
    return {key: value for key, _, value in items}


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


PROTOCOL = Protocol(
    name="iscsi", title="iSCSI", commands="its disks", parser=Iscsi, recognise=recognise, ports=frozenset({3260})
)
