"""A connection that says what was said before changes no record, and one byte of difference is read."""

from __future__ import annotations

import gc
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.capture import open_capture
from sensor.decode.engine import REPEATED, SEGMENT
from sensor.flows import known_streams as module
from sensor.flows.conversation import Conversation
from sensor.model import Endpoint, Flow, Protection, Transport
from sensor.run import Options, Run
from sensor.vault import Vault
from tests.flows.connections import (
    ANSWER,
    CLIENT,
    MESSAGES,
    SERVER,
    TIMES,
    Wire,
    both,
    credentials,
    poll,
    repeated,
    request,
    said,
)
from tests.replaying import PCAPS, read_bytes, replayed


@pytest.mark.parametrize("path", sorted(PCAPS.glob("*/capture.pcap*")), ids=lambda path: path.parent.name)
def test_captures_say_the_same_with_and_without(path: Path) -> None:
    found = []
    for on in (True, False):
        one = replayed(path, options=Options(strict=True, known_streams=on))
        found.append([{name: value for name, value in record.items() if name not in TIMES} for record in one])
    assert found[0] == found[1]


def test_repeats_are_counted_with_their_times_and_first_frames() -> None:
    wire = Wire()
    sent = [wire.exchange(40000 + number, request("admin:secret"), ANSWER) for number in range(50)]
    data = wire.pcap()
    assert repeated(data) == 49
    (login,) = credentials(both(data))
    assert login["count"] == 50
    assert login["evidence"][0]["frames"] == [frame for frames in sent for frame in frames][:32]
    assert login["time"] < login["last_time"]


def test_a_password_that_changes_in_the_last_of_10000_requests_is_found() -> None:
    wire = Wire()
    for number in range(9_999):
        wire.exchange(20000 + number, request("admin:secret"), ANSWER)
    frames = wire.exchange(20000 + 9_999, request("admin:sEcret"), ANSWER)
    found = credentials(said(read_bytes(wire.pcap())))
    assert [login["count"] for login in found] == [9_999, 1]
    assert found[1]["evidence"][0]["frames"] == frames


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1), st.data())
def test_a_changed_byte_is_news(which: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(MESSAGES[which]) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(MESSAGES[which])
    changed[place] ^= 1 << bit
    messages = (bytes(changed), MESSAGES[1]) if which == 0 else (MESSAGES[0], bytes(changed))
    wire = Wire()
    wire.exchange(40000, *MESSAGES)
    wire.exchange(40001, *MESSAGES)
    wire.exchange(40002, *messages)
    assert repeated(wire.pcap()) == 1
    both(wire.pcap())


def dated(text: str, body: bytes = b"on") -> bytes:
    return f"HTTP/1.1 200 OK\r\nDate: {text}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_a_servers_clock_is_no_news() -> None:
    wire = Wire()
    sent = [
        wire.exchange(40000 + second, request("admin:secret"), dated(f"Sun, 06 Nov 1994 08:49:{second:02} GMT"))
        for second in range(50)
    ]
    data = wire.pcap()
    assert repeated(data) == 49
    (login,) = credentials(both(data))
    assert login["count"] == 50
    assert login["evidence"][0]["frames"] == [frame for frames in sent for frame in frames][:32]


def test_a_copy_of_an_answer_with_a_clock_is_counted_as_one() -> None:
    wire = Wire()
    for number in range(3):
        wire.exchange(40000 + number, request("admin:secret"), dated(f"Sun, 06 Nov 1994 08:49:3{number} GMT"))
    frames = [frame for at, frame in wire.frames for _ in range(2)]
    wire.frames = [(1_600_000_000_000 + number // 2 * 3, frame) for number, frame in enumerate(frames)]
    both(wire.pcap())


@pytest.mark.parametrize(
    "last",
    [
        dated("Sun, 06 Nov 1994 08:49:3x GMT"),
        dated("Sun; 06 Nov 1994 08:49:37 GMT"),
        dated("Sun, 06 Nov 1994 08:49:37 GMT", b"no"),
        dated("Sun, 06 Nov 1994 08:49:37 CET"),
    ],
    ids=["a digit's place", "a mark", "the body", "the zone"],
)
def test_what_is_no_clock_is_news(last: bytes) -> None:
    wire = Wire()
    for number in range(3):
        wire.exchange(40000 + number, *MESSAGES[:1], dated(f"Sun, 06 Nov 1994 08:49:3{number} GMT"))
    wire.exchange(40003, *MESSAGES[:1], last)
    assert repeated(wire.pcap()) == 2
    both(wire.pcap())


@pytest.mark.parametrize("body", [b"\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n", b"Sun, 06 Nov 1994 08:49:37 GMT"])
def test_a_time_in_a_body_is_compared(body: bytes) -> None:
    wire = Wire()
    for number in range(4):
        day = b"06" if number < 3 else b"07"
        wire.exchange(40000 + number, *MESSAGES[:1], dated("Sun, 06 Nov 1994 08:49:37 GMT", body.replace(b"06", day)))
    assert repeated(wire.pcap()) == 2
    both(wire.pcap())


def test_a_refusal_between_two_equal_requests_counts() -> None:
    wire = Wire()
    refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
    wire.exchange(40000, *MESSAGES)
    wire.exchange(40001, *MESSAGES)
    bare = b"GET /state HTTP/1.1\r\nHost: 192.168.1.3\r\n\r\n"
    wire.exchange(40002, bare, refusal)
    wire.exchange(40003, *MESSAGES)
    (login,) = credentials(both(wire.pcap()))
    assert login["detail"]["accepted"] is True


def test_one_end_is_not_another() -> None:
    """Equal bytes of another MAC are news: the same address may have been given to somebody else."""
    wire = Wire()
    wire.exchange(40000, *MESSAGES)
    wire.exchange(40001, *MESSAGES)
    theirs = Wire(wire.now)
    theirs.exchange(40002, *MESSAGES)
    other = b"\x02\0\0\0\0\7"
    wire.frames += [(at, frame.replace(CLIENT[0], other)) for at, frame in theirs.frames]
    assert repeated(wire.pcap()) == 1
    both(wire.pcap())


def test_a_connection_that_leaves_its_tree_is_one_layer_of_its_protocol() -> None:
    wire = Wire()
    for number in range(3):
        wire.exchange(40000 + number, *MESSAGES)
    wire.exchange(40003, MESSAGES[0], ANSWER.replace(b"no", b"so"))
    wire.exchange(40004, MESSAGES[0], ANSWER, request("admin:other"), ANSWER)
    flows: list[Flow] = []
    read_bytes(wire.pcap(), on_flow=flows.append)
    assert [(flow.application, flow.layers) for flow in flows] == [("http", ("http",))] * 5


def test_a_clients_port_counts_where_a_protocol_is_at_home() -> None:
    """It may decide what the connection is: nothing said from another port stands for it."""
    wire = Wire()
    for port in (40000, 1883, 40001):
        wire.exchange(port, *MESSAGES)
    assert repeated(wire.pcap()) == 1
    both(wire.pcap())


def test_a_connection_that_goes_on_differently_is_read_from_its_start() -> None:
    """The body's beginning is known, its end is not: the parser needs both."""
    wire = Wire()
    head = request("admin:secret").replace(b"GET", b"POST")[:-2] + b"Content-Length: 40\r\n\r\n"
    for number, code in enumerate((b"1111", b"1111", b"4929")):
        wire.exchange(40000 + number, head + b'{"note": 1,     ', b"", b'"card": "' + code + b'01234567"}', ANSWER)
    both(wire.pcap())


@pytest.mark.parametrize("size", [1, 3000, 20_000])
def test_small_bounds_change_no_record(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(module, "MAX_TREE_BYTES", size)
    monkeypatch.setattr(module, "MAX_BYTES", size * 2)
    monkeypatch.setattr(module, "MAX_TREES", 2)
    wire = Wire()
    for number in range(40):
        wire.exchange(40000 + number, request("admin:secret", f"/{number % 7}"), ANSWER)
    assert len(credentials(both(wire.pcap()))) == 1


def test_something_new_each_time_stays_within_the_bound() -> None:
    wire = Wire()
    for number in range(400):
        wire.exchange(40000 + number, request("admin:secret", f"/{number}"), ANSWER)
    run = Run(Vault(bytes(32)), Options(strict=True))
    with open_capture("wire", io.BytesIO(wire.pcap())) as capture:
        for block in capture:
            run.feed(block)
    streams = run.pipeline.known_streams
    assert streams is not None
    assert 0 < streams.weight <= module.MAX_BYTES
    assert all(tree.bytes <= module.MAX_TREE_BYTES for tree in streams.trees())


def test_what_was_given_up_is_not_held_by_the_paths_of_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10_000)
    wire = Wire()
    for client in range(6):
        mac, address = CLIENT[0][:5] + bytes([16 + client]), CLIENT[1][:3] + bytes([16 + client])
        wire.client = mac, address
        for number in range(50):
            wire.exchange(20000 + number, poll(), ANSWER)
            wire.now += 1000
    run = Run(Vault(bytes(32)), Options(strict=True))
    with open_capture("wire", io.BytesIO(wire.pcap())) as capture:
        for block in capture:
            run.feed(block)
    streams = run.pipeline.known_streams
    assert streams is not None
    given_up = [path for path in streams.paths.values() if path.root is not path.tree.root]
    assert len(given_up) > 2 and all(path.nodes for path in given_up)
    nodes = [node for path in given_up for node in (path.root, *path.nodes)]
    assert not any(node.following or node.read.effects or node.at_end for node in nodes)
    both(wire.pcap())


def kinds(data: bytes) -> Counter[int]:
    """Entries of connections that come up."""
    found: Counter[int] = Counter()
    run = Run(Vault(bytes(32)), Options(strict=True))
    with open_capture("wire", io.BytesIO(data)) as capture:
        for block in capture:
            for batch in run.engine.process(block):
                found.update(entry[0] for entry in batch)
                run.pipeline.batch(batch)
    return found


def test_polls_that_only_count_do_not_come_up() -> None:
    """After the first of them, one entry a connection; a new token in the last is found."""
    wire = Wire()
    for number in range(400):
        wire.exchange(20000 + number, poll(), ANSWER)
        wire.now += 1000
    frames = wire.exchange(30000, poll("225cf3b35b28ba6827cbffca2ff515fb"), ANSWER)
    first, other = sorted(credentials(both(wire.pcap())), key=lambda one: one["time"])
    assert (first["count"], other["count"]) == (400, 1)
    assert first["last_time"] < other["time"] and other["evidence"][0]["frames"] == frames
    found = kinds(wire.pcap())
    assert found[REPEATED] > 200 and found[SEGMENT] < 200 * 4


def test_a_refusal_between_polls_makes_them_be_read_again() -> None:
    wire = Wire()
    refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
    for number in range(120):
        wire.exchange(20000 + number, poll(), ANSWER)
        wire.now += 1000
        if number == 80:
            wire.exchange(30000, b"GET /api/225cf3b35b28ba6827cbffca2ff515fa/sensors HTTP/1.1\r\n\r\n", refusal)
            wire.exchange(30001, b"GET /api HTTP/1.1\r\n\r\n", refusal)
    both(wire.pcap())


def test_a_snapshot_counts_what_is_held_back() -> None:
    wire = Wire()
    for number in range(200):
        wire.exchange(20000 + number, poll(), ANSWER)
    runs = [
        Run(Vault(bytes(32)), Options(strict=True, known_streams=on), name="live") for on in (True, False, True, False)
    ]
    for run in runs:
        with open_capture("wire", io.BytesIO(wire.pcap())) as capture:
            for block in capture:
                run.feed(block)
    # A live run that ends, and one that saves its state, ask without a snapshot.
    states = [run.state(last=False) for run in runs[:2]]
    assert [{one.count for one in state.findings.values()} for state in states] == [{200}] * 2
    ends = [[(flow.client.port, flow.application) for flow in run.pipeline.running()] for run in runs[2:]]
    assert len(ends[0]) > 64 and sorted(ends[0]) == sorted(ends[1])
    known, plain = (said(run.snapshot("wire", [])) for run in runs[:2])
    assert known == plain
    assert credentials(known)[0]["count"] == 200


def sent_again(
    wire: Wire, port: int, messages: tuple[bytes, ...], which: int, late: int, *, flip: bool = False
) -> None:
    """A connection, whose message ``which`` comes twice, the second time ``late`` milliseconds after."""
    at = [1000 * port + 1, 77 * port + 1]
    wire.send(0, port, at[0] - 1, 0, 2)
    wire.send(1, port, at[1] - 1, at[0], 18)
    for number, message in enumerate(messages):
        side = number % 2
        ends = 17 if number == len(messages) - 1 else 24
        wire.send(side, port, at[side], at[side ^ 1], ends, message)
        if number == which:
            wire.now += late - 3
            copy = message[:-1] + bytes([message[-1] ^ flip])
            wire.send(side, port, at[side], at[side ^ 1], ends, copy)
        at[side] += len(message)
    wire.send(0, port, at[0], at[1] + 1, 17)


@pytest.mark.parametrize(("late", "doubled"), [(3, 30), (300, 0)])
@pytest.mark.parametrize("which", [0, 1])
def test_what_is_sent_again_is_known_and_counted(which: int, late: int, doubled: int) -> None:
    wire = Wire()
    for number in range(30):
        sent_again(wire, 40000 + number, MESSAGES, which, late)
    data = wire.pcap()
    assert repeated(data) == 29
    assert credentials(both(data))[0]["count"] == 30
    counted = []
    for on in (True, False):
        result = read_bytes(data, options=Options(strict=True, known_streams=on))
        counted.append(result.doubled_packets)
    assert counted == [doubled, doubled]


def test_other_bytes_in_the_place_of_known_ones_are_read() -> None:
    wire = Wire()
    for number in range(9):
        sent_again(wire, 40000 + number, MESSAGES, 1, 300)
    sent_again(wire, 40009, MESSAGES, 1, 300, flip=True)
    assert repeated(wire.pcap()) == 8
    both(wire.pcap())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from([1, 3, 6, 300]), st.booleans(), st.booleans()),
        min_size=2,
        max_size=6,
    )
)
def test_copies_among_what_is_known_and_what_is_new_change_no_record(
    connections: list[tuple[int, int, bool, bool]],
) -> None:
    wire = Wire()
    for number, (which, late, flip, changed) in enumerate(connections):
        last = request("admin:sEcret" if changed else "admin:secret", "/other")
        sent_again(wire, 40000 + number, (*MESSAGES, last, ANSWER), which, late, flip=flip)
    both(wire.pcap())


def test_what_is_said_at_the_end_of_a_connection_without_its_beginning_is_heard() -> None:
    """Its first segment follows a loss, so no tree has it; what was held back to its end is an observation alike."""
    place = b'{"latitude":52.517036,"longitude":13.388860,"email":"erika.muster@example.org"}\n'
    wire = Wire()
    wire.send(0, 5000, 1000, 0, 2)
    wire.send(1, 5000, 9000, 1001, 18)
    wire.send(0, 5000, 1011, 9001, 24, place)
    found = both(wire.pcap())
    assert any(record["record"] == "finding" and record["rule"] == "personal.location" for record in found)


def test_a_login_without_an_answer_is_repeated_with_its_own_frame() -> None:
    """It was held back to the end, whose frame is not its own."""
    wire = Wire()
    frames = []
    for number in range(3):
        port = 40000 + number
        wire.send(0, port, 999, 0, 2)
        wire.send(1, port, 4999, 1000, 18)
        frames.append(wire.send(0, port, 1000, 5000, 24, MESSAGES[0]))
        wire.send(0, port, 1000 + len(MESSAGES[0]), 5000, 17)
        wire.send(1, port, 5000, 1001 + len(MESSAGES[0]), 17)
    assert repeated(wire.pcap()) == 2
    (login,) = credentials(both(wire.pcap()))
    assert login["count"] == 3 and login["evidence"][0]["frames"] == frames


class Follower(module.PathFollower):
    """A decoder with room for so many paths."""

    def __init__(self, room: int = 9) -> None:
        self.room = room
        self.learned: list[tuple[object, list[object]]] = []
        self.forgotten: list[object] = []

    def learn(self, ends: object, segments: Sequence[object], _varying: object = None) -> int:
        self.learned.append((ends, list(segments)))
        return len(self.learned) if len(self.learned) <= self.room else -1

    def forget(self, ends: object) -> None:
        self.forgotten.append(ends)


class Hears(module.Listener):
    """Whose circumstances the test says."""

    epoch = 0
    circumstances: object = "as before"
    counts = True

    def circumstances_epoch(self) -> int:
        return self.epoch

    def circumstances_of(self, flow: Flow) -> object:
        return self.circumstances

    def only_counts(self, effect: object) -> bool:
        return self.counts


def flow_of(port: int, client: int = 40000) -> Flow:
    return Flow(1, Transport.TCP, Endpoint(CLIENT[1], client, CLIENT[0]), Endpoint(SERVER[1], port, SERVER[0]), 0, 0, 1)


def key(at: int, size: int) -> module.Key:
    return (0, at, 0, 0, bytes(size))


def test_trees_weigh_what_they_hold_and_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 3 * module.NODE_BYTES + 600)
    follower = Follower()
    streams = module.KnownStreams(Hears(), follower)
    first, second = streams.tree_of(flow_of(80)), streams.tree_of(flow_of(81))
    node = streams.grow(first, first.root, key(0, 100))
    streams.grow(first, node, key(100, 200))
    streams.grow(second, second.root, key(0, 300))
    assert (first.bytes, second.bytes) == (2 * module.NODE_BYTES + 300, module.NODE_BYTES + 300)
    assert streams.weight == 3 * module.NODE_BYTES + 600 and follower.forgotten == []
    assert streams.tree_of(flow_of(80, client=40001)) is first  # heard again, so the other one is the oldest
    streams.grow(first, node, key(100, 1))
    assert list(streams.trees()) == [first] and follower.forgotten == [second.ends]
    assert streams.weight == first.bytes == 3 * module.NODE_BYTES + 301


def test_a_tree_that_is_full_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TREE_BYTES", 2 * module.NODE_BYTES + 10)
    follower = Follower()
    streams = module.KnownStreams(Hears(), follower)
    tree = streams.tree_of(flow_of(80))
    root = tree.root
    streams.grow(tree, streams.grow(tree, root, key(0, 5)), key(5, 5))
    assert tree.root is root and follower.forgotten == []
    streams.grow(tree, root, key(0, 6))
    assert tree.root is not root and follower.forgotten == [tree.ends]
    assert tree.bytes == streams.weight == module.NODE_BYTES + 6


def test_pairs_of_ends_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TREES", 2)
    streams = module.KnownStreams(Hears(), Follower())
    trees = [streams.tree_of(flow_of(port)) for port in (80, 81)]
    assert streams.tree_of(flow_of(80)) is trees[0]
    streams.tree_of(flow_of(82))
    assert [tree.ends[4] for tree in streams.trees()] == [80, 82]


def test_what_means_something_else_now_is_forgotten() -> None:
    follower, hears = Follower(), Hears()
    streams = module.KnownStreams(hears, follower)
    tree = streams.tree_of(flow_of(80))
    assert not streams.valid(tree, flow_of(80))  # nothing is known of it yet
    root = tree.root
    hears.epoch = 1  # something changed, but not for these two
    assert streams.valid(tree, flow_of(80)) and tree.root is root
    hears.circumstances = "another device"  # nobody asks, as long as nothing changed
    assert streams.valid(tree, flow_of(80)) and tree.root is root
    hears.epoch = 2
    assert not streams.valid(tree, flow_of(80)) and tree.root is not root
    assert streams.valid(tree, flow_of(80))


def test_a_path_is_learned_once_until_the_decoder_forgets_all() -> None:
    follower, hears = Follower(room=1), Hears()
    streams = module.KnownStreams(hears, follower)
    tree = streams.tree_of(flow_of(80))
    nodes = [streams.grow(tree, tree.root, key(0, 1))]
    nodes.append(streams.grow(tree, nodes[0], key(1, 1)))
    for node in nodes:
        node.read = module.Replayable((("an effect", (0,)),))
    hears.counts = False
    streams.learn(tree, nodes)
    assert follower.learned == []  # it does more than count
    hears.counts = True
    for _ in range(2):
        streams.learn(tree, nodes)
    assert follower.learned == [(tree.ends, [key(0, 1), key(1, 1)])] and list(streams.paths) == [1]
    streams.learn(tree, nodes[:1])  # there is no room: all are forgotten
    assert len(follower.learned) == 2 and list(streams.paths) == [1]
    follower.room = 9
    streams.learn(tree, nodes)
    assert len(follower.learned) == 3 and list(streams.paths) == [1, 3]


def test_memory_of_a_known_connection_comes_back_at_its_end() -> None:
    wire = Wire()
    for number in range(3):
        wire.exchange(40000 + number, request("admin:secret", f"/{number}"), ANSWER)
    gc.collect()
    before = {id(one) for one in gc.get_objects() if isinstance(one, Conversation)}
    gc.disable()
    try:
        read_bytes(wire.pcap())
        left = [one for one in gc.get_objects() if isinstance(one, Conversation) and id(one) not in before]
    finally:
        gc.enable()
    assert left == []


def test_what_is_mostly_new_is_remembered_when_it_is_said_twice() -> None:
    """Behind many different requests: a token is found with its frame, and a poll that comes again is known."""
    wire = Wire()
    for number in range(3 * module.BRANCHES):
        wire.exchange(40000 + number, poll(f"{number:032x}"), ANSWER)
    before = repeated(wire.pcap())
    frames = [wire.exchange(50000 + number, poll("225cf3b35b28ba6827cbffca2ff515fa"), ANSWER) for number in range(6)]
    other = wire.exchange(60000, poll("225cf3b35b28ba6827cbffca2ff515fb"), ANSWER)
    data = wire.pcap()
    assert before == 0
    assert repeated(data) >= 3
    evidence = {tuple(login["evidence"][0]["frames"]): login["count"] for login in credentials(both(data))}
    assert evidence[tuple(frame for sent in frames for frame in sent)] == 6
    assert evidence[tuple(other)] == 1


@pytest.mark.parametrize("bound", ["BRANCHES", "MAX_SEEN"])
def test_what_is_not_remembered_changes_no_record(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(module, bound, 1)
    wire = Wire()
    for number in range(60):
        wire.exchange(40000 + number, request("admin:secret", f"/{number % 7}"), ANSWER, poll(f"{number % 5:032x}"))
    assert len(credentials(both(wire.pcap()))) >= 1
    assert repeated(wire.pcap()) > 0


def test_equal_hashes_are_no_equal_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BRANCHES", 1)
    monkeypatch.setattr(module, "hash", lambda _key: 0, raising=False)
    wire = Wire()
    for number in range(20):
        wire.exchange(40000 + number, request(f"admin:secret{number:02}"), ANSWER)
    assert len(credentials(both(wire.pcap()))) > 1


class Repeats(Hears):
    """Notes what is repeated."""

    def __init__(self) -> None:
        self.again: list[tuple[object, int, tuple[int, ...]]] = []

    def repeat(self, effect: object, flow: Flow, time: int, frames: tuple[int, ...]) -> None:
        self.again.append((effect, time, frames))


def whole_path(streams: module.KnownStreams) -> module.Path:
    """A request, an answer and an end, each of which says something."""
    tree = streams.tree_of(flow_of(80))
    streams.valid(tree, flow_of(80))
    known = ("http", ("http",), Protection.CLEARTEXT, 9, "cam.example")
    first = streams.grow(tree, tree.root, key(0, 1))
    last = streams.grow(tree, first, key(1, 1))
    first.read = module.Replayable((("request", (0,)),), known)
    last.read = module.Replayable((("answer", (1,)), ("both", (0, 1))), known)
    last.at_end = module.Replayable((("end", (1,)),), known)
    streams.learn(tree, [first, last])
    return streams.paths[1]


def test_a_path_is_repeated_whole_with_its_own_times_and_frames() -> None:
    hears = Repeats()
    streams = module.KnownStreams(hears, Follower())
    path = whole_path(streams)
    for count in (1, 2):
        hears.again.clear()
        flow = flow_of(80)
        assert streams.repeat(path, flow, [70, 71], [1000, 2000], 3000)
        assert hears.again == [
            ("request", 1000, (70,)), ("answer", 2000, (71,)), ("both", 2000, (70, 71)), ("end", 3000, (71,))
        ]  # fmt: skip
        assert (flow.application, flow.layers, flow.server_name) == ("http", ("http",), "cam.example")
        assert (flow.protection, flow.cleartext_bytes, streams.repeated) == (Protection.CLEARTEXT, 9, count)


class Counts(Repeats):
    """Hears answers again; a request counts two findings, both sides together one, all else none."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: list[tuple[int, tuple[tuple[object, int], ...], tuple[int, ...]]] = []

    def counted_by(self, effect: object) -> Sequence[object] | None:
        return {"request": ("one", "two"), "answer": None, "both": ("three",)}.get(str(effect), ())

    def count(self, observations: int, findings: Sequence[tuple[object, int]], times: Sequence[int]) -> None:
        self.counted.append((observations, tuple(findings), tuple(times)))


def test_of_a_path_what_only_counts_is_counted_at_once() -> None:
    hears = Counts()
    streams = module.KnownStreams(hears, Follower())
    path = whole_path(streams)
    for count in (1, 2):
        assert streams.repeat(path, flow_of(80), [70, 71], [1000, 2000], 3000)
        # One of the second segment's is heard, so both are, each once.
        assert hears.counted == [(1, (("one", 0), ("two", 0)), (1000, 2000))] * count
        assert hears.again == [("answer", 2000, (71,)), ("both", 2000, (70, 71)), ("end", 3000, (71,))] * count
    streams._empty(path.tree)
    assert [node.summary for node in path.nodes] == [None, None]


def test_a_path_that_does_nothing_counts_its_observations() -> None:
    hears = Counts()
    streams = module.KnownStreams(hears, Follower())
    path = whole_path(streams)
    path.nodes[1].read = module.Replayable((("nothing", (1,)), ("nothing", (1,))), path.nodes[1].read.flow)
    assert streams.repeat(path, flow_of(80), [70, 71], [1000, 2000], 3000)
    assert hears.counted == [(3, (("one", 0), ("two", 0)), (1000, 2000))] and hears.again == [("end", 3000, (71,))]


@pytest.mark.parametrize("why", ["another's", "circumstances", "emptied", "no end"])
def test_a_path_that_means_something_else_now_is_not_repeated(why: str) -> None:
    hears = Repeats()
    streams = module.KnownStreams(hears, Follower())
    path = whole_path(streams)
    flow = flow_of(81 if why == "another's" else 80)
    if why == "another's":
        streams.valid(streams.tree_of(flow), flow)
    elif why == "circumstances":
        hears.epoch, hears.circumstances = 1, "another device"
    elif why == "emptied":
        streams._empty(path.tree)
        path.nodes[-1].at_end = module.Replayable()
    else:
        path.nodes[-1].at_end = None
    assert not streams.repeat(path, flow, [70, 71], [1000, 2000], 3000)
    assert hears.again == [] and streams.repeated == 0 and flow.application is None


def test_each_time_that_the_decoder_forgets_paths_are_given_anew() -> None:
    follower = Follower(room=0)
    streams = module.KnownStreams(Hears(), follower)
    tree = streams.tree_of(flow_of(80))
    node, other = streams.grow(tree, tree.root, key(0, 1)), streams.grow(tree, tree.root, key(0, 2))
    for _ in range(3):  # no room: all are forgotten, thrice
        streams.learn(tree, [other])
    follower.room = 99
    streams.learn(tree, [node])
    follower.room = 0
    streams.learn(tree, [other])
    follower.room = 99
    before = len(follower.learned)
    streams.learn(tree, [node])
    streams.learn(tree, [node])
    assert len(follower.learned) == before + 1
