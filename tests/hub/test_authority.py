"""The hub's authority: what it signs is checked by the library's own verifier, as a client of TLS does."""

from __future__ import annotations

import ipaddress
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from sensor.hub.authority import Authority

NOW = datetime(2027, 1, 1, tzinfo=UTC)


def test_the_servers_certificate_is_good_for_its_names_alone(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "hub", NOW)
    made = x509.load_pem_x509_certificate(authority.server(["hub.home.example", "192.0.2.7"]).certificate)
    store = Store([x509.load_pem_x509_certificate(authority.certificate)])
    policy = PolicyBuilder().store(store).time(NOW + timedelta(days=3000))
    for name in (x509.DNSName("hub.home.example"), x509.IPAddress(ipaddress.ip_address("192.0.2.7"))):
        assert policy.build_server_verifier(name).verify(made, [])
    with pytest.raises(VerificationError):
        policy.build_server_verifier(x509.DNSName("other.example")).verify(made, [])
    other = Authority(tmp_path / "other", NOW).server(["hub.home.example"]).certificate
    with pytest.raises(VerificationError):
        policy.build_server_verifier(x509.DNSName("hub.home.example")).verify(x509.load_pem_x509_certificate(other), [])


def test_a_role_is_the_common_name_and_opens_no_server(tmp_path: Path) -> None:
    authority = Authority(tmp_path, NOW)
    made = x509.load_pem_x509_certificate(authority.client("lw_sensor_cellar").certificate)
    assert [one.value for one in made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["lw_sensor_cellar"]
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [one._name for one in usage] == ["clientAuth"]
    made.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate))


def test_it_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    first = Authority(tmp_path / "hub", NOW).certificate
    assert Authority(tmp_path / "hub", NOW + timedelta(days=9)).certificate == first
    assert stat.S_IMODE((tmp_path / "hub" / "ca.key").stat().st_mode) == 0o600
    (tmp_path / "hub" / "ca.crt").write_bytes(Authority(tmp_path / "other", NOW).certificate)
    with pytest.raises(ValueError, match="not the key"):
        Authority(tmp_path / "hub", NOW)
