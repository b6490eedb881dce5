"""Device descriptions by the template of the UPnP Device Architecture 2.0, 2.3."""

from __future__ import annotations

from sensor.events import Attribute, Weird
from sensor.protocols.upnp import TYPES_LIMIT, Upnp
from tests.conversation import S, converse, events

DESCRIPTION = b"""<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>
<friendlyName>Hall &amp; Attic router</friendlyName>
<manufacturer>Example Networks</manufacturer><modelDescription>Home router</modelDescription><modelName>EN-1</modelName>
<modelNumber>1.2.3</modelNumber><serialNumber>SN0001</serialNumber><UDN>uuid:00000000-1111-2222-3333-444444444444</UDN>
<serviceList><service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType></service></serviceList>
<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType><friendlyName>WAN</friendlyName>
<manufacturer>Somebody Else</manufacturer></device></deviceList></device></root>"""


def test_the_root_device_names_itself_and_embedded_ones_give_their_type() -> None:
    output = converse(Upnp, [(S, DESCRIPTION)])
    assert {(a.field, a.value) for a in output if isinstance(a, Attribute) and a.side is S} == {
        ("upnp.device_type", "urn:schemas-upnp-org:device:InternetGatewayDevice:1"),
        ("upnp.device_type", "urn:schemas-upnp-org:device:WANDevice:1"),
        ("upnp.service", "urn:schemas-upnp-org:service:Layer3Forwarding:1"),
        ("upnp.friendly_name", "Hall & Attic router"),
        ("upnp.manufacturer", "Example Networks"),
        ("upnp.model_description", "Home router"),
        ("upnp.model_name", "EN-1"),
        ("upnp.model_number", "1.2.3"),
        ("upnp.serial", "SN0001"),
        ("upnp.udn", "uuid:00000000-1111-2222-3333-444444444444"),
    }
    assert len(output) == 10


def test_a_cut_document_gives_what_came_before_the_cut() -> None:
    cut = DESCRIPTION[: DESCRIPTION.index(b"<modelNumber>")]
    output = converse(Upnp, [(S, cut)], damage=False)
    assert Attribute(field="upnp.model_name", value="EN-1", side=S) in output
    assert isinstance(output[-1], Weird)


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE root [<!ENTITY a "aaaaaaaaaa">]><root><device><friendlyName>&a;</friendlyName></device></root>'
    assert [type(output) for output in converse(Upnp, [(S, bomb)])] == [Weird]


def test_types_are_bounded_and_other_documents_say_nothing() -> None:
    many = b"".join(b"<device><deviceType>t%d</deviceType></device>" % n for n in range(500))
    assert len(events(converse(Upnp, [(S, b"<root>" + many + b"</root>")], damage=False), Attribute)) == TYPES_LIMIT
    assert converse(Upnp, [(S, b"<html><device><friendlyName>no</friendlyName></device></html>")]) == []
