"""What a drill sends: who speaks, under which addresses and names."""

from __future__ import annotations

import ipaddress

from sensor.drill.set_piece import MACS, NAMES, PARTS, TOKEN, new_token, set_piece


def test_each_part_is_there_from_both_stations_under_its_own_names() -> None:
    piece = set_piece("abcd1234", 20)
    assert {(one.part, one.client) for one in piece.conversations} == {
        (part, side) for part in PARTS for side in (0, 1)
    }
    assert len({one.name for one in piece.conversations}) == len(piece.conversations) == 2 * (NAMES + 3)
    assert all("abcd1234" in one.name for one in piece.conversations)
    assert {one.vlan for one in piece.conversations if one.part == "VLAN"} == {20}
    assert {one.vlan for one in piece.conversations if one.part != "VLAN"} == {None}


def test_no_vlan_no_tagged_part() -> None:
    assert "VLAN" not in {one.part for one in set_piece("abcd1234", None).conversations}


def test_addresses_and_macs_are_nobodys() -> None:
    """RFC 5737 3 and RFC 3849 2; IEEE 802: locally administered, and no group."""
    reserved = [ipaddress.ip_network(one) for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    for number in range(300):
        for one in set_piece(f"drill{number}", 1).conversations:
            first, second = map(ipaddress.ip_address, one.addresses)
            assert first != second
            for address in (first, second):
                if address.version == 6:
                    assert address in ipaddress.ip_network("2001:db8::/32")
                    continue
                (network,) = [each for each in reserved if address in each]
                assert address not in (network.network_address, network.broadcast_address)
    assert all(int(mac[:2], 16) & 3 == 2 for mac in MACS)


def test_passwords_are_used_once() -> None:
    said = [text for piece in (set_piece("aaaa", 1), set_piece("aaaa", 1)) for one in piece.conversations
            for _, _, text in one.steps if text.startswith("PASS")]  # fmt: skip
    assert len(set(said)) == len(said) == 8
    assert TOKEN.fullmatch(new_token()) and new_token() != new_token()
