"""Bodies: bounds, codings, forms of RFC 7578, titles."""

from __future__ import annotations

import gzip
import time
import zlib

import brotli
import pytest
import zstandard

from sensor.events import DATA_LIMIT
from sensor.parsing.formats.http_body import (
    MAX_CODINGS,
    MAX_PARTS,
    MEDIA_LIMIT,
    Body,
    Unpacker,
    decode,
    multipart,
    title,
)
from sensor.reserves import REFILL, RESERVE, UnpackingReserve, usual


def test_a_body_keeps_its_beginning_and_counts_the_rest() -> None:
    body = Body(0, "image/jpeg")
    body.add(b"x" * MEDIA_LIMIT)
    body.add(b"y")
    body.passed(10)
    assert (len(body.data), body.size, body.full) == (MEDIA_LIMIT, MEDIA_LIMIT + 11, True)


def test_what_follows_a_hole_is_not_stored() -> None:
    body = Body(0, None)
    body.add(b"before")
    body.lose(4)
    body.add(b"after")
    assert (bytes(body.data), body.size, body.lost) == (b"before", 15, 4)


def test_codings_are_undone_last_first_and_only_so_many() -> None:
    twice = brotli.compress(gzip.compress(b"plain text"))
    assert decode(twice, ["gzip", "br"]).data == b"plain text"
    assert decode(zstandard.compress(b"plain text"), ["zstd"]).data == b"plain text"
    assert decode(b"no gzip", ["gzip"]).data == b"no gzip"
    assert decode(b"unknown", ["sdch"]).data == b"unknown"
    onion = b"core"
    for _ in range(5):
        onion = gzip.compress(onion)
    assert decode(onion, ["gzip"] * 5).data == gzip.compress(gzip.compress(b"core"))


def test_a_body_cut_short_gives_what_decodes() -> None:
    text = bytes(range(256)) * 40
    assert text.startswith(decode(zlib.compress(text)[:-20], ["deflate"]).data)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_no_coding_grows_past_the_bound(coding: str) -> None:
    plain = bytes(32 * 1024 * 1024)
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}[
        coding
    ](plain)
    decoded = decode(packed, [coding])
    assert (len(decoded.data), decoded.bomb) == (DATA_LIMIT, len(packed) * 200 < DATA_LIMIT)


def test_multipart_fields_that_are_no_files() -> None:
    body = (
        b'preamble\r\n--b\r\nContent-Disposition: form-data; name="user"\r\n\r\nanna\r\n'
        b'--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\nContent-Type: a/b\r\n\r\npassword=1\r\n'
        b'--b\r\nContent-Disposition: form-data; name="pass"\r\n\r\n\xc3\xa4\r\n--b--\r\n'
    )
    assert multipart(body, "b") == [("user", "anna"), ("pass", "ä")]
    assert multipart(body, "") == []
    assert len(multipart(b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nv\r\n' * 500, "b")) == MAX_PARTS


@pytest.mark.parametrize(
    ("page", "charset", "want"),
    [
        (b"<html><TITLE lang=en>\n A  B\n</title>", None, "A B"),
        (b"<title>Caf\xe9</title>", "iso-8859-1", "Café"),
        (b"<title>Caf\xe9</title>", "unicode_escape", "Caf\\xe9"),
        (b"<title></title>", None, None),
        (b"no title", None, None),
    ],
)
def test_titles(page: bytes, charset: str | None, want: str | None) -> None:
    assert title(page, charset) == want


PAGE = b"".join(b"<p>%d</p>" % (number * number) for number in range(9000))


def _read(data: bytes, codings: list[str], *, spent: bool = False) -> tuple[bytes, int]:
    """The body as it is read, and what was counted as cut; ``spent``: the reserve is empty."""
    reserve = UnpackingReserve()
    if spent:
        reserve.grew(0, usual(0) + RESERVE, DATA_LIMIT)
    return Unpacker().decode(data, codings, reserve).data, reserve.cut


def test_bodies_compressed_in_one_another_count_where_one_is_cut() -> None:
    """What was cut within gives a shorter body, which by itself looks whole (RFC 9110 8.4)."""
    inner = gzip.compress(PAGE) + gzip.compress(bytes(300_000), 0)
    outer = brotli.compress(inner)
    assert len(outer) < DATA_LIMIT < len(inner)
    found, cut = _read(outer, ["gzip", "br"])
    assert found == PAGE and cut == 1
    assert _read(brotli.compress(gzip.compress(PAGE)), ["gzip", "br"]) == (PAGE, 0)


def test_with_an_empty_reserve_each_layer_that_is_cut_counts() -> None:
    once = gzip.compress(PAGE)
    blank = gzip.compress(bytes(DATA_LIMIT - 1))
    assert _read(once, ["gzip"], spent=True) == (PAGE, 0)
    assert _read(blank, ["gzip"], spent=True)[1] == 1
    stored = gzip.compress(blank + bytes(100_000))
    found, cut = _read(stored, ["gzip", "gzip"], spent=True)
    assert len(found) < DATA_LIMIT - 1 and cut == 1


def test_codings_that_are_left_as_they_crossed_count() -> None:
    onion = b"core"
    for _ in range(MAX_CODINGS + 1):
        onion = gzip.compress(onion)
    assert _read(onion, ["gzip"] * (MAX_CODINGS + 1)) == (gzip.compress(b"core"), 1)
    assert _read(gzip.decompress(onion), ["gzip"] * MAX_CODINGS) == (b"core", 0)
    # What nobody can undo is no bound of ours.
    assert _read(b"unknown", ["sdch"]) == (b"unknown", 0)


def test_bodies_after_a_bomb_stay_packed_and_count() -> None:
    reserve, unpacker = UnpackingReserve(), Unpacker()
    assert unpacker.decode(gzip.compress(bytes(2 * DATA_LIMIT)), ["gzip"], reserve).bomb and not reserve.cut
    page = gzip.compress(PAGE)
    assert unpacker.decode(page, ["gzip"], reserve).data == page and reserve.cut == 1
    assert unpacker.decode(PAGE, [], reserve).data == PAGE and reserve.cut == 1


def test_what_is_unpacked_on_the_way_draws_on_the_reserve() -> None:
    """It costs as much as what is read in the end."""
    reserve = UnpackingReserve()
    body = gzip.compress(gzip.compress(b"x") + bytes(200_000))
    Unpacker().decode(body, ["gzip", "gzip"], reserve)
    drawn = usual(0) + RESERVE - reserve.limit(0, 10 * RESERVE)
    assert drawn > 200_000 - usual(len(body)) - REFILL * len(body) > 100_000


def _seconds(packed: bytes) -> float:
    """CPU of reading the beginning of a Brotli body, the least of five turns."""
    taken = []
    for _ in range(5):
        began = time.process_time()
        assert decode(packed, ["br"], 4096).data == b"a" * 4096
        taken.append(time.process_time() - began)
    return min(taken)


def test_the_work_for_a_brotli_body_does_not_grow_with_its_window() -> None:
    """Sixty-four times the length took fifty-five times the work."""
    long, short = (brotli.compress(b"a" * size, quality=5, lgwin=24) for size in (16 << 20, 256 << 10))
    assert _seconds(long) < 10 * _seconds(short)


@pytest.mark.parametrize("window", range(10, 25))
def test_what_is_read_of_a_brotli_body_is_the_same_with_any_window(window: int) -> None:
    text = b"".join(b"%d of %d; " % (n * n, n) for n in range(50_000))
    text = text[:200_000] + text  # what comes back from far
    assert len(text) > 1 << 19
    assert decode(brotli.compress(text, quality=5, lgwin=window), ["br"]).data == text[:DATA_LIMIT]


def test_holes_add_up() -> None:
    body = Body(0, None)
    for _ in range(3):
        body.lose(4)
    assert (body.size, body.lost) == (12, 12)


def test_codings_are_undone_the_last_one_first() -> None:
    """RFC 9110 §8.4: in the order in which they were applied; an unknown one ends it, and what is left is as it
    crossed."""
    data = b"temperature 21"
    twice = zlib.compress(gzip.compress(data))
    assert decode(twice, ["gzip", "deflate"]).data == data
    assert decode(gzip.compress(data), ["gzip", "rot13"]).data == gzip.compress(data)
    assert decode(gzip.compress(data), ["rot13", "gzip"]).data == data
    assert decode(data, []).data == data


def test_many_codings_are_cut_and_unknown_ones_are_not() -> None:
    data = b"x"
    for _ in range(MAX_CODINGS + 1):
        data = gzip.compress(data)
    many = decode(data, ["gzip"] * (MAX_CODINGS + 1))
    assert many.inner_cut and many.data == gzip.compress(b"x")
    fine = decode(b"x", ["rot13"] * (MAX_CODINGS + 1))
    assert not fine.inner_cut and fine.data == b"x"


def test_a_layer_that_was_cut_stays_cut() -> None:
    """Two codings: of the inner one more came out than may be kept, of the outer one little."""
    inner = gzip.compress(bytes(200_000))
    whole = decode(gzip.compress(inner), ["gzip", "gzip"])
    assert not whole.inner_cut and whole.worked == len(inner)
    assert decode(gzip.compress(bytes(5000)), ["rot13", "gzip"], 1000).inner_cut


@pytest.mark.parametrize(("length", "read"), [(0, False), (1, True), (200, True), (201, False)])
def test_boundaries(length: int, read: bool) -> None:
    mark = "b" * length
    data = f"--{mark}\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--{mark}--\r\n".encode()
    assert multipart(data, mark) == ([("a", "x")] if read else [])


@pytest.mark.parametrize(
    ("disposition", "read"),
    [
        ("form-data; name=a", True),
        ("attachment; name=a", False),
        ("form-data", False),
        ("form-data; name=a; filename=b", False),
    ],
)
def test_a_field_is_form_data_with_a_name_and_no_file(disposition: str, read: bool) -> None:
    data = f"--cut\r\nContent-Disposition: {disposition}\r\n\r\nx\r\n--cut--\r\n".encode()
    assert multipart(data, "cut") == ([("a", "x")] if read else [])


def test_a_body_without_a_coding_takes_nothing_of_the_reserve() -> None:
    unpacker, reserve = Unpacker(), UnpackingReserve()
    assert unpacker.decode(b"plain", [], reserve).data == b"plain" and reserve.cut == 0


@pytest.mark.parametrize("window", range(10, 25))
@pytest.mark.parametrize("size", [1, 300, 70_000])
def test_brotli_of_each_window(window: int, size: int) -> None:
    """A greater window than 512 KiB is read with one of these: what is read lies in it (RFC 7932 9.1)."""
    text = bytes(n * 7 % 251 for n in range(size))
    assert decode(brotli.compress(text, lgwin=window), ["br"]).data == text


@pytest.mark.parametrize(("window", "read"), [(0x00, True), (0x68, True), (0x69, False), (0x70, False), (0xFF, False)])
def test_zstandard_windows_of_more_than_eight_mebibytes_are_refused(window: int, read: bool) -> None:
    """RFC 9659; the window's exponent and mantissa: RFC 8878 3.1.1.1.2. One raw block, the last."""
    frame = b"\x28\xb5\x2f\xfd\0" + bytes((window,)) + (10 << 3 | 1).to_bytes(3, "little") + b"plain text"
    assert decode(frame, ["zstd"]).data == (b"plain text" if read else frame)


@pytest.mark.parametrize(("outer", "cut"), [("gzip", True), ("sdch", False), ("identity", False)])
def test_codings_beyond_the_last_that_is_undone(outer: str, cut: bool) -> None:
    """A fourth that could be undone is left as it crossed, which is said; one that nobody knows is none."""
    data = gzip.compress(gzip.compress(gzip.compress(b"core")))
    found = decode(data, [outer, "gzip", "gzip", "gzip"])
    assert (found.data, found.inner_cut) == (b"core", cut)


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (b"<title> </title>", None),
        (b"<title>\r\n\t</title>", None),
        (b"<title> a \n b </title>", "a b"),
        (b"<title></title>", None),
    ],
)
def test_a_title_of_blanks_is_none(page: bytes, found: str | None) -> None:
    assert title(page, None) == found


def test_what_was_a_bomb_in_one_layer_is_one() -> None:
    """Also where the layer in it is small again."""
    inner = gzip.compress(b"core")
    outer = gzip.compress(inner + bytes(DATA_LIMIT * 2), 9)
    assert decode(outer, ["gzip", "gzip"]).bomb and decode(outer, ["gzip"]).bomb
    assert not decode(gzip.compress(inner), ["gzip", "gzip"]).bomb


@pytest.mark.parametrize("bits", [zlib.MAX_WBITS, -zlib.MAX_WBITS], ids=["zlib", "raw"])
def test_deflate_with_and_without_zlibs_frame(bits: int) -> None:
    """RFC 9110 8.4.1.2: "deflate" is zlib's format; some senders leave its frame out."""
    engine = zlib.compressobj(wbits=bits)
    assert decode(engine.compress(PAGE) + engine.flush(), ["deflate"]).data == PAGE
