"""The key that two sides of TLS make for one connection, as RFC 5246 7.4.3, RFC 8422 5.4 and RFC 2246 7.4.3 lay it
out."""

from __future__ import annotations

import pytest

from sensor.parsing.formats.tls_handshake import Key, exchanged_key

PRIME_512 = b"\xc0" + bytes(62) + b"\x01"
PRIME_2048 = b"\x80" + bytes(254) + b"\x01"


def vector(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def params(prime: bytes) -> bytes:
    """dh_p, dh_g, dh_Ys, and the beginning of a signature."""
    return vector(prime) + vector(b"\x02") + vector(prime) + b"\x04\x01" + vector(bytes(256))


@pytest.mark.parametrize(
    ("suite", "body", "key"),
    [
        ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", params(PRIME_512), Key("DH", 512)),
        ("TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA", params(PRIME_512), Key("DH", 512)),
        ("TLS_DH_anon_WITH_AES_128_CBC_SHA256", params(PRIME_2048), Key("DH", 2048)),
        (
            "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
            params(b"\0" + PRIME_512),
            Key("DH", 512),
        ),  # a zero in front adds no bits
        ("TLS_DHE_PSK_WITH_AES_128_CBC_SHA", vector(b"a hint") + params(PRIME_512), Key("DH", 512)),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", b"\x03\x00\x13" + bytes(50), Key("secp192r1", 192)),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", b"\x03\x00\x1d\x20" + bytes(32), Key("x25519", 255)),
        ("TLS_ECDH_anon_WITH_AES_128_CBC_SHA", b"\x03\x00\x17" + bytes(66), Key("secp256r1", 256)),
        ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", vector(PRIME_512) + vector(b"\1\0\1"), Key("RSA", 512)),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", b"\x01" + bytes(80), None),  # a curve written out, which is not in use
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", b"\x03\xfe\xfe" + bytes(80), None),  # an unregistered curve
        ("TLS_PSK_WITH_AES_128_CBC_SHA", vector(b"a hint"), None),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", params(PRIME_512), None),  # no such message belongs there
        ("0x5600", params(PRIME_512), None),
    ],
)
def test_what_was_made(suite: str, body: bytes, key: Key | None) -> None:
    assert exchanged_key(suite, body) == key


@pytest.mark.parametrize(
    "suite", ["TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "TLS_DHE_PSK_WITH_AES_128_CBC_SHA", "TLS_RSA_EXPORT_WITH_RC4_40_MD5"]
)
def test_a_message_that_is_cut_in_its_key_has_none(suite: str) -> None:
    body = (vector(b"a hint") if "PSK" in suite else b"") + vector(PRIME_512)
    assert {exchanged_key(suite, body[:cut]) for cut in range(len(body))} == {None}
