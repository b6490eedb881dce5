"""DHCPv6 messages by RFC 8415 8 and 21, FQDN by RFC 4704."""

from __future__ import annotations

import ipaddress
import struct

from sensor.events import Attribute, Binding
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.dhcpv6 import Dhcpv6, embedded_mac, recognise
from tests.conversation import C, S, converse
from tests.protocols import openings

MAC = bytes.fromhex("020000000a01")
DUID_LLT = struct.pack("!HHI", 1, 1, 700000000) + MAC
LEASED = ipaddress.IPv6Address("2001:db8:1::60").packed


def option(code: int, value: bytes) -> bytes:
    return struct.pack("!HH", code, len(value)) + value


def message(kind: int, *options: bytes) -> bytes:
    return bytes([kind]) + b"\x12\x34\x56" + b"".join(options)


SOLICIT = message(
    1, option(1, DUID_LLT), option(3, bytes(12)), option(6, struct.pack("!HHH", 23, 24, 39)),
    option(16, struct.pack("!IH", 311, 8) + b"MSFT 5.0"), option(15, struct.pack("!H", 4) + b"cams"),
    option(39, b"\0\x04lamp"),
)  # fmt: skip


def attributes(*pairs: tuple[str, str]) -> list[Attribute]:
    return [Attribute(field=field, value=value, side=C) for field, value in pairs]


def test_a_client_describes_itself() -> None:
    assert converse(Dhcpv6, [(C, SOLICIT)]) == attributes(
        ("dhcpv6.message", "SOLICIT"),
        ("dhcpv6.duid", DUID_LLT.hex()),
        ("dhcpv6.mac", "02:00:00:00:0a:01"),
        ("dhcpv6.parameters", "23,24,39"),
        ("dhcpv6.enterprise", "311"),
        ("dhcpv6.vendor_class", "MSFT 5.0"),
        ("dhcpv6.user_class", "cams"),
        ("dhcpv6.fqdn", "lamp"),
    )


def lease(seconds: int) -> bytes:
    return option(3, bytes(12) + option(5, LEASED + struct.pack("!II", seconds // 2, seconds)))


def test_a_reply_binds() -> None:
    assert converse(Dhcpv6, [(S, message(7, option(1, DUID_LLT), option(2, DUID_LLT), lease(7200)))]) == [
        Binding(mac="02:00:00:00:0a:01", address="2001:db8:1::60", via="dhcpv6", seconds=7200)
    ]
    assert converse(Dhcpv6, [(S, message(7, option(1, DUID_LLT), lease(0)))]) == []
    assert converse(Dhcpv6, [(S, message(2, option(1, DUID_LLT), lease(7200)))]) == []


def test_through_relays() -> None:
    inside = message(7, option(1, DUID_LLT), lease(7200))
    for _ in range(3):
        inside = bytes([13, 0]) + bytes(32) + option(9, inside)
    assert [type(parsed) for parsed in converse(Dhcpv6, [(S, inside)])] == [Binding]
    forwarded = bytes([12, 0]) + bytes(32) + option(9, SOLICIT)
    assert converse(Dhcpv6, [(C, forwarded)]) == []


def test_identifiers() -> None:
    assert embedded_mac(struct.pack("!HH", 3, 1) + MAC) == "02:00:00:00:0a:01"
    assert embedded_mac(struct.pack("!HI", 2, 9) + b"serial-number-7") is None
    assert embedded_mac(b"\0\4" + bytes(16)) is None
    parsed = converse(Dhcpv6, [(C, message(11, option(1, struct.pack("!HI", 2, 43793) + b"0001")))])
    assert attributes(("dhcpv6.enterprise", "43793"))[0] in parsed


def test_recognised() -> None:
    def of(data: bytes, port: int) -> Match:
        return recognise(Opening(data, b"", 40000, port, Transport.UDP))

    assert of(SOLICIT, 547) is Match.SURE
    assert of(SOLICIT, 5470) is Match.NO
    assert of(bytes.fromhex("0100000000000000"), 18193) is Match.NO  # SOME/IP adds up by accident
    assert recognise(Opening(b"", SOLICIT, 546, 40000, Transport.UDP)) is Match.SURE
    assert of(SOLICIT[:-1], 547) is Match.NO
    assert of(b"\x01\x02\x03\x04GET / HTTP", 547) is Match.NO


def test_options_that_fill_the_datagram_of_either_end() -> None:
    """RFC 8415 §8 and §9: four bytes before a client's options, 34 before a relay's; types 1 to 13."""
    solicit = b"\1\0\0\1" + b"\0\1\0\6" + bytes(6)
    openings.datagram(recognise, solicit, port=547, away=Match.NO, counts={0: 0, 7: 7})
    openings.datagram(recognise, solicit, port=546)
    assert recognise(openings.of(b"\x0e" + solicit[1:], 547, udp=True)) is Match.NO
    for kind in (12, 13):
        relayed = bytes([kind]) + bytes(33) + b"\0\x09\0\x0e" + solicit
        openings.datagram(recognise, relayed, port=547, away=Match.NO)
    assert recognise(openings.of(b"", 547, udp=True)) is Match.MORE
    assert recognise(openings.of(b"\1\0\0\1\0\1\0", 547, udp=True)) is Match.NO
