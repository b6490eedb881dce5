"""SOAP messages from the profiles: UsernameToken, ONVIF, UPnP, WeMo, HNAP, TR-064, hostile XML."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Login, Weird
from sensor.model import Secret
from sensor.protocols.soap import PROTOCOL, Soap
from tests.conversation import C, S, converse, events

SOAP = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"


def envelope(body: str, header: str = "") -> bytes:
    inside = f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body>"
    return f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {SOAP}>{inside}</s:Envelope>'.encode()


def token(kind: str, password: str) -> str:
    extra = (
        "<wsse:Nonce>LKqI6G/AikKCQrN0zqZFlg==</wsse:Nonce><wsu:Created>2010-09-16T07:50:45Z</wsu:Created>"
        if kind == "Digest"
        else ""
    )
    return (
        f'<wsse:Security xmlns:wsse="{WSSE}-wssecurity-secext-1.0.xsd" '
        f'xmlns:wsu="{WSSE}-wssecurity-utility-1.0.xsd">'
        "<wsse:UsernameToken><wsse:Username>admin</wsse:Username>"
        f'<wsse:Password Type="{WSSE}-username-token-profile-1.0#Password{kind}">{password}</wsse:Password>'
        f"{extra}</wsse:UsernameToken></wsse:Security>"
    )


PROFILES = '<trt:GetProfiles xmlns:trt="http://www.onvif.org/ver10/media/wsdl"/>'


def test_onvif_digest_from_the_application_programmers_guide() -> None:
    output = converse(Soap, [(C, envelope(PROFILES, token("Digest", "tuOSpGlFlIXsozq4HFNeeGeFLEI=")))], damage=False)
    assert events(output, Login) == [
        Login(
            mechanism="password",
            username="admin",
            secret=Secret("tuOSpGlFlIXsozq4HFNeeGeFLEI=*LKqI6G/AikKCQrN0zqZFlg==*2010-09-16T07:50:45Z"),
            scheme="wsse-digest",
            clear=False,
            name="UsernameToken",
            operation="GetProfiles",
        )
    ]
    assert [(a.action, a.control) for a in events(output, Access)] == [("GetProfiles", False)]


def test_onvif_password_as_text() -> None:
    output = converse(Soap, [(C, envelope(PROFILES, token("Text", "open &amp; sesame")))])
    assert [(e.secret, e.scheme, e.clear) for e in events(output, Login)] == [
        (Secret("open & sesame"), "wsse-text", True)
    ]


def test_a_port_mapping_is_control_and_named() -> None:
    body = (
        '<u:AddPortMapping xmlns:u="urn:schemas-upnp-org:service:WANIPConnection:1">'
        "<NewRemoteHost></NewRemoteHost><NewExternalPort>8080</NewExternalPort>"
        "<NewProtocol>TCP</NewProtocol><NewInternalPort>80</NewInternalPort><NewInternalClient>192.0.2.7</NewInternalClient></u:AddPortMapping>"
    )
    output = converse(Soap, [(C, envelope(body))])
    assert events(output, Access) == [
        Access(
            resource="port mapping 8080/TCP -> 192.0.2.7:80",
            action="AddPortMapping",
            granted=None,
            control=True,
            operation="AddPortMapping",
        )
    ]


@pytest.mark.parametrize(
    ("action", "control"),
    [
        ("SetBinaryState", True),
        ("GetBinaryState", False),
        ("Issue", True),
        ("IsActive", False),
        ("PullMessages", False),
    ],
)
def test_actions(action: str, control: bool) -> None:
    output = converse(
        Soap,
        [
            (
                C,
                envelope(
                    f'<u:{action} xmlns:u="urn:Belkin:service:basicevent:1"><BinaryState>1</BinaryState></u:{action}>'
                ),
            )
        ],
        damage=False,
    )
    assert [(a.resource, a.action, a.control) for a in events(output, Access)] == [("", action, control)]


def test_users_made_and_networks_joined() -> None:
    users = (
        "<tds:CreateUsers xmlns:tds='x'><tds:User><tt:Username xmlns:tt='y'>anna</tt:Username>"
        "<tt:Password xmlns:tt='y'>sesame-7</tt:Password></tds:User></tds:CreateUsers>"
    )
    wifi = (
        "<u:SetSecurityKeys xmlns:u='x'><NewSSID>Home Net</NewSSID>"
        "<NewPreSharedKey>winter garden</NewPreSharedKey></u:SetSecurityKeys>"
    )
    wemo = (
        "<u:ConnectHomeNetwork xmlns:u='x'><ssid>Home Net</ssid><auth>WPA2PSK</auth>"
        "<password>Ka3x+A==1008</password></u:ConnectHomeNetwork>"
    )
    hnap = "<Login xmlns='http://purenetworks.com/HNAP1/'><Action>login</Action><Username>Admin</Username><LoginPassword>0A1B2C3D4E5F60718293A4B5C6D7E8F9</LoginPassword></Login>"
    found = [
        events(converse(Soap, [(C, envelope(body))], damage=False), Login)[0] for body in (users, wifi, wemo, hnap)
    ]
    assert [(e.mechanism, e.username, e.secret, e.scheme, e.clear) for e in found] == [
        ("password", "anna", Secret("sesame-7"), "soap", True),
        ("key", "Home Net", Secret("winter garden"), "soap/wifi", True),
        ("key", "Home Net", Secret("Ka3x+A==1008"), "wemo/wifi", False),
        ("password", "Admin", Secret("0A1B2C3D4E5F60718293A4B5C6D7E8F9"), "hnap", False),
    ]


def test_what_a_camera_answers_about_itself() -> None:
    body = (
        "<tds:GetDeviceInformationResponse xmlns:tds='x'><tds:Manufacturer>Example</tds:Manufacturer>"
        "<tds:Model>EX-7</tds:Model>"
        "<tds:FirmwareVersion>1.2.3</tds:FirmwareVersion><tds:SerialNumber>SN0001</tds:SerialNumber></tds:GetDeviceInformationResponse>"
    )
    output = converse(Soap, [(S, envelope(body))])
    assert [(a.field, a.value, a.side) for a in events(output, Attribute)] == [
        ("onvif.manufacturer", "Example", S),
        ("onvif.model", "EX-7", S),
        ("onvif.firmware", "1.2.3", S),
        ("onvif.serial", "SN0001", S),
    ]
    assert events(output, Login) == []


def test_an_answer_that_holds_a_password_is_no_login() -> None:
    assert (
        events(
            converse(
                Soap,
                [(S, envelope("<GetUsersResponse><User>a</User><Password>b</Password></GetUsersResponse>"))],
                damage=False,
            ),
            Login,
        )
        == []
    )


def test_entities_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + envelope(
        "<Set><password>&b;</password></Set>"
    )
    output = converse(Soap, [(C, bomb)], damage=False)
    assert events(output, Login) == []
    assert [w.name for w in events(output, Weird)] == ["malformed_soap"]


def test_it_takes_whole_messages() -> None:
    assert PROTOCOL.whole_messages


def wsse(kind: str, password: str, *, nonce: bool, created: bool, user: str | None = "admin") -> bytes:
    name = f"<Username>{user}</Username>" if user is not None else ""
    extra = ("<Nonce>LKqI6G/AikKCQrN0zqZFlg==</Nonce>" if nonce else "") + (
        "<Created>2010-09-16T07:50:45Z</Created>" if created else ""
    )
    told = f' Type="{WSSE}-username-token-profile-1.0#Password{kind}"' if kind else ""
    given = f"<Password{told}>{password}</Password>" if password else ""
    return envelope(PROFILES, f"<Security><UsernameToken>{name}{given}{extra}</UsernameToken></Security>")


DIGEST = "tuOSpGlFlIXsozq4HFNeeGeFLEI="


@pytest.mark.parametrize(
    ("kind", "password", "nonce", "created", "scheme"),
    [
        ("Digest", DIGEST, True, True, "wsse-digest"),
        ("Digest", DIGEST, False, False, "wsse-digest"),
        ("", DIGEST, True, True, "wsse-digest"),  # by its form
        ("", DIGEST, False, True, "wsse-text"),
        ("", DIGEST, True, False, "wsse-text"),
        ("", DIGEST[:-2] + "=", True, True, "wsse-text"),
        ("Text", DIGEST, True, True, "wsse-text"),
        ("Text", "sesame", True, True, "wsse-text"),
        ("", "sesame", True, True, "wsse-text"),
    ],
)
def test_which_password_is_a_digest(kind: str, password: str, nonce: bool, created: bool, scheme: str) -> None:
    """WS-Security UsernameToken Profile 1.0, 3.1: text is the default; a SHA-1 in Base64 has 28 characters."""
    found = events(converse(Soap, [(C, wsse(kind, password, nonce=nonce, created=created))], damage=False), Login)
    assert [(e.scheme, e.clear) for e in found if isinstance(e, Login)] == [(scheme, scheme == "wsse-text")]


def test_a_token_needs_a_name_and_a_password() -> None:
    for password, user in (("", "admin"), ("sesame", None)):
        data = wsse("Text", password, nonce=False, created=False, user=user)
        assert events(converse(Soap, [(C, data)], damage=False), Login) == []
    whole = wsse("Text", "sesame", nonce=False, created=False)
    assert events(converse(Soap, [(S, whole)], damage=False), Login) == []
    moved = envelope(PROFILES + "<UsernameToken><Username>admin</Username><Password>x</Password></UsernameToken>")
    found = events(converse(Soap, [(C, moved)], damage=False), Login)
    assert "wsse-text" not in [e.scheme for e in found if isinstance(e, Login)]


def test_damage_is_told_only_where_nothing_could_be_read() -> None:
    whole = envelope(PROFILES)
    for data, number in ((whole, 0), (whole[:-12], 0), (b"<s:Envelope><s:Body", 1), (b"not xml at all", 1)):
        assert len(events(converse(Soap, [(C, data)], damage=False), Weird)) == number, data
