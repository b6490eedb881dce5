"""WS-Discovery envelopes by version 1.1 (OASIS, 2009) 4 and 5, in both namespaces."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Weird
from sensor.model import Side, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.wsd import Wsd, recognise
from tests.conversation import C, S, converse
from tests.protocols import openings

OLD = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
NEW = "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01"


def envelope(body: str, discovery: str = OLD) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        f'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="{discovery}" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">'
        f"<s:Header><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


MATCH = (
    "<d:{0}><a:EndpointReference><a:Address>urn:uuid:00000000-1111-2222-3333-444444444444</a:Address></a:EndpointReference>"
    "<d:Types>dn:NetworkVideoTransmitter dn:Device</d:Types>"
    "<d:Scopes>onvif://www.onvif.org/hardware/CAM-7 onvif://www.onvif.org/name/Porch</d:Scopes>"
    "<d:XAddrs>http://192.0.2.80/onvif/device_service</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:{0}>"
)


def identity(side: Side) -> list[Attribute]:
    return [
        Attribute(field=field, value=value, side=side)
        for field, value in (
            ("wsd.endpoint", "urn:uuid:00000000-1111-2222-3333-444444444444"),
            ("wsd.types", "NetworkVideoTransmitter"),
            ("wsd.types", "Device"),
            ("wsd.scopes", "onvif://www.onvif.org/hardware/CAM-7"),
            ("wsd.scopes", "onvif://www.onvif.org/name/Porch"),
            ("wsd.addresses", "http://192.0.2.80/onvif/device_service"),
        )
    ]


PROBE = envelope("<d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe>")


def test_probe_and_answer() -> None:
    answer = envelope("<d:ProbeMatches>" + MATCH.format("ProbeMatch") + "</d:ProbeMatches>")
    assert converse(Wsd, [(C, PROBE), (S, answer)]) == [
        Attribute(field="wsd.search", value="NetworkVideoTransmitter", side=C),
        *identity(S),
    ]


def test_hello_in_the_newer_namespace() -> None:
    assert converse(Wsd, [(C, envelope(MATCH.format("Hello"), NEW))]) == identity(C)


def test_a_resolve_gives_nothing_of_its_sender() -> None:
    reference = "<a:EndpointReference><a:Address>urn:uuid:somebody-else</a:Address></a:EndpointReference>"
    resolve = f"<d:Resolve>{reference}</d:Resolve>"
    assert converse(Wsd, [(C, envelope(resolve))]) == []


def test_a_document_type_is_refused_and_a_cut_reported() -> None:
    cut = envelope(MATCH.format("Hello"))[:-30]
    output = converse(Wsd, [(C, cut)], damage=False)
    assert output[:-1] == identity(C)
    assert isinstance(output[-1], Weird)


def test_recognised_by_its_namespace() -> None:
    def of(data: bytes) -> Match:
        return recognise(Opening(data, b"", 50000, 50001, Transport.UDP))

    assert of(PROBE) is of(envelope("", NEW)) is Match.SURE
    assert of(b'<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"/>') is Match.NO
    assert of(b"M-SEARCH * HTTP/1.1\r\n\r\n") is Match.NO


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b" ", b"\r\n", b"\n"])
def test_what_may_stand_before_the_document(before: bytes) -> None:
    """XML 1.0 §F.1: a byte order mark; blanks are written by some."""
    assert recognise(openings.of(before + envelope("<x/>"), 3702, udp=True)) is Match.SURE
    assert recognise(openings.of(b"x" + envelope("<x/>"), 3702, udp=True)) is Match.NO
