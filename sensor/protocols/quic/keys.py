"""Keys of QUIC Initial packets, and their removal (RFC 9001 §5, RFC 9369 §3.3).

The keys follow from the version and a connection id: they protect against accidents, not against readers. Salts of
drafts and of Google's versions: Wireshark's ``packet-quic.c`` names the same constants, each proved by captures that
only decrypt with the right one.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from sensor.light_dataclass import dataclass

V1, V2 = 0x00000001, 0x6B3343CF

_SALT_1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
_SALT_2 = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")
_SALT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
_SALT_23 = bytes.fromhex("c3eef712c72ebb5a11a7d2432bb46365bef9f502")
_SALT_22 = bytes.fromhex("7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a")

_GOOGLE = {
    b"Q050": bytes.fromhex("504574efd066fe2f9d945cfcdbd3a7f0d3b56b45"),
    b"T050": bytes.fromhex("7ff579e5acd072915580304c43a2367c60488310"),
    b"T051": bytes.fromhex("7a4edef4e7ccee5fa4506c19124fc8ccda6e033d"),
}

_FACEBOOK = {0xFACEB001: _SALT_22, 0xFACEB002: _SALT_23}

SAMPLE_OFFSET, SAMPLE = 4, 16
"""RFC 9001 §5.4.2: the sample lies behind a packet number taken as four bytes long."""


def salt(version: int) -> bytes | None:
    """The salt of a version's Initial secrets; None for a version whose keys are not known."""
    if version == V1:
        return _SALT_1
    if version == V2:
        return _SALT_2
    if version >> 8 == 0xFF0000:
        draft = version & 0xFF
        if 33 <= draft <= 34:
            return _SALT_1
        return _SALT_29 if 29 <= draft <= 32 else _SALT_23 if 23 <= draft <= 28 else _SALT_22 if draft == 22 else None
    return _FACEBOOK.get(version) or _GOOGLE.get(version.to_bytes(4, "big"))


def version_name(version: int) -> str:
    """``1``, ``2``, ``draft-29``, ``Q050``, else the number in hex."""
    if version in (V1, V2):
        return "1" if version == V1 else "2"
    if version >> 8 == 0xFF0000:
        return f"draft-{version & 0xFF}"
    text = version.to_bytes(4, "big")
    return text.decode("ascii") if text[:1] in b"QT" and text[1:].isdigit() else f"0x{version:08x}"


def known(version: int) -> bool:
    """A version whose number alone identifies QUIC: published, drafts, Google's, Facebook's."""
    return salt(version) is not None or version >> 8 == 0xFF0000 or version_name(version)[0] in "QT"


def _expand_label(secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label (RFC 8446 §7.1) of at most one SHA-256 block."""
    full = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes((len(full),)) + full + b"\x00"
    return hmac.digest(secret, info + b"\x01", hashlib.sha256)[:length]


@dataclass(frozen=True, slots=True)
class Keys:
    """Key, initialisation vector and header protection key of one direction's Initial packets."""

    key: bytes
    vector: bytes
    header: bytes


@lru_cache(maxsize=64)
def initial_keys(version: int, connection: bytes) -> tuple[Keys, Keys] | None:
    """Keys of the client's and the server's Initial packets.

    ``connection``: the destination id of the client's first packet.
    """
    with_salt = salt(version)
    if with_salt is None:
        return None
    secret = hmac.digest(with_salt, connection, hashlib.sha256)
    prefix = b"quicv2 " if version == V2 else b"quic "
    made = []
    for label in (b"client in", b"server in"):
        own = _expand_label(secret, label, 32)
        key, vector, header = (
            _expand_label(own, prefix + what, size) for what, size in ((b"key", 16), (b"iv", 12), (b"hp", 16))
        )
        made.append(Keys(key, vector, header))
    return made[0], made[1]


def unprotect(packet: bytes, number_at: int, keys: Keys) -> bytes | None:
    """The frames of an Initial packet (from its first byte to its declared end); None if the keys do not fit.

    ``number_at``: the offset of the packet number.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    sample = packet[number_at + SAMPLE_OFFSET : number_at + SAMPLE_OFFSET + SAMPLE]
    if len(sample) < SAMPLE:
        return None
    # One block of the cipher is all that header protection is (RFC 9001 §5.4.3); no data is hidden by ECB.
    encryptor = Cipher(algorithms.AES(keys.header), modes.ECB()).encryptor()  # noqa: S305
    mask = encryptor.update(sample)
    first = packet[0] ^ (mask[0] & 0x0F)
    size = (first & 0x03) + 1
    number = bytes(a ^ b for a, b in zip(packet[number_at : number_at + size], mask[1:5], strict=False))
    header = bytes((first,)) + packet[1:number_at] + number
    # Initial packets are the first of a connection, so the short number is the whole one.
    nonce = bytes(a ^ b for a, b in zip(keys.vector, number.rjust(12, b"\0"), strict=True))
    try:
        return AESGCM(keys.key).decrypt(nonce, packet[number_at + size :], header)
    except InvalidTag:
        return None
