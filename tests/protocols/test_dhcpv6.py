"""DHCPv6 messages by RFC 8415 8 and 21, FQDN by RFC 4704."""

from __future__ import annotations

import ipaddress
import struct

import pytest

from sensor.events import Attribute, Binding
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.dhcpv6 import HOP_LIMIT, PROTOCOL, Dhcpv6, embedded_mac, recognise
from tests.conversation import C, Run, S, converse
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


def said(*options: bytes, kind: int = 1) -> list[tuple[str, str]]:
    found = converse(Dhcpv6, [(C, message(kind, *options))], damage=False)
    return [(a.field, a.value) for a in found if isinstance(a, Attribute)]


@pytest.mark.parametrize(
    ("kind", "name"),
    [(1, "SOLICIT"), (3, "REQUEST"), (4, "CONFIRM"), (5, "RENEW"), (6, "REBIND"), (8, "RELEASE"), (9, "DECLINE"),
     (11, "INFORMATION-REQUEST"), (2, None), (7, None), (10, None)],
)  # fmt: skip
def test_kinds_of_messages(kind: int, name: str | None) -> None:
    """RFC 8415 7.3: those of servers (ADVERTISE, REPLY, RECONFIGURE) say nothing of their sender."""
    text = option(39, b"\0\4lamp")
    assert said(text, kind=kind) == ([("dhcpv6.message", name), ("dhcpv6.fqdn", "lamp")] if name else [])


@pytest.mark.parametrize("kind", [0, 14, 36, 255])
def test_other_kinds_are_malformed(kind: int) -> None:
    with pytest.raises(Malformed):
        Run(Dhcpv6()).feed(C, message(kind))


@pytest.mark.parametrize(
    ("duid", "mac"),
    [
        (struct.pack("!HHI", 1, 1, 7) + MAC, True), (struct.pack("!HH", 3, 1) + MAC, True),
        (struct.pack("!HHI", 1, 6, 7) + MAC, False), (struct.pack("!HH", 3, 32) + MAC, False),
        (struct.pack("!HH", 2, 1) + MAC, False), (struct.pack("!HH", 4, 1) + MAC, False),
        (struct.pack("!HH", 3, 1) + MAC[:5], False), (struct.pack("!HH", 3, 1) + b"\1" + MAC[1:], False), (b"", False),
    ],
)  # fmt: skip
def test_macs_in_identifiers(duid: bytes, mac: bool) -> None:
    """RFC 8415 11.2 and 11.4, hardware type 1; a group address is no station's."""
    assert embedded_mac(duid) == ("02:00:00:00:0a:01" if mac else None)


def test_options_of_a_client() -> None:
    first = ("dhcpv6.message", "SOLICIT")
    enterprise = struct.pack("!HI", 2, 311)
    for options, found in (
        ((option(1, enterprise + b"x"),), [("dhcpv6.duid", (enterprise + b"x").hex()), ("dhcpv6.enterprise", "311")]),
        ((option(1, enterprise),), [("dhcpv6.duid", enterprise.hex())]),
        ((option(6, b"\0\x17\0"),), [("dhcpv6.parameters", "23")]),
        ((option(6, b"\0\x17\0\x18"),), [("dhcpv6.parameters", "23,24")]),
        ((option(15, b"\0\1a\0\2bc\0"),), [("dhcpv6.user_class", "a,bc")]),
        ((option(16, struct.pack("!I", 9)),), []),
        ((option(16, struct.pack("!IH", 9, 1) + b"v"),), [("dhcpv6.enterprise", "9"), ("dhcpv6.vendor_class", "v")]),
        ((option(17, struct.pack("!I", 9)),), [("dhcpv6.enterprise", "9")]),
        ((option(17, b"\0\0\x09"),), []),
        ((option(112, b"https://m.example/x"),), [("dhcpv6.mud_url", "https://m.example/x")]),
        ((option(39, b"\0\1a\1b\0\1c"),), [("dhcpv6.fqdn", "a.b")]),
        ((option(39, b"\0\x3f" + b"a" * 63),), [("dhcpv6.fqdn", "a" * 63)]),
        ((option(39, b""), option(39, b"\0"), b"\0\x27\0"), []),
    ):
        assert said(*options) == [first, *found]
    with pytest.raises(Malformed):
        Run(Dhcpv6()).feed(C, message(1, option(39, b"\0\x40" + b"a" * 64)))


def binding(
    identity: bytes, address: bytes = LEASED, seconds: int = 7200, inner: int = 5, duid: bytes = DUID_LLT
) -> int:
    given = option(3, identity + option(inner, address + struct.pack("!II", 1, seconds)))
    return len(converse(Dhcpv6, [(S, message(7, option(1, duid), given))], damage=False))


def test_what_binds_and_what_does_not() -> None:
    """RFC 8415 21.4, 21.6: twelve bytes of an association, then addresses of 24 bytes; lifetime 0 ends one."""
    assert binding(bytes(12)) == 1
    assert binding(bytes(12), seconds=1) == 1
    assert binding(bytes(12), seconds=0) == binding(bytes(12), inner=6) == binding(bytes(12), LEASED[:15]) == 0
    assert binding(bytes(12), duid=struct.pack("!HH", 4, 1) + MAC) == 0
    assert binding(bytes(12), ipaddress.IPv6Address("ff02::1").packed) == 0
    for short in (b"", bytes(11)):
        assert converse(Dhcpv6, [(S, message(7, option(1, DUID_LLT), option(3, short)))], damage=False) == []
    other = option(25, bytes(12) + option(5, LEASED + struct.pack("!II", 1, 7200)))
    assert converse(Dhcpv6, [(S, message(7, option(1, DUID_LLT), other))], damage=False) == []
    assert converse(Dhcpv6, [(S, message(7, lease(7200)))], damage=False) == []


def test_how_many_relays_are_followed() -> None:
    """RFC 8415 7.6: HOP_COUNT_LIMIT is 8."""
    for hops, found in ((HOP_LIMIT, 1), (HOP_LIMIT + 1, 0)):
        inside = message(7, option(1, DUID_LLT), lease(7200))
        for _ in range(hops):
            inside = bytes([13, 0]) + bytes(32) + option(9, inside)
        run = Run(Dhcpv6())
        try:
            run.feed(S, inside)
        except Malformed:
            assert not found
        assert len(run.parsed) == found
    assert converse(Dhcpv6, [(S, bytes([13, 0]) + bytes(32) + option(18, b"port 7"))], damage=False) == []


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "independent", "only_at_home", ports={546, 547}, transport=Transport.UDP)
