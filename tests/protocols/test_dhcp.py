"""DHCPv4 messages by the field tables of RFC 2131 and 2132."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Binding, Network, Weird
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.dhcp import PROTOCOL, Dhcp, prefix_length, recognise
from tests.conversation import C, S, converse

MAC = bytes.fromhex("020000000a01")


def option(code: int, value: bytes) -> bytes:
    return bytes([code, len(value)]) + value


def message(
    op: int,
    options: bytes,
    *,
    assigned: bytes = bytes(4),
    relay: bytes = bytes(4),
    names: bytes = b"",
    file: bytes = b"",
) -> bytes:
    head = (
        bytes([op, 1, 6, 0])
        + b"\x12\x34\x56\x78"
        + bytes(4)
        + bytes(4)
        + assigned
        + bytes(4)
        + relay
        + MAC.ljust(16, b"\0")
    )
    return head + names.ljust(64, b"\0") + file.ljust(128, b"\0") + b"\x63\x82\x53\x63" + options


def attribute(field: str, value: str) -> Attribute:
    return Attribute(field=field, value=value, side=C)


REQUEST = message(
    1,
    option(53, b"\x03") + option(61, b"\x01" + MAC) + option(50, bytes([192, 0, 2, 60])) + option(54,
    bytes([192, 0, 2, 1])) + b"\0"
    + option(12, b"lamp-hall\0") + option(60, b"udhcp 1.36.1") + option(77, b"\x04cams\x03lab") + option(81,
    b"\x04\0\0\x04lamp\x07example\0")
    + option(55, bytes([1, 3, 6, 12, 15, 28, 42])) + option(161, b"https://mud.example/lamp") + b"\xff",
)  # fmt: skip


def test_a_request_describes_the_client_in_the_order_of_its_parameters() -> None:
    assert converse(Dhcp, [(C, REQUEST)]) == [
        attribute("dhcp.client_mac", "02:00:00:00:0a:01"),
        attribute("dhcp.message", "REQUEST"),
        attribute("dhcp.hostname", "lamp-hall"),
        attribute("dhcp.vendor_class", "udhcp 1.36.1"),
        attribute("dhcp.parameters", "1,3,6,12,15,28,42"),
        attribute("dhcp.client_id", "01020000000a01"),
        attribute("dhcp.user_class", "cams,lab"),
        attribute("dhcp.fqdn", "lamp.example"),
        attribute("dhcp.mud_url", "https://mud.example/lamp"),
        attribute("dhcp.requested", "192.0.2.60"),
    ]


def test_an_ack_gives_binding_and_network_an_offer_neither() -> None:
    def reply(kind: int) -> bytes:
        return message(
            2,
            option(53, bytes([kind])) + option(54, bytes([192, 0, 2, 1])) + option(51, (86400).to_bytes(4, "big"))
            + option(1, bytes([255, 255, 255, 192])) + option(3, bytes([192, 0, 2, 1, 192, 0, 2, 2])) + b"\xff",
            assigned=bytes([192, 0, 2, 60]),
        )  # fmt: skip

    server = Attribute(field="dhcp.server", value="192.0.2.1", side=S)
    assert converse(Dhcp, [(S, reply(2))]) == [server]
    assert converse(Dhcp, [(S, reply(5))]) == [
        server,
        Binding(mac="02:00:00:00:0a:01", address="192.0.2.60", via="dhcp", seconds=86400),
        Network(prefix="192.0.2.0/26", router="192.0.2.1"),
    ]


def test_an_ack_to_inform_gives_no_lease() -> None:
    assert converse(Dhcp, [(S, message(2, option(53, b"\x05") + b"\xff"))]) == []


def test_what_a_relay_forwards_is_not_the_relays_own() -> None:
    relayed = message(1, option(53, b"\x01") + option(12, b"far-away") + b"\xff", relay=bytes([192, 0, 2, 254]))
    assert converse(Dhcp, [(C, relayed)]) == []


def test_long_options_are_joined_and_overloaded_fields_read() -> None:
    joined = message(1, option(53, b"\x01") + option(60, b"first-") + option(52, b"\x03") + b"\xff",
                     file=option(60, b"second-") + b"\xff", names=option(60, b"third") + b"\xff")  # fmt: skip
    assert attribute("dhcp.vendor_class", "first-second-third") in converse(Dhcp, [(C, joined)])


def test_bare_text_user_class_and_ascii_fqdn() -> None:
    parsed = converse(Dhcp, [(C, message(1, option(77, b"iPXE") + option(81, b"\0\0\0lamp.example.") + b"\xff"))])
    assert attribute("dhcp.user_class", "iPXE") in parsed
    assert attribute("dhcp.fqdn", "lamp.example") in parsed


def test_bootp_without_the_cookie() -> None:
    plain = message(2, b"", assigned=bytes([192, 0, 2, 9]))[:236] + bytes(64)
    assert converse(Dhcp, [(S, plain)]) == [Binding(mac="02:00:00:00:0a:01", address="192.0.2.9", via="dhcp")]


def test_a_cut_option_does_not_cost_those_before_it_nor_the_next_message() -> None:
    cut = message(1, option(12, b"lamp") + bytes([60, 200]) + b"short")
    parsed = converse(Dhcp, [(C, cut), (C, message(1, option(12, b"lamp") + b"\xff"))])
    assert [type(s) for s in parsed] == [Attribute, Attribute, Weird, Attribute, Attribute]
    assert parsed.count(attribute("dhcp.hostname", "lamp")) == 2


@pytest.mark.parametrize(
    ("mask", "length"), [("ffffff00", 24), ("fffffff8", 29), ("ff00ff00", None), ("00000000", None), ("ffffffff", None)]
)
def test_masks(mask: str, length: int | None) -> None:
    assert prefix_length(bytes.fromhex(mask)) == length


def test_recognised_by_content() -> None:
    def opening(data: bytes) -> Opening:
        return Opening(data, b"", 1068, 1067, Transport.UDP)

    assert recognise(opening(REQUEST)) is Match.SURE
    assert recognise(opening(REQUEST[:236] + bytes(64))) is Match.WEAK
    assert recognise(opening(b"\x01\x01\x06\x00" + b"A" * 300)) is Match.NO
    assert recognise(opening(b"GET / HTTP/1.1\r\n\r\n")) is Match.NO
    assert PROTOCOL.name == "dhcp"
