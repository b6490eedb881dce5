"""802.11 frames: aggregates, statements, padding, what is cut; nothing crashes on damage."""

from __future__ import annotations

import struct
import zlib

from sensor.decode._inside import CUT, NOT_READ
from sensor.decode.wlan import MAX_SUBFRAMES, Radio, header_size, radiotap
from sensor.decode.wlan_keys import network_key
from tests.decode.test_wlan_keys import AP, INSIDE, LLC, PASSPHRASE, SSID, Network, read
from tests.decode.wire import ALL, A, B


def test_an_aggregate_in_an_encrypted_frame_is_taken_apart() -> None:
    network = Network()
    parts = [B + A + struct.pack("!H", len(LLC)) + LLC, ALL + A + struct.pack("!H", len(LLC)) + LLC]
    frame = network.data(parts[0] + bytes(-len(parts[0]) % 4) + parts[1], quality=b"\x80\0")
    found = read([network.beacon(), *network.handshake(), frame])[-2:]
    assert found == [(1, B + A + INSIDE), (1, ALL + A + INSIDE)]


def test_an_aggregate_has_a_bound() -> None:
    part = B + A + struct.pack("!H", 10) + LLC[:10] + bytes(0)
    frame = b"\x88\x01\0\0" + AP + A + B + bytes(2) + b"\x80\0" + part * 200
    assert len(Radio().read(frame)) == MAX_SUBFRAMES


def test_a_beacon_says_its_network_and_a_probe_of_a_passer_by_nothing() -> None:
    network = Network()
    (found,) = Radio().read(network.beacon())
    assert found == (1, ALL + AP + b"\x05\xfe\x08" + bytes([0, len(SSID)]) + SSID.encode())
    probe = b"\x40\0\0\0" + ALL + A + ALL + bytes(2) + b"\0\4home"
    assert Radio().read(probe) == [(NOT_READ, "802.11 management or control")]


def test_the_check_sequence_and_padding_are_no_content() -> None:
    frame = Network().plain(1, LLC)
    assert Radio().read(frame + zlib.crc32(frame).to_bytes(4, "little")) == Radio().read(frame)
    quality = b"\x88" + frame[1:24] + b"\0\0"
    assert header_size(quality) == 26
    tapped = b"\0\0\x09\0\2\0\0\0\x20" + quality + b"\0\0" + LLC
    link, data = radiotap(tapped, b"") or (0, b"")
    assert isinstance(data, bytes) and Radio().read(data) == [(1, AP + A + INSIDE)] and link == 105


def test_damage_is_named_and_crashes_nothing() -> None:
    network = Network()
    for frame in [network.beacon(), *network.handshake(), network.data(LLC, quality=b"\x80\0")]:
        radio = Radio([network_key(SSID, PASSPHRASE)])
        for size in range(len(frame)):
            radio.read(frame[:size])
        for at in range(len(frame)):
            radio.read(frame[:at] + b"\xff" + frame[at + 1 :])
    assert Radio().read(b"\x08\x01\0\0") == [(NOT_READ, CUT)]
