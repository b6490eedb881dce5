"""SMPP binds (SMPP 3.4, clauses 3.2, 4.1, 5.1.3): logins with the message centre's answer."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough, Login
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

BINDS = {1: "bind_receiver", 2: "bind_transmitter", 9: "bind_transceiver"}
RESPONSE = 0x80000000

REFUSALS = {0x0D: "ESME_RBINDFAIL", 0x0E: "ESME_RINVPASWD", 0x0F: "ESME_RINVSYSID"}

PDU_LIMIT = 70 * 1024
"""Bytes of a PDU: a message payload has 64 KiB at most."""


class Smpp(StreamParser):
    """An external entity and a message centre until a bind is accepted."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending = PendingLogin()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One PDU: length, command, status, sequence number, body."""
        length, command, status = cursor.u32(), cursor.u32(), cursor.u32()
        if not 16 <= length <= PDU_LIMIT:
            raise Malformed("PDU of an impossible length")
        number = cursor.u32()
        body = cursor.sub(length - 16)
        if command in BINDS:
            name = body.until(b"\0", 16).decode("ascii", "backslashreplace")
            # Clause 4.1: eight characters and a NUL; real centres take more.
            password = body.until(b"\0", 128)
            login = Login(
                mechanism="password",
                username=name,
                secret=Secret(password),
                scheme="smpp",
                spans=(self.here(),),
                verifier=side.other,
            )
            yield from self._pending.add(login, (side, number))
        elif command & ~RESPONSE in BINDS and command & RESPONSE and self._pending:
            accepted = True if status == 0 else False if status in REFUSALS else None
            basis = f"{BINDS[command & ~RESPONSE]}_resp status {status}" + (
                f" {REFUSALS[status]}" if status in REFUSALS else ""
            )
            yield from self._pending.answer(accepted, basis, self.here(), key=(side.other, number))
            if accepted:
                self.stop()
                yield Enough()

    def close(self) -> Iterator[Parsed]:
        """A bind that was not answered."""
        return self._pending.unanswered()


def recognise(opening: Opening) -> Match:
    """A bind: its command, status zero, a length that fits, and fields that end where their NULs say."""
    data = opening.client
    if len(data) < 20:
        return Match.MORE if data and data[:3] in (b"\0", b"\0\0", b"\0\0\0") and not any(data[4:7]) else Match.NO
    length, command, status = (int.from_bytes(data[at : at + 4], "big") for at in (0, 4, 8))
    if command not in BINDS or status or not 23 <= length <= 256:
        return Match.NO
    name = data[16:33].split(b"\0")[0]
    return Match.SURE if len(name) < 16 and name.isascii() and name.decode().isprintable() else Match.NO


PROTOCOL = Protocol(name="smpp", title="SMPP", parser=Smpp, recognise=recognise, ports=frozenset({2775}))
