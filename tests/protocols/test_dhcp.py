"""DHCPv4 messages by the field tables of RFC 2131 and 2132."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Binding, Network, Weird
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.dhcp import PROTOCOL, Dhcp, full_name, prefix_length, read_options, recognise, user_class
from tests.conversation import C, Run, S, converse
from tests.protocols import openings

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


def test_which_headers_are_dhcp() -> None:
    """RFC 2131 §2: 1 asks and 2 answers; no hardware has more than 16 bytes of address, no message so many hops."""
    whole, bare = REQUEST, REQUEST[:236] + bytes(64)
    header = {0: ((1, 2), (0, 3)), 2: ((6, 0, 16), (17, 255)), 3: ((0, 1, 16), (17, 255))}
    for server in (False, True):
        openings.values(recognise, whole, header, port=1067, server=server, udp=True)
    openings.values(recognise, whole, {236: ((0x63,), (0,)), 239: ((0x63,), (0,))}, otherwise=Match.WEAK, udp=True)
    openings.values(
        recognise, bare, {0: ((1, 2), (0, 3)), 1: ((1,), (0, 6)), 2: ((6,), (5, 7)), 34: ((0,), (1,)), 43: ((0,), (1,)),
        33: ((0, 1), ()), 44: ((0, 1), ())}, found=Match.WEAK, udp=True,
    )  # fmt: skip
    assert recognise(openings.of(REQUEST[:235], udp=True)) is Match.NO
    assert recognise(openings.of(REQUEST[:236], udp=True)) is Match.WEAK
    assert recognise(openings.of(b"", udp=True)) is Match.MORE


@pytest.mark.parametrize(
    ("kind", "name"),
    [(1, "DISCOVER"), (2, "OFFER"), (3, "REQUEST"), (4, "DECLINE"), (5, "ACK"), (6, "NAK"), (7, "RELEASE"),
     (8, "INFORM"), (9, None), (0, None), (255, None)],
)  # fmt: skip
def test_kinds_of_messages(kind: int, name: str | None) -> None:
    """RFC 2132 9.6. Only an ACK gives an address."""
    asked = converse(Dhcp, [(C, message(1, option(53, bytes([kind])) + b"\xff"))], damage=False)
    assert attribute("dhcp.client_mac", "02:00:00:00:0a:01") in asked
    assert [a.value for a in asked if isinstance(a, Attribute) and a.field == "dhcp.message"] == (
        [name] if name else []
    )
    replied = message(2, option(53, bytes([kind])) + b"\xff", assigned=bytes([192, 0, 2, 60]))
    assert len(converse(Dhcp, [(S, replied)], damage=False)) == (kind == 5)


@pytest.mark.parametrize(("bits", "read"), [(0, ""), (1, "file"), (2, "names"), (3, "filenames"), (4, "")])
def test_which_fields_hold_options_too(bits: int, read: str) -> None:
    """RFC 2132 9.3: 1 the file, 2 the name of the server, 3 both."""
    data = message(1, option(52, bytes([bits])) + b"\xff", file=option(60, b"file"), names=option(60, b"names"))
    found = [a.value for a in converse(Dhcp, [(C, data)], damage=False) if isinstance(a, Attribute)]
    assert found == ["02:00:00:00:0a:01", *([read] if read else [])]


def replied(*options: bytes, assigned: bytes = bytes([192, 0, 2, 60])) -> list[object]:
    data = message(2, option(53, b"\x05") + b"".join(options) + b"\xff", assigned=assigned)
    return list(converse(Dhcp, [(S, data)], damage=False))


def test_leases_and_networks_only_from_whole_options() -> None:
    binding = Binding(mac="02:00:00:00:0a:01", address="192.0.2.60", via="dhcp")
    for lease in (b"\0\0\x0e", b"\0\0\0\x0e\x10"):
        assert replied(option(51, lease)) == [binding]
    assert replied(option(51, b"\0\0\x0e\x10")) == [
        Binding(mac="02:00:00:00:0a:01", address="192.0.2.60", via="dhcp", seconds=3600)
    ]
    for mask in (b"\xff\xff\xff", b"\xff\xff\xff\0\0", b"\xff\0\xff\0", bytes(4), b"\xff" * 4):
        assert replied(option(1, mask)) == [binding]
    for router, named in ((bytes([192, 0, 2, 1]), "192.0.2.1"), (bytes([192, 0, 2]), None), (bytes(4), None)):
        assert replied(option(1, b"\xff\xff\xff\0"), option(3, router)) == [
            binding, Network(prefix="192.0.2.0/24", router=named),
        ]  # fmt: skip
    for nobody in (bytes(4), bytes([224, 0, 0, 1]), bytes([127, 0, 0, 1])):
        assert replied(assigned=nobody) == []


def test_hardware_and_lengths() -> None:
    """Only an Ethernet address of six bytes names a station; more than sixteen bytes are no address."""
    whole = message(1, option(12, b"lamp") + b"\xff")
    for place, value in ((1, 6), (2, 5), (2, 0)):
        data = whole[:place] + bytes([value]) + whole[place + 1 :]
        assert converse(Dhcp, [(C, data)], damage=False) == [attribute("dhcp.hostname", "lamp")]
    for place, value, whole_one in ((2, 16, True), (2, 17, False), (0, 0, False), (0, 3, False)):
        run = Run(Dhcp())
        data = whole[:place] + bytes([value]) + whole[place + 1 :]
        if whole_one:
            run.feed(C, data)
            assert attribute("dhcp.hostname", "lamp") in run.parsed
        else:
            with pytest.raises(Malformed):
                run.feed(C, data)


@pytest.mark.parametrize(
    ("area", "options", "damaged"),
    [
        (b"\x0c\x01a", {12: b"a"}, False),
        (b"\x0c\x00\xff\x0c\x01a", {12: b""}, False),
        (b"\0\0\x0c\x01a\0", {12: b"a"}, False),
        (b"\x0c\x01a\x0c\x01b", {12: b"ab"}, False),
        (b"\x0c\x01a\x0d", {12: b"a"}, True),
        (b"\x0c\x01a\x0d\x02b", {12: b"a"}, True),
        (b"\x0c\x01a\x0d\x01b", {12: b"a", 13: b"b"}, False),
        (b"", {}, False),
    ],
)
def test_options_of_an_area(area: bytes, options: dict[int, bytes], damaged: bool) -> None:
    """RFC 2132 §2: code, length, value; pad 0 and end 255 stand alone; RFC 3396: parts of one code are joined."""
    found, damage = read_options(area)
    assert (found, damage is not None) == (options, damaged)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"", ""), (b"\0\0\0", ""), (b"\4\0\0", ""), (b"\4\0\0\0", ""), (b"\0\0\0a", "a"),
        (b"\4\0\0\1a\1b", "a.b"), (b"\4\0\0\1a\0\1b", "a"), (b"\5\0\0\x3f" + b"a" * 63 + b"\0", "a" * 63),
        (b"\1\0\0a.b.", "a.b"),
    ],
)  # fmt: skip
def test_full_names(value: bytes, name: str) -> None:
    """RFC 4702 §2: three bytes, then text or, with the E bit (4), labels of at most 63 bytes."""
    assert full_name(value) == name


def test_a_label_is_not_longer_than_63() -> None:
    with pytest.raises(Malformed):
        full_name(b"\4\0\0\x40" + b"a" * 64)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(b"\1a", "a"), (b"\1a\2bc", "a,bc"), (b"\1a\3bc", "a\x03bc"), (b"\0a", ""), (b"iPXE", "iPXE"), (b"", "")],
)
def test_user_classes(value: bytes, shown: str) -> None:
    """RFC 3004 §4: each with its length; what does not add up is bare text."""
    assert user_class(value).lstrip("\x01") == shown


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "independent", ports={67, 68, 4011}, transport=Transport.UDP)
