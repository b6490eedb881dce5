"""The machine's own TLS certificate and key, made once and stored in the state folder."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dashboard.auth.json_file import folder
from sensor.certificates import alternative_name
from sensor.files import write_atomic
from sensor.setup.interfaces import own_addresses

LASTS = timedelta(days=397)
"""The longest validity that browsers accept (CA/Browser Forum Baseline Requirements 6.3.2 until 2026)."""

RENEWED = timedelta(days=30)
"""Time left at which another one is made at the next start."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Files of a certificate and its key (PEM), and the certificate's SHA-256 as browsers show it."""

    certificate: Path
    key: Path
    fingerprint: str


def own(place: Path, names: Iterable[str], now: datetime | None = None) -> Pair:
    """The certificate for these names and addresses, made anew where the old one ends soon or lacks a name.

    Raises OSError.
    """
    now = now or datetime.now(UTC)
    wanted = sorted(set(names))
    pair = folder(place) / "tls.crt", place / "tls.key"
    made = _existing(*pair)
    if made is None or made.not_valid_after_utc - now < RENEWED or not set(wanted) <= _names(made):
        made = _make(*pair, wanted, now)
    return Pair(*pair, made.fingerprint(hashes.SHA256()).hex(":").upper())


def names_of(address: str) -> list[str]:
    """Host names that reach this machine at a bound address: the address, loopback names, the machine's own name."""
    host = socket.gethostname().lower()
    found = ["localhost", "127.0.0.1", "::1", host, f"{host.partition('.')[0]}.local"]
    try:
        wildcard = ipaddress.ip_address(address).is_unspecified
    except ValueError:
        wildcard = False
    # Bound to all addresses, a browser asks for any of them.
    found += own_addresses() if wildcard else [address]
    return [name for name in found if name and name.isascii()]


def _existing(certificate: Path, key: Path) -> x509.Certificate | None:
    try:
        made = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError):
        return None
    same = isinstance(private, ec.EllipticCurvePrivateKey) and private.public_key() == made.public_key()
    return made if same else None


def _names(made: x509.Certificate) -> set[str]:
    found = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(found.get_values_for_type(x509.DNSName)) | {
        str(one) for one in found.get_values_for_type(x509.IPAddress)
    }


def _make(certificate: Path, key: Path, names: list[str], now: datetime) -> x509.Certificate:
    private = ec.generate_private_key(ec.SECP256R1())
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "LANwitness dashboard")])
    made = (
        x509.CertificateBuilder()
        .subject_name(title)
        .issuer_name(title)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName([alternative_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for path, data in ((key, secret), (certificate, made.public_bytes(serialization.Encoding.PEM))):
        write_atomic(path, data)
    return made
