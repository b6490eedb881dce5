"""Traits of the ends of a conversation, and the identity in the objects that a device serves."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sensor.devices.traits import (
    FIRST_EPHEMERAL,
    FIXED,
    MAX_CERTIFICATE,
    MAX_OBJECT,
    called_port,
    certificate_names,
    cloud_port,
    identity_of,
    queried_name,
    served_port,
    traits_of,
)
from sensor.events import Access, Attribute, Handshake, Login, Lookup, Transfer
from sensor.model import Side, Transport
from tests.devices.seen import TABLES, end, flow

CLIENT, SERVER = end("192.168.1.5", 40000), end("192.168.1.9", 80)
TALK = flow(CLIENT, SERVER)


def certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cam.local")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 7, start, start + timedelta(days=1))
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_an_end_speaks_for_itself() -> None:
    event = Attribute(field="http.server", value="lighttpd", side=Side.SERVER)
    assert list(traits_of(event, TALK)) == [(SERVER, "http.server", "lighttpd")]


def test_unicast_queries_are_traits_and_multicast_queries_are_not() -> None:
    assert list(traits_of(Lookup(name="API.Example.com.", kind="A"), TALK)) == [(CLIENT, "dns.name", "api.example.com")]
    for lookup in (
        Lookup(name="_hue._tcp.local", kind="PTR", source="mdns"),
        Lookup(name="tp-link", kind="A", source="llmnr"),
        Lookup(name="a.example", kind="A", answered=True, answers=("192.0.2.1",)),
        Lookup(name="1.1.168.192.in-addr.arpa", kind="PTR"),
    ):
        assert list(traits_of(lookup, TALK)) == []


def test_a_handshake_has_the_server_name_and_the_certificate_names() -> None:
    der = certificate()
    event = Handshake(kind="tls", version="TLS 1.2", server_name="Cam.Local", ja4="t12d", certificates=(der,))
    assert list(traits_of(event, TALK)) == [
        (CLIENT, "tls.server_name", "cam.local"),
        (CLIENT, "tls.ja4", "t12d"),
        (SERVER, "x509.subject", "CN=cam.local"),
        (CLIENT, "tls.peer_subject", "CN=cam.local"),
        (SERVER, "x509.issuer", "CN=cam.local"),
    ]
    broken = Handshake(kind="tls", version=None, certificates=(der[:40],))
    assert list(traits_of(broken, TALK)) == []
    huge = Handshake(kind="tls", version=None, certificates=(b"\x30" * (MAX_CERTIFICATE + 1),))
    assert list(traits_of(huge, TALK)) == []
    assert certificate_names(b"") == (None, None)


def test_requested_urls_and_served_objects() -> None:
    asked = Access(resource="http://www.example.com/scale/register", action="GET", granted=None, status=200)
    assert list(traits_of(asked, TALK)) == [(CLIENT, "http.request", "www.example.com/scale/register")]
    login = Login(mechanism="token", username=None, secret=None, scheme="query", resource="http://www.example.com/x")
    assert list(traits_of(login, TALK)) == [(CLIENT, "http.request", "www.example.com/x")]
    served = Transfer(side=Side.SERVER, application="http", name="/api/config", data=b'{"modelid":"BSB002"}')
    assert list(traits_of(served, TALK)) == [(SERVER, "device.model", "BSB002")]
    sent = Transfer(side=Side.CLIENT, application="http", name="/api", data=b'{"modelid":"BSB002"}')
    assert list(traits_of(sent, TALK)) == []


def test_a_port_is_a_trait_only_where_it_answered() -> None:
    assert served_port(TALK) == (SERVER, "port.tcp", "80")
    assert served_port(flow(CLIENT, SERVER, payload=(9, 0))) is None
    assert served_port(flow(CLIENT, end("192.168.1.9", 50_000))) is None
    assert served_port(flow(CLIENT, SERVER, transport=Transport.UDP)) == (SERVER, "port.udp", "80")
    assert served_port(flow(CLIENT, SERVER, transport=Transport.UDP, payload=(0, 9))) is None
    assert served_port(flow(CLIENT, end("192.168.1.9"))) is None


def test_who_calls_everybody_is_known_by_the_port() -> None:
    call = flow(end("192.168.1.5", 17500), end("255.255.255.255", 17500), transport=Transport.UDP, payload=(40, 0))
    assert called_port(call) == (end("192.168.1.5", 17500), "group.udp", "17500")
    assert called_port(flow(CLIENT, end("255.255.255.255", 17500), payload=(40, 0))) is None  # TCP has no groups
    empty = flow(CLIENT, end("255.255.255.255", 17500), transport=Transport.UDP, payload=(0, 0))
    assert called_port(empty) is None


def test_whose_server_s_port_is_telling_is_known_by_it() -> None:
    server = end("203.0.113.9", 9543)
    assert cloud_port(flow(CLIENT, server, payload=(9, 9))) == (CLIENT, "cloud.tcp", "9543")
    assert cloud_port(flow(CLIENT, server, transport=Transport.UDP, payload=(9, 9))) == (CLIENT, "cloud.udp", "9543")
    # Nothing came back: the port may be anything, such as a scan's.
    assert cloud_port(flow(CLIENT, server, payload=(9, 0))) is None
    # Everybody's devices speak to these.
    assert cloud_port(flow(CLIENT, end("203.0.113.9", 443), payload=(9, 9))) is None


def test_a_hue_bridge_s_state_is_about_the_bridge_not_its_lamps() -> None:
    state = {
        "lights": {"1": {"name": "Desk", "modelid": "LWB006", "manufacturername": "Philips", "swversion": "66015095"}},
        "config": {
            "name": "Philips hue",
            "modelid": "BSB002",
            "swversion": "01027237",
            "whitelist": {"x": {"name": "app#phone"}},
        },
    }
    assert list(identity_of(json.dumps(state).encode(), "application/json")) == [
        ("device.name", "Philips hue"),
        ("device.model", "BSB002"),
        ("device.firmware", "01027237"),
    ]


def test_hnap_settings_in_xml() -> None:
    text = (
        b'<?xml version="1.0"?><soap:Envelope xmlns:soap="x"><soap:Body><GetDeviceSettingsResponse>'
        b"<Type>ConnectedHomeClient</Type>"
        b"<DeviceName>siren</DeviceName><VendorName>D-Link</VendorName><ModelName>DCH-S220</ModelName>"
        b"<FirmwareVersion>1.21</FirmwareVersion><ModelName>other</ModelName></GetDeviceSettingsResponse></soap:Body></soap:Envelope>"
    )
    assert list(identity_of(text, "text/xml")) == [
        ("device.type", "ConnectedHomeClient"),
        ("device.name", "siren"),
        ("device.maker", "D-Link"),
        ("device.model", "DCH-S220"),
        ("device.firmware", "1.21"),
    ]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1]", b"null", b"<html><ModelName>x</ModelName></html>", b"plain text", b'{"model": 7}',
     b'{"model": ""}',
     b'{"model": "' + b"x" * 200 + b'"}', b"{" * 50_000, b'{"a":' * 5000],
)  # fmt: skip
def test_what_is_no_identity_says_nothing(data: bytes) -> None:
    assert list(identity_of(data, None)) == []


def test_only_the_beginning_is_read() -> None:
    assert list(identity_of(b"<a>" + b" " * MAX_OBJECT + b"<ModelName>X1</ModelName>", "text/xml")) == []


def test_fixed_ports_among_the_ephemeral_ones_are_telling() -> None:
    assert served_port(flow(CLIENT, end("192.168.1.9", 55443))) == (end("192.168.1.9", 55443), "port.tcp", "55443")
    assert served_port(flow(CLIENT, end("192.168.1.9", 55441))) is None


@pytest.mark.parametrize("field", ["port.tcp", "port.udp", "group.udp"])
def test_every_port_of_the_signatures_can_become_a_trait(field: str) -> None:
    named = [int(number) for entry in TABLES.entries(field) for number in re.findall(r"\d+", entry.source)]
    assert named and [port for port in named if port >= FIRST_EPHEMERAL and port not in FIXED] == []


@pytest.mark.parametrize(
    ("more", "read"),
    [
        ({}, True), ({"side": Side.CLIENT}, False), ({"application": "ftp"}, False), ({"complete": False}, False),
    ],
)  # fmt: skip
def test_only_whole_objects_that_a_device_serves_are_of_itself(more: dict[str, object], read: bool) -> None:
    data = b'{"model": "CAM-1", "serial": "A1234567"}'
    event = Transfer(
        **{"side": Side.SERVER, "application": "http", "data": data, "size": len(data), "complete": True, **more}  # type: ignore[arg-type]
    )
    assert bool(list(traits_of(event, TALK))) is read


@pytest.mark.parametrize("kind", ["tls", "dtls", "quic", "ssh"])
def test_the_name_of_a_server_is_of_each_kind_of_tls(kind: str) -> None:
    found = list(traits_of(Handshake(kind=kind, version="1", server_name="Cam.Example."), TALK))
    assert ((CLIENT, "tls.server_name", "cam.example") in found) is (kind != "ssh")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Lookup(name="Time.Example.", kind="A"), "time.example"),
        (Lookup(name="time.example", kind="TXT"), "time.example"),
        (Lookup(name="1.2.0.192.in-addr.arpa", kind="PTR"), None),
        (Lookup(name="time.example", kind="A", answered=True, answers=("192.0.2.1",)), None),
        (Lookup(name="tv.local", kind="A", source="mdns"), None),
    ],
)
def test_names_that_a_client_asks_its_resolver_for(event: Lookup, expected: str | None) -> None:
    assert queried_name(event) == expected
    assert list(traits_of(event, TALK)) == ([(CLIENT, "dns.name", expected)] if expected else [])
