"""Reassembly: any order, overlaps, copies, holes, ages and bounds."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.decode.engine import DATAGRAM
from sensor.decode.fragments import MAX_BYTES, MAX_DATAGRAMS, MAX_SECONDS, PIECE_COST, Fragments
from tests.decode.wire import SECOND, Spec, ethernet, ip4, ip6, run, tcp, udp

BODY = bytes(range(256)) * 4
WHOLE = udp(BODY, 40000, 40001)


def pieces4(size: int = 400, ident: int = 7, whole: bytes = WHOLE, protocol: int = 17) -> list[bytes]:
    """RFC 791, 3.2: every piece but the last a multiple of 8 bytes, and marked that more follow."""
    return [
        ip4(whole[at : at + size], protocol, ident=ident, place=at // 8 | (0x2000 if at + size < len(whole) else 0))
        for at in range(0, len(whole), size)
    ]


def pieces6(size: int = 400, ident: int = 7, before: bytes = b"", first: int = 44) -> list[bytes]:
    """RFC 8200, 4.5: offset in units of 8 bytes in the upper 13 bits, M in the lowest."""
    found = []
    for at in range(0, len(WHOLE), size):
        place = at | (1 if at + size < len(WHOLE) else 0)
        found.append(
            ip6(before + b"\x11\0" + place.to_bytes(2, "big") + ident.to_bytes(4, "big") + WHOLE[at : at + size], first)
        )
    return found


def read(pieces: list[bytes], kind: int) -> list[bytes]:
    return [entry[-1] for entry in run([ethernet(piece, kind) for piece in pieces]).of(DATAGRAM)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_any_order_of_both_versions(order: tuple[int, ...]) -> None:
    four, six = pieces4(), pieces6()
    assert len(four) == len(six) == 3
    assert read([four[at] for at in order], 0x0800) == [BODY]
    assert read([six[at] for at in order], 0x86DD) == [BODY]


def test_the_frame_is_the_one_that_made_it_whole() -> None:
    ran = run([ethernet(piece) for piece in pieces4()])
    assert [entry[2] for entry in ran.of(DATAGRAM)] == [3]
    info = ran.ended[0][1]
    assert (info.client_port, info.server_port, info.payload, info.packets) == (40000, 40001, (1024, 0), (1, 0))
    assert ran.engine.packets == 3


def test_headers_before_the_fragment_header_stay() -> None:
    options = b"\x2c\0" + bytes(6)  # destination options, then the fragment header
    assert read(pieces6(before=options, first=60), 0x86DD) == [BODY]
    hop = b"\x33\0" + bytes(6)  # hop-by-hop, then AH (length in words of 4, RFC 4302), then the fragment header
    assert read(pieces6(before=hop + b"\x2c\x01" + bytes(10), first=0), 0x86DD) == [BODY]


def test_datagrams_are_not_mixed() -> None:
    one, two, three = pieces4(ident=1), pieces4(ident=2), pieces4(ident=1, whole=tcp(b"x" * 1000), protocol=6)
    mixed = [one[0], two[0], three[0], two[1], three[1], one[1], one[2], three[2], two[2]]
    assert read(mixed, 0x0800) == [BODY, BODY]


def test_the_first_copy_of_overlapping_ip4_bytes_stays() -> None:
    fragments = Fragments()
    first = ip4(b"A" * 16, 17, place=0x2000)
    second = ip4(b"B" * 24, 17, place=1 | 0x2000)  # bytes 8 to 32
    third = ip4(b"C" * 32, 17, place=0 | 0x2000)
    last = ip4(b"D" * 8, 17, place=4)
    assert fragments.add(first, 0, 36, 0) is None
    assert fragments.add(second, 0, 44, 0) is None
    assert fragments.add(third, 0, 52, 0) is None
    whole = fragments.add(last, 0, 28, 0)
    assert whole is not None
    assert whole[20:] == b"A" * 16 + b"B" * 16 + b"D" * 8
    assert int.from_bytes(whole[2:4], "big") == 60
    assert whole[6:8] == b"\0\0"


def test_overlapping_ip6_drops_the_datagram_and_copies_do_not() -> None:
    good = pieces6()
    assert read([good[0], good[0], good[1], good[1], good[2]], 0x86DD) == [BODY]
    shifted = ip6(b"\x11\0" + (392 | 1).to_bytes(2, "big") + (7).to_bytes(4, "big") + b"overlaps" * 2, 44)
    assert read([good[0], shifted, *good[1:], *good], 0x86DD) == []


@pytest.mark.parametrize(
    "bad",
    [
        ip4(b"x" * 9, 17, place=0x2000),  # more to follow, but no multiple of 8
        ip4(b"", 17, place=0x2000),
        ip4(b"x" * 16, 17, place=0x1FFF),  # past 65,535 (the ping of death)
    ],
)
def test_impossible_fragments_are_dropped(bad: bytes) -> None:
    ran = run([ethernet(bad)])
    assert ran.engine.undecoded == {"fragments whose rest is missing": 1}


def test_bytes_past_the_last_fragment_spoil_it() -> None:
    pieces = pieces4()
    past = ip4(b"y" * 8, 17, ident=7, place=300)
    assert read([pieces[2], past, pieces[0], pieces[1]], 0x0800) == []
    assert read([past, pieces[0], pieces[1], pieces[2]], 0x0800) == []


def test_fragments_cut_by_the_capture_are_not_joined() -> None:
    first, *rest = pieces4()
    packets: list[Spec] = [(0, ethernet(first)[:200], len(first) + 14), *((0.1, ethernet(piece)) for piece in rest)]
    ran = run(packets)
    assert ran.of(DATAGRAM) == []
    assert ran.engine.undecoded == {"fragments whose rest is missing": 3}


def test_waiting_ends_with_age() -> None:
    fragments = Fragments()
    first, second, third = pieces4()
    fragments.add(first, 0, len(first), 0)
    fragments.add(second, 0, len(second), 0)
    assert fragments.add(third, (MAX_SECONDS + 1) * SECOND, len(third), 0) is None
    assert fragments.lost == 2
    fragments.clear()
    assert fragments.lost == 3


def flood(fragments: Fragments, packets: list[bytes]) -> int:
    """Feeds them; the most memory that took, in bytes."""
    tracemalloc.start()
    for packet in packets:
        fragments.add(packet, 0, len(packet), 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_flood_of_datagrams_is_bounded() -> None:
    fragments = Fragments()
    flood(fragments, [ip4(b"x" * 8, 17, ident=ident, place=0x2000) for ident in range(MAX_DATAGRAMS + 500)])
    assert fragments.lost == 500
    assert fragments.bounds_hit == {"fragments waiting": 500}


def test_large_fragments_are_bounded_in_bytes() -> None:
    payload = bytes(65_000)
    assert flood(Fragments(), [ip4(payload, 17, ident=ident, place=0x2000) for ident in range(400)]) < 1.1 * MAX_BYTES


def test_small_fragments_cost_no_more_than_they_are_counted_for() -> None:
    """8 bytes of payload bring objects of ten times that: a flood of them must stay within MAX_BYTES as well."""
    packets = [
        ip4(b"y" * 8, 17, ident=ident, place=0x2000 | place) for ident in range(2) for place in range(0, 8000, 2)
    ]
    assert flood(Fragments(), packets) < len(packets) * (8 + PIECE_COST) + 100_000


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6), st.booleans()), max_size=30), st.integers(0, 1 << 30))
def test_any_course_of_fragments_agrees_with_a_byte_map(course: list[tuple[int, int, bool]], seed: int) -> None:
    """RFC 815's outcome, got the slow way: a map from place to the first byte that claimed it."""
    fragments = Fragments()
    chance = random.Random(seed)
    bytemap: dict[int, int] = {}
    end, spoiled, head = -1, False, False
    for start, units, more in course:
        data = chance.randbytes(units * 8)
        packet = ip4(data, 17, ident=1, place=start | (0x2000 if more else 0))
        whole = fragments.add(packet, 0, len(packet), 0)
        if more and not data:
            assert whole is None
            continue
        for at, value in enumerate(data, start * 8):
            bytemap.setdefault(at, value)
        head = head or start == 0
        if not more and end < 0:
            end = start * 8 + len(data)
        spoiled = spoiled or (end >= 0 and any(at >= end for at in bytemap))
        if start == 0 and not more and not data and not bytemap:
            break  # an empty datagram: nothing to compare
        if not spoiled and head and end >= 0 and all(at in bytemap for at in range(end)):
            assert whole is not None
            assert whole[20:] == bytes(bytemap[at] for at in range(end))
            bytemap, end, head = {}, -1, False
        else:
            assert whole is None


def add(fragments: Fragments, piece: bytes, time: int = 0, wire: int | None = None) -> bytes | None:
    return fragments.add(piece, time, len(piece) if wire is None else wire, 0 if piece[0] >> 4 == 4 else 40)


def test_each_fragment_that_is_given_up_counts_as_lost() -> None:
    fragments = Fragments()
    first, second, third = pieces4()
    assert add(fragments, first) is None and add(fragments, second) is None and fragments.lost == 0
    assert add(fragments, third, wire=len(third) + 1) is None  # cut by the capture
    assert fragments.lost == 1
    fragments.clear()
    assert fragments.lost == 3 and fragments.bounds_hit == {}
    assert add(fragments, third) is None and add(fragments, first) is None
    assert add(fragments, second) is not None and fragments.lost == 3


def test_what_became_whole_is_as_if_it_had_never_been_cut() -> None:
    """RFC 791 §3.2 and RFC 8200 §4.5: the length is that of all, the fragment's marks are gone."""
    for pieces, whole in ((pieces4(), ip4(WHOLE, 17, ident=7)), (pieces6(), ip6(WHOLE, 17))):
        fragments = Fragments()
        found = [add(fragments, piece) for piece in reversed(pieces)]
        assert found[:2] == [None, None] and found[2] is not None
        same = bytearray(whole)
        if whole[0] >> 4 == 4:
            same[10:12] = found[2][10:12]  # the checksum of the header is not looked at any more
            assert found[2][6:8] == b"\0\0"
        assert found[2] == bytes(same)


@pytest.mark.parametrize(("age", "whole"), [(MAX_SECONDS, True), (MAX_SECONDS + 0.001, False)])
def test_a_datagram_waits_so_long(age: float, whole: bool) -> None:
    fragments = Fragments()
    first, second, third = pieces4()
    add(fragments, first)
    add(fragments, second, int(age * SECOND / 2))
    assert (add(fragments, third, int(age * SECOND)) is not None) is whole
    assert fragments.lost == (0 if whole else 2)


def test_as_many_as_may_wait_wait_and_the_oldest_goes_first() -> None:
    fragments = Fragments()
    for ident in range(MAX_DATAGRAMS):
        add(fragments, pieces4(ident=ident)[0])
    assert fragments.lost == 0 and fragments.bounds_hit == {}
    add(fragments, pieces4(ident=MAX_DATAGRAMS)[0])
    add(fragments, pieces4(ident=MAX_DATAGRAMS + 1)[0])
    assert fragments.lost == 2 and fragments.bounds_hit == {"fragments waiting": 2}
    for ident, whole in ((2, True), (MAX_DATAGRAMS, True), (0, False), (1, False)):
        rest = pieces4(ident=ident)[1:]
        assert ([add(fragments, piece) for piece in rest][-1] is not None) is whole


@pytest.mark.parametrize("kind", [4, 6])
def test_overlapping_ones_spoil_the_datagram_of_version_6_alone(kind: int) -> None:
    """RFC 5722 §4: all of it, and what comes later, is dropped; a later one with another number is none of it."""
    fragments = Fragments()
    first, second, third = pieces4() if kind == 4 else pieces6()
    overlapping = (pieces4(size=408) if kind == 4 else pieces6(size=408))[0]
    assert add(fragments, first) is None and add(fragments, overlapping) is None
    found = [add(fragments, piece) for piece in (second, third, first)]
    assert any(one is not None for one in found) is (kind == 4)
    again = pieces4(ident=8) if kind == 4 else pieces6(ident=8)
    assert [add(fragments, piece) is not None for piece in again] == [False, False, True]


def test_what_waits_is_given_back_when_it_is_whole_spoiled_or_old() -> None:
    """Else a bound in bytes would be reached by datagrams that are gone."""
    fragments = Fragments()
    for ident in range(60):
        for piece in pieces4(ident=ident):
            add(fragments, piece)
    assert fragments._cost == 0
    for ident in range(60):
        first, second, third = pieces6(ident=ident)
        for piece in (first, pieces6(size=408, ident=ident)[0], second, third):
            add(fragments, piece)
    assert fragments._cost == 60 * PIECE_COST * 4
    add(fragments, pieces4(ident=1)[0], (MAX_SECONDS + 1) * SECOND)
    fragments.clear()
    assert fragments._cost == 0 and not fragments._waiting


def test_a_fragment_in_the_middle_has_whole_words_and_some() -> None:
    """RFC 791 §3.2: units of eight bytes; only the last one may end anywhere."""
    for size, fits in ((8, True), (16, True), (12, False), (0, False)):
        fragments = Fragments()
        piece = ip4(bytes(size), 17, ident=1, place=0x2000)
        assert add(fragments, piece) is None
        assert fragments.lost == (0 if fits else 1)
    fragments = Fragments()
    assert add(fragments, ip4(bytes(3), 17, ident=1, place=1)) is None and fragments.lost == 0
    assert add(fragments, ip4(bytes(8), 17, ident=1, place=0x2000)) is not None


def test_the_largest_datagram_has_65535_bytes_with_its_header() -> None:
    """RFC 791 §3.1: the total length has sixteen bits."""
    for size, whole in ((65_515, True), (65_516, False)):
        fragments = Fragments()
        body = bytes(size)
        found = [
            add(
                fragments,
                ip4(body[at : at + 32_768], 17, ident=9, place=at // 8 | (0x2000 if at + 32_768 < size else 0)),
            )
            for at in range(0, size, 32_768)
        ]
        assert (found[-1] is not None) is whole


def test_the_first_end_that_was_said_stays() -> None:
    """A second last fragment cannot move it: what is behind it spoils the datagram."""
    for where, whole in ((2, True), (4, False)):
        fragments = Fragments()
        add(fragments, ip4(bytes(8), 17, ident=1, place=2))  # the last one: 24 bytes in all
        add(fragments, ip4(bytes(8), 17, ident=1, place=where))
        add(fragments, ip4(bytes(8), 17, ident=1, place=0x2001))
        found = add(fragments, ip4(bytes(8), 17, ident=1, place=0x2000))
        assert (found is not None) is whole


@pytest.mark.parametrize(
    ("header", "first"), [(b"\x2c\1" + bytes(10), 51), (b"\x2c\0" + bytes(6), 0), (b"\x2c\1" + bytes(14), 60)]
)
def test_headers_before_it_have_their_own_units(header: bytes, first: int) -> None:
    """RFC 4302 §2.2: an authentication header counts words of four bytes; RFC 8200 §4.2: others words of eight."""
    ran = run([ethernet(piece, 0x86DD) for piece in pieces6(before=header, first=first)])
    assert [entry[-1] for entry in ran.of(DATAGRAM)] == [BODY]


def changed(packet: bytes, at: int) -> bytes:
    return packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]


@pytest.mark.parametrize(
    ("pieces", "at", "same"),
    [
        *((pieces4, at, False) for at in (4, 5, 9, *range(12, 20))),  # identification, protocol, both addresses
        *((pieces4, at, True) for at in (1, 8, 10)),  # service, hops and checksum may differ on the way
        *((pieces6, at, False) for at in (*range(8, 40), *range(44, 48))),  # both addresses, identification
        *((pieces6, at, True) for at in (1, 7, 40, 41)),  # traffic class, hops, the next header, reserved
    ],
)
def test_each_part_of_what_names_a_datagram_counts(pieces: Callable[[], list[bytes]], at: int, same: bool) -> None:
    """RFC 791 2.3 (with the protocol) and RFC 8200 4.5 (without it): pieces of another datagram are not its own."""
    first, second, third = pieces()
    fragments = Fragments()
    found = [add(fragments, first), add(fragments, changed(second, at)), add(fragments, third)]
    assert found[:2] == [None, None] and (found[2] is not None) is same


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 30), st.sampled_from([8, 16, 64, 400]))
def test_many_datagrams_at_once_are_each_made_whole_once(seed: int, size: int) -> None:
    """Beside a plain dict of what is missing of each: pieces in any order, some of them twice."""
    chance = random.Random(seed)
    whole = {ident: chance.randbytes(chance.randrange(1, 600)) for ident in range(5)}
    course = [
        (ident, at, ip4(body[at : at + size], 17, ident=ident, place=at // 8 | 0x2000 * (at + size < len(body))))
        for ident, body in whole.items()
        for at in range(0, len(body), size)
    ]
    chance.shuffle(course)
    course = [one for one in course for _ in range(chance.randrange(1, 3))]  # a copy follows its piece
    missing = {ident: set(range(0, len(body), size)) for ident, body in whole.items()}
    fragments, begun_again = Fragments(), 0
    for ident, at, piece in course:
        found = add(fragments, piece)
        if ident not in missing:  # the copy of the last one begins a datagram that is never whole
            begun_again += 1
            assert found is None or len(whole[ident]) <= size
            continue
        missing[ident].discard(at)
        assert (found is not None) is (not missing[ident])
        if found is not None:
            assert found[20:] == whole[ident] and int.from_bytes(found[2:4], "big") == 20 + len(whole[ident])
            assert int.from_bytes(found[4:6], "big") == ident
            del missing[ident]
    assert not missing
    fragments.clear()
    assert fragments.lost <= begun_again and fragments._cost == 0


@pytest.mark.parametrize(("size", "whole"), [(65_527, True), (65_528, False)])
def test_the_largest_datagram_of_version_6_counts_the_headers_before(size: int, whole: bool) -> None:
    """RFC 8200 3: the payload length has sixteen bits; extension headers, here eight bytes of options, count."""
    fragments, options = Fragments(), b"\x2c\0" + bytes(6)
    found = None
    for at in range(0, size, 32_768):
        place = at | (at + 32_768 < size)
        body = bytes(min(32_768, size - at))
        piece = ip6(options + b"\x11\0" + place.to_bytes(2, "big") + bytes(4) + body, 60, length=16 + len(body))
        found = fragments.add(piece, 0, len(piece), 48)
    assert (found is not None) is whole
    assert found is None or int.from_bytes(found[4:6], "big") == 65_535


def test_pieces_of_what_already_waits_are_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.decode.fragments.MAX_BYTES", 20_000)
    fragments = Fragments()
    for ident in range(10):
        assert add(fragments, ip4(b"y" * 8, 17, ident=ident, place=0x2000)) is None
    assert fragments.bounds_hit == {}
    for place in range(2, 30, 2):
        for ident in range(10):
            add(fragments, ip4(b"y" * 8, 17, ident=ident, place=0x2000 | place))
            assert fragments._cost <= 20_000
    assert fragments.bounds_hit["fragments waiting"] >= 1 and fragments.lost >= 5
