"""The hub's certificate authority: it signs the database server's certificate and one for each role."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from sensor.certificates import alternative_name
from sensor.files import write_atomic
from sensor.light_dataclass import dataclass

LASTS = timedelta(days=3653)
"""Ten years for all: what ends a sensor's log-in is its role, and a certificate that ran out in a cellar would only
silence it."""

EARLIER = timedelta(hours=1)
"""Clocks of sensors may be behind."""

PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class SignedPair:
    """A certificate and its private key, PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """The authority of a folder: ``ca.crt`` and ``ca.key`` (mode 0600) there, made at first use."""

    def __init__(self, folder: Path, now: datetime) -> None:
        """Read or make it. OSError; ValueError where the files are no certificate and its key."""
        self._now = now
        certificate, key = folder / "ca.crt", folder / "ca.key"
        if not certificate.exists() and not key.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._make(certificate, key)
        self._certificate = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        if (
            not isinstance(private, ec.EllipticCurvePrivateKey)
            or private.public_key() != self._certificate.public_key()
        ):
            raise ValueError(f"{key} is not the key of {certificate}")
        self._private = private

    @property
    def certificate(self) -> bytes:
        """What others check certificates with, PEM."""
        return self._certificate.public_bytes(PEM)

    def server(self, names: Iterable[str]) -> SignedPair:
        """A certificate of the database server for these host names and addresses."""
        wanted = list(dict.fromkeys(names))
        more = x509.SubjectAlternativeName([alternative_name(one) for one in wanted])
        return self._issue(wanted[0], ExtendedKeyUsageOID.SERVER_AUTH, more)

    def client(self, role: str) -> SignedPair:
        """A certificate with which one logs in as ``role``: PostgreSQL compares its common name."""
        return self._issue(role, ExtendedKeyUsageOID.CLIENT_AUTH, None)

    def _issue(self, name: str, use: ObjectIdentifier, more: x509.SubjectAlternativeName | None) -> SignedPair:
        private = ec.generate_private_key(ec.SECP256R1())
        made = (
            self._builder(name, private)
            .issuer_name(self._certificate.subject)
            .not_valid_after(min(self._now + LASTS, self._certificate.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(_issued_by(self._private), critical=False)
        )
        if more is not None:
            made = made.add_extension(more, critical=False)
        return SignedPair(made.sign(self._private, hashes.SHA256()).public_bytes(PEM), _pem(private))

    def _make(self, certificate: Path, key: Path) -> None:
        private = ec.generate_private_key(ec.SECP256R1())
        usage = dict.fromkeys(
            (
                "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                "encipher_only", "decipher_only",
            ),
            False,
        )  # fmt: skip
        made = (
            self._builder("LANwitness hub", private)
            .issuer_name(_name("LANwitness hub"))
            .not_valid_after(self._now + LASTS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
            .sign(private, hashes.SHA256())
        )
        for path, data in ((key, _pem(private)), (certificate, made.public_bytes(PEM))):
            write_atomic(path, data)

    def _builder(self, name: str, private: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - EARLIER)
        )


def _name(common: str) -> x509.Name:
    # RFC 5280, appendix A: a common name has 64 characters at most.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _issued_by(private: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(private.public_key())


def _pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
