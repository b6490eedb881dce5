"""Encrypted channels: versions, suites, keys, and certificates at the packet's time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from sensor.detectors._chains import JudgedChain, judge_chain
from sensor.detectors.channels import Channels
from sensor.events import Handshake
from sensor.model import Finding, Severity
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow, seen

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STAMP = int(NOW.timestamp()) * 1_000_000_000


def certificate(
    *,
    name: str = "cam.example",
    begins: datetime = NOW - timedelta(days=30),
    days: int = 90,
    issuer: str | None = None,
    key: Any = None,
    alternative: bool = True,
) -> bytes:
    """A certificate as a device would have one: self-signed unless an issuer is named (whose key nobody knows)."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    signer = key if issuer is None else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    author = subject if issuer is None else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(author)
        .public_key(key.public_key())
        .serial_number(1000)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
    )
    if alternative:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def why(der: bytes, server_name: str | None = "cam.example") -> tuple[str, ...]:
    judged = judge_chain([der], server_name, STAMP)
    assert judged is not None
    return judged.why


@pytest.mark.parametrize(
    ("made", "reasons"),
    [
        ({"issuer": "Maker CA"}, ("untrusted_root",)),
        ({}, ("self_signed",)),
        ({"begins": NOW - timedelta(days=100)}, ("expired", "self_signed")),
        ({"begins": NOW + timedelta(days=1)}, ("not_yet_valid", "self_signed")),
        ({"name": "other.example"}, ("self_signed", "name_mismatch")),
        ({"name": "*.example"}, ("self_signed", "name_mismatch")),  # a wildcard of a public suffix covers nothing
        ({"days": 7300}, ("self_signed", "long_validity")),
        ({"alternative": False}, ("self_signed",)),
    ],
)
def test_reasons(made: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert why(certificate(**made)) == reasons


def test_wildcards_cover_one_label() -> None:
    der = certificate(name="*.maker.example")
    assert "name_mismatch" not in why(der, "cam.maker.example")
    assert "name_mismatch" in why(der, "a.cam.maker.example") and "name_mismatch" in why(der, "maker.example")


def test_short_keys() -> None:
    assert "short_key" in why(certificate(key=rsa.generate_private_key(65537, 1024)))
    assert "short_key" not in why(certificate(key=rsa.generate_private_key(65537, 2048)))


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x82\xff\xff" + bytes(40), bytes(500)])
def test_what_is_no_certificate_is_called_unreadable(der: bytes) -> None:
    assert judge_chain([der], None, STAMP) == JudgedChain("", ("unreadable",))
    assert judge_chain([], None, STAMP) is None


def test_a_certificate_that_cannot_be_read_is_reported_and_nothing_else_is_said_of_it() -> None:
    (finding,) = observe(Handshake(kind="tls", version="TLS 1.2", certificates=(b"\x30\x03abc",)))
    assert finding.rule == "tls.certificate" and finding.severity is Severity.INFO
    assert finding.detail["why"] == ["unreadable"] and finding.detail["value"] is None
    assert "cannot be read" in finding.summary


def test_damaged_certificates_never_raise() -> None:
    der = certificate()
    for index in range(len(der)):
        for value in (0, 0x7F, 0xFF):
            judge_chain([der[:index] + bytes([value]) + der[index + 1 :]], "cam.example", STAMP)


def observe(event: Handshake, *, client: bytes = LAPTOP, server: bytes = CLOUD) -> list[Finding]:
    return list(Channels(World()).observe(seen(event, flow(client, server, 443, "tls"), time=STAMP)))


def handshake(**more: Any) -> Handshake:
    return Handshake(
        **{
            "kind": "tls",
            "version": "TLS 1.2",
            "cipher": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "established": True,
            "client_data": more.get("established", True) or None,
            **more,
        }
    )


def test_todays_practice_is_no_finding() -> None:
    assert observe(handshake()) == []
    assert observe(handshake(version="TLS 1.3", cipher="TLS_AES_128_GCM_SHA256")) == []
    assert observe(handshake(version=None, cipher=None)) == []


@pytest.mark.parametrize("version", ["SSL 3.0", "TLS 1.0", "TLS 1.1"])
def test_withdrawn_versions(version: str) -> None:
    (found,) = observe(handshake(version=version))
    assert (found.rule, found.detail["value"], found.role) == ("tls.version", version, "client")


@pytest.mark.parametrize(
    ("suite", "reason", "severity"),
    [
        ("TLS_RSA_WITH_NULL_SHA256", "no_encryption", Severity.CRITICAL),
        ("TLS_DH_anon_WITH_AES_128_CBC_SHA", "no_authentication", Severity.HIGH),
        ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", "export", Severity.HIGH),
        ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", "rc4", Severity.HIGH),
        ("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "3des", Severity.MEDIUM),
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", "no_forward_secrecy", Severity.LOW),
    ],
)
def test_weak_suites(suite: str, reason: str, severity: Severity) -> None:
    (found,) = observe(handshake(cipher=suite))
    assert found.rule == "tls.cipher" and reason in found.detail["why"] and found.severity is severity


@pytest.mark.parametrize(
    ("key", "bits", "value", "severity"),
    [
        ("DH", 512, "DH 512", Severity.HIGH),  # Logjam (CVE-2015-4000)
        ("DH", 1024, "DH 1024", Severity.HIGH),
        ("DH", 1025, "DH 1025", Severity.MEDIUM),
        ("DH", 2047, "DH 2047", Severity.MEDIUM),
        ("RSA", 512, "RSA 512", Severity.HIGH),  # FREAK (CVE-2015-0204)
        ("secp192r1", 192, "secp192r1", Severity.MEDIUM),
    ],
)
def test_keys_of_one_connection_that_are_too_short(key: str, bits: int, value: str, severity: Severity) -> None:
    (found,) = observe(handshake(key=key, key_bits=bits, server_name="cam.example"))
    assert (found.rule, found.severity, found.role) == ("tls.key", severity, "client")
    assert found.detail == {"value": value, "why": ["short_key"], "server_name": "cam.example"}


@pytest.mark.parametrize(("key", "bits"), [("DH", 2048), ("x25519", 255), ("secp224r1", 224), (None, None)])
def test_keys_that_are_long_enough(key: str | None, bits: int | None) -> None:
    assert observe(handshake(key=key, key_bits=bits)) == []


def test_going_on_after_an_expired_certificate_proves_that_the_device_does_not_check() -> None:
    expired = certificate(begins=NOW - timedelta(days=100), issuer="Maker CA")
    (found,) = observe(handshake(certificates=(expired,), server_name="cam.example"))
    assert found.severity is Severity.HIGH and found.detail["went_on"] is True and "does not check" in found.summary
    (refused,) = observe(handshake(certificates=(expired,), server_name="cam.example", established=False))
    assert refused.severity is Severity.LOW and refused.detail["went_on"] is False
    (left,) = observe(handshake(certificates=(expired,), server_name="cam.example", client_data=False))
    assert left.severity is Severity.LOW and left.detail["went_on"] is False and "does not check" not in left.summary
    (unknown,) = observe(handshake(certificates=(expired,), server_name="cam.example", client_data=None))
    assert unknown.severity is Severity.MEDIUM and unknown.detail["went_on"] is None


def test_nothing_is_said_of_what_a_refused_handshake_offered() -> None:
    expired = certificate(begins=NOW - timedelta(days=100), issuer="Maker CA")
    weak = {"version": "TLS 1.0", "cipher": "TLS_RSA_WITH_RC4_128_MD5", "key": "DH", "key_bits": 512}
    found = observe(handshake(certificates=(expired,), server_name="cam.example", **weak, established=False))
    assert [one.rule for one in found] == ["tls.certificate"]
    left = observe(handshake(certificates=(expired,), server_name="cam.example", **weak, client_data=False))
    assert {one.rule: one.severity for one in left} == {
        "tls.version": Severity.INFO,
        "tls.cipher": Severity.INFO,
        "tls.key": Severity.INFO,
        "tls.certificate": Severity.LOW,
    }
    assert all("left without sending" in one.summary for one in left if one.rule != "tls.certificate")
    used = observe(handshake(certificates=(expired,), server_name="cam.example", **weak))
    assert {one.rule: one.severity for one in used} == {
        "tls.version": Severity.MEDIUM,  # RFC 8996
        "tls.cipher": Severity.HIGH,  # RC4, RFC 7465
        "tls.key": Severity.HIGH,  # 512 bits
        "tls.certificate": Severity.HIGH,
    }


def test_a_makers_own_authority_is_no_proof() -> None:
    (found,) = observe(handshake(certificates=(certificate(issuer="Maker CA"),), server_name="cam.example"))
    assert found.severity is Severity.LOW and found.detail["went_on"] is None and "does not check" not in found.summary


def test_a_private_certificate_needs_no_name() -> None:
    """It may be known itself; only of a public chain another name is a fault of the client."""
    (found,) = observe(handshake(certificates=(certificate(issuer="Maker CA"),), server_name="b.example"))
    assert found.detail["why"] == ["untrusted_root", "name_mismatch"] and found.severity is Severity.LOW


def test_a_device_at_home_answers_for_its_own_certificate() -> None:
    (found,) = observe(handshake(certificates=(certificate(),)), server=CAMERA)
    assert found.role == "server" and found.severity is Severity.LOW


@pytest.mark.parametrize("kind", ["tls", "dtls", "quic", "ssh", "wpa"])
def test_only_handshakes_of_tls_are_held_to_its_rules(kind: str) -> None:
    weak = handshake(kind=kind, version="TLS 1.0", cipher="TLS_RSA_WITH_RC4_128_MD5", key="DH", key_bits=512)
    assert bool(observe(weak)) is (kind in ("tls", "dtls", "quic"))


@pytest.mark.parametrize("data", [True, False])
def test_that_a_client_went_on_or_left_is_not_said_of_the_server(data: bool) -> None:
    """The device at home showed the certificate; who checks it is the other end."""
    expired = certificate(begins=NOW - timedelta(days=100), issuer="Maker CA")
    event = handshake(certificates=(expired,), server_name="cam.example", client_data=data)
    (found,) = observe(event, server=CAMERA)
    (client,) = observe(event, server=CLOUD)
    assert found.role == "server" and client.role == "client"
    assert "does not check" not in found.summary and ("does not check" in client.summary) is data
    assert found.message.parameters["remark"] is None
    assert client.message.parameters["remark"] == ("went_on" if data else "left")


EXPIRED = {"begins": NOW - timedelta(days=100), "issuer": "Maker CA"}


@pytest.mark.parametrize(
    ("made", "server", "name", "data", "severity", "remark"),
    [
        # A maker's own authority, or a pinned certificate: the reasons alone prove nothing.
        ({"issuer": "Maker CA"}, CLOUD, "cam.example", True, Severity.LOW, "private"),
        ({}, CLOUD, "cam.example", True, Severity.LOW, "private"),
        ({"issuer": "Maker CA", "days": 7300}, CLOUD, "cam.example", True, Severity.LOW, "private"),
        ({"issuer": "Maker CA"}, CAMERA, None, True, Severity.LOW, None),
        ({"issuer": "Maker CA"}, CLOUD, "b.example", True, Severity.LOW, None),
        (EXPIRED, CLOUD, "cam.example", True, Severity.HIGH, "went_on"),
        (EXPIRED, CLOUD, "cam.example", False, Severity.LOW, "left"),
        (EXPIRED, CLOUD, "cam.example", None, Severity.MEDIUM, None),
        # At home no authority certifies anything.
        (EXPIRED, CAMERA, None, True, Severity.LOW, None),
        (EXPIRED, CAMERA, None, None, Severity.LOW, None),
    ],
)
def test_what_a_certificate_weighs(
    made: dict[str, Any], server: bytes, name: str | None, data: bool | None, severity: Severity, remark: str | None
) -> None:
    event = handshake(certificates=(certificate(**made),), server_name=name, client_data=data)
    (found,) = observe(event, server=server)
    assert (found.severity, found.message.parameters["remark"]) == (severity, remark)
    assert found.detail["went_on"] is (data if "begins" in made else None)


def test_a_long_life_alone_is_information(monkeypatch: pytest.MonkeyPatch) -> None:
    for why, severity in (
        (("long_validity",), Severity.INFO), (("unreadable",), Severity.INFO), (("short_key",), Severity.HIGH),
        (("name_mismatch",), Severity.HIGH), (("name_mismatch", "long_validity"), Severity.HIGH),
        (("untrusted_root", "short_key"), Severity.HIGH),
    ):  # fmt: skip
        monkeypatch.setattr("sensor.detectors.channels.judge_chain", lambda *_, why=why: JudgedChain("CN=x", why))
        (found,) = observe(handshake(certificates=(b"x",)))
        assert found.severity is severity, why
        assert found.detail["went_on"] is None


def test_a_sound_certificate_is_no_finding_and_takes_no_other_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.detectors.channels.judge_chain", lambda *_: JudgedChain("CN=x", ()))
    (found,) = observe(handshake(certificates=(b"x",), version="TLS 1.0", client_data=False))
    assert (found.rule, found.severity) == ("tls.version", Severity.MEDIUM), "it left for another reason"


@pytest.mark.parametrize(
    ("version", "severity"),
    [
        ("SSL 2.0", Severity.HIGH), ("SSL 3.0", Severity.HIGH), ("TLS 1.0", Severity.MEDIUM),
        ("TLS 1.1", Severity.MEDIUM), ("DTLS 1.0", Severity.MEDIUM), ("TLS 1.2", None), ("DTLS 1.2", None),
    ],
)  # fmt: skip
def test_how_grave_an_old_version_is(version: str, severity: Severity | None) -> None:
    assert [one.severity for one in observe(handshake(version=version))] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("suite", "why", "severity"),
    [
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", ["cbc_sha1"], Severity.INFO),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", [], None),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", ["no_forward_secrecy", "cbc_sha1"], Severity.LOW),
        ("TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", ["export", "des", "cbc_sha1"], Severity.HIGH),
        ("TLS_RSA_WITH_DES_CBC_SHA", ["des", "no_forward_secrecy", "cbc_sha1"], Severity.HIGH),
        ("TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5", ["export", "rc2"], Severity.HIGH),
        ("TLS_RSA_WITH_IDEA_CBC_SHA", ["idea", "no_forward_secrecy", "cbc_sha1"], Severity.MEDIUM),
        ("TLS_DH_anon_WITH_RC4_128_MD5", ["no_authentication", "rc4"], Severity.HIGH),
    ],
)
def test_all_that_is_wrong_with_a_suite(suite: str, why: list[str], severity: Severity | None) -> None:
    assert [(one.detail["why"], one.severity) for one in observe(handshake(cipher=suite))] == (
        [(why, severity)] if severity is not None else []
    )


@pytest.mark.parametrize(("key", "bits", "weak"), [
    ("RSA", 2048, False), ("RSA", 2047, True), ("secp224r1", 223, True), ("DH", None, False), (None, 512, False),
])  # fmt: skip
def test_where_a_key_is_too_short(key: str | None, bits: int | None, weak: bool) -> None:
    assert bool(observe(handshake(key=key, key_bits=bits))) is weak


def test_an_outcome_that_is_not_known_is_no_refusal() -> None:
    """Only a handshake that failed neither protects nor endangers."""
    for established, number in ((True, 1), (None, 1), (False, 0)):
        assert len(observe(handshake(version="TLS 1.0", established=established, client_data=None))) == number


def test_one_finding_for_each_name_and_end() -> None:
    one, other = (observe(handshake(version="TLS 1.0", server_name=name))[0] for name in ("a.example", "b.example"))
    assert one.identity != other.identity
    (at_home,) = observe(handshake(version="TLS 1.0"), server=CAMERA)
    assert (at_home.role, at_home.device) == ("server", "c0.a8.01.05")
    (from_outside,) = observe(handshake(version="TLS 1.0"), client=CLOUD, server=CAMERA)
    assert (from_outside.role, from_outside.device) == ("server", "c0.a8.01.05")


@pytest.mark.parametrize(
    ("begins", "days", "reason"),
    [(0, 90, None), (1, 90, "not_yet_valid"), (-90 * 86_400, 90, None), (-90 * 86_400 - 1, 90, "expired")],
)
def test_the_first_and_the_last_second_of_a_certificate_are_valid(begins: int, days: int, reason: str | None) -> None:
    """RFC 5280 4.1.2.5: from notBefore through notAfter, inclusive."""
    found = why(certificate(begins=NOW + timedelta(seconds=begins), days=days))
    assert set(found) & {"expired", "not_yet_valid"} == ({reason} if reason else set())


def test_a_client_that_left_without_a_certificate_left_for_another_reason() -> None:
    (found,) = observe(handshake(version="TLS 1.0", client_data=False))
    assert (found.rule, found.severity, found.message.parameters["unused"]) == ("tls.version", Severity.MEDIUM, None)


@pytest.mark.parametrize(
    ("name", "server_name", "covered"),
    [
        ("cam.example", "CAM.example.", True), ("Cam.Example", "cam.example", True),
        ("*.maker.example", "a.maker.example", True), ("*.maker.example", "maker.example", False),
        ("cam.example", "xcam.example", False), ("cam.example", "192.0.2.1", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("alternative", [True, False])
def test_names_that_a_certificate_covers(name: str, server_name: str, covered: bool, alternative: bool) -> None:
    """RFC 9525 6: names know no case and no dot at the end; old devices have the common name alone."""
    assert ("name_mismatch" not in why(certificate(name=name, alternative=alternative), server_name)) is covered


def test_how_long_a_certificate_may_live() -> None:
    """Ten years and more of a device's own, which no rule of an authority allows."""
    long, short = (why(certificate(days=days)) for days in (7300, 300))
    assert "long_validity" in long and "long_validity" not in short
