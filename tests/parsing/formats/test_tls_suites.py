"""Cipher suites by IANA's registry and the specification of SSL 2.0."""

from __future__ import annotations

import pytest

from sensor.parsing.formats.tls_suites import is_grease, is_null, suite_name


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0x0000, "TLS_NULL_WITH_NULL_NULL"),
        (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA"),
        (0x1301, "TLS_AES_128_GCM_SHA256"),
        (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        (0x010080, "SSL_CK_RC4_128_WITH_MD5"),
        (0x0A0A, "0x0a0a"),
    ],
)
def test_names(number: int, name: str) -> None:
    assert suite_name(number) == name


@pytest.mark.parametrize("number", [0x0A0A, 0x1A1A, 0x9A9A, 0xFAFA])
def test_grease(number: int) -> None:
    """RFC 8701 §2."""
    assert is_grease(number)


@pytest.mark.parametrize("number", [0x0A1A, 0x0A0B, 0x0B0B, 0x1301, 0x1A0A, 0x0000])
def test_no_grease(number: int) -> None:
    assert not is_grease(number)


@pytest.mark.parametrize(
    ("number", "null"),
    [(0x0000, True), (0x0001, True), (0x003B, True), (0xC006, True), (0x002F, False), (0x1301, False), (0x0A0A, False)],
)
def test_suites_that_do_not_encrypt(number: int, null: bool) -> None:
    assert is_null(number) is null


def test_unregistered_ones_by_their_specifications() -> None:
    """SSL 2.0 C.4 (three bytes), NIST's and Mozilla's FIPS suites."""
    for number, name in (
        (0x070 << 12 | 0x00C0, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"),
        (0x020080, "SSL_CK_RC4_128_EXPORT40_WITH_MD5"),
        (0xFEFE, "SSL_RSA_FIPS_WITH_DES_CBC_SHA"),
        (0x00FF, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"),
        (0x5600, "TLS_FALLBACK_SCSV"),
    ):
        assert suite_name(number) == name
