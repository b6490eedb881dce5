"""Framing of HTTP/1.x by RFC 9112: header blocks, bodies of every kind, losses, bounds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sensor.events import DATA_LIMIT, Enough, Skip, Span, Weird
from sensor.model import Side
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.http_body import MEDIA_LIMIT, Body
from sensor.parsing.formats.http_headers import Fields
from sensor.parsing.parser import Parsed
from sensor.protocols.http._directions import Framing
from sensor.protocols.http.framing import LOST_LIMIT, MAX_TRAILERS, HttpStream, may_start, short_line
from tests.conversation import C, Run, S

GET = b"GET /next HTTP/1.1\r\n\r\n"


class Recorder(HttpStream):
    """Frames each block as its test wants, and records what the framing calls."""

    def __init__(self, *framings: tuple[Framing, int], kind: str | None = None) -> None:
        super().__init__()
        self._framings = list(framings)
        self._kind = kind
        self.heads: list[tuple[Side, bytes, Span]] = []
        self.bodies: list[tuple[Side, bytes, int, bool, int]] = []
        self.losses: list[Side] = []

    def head(self, side: Side, line: bytes, fields: Fields, span: Span) -> Iterator[Parsed]:
        self.heads.append((side, line, span))
        framing, length = self._framings.pop(0) if self._framings else (Framing.NONE, 0)
        self.frame(side, framing, length, self._kind, span.end)
        return iter(())

    def body_end(self, side: Side, body: Body, *, complete: bool, end: int) -> Iterator[Parsed]:
        self.bodies.append((side, bytes(body.data), body.size, complete, end))
        return iter(())

    def lost(self, side: Side) -> Iterator[Parsed]:
        self.losses.append(side)
        return iter(())

    def close(self) -> Iterator[Parsed]:
        return self.end_bodies()


def fed(parser: Recorder, *pieces: bytes, side: Side = C) -> Run:
    run = Run(parser)
    for piece in pieces:
        run.feed(side, piece)
    return run


def split(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


HEAD = b"POST / HTTP/1.1\r\nX: y\r\n\r\n"
CHUNKED = b'4;ext="x"\r\nWiki\r\nA\r\npedia in\r\n\r\n0\r\nTrailer: z\r\n\r\n'


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    ("framing", "length", "on_wire", "data"),
    [
        (Framing.LENGTH, 5, b"hello", b"hello"),  # RFC 9112 §6.3, 6
        (Framing.LENGTH, 22, GET, GET),  # a request quoted in a body is none
        (Framing.CHUNKED, 0, CHUNKED, b"Wikipedia in\r\n"),  # §7.1, with an extension and a trailer
        (Framing.UNFRAMED, 0, b"a=b\r\nc=d\r\n", b"a=b\r\nc=d\r\n"),
    ],
)
def test_a_body_ends_and_the_next_block_follows(
    size: int, framing: Framing, length: int, on_wire: bytes, data: bytes
) -> None:
    parser = Recorder((framing, length))
    fed(parser, *split(HEAD + on_wire + GET, size))
    first, second = len(HEAD), len(HEAD + on_wire)
    assert parser.heads == [
        (C, b"POST / HTTP/1.1", Span(C, 0, first)),
        (C, b"GET /next HTTP/1.1", Span(C, second, second + len(GET))),
    ]
    assert parser.bodies == [(C, data, len(data), True, second)]
    assert parser.losses == []


def test_empty_lines_before_a_start_line_are_skipped() -> None:
    parser = Recorder()
    fed(parser, b"\r\n\r\n" + GET)  # RFC 9112 §2.2
    assert parser.heads == [(C, b"GET /next HTTP/1.1", Span(C, 4, 4 + len(GET)))]


@pytest.mark.parametrize(("framing", "complete"), [(Framing.UNTIL_CLOSE, True), (Framing.LENGTH, False)])
def test_the_end_of_a_connection_ends_only_a_body_without_a_length(framing: Framing, complete: bool) -> None:
    parser = Recorder((framing, 100))
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    fed(parser, head + b"part", side=S).close()
    assert parser.bodies == [(S, b"part", 4, complete, len(head) + 4)]


def test_a_response_ends_a_body_without_a_length() -> None:
    parser = Recorder((Framing.UNFRAMED, 0))
    fed(parser, HEAD + b"a=b\r\n=no line end")
    assert list(parser.response_began(C)) == []
    assert [(data, complete) for _, data, _, complete, _ in parser.bodies] == [(b"a=b\r\n=no line end", True)]
    other = Recorder((Framing.UNFRAMED, 0))
    run = fed(other, HEAD + b"a=b\r\nGET /next HT")
    assert list(other.response_began(C)) == []
    run.feed(C, b"TP/1.1\r\n\r\n")
    assert [data for _, data, *_ in other.bodies] == [b"a=b\r\n"]
    assert other.heads[-1][1] == b"GET /next HTTP/1.1"


def test_a_client_that_asks_to_switch_waits_for_the_response() -> None:
    parser = Recorder((Framing.HOLD, 0))
    run = fed(parser, HEAD + b"\x16\x03\x01")
    assert parser.pending(C) == b"\x16\x03\x01"
    assert run.parsed == [] and parser.losses == []
    other = Recorder((Framing.HOLD, 0))
    fed(other, HEAD + GET)  # it goes on in HTTP instead
    assert [line for _, line, _ in other.heads] == [b"POST / HTTP/1.1", b"GET /next HTTP/1.1"]


def test_a_long_body_is_skipped_but_for_its_last_byte() -> None:
    size = DATA_LIMIT + 900_000
    parser = Recorder((Framing.LENGTH, size))
    run = fed(parser, HEAD, *split(bytes(size), 1460))
    assert parser.bodies == [(C, bytes(DATA_LIMIT), size, True, len(HEAD) + size)]
    run.feed(C, GET)
    assert len(parser.heads) == 2
    skipped = sum(item.length for item in run.parsed if isinstance(item, Skip))
    assert 800_000 < skipped < size - DATA_LIMIT


def test_a_live_stream_is_reported_when_its_bound_is_reached() -> None:
    parser = Recorder((Framing.UNTIL_CLOSE, 0), kind="video/mp2t")
    run = fed(parser, b"HTTP/1.1 200 OK\r\n\r\n", *split(b"f" * MEDIA_LIMIT, 1460), side=S)
    assert [(len(data), complete) for _, data, _, complete, _ in parser.bodies] == [(MEDIA_LIMIT, False)]
    assert run.parsed[-1] == Enough()


@pytest.mark.parametrize(
    ("broken", "detail"),
    [
        (b"xyz\r\n", "a chunk without a size"),
        (b"-1\r\n", "a chunk without a size"),
        (b"1" * 2000, "a chunk without a size"),
        (b"1\r\nab\r\n", "a chunk longer than its size or endless trailers"),
        (b"0\r\n" + b"T: v\r\n" * (MAX_TRAILERS + 2), "a chunk longer than its size or endless trailers"),
    ],
)
def test_chunks_that_break_the_framing(broken: bytes, detail: str) -> None:
    parser = Recorder((Framing.CHUNKED, 0))
    run = fed(parser, HEAD + broken + b"\n" + GET)
    assert [item for item in run.parsed if isinstance(item, Weird)] == [Weird(name="http_chunk", detail=detail)]
    assert parser.losses == [C]
    assert [complete for *_, complete, _ in parser.bodies] == [False]
    assert parser.heads[-1][1] == b"GET /next HTTP/1.1"


def test_a_loss_inside_a_body_of_known_length_leaves_a_hole() -> None:
    parser = Recorder((Framing.LENGTH, 100))
    run = fed(parser, HEAD + b"x" * 10)
    run.gap(C, 80)
    run.feed(C, b"y" * 10 + GET)
    assert parser.bodies == [(C, b"x" * 10, 100, False, len(HEAD) + 100)]
    assert parser.losses == [] and len(parser.heads) == 2


def test_a_loss_to_the_end_of_a_body_ends_it() -> None:
    parser = Recorder((Framing.LENGTH, 100))
    run = fed(parser, HEAD + b"x" * 10)
    run.gap(C, 90)
    assert parser.bodies == [(C, b"x" * 10, 100, False, len(HEAD) + 100)]
    run.feed(C, GET)
    assert len(parser.heads) == 2


def test_after_a_longer_loss_a_start_line_is_found_at_the_beginning_of_a_line_only() -> None:
    parser = Recorder((Framing.LENGTH, 100))
    run = fed(parser, HEAD + b"x" * 10)
    run.gap(C, 500)
    for byte in b"quoted: GET /a HTTP/1.1\r\nrest\r\n" + GET:
        run.feed(C, bytes([byte]))
    assert parser.losses == [C]
    assert [line for _, line, _ in parser.heads] == [b"POST / HTTP/1.1", b"GET /next HTTP/1.1"]


def test_a_flow_without_a_start_line_after_a_loss_is_given_up() -> None:
    run = Run(Recorder())
    run.gap(S, 1)
    pieces = 0
    while not run.over and pieces < LOST_LIMIT // 65536 + 2:
        run.feed(S, b"z" * 65536)
        pieces += 1
    assert run.parsed == [Enough()]
    assert pieces * 65536 >= LOST_LIMIT


@pytest.mark.parametrize(
    ("side", "buffer", "expected"),
    [
        (C, b"G", True),
        (C, b"M-SEARCH * HTTP/1.1", True),
        (C, b"GET(", False),
        (C, b"\x16\x03\x01", False),
        (C, b"A" * 33 + b" /", False),  # no method is that long
        (C, b"GET " + b"/" * 70_000, False),
        (S, b"HT", True),
        (S, b"ICY 200 OK", True),
        (S, b"SIP/2.0", False),
    ],
)
def test_what_may_be_a_start_line(side: Side, buffer: bytes, expected: bool) -> None:
    assert may_start(side, bytearray(buffer)) is expected


class Ending(Recorder):
    """Says something at the end of a body."""

    def body_end(self, side: Side, body: Body, *, complete: bool, end: int) -> Iterator[Parsed]:
        yield Weird(name="end")


@pytest.mark.parametrize("pieces", [[b"3\r\nabc\r\n0\r\n\r\n"], [b"3\r\nabc\r\n", b"0\r\n", b"\r\n"], [b"0\r\n\r\n"]])
def test_what_ends_with_the_last_chunk_rests_on_the_empty_line(pieces: list[bytes]) -> None:
    """However it came: the frames of what it says are those of its last line."""
    parser = Ending((Framing.CHUNKED, 0))
    places = [(item, parser.here()) for piece in (HEAD, *pieces) for item in parser.receive(C, piece)]
    whole = len(HEAD) + sum(map(len, pieces))
    assert places == [(Weird(name="end"), Span(C, whole - 2, whole))]
    assert [line for _, line, _ in parser.heads] == [b"POST / HTTP/1.1"]
    assert list(parser.receive(C, GET)) == [] and len(parser.heads) == 2


@pytest.mark.parametrize("pieces", [[b"POST "], [b"PO", b"ST "], [b"G", b"E", b"T "]])
def test_the_first_pieces_of_a_request_line_are_no_message(pieces: list[bytes]) -> None:
    parser = Recorder()
    for piece in pieces:
        assert list(parser.receive(C, piece)) == []
    assert not parser.messages and not parser.losses
    assert list(parser.receive(C, b"/ HTTP/1.1\r\nHost: a\r\n\r\n")) == []
    assert [line for _, line, _ in parser.heads] == [b"".join(pieces) + b"/ HTTP/1.1"]


@pytest.mark.parametrize("piece", [b"\0\1", b"\x16\x03\x01", b"G\0", b"x" * 40])
def test_what_begins_no_request_line_is_lost(piece: bytes) -> None:
    parser = Recorder()
    list(parser.receive(C, piece))
    assert parser.losses == [C]


@pytest.mark.parametrize("kind", [None, "video/mp4"])
def test_chunks_of_one_byte_are_taken_together(kind: str | None) -> None:
    """Each by itself would cost what a large one does; of a live stream they are once its beginning is stored."""
    text = bytes(97 + number % 26 for number in range(70_000))
    body = b"".join(b"1\r\n%c\r\n" % letter for letter in text) + b"fF\r\n" + bytes(255) + b"\r\n0\r\n\r\n"
    whole = Recorder((Framing.CHUNKED, 0), kind=kind)
    fed(whole, HEAD, *split(body, 10_000))
    pieces = Recorder((Framing.CHUNKED, 0), kind=kind)
    fed(pieces, HEAD, *split(body, 3))
    assert whole.bodies == pieces.bodies
    assert [(data[:MEDIA_LIMIT], size) for _, data, size, _, _ in whole.bodies] == [
        (text[:MEDIA_LIMIT], MEDIA_LIMIT if kind else len(text) + 255)
    ]
    assert whole.messages < (4 * MEDIA_LIMIT if kind else 300)


def test_a_line_of_the_chunked_framing_is_short() -> None:
    assert short_line(Cursor(b"1a\r\nrest")) == b"1a"
    assert short_line(Cursor(b"1" * 1100 + b"\r\n")) is None


@pytest.mark.parametrize(
    ("size", "whole"),
    [(b"5", True), (b"5;x=y", True), (b" 5 ", True), (b"A", True), (b"a", True), (b"0000000005", True), (b"5 x", False),
     (b"", False), (b"0x5", False), (b"+5", False), (b"5" * 13, False), (b";5", False)],
)  # fmt: skip
def test_sizes_of_chunks(size: bytes, whole: bool) -> None:
    """RFC 9112 §7.1: hexadecimal digits, then perhaps an extension."""
    length = int(size.partition(b";")[0].strip(), 16) if whole else 5
    parser = Recorder((Framing.CHUNKED, 0))
    run = fed(parser, HEAD + size + b"\r\n" + b"z" * length + b"\r\n0\r\n\r\n" + GET)
    assert parser.losses == ([] if whole else [C])
    assert [data for _, data, *_ in parser.bodies][:1] == ([b"z" * length] if whole else [b""])
    assert len([item for item in run.parsed if isinstance(item, Weird)]) == (not whole)


@pytest.mark.parametrize(("lines", "whole"), [(0, True), (1, True), (MAX_TRAILERS, True), (MAX_TRAILERS + 2, False)])
def test_trailers_to_their_bound(lines: int, whole: bool) -> None:
    for _ in range(2):
        parser = Recorder((Framing.CHUNKED, 0), (Framing.CHUNKED, 0))
        one = HEAD + b"1\r\nz\r\n0\r\n" + b"T: v\r\n" * lines + b"\r\n"
        fed(parser, one * 2 if whole else one)
        assert parser.losses == ([] if whole else [C])
        assert [complete for *_, complete, _ in parser.bodies] == ([True, True] if whole else [False])


@pytest.mark.parametrize(("lost", "complete"), [(1, True), (79, True), (80, True), (81, False)])
def test_a_loss_up_to_the_end_of_a_body(lost: int, complete: bool) -> None:
    """Of 100 bytes 20 came: up to 80 may be missing within it; one more and a header block may be lost too."""
    parser = Recorder((Framing.LENGTH, 100))
    run = fed(parser, HEAD + b"x" * 20)
    run.gap(C, lost)
    if complete:
        run.feed(C, b"y" * (80 - lost) + GET)
        assert (parser.losses, len(parser.heads)) == ([], 2)
        assert parser.bodies == [(C, b"x" * 20 if lost else b"", 100, False, len(HEAD) + 100)]
    else:
        assert parser.losses == [C]
        run.feed(C, b"still the body\r\n" + GET)
        assert len(parser.heads) == 2


@pytest.mark.parametrize(("lost", "whole"), [(1, True), (90, True), (91, False), (92, False)])
def test_a_loss_up_to_the_end_of_a_chunk(lost: int, whole: bool) -> None:
    parser = Recorder((Framing.CHUNKED, 0))
    run = fed(parser, HEAD + b"64\r\n" + b"x" * 10)
    run.gap(C, lost)
    if whole:
        run.feed(C, b"y" * (90 - lost) + b"\r\n0\r\n\r\n" + GET)
        assert [(size, complete) for _, _, size, complete, _ in parser.bodies] == [(100, False)]
        assert (parser.losses, len(parser.heads)) == ([], 2)
    else:
        assert parser.losses == [C]


def test_a_loss_in_a_body_without_end_leaves_a_hole() -> None:
    parser = Recorder((Framing.UNTIL_CLOSE, 0))
    run = fed(parser, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10, side=S)
    run.gap(S, 50)
    run.feed(S, b"y" * 10)
    run.close()
    assert [(size, complete) for _, _, size, complete, _ in parser.bodies] == [(70, False)] and parser.losses == []


def test_after_a_loss_both_sides_find_their_own_start_line() -> None:
    for side, start, quoted in (
        (C, GET, b"HTTP/1.1 200 OK\r\n\r\n"), (S, b"HTTP/1.1 200 OK\r\n\r\n", GET),
    ):  # fmt: skip
        for before in (b"", b"rest\n", b"rest\r\n", b"x" * 5000 + b"\n"):
            for size in (1, 7, 10_000):
                parser = Recorder()
                run = Run(parser)
                run.gap(side, 3)
                for piece in split(before + quoted.replace(b"\n", b"") + b"\n" + start, size):
                    run.feed(side, piece)
                assert [line for _, line, _ in parser.heads] == [start.split(b"\r\n")[0]], (side, before[:4], size)


def test_head_blocks_that_are_none() -> None:
    for side, line in (
        (C, b"GET / HTTP\r\n\r\n"),
        (S, b"HTTP/1.1 20\r\n\r\n"),
        (S, b"HTTP/1.1\r\n\r\n"),
    ):
        parser = Recorder()
        run = fed(parser, line, side=side)
        assert [item.name for item in run.parsed if isinstance(item, Weird)] == ["http_start_line"]
        assert (parser.heads, parser.losses) == ([], [side])
    parser = Recorder()
    fed(parser, b"\x16\x03\x01" + GET)
    assert parser.losses == [C]


@pytest.mark.parametrize("kind", ["video/mp4", "audio/mpeg", "multipart/x-mixed-replace", "image/png", None])
def test_which_bodies_have_no_end(kind: str | None) -> None:
    live = kind in ("video/mp4", "audio/mpeg", "multipart/x-mixed-replace")
    for framing in (Framing.UNTIL_CLOSE, Framing.CHUNKED, Framing.LENGTH):
        parser = Recorder((framing, 1 << 20), kind=kind)
        data = b"%x\r\n" % (1 << 20) if framing is Framing.CHUNKED else b""
        run = fed(parser, b"HTTP/1.1 200 OK\r\n\r\n" + data, *split(b"f" * MEDIA_LIMIT, 1460), side=S)
        assert len(parser.bodies) == (live and framing is not Framing.LENGTH)
        assert (Enough() in run.parsed) is (live and framing is Framing.UNTIL_CLOSE)


def test_a_loss_while_a_switch_is_awaited() -> None:
    """What comes then is HTTP again, or lost; it no longer waits for the answer."""
    parser = Recorder((Framing.HOLD, 0))
    run = fed(parser, HEAD)
    run.gap(C, 5)
    run.feed(C, b"rest\n" + GET + b"\x16\x03\x01")
    assert [line for _, line, _ in parser.heads] == [b"POST / HTTP/1.1", b"GET /next HTTP/1.1"]
    assert parser.losses == [C, C] and parser.pending(C) != b"\x16\x03\x01"


@pytest.mark.parametrize("side", [C, S])
def test_each_side_has_a_state_of_its_own(side: Side) -> None:
    """A loss on one side leaves the body of the other as it is."""
    parser = Recorder((Framing.LENGTH, 10))
    head = HEAD if side is C else b"HTTP/1.1 200 OK\r\n\r\n"
    run = fed(parser, head + b"12345", side=side)
    run.gap(side.other, 7)
    run.feed(side, b"67890")
    assert parser.losses == [side.other]
    assert parser.bodies == [(side, b"1234567890", 10, True, len(head) + 10)]


def test_what_ends_when_the_connection_does() -> None:
    for framing, data, complete in (
        (Framing.UNTIL_CLOSE, b"a=b", True), (Framing.UNFRAMED, b"a=b", True), (Framing.LENGTH, b"a=b", False),
        (Framing.CHUNKED, b"5\r\na=b", False),
    ):  # fmt: skip
        parser = Recorder((framing, 9))
        fed(parser, HEAD + data).close()
        assert [(body, whole) for _, body, _, whole, _ in parser.bodies] == [(b"a=b", complete)], framing
    lossy = Recorder((Framing.UNTIL_CLOSE, 0))
    run = fed(lossy, HEAD + b"x")
    run.gap(C, 3)
    run.close()
    assert [(size, whole) for _, _, size, whole, _ in lossy.bodies] == [(4, False)]


def test_a_body_without_a_length_ends_at_the_next_request_line_only() -> None:
    for text in (b"GET it\r\n", b"GET /a HTTP/1.1 x\r\n", b"a GET /a HTTP/1.1\r\n"):
        parser = Recorder((Framing.UNFRAMED, 0))
        fed(parser, HEAD + b"a=b\r\n" + text + GET)
        assert [data for _, data, *_ in parser.bodies] == [b"a=b\r\n" + text]
        assert parser.heads[-1][1] == b"GET /next HTTP/1.1"
