"""The machine's own certificate: its names, the mode of its key, renewal."""

import ipaddress
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from dashboard.auth import certificate
from dashboard.auth.certificate import LASTS, names_of, own

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_it_names_the_machine_and_can_be_used(tmp_path: Path) -> None:
    pair = own(tmp_path / "state", ["localhost", "192.0.2.7", "::1"], NOW)
    made = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert set(names.get_values_for_type(x509.IPAddress)) == {
        ipaddress.ip_address("192.0.2.7"),
        ipaddress.ip_address("::1"),
    }
    assert made.not_valid_after_utc - NOW == LASTS
    assert stat.S_IMODE(pair.key.stat().st_mode) == 0o600
    assert pair.fingerprint.replace(":", "") == made.fingerprint(hashes.SHA256()).hex().upper()
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pair.certificate, pair.key)


def test_it_stays_until_it_ends_lacks_a_name_or_loses_its_key(tmp_path: Path) -> None:
    first = own(tmp_path, ["localhost"], NOW).fingerprint
    assert own(tmp_path, ["localhost"], NOW + timedelta(days=300)).fingerprint == first
    second = own(tmp_path, ["localhost", "box.local"], NOW).fingerprint
    assert second != first
    assert own(tmp_path, ["localhost"], NOW).fingerprint == second
    third = own(tmp_path, ["localhost"], NOW + LASTS - timedelta(days=29)).fingerprint
    assert third != second
    (tmp_path / "tls.key").write_text("not a key")
    assert own(tmp_path, ["localhost"], NOW).fingerprint != third


def test_the_names_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "own_addresses", lambda: ["192.0.2.5", "fd00::5"])
    assert {"localhost", "127.0.0.1", "::1", "192.0.2.7"} <= set(names_of("192.0.2.7"))
    assert "0.0.0.0" not in names_of("0.0.0.0")
    assert {"192.0.2.5", "fd00::5"} <= set(names_of("0.0.0.0")) & set(names_of("::"))
    assert "192.0.2.5" not in names_of("192.0.2.7")


def test_it_is_of_a_server_and_signs_no_other(tmp_path: Path) -> None:
    """RFC 5280 4.2.1.9: no authority. A stolen key must not vouch for other names."""
    pair = own(tmp_path, ["localhost"], NOW)
    made = x509.load_pem_x509_certificate(pair.certificate.read_bytes()).extensions
    constraints = made.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical and constraints.value.ca is False
    assert not made.get_extension_for_class(x509.SubjectAlternativeName).critical
    usage = made.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(usage.value) == [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH] and not usage.critical


def test_a_name_that_no_certificate_can_hold_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(certificate.socket, "gethostname", lambda: "B\u00fcro.home")
    found = names_of("")
    assert "" not in found and all(name.isascii() for name in found) and "localhost" in found
    assert own(tmp_path, found, NOW).fingerprint


def test_the_key_of_another_certificate_does_not_fit(tmp_path: Path) -> None:
    """Put together from two backups: a server with these could not start."""
    first, other = (own(tmp_path / name, ["localhost"], NOW) for name in ("one", "two"))
    first.key.write_bytes(other.key.read_bytes())
    again = own(tmp_path / "one", ["localhost"], NOW)
    assert again.fingerprint not in (first.fingerprint, other.fingerprint)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(again.certificate, again.key)


def test_a_key_of_another_kind_is_not_ours(tmp_path: Path) -> None:
    first = own(tmp_path, ["localhost"], NOW)
    first.key.write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    assert own(tmp_path, ["localhost"], NOW).fingerprint != first.fingerprint


@pytest.mark.parametrize("missing", ["tls.crt", "tls.key"])
def test_half_a_pair_is_made_anew(tmp_path: Path, missing: str) -> None:
    first = own(tmp_path, ["localhost"], NOW)
    (tmp_path / missing).unlink()
    assert own(tmp_path, ["localhost"], NOW).fingerprint != first.fingerprint


@pytest.mark.parametrize(("left", "renewed"), [(31, False), (30, False), (29.99, True), (0, True), (-5, True)])
def test_it_is_renewed_in_its_last_thirty_days(tmp_path: Path, left: float, renewed: bool) -> None:
    first = own(tmp_path, ["localhost"], NOW)
    again = own(tmp_path, ["localhost"], NOW + timedelta(days=397) - timedelta(days=left))
    assert (again.fingerprint != first.fingerprint) is renewed


def test_it_is_good_from_an_hour_before_for_397_days(tmp_path: Path) -> None:
    """Clocks of a home differ a little. CA/Browser Forum Baseline Requirements 6.3.2: at most 398 days."""
    made = x509.load_pem_x509_certificate(own(tmp_path, ["localhost"], NOW).certificate.read_bytes())
    assert (made.not_valid_before_utc, made.not_valid_after_utc) == (
        datetime(2026, 4, 30, 23, tzinfo=UTC), datetime(2027, 6, 2, tzinfo=UTC),
    )  # fmt: skip


def test_two_certificates_are_never_one(tmp_path: Path) -> None:
    """RFC 5280 4.1.2.2: a serial number of its own, or browsers refuse the second."""
    made = [own(tmp_path / str(n), ["localhost"], NOW).certificate.read_bytes() for n in range(2)]
    assert len({x509.load_pem_x509_certificate(one).serial_number for one in made}) == 2


@pytest.mark.parametrize(
    ("address", "host", "more"),
    [
        ("192.0.2.7", "Box", {"box", "box.local", "192.0.2.7"}),
        ("box.example", "box.example", {"box.example", "box.local"}),
        ("0.0.0.0", "box", {"box", "box.local", "192.0.2.5"}),
        ("::", "box", {"box", "box.local", "192.0.2.5"}),
        ("", "box", {"box", "box.local"}),
    ],
)
def test_all_names_of_an_address(monkeypatch: pytest.MonkeyPatch, address: str, host: str, more: set[str]) -> None:
    monkeypatch.setattr(certificate.socket, "gethostname", lambda: host)
    monkeypatch.setattr(certificate, "own_addresses", lambda: ["192.0.2.5"])
    assert set(names_of(address)) == {"localhost", "127.0.0.1", "::1", *more}


def test_without_a_time_it_is_good_now(tmp_path: Path) -> None:
    made = x509.load_pem_x509_certificate(own(tmp_path, ["localhost"]).certificate.read_bytes())
    now = datetime.now(UTC)
    assert made.not_valid_before_utc < now < made.not_valid_after_utc
    assert timedelta(days=396) < made.not_valid_after_utc - now <= LASTS
