"""Several captures as one: in time order whatever order they are named in, frames told by capture, little open at a
time, damage kept where it is.
"""

from __future__ import annotations

import io
import re
import struct
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from sensor.capture import Block, Capture, open_capture
from sensor.capture.join import HEAD, Joined, Part, joined_name, place
from sensor.capture.walk import FIELDS
from tests.replaying import read


def pcap(times: Sequence[int], *, size: int = 10, link: int = 1) -> bytes:
    """Records of ``size`` bytes, each holding its time (s)."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    return head + b"".join(struct.pack("<IIII", time, 0, size, size + 5) + time.to_bytes(size, "big") for time in times)


def written(folder: Path, *captures: bytes) -> list[str]:
    paths = []
    for number, data in enumerate(captures):
        (folder / f"{number}.pcap").write_bytes(data)
        paths.append(str(folder / f"{number}.pcap"))
    return paths


def rows(joined: Joined) -> Iterator[tuple[int, str, int]]:
    """(time in s, path, number in it) of each record; that time stands in the record, too."""
    for block in joined:
        for at in range(block.count):
            offset, captured, _, time, _ = block.table[at * FIELDS : at * FIELDS + FIELDS]
            part, number = place(block.first_frame + at)
            assert int.from_bytes(block.data[offset : offset + captured], "big") == time // 10**9
            yield time // 10**9, joined.parts[part].path, number


def test_records_come_by_their_time_with_the_number_they_have_in_their_own(tmp_path: Path) -> None:
    one, two, three = paths = written(tmp_path, pcap([1, 4, 5, 9]), pcap([2, 3, 6]), pcap([10, 11]))
    found = list(rows(Joined(paths, open_capture, print)))
    assert found == [
        (1, one, 1), (2, two, 1), (3, two, 2), (4, one, 2), (5, one, 3), (6, two, 3), (9, one, 4), (10, three, 1),
        (11, three, 2),
    ]  # fmt: skip
    assert list(rows(Joined(paths[::-1], open_capture, print))) == found


def test_a_clock_that_jumps_back_inside_a_capture_loses_nothing(tmp_path: Path) -> None:
    paths = written(tmp_path, pcap([5, 1, 7, 2]), pcap([3, 6]))
    assert sorted(rows(Joined(paths, open_capture, print))) == [
        (1, paths[0], 2), (2, paths[0], 4), (3, paths[1], 1), (5, paths[0], 1), (6, paths[1], 2), (7, paths[0], 3),
    ]  # fmt: skip


def test_of_captures_that_follow_one_another_one_is_open(tmp_path: Path) -> None:
    paths = written(tmp_path, *(pcap(range(start, start + 10)) for start in range(100, 400, 10)))
    now: set[int] = set()
    most = 0

    class Watched(Capture):
        def close(self) -> None:
            now.discard(id(self))
            super().close()

    def opened(path: str) -> Capture:
        nonlocal most
        capture = open_capture(path)
        capture.__class__ = Watched
        now.add(id(capture))
        most = max(most, len(now))
        return capture

    joined = Joined(paths[::-1], opened, print)
    assert [time for time, _, _ in rows(joined)] == list(range(100, 400))
    assert most == 1 and not now


def test_figures_of_each_capture(tmp_path: Path) -> None:
    paths = written(tmp_path, pcap([1, 3]), pcap([2], link=113), pcap([]))
    ended: list[str] = []
    joined = Joined(paths, open_capture, print, ended.append)
    assert len(list(joined)) == 3
    told = {part.path: part for part in joined.parts}
    first = told[paths[0]]
    assert (first.packets, first.sent, first.truncated, first.damage) == (2, 30, 2, None)
    assert (first.first_time, first.last_time) == (10**9, 3 * 10**9)
    assert told[paths[1]].link_types != first.link_types and told[paths[2]].packets == 0
    assert sorted(ended) == sorted(paths) and len(joined.link_types) >= 2
    assert joined.position == sum(Path(path).stat().st_size for path in paths) and joined.size is None


def test_damage_is_its_own(tmp_path: Path) -> None:
    said: list[str] = []
    paths = written(tmp_path, pcap([1, 3]), pcap([2, 4])[:-3], b"no capture at all")
    joined = Joined(paths, open_capture, said.append)
    assert [time for time, _, _ in rows(joined)] == [1, 2, 3]
    assert [part.damage is None for part in sorted(joined.parts, key=lambda part: part.path)] == [True, False]
    assert joined.unread == 1 and said[0].startswith(f"{paths[2]}: not a capture") and paths[1] in str(joined.damage)


def test_a_disk_that_fails_in_the_middle(tmp_path: Path) -> None:
    paths = written(tmp_path, pcap([1, 3]), pcap([2, 4]))

    class Failing(Capture):
        def __iter__(self) -> Iterator[Block]:
            yield from super().__iter__()
            raise OSError(5, "Input/output error")

    def opened(path: str) -> Capture:
        capture = open_capture(path)
        capture.__class__ = Failing if path == paths[0] else Capture
        return capture

    joined = Joined(paths, opened, print)
    assert [time for time, _, _ in rows(joined)] == [1, 2, 3, 4]
    assert [part.damage for part in joined.parts if part.damage] == [
        "reading failed: input/output error; what came before it was read"
    ]


def test_one_that_is_gone_when_its_turn_comes(tmp_path: Path) -> None:
    said: list[str] = []
    paths = written(tmp_path, pcap([1]), pcap([2]))
    joined = Joined(paths, open_capture, said.append)
    Path(paths[1]).unlink()
    assert [time for time, _, _ in rows(joined)] == [1]
    assert joined.unread == 1 and said == [f"{paths[1]}: no such file or directory"]


def test_names(tmp_path: Path) -> None:
    paths = written(tmp_path, pcap(range(20_000)), pcap([1]))
    joined = Joined(paths, open_capture, print)
    list(joined)
    one, two = joined.parts
    assert joined_name([one, two]) == joined_name([two, one]) not in (one.name, two.name)
    assert joined_name([one]) == one.name == read(one.path).id and joined_name([two]) == read(two.path).id
    assert joined.dropped is None and one.dropped is None
    assert (
        len(one.head) <= HEAD
        and Part("other path", *(getattr(one, name) for name in ("packets", "sent"))).name != one.name
    )


@pytest.mark.parametrize(("part", "frame"), [(0, 1), (3, 7), (1000, 2**39)])
def test_places(part: int, frame: int) -> None:
    assert place((part << 40) + frame) == (part, frame)


def test_each_that_cannot_be_read_is_counted(tmp_path: Path) -> None:
    said: list[str] = []
    paths = [*written(tmp_path, pcap([1])), str(tmp_path / "gone"), str(tmp_path / "text"), str(tmp_path / "away")]
    (tmp_path / "text").write_text("no capture")
    joined = Joined(paths, open_capture, said.append)
    assert [time for time, _, _ in rows(joined)] == [1]
    assert joined.unread == 3 == len(said)


def test_at_equal_times_the_one_named_first_by_its_content_goes_on(tmp_path: Path) -> None:
    """Its records of that time come together; the other one's follow."""
    paths = written(tmp_path, pcap([5, 5, 7]), pcap([5, 5, 8]))
    joined = Joined(paths, open_capture, print)
    first, second = (part.path for part in joined.parts)
    order = [(time, path) for time, path, _ in rows(joined)]
    assert order[:4] == [(5, first), (5, first), (5, second), (5, second)]


def test_what_was_cut_is_counted_over_all_blocks() -> None:
    """Each packet that was longer on the wire than in the capture, in whatever block it stands."""
    part = Part("one")
    for times in ([3, 4], [9], [1, 2]):
        [block] = open_capture("x", io.BytesIO(pcap(times)))
        assert part.count(block) == [time * 10**9 for time in times]
    assert (part.packets, part.truncated, part.sent) == (5, 5, 5 * 15)
    assert (part.first_time, part.last_time) == (1 * 10**9, 9 * 10**9)
    whole = Part("two")
    [block] = open_capture("x", io.BytesIO(pcap([1]).replace((15).to_bytes(4, "little"), (10).to_bytes(4, "little"))))
    whole.count(block)
    assert (whole.packets, whole.truncated) == (1, 0)


def test_a_name_is_of_the_content_and_not_of_the_path(tmp_path: Path) -> None:
    def named(times: Sequence[int], path: str) -> str:
        part = Part(path)
        for block in open_capture(path, io.BytesIO(pcap(times))):
            part.count(block)
        return part.name

    assert named([1, 2], "a") == named([1, 2], "b") != named([1, 3], "a")


def test_link_types_losses_and_damage_of_all(tmp_path: Path) -> None:
    paths = written(tmp_path, pcap([1, 2]), pcap([3], link=101), pcap([4]), pcap([5])[:-1])
    joined = Joined(paths, open_capture, print)
    assert len(list(joined)) >= 3
    assert sorted(joined.link_types) == ["Ethernet", "raw IP"]
    assert joined.dropped is None  # pcap says nothing of losses, which is not none
    assert joined.damage is not None and joined.damage.startswith(paths[3] + ": cut in packet 1")
    assert joined.position == sum(Path(path).stat().st_size for path in paths)


def test_losses_that_are_told_add_up() -> None:
    joined = Joined([], open_capture, print)
    joined.parts = [Part("a", dropped=3), Part("b"), Part("c", dropped=4)]
    assert joined.dropped == 7
    joined.parts = [Part("a", dropped=0), Part("b")]
    assert joined.dropped == 0


class Given:
    """Blocks as a capture."""

    damage: str | None = None
    dropped: int | None = None
    position, size = 7, None

    def __init__(self, *blocks: Block) -> None:
        self.blocks, self.closed, self.link_types = blocks, 0, ["Ethernet"]

    def __iter__(self) -> Iterator[Block]:
        yield from self.blocks

    def close(self) -> None:
        self.closed += 1


def given(first_frame: int, *times: int, secrets: bytes = b"") -> Block:
    rows = [value for time in times for value in (0, 1, 1, time, 1)]
    return Block(b"x", array("q", rows), len(times), first_frame, secrets)


def test_blocks_without_a_record_are_passed_over() -> None:
    captures = {
        "a": lambda: Given(given(1), given(1, 5), given(2), given(2, 9), given(3)),
        "b": lambda: Given(given(1)),
    }
    joined = Joined(["a", "b"], lambda path: captures[path](), print)
    assert [(one.count, place(one.first_frame)[1], one.table[3]) for one in joined] == [(1, 1, 5), (1, 2, 9)]
    assert sorted(part.packets for part in joined.parts) == [0, 2]


def test_standard_input_is_opened_once_and_not_closed_before_its_end() -> None:
    opened: list[Given] = []

    def open_one(path: str) -> Given:
        opened.append(Given(given(1, 4, 6), given(3, 8)) if path == "-" else Given(given(1, 5), given(2, 7)))
        return opened[-1]

    joined = Joined(["-", "file"], open_one, print)
    assert [one.closed for one in opened] == [0, 1]
    assert joined.position == 7  # of what is open
    assert [one.table[3] for one in joined] == [4, 5, 6, 7, 8]
    assert [one.closed for one in opened] == [1, 1, 1] and joined.position == 14
    assert {part.path: (part.packets, part.sent, part.first_time, part.last_time) for part in joined.parts} == {
        "-": (3, 3, 4, 8), "file": (2, 2, 5, 7)
    }  # fmt: skip


def test_what_is_closed_early_is_closed_once() -> None:
    opened: list[Given] = []

    def open_one(path: str) -> Given:
        opened.append(Given(given(1, 4), given(2, 6)))
        return opened[-1]

    joined = Joined(["a", "b"], open_one, print)
    next(iter(joined))
    joined.close()
    assert all(one.closed == 1 for one in opened) and joined.position == 0


def test_secrets_stand_before_the_first_of_a_blocks_records_only() -> None:
    captures = {"a": Given(given(1, 1, 4, 6, secrets=b"key")), "b": Given(given(1, 3, 5))}
    joined = Joined(["a", "b"], lambda path: captures[path], print)
    assert [(one.table[3], one.count, one.secrets) for one in joined] == [
        (1, 1, b"key"), (3, 1, b""), (4, 1, b""), (5, 1, b""), (6, 1, b"")
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given_any(st.lists(st.lists(st.lists(st.integers(0, 30), max_size=4), max_size=3), max_size=4))
def test_any_captures_come_by_their_times(times: list[list[list[int]]]) -> None:
    """Each capture in its own order, all of them as a merge by the earliest head gives them."""
    ordered = [[sorted(block) for block in blocks] for blocks in times]
    starts = [sorted(time for block in blocks for time in block) for blocks in ordered]
    captures: dict[str, Given] = {}
    for number, (blocks, flat) in enumerate(zip(ordered, starts, strict=True)):
        pieces, at = [], 0
        for block in blocks:
            pieces.append(given(at + 1, *flat[at : at + len(block)]))
            at += len(block)
        captures[str(number)] = Given(*pieces)
    joined = Joined(list(captures), lambda path: captures[path], print)
    found = [time for one in joined for time in one.table[3 : one.count * FIELDS : FIELDS]]
    assert found == sorted(time for flat in starts for time in flat)
    assert {part.path: part.packets for part in joined.parts} == {
        str(number): len(flat) for number, flat in enumerate(starts)
    }
    for part in joined.parts:
        flat = starts[int(part.path)]
        assert (part.first_time, part.last_time) == ((flat[0], flat[-1]) if flat else (0, 0))


def test_the_order_of_the_parts_is_that_of_their_content(tmp_path: Path) -> None:
    """Whatever their names and the order they are named in; a name of a run is twelve hex digits."""
    paths = written(tmp_path, pcap([5, 6]), pcap([5, 7]), pcap([5, 8]))
    orders = [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]]
    found = []
    for order in orders:
        joined = Joined([paths[at] for at in order], open_capture, print)
        list(joined)
        found.append([part.path for part in joined.parts])
        assert re.fullmatch("r[0-9a-f]{12}", joined_name(joined.parts))
        assert all(re.fullmatch("r[0-9a-f]{12}", part.name) for part in joined.parts)
    assert found == [found[0]] * len(orders)
