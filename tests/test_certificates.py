"""Certificates as cheap devices and attackers make them: read, or None, and never a word on standard error."""

from __future__ import annotations

import datetime
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sensor.certificates import NAME_LENGTH, load, names


def certificate(*more: str, name: str = "cam.example") -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    units = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in more]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), *units])
    begins = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
    )
    made = (
        builder.not_valid_before(begins).not_valid_after(begins + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def test_names() -> None:
    assert names(certificate()) == ("CN=cam.example", "CN=cam.example")
    assert names(b"no certificate") == (None, None)


def test_a_serial_number_of_zero_is_read_without_a_word() -> None:
    der = certificate()
    place = der.index(b"\x02\x01\x01")  # the serial number, an INTEGER of one byte
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load(der[: place + 2] + b"\0" + der[place + 3 :]) is not None


def test_every_byte_damaged_never_raises() -> None:
    der = certificate()
    for index in range(len(der)):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            names(der[:index] + bytes([value]) + der[index + 1 :])
    for end in range(len(der)):
        names(der[:end])


def test_names_are_cut() -> None:
    subject, _ = names(certificate(*["x" * 60] * 10))
    assert subject is not None and len(subject) == NAME_LENGTH
