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
