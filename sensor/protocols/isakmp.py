"""IKE on UDP 500 and 4500: vendor ids, and the hash of a pre-shared key in aggressive mode.

RFC 2408, RFC 2409, RFC 7296, RFC 3948. IKEv1's aggressive mode sends the responder's hash of the pre-shared key in the
clear: a login (``ikev1-psk-md5``, ``-sha1`` …, ``clear`` False) whose ``secret`` is
``g_xr:g_xi:cky_r:cky_i:sai_b:idir_b:ni_b:nr_b:hash_r`` in hex (RFC 2409 §5; hashcat modes 5300 and 5400). An answered
quick mode accepts it. ESP over the same UDP flow (RFC 3948) is encrypted; ``isakmp.vendor_id`` identifies an end's
make, in hex.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Attribute, Enough, Login
from sensor.light_dataclass import dataclass
from sensor.model import Protection, Secret, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol
from sensor.parsing.pending import PendingLogin

HEADER = 28

VERSIONS = (0x10, 0x20)

MAIN, AGGRESSIVE, QUICK, SA_INIT = 2, 4, 32, 34

EXCHANGES = {0x10: frozenset({1, 2, 3, 4, 5, 6, 32, 33}), 0x20: frozenset(range(34, 45))}
"""RFC 2408 §3.1, RFC 2409 appendix A; the IANA registry "IKEv2 Exchange Types"."""

ENCRYPTED = 0x01
"""Flag of an IKEv1 message (RFC 2408 §3.1)."""

SA, KEY_EXCHANGE, IDENTIFICATION, HASH, NONCE, VENDOR_ID = 1, 4, 5, 8, 10, 13

PAYLOADS = 64
"""Payloads read of one message."""

HASHES = {16: "md5", 20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}

MARKER = bytes(4)
"""Marks IKE, not ESP, on port 4500 (RFC 3948 §2.2)."""

VENDORS = 16
"""Vendor ids reported of a flow; clients send up to ten."""

VENDOR_LIMIT = 64

DATAGRAM_LIMIT = 32
"""Datagrams read of a flow: an exchange that is not aggressive is encrypted by then."""


@dataclass(slots=True)
class _Offer:
    """The initiator's first message of an aggressive exchange."""

    cookie: bytes
    parts: dict[int, bytes]


def _payloads(kind: int, cursor: Cursor) -> list[tuple[int, bytes]]:
    """Type and body of each payload (RFC 2408 §3.2)."""
    found: list[tuple[int, bytes]] = []
    while kind and len(found) < PAYLOADS:
        following = cursor.u8()
        cursor.skip(1)
        length = cursor.u16()
        if length < 4:
            raise Malformed("IKE payload shorter than its header")
        found.append((kind, cursor.take(length - 4)))
        kind = following
    return found


def _identity(body: bytes) -> str | None:
    """An identification payload's value (RFC 2407 §4.6.2): an address or a name."""
    kind, value = body[:1], body[4:]
    if kind == b"\x01" and len(value) == 4:
        return ".".join(map(str, value))
    return value[:256].decode("utf-8", "backslashreplace") or None


class Isakmp(DatagramParser):
    """One flow between two IKE peers."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._offer: _Offer | None = None
        self._pending = PendingLogin()
        self._vendors: set[tuple[Side, bytes]] = set()
        self._offer_span = self.here()
        self._datagrams = 0

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message; ESP and keep-alives are skipped."""
        self._datagrams += 1
        data = _message(cursor.rest())
        if _is_message(data):
            yield from self._message(side, Cursor(data))
        if self._datagrams >= DATAGRAM_LIMIT:
            yield from self.close()
            yield Enough()

    def _message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        initiator, responder = cursor.take(8), cursor.take(8)
        kind, version, exchange, flags = cursor.u8(), cursor.u8(), cursor.u8(), cursor.u8()
        cursor.skip(8)
        if version != VERSIONS[0]:
            if exchange != SA_INIT:
                yield Enough()
            return
        login = self._pending.login
        if exchange == QUICK and login is not None and side is login.verifier:
            yield from self._pending.answer(True, "quick mode answered", self.here())
            yield Enough()
        if flags & ENCRYPTED or exchange not in (MAIN, AGGRESSIVE):
            return
        payloads = _payloads(kind, cursor)
        for payload, body in payloads:
            if payload == VENDOR_ID:
                yield from self._vendor(side, body[:VENDOR_LIMIT])
        if exchange == AGGRESSIVE:
            parts = dict(reversed(payloads))
            if not any(responder):
                self._offer = _Offer(initiator, parts)
                self._offer_span = self.here()
            elif self._offer is not None and self._offer.cookie == initiator and not self._pending:
                self._hold_login(side, responder, parts)

    def _vendor(self, side: Side, body: bytes) -> Iterator[Parsed]:
        if (side, body) not in self._vendors and len(self._vendors) < VENDORS:
            self._vendors.add((side, body))
            yield Attribute(field="isakmp.vendor_id", value=body.hex(), side=side)

    def _hold_login(self, side: Side, responder: bytes, parts: dict[int, bytes]) -> None:
        """The responder's message: with a hash, not a signature, the key is a shared secret."""
        offer = self._offer
        assert offer is not None
        needed = {SA, KEY_EXCHANGE, NONCE, IDENTIFICATION}
        if HASH not in parts or not needed <= offer.parts.keys() or not needed - {SA} <= parts.keys():
            return
        proof = parts[HASH]
        secret_parts = (
            parts[KEY_EXCHANGE],
            offer.parts[KEY_EXCHANGE],
            responder,
            offer.cookie,
            offer.parts[SA],
            parts[IDENTIFICATION],
            offer.parts[NONCE],
            parts[NONCE],
            proof,
        )
        self._pending.login = Login(
            mechanism="key",
            username=_identity(offer.parts[IDENTIFICATION]),
            secret=Secret(":".join(part.hex() for part in secret_parts)),
            scheme=f"ikev1-psk-{HASHES.get(len(proof), 'hash')}",
            clear=False,
            verifier=side,
            spans=(self._offer_span, self.here()),
        )

    def close(self) -> Iterator[Parsed]:
        """Report a login that no quick mode followed."""
        yield from self._pending.unanswered()


def _message(data: bytes) -> bytes:
    """A datagram without the marker of port 4500."""
    return data[4:] if data.startswith(MARKER) and len(data) >= 4 + HEADER else data


def _is_message(data: bytes) -> bool:
    """A header whose version, exchange and length agree with one another and the datagram."""
    valid = len(data) >= HEADER and data[17] in VERSIONS and data[18] in EXCHANGES[data[17]]
    return valid and any(data[:8]) and int.from_bytes(data[24:28], "big") == len(data)


PORTS = frozenset({500, 4500})


def _recognise(opening: Opening) -> Match:
    sides = [data for data in (opening.client, opening.server) if data]
    if any(_is_message(_message(data)) for data in sides):
        return Match.SURE
    # ESP in UDP: only the port suggests it; a keep-alive is one byte (RFC 3948 §2.3).
    if 4500 in (opening.client_port, opening.server_port) and all(d == b"\xff" or len(d) > 36 for d in sides):
        return Match.WEAK if any(len(d) > 36 and any(d[:4]) for d in sides) else Match.NO
    return Match.NO


PROTOCOL = Protocol(
    name="isakmp",
    title="IKE",
    parser=Isakmp,
    transports=frozenset({Transport.UDP}),
    recognise=_recognise,
    opens=rb".{17}[\x10\x20]|\x00{4}.{17}[\x10\x20]",
    ports=PORTS,
    protection=Protection.ENCRYPTED,
)
