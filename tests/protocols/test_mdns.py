"""Announcements, queries, probes and good-byes by RFC 6762 and 6763."""

from __future__ import annotations

import struct

from sensor.events import Attribute, Lookup, Weird
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.mdns import ATTRIBUTES_LIMIT, Mdns, host_of, recognise, service_of
from tests.conversation import C, converse, events
from tests.protocols.wire import AUTHORITATIVE, message, name, question, record

UNIQUE = 0x8001
"""RFC 6762 10.2: cache-flush bit and class IN."""
INSTANCE = name([b"Office v2.1", b"_ipp", b"_tcp", b"local"])
HOST = name("office-printer.local")


OWN = ("192.0.2.40", "fe80::9")


def attributes(*pairs: tuple[str, str], addresses: tuple[str, ...] = OWN) -> list[Attribute]:
    return [Attribute(field=field, value=value, side=C, addresses=addresses) for field, value in pairs]


ANNOUNCEMENT = message(
    AUTHORITATIVE,
    [],
    [
        record(name("_services._dns-sd._udp.local"), 12, name("_ipp._tcp.local")),
        record(name("_ipp._tcp.local"), 12, INSTANCE),
        record(INSTANCE, 33, struct.pack("!HHH", 0, 0, 631) + HOST, klass=UNIQUE),
        record(INSTANCE, 16, b"\x0cty=Maker A1+\x0dpdl=image/urf", klass=UNIQUE),
    ],
    [],
    [
        record(HOST, 1, bytes([192, 0, 2, 40]), klass=UNIQUE),
        record(HOST, 28, bytes.fromhex("fe80") + bytes(13) + b"\x09", klass=UNIQUE),
        record(HOST, 13, b"\x03ARM\x05LINUX", klass=UNIQUE),
        record(HOST, 47, HOST + b"\x00\x01\x40", klass=UNIQUE),
    ],
)


def test_an_announcement_is_what_the_sender_offers() -> None:
    parsed = converse(Mdns, [(C, ANNOUNCEMENT)])
    assert events(parsed, Attribute) == attributes(
        ("mdns.service", "_ipp._tcp"),
        ("mdns.instance", "Office v2.1._ipp._tcp"),
        ("mdns.host", "office-printer"),
        ("mdns.txt", "_ipp._tcp ty=Maker A1+"),
        ("mdns.txt", "_ipp._tcp pdl=image/urf"),
        ("mdns.hinfo", "ARM LINUX"),
    )
    assert (
        Lookup(
            name="_ipp._tcp.local",
            kind="PTR",
            answers=("office v2\\.1._ipp._tcp.local",),
            answered=True,
            code="NOERROR",
            source="mdns",
        )
        in parsed
    )


def test_questions_are_lookups_and_known_answers_belong_to_others() -> None:
    request = message(
        0,
        [question(name("_googlecast._tcp.local"), 12, 0x8001)],
        [record(name("_googlecast._tcp.local"), 12, INSTANCE)],
    )
    assert converse(Mdns, [(C, request)]) == [Lookup(name="_googlecast._tcp.local", kind="PTR", source="mdns")]


def test_a_probe_announces_the_name_it_wants() -> None:
    probe = message(0, [question(HOST, 255)], [], [record(HOST, 1, bytes([192, 0, 2, 40]))])
    assert converse(Mdns, [(C, probe)]) == [
        Lookup(name="office-printer.local", kind="ANY", source="mdns"),
        *attributes(("mdns.host", "office-printer"), addresses=OWN[:1]),
    ]


def test_a_good_bye_offers_nothing() -> None:
    assert (
        converse(Mdns, [(C, message(AUTHORITATIVE, [], [record(name("_ipp._tcp.local"), 12, INSTANCE, ttl=0)]))]) == []
    )


def test_a_reverse_mapping_names_the_host() -> None:
    reverse = message(AUTHORITATIVE, [], [record(name("40.2.0.192.in-addr.arpa"), 12, HOST)])
    assert events(converse(Mdns, [(C, reverse)]), Attribute) == attributes(
        ("mdns.host", "office-printer"), addresses=OWN[:1]
    )


def test_damage_is_reported_and_what_came_before_it_stays() -> None:
    parsed = converse(Mdns, [(C, ANNOUNCEMENT[:-30])])
    assert any(isinstance(one, Attribute) and one.value == "office-printer" for one in parsed)
    assert isinstance(parsed[-1], Weird)


def test_an_endless_list_is_bounded() -> None:
    flood = [record(name([b"i%d" % i, b"_x", b"_tcp", b"local"]), 16, b"\x03a=b") for i in range(500)]
    assert (
        len(events(converse(Mdns, [(C, message(AUTHORITATIVE, [], flood))], damage=False), Attribute))
        <= ATTRIBUTES_LIMIT
    )


def test_service_names() -> None:
    assert service_of((b"_printer", b"_sub", b"_HTTP", b"_tcp", b"local")) == ("", "_http._tcp")
    assert service_of((b"hall-lamp", b"local")) is None
    assert host_of((b"hall-lamp", b"LOCAL")) == "hall-lamp"
    assert host_of((b"www", b"example")) == ""


def test_the_port_distinguishes_it_from_dns() -> None:
    assert recognise(Opening(ANNOUNCEMENT, b"", 5353, 5353, Transport.UDP)) is Match.SURE
    assert recognise(Opening(b"", ANNOUNCEMENT, 40000, 5353, Transport.UDP)) is Match.SURE
    assert recognise(Opening(ANNOUNCEMENT, b"", 5300, 53, Transport.UDP)) is Match.NO
    assert recognise(Opening(b"not a message at all", b"", 5353, 5353, Transport.UDP)) is Match.NO


def test_each_attribute_has_the_addresses_of_its_own_host() -> None:
    """A response with the services of two hosts, and of one that it does not place."""
    lamp, elsewhere = name([b"Lamp", b"_hap", b"_tcp", b"local"]), name([b"Speaker", b"_raop", b"_tcp", b"local"])
    both = message(
        AUTHORITATIVE,
        [],
        [
            record(INSTANCE, 33, struct.pack("!HHH", 0, 0, 631) + HOST),
            record(lamp, 33, struct.pack("!HHH", 0, 0, 80) + name("lamp.local")),
            record(lamp, 16, b"\x06md=L10"),
            record(elsewhere, 16, b"\x05am=S1"),
        ],
        [],
        [
            record(HOST, 1, bytes([192, 0, 2, 40])),
            record(name("LAMP.local"), 1, bytes([192, 0, 2, 50])),
            record(HOST, 28, bytes.fromhex("fe80") + bytes(13) + b"\x09"),
        ],
    )
    found = {one.value: one.addresses for one in converse(Mdns, [(C, both)]) if isinstance(one, Attribute)}
    assert found["Office v2.1._ipp._tcp"] == found["office-printer"] == OWN
    assert found["Lamp._hap._tcp"] == found["_hap._tcp md=L10"] == found["lamp"] == ("192.0.2.50",)
    assert found["Speaker._raop._tcp"] == found["_raop._tcp am=S1"] == ()
