"""Handshake of TLS, DTLS and QUIC: its messages, read as one `Handshake` event.

Hellos, certificates, the server's key, alerts, and whether it was completed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sensor.events import Handshake, Span
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats import tls_hello
from sensor.parsing.formats.tls_suites import is_grease, is_null, suite_name

CLIENT_HELLO, SERVER_HELLO, HELLO_VERIFY, CERTIFICATE, SERVER_KEY, FINISHED = 1, 2, 3, 11, 12, 20

MESSAGE_LIMIT = 128 * 1024
"""Bytes of one handshake message: OpenSSL takes certificate chains up to 100 KiB, everything else is far smaller."""

CHAIN_LIMIT = 16
"""Certificates stored of one chain: public ones have two to five."""

OFFERED_LIMIT = 256
"""Suites reported of an offer: clients offer under 200; the number field would allow 32,767."""

NAMES_LIMIT = 32
"""Versions and ALPN names reported of an offer."""

SPANS = 8
"""Spans stored as evidence: hellos, certificate, alert, first protected data."""

ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate", 43: "unsupported_certificate", 44:
    "certificate_revoked",
    45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49:
    "access_denied", 50: "decode_error",
    51: "decrypt_error", 52: "too_many_cids_requested", 60: "export_restriction", 70: "protocol_version", 71:
    "insufficient_security",
    80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109:
    "missing_extension",
    110: "unsupported_extension", 111: "certificate_unobtainable", 112: "unrecognized_name", 113:
    "bad_certificate_status_response",
    114: "bad_certificate_hash_value", 115: "unknown_psk_identity", 116: "certificate_required", 120:
    "no_application_protocol",
}  # fmt: skip
"""The IANA registry "TLS Alerts"."""

NAMED_CURVE = 3

CURVES = {
    1: ("sect163k1", 163), 2: ("sect163r1", 163), 3: ("sect163r2", 163), 4: ("sect193r1", 193), 5: ("sect193r2", 193),
    6: ("sect233k1", 233),
    7: ("sect233r1", 233), 8: ("sect239k1", 239), 9: ("sect283k1", 283), 10: ("sect283r1", 283), 11: ("sect409k1",
    409), 12: ("sect409r1", 409),
    13: ("sect571k1", 571), 14: ("sect571r1", 571), 15: ("secp160k1", 160), 16: ("secp160r1", 160), 17: ("secp160r2",
    160), 18: ("secp192k1", 192),
    19: ("secp192r1", 192), 20: ("secp224k1", 224), 21: ("secp224r1", 224), 22: ("secp256k1", 256), 23: ("secp256r1",
    256), 24: ("secp384r1", 384),
    25: ("secp521r1", 521), 26: ("brainpoolP256r1", 256), 27: ("brainpoolP384r1", 384), 28: ("brainpoolP512r1", 512),
    29: ("x25519", 255), 30: ("x448", 448),
}  # fmt: skip
"""The IANA registry "TLS Supported Groups" with the size of each curve's field in bits (RFC 8422, 7027, 7748)."""

_GO_ON = frozenset({41, 90, 100, 112})
"""Warnings after which a handshake goes on: no_certificate (SSL 3.0), user_canceled (a close_notify follows),
no_renegotiation, unrecognized_name."""

UNREADABLE_ALERT = "encrypted"
"""Name of an alert that TLS 1.3 hides: a record too short for a Finished, sent in its place."""


def alert_name(number: int) -> str:
    """The registered name, else the number."""
    return ALERTS.get(number) or str(number)


class Flight:
    """Handshake messages put together from the pieces of one side's records (RFC 5246 §6.2.1: they may share a record
    or be split over several)."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._first: Span | None = None
        self.overflowed = False

    def add(self, data: bytes, place: Span) -> Iterator[tuple[int, bytes, Span]]:
        """The messages completed by ``data``: type, body, and from the first record of it to this one."""
        if self._first is None:
            self._first = place
        self._buffer.extend(data)
        while len(self._buffer) >= 4:
            length = int.from_bytes(self._buffer[1:4], "big")
            if length > MESSAGE_LIMIT:
                self.overflowed = True
                return
            if len(self._buffer) < 4 + length:
                return
            kind, body = self._buffer[0], bytes(self._buffer[4 : 4 + length])
            del self._buffer[: 4 + length]
            yield kind, body, Span(place.side, self._first.start, place.end)
            self._first = place
        if not self._buffer:
            self._first = None


class Key(NamedTuple):
    """``kind``: ``DH``, ``RSA`` or a curve's registered name; ``bits`` its size."""

    kind: str
    bits: int


def exchanged_key(suite: str, body: bytes) -> Key | None:
    """The key in a ServerKeyExchange of TLS up to 1.2 (``body``) by the ``suite``'s IANA name: made for this
    connection alone.

    None where the suite has no such key, or the message breaks its own lengths: the rest of the handshake still stands.
    """
    exchange = suite.removeprefix("TLS_").partition("_WITH_")[0]
    cursor = Cursor(body)
    try:
        if "PSK" in exchange:  # a hint comes first (RFC 4279 2, RFC 5489 2)
            cursor.skip(cursor.u16())
        if exchange.startswith(("DHE_", "DH_anon")):  # RFC 5246 7.4.3, the prime
            return Key("DH", _bits(cursor.take(cursor.u16())))
        if exchange.startswith(("ECDHE_", "ECDH_anon")):  # RFC 8422 5.4
            if cursor.u8() != NAMED_CURVE:
                return None
            found = CURVES.get(cursor.u16())
            return None if found is None else Key(*found)
        if exchange.startswith("RSA_EXPORT"):  # RFC 2246 7.4.3, the modulus of a key made for export
            return Key("RSA", _bits(cursor.take(cursor.u16())))
    except Malformed:
        pass
    return None


def _bits(number: bytes) -> int:
    return int.from_bytes(number, "big").bit_length()


class Negotiation:
    """The handshake as far as both ends have sent it. ``kind`` as in `Handshake`; ``letter`` JA4's for the carrier."""

    def __init__(self, kind: str, letter: str) -> None:
        self.kind = kind
        self.client: tls_hello.ClientHello | None = None
        self.server: tls_hello.ServerHello | None = None
        self.client_side = Side.CLIENT
        """The side that plays the TLS client: in FTP's active mode it is the one that was called."""
        self.retried = False
        self.fingerprints = True
        """JA3 and JA4 are defined for this form of hello (not for SSL 2.0's)."""
        self.certificates: tuple[bytes, ...] = ()
        self.key: Key | None = None
        self.established: bool | None = None
        self.client_data: bool | None = None
        self.alert: str | None = None
        self.alert_side: Side | None = None
        self._letter = letter
        self._spans: list[Span] = []

    @property
    def known(self) -> bool:
        """A hello was seen: there is a handshake to report."""
        return self.client is not None or self.server is not None

    @property
    def decided(self) -> bool:
        """It is known whether the handshake was completed."""
        return self.established is not None

    @property
    def settled(self) -> bool:
        """Nothing more can be learned: it was refused, or the client sent data of its own."""
        return self.established is False or self.client_data is not None

    def message(self, side: Side, kind: int, body: bytes, place: Span, *, datagram: bool = False) -> None:
        """One handshake message that could be read. Raises `Malformed` for a hello that breaks its rules."""
        if kind == CLIENT_HELLO:
            # The first offer is the honest one: a second answers a retry or asks to renegotiate.
            if self.client is None:
                self.client = tls_hello.client_hello(body, datagram=datagram)
                self.client_side = side
                self.rests_on(place)
        elif kind == SERVER_HELLO:
            hello = tls_hello.server_hello(body)
            if hello.retry:
                self.retried = True
            elif self.server is None:
                self.server = hello
                if self.client is None:
                    self.client_side = side.other
                self.rests_on(place)
        elif kind == CERTIFICATE and side is not self.client_side and not self.certificates:
            self.certificates = tls_hello.certificates(body, CHAIN_LIMIT)
            self.rests_on(place)
        elif kind == SERVER_KEY and side is not self.client_side and self.server is not None and self.key is None:
            self.key = exchanged_key(suite_name(self.server.cipher), body)
            if self.key is not None:
                self.rests_on(place)

    def alerted(self, level: int, number: int, place: Span) -> None:
        """A readable alert before protection began: a fatal one, or leaving in mid-handshake, is a refusal."""
        if level == 1 and number in _GO_ON:
            return
        self.refused(alert_name(number), place)

    def refused(self, alert: str, place: Span) -> None:
        """The handshake was broken off."""
        if not self.decided:
            self.established, self.alert, self.alert_side = False, alert, place.side
            self.rests_on(place)

    def protected_data(self, place: Span) -> None:
        """Application data went through the channel."""
        if not self.decided:
            self.established = True
            self.rests_on(place)

    def client_sent_data(self, place: Span) -> None:
        """The client sent application data: it goes on with this server."""
        if self.established is False or self.client_data:
            return
        self.client_data = True
        if self.established:
            self.rests_on(place)
        self.protected_data(place)

    def client_left(self) -> None:
        """The connection is over, and all that the client sent was seen."""
        if self.client_data is None:
            self.client_data = False

    def rests_on(self, place: Span) -> None:
        """Keep a place as evidence."""
        if len(self._spans) < SPANS:
            self._spans.append(place)

    @property
    def modern(self) -> bool:
        """TLS 1.3 was chosen."""
        return self.server is not None and self.server.modern

    @property
    def readable(self) -> bool:
        """The suite chosen does not encrypt."""
        return self.server is not None and not self.server.modern and is_null(self.server.cipher)

    def event(self) -> Handshake:
        """The handshake so far."""
        client, server = self.client, self.server
        chosen = server.alpn if server else None
        return Handshake(
            kind=self.kind,
            version=tls_hello.version_name(server.version) if server else None,
            cipher=suite_name(server.cipher) if server else None,
            server_name=client.server_name if client else None,
            alpn=tuple(_text(name) for name in client.alpn[:NAMES_LIMIT]) if client else (),
            selected_alpn=_text(chosen) if chosen is not None else None,
            offered_versions=client.offered[:NAMES_LIMIT] if client else (),
            offered_ciphers=tuple(suite_name(c) for c in client.ciphers if not is_grease(c))[:OFFERED_LIMIT]
            if client
            else (),
            ja3=tls_hello.ja3(client) if client and self.fingerprints else None,
            ja3s=tls_hello.ja3s(server) if server and server.version != 0x0002 else None,
            ja4=tls_hello.ja4(client, self._letter) if client and self.fingerprints else None,
            certificates=self.certificates,
            key=self.key.kind if self.key else None,
            key_bits=self.key.bits if self.key else None,
            established=self.established,
            client_data=self.client_data,
            alert=self.alert,
            alert_side=self.alert_side,
            client_side=self.client_side,
            spans=tuple(self._spans),
        )


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")
