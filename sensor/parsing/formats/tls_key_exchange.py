"""A ServerKeyExchange message of TLS up to 1.2 into the kind and size of the key that the two sides made for this connection alone."""

from __future__ import annotations

from typing import NamedTuple

from sensor.parsing.cursor import Cursor, Malformed

NAMED_CURVE = 3

CURVES = {
    1: ("sect163k1", 163), 2: ("sect163r1", 163), 3: ("sect163r2", 163), 4: ("sect193r1", 193), 5: ("sect193r2", 193), 6: ("sect233k1", 233),
    7: ("sect233r1", 233), 8: ("sect239k1", 239), 9: ("sect283k1", 283), 10: ("sect283r1", 283), 11: ("sect409k1", 409), 12: ("sect409r1", 409),
    13: ("sect571k1", 571), 14: ("sect571r1", 571), 15: ("secp160k1", 160), 16: ("secp160r1", 160), 17: ("secp160r2", 160), 18: ("secp192k1", 192),
    19: ("secp192r1", 192), 20: ("secp224k1", 224), 21: ("secp224r1", 224), 22: ("secp256k1", 256), 23: ("secp256r1", 256), 24: ("secp384r1", 384),
    25: ("secp521r1", 521), 26: ("brainpoolP256r1", 256), 27: ("brainpoolP384r1", 384), 28: ("brainpoolP512r1", 512), 29: ("x25519", 255), 30: ("x448", 448),
}  # fmt: skip
"""The IANA registry "TLS Supported Groups" with the size of each curve's field in bits (RFC 8422, 7027, 7748)."""


class Key(NamedTuple):
    """``kind``: ``DH``, ``RSA`` or a curve's registered name; ``bits`` its size."""

    kind: str
    bits: int


def exchanged_key(suite: str, body: bytes) -> Key | None:
    """What the message of the suite of that IANA name carries; None where there is no such key in it, or it breaks its own lengths.

    Nothing else hangs on this message, so that a broken one costs only what it would have told.
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
