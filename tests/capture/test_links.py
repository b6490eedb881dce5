"""Link types by name."""

from __future__ import annotations

from sensor.capture import links


def test_names() -> None:
    assert links.name(1) == "Ethernet"
    assert links.name(195) == "IEEE 802.15.4"
    assert links.name(40_000) == "unknown link type 40000"


def test_numbers_of_the_common_ones() -> None:
    """https://www.tcpdump.org/linktypes.html, 2026-11-30; 12 and 14 are DLT_RAW's numbers of systems."""
    by_number = {
        0: "BSD loopback", 1: "Ethernet", 3: "AX.25", 6: "Token Ring", 7: "ARCNET", 8: "SLIP", 9: "PPP", 10: "FDDI",
        12: "raw IP", 14: "raw IP", 15: "BSD/OS SLIP", 16: "BSD/OS PPP", 50: "PPP (HDLC)", 51: "PPPoE",
        100: "LLC/SNAP ATM", 101: "raw IP", 104: "Cisco HDLC", 105: "802.11", 107: "Frame Relay",
        108: "OpenBSD loopback", 113: "Linux cooked", 114: "LocalTalk", 117: "pflog", 119: "802.11 with Prism header",
        127: "802.11 with radiotap", 163: "802.11 with AVS header", 192: "PPI", 195: "IEEE 802.15.4", 197: "ERF",
        228: "raw IPv4", 229: "raw IPv6", 239: "nflog", 276: "Linux cooked v2",
    }  # fmt: skip
    assert {number: links.name(number) for number in by_number} == by_number


def test_numbers_of_nothing_are_said_as_numbers() -> None:
    nothing = [2, 4, 5, 11, 13, 17, 49, 52, 98, 102, 103, 106, 110, 112, 115, 208]
    assert [links.name(number) for number in nothing] == [f"unknown link type {number}" for number in nothing]


def test_every_number_of_the_registry_and_no_other() -> None:
    """https://www.tcpdump.org/linktypes.html, 2026-11-30, up to 301; numbers of systems (DLT) beside them."""
    named = {0, 1, 3, *range(6, 11), 50, 51, *range(99, 102), 104, 105, *range(107, 110), 113, 114, *range(116, 124)}
    named |= {*range(127, 208), *range(209, 302)}
    of_systems = {12, 14, 15, 16}  # DLT_RAW and BSD/OS's SLIP and PPP
    assert set(links.NAMES) == named | of_systems
    assert list(links.NAMES) == sorted(links.NAMES)  # a number written twice, or in another's place
    assert {links.name(number) for number in range(147, 163)} == {"user-defined"}
