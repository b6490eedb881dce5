"""Segments as trees hold them, and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sensor.flows.reassembly import SEQUENCE
from sensor.flows.stream_tree import NO_KEY, Node, Path, Replayable, Tree, segment_of
from sensor.model import Protection


@given(
    st.integers(0, SEQUENCE - 1),
    st.integers(0, SEQUENCE - 1),
    st.integers(0, 1),
    st.integers(0, 1 << 20),
    st.integers(-1, 1 << 20),
    st.binary(max_size=8),
)
def test_numbers_count_from_the_start_and_wrap(
    first: int, second: int, side: int, at: int, acknowledged: int, payload: bytes
) -> None:
    starts = (first, second)
    found = segment_of((side, at, acknowledged, 1, payload), starts)
    assert found[0] == side and found[3:] == (1, len(payload), payload)
    assert (found[1] - starts[side]) % SEQUENCE == at and 0 <= found[1] < SEQUENCE
    assert found[2] == (-1 if acknowledged < 0 else (starts[side ^ 1] + acknowledged) % SEQUENCE)


def test_a_tree_begins_with_nothing_observed() -> None:
    tree = Tree((b"a", b"b", b"c", b"d", 80, None))
    assert tree.root.key == NO_KEY and not tree.root.following and tree.bytes == 0
    assert Node(NO_KEY).read == Replayable() and Node(NO_KEY).at_end is None


def test_an_emptied_tree_leaves_its_paths_nothing_but_segments() -> None:
    tree = Tree((b"a", b"b", b"c", b"d", 80, None))
    root, seen = tree.root, Replayable(effects=(("counts", (0,)),))
    first, last, other = (Node((0, 0, 0, 0, payload)) for payload in (b"1", b"2", b"3"))
    root.following[first.key], first.following[last.key], first.following[other.key] = first, last, other
    first.read, last.at_end = seen, seen
    path = tree.learned[last] = Path(tree, root, (first, last))
    tree.empty()
    assert tree.root is not root and not tree.root.following and not tree.learned
    assert [node.key[4] for node in path.nodes] == [b"1", b"2"]
    assert not root.following and not any(node.following or node.read.effects or node.at_end for node in path.nodes)


def test_what_acknowledges_nothing_says_so_again() -> None:
    assert segment_of((0, 5, -1, 2, b"ab"), (1000, 70)) == (0, 1005, -1, 2, 2, b"ab")
    assert segment_of((1, 5, 3, 1, b""), (1000, SEQUENCE - 2)) == (1, 3, 1003, 1, 0, b"")


def test_what_was_observed_of_nothing() -> None:
    assert Replayable().flow == (None, (), Protection.UNKNOWN, 0, None) and Replayable().effects == ()


def test_the_root_is_of_no_segment() -> None:
    """A side, a number, an acknowledgement, flags and a payload that no data has."""
    assert NO_KEY == (0, 0, 0, 0, b"") and Tree((b"", b"", b"", b"", None, None)).circumstances is None


def test_an_emptied_tree_weighs_nothing_and_holds_no_path() -> None:
    tree = Tree((b"a", b"b", b"c", b"d", 80, None))
    tree.bytes = 5000
    tree.empty()
    assert (tree.bytes, tree.root.key, tree.learned) == (0, NO_KEY, {})
