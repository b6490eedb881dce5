"""ARP packets by RFC 826 and RFC 5227."""

from __future__ import annotations

import pytest

from sensor.events import Binding, Weird
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.protocols.arp import PROTOCOL, Arp
from tests.conversation import C, Run, S, converse
from tests.protocols import openings

MAC = bytes.fromhex("020000000a01")
HERE, THERE, NOWHERE = bytes([192, 0, 2, 10]), bytes([192, 0, 2, 1]), bytes(4)


def packet(operation: int, mac: bytes, address: bytes, target: bytes) -> bytes:
    return b"\x00\x01\x08\x00\x06\x04" + operation.to_bytes(2, "big") + mac + address + bytes(6) + target + bytes(18)


CLAIM = Binding(mac="02:00:00:00:0a:01", address="192.0.2.10", via="arp", side=C)


def test_requests_replies_and_announcements_claim() -> None:
    for operation, target in ((1, THERE), (2, THERE), (1, HERE), (2, HERE)):
        assert converse(Arp, [(C, packet(operation, MAC, HERE, target))]) == [CLAIM]


def test_a_probe_claims_nothing() -> None:
    assert converse(Arp, [(C, packet(1, MAC, NOWHERE, HERE))]) == []


def test_claims_that_cannot_be() -> None:
    for mac in (b"\xff" * 6, bytes(6), bytes.fromhex("01005e000001")):
        assert [type(parsed) for parsed in converse(Arp, [(C, packet(2, mac, HERE, THERE))])] == [Weird]
    for address in (bytes([224, 0, 0, 1]), b"\xff" * 4, bytes([127, 0, 0, 1])):
        assert converse(Arp, [(C, packet(2, MAC, address, THERE))]) == []


def test_other_hardware_and_operations_are_passed_over() -> None:
    assert converse(Arp, [(C, packet(3, MAC, HERE, THERE))]) == []
    assert converse(Arp, [(C, b"\x00\x06" + packet(2, MAC, HERE, THERE)[2:])]) == []


@pytest.mark.parametrize("place", range(6))
def test_only_ethernet_with_ipv4_counts(place: int) -> None:
    """RFC 826: hardware 1, protocol 0x0800, lengths 6 and 4."""
    data = bytearray(packet(2, MAC, HERE, THERE))
    data[place] += 1
    assert converse(Arp, [(C, bytes(data))], damage=False) == []


@pytest.mark.parametrize(("operation", "claims"), [(0, 0), (1, 1), (2, 1), (3, 0), (8, 0), (0x0101, 0)])
def test_who_claims(operation: int, claims: int) -> None:
    """Requests and replies of either end claim the sender's pair; RARP and inverse ARP (RFC 903, 2390) do not."""
    found = converse(Arp, [(S, packet(operation, MAC, HERE, THERE))], damage=False)
    assert found == [Binding(mac="02:00:00:00:0a:01", address="192.0.2.10", via="arp", side=S)] * claims


def test_a_packet_that_is_cut_claims_nothing() -> None:
    for length in range(28):
        with pytest.raises(Malformed):
            Run(Arp()).feed(C, packet(2, MAC, HERE, THERE)[:length])


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "independent", transport=Transport.LINK, numbers={0x0806})
