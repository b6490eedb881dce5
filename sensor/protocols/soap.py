"""SOAP messages in HTTP (SOAP 1.1, 1.2): logins, the action of a request, the device's attributes.

WS-Security's UsernameToken (OASIS UsernameToken Profile 1.1 §3.1), as ONVIF uses it, crosses as text or as a digest:
Base64(SHA-1(nonce + created + password)). Where it is a digest, ``Login.secret`` is ``digest*nonce*created``, each as
sent. HNAP's LoginPassword and WeMo's network key are the values as sent; both are derived from or encrypted with
something else that crosses, so ``clear`` is False.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Access, Weird
from sensor.lazy_pattern import expression
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.credentials import field_sets
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats import xml
from sensor.parsing.parser import DatagramParser, Parsed, Protocol

READING = expression(
    r"(?i:get|list|query|browse|search|find|probe|has|subscribe|unsubscribe|renew|pullmessages|resolve|hello|bye"
    r"|enumerate|x_get)|[Ii]s[A-Z]"
)
"""How the names of actions begin that only read or listen (UPnP, ONVIF, WS-Eventing)."""

MAX_LOGINS = 8
"""Logins of one message: ONVIF's CreateUsers takes a few users."""

ANSWERS = {
    "GetDeviceInformationResponse": {
        "Manufacturer": "onvif.manufacturer",
        "Model": "onvif.model",
        "FirmwareVersion": "onvif.firmware",
        "SerialNumber": "onvif.serial",
        "HardwareId": "onvif.hardware",
    },
    "GetHostnameResponse": {"Name": "onvif.host"},
    "GetDeviceSettingsResponse": {
        "VendorName": "hnap.vendor",
        "ModelName": "hnap.model",
        "ModelDescription": "hnap.description",
        "FirmwareVersion": "hnap.firmware",
        "HardwareVersion": "hnap.hardware",
        "DeviceName": "hnap.name",
    },
    # TR-064 DeviceInfo:1 GetInfo.
    "GetInfoResponse": {
        "NewManufacturerName": "tr064.manufacturer",
        "NewModelName": "tr064.model",
        "NewDescription": "tr064.description",
        "NewSerialNumber": "tr064.serial",
        "NewSoftwareVersion": "tr064.firmware",
        "NewHardwareVersion": "tr064.hardware",
    },
    "GetFriendlyNameResponse": {"FriendlyName": "upnp.friendly_name"},
    "GetZoneInfoResponse": {
        "SerialNumber": "upnp.serial",
        "SoftwareVersion": "upnp.firmware",
        "MACAddress": "upnp.mac",
    },
    "GetZoneAttributesResponse": {"CurrentZoneName": "upnp.room"},
}
"""Answers in which a device describes itself, by the name of the answer and of the element."""


class Soap(DatagramParser):
    """Takes a whole message at a time.

    Accesses carry no resource unless the action names one (a port mapping): the carrier knows the URL.
    """

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        data = cursor.rest()
        elements, damage = xml.read(data)
        inside = [e for e in elements if e.path[:1] == ("Envelope",)]
        body = [e for e in inside if e.path[1:2] == ("Body",) and len(e.path) > 2]
        action = body[0].path[2] if body else None
        if side is Side.SERVER:
            wanted = ANSWERS.get(action or "", {})
            for element in body:
                if element.path[-1] in wanted:
                    yield from attribute_events(wanted[element.path[-1]], element.text, side)
            return
        found = [*_token(inside, data), *_arguments(body, action)][:MAX_LOGINS]
        for item in found:
            yield replace(item.login(), operation=action and action[:100])
        if action:
            control = not READING.match(action)
            name = action[:100]
            yield Access(resource=_mapping(body, action), action=name, granted=None, control=control, operation=name)
        if damage and not body:
            yield Weird(name="malformed_soap", detail=damage)


def _token(inside: list[xml.XmlElement], data: bytes) -> Iterator[Credential]:
    """WS-Security's UsernameToken in the header."""
    given = {e.path[-1]: e.text for e in inside if e.path[1:2] == ("Header",) and e.path[-2:-1] == ("UsernameToken",)}
    user = given.get("Username")
    password = given.get("Password")
    if user is None or password is None:
        return
    nonce, created = given.get("Nonce"), given.get("Created")
    if b"#PasswordDigest" in data or (
        nonce and created and re.fullmatch(r"[A-Za-z0-9+/]{27}=", password) and b"#PasswordText" not in data
    ):
        yield Credential(
            "password", user, Secret(f"{password}*{nonce or ''}*{created or ''}"), "wsse-digest", False, "UsernameToken"
        )
    else:
        yield Credential("password", user, Secret(password), "wsse-text", True, "UsernameToken")


def _arguments(body: list[xml.XmlElement], action: str | None) -> Iterator[Credential]:
    """Logins and network keys among an action's arguments; UPnP's names begin with "New" (UPnP DCP conventions)."""
    given = [(e.path[-1].removeprefix("New"), e.text) for e in body if e.text]
    for found in field_sets.credentials(given, "soap"):
        if action == "Login" and found.name == "LoginPassword":
            # HNAP: HMAC-MD5 over a challenge, the password in its key.
            yield Credential("password", found.username, found.secret, "hnap", False, found.name)
        elif action == "ConnectHomeNetwork":
            # Belkin WeMo encrypts the key with its own serial number and MAC, which it announces.
            yield Credential("key", found.username, found.secret, "wemo/wifi", False, found.name)
        else:
            yield found


def _mapping(body: list[xml.XmlElement], action: str) -> str:
    """``8080/TCP -> 192.0.2.7:80`` of a port mapping (UPnP WANIPConnection:2 §2.5), empty for other actions."""
    if not action.endswith("PortMapping"):
        return ""
    given = {e.path[-1]: e.text[:100] for e in body}
    outside = f"{given.get('NewExternalPort', '?')}/{given.get('NewProtocol', '?')}"
    inside = (
        f"{given.get('NewInternalClient')}:{given.get('NewInternalPort', '?')}"
        if given.get("NewInternalClient")
        else ""
    )
    return f"port mapping {outside}" + (f" -> {inside}" if inside else "")


PROTOCOL = Protocol(
    name="soap",
    title="SOAP",
    discloses={
        "name": ("hnap.name", "onvif.host"),
        "identity": ("hnap.model", "hnap.vendor", "onvif.model", "onvif.hardware", "onvif.manufacturer", "tr064.model"),
        "serial number": ("onvif.serial", "tr064.serial"),
        "version": ("hnap.firmware", "hnap.hardware", "onvif.firmware", "tr064.firmware"),
    },
    parser=Soap,
    transports=frozenset(),
)
