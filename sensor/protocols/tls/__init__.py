"""TLS and SSL handshakes (RFC 8446, RFC 5246, RFC 6101): hellos, certificates, alerts.

They give one `Handshake`. Its ``established`` is True only when protected application data followed: in TLS 1.3 after
the client's Finished, before it after a ChangeCipherSpec of the same side. Certificates are readable up to TLS 1.2. A
suite that does not encrypt goes on as ``tls-null``; SSL 2.0 hellos (RFC 5246 appendix E.2) are read in `ssl2`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough, Span, Upgrade
from sensor.model import Protection, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.tls_handshake import CLIENT_HELLO, SERVER_HELLO, UNREADABLE_ALERT, Flight, Negotiation
from sensor.parsing.formats.tls_hello import EARLY_DATA
from sensor.parsing.keylog import KeyLog
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.protocols.tls import ssl2
from sensor.protocols.tls.decryption import CannotDecryptError, Decryption
from sensor.protocols.tls.plaintext import Plaintext

CHANGE_CIPHER, ALERT, HANDSHAKE, APPLICATION, HEARTBEAT = 20, 21, 22, 23, 24

RECORD_LIMIT = 2**14 + 2048
"""Bytes of a record (RFC 5246 §6.2.3)."""

RECORDS_LIMIT = 256
"""Records in which a handshake must decide itself: a full one takes under 20, with a chain cut small under 100."""

SHORTEST_FINISHED = 4 + 32 + 1 + 8
"""Bytes of a TLS 1.3 record with the shortest Finished: header, SHA-256, content type, an 8-byte tag."""

PADDING = (0, 16)
"""Zeros behind what a TLS 1.3 record holds: none, or Java's (SSLSocketOutputRecord)."""

FINISHED_SIZES = tuple(4 + digest + 1 + pad + tag for digest in (32, 48) for pad in PADDING for tag in (16, 8))
"""Bytes of a TLS 1.3 record with a Finished alone: header, SHA-256 or SHA-384, type, tag (RFC 8446 4.4.4, 5.2)."""

HANDSHAKE_RECORDS = 4
"""Protected records with which a TLS 1.3 client ends its handshake at the most: EndOfEarlyData, Certificate,
CertificateVerify, Finished."""

WATCHED_RECORDS = 32
"""Records after the server's first data in which the client's own are waited for."""

ALERT_SIZES = tuple(2 + 1 + pad + tag for pad in PADDING for tag in (16, 8))
"""Bytes of a TLS 1.3 record with an alert: before the Finished a refusal, behind it a close_notify, hardly ever data.
An empty Certificate and an EndOfEarlyData, which may stand there too, have other sizes."""

PLAIN_ALERT = 2 + 1 + 16
"""The largest without padding; one with it may also be a few bytes of data."""


class Tls(StreamParser):
    """Reads until all that is readable was seen."""

    LIMIT = RECORD_LIMIT + 5

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._negotiation = Negotiation("tls", "t")
        self._flights = (Flight(), Flight())
        self._changed = [False, False]
        self._protected = [0, 0]
        self._finished = False
        """The TLS 1.3 client's Finished was seen, by its length."""
        self._unclear = False
        self._closed: Side | None = None
        """The side whose encrypted alert came first, up to TLS 1.2: it closes."""
        self._records = self._records_since = 0
        self._old: ssl2.Ssl2 | None = None
        self._log = hint if isinstance(hint, KeyLog) else None
        self._randoms = [b"", b""]
        self._decryption: Decryption | None = None
        self._plaintext = Plaintext()
        self._reported = False

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One record."""
        plain: list[Parsed] = []
        try:
            if (self._old and self._old.agreed) or ssl2.is_record(cursor.peek(1)):
                body = ssl2.record(cursor)
                self._old = self._old or ssl2.Ssl2(self._negotiation)
                over = self._old.record(side, body, self.here())
            else:
                start = cursor.peek(3)
                kind, body = _record(cursor)
                if self._log is not None:
                    plain = list(self._decrypted(side, kind, int.from_bytes(start[1:], "big"), body))
                over = not self._reported and self._take(side, kind, body)
        except Malformed:
            if not self._negotiation.known:
                raise
            over = True
        yield from plain
        self._records += 1
        self._records_since += self._negotiation.decided
        if self._reported:
            if self._decryption is None:
                self.stop()
                yield Enough()
        elif over or self._records >= RECORDS_LIMIT or self._records_since >= WATCHED_RECORDS:
            yield from self._over()

    def _take(self, side: Side, kind: int, body: bytes) -> bool:
        """Use a record; whether nothing more can be learned."""
        negotiation = self._negotiation
        if kind == HANDSHAKE:
            flight = self._flights[side]
            if not self._hidden(side, body):
                for message, content, place in flight.add(body, self.here()):
                    negotiation.message(side, message, content, place)
                    if self._log is not None and message in (CLIENT_HELLO, SERVER_HELLO):
                        self._hello(message, content)
            return flight.overflowed
        if kind == CHANGE_CIPHER:
            self._changed[side] = True
            if negotiation.readable and all(self._changed):
                # Both ends agreed on a suite without encryption.
                negotiation.protected_data(self.here())
                return True
        elif kind == ALERT and len(body) == 2:
            # An encrypted one is longer.
            negotiation.alerted(body[0], body[1], self.here())
            return negotiation.settled or not negotiation.known
        elif kind == ALERT and self._changed[side] and not negotiation.modern and self._closed is None:
            self._closed = side
        elif kind == APPLICATION:
            if not negotiation.known:
                return True
            self._application(side, len(body))
        return negotiation.settled

    def _hidden(self, side: Side, body: bytes) -> bool:
        """Whether a handshake record is encrypted: after its side's ChangeCipherSpec up to TLS 1.2.

        TLS 1.3 sends a ChangeCipherSpec for compatibility only (RFC 8446 appendix D.4).
        """
        if not self._changed[side] or self._negotiation.modern:
            return False
        # A second hello after a HelloRetryRequest comes with the version still open.
        hello = body[:2] in (bytes((CLIENT_HELLO, 0)), bytes((SERVER_HELLO, 0)))
        return self._negotiation.server is not None or not hello

    def _application(self, side: Side, size: int) -> None:
        """A record of protected data, or in TLS 1.3 of the hidden handshake."""
        negotiation = self._negotiation
        if negotiation.server is not None and not negotiation.modern:
            if self._changed[side] and side is negotiation.client_side:
                negotiation.client_sent_data(self.here())
            elif self._changed[side]:
                negotiation.protected_data(self.here())
            return
        early = negotiation.client is not None and EARLY_DATA in negotiation.client.extensions
        if early and negotiation.server is None:
            return  # the server may reject early data (RFC 8446 4.2.10)
        if side is negotiation.client_side:
            if size in ALERT_SIZES:
                if not self._protected[side] and negotiation.server is not None:
                    negotiation.refused(UNREADABLE_ALERT, self.here())
                self._unclear = self._unclear or size > PLAIN_ALERT
                return
            if size < SHORTEST_FINISHED and not self._finished:
                self._unclear = True  # EndOfEarlyData, or a Certificate message without a certificate
                return
            self._protected[side] += 1
            if self._finished or self._protected[side] > HANDSHAKE_RECORDS:
                negotiation.client_sent_data(self.here())
            elif self._protected[side] > (3 if early else 1):  # early data look the same
                negotiation.protected_data(self.here())
            self._finished = self._finished or (size in FINISHED_SIZES and negotiation.modern and not early)
        elif self._protected[negotiation.client_side] and negotiation.server is not None and size >= SHORTEST_FINISHED:
            negotiation.protected_data(self.here())

    def _hello(self, message: int, content: bytes) -> None:
        """Both random numbers are known with the ServerHello: the keys follow."""
        self._randoms[message == SERVER_HELLO] = content[2:34]
        server = self._negotiation.server
        if message == CLIENT_HELLO or server is None or self._log is None or self._decryption is not None:
            return
        try:
            self._decryption = Decryption(self._log, self._randoms[0], self._randoms[1], server)
        except CannotDecryptError:
            self._log = None

    def _decrypted(self, side: Side, kind: int, version: int, body: bytes) -> Iterator[Parsed]:
        """The application data in a record, where the secrets are there."""
        decryption = self._decryption
        if decryption is None:
            return
        role = int(side is not self._negotiation.client_side)
        try:
            kind_inside, plain = decryption.record(role, kind, version, body)
        except CannotDecryptError:
            self._decryption = self._log = None
            return
        if kind == CHANGE_CIPHER:
            decryption.changed(role)
        elif kind_inside == APPLICATION:
            yield from self._plaintext.data(side, plain)

    def _cut_record(self, side: Side) -> None:
        """Whole messages at the beginning of a record whose end the capture lacks: a ServerHello before a chain."""
        data = self.pending(side)
        if self._reported or data[:2] != bytes((HANDSHAKE, 3)) or len(data) < 6 or self._old is not None:
            return
        start = self._offsets[side]
        place, body = Span(side, start, start + len(data)), data[5:]
        if self._hidden(side, body):
            return
        try:
            for message, content, where in self._flights[side].add(body, place):
                self._negotiation.message(side, message, content, where)
        except Malformed:
            return

    def _over(self) -> Iterator[Parsed]:
        if self._decryption is not None and self._negotiation.known:
            self._reported = True
            yield self._negotiation.event()
            return
        self.stop()
        if self._negotiation.known:
            yield self._negotiation.event()
        if self._negotiation.readable and self._negotiation.established:
            yield Upgrade("tls-null")
        else:
            yield Enough()

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Records cannot be found again after a loss: report what is known."""
        self._cut_record(side)
        self._decryption = self._log = None
        if not self._reported:
            yield from self._over()
            return
        self.stop()
        yield Enough()

    def close(self) -> Iterator[Parsed]:
        """The end before the handshake was decided, or before the client sent data of its own."""
        if not self._stopped:
            for side in Side:
                self._cut_record(side)
        negotiation = self._negotiation
        sent = self._protected[negotiation.client_side] > 0
        hidden = negotiation.modern and (self._unclear or (sent and not self._finished))
        first = self.ended[0] if self.ended else None
        if self._closed is not None and first is not None:
            first = self._closed
        if first is negotiation.client_side and negotiation.server is not None and not hidden:
            negotiation.client_left()
        if self._negotiation.known and not self._stopped and not self._reported:
            yield self._negotiation.event()


def _record(cursor: Cursor) -> tuple[int, bytes]:
    """One record: content type and fragment (RFC 5246 §6.2.1)."""
    kind, version, length = cursor.u8(), cursor.u16(), cursor.u16()
    if not CHANGE_CIPHER <= kind <= HEARTBEAT or version >> 8 != 3 or length > RECORD_LIMIT:
        raise Malformed("not a TLS record")
    return kind, cursor.take(length)


def _fits(data: bytes) -> Match:
    """How well the first bytes of one side fit a record, at the start or in mid-stream."""
    if not data:
        return Match.MORE
    if ssl2.is_record(data[:1]):
        return ssl2.fits(data)
    if not CHANGE_CIPHER <= data[0] <= HEARTBEAT or data[1:2] not in (b"", b"\x03") or (len(data) > 2 and data[2] > 4):
        return Match.NO
    if len(data) < 6:
        return Match.MORE
    length = int.from_bytes(data[3:5], "big")
    if not length or length > RECORD_LIMIT:
        return Match.NO
    if data[0] == HANDSHAKE and data[5] in (CLIENT_HELLO, SERVER_HELLO):
        # The message's length has three bytes, of which the first is zero in any that is accepted.
        return Match.SURE if data[6:7] in (b"", b"\x00") else Match.NO
    if data[0] == CHANGE_CIPHER:
        return Match.SURE if data[3:6] == b"\x00\x01\x01" else Match.NO
    if data[0] == ALERT and length == 2:
        return Match.SURE if data[5] in (1, 2) else Match.NO
    behind = data[5 + length : 5 + length + 2]
    if len(behind) == 2:
        return Match.SURE if CHANGE_CIPHER <= behind[0] <= HEARTBEAT and behind[1] == 3 else Match.NO
    return Match.WEAK if data[0] == HANDSHAKE else Match.SURE


def _recognise(opening: Opening) -> Match:
    """Either side may be all that is seen; where both are, both must fit."""
    sides = [_fits(data) for data in (opening.client, opening.server) if data]
    if not sides or Match.NO in sides:
        return Match.NO
    return max(sides)


PROTOCOL = Protocol(
    name="tls",
    title="TLS",
    parser=Tls,
    recognise=_recognise,
    ports=frozenset({443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 5223, 5671, 6697, 8443, 8883}),
    protection=Protection.ENCRYPTED,
)
