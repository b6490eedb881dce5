"""What the mirror brings, in words, from frames that show it."""

from __future__ import annotations

import struct
from array import array

import pytest

from sensor.capture import Block
from sensor.live.mirror import A_SECOND, SAMPLE, Mirror

CAMERA, ROUTER, PHONE, OWN = (b"\x00\x11\x32\x00\x00" + bytes([n]) for n in (1, 2, 3, 9))
ALL = b"\xff" * 6


def frame(
    source: bytes, target: bytes, address: bytes = b"\xc0\xa8\1\5", tag: int | None = None, ident: int = 0
) -> bytes:
    inner = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, ident & 0xFFFF, 0, 64, 17, 0, address, b"\xc0\xa8\1\1") + bytes(8)
    return target + source + (b"" if tag is None else struct.pack("!HH", 0x8100, tag)) + b"\x08\x00" + inner


COUNT = iter(range(1, 1 << 30))


def unicast(source: bytes, target: bytes, **more: object) -> bytes:
    """One that no other is like."""
    return frame(source, target, ident=next(COUNT), **more)  # type: ignore[arg-type]


def talk(times: int, *pairs: tuple[bytes, bytes], **more: object) -> list[bytes]:
    """Each pair in turn, so many times; no two frames are alike."""
    return [unicast(*pair, **more) for _ in range(times) for pair in pairs]


def block(frames: list[bytes], link: int = 1, gap: int = 1000) -> Block:
    table, at = array("q"), 0
    for number, one in enumerate(frames):
        table.extend((at, len(one), len(one), 1_700_000_000_000_000_000 + number * gap, link))
        at += len(one)
    return Block(b"".join(frames), table, len(frames), 1)


def words_at(mirror: Mirror, now: float) -> tuple[str, str]:
    found = mirror.state(now)
    return found.word, found.message


def state(frames: list[bytes], own: bytes | None = OWN, **more: int) -> tuple[str, str]:
    mirror = Mirror(frozenset({own} if own else ()))
    for at in range(0, len(frames), SAMPLE):
        mirror.see(block(frames[at : at + SAMPLE], **more), at / 100)
    return words_at(mirror, len(frames) / 100)


BOTH = ((CAMERA, ROUTER), (ROUTER, CAMERA))


def test_a_good_mirror() -> None:
    assert state(talk(50, *BOTH)) == ("ok", "The traffic of other devices is seen.")


@pytest.mark.parametrize("own", [OWN, None])
def test_the_mirror_is_off(own: bytes | None) -> None:
    frames = [frame(CAMERA, ALL), frame(ROUTER, b"\x01\0\x5e\0\0\xfb")] * 30
    if own:
        frames += talk(30, (OWN, ROUTER), (ROUTER, OWN))
    word, message = state(frames, own)
    assert word == "own_only" and ("mirror port is not switched on" in message) is bool(own)


def test_one_direction() -> None:
    assert state(talk(50, (CAMERA, ROUTER), (PHONE, ROUTER)))[0] == "one_way"
    # A camera that mostly sends, but is answered, is a conversation.
    assert state([*talk(60, (CAMERA, ROUTER)), unicast(ROUTER, CAMERA)])[0] == "ok"


def test_everything_twice() -> None:
    twice = [
        each for _ in range(60) for one in (unicast(CAMERA, ROUTER), unicast(ROUTER, CAMERA)) for each in (one, one)
    ]
    assert state(twice)[0] == "duplicates"
    # The same bytes again a second later are a device that repeats itself.
    same = frame(CAMERA, ROUTER)
    assert state([same, unicast(ROUTER, CAMERA)] * 60, gap=500_000_000)[0] == "ok"


def test_behind_a_router() -> None:
    addresses = [bytes([192, 168, 1, n]) for n in range(2, 8)]
    frames = [one for each in addresses for one in talk(10, (ROUTER, CAMERA), address=each)]
    frames += talk(60, (CAMERA, ROUTER), address=b"\xcb\0\x71\7")
    assert state(frames)[0] == "one_station"
    # A single device at its router is a home with one device.
    assert state(talk(50, *BOTH))[0] == "ok"


def test_tags_are_named() -> None:
    word, message = state(talk(40, (CAMERA, ROUTER), tag=10) + talk(40, (ROUTER, CAMERA), tag=20))
    assert word == "ok" and "VLAN tags (10, 20)" in message


def test_vlans_are_those_of_tags_that_name_one() -> None:
    """IEEE 802.1Q 9.6: 0 is a priority alone, 4095 is reserved."""
    mirror = Mirror()
    frames = [frame(CAMERA, ROUTER, tag=tag) for tag in (20, 0, 0x6000 | 10, 4095)]
    mirror.see(block(frames), 0.0)
    assert mirror.vlans == [10, 20]


def test_links_without_cards() -> None:
    assert state([bytes(40)] * 60, link=101)[0] == "unknown"


def test_silence_and_the_first_minute() -> None:
    mirror = Mirror()
    assert mirror.state(0.0).word == "starting"
    assert mirror.state(59.0).word == "starting"
    assert words_at(mirror, 61.0) == ("silent", "No packet has come for 1 minute.")
    assert mirror.state(61.0).message_in("de") == "Seit 1 Minute ist kein Paket gekommen."
    mirror.see(block(talk(40, *BOTH)), 400.0)
    assert mirror.state(401.0).word == "ok"
    assert words_at(mirror, 700.0) == ("silent", "No packet has come for 5 minutes.")


def test_what_was_is_forgotten() -> None:
    """The mirror is switched off: within a minute that is told."""
    mirror = Mirror()
    for second in range(30):
        mirror.see(block(talk(10, *BOTH)), float(second))
    assert mirror.state(30.0).word == "ok"
    for second in range(30, 91):
        mirror.see(block([frame(CAMERA, ALL)] * 3), float(second))
    assert mirror.state(91.0).word == "own_only"


def test_a_flood_costs_no_more_than_a_sample() -> None:
    mirror = Mirror()
    for _ in range(100):
        mirror.see(block([unicast(CAMERA, ROUTER)] * 200), 0.5)
    assert mirror._new.packets == A_SECOND


def test_cut_frames_do_no_harm() -> None:
    whole = unicast(CAMERA, ROUTER, tag=5)
    mirror = Mirror()
    mirror.see(block([whole[:n] for n in range(len(whole))]), 0.0)
    assert mirror.state(1.0).word in ("starting", "one_way", "ok", "own_only")


def mirror_of(frames: list[bytes], now: float = 0.0) -> Mirror:
    mirror = Mirror(frozenset({OWN}))
    for at in range(0, len(frames), SAMPLE):
        mirror.see(block(frames[at : at + SAMPLE]), now)
    return mirror


def test_twenty_packets_are_enough_to_speak() -> None:
    for count, word in ((19, "starting"), (20, "own_only")):
        assert mirror_of([frame(CAMERA, ALL)] * count).state(1.0).word == word
    # So few of other devices say nothing of directions.
    for count, word in ((19, "ok"), (20, "one_way")):
        frames = [frame(CAMERA, ALL)] * 20 + talk(count, (CAMERA, ROUTER))
        assert mirror_of(frames).state(1.0).word == word


def test_one_in_fifty_of_others_is_a_mirror() -> None:
    for groups, word in ((98, "ok"), (99, "own_only")):
        assert mirror_of([frame(CAMERA, ALL)] * groups + talk(1, *BOTH)).state(1.0).word == word


def test_half_of_the_frames_need_cards() -> None:
    for bare, word in ((30, "ok"), (31, "unknown")):
        mirror = mirror_of(talk(15, *BOTH))
        mirror.see(block([bytes(40)] * bare, link=101), 0.0)
        assert mirror.state(1.0).word == word


def test_one_answer_in_ten_is_a_conversation() -> None:
    for alone, word in ((18, "ok"), (19, "one_way")):
        frames = talk(1, *BOTH) + talk(alone, (PHONE, ROUTER))
        assert mirror_of(frames).state(1.0).word == word


def test_three_in_ten_may_be_copies() -> None:
    """A copy lies a few milliseconds behind at most, and among the packets before."""
    for copies, word in ((12, "ok"), (13, "duplicates")):
        whole = talk(14, *BOTH)
        assert mirror_of([one for n, one in enumerate(whole) for _ in range(1 + (n < copies))]).state(1.0).word == word
    twice = [one for each in talk(20, *BOTH) for one in (each, each)]
    for gap, word in ((20_000_000, "duplicates"), (20_000_001, "ok")):
        assert state(twice, gap=gap)[0] == word


def test_a_copy_may_lack_the_tag_and_the_cards() -> None:
    number = [900 + n for n in range(30)]
    tagged = [frame(CAMERA, ROUTER, tag=7, ident=n) for n in number]
    bare = [frame(ROUTER, CAMERA, ident=n) for n in number]
    assert mirror_of([one for both in zip(tagged, bare, strict=True) for one in both]).state(1.0).word == "duplicates"


@pytest.mark.parametrize(
    ("prefix", "private"),
    [
        (b"\x0a\x00", True), (b"\x0b\xa8", False), (b"\xac\x10", True), (b"\xac\x1f", True), (b"\xac\x0f", False),
        (b"\xac\x20", False), (b"\xc0\xa8", True), (b"\xc0\xa9", False), (b"\xc1\xa8", False), (b"\xad\x10", False),
    ],
)  # fmt: skip
def test_three_addresses_behind_a_card_are_a_network(prefix: bytes, private: bool) -> None:
    """RFC 1918 3: addresses of a home; those of the world are behind each router."""
    for count, word in ((3, "one_station" if private else "ok"), (2, "ok")):
        frames = [unicast(ROUTER, CAMERA, address=prefix + bytes((1, n % count))) for n in range(20)]
        assert mirror_of(frames + talk(20, (CAMERA, ROUTER), address=b"\xcb\0\x71\7")).state(1.0).word == word


def test_a_third_station_is_a_network_that_is_seen() -> None:
    frames = [unicast(ROUTER, CAMERA, address=bytes((10, 0, 0, n % 5))) for n in range(20)]
    assert mirror_of(frames + talk(20, (CAMERA, ROUTER)) + talk(1, (PHONE, ROUTER))).state(1.0).word == "ok"


def test_many_tags_end_in_a_count() -> None:
    for count, more in ((8, False), (9, True)):
        frames = [one for tag in range(1, count + 1) for one in talk(5, *BOTH, tag=tag)]
        _, message = words_at(mirror_of(frames), 1.0)
        assert "1, 2, 3, 4, 5, 6, 7, 8" in message and ("and more" in message) is more


def test_what_is_said_rests_on_half_a_minute_to_a_minute() -> None:
    for at, word in ((29.0, "ok"), (59.0, "ok")):
        mirror = mirror_of(talk(20, *BOTH))
        assert mirror.state(at).word == word
    # The first window is old from 30 s, and gone from 60 s; without another packet that is silence.
    mirror = mirror_of(talk(20, *BOTH))
    mirror.see(block([frame(CAMERA, ALL)]), 30.0)
    assert mirror.state(59.0).word == "ok" and mirror.state(60.0).word == "starting"
    mirror = mirror_of(talk(20, *BOTH))
    mirror.see(block([frame(CAMERA, ALL)]), 59.0)
    assert mirror.state(59.0).word == "ok"
    mirror = mirror_of(talk(20, *BOTH))
    mirror.see(block([frame(CAMERA, ALL)]), 60.0)
    assert mirror.state(60.0).word == "starting"


def test_the_next_second_has_its_own_sample() -> None:
    mirror = Mirror()
    for now, packets in ((1.0, A_SECOND), (1.9, A_SECOND), (2.0, 2 * A_SECOND)):
        for _ in range(30):
            mirror.see(block([frame(CAMERA, ALL)] * SAMPLE), now)
        assert mirror._new.packets == packets
