"""802.11 frames: aggregates, statements, padding, what is cut; nothing crashes on damage."""

from __future__ import annotations

import struct
import zlib

import pytest

from sensor.decode._inside import CUT, NOT_READ
from sensor.decode.wlan import MAX_SUBFRAMES, Radio, avs, header_size, prism, radiotap
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


def management(subtype: int, elements: bytes, *, before: int, flags: int = 0) -> bytes:
    """IEEE 802.11-2020 9.3.3: receiver, sender, network, sequence, fixed fields, elements."""
    return bytes([subtype << 4, flags, 0, 0]) + B + A + AP + bytes(2) + bytes(before) + elements


SETUP = bytes([221, 6]) + b"\x00\x50\xf2\x04ab"


@pytest.mark.parametrize(("subtype", "before"), [(0, 4), (2, 10), (5, 12), (8, 12)])
def test_what_a_frame_of_management_says_of_its_sender(subtype: int, before: int) -> None:
    """The elements stand behind the fields that each kind has (9.3.3.6, .8, .10, .3): its name, Wi-Fi's set-up."""
    spoken = b"\0\4home" + SETUP
    for said, kept in ((spoken, spoken), (b"\1\2ab" + SETUP, SETUP), (bytes([221, 4]) + b"\x00\x50\xf2\x02", b"")):
        assert Radio().read(management(subtype, said, before=before)) == [
            (1, B + A + b"\x05\xfe" + bytes([subtype]) + kept)
        ]
    protected = management(subtype, spoken, before=before, flags=0x40)
    assert Radio().read(protected) == [(NOT_READ, "802.11 management or control")]


@pytest.mark.parametrize("subtype", [1, 3, 4, 10, 11, 12])
def test_others_say_nothing(subtype: int) -> None:
    assert Radio().read(management(subtype, b"\0\4home", before=12)) == [(NOT_READ, "802.11 management or control")]


@pytest.mark.parametrize(
    ("control", "flags", "size"),
    [(0x08, 0, 24), (0x08, 3, 30), (0x88, 0, 26), (0x88, 1, 26), (0x88, 0x80, 30), (0x88, 3, 32), (0x88, 0x83, 36),
     (0x08, 0x80, 24), (0x80, 0x80, 24)],
)  # fmt: skip
def test_the_header_of_a_data_frame(control: int, flags: int, size: int) -> None:
    """9.3.2.1: a fourth address between two, QoS control of two bytes, HT control of four with the order bit."""
    assert header_size(bytes([control, flags])) == size


@pytest.mark.parametrize(("flags", "target", "source"), [(0, B, A), (1, AP, A), (2, B, AP), (3, AP, ALL)])
def test_who_sends_to_whom(flags: int, target: bytes, source: bytes) -> None:
    """9.3.2.1, table 9-30: the addresses by the bits To DS and From DS."""
    fourth = ALL if flags == 3 else b""
    frame = bytes([8, flags, 0, 0]) + B + A + AP + bytes(2) + fourth + LLC
    assert Radio().read(frame) == [(1, target + source + INSIDE)]


def test_what_is_part_of_a_frame_is_not_read() -> None:
    for flags, sequence in ((4, b"\0\0"), (0, b"\1\0"), (0, b"\x0f\0")):
        frame = bytes([8, flags, 0, 0]) + B + A + AP + sequence + LLC
        assert Radio().read(frame) == [(NOT_READ, "802.11 fragments")]
    assert Radio().read(bytes([8, 0, 0, 0]) + B + A + AP + b"\x10\0" + LLC) == [(1, B + A + INSIDE)]
    assert Radio().read(bytes([0x48, 0, 0, 0]) + B + A + AP + bytes(2)) == []  # null data


def test_what_is_protected_is_named_by_how() -> None:
    """12.5.2: WEP has no extended IV, whose bit is the sixth of the fourth byte."""
    for bits, ethertype in ((0x00, b"\x05\xfc"), (0x20, b"\x05\xfd"), (0xC0, b"\x05\xfc")):
        body = bytes([1, 2, 3, bits]) + bytes(20)
        frame = bytes([8, 0x41, 0, 0]) + AP + A + B + bytes(2) + body
        assert Radio().read(frame) == [(1, B + A + ethertype + body)]


def test_frames_in_one_are_padded_to_words_and_end_with_it() -> None:
    """9.3.2.2: each but the last; what is cut behind it is none."""
    one = B + A + struct.pack("!H", len(LLC)) + LLC
    other = A + B + struct.pack("!H", 9) + LLC[:9]
    frame = b"\x88\0\0\0" + B + A + AP + bytes(2) + b"\x80\0" + one + bytes(-len(one) % 4) + other
    assert Radio().read(frame) == [(1, B + A + INSIDE), (1, A + B + LLC[6:9])]
    assert Radio().read(frame + bytes(-len(other) % 4) + other[:13]) == [(1, B + A + INSIDE), (1, A + B + LLC[6:9])]


@pytest.mark.parametrize(
    ("header", "size"),
    [
        (b"\0\0\x08\0\0\0\0\0", 8),
        (b"\0\0\x09\0\2\0\0\0\0", 9),  # flags
        (b"\0\0\x11\0\3\0\0\0" + bytes(9), 17),  # time, then flags
        (b"\0\0\x19\0\3\0\0\x80" + bytes(4) + bytes(4) + bytes(9), 25),  # two words, time at a multiple of eight
        (b"\0\0\x09\0\1\0\0\0\x40", 9),  # no flags, whatever stands there
    ],
)
def test_headers_of_the_capturing_program(header: bytes, size: int) -> None:
    assert len(header) == size
    assert radiotap(header + b"\x08frame", b"") == (105, b"\x08frame")


def test_a_frame_with_a_bad_check_sequence_is_not_read() -> None:
    assert radiotap(b"\0\0\x09\0\2\0\0\0\x40\x08", b"") == (NOT_READ, "802.11 with a bad check sequence")
    timed = b"\0\0\x11\0\3\0\0\0" + bytes(8) + b"\x40" + b"\x08"
    assert radiotap(timed, b"") == (NOT_READ, "802.11 with a bad check sequence")


def test_lengths_in_headers_of_drivers() -> None:
    assert prism(b"\x44\0\0\0\x0c\0\0\0" + bytes(4) + b"frame", b"") == (105, b"frame")
    assert prism(b"\0\0\0\x44\0\0\0\x0c" + bytes(4) + b"frame", b"") == (105, b"frame")
    assert avs(b"\x80\x21\x10\x01\0\0\0\x0a" + bytes(2) + b"frame", b"") == (105, b"frame")


def frame_of(subtype: int, ssid: bytes) -> bytes:
    """From the access point, or from a station to it: associations are requests (9.3.3.5, .7)."""
    ends = A + AP + AP if subtype in (5, 8) else AP + A + AP
    before = {0: 4, 2: 10, 5: 12, 8: 12}[subtype]
    return bytes([subtype << 4, 0, 0, 0]) + ends + bytes(2 + before) + bytes([0, len(ssid)]) + ssid


@pytest.mark.parametrize("subtype", [0, 2, 5, 8])
@pytest.mark.parametrize(
    ("names", "state"),
    [
        ([SSID.encode()], "wrong"),
        ([b"another"], "no_handshake"),
        ([SSID.encode(), b""], "wrong"),  # a hidden name takes none away
        ([SSID.encode(), bytes(5)], "wrong"),
        ([b""], "no_handshake"),
        ([b"another", SSID.encode()], "wrong"),
    ],
)
def test_whose_handshake_it_was_is_known_by_the_name_of_the_access_point(
    subtype: int, names: list[bytes], state: str
) -> None:
    """A passphrase is called wrong only where the network of that name was heard."""
    radio = Radio([network_key(SSID, "another passphrase")])
    for name in names:
        radio.read(frame_of(subtype, name))
    for frame in Network().handshake():
        radio.read(frame)
    assert [one["state"] for one in radio.handshakes.states()] == [state]


def test_only_data_frames_are_padded_behind_their_header() -> None:
    """www.radiotap.org, Flags 0x20: between the header of 802.11 and the payload."""
    for first in (b"\x80\x03", b"\x8c\0", b"\xd4\x03"):
        frame = first + bytes(range(40))
        assert radiotap(b"\0\0\x09\0\2\0\0\0\x20" + frame, b"") == (105, frame)
    for first, size, pad in ((b"\x08\0", 24, 0), (b"\x88\0", 26, 2), (b"\x08\3", 30, 2), (b"\x88\x83", 36, 0)):
        head = first + bytes(range(size - 2))
        assert radiotap(b"\0\0\x09\0\2\0\0\0\x20" + head + b"??"[:pad] + LLC, b"") == (105, head + LLC)
        assert radiotap(b"\0\0\x09\0\2\0\0\0\0" + head + LLC, b"") == (105, head + LLC)


@pytest.mark.parametrize(
    ("llc", "payload"),
    [
        (b"\xaa\xaa\3\0\0\0\x08\0ab", b"\x08\0ab"),
        (b"\xaa\xaa\3\0\0\xf8\x81\x37ab", b"\x81\x37ab"),
        (b"\xaa\xaa\3\0\0\x0c\x20\0ab", b"\0\x0a\xaa\xaa\3\0\0\x0c\x20\0ab"),  # Cisco's own SNAP stays LLC
        (b"\x42\x42\3", b"\0\3\x42\x42\3"),
        (b"\x42\x42\3" + bytes(2000), b"\5\xdc\x42\x42\3" + bytes(2000)),  # the largest length of 802.3
    ],
)
def test_llc_becomes_ethernet(llc: bytes, payload: bytes) -> None:
    """RFC 1042: an ethertype where there is SNAP, else a length (IEEE 802.3 3.2.6)."""
    assert Radio().read(bytes([8, 0, 0, 0]) + B + A + AP + bytes(2) + llc) == [(1, B + A + payload)]


@pytest.mark.parametrize("size", [0, 1, 2])
def test_less_than_an_llc_is_cut(size: int) -> None:
    assert Radio().read(bytes([8, 0, 0, 0]) + B + A + AP + bytes(2) + b"\x42\x42"[:size]) == [(NOT_READ, CUT)]


def test_key_frames_that_are_relayed_between_two_access_points_are_none_of_theirs() -> None:
    """A handshake goes to or from an access point (To DS or From DS alone)."""
    for flags, state in ((0, "no_handshake"), (3, "no_handshake")):
        radio = Radio([network_key(SSID, PASSPHRASE)])
        radio.read(Network().beacon())
        for frame in Network().handshake():
            moved = frame[:1] + bytes([flags]) + frame[2:24] + (AP if flags == 3 else b"") + frame[24:]
            radio.read(moved)
        assert [one["state"] for one in radio.handshakes.states()] == [state]


def test_only_the_frame_read_last_says_whether_it_was_opened() -> None:
    network, radio = Network(), Radio([network_key(SSID, PASSPHRASE)])
    assert radio.decrypted is False
    for frame, opened in (
        *((frame, False) for frame in (network.beacon(), *network.handshake())),
        (network.data(LLC), True),
        (network.plain(1, LLC), False),
        (network.data(LLC), True),
        (network.data(LLC)[:-1], False),
        (b"", False),
    ):
        radio.read(frame)
        assert radio.decrypted is opened


@pytest.mark.parametrize("size", [0, 2, 3, 4])
def test_the_last_frame_of_an_aggregate_may_be_the_shortest(size: int) -> None:
    """9.3.2.2.2: fourteen bytes of header; less than an LLC is none."""
    llc = b"\x42\x42\3x"[:size]
    part = B + A + struct.pack("!H", size) + llc
    frame = b"\x88\1\0\0" + AP + A + B + bytes(2) + b"\x80\0"
    assert Radio().read(frame + part) == ([] if size < 3 else [(1, B + A + struct.pack("!H", size) + llc)])


def test_what_is_no_key_frame_is_none_whatever_its_bytes() -> None:
    """A handshake under another ethertype than 0x888E says nothing of a passphrase."""
    radio = Radio([network_key(SSID, "another passphrase")])
    for frame in (Network().beacon(), *Network().handshake()):
        radio.read(frame.replace(b"\x88\x8e", b"\x88\xc7"))
    assert [one["state"] for one in radio.handshakes.states()] == ["no_handshake"]
