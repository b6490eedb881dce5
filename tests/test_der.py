"""Certificates that DER forbids and OpenSSL reads: each fault alone, read as what the certificate says."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.certificates import load
from sensor.der import NotBerError, alternative_names, certificate_of, read, rsa_bits, signed_part

BEGINS = datetime.datetime(2026, 1, 2, 3, 4, 0, tzinfo=datetime.UTC)
ENDS = datetime.datetime(2027, 1, 2, 3, 4, 0, tzinfo=datetime.UTC)


def element(tag: int, body: bytes) -> bytes:
    """An element with the shortest length."""
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    octets = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + body


def long_length(tag: int, body: bytes) -> bytes:
    return bytes((tag, 0x84)) + len(body).to_bytes(4, "big") + body


def indefinite(tag: int, body: bytes) -> bytes:
    return bytes((tag, 0x80)) + body + b"\0\0"


KEY = ec.generate_private_key(ec.SECP256R1())
SPKI = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
ECDSA_SHA256 = element(0x30, bytes.fromhex("06082a8648ce3d040302"))
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cam.example")]).public_bytes()


def times(first: bytes, last: bytes, tag: int = 0x17) -> bytes:
    return element(0x30, element(tag, first) + element(tag, last))


GOOD = {
    "version": element(0xA0, b"\x02\x01\x02"),
    "serial": b"\x02\x01\x05",
    "algorithm": ECDSA_SHA256,
    "issuer": NAME,
    "validity": times(b"260102030400Z", b"270102030400Z"),
    "subject": NAME,
    "key": SPKI,
    "extensions": b"",
}


def extensions(*items: bytes) -> bytes:
    return element(0xA3, element(0x30, b"".join(items)))


def extension(oid: str, value: bytes, critical: bytes = b"") -> bytes:
    return element(0x30, element(6, bytes.fromhex(oid)) + critical + element(4, value))


def made(outer: Callable[[int, bytes], bytes] = element, **fields: bytes) -> bytes:
    """A certificate, signed, with some fields replaced; ``outer`` writes the two outermost elements."""
    signed = outer(0x30, b"".join((GOOD | fields).values()))
    signature = KEY.sign(signed, ec.ECDSA(hashes.SHA256()))
    return outer(0x30, signed + ECDSA_SHA256 + element(3, b"\0" + signature))


SAN = extension("551d11", element(0x30, element(0x82, b"cam.example") + element(0x87, bytes((192, 0, 2, 7)))))
COMMON_NAME = bytes.fromhex("0603550403")
IN_PARTS = element(0x2C, element(12, b"cam") + element(12, b".example"))
FAULTS = {
    "none": made(),
    "version 1 written out": made(version=element(0xA0, b"\x02\x01\x00")),
    "a version that nobody has": made(version=element(0xA0, b"\x02\x01\x07")),
    "long lengths": made(long_length),
    "indefinite lengths": made(indefinite),
    "a padded serial number": made(serial=b"\x02\x03\x00\x00\x05"),
    "a negative serial number": made(serial=b"\x02\x01\x85"),
    "a serial number of zero": made(serial=b"\x02\x01\x00"),
    "times without seconds": made(validity=times(b"2601020304Z", b"2701020304Z")),
    "times of another zone": made(validity=times(b"260102040400+0100", b"270101220400-0500")),
    "long times before 2050": made(validity=times(b"20260102030400Z", b"20270102030400Z", 0x18)),
    "long times with fractions": made(validity=times(b"20260102030400.5Z", b"20270102030400.0Z", 0x18)),
    "critical false written out": made(
        extensions=extensions(extension("551d13", element(0x30, b""), b"\x01\x01\0"), SAN)
    ),
    "a TRUE of 1": made(extensions=extensions(extension("551d13", element(0x30, b"\x01\x01\x01"), b"\x01\x01\x01"))),
    "an authority false written out": made(extensions=extensions(extension("551d13", element(0x30, b"\x01\x01\0")))),
    "the name in parts": made(
        subject=element(0x30, element(0x31, element(0x30, COMMON_NAME + IN_PARTS))),
        issuer=NAME,
    ),
    "an extension that is none": made(extensions=extensions(extension("551d1f", b"\xff\xff"), SAN)),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_read_as_what_it_says(fault: str) -> None:
    certificate = load(FAULTS[fault])
    assert certificate is not None
    assert certificate.subject.rfc4514_string() == certificate.issuer.rfc4514_string() == "CN=cam.example"
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (BEGINS, ENDS)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey) and key.public_numbers() == KEY.public_key().public_numbers()
    KEY.public_key().verify(certificate.signature, signed_part(FAULTS[fault]), ec.ECDSA(hashes.SHA256()))


def test_a_good_certificate_is_written_as_it_was() -> None:
    for good in (made(), made(extensions=extensions(SAN))):
        assert certificate_of(good) == certificate_of(good + b"trailing") == good


@pytest.mark.parametrize(
    ("tag", "text", "shown"), [(19, b"cam_1@home", "cam_1@home"), (12, b"caf\xe9", "café"), (22, b"caf\xe9", "café")]
)
def test_names_of_other_characters(tag: int, text: bytes, shown: str) -> None:
    name = element(0x30, element(0x31, element(0x30, COMMON_NAME + element(tag, text))))
    certificate = load(made(subject=name, issuer=name))
    assert certificate is not None and certificate.subject.rfc4514_string() == f"CN={shown}"


def test_alternative_names_beside_a_broken_extension() -> None:
    data = made(extensions=extensions(extension("551d1f", b"\xff\xff"), SAN))
    assert alternative_names(data) == ([b"cam.example"], [bytes((192, 0, 2, 7))])
    assert alternative_names(made()) is None


def test_bits_of_keys_that_are_refused() -> None:
    weak = (1 << 511) + 3
    key = element(0x30, element(2, weak.to_bytes(64, "big")) + b"\x02\x03\x01\x00\x01")  # as if it were negative
    spki = element(0x30, element(0x30, bytes.fromhex("06092a864886f70d0101010500")) + element(3, b"\0" + key))
    assert rsa_bits(made(key=spki)) == 512
    assert rsa_bits(made()) is None
    good = rsa.generate_private_key(65537, 2048).public_key()
    spki = good.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert rsa_bits(made(key=spki)) == 2048


@pytest.mark.parametrize(
    "data",
    [b"", b"0", b"0\x80", b"0\x05\x02", b"\x30\x80" * 40, b"\x1f\x81\x01\x00", b"\x04\x80\0\0",
     b"\x30\x84\xff\xff\xff\xff",
     made(validity=times(b"269902030400Z", b"270102030400Z")), made(validity=times(b"yesterday", b"270102030400Z"))],
)  # fmt: skip
def test_what_is_no_certificate(data: bytes) -> None:
    with pytest.raises(NotBerError):
        certificate_of(data)
    assert load(data) is None


def test_bounds() -> None:
    many = element(0x30, b"\x05\0" * 9000)
    with pytest.raises(NotBerError, match="too many"):
        read(many)
    with pytest.raises(NotBerError, match="too long"):
        read(element(0x30, bytes(70_000)))


@settings(max_examples=400, deadline=None)
@given(data=st.binary(max_size=80), at=st.integers(0, 400), fault=st.sampled_from(sorted(FAULTS)))
def test_damaged_certificates_never_raise(data: bytes, at: int, fault: str) -> None:
    good = FAULTS[fault]
    damaged = good[:at] + data + good[at + len(data) :]
    load(damaged)
    for reader in (certificate_of, alternative_names, rsa_bits, signed_part):
        try:
            reader(damaged)
        except NotBerError:
            continue


leaf = st.tuples(st.sampled_from([1, 2, 3, 4, 5, 6, 12, 19, 22, 23, 24]), st.binary(max_size=12))
tree = st.recursive(
    leaf.map(lambda one: element(*one)),
    lambda inner: st.tuples(
        st.sampled_from([element, long_length, indefinite]),
        st.sampled_from([0x30, 0x31, 0xA0, 0xA3, 0x24, 0x2C]),
        st.lists(inner, max_size=4),
    ).map(lambda one: one[0](one[1], b"".join(one[2]))),
    max_leaves=24,
)


@settings(max_examples=400, deadline=None)
@given(data=tree)
def test_any_tree_is_written_once_and_for_all(data: bytes) -> None:
    """DER of DER is the same DER."""
    try:
        once = certificate_of(data)
    except NotBerError:
        return
    assert certificate_of(once) == once
