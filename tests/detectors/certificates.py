"""Certificates and authorities for tests of detectors, made anew for each run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STAMP = int(NOW.timestamp()) * 1_000_000_000

ATTRIBUTES = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME}


def named(**parts: str) -> x509.Name:
    """``named(CN="mitmproxy", O="mitmproxy")``."""
    return x509.Name([x509.NameAttribute(ATTRIBUTES[key], value) for key, value in parts.items()])


@dataclass(frozen=True)
class Authority:
    """An authority that signs leaves."""

    name: x509.Name
    key: Any
    der: bytes

    @classmethod
    def make(cls, **parts: str) -> Authority:
        return cls.of(named(**parts))

    @classmethod
    def of(cls, name: x509.Name) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(name, key, _signed(name, name, key, key, (), NOW - timedelta(days=900), 3000, ca=True))

    def chain(
        self,
        host: str = "cloud.example",
        *,
        begins: datetime = NOW - timedelta(days=30),
        days: int = 90,
        published: bool = False,
        whole: bool = True,
    ) -> tuple[bytes, ...]:
        """A leaf for a host, and this authority behind it. ``published``: with the address of its revocation
        service."""
        key = ec.generate_private_key(ec.SECP256R1())
        service = x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp.example")
                )
            ]
        )
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        extensions = (names, service) if published else (names,)
        leaf = _signed(named(CN=host), self.name, key, self.key, extensions, begins, days)
        return (leaf, self.der) if whole else (leaf,)


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: Any,
    signer: Any,
    extensions: Sequence[x509.ExtensionType],
    begins: datetime,
    days: int,
    *,
    ca: bool = False,
) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
