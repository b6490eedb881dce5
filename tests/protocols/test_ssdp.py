"""SSDP messages by the UPnP Device Architecture 2.0, 1.2 and 1.3."""

from __future__ import annotations

import pytest

from sensor.events import Attribute
from sensor.model import Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.ssdp import HEADER_LIMIT, OTHERS_LIMIT, PROTOCOL, Ssdp, recognise
from tests.conversation import C, Run, S, converse
from tests.protocols import openings

NOTIFY = (
    b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\nLOCATION: http://192.0.2.70:49152/description.xml\r\n"
    b"NT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nServer: Linux/4.4 UPnP/1.0 Lamp/2.1\r\n"
    b"usn: uuid:00000000-1111-2222-3333-444444444444::upnp:rootdevice\r\n"
    b"X-Bridge-Id: 020000FFFE000A01\r\nBOOTID.UPNP.ORG: 5\r\n\r\n"
)
SEARCH = (
    b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\n'
    b"ST: urn:schemas-upnp-org:device:MediaRenderer:1\r\n"
    b"USER-AGENT: Android/13 UPnP/1.1 Player/4\r\n\r\n"
)
ANSWER = b"HTTP/1.1 200 OK\r\nEXT:\r\nST: upnp:rootdevice\r\nUSN: uuid:1::upnp:rootdevice\r\nSERVER: Lamp/2.1\r\n\r\n"


def attributes(side: Side, *pairs: tuple[str, str]) -> list[Attribute]:
    return [Attribute(field=field, value=value, side=side) for field, value in pairs]


def test_an_announcement() -> None:
    assert converse(Ssdp, [(C, NOTIFY)]) == attributes(
        C,
        ("ssdp.location", "http://192.0.2.70:49152/description.xml"),
        ("ssdp.nt", "upnp:rootdevice"),
        ("ssdp.server", "Linux/4.4 UPnP/1.0 Lamp/2.1"),
        ("ssdp.usn", "uuid:00000000-1111-2222-3333-444444444444::upnp:rootdevice"),
        ("ssdp.header", "x-bridge-id: 020000FFFE000A01"),
    )


def test_a_search_is_not_what_the_searcher_is() -> None:
    assert converse(Ssdp, [(C, SEARCH), (S, ANSWER)]) == [
        *attributes(
            C,
            ("ssdp.search", "urn:schemas-upnp-org:device:MediaRenderer:1"),
            ("ssdp.user_agent", "Android/13 UPnP/1.1 Player/4"),
        ),
        *attributes(
            S, ("ssdp.st", "upnp:rootdevice"), ("ssdp.usn", "uuid:1::upnp:rootdevice"), ("ssdp.server", "Lamp/2.1")
        ),
    ]


def test_headers_are_bounded() -> None:
    many = b"NOTIFY * HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n"
    assert len(converse(Ssdp, [(C, many)], damage=False)) <= HEADER_LIMIT


def test_recognised_by_content() -> None:
    def of(client: bytes, server: bytes = b"") -> Match:
        return recognise(Opening(client, server, 40000, 40001, Transport.UDP))

    assert of(NOTIFY) is of(SEARCH) is of(ANSWER) is of(b"", ANSWER) is Match.SURE
    assert of(b"NOTIFY sip:anna@example.org SIP/2.0\r\n") is Match.NO
    assert of(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") is Match.NO


def test_of_either_end() -> None:
    openings.datagram(recognise, b"M-SEARCH * HTTP/1.1\r\n\r\n", exact=False)
    openings.datagram(recognise, b"NOTIFY * HTTP/1.0\r\n\r\n", exact=False)
    for line in (b"ST: x", b"USN: y", b"usn: z"):
        openings.datagram(recognise, b"HTTP/1.1 200 OK\r\n" + line + b"\r\n\r\n", exact=False)
    assert recognise(openings.of(b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", udp=True)) is Match.NO
    assert recognise(openings.of(b"GET / HTTP/1.1\r\nST: x\r\n\r\n", udp=True)) is Match.NO
    assert recognise(openings.of(b"", udp=True)) is Match.MORE


def test_headers_of_its_own_are_bounded_and_whole() -> None:
    lines = [b"X-Thing-%d: value" % number for number in range(OTHERS_LIMIT + 3)]
    script = [(C, b"\r\n".join([b"NOTIFY * HTTP/1.1", b"X-Bare", b"X-Empty:  ", *lines, b"", b""]))]
    found = [
        item.value
        for item in converse(Ssdp, script, damage=False)
        if isinstance(item, Attribute) and item.field == "ssdp.header"
    ]
    assert found == [f"x-thing-{number}: value" for number in range(OTHERS_LIMIT)]


@pytest.mark.parametrize(
    "line", [b"NOTIFY * HTTP/1.1", b"M-SEARCH * HTTP/1.1", b"HTTP/1.1 200 OK", b"notify * http/1.1"]
)
def test_start_lines(line: bytes) -> None:
    assert len(converse(Ssdp, [(C, line + b"\r\nSERVER: Lamp/2.1\r\n\r\n")], damage=False)) == 1
    with pytest.raises(Malformed):
        Run(Ssdp()).feed(C, b"x" + line + b"\r\nSERVER: Lamp/2.1\r\n\r\n")


def test_it_is_a_protocol_of_single_datagrams() -> None:
    assert PROTOCOL.independent and PROTOCOL.ports == {1900}
