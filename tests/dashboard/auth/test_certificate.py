"""The machine's own certificate: its names, the mode of its key, renewal."""

import ipaddress
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

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
