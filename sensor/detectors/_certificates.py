"""Judgement of a certificate chain against the public roots; `_chains` adds the packet's time.

Output are the reasons that docs/output.md lists for ``tls.certificate``.
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime, timedelta
from functools import cache, lru_cache

import certifi
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from sensor.certificates import UNREADABLE, load, tolerant
from sensor.der import NotBerError, alternative_names, rsa_bits, signed_part
from sensor.detectors._chains import CHAINS_CACHED, MAX_CHAIN
from sensor.light_dataclass import dataclass

RSA_BITS, EC_BITS = 2048, 224
"""Shortest keys still acceptable (NIST SP 800-131A r2, table 2)."""

WEAK_HASHES = frozenset({"md2", "md4", "md5", "sha1"})
"""Signature hashes with practical collisions (RFC 6151; RFC 9155)."""

PUBLIC_DAYS = 398
"""Longest life of a publicly trusted server certificate issued since 2020-09-01.

CA/Browser Forum Baseline Requirements 6.3.2.
"""

DEVICE_DAYS = 3660
"""Longest life of a device's own certificate without remark: makers commonly give ten years, and no rule binds them."""


@cache
def _roots() -> dict[bytes, tuple[x509.Certificate, ...]]:
    """Public roots by subject (certifi: Mozilla's list)."""
    found: dict[bytes, tuple[x509.Certificate, ...]] = {}
    with tolerant():
        for root in x509.load_pem_x509_certificates(certifi.contents().encode("ascii")):
            key = root.subject.public_bytes()
            found[key] = (*found.get(key, ()), root)
    return found


@dataclass(frozen=True, slots=True)
class TimelessChain:
    """What is true of a chain at any time, and when its leaf is valid."""

    subject: str
    why: tuple[str, ...]
    not_before: datetime
    not_after: datetime


@lru_cache(CHAINS_CACHED)
def judge_at_any_time(chain: tuple[bytes, ...], server_name: str | None) -> TimelessChain | None:
    """The same chain comes with each connection to a server: its signatures are verified once."""
    with tolerant():
        certificates = [_Readable(certificate, sent) for sent in chain if (certificate := load(sent)) is not None]
        if not certificates or certificates[0].sent is not chain[0]:
            return None
        leaf = certificates[0].certificate
        try:
            why = tuple(_reasons(certificates[0], certificates, server_name))
            return TimelessChain(_subject(leaf), why, leaf.not_valid_before_utc, leaf.not_valid_after_utc)
        except UNREADABLE:
            return None


@lru_cache(CHAINS_CACHED)
def key_digest(sent: bytes) -> str | None:
    """SHA-256 of a certificate's public key, in hex; None where either cannot be read."""
    certificate = load(sent)
    if certificate is None:
        return None
    try:
        with tolerant():
            key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except UNREADABLE:
        return None
    return hashlib.sha256(key).hexdigest()


def _subject(leaf: x509.Certificate) -> str:
    return leaf.subject.rfc4514_string()[:200]


@dataclass(frozen=True, slots=True)
class _Readable:
    """A certificate of a chain, and the bytes in which it was sent."""

    certificate: x509.Certificate
    sent: bytes


def _reasons(first: _Readable, chain: list[_Readable], server_name: str | None) -> list[str]:
    why, leaf = [], first.certificate
    self_signed = leaf.issuer == leaf.subject
    trusted = not self_signed and _reaches_root(first, chain)
    if self_signed:
        why.append("self_signed")
    elif not trusted:
        why.append("untrusted_root")
    if server_name and not _covers_name(first, server_name):
        why.append("name_mismatch")
    if _weakly_signed(leaf):
        why.append("weak_signature")
    if _has_short_key(first):
        why.append("short_key")
    if leaf.not_valid_after_utc - leaf.not_valid_before_utc > timedelta(
        days=PUBLIC_DAYS + 1 if trusted else DEVICE_DAYS
    ):
        why.append("long_validity")
    return why


def _weakly_signed(certificate: x509.Certificate) -> bool:
    try:
        hash_ = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return False
    return hash_ is not None and hash_.name in WEAK_HASHES


def _has_short_key(leaf: _Readable) -> bool:
    try:
        key = leaf.certificate.public_key()
    except UNREADABLE:
        return _has_short_rsa_key(leaf.sent)
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
        return key.key_size < RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < EC_BITS


def _has_short_rsa_key(sent: bytes) -> bool:
    """The same of a key that the library refuses (too short, an even modulus, one written as a negative number)."""
    try:
        bits = rsa_bits(sent)
    except NotBerError:
        return False
    return bits is not None and bits < RSA_BITS


def _reaches_root(leaf: _Readable, chain: list[_Readable]) -> bool:
    """Whether signatures lead from the leaf to a public root, through the certificates that the server sent."""
    current = leaf
    for _ in range(MAX_CHAIN):
        issuer = current.certificate.issuer
        if any(_signed_by(current, root) for root in _roots().get(issuer.public_bytes(), ())):
            return True
        parent = next(
            (
                c
                for c in chain
                if c.certificate.subject == issuer and c is not current and _signed_by(current, c.certificate)
            ),
            None,
        )
        if parent is None or parent.certificate.subject == parent.certificate.issuer:
            return False
        current = parent
    return False


def _signed_by(readable: _Readable, issuer: x509.Certificate) -> bool:
    certificate = readable.certificate
    try:
        certificate.verify_directly_issued_by(issuer)
    except (*UNREADABLE, InvalidSignature):
        return _signed_as_sent(readable, issuer)
    return True


def _signed_as_sent(readable: _Readable, issuer: x509.Certificate) -> bool:
    """Whether the signature is over the bytes that were sent, where `load` had to write the certificate anew."""
    certificate, key = readable.certificate, issuer.public_key()
    try:
        signed = signed_part(readable.sent)
        hash_ = certificate.signature_hash_algorithm
        if signed == certificate.tbs_certificate_bytes or hash_ is None:
            return False
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(certificate.signature, signed, padding.PKCS1v15(), hash_)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(certificate.signature, signed, ec.ECDSA(hash_))
        else:
            return False
    except (*UNREADABLE, InvalidSignature, NotBerError):
        return False
    return True


def _covers_name(leaf: _Readable, wanted: str) -> bool:
    """Whether the certificate is for ``wanted`` (RFC 9525 6).

    Names are those of subjectAltName, with a wildcard for the whole first label; without any (old devices) the common
    name. Another extension that cannot be read takes no name away.
    """
    wanted = wanted.rstrip(".").lower()
    try:
        found = alternative_names(leaf.sent)
    except NotBerError:
        found = None
    if found is None:
        dns = [str(a.value).lower() for a in leaf.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        addresses = dns
    else:
        dns = [name.decode("latin-1").lower() for name in found[0]]
        addresses = [str(ipaddress.ip_address(a)) for a in found[1] if len(a) in (4, 16)]
    try:
        return str(ipaddress.ip_address(wanted)) in addresses
    except ValueError:
        return any(_matches_pattern(pattern.rstrip("."), wanted) for pattern in dns)


def _matches_pattern(pattern: str, name: str) -> bool:
    if not pattern.startswith("*."):
        return pattern == name
    return name.partition(".")[2] == pattern[2:] and "." in pattern[2:]
