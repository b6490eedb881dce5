"""DER into a certificate, or None: the one place that meets what cheap devices and attackers call one."""

from __future__ import annotations

import ipaddress
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning

from sensor.der import NotBerError, certificate_of

UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What cryptography raises on certificates that break their own form, at loading or when a field is asked for."""

NAME_LENGTH = 200
"""Characters of a name that are shown."""


@contextmanager
def tolerant() -> Iterator[None]:
    """Old roots and cheap devices break RFC 5280 in ways that the library warns of and still reads (a serial number of
    zero, a country of eleven letters).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        warnings.filterwarnings("ignore", "Attribute's length must be", UserWarning)
        yield


def load(data: bytes) -> x509.Certificate | None:
    """The certificate, None where it cannot be read. One that is not DER, or not as the library wants it, is written
    anew; its signature is then over other bytes (`sensor.der.signed_part`).
    """
    with tolerant():
        try:
            return _whole(x509.load_der_x509_certificate(data))
        except UNREADABLE:
            pass
        try:
            return _whole(x509.load_der_x509_certificate(certificate_of(data)))
        except (*UNREADABLE, NotBerError):
            return None


def _whole(certificate: x509.Certificate) -> x509.Certificate:
    """The certificate, once the fields that are judged were read: the library reads them late."""
    _ = certificate.subject, certificate.issuer, certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return certificate


def alternative_name(text: str) -> x509.GeneralName:
    """A host name or an address, as a certificate's subject alternative name has it (RFC 5280 4.2.1.6)."""
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def names(der: bytes) -> tuple[str | None, str | None]:
    """Subject and issuer as RFC 4514 text, cut; None each where it cannot be read."""
    certificate = load(der)
    if certificate is None:
        return None, None
    try:
        with tolerant():
            return certificate.subject.rfc4514_string()[:NAME_LENGTH], certificate.issuer.rfc4514_string()[:NAME_LENGTH]
    except UNREADABLE:
        return None, None
