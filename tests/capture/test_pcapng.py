"""pcapng: sections, interfaces, clocks, the three packet blocks, blocks passed over, damage."""

from __future__ import annotations

import io
import struct

import pytest

from tests.capture.files import block, enhanced, interface, obsolete, opened, option, records, section, simple

SECOND = 1_000_000_000


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("step", [1, 13, 1 << 20])
def test_packet_blocks_of_both_orders(order: str, step: int) -> None:
    data = section(order) + interface(order) + interface(order, 113)
    data += enhanced(
        order, 0, 1_700_000_000_000_001, b"abc", 60, option(order, 1, b"a comment") + option(order, 0, b"")
    )
    data += obsolete(order, 1, 1_700_000_000_000_002, b"defgh") + simple(order, b"ijklmnopq", 9)
    capture = opened(data, step)
    assert records(capture) == [
        (1, 1_700_000_000_000_001_000, b"abc", 60, 1),
        (2, 1_700_000_000_000_002_000, b"defgh", 5, 113),
        (3, 1_700_000_000_000_002_000, b"ijklmnopq", 9, 1),  # no time of its own: the latest packet's
    ]
    assert (capture.format, capture.damage, capture.link_types) == ("pcapng", None, ["Ethernet", "Linux cooked"])


def test_sections_number_their_interfaces_anew_and_may_change_order() -> None:
    data = section("<") + interface("<", 1) + enhanced("<", 0, 7, b"a")
    data += section(">") + interface(">", 101) + enhanced(">", 0, 8, b"b")
    assert [(record[1], record[2], record[4]) for record in records(opened(data))] == [
        (7000, b"a", 1),
        (8000, b"b", 101),
    ]


@pytest.mark.parametrize(
    ("resolution", "ticks", "time"),
    [
        (0, 1_700_000_000, 1_700_000_000 * SECOND),
        (3, 1_700_000_000_123, 1_700_000_000_123 * 1_000_000),
        (6, 1_700_000_000_123_456, 1_700_000_000_123_456_000),
        (9, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789),
        (10, 17_000_000_001_234_567_890, 1_700_000_000_123_456_789),
        (0x80 | 10, (1_700_000_000 << 10) | 512, 1_700_000_000 * SECOND + SECOND // 2),
        (0x80 | 20, (1_700_000_000 << 20) | (1 << 18), 1_700_000_000 * SECOND + SECOND // 4),
        (0x80 | 32, (1_700_000_000 << 32) | (1 << 31), 1_700_000_000 * SECOND + SECOND // 2),
        (0x80 | 0, 1_700_000_000, 1_700_000_000 * SECOND),
    ],
)
def test_clock_resolutions(resolution: int, ticks: int, time: int) -> None:
    data = section() + interface(options=option("<", 9, bytes([resolution]))) + enhanced("<", 0, ticks, b"x")
    assert records(opened(data))[0][1] == time


@pytest.mark.parametrize("resolution", [0, 6, 9, 10, 18, 19, 20, 30, 127, 128, 129, 158, 159, 190, 191, 192, 193, 255])
@pytest.mark.parametrize("ticks", [0, 1, 1 << 62, (1 << 63) - 1, (1 << 64) - 1])
def test_no_clock_leaves_the_range_of_times(resolution: int, ticks: int) -> None:
    for offset in (0, -(1 << 63), (1 << 63) - 1):
        options = option("<", 9, bytes([resolution])) + option("<", 14, struct.pack("<q", offset))
        data = section() + interface(options=options) + enhanced("<", 0, ticks, b"x")
        assert 0 <= records(opened(data))[0][1] <= 1 << 62


def test_clock_offset() -> None:
    data = (
        section(">")
        + interface(">", options=option(">", 14, struct.pack(">q", 1_700_000_000)))
        + enhanced(">", 0, 250_000, b"x")
    )
    assert records(opened(data))[0][1] == 1_700_000_000 * SECOND + SECOND // 4


def test_simple_packets_are_cut_to_the_snap_length() -> None:
    data = section() + interface(snap=6) + simple("<", b"abcdef", 100)
    assert records(opened(data)) == [(1, 0, b"abcdef", 100, 1)]


@pytest.mark.parametrize("size", [0, 5, 700_000, 3_000_000])
@pytest.mark.parametrize("step", [4096, 1 << 20])
def test_other_blocks_are_passed_over(size: int, step: int) -> None:
    secrets = block("<", 10, b"KSLT" + bytes(size))
    data = (
        section()
        + secrets
        + interface()
        + secrets
        + enhanced("<", 0, 1, b"a")
        + block("<", 0x0BAD, bytes(size))
        + enhanced("<", 0, 2, b"b")
    )
    capture = opened(data, step)
    assert [record[2] for record in records(capture)] == [b"a", b"b"]
    assert capture.damage is None


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (enhanced("<", 1, 1, b"x"), "is damaged"),  # of an interface that was never described
        (enhanced("<", 0, 1, b"x")[:-4] + b"\0\0\0\0", "is damaged"),
        (struct.pack("<II", 6, 33), "is damaged"),
        (struct.pack("<II", 6, 8), "is damaged"),
        (struct.pack("<II", 6, 0x7FFFFFFC), "is damaged"),
        (block("<", 6, struct.pack("<IIIII", 0, 0, 0, 400, 400) + bytes(8)), "is damaged"),
        (struct.pack("<III", 5, 4, 4), "has an impossible length"),
        (struct.pack("<III", 5, 13, 4), "has an impossible length"),
        (block("<", 5, bytes(8))[:-4] + b"\0\0\0\0", "ends otherwise than it began"),
        (block("<", 1, bytes(8))[:-4] + b"\0\0\0\0", "ends otherwise than it began"),
        (block("<", 1, bytes(4)), "describes an interface too shortly"),
        (struct.pack("<III", 1, 0x10000000, 4), "is far too long"),
        (
            block("<", 0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 2, 0, -1)),
            "begins a section of a version that is not known",
        ),
        (block("<", 0x0A0D0D0A, struct.pack("<IHHq", 0x11223344, 1, 0, -1)), "begins a section of unknown byte order"),
    ],
)
def test_damage_ends_the_reading_with_a_sentence(bad: bytes, words: str) -> None:
    good = section() + interface() + enhanced("<", 0, 1, b"a")
    capture = opened(good + bad + enhanced("<", 0, 2, b"b"), 50)
    assert [record[2] for record in records(capture)] == [b"a"]
    assert capture.damage is not None
    assert words in capture.damage
    assert f"{len(good)}" in capture.damage
    assert capture.damage.endswith("the packet before it was read")


def test_cut_at_every_byte() -> None:
    packets = [enhanced("<", 0, number, bytes(number)) for number in range(4)]
    parts = [section(), interface(), block("<", 5, bytes(40)), *packets]
    whole = b"".join(parts)
    ends = [len(b"".join(parts[:count])) for count in range(len(parts) + 1)]
    for cut in range(4, len(whole)):
        capture = opened(whole[:cut], 9)
        assert len(records(capture)) == sum(end <= cut for end in ends[4:])
        assert (capture.damage is None) == (cut in ends)
        if capture.damage:
            assert f"at byte {cut}" in capture.damage


def test_too_many_interfaces() -> None:
    capture = opened(section() + interface() * 4097)
    assert records(capture) == []
    assert capture.damage is not None
    assert "more than 4,096 interfaces" in capture.damage


def statistics(order: str, number: int, **counts: bytes | int) -> bytes:
    """An Interface Statistics Block (4.6): isb_ifrecv is option 4, isb_ifdrop 5."""
    options = b"".join(
        option(order, {"received": 4, "dropped": 5, "other": 6}[name], struct.pack(order + "Q", value))
        if isinstance(value, int)
        else option(order, {"received": 4, "dropped": 5, "other": 6}[name], value)
        for name, value in counts.items()
    )
    return block(order, 5, struct.pack(order + "III", number, 0, 0) + options)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("blocks", "received", "dropped"),
    [
        ([], None, None),
        ([{"received": 10}], 10, None),
        ([{"dropped": 3}], None, 3),
        ([{"received": 10, "dropped": 3}], 10, 3),
        ([{"received": 10, "dropped": 3}, {"received": 25, "dropped": 4}], 25, 4),  # since it began: the last counts
        ([{"other": 7}], None, None),
        ([{"received": b"\1\0\0\0"}], None, None),  # no count of 64 bits
    ],
)
def test_what_the_capturing_program_counted(
    order: str, blocks: list[dict[str, bytes | int]], received: int | None, dropped: int | None
) -> None:
    data = section(order) + interface(order) + enhanced(order, 0, 1, b"a")
    capture = opened(data + b"".join(statistics(order, 0, **one) for one in blocks))
    assert len(records(capture)) == 1 and capture.damage is None
    assert (capture.received, capture.dropped) == (received, dropped)


def test_counts_of_interfaces_and_sections_add_up() -> None:
    first = section() + interface() + interface() + statistics("<", 0, received=10, dropped=1)
    first += statistics("<", 1, received=5) + statistics("<", 2, received=1000)  # the third was never described
    second = section(">") + interface(">") + enhanced(">", 0, 1, b"a") + statistics(">", 0, received=100, dropped=20)
    capture = opened(first + second)
    assert len(records(capture)) == 1 and (capture.received, capture.dropped) == (115, 21)
    capture = opened(first + second + second)
    assert len(records(capture)) == 2 and (capture.received, capture.dropped) == (215, 41)


@pytest.mark.parametrize(
    ("kind", "text"),
    [(0x544C534B, b"CLIENT_RANDOM 00 11\n"), (0x57474B4C, b"")],  # TLS, WireGuard
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_secrets_are_taken_of_tls_only(order: str, kind: int, text: bytes) -> None:
    secrets = block(order, 10, struct.pack(order + "II", kind, 20) + b"CLIENT_RANDOM 00 11\n")
    capture = opened(section(order) + secrets + interface(order) + enhanced(order, 0, 1, b"a"))
    blocks = list(capture)
    assert sum(one.count for one in blocks) == 1 and capture.damage is None
    assert b"".join(one.secrets for one in blocks).strip() == text.strip()


def test_secrets_end_where_they_say() -> None:
    secrets = block("<", 10, struct.pack("<II", 0x544C534B, 6) + b"ABC DEXXXXXX")
    capture = opened(section() + secrets + secrets + interface() + enhanced("<", 0, 1, b"a"))
    assert b"".join(one.secrets for one in capture).split(b"\n") == [b"ABC DE", b"ABC DE", b""]


def test_secrets_may_be_followed_by_options() -> None:
    """Their length says where they end (4.7), and the block's own where everything does."""
    text = b"ABC DEF GHIJ"
    inside = block("<", 10, struct.pack("<II", 0x544C534B, len(text)) + text + option("<", 1, b"a comment"))
    claims_more = block("<", 10, struct.pack("<II", 0x544C534B, 400) + text)
    for secrets in (inside, claims_more):
        capture = opened(section() + secrets + interface() + enhanced("<", 0, 1, b"a"))
        assert b"".join(one.secrets for one in capture) == text + b"\n" and capture.damage is None


def test_secrets_that_end_otherwise_are_damage() -> None:
    good = section() + interface() + enhanced("<", 0, 1, b"a")
    secrets = block("<", 10, struct.pack("<II", 0x544C534B, 4) + b"ABCD")
    capture = opened(good + secrets[:-4] + b"\0\0\0\0" + enhanced("<", 0, 2, b"b"))
    assert [record[2] for record in records(capture)] == [b"a"]
    assert capture.damage == (
        f"the block at byte {len(good)} ends otherwise than it began; the packet before it was read"
    )


@pytest.mark.parametrize("size", [0, 4, 8])
def test_counts_too_short_to_name_an_interface_are_passed_over(size: int) -> None:
    data = section() + interface() + block("<", 5, bytes(size)) + enhanced("<", 0, 1, b"a")
    capture = opened(data)
    assert [record[2] for record in records(capture)] == [b"a"]
    assert (capture.damage, capture.received, capture.dropped) == (None, None, None)


def test_secrets_too_short_to_hold_any_are_passed_over() -> None:
    for size in (0, 4):
        capture = opened(section() + block("<", 10, bytes(size)) + interface() + enhanced("<", 0, 1, b"a"))
        assert [record[2] for record in records(capture)] == [b"a"] and capture.damage is None


def test_an_option_that_is_not_whole_ends_the_options() -> None:
    """3.5: what follows cannot be found; the clock stays in microseconds."""
    options = struct.pack("<HH", 9, 40) + bytes(4)
    data = section() + interface(options=options) + enhanced("<", 0, 7, b"a")
    assert records(opened(data)) == [(1, 7000, b"a", 1, 1)]


def test_options_end_at_their_end() -> None:
    """opt_endofopt (3.5): what stands behind it is no option."""
    options = option("<", 0, b"") + option("<", 9, b"\3")
    data = section() + interface(options=options) + enhanced("<", 0, 7, b"a")
    assert records(opened(data)) == [(1, 7000, b"a", 1, 1)]


@pytest.mark.parametrize(
    ("options", "time"),
    [
        (option("<", 9, b"\3"), 7_000_000),
        (option("<", 9, b"\3\3"), 7000),  # if_tsresol has one byte (4.2)
        (option("<", 9, b""), 7000),
        (option("<", 14, struct.pack("<q", 2)), 2 * SECOND + 7000),
        (option("<", 14, struct.pack("<i", 2)), 7000),  # if_tsoffset has eight
        (option("<", 14, struct.pack("<qi", 2, 0)), 7000),
        (option("<", 14, struct.pack("<q", -2)), 0),
        (option("<", 14, struct.pack("<q", 2_000_000_000)), 2_000_000_000 * SECOND + 7000),
        (option("<", 10, b"\3"), 7000),
        (option("<", 2, b"eth0!") + option("<", 9, b"\0"), 7 * SECOND),  # a name of five bytes is padded to eight
        (option("<", 2, b"eth0") + option("<", 9, b"\0"), 7 * SECOND),
        (option("<", 9, b"\x09"), 7),
        (option("<", 9, b"\x0a"), 0),
        (option("<", 9, b"\x80"), 7 * SECOND),
        (option("<", 9, b"\x81"), 3 * SECOND + SECOND // 2),
    ],
)
def test_options_of_a_clock(options: bytes, time: int) -> None:
    assert records(opened(section() + interface(options=options) + enhanced("<", 0, 7, b"a"))) == [
        (1, time, b"a", 1, 1)
    ]


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (struct.pack("<I", 0x1A2B3C4D), False),
        (struct.pack("<IHH", 0x1A2B3C4D, 1, 0), False),
        (struct.pack("<IHHI", 0x1A2B3C4D, 1, 0, 0xFFFFFFFF), False),
        (struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1), True),
        (struct.pack("<IHHq", 0x1A2B3C4D, 1, 2, -1), True),  # a minor version is readable by who reads the major one
        (struct.pack("<IHHq", 0x1A2B3C4D, 0, 1, -1), False),
    ],
)
def test_a_section_has_its_length_and_a_version(body: bytes, whole: bool) -> None:
    """4.1: byte order, version 1.x, the section's length: 28 bytes with the block's own fields."""
    capture = opened(block("<", 0x0A0D0D0A, body) + interface() + enhanced("<", 0, 1, b"a"))
    assert len(records(capture)) == whole
    assert capture.damage == (
        None
        if whole
        else "the block at byte 0 begins a section of a version that is not known; no packet could be read before it"
    )


def test_an_interface_has_a_link_type_and_a_snap_length() -> None:
    for size, words in ((0, "too shortly"), (4, "too shortly"), (8, None), (12, None)):
        capture = opened(section() + block("<", 1, bytes(size)))
        assert records(capture) == []
        assert (capture.damage is None) if words is None else (words in str(capture.damage))


@pytest.mark.parametrize("kind", [1, 5, 10, 0x0A0D0D0A, 0x0BAD])
@pytest.mark.parametrize("length", [0, 4, 8, 10, 14, 30])
def test_lengths_that_no_block_has(kind: int, length: int) -> None:
    """3.1: twelve bytes at least, and a multiple of four."""
    good = section() + interface() + enhanced("<", 0, 1, b"a")
    bad = struct.pack("<III", kind, length, 0x1A2B3C4D) + bytes(40)
    capture = opened(good + bad)
    assert [one[2] for one in records(capture)] == [b"a"]
    assert capture.damage == f"the block at byte {len(good)} has an impossible length; the packet before it was read"


@pytest.mark.parametrize("step", [1, 5, 1 << 20])
@pytest.mark.parametrize("size", [0, 4, 8, 40])
def test_blocks_that_are_passed_over_must_end_as_they_began(size: int, step: int) -> None:
    good = section() + interface() + enhanced("<", 0, 1, b"a")
    other = block("<", 0x0BAD, bytes(size))
    whole = opened(good + other + enhanced("<", 0, 2, b"b"), step)
    assert [one[2] for one in records(whole)] == [b"a", b"b"] and whole.damage is None
    bad = other[:-4] + struct.pack("<I", len(other) + 4)
    capture = opened(good + bad + enhanced("<", 0, 2, b"b"), step)
    assert [one[2] for one in records(capture)] == [b"a"]
    assert capture.damage == (
        f"the block at byte {len(good)} ends otherwise than it began; the packet before it was read"
    )
    cut = opened(good + other[:-1], step)
    assert [one[2] for one in records(cut)] == [b"a"]
    assert cut.damage == (
        f"cut in the block after packet 1 at byte {len(good + other) - 1}; the packet before it was read"
    )


def test_a_cut_before_the_first_packet_names_the_first_blocks() -> None:
    capture = opened(section()[:-1])
    assert records(capture) == []
    assert capture.damage == "cut in the first blocks at byte 27; no packet could be read before it"


def test_counts_of_an_interface_that_the_section_did_not_describe_say_nothing() -> None:
    data = section() + interface() + statistics("<", 1, received=5, dropped=5) + enhanced("<", 0, 1, b"a")
    capture = opened(data)
    assert len(records(capture)) == 1 and (capture.received, capture.dropped) == (None, None)


def test_beside_another_reader() -> None:
    """dpkt's, which has been written by others: packets and times of all three clocks it knows."""
    dpkt = pytest.importorskip("dpkt")
    for resolution in (None, 3, 6, 9):
        options = b"" if resolution is None else option("<", 9, bytes([resolution]))
        data = section() + interface(options=options)
        scale = 10 ** (6 if resolution is None else resolution)
        data += b"".join(
            enhanced("<", 0, (1_700_000_000 + number) * scale + number, bytes([number]) * number) for number in range(9)
        )
        theirs = [(round(time * 1000), data) for time, data in dpkt.pcapng.Reader(io.BytesIO(data))]
        assert [(round(time / 10**6), packet) for _, time, packet, _, _ in records(opened(data))] == theirs


@pytest.mark.parametrize(
    ("sizes", "taken"), [([40], 1), ([44], 0), ([23, 16], 2), ([23, 20], 1), ([16, 20], 2), ([44, 20], 1)]
)
def test_secrets_are_bounded_each_and_all(sizes: list[int], taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block (20 bytes and its text) of 60 bytes may be read, and one of 60 with the text and line end before it."""
    monkeypatch.setattr("sensor.capture.pcapng.MAX_SECRETS", 60)
    data = section() + interface()
    for size in sizes:
        data += block("<", 10, struct.pack("<II", 0x544C534B, size) + b"x" * size)
    capture = opened(data + enhanced("<", 0, 1, b"a"))
    blocks = list(capture)
    assert sum(one.count for one in blocks) == 1 and capture.damage is None
    assert b"".join(one.secrets for one in blocks).count(b"\n") == taken
