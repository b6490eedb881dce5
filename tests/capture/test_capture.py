"""Opening: by content and never by name, standard input, folders, and what is not a capture."""

from __future__ import annotations

import gzip
import io
import os
import random
import sys
from pathlib import Path

import pytest

from sensor.capture import MAX_DEPTH, NotACapture, find_captures, open_capture
from tests.capture.files import Trickle, enhanced, interface, opened, pcap, records, section
from tests.capture.test_erf import record as erf_record
from tests.capture.test_pcapng import statistics
from tests.capture.test_records import snoop

PCAP = pcap([(1, 2, b"abc", 3)])
PCAPNG = section() + interface() + enhanced("<", 0, 1, b"abc")


@pytest.mark.parametrize(
    ("data", "looks"),
    [
        (b"", "an empty file"),
        (b"\xd4\xc3", "a file too short to be one"),
        (b"hello, world\n", "text"),
        ("grüße\n".encode(), "text"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04xxxx", "a ZIP archive; unpack it first"),
        (b"GMBU\2\0\1\0", "a Microsoft Network Monitor capture, which is not read; convert it with editcap"),
        (bytes(64), "a file of zero bytes"),
        (b'{"a": 1}', "JSON text"),
        (bytes(range(128, 256)), "binary data of a kind that is not known"),
        (gzip.compress(b"hello, world\n", mtime=0), "text (inside gzip)"),
    ],
)
def test_what_is_not_a_capture_says_what_it_looks_like(data: bytes, looks: str) -> None:
    with pytest.raises(NotACapture) as caught:
        opened(data)
    assert str(caught.value) == f"not a capture: it looks like {looks}"


def test_any_bytes_open_or_say_no() -> None:
    chance = random.Random(3)
    for start in (b"", PCAP[:4], PCAPNG[:4], PCAPNG[:28], b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd"):
        for _ in range(40):
            try:
                records(opened(start + chance.randbytes(chance.randrange(400))))
            except NotACapture as error:
                assert str(error).startswith(("not a capture: ", "not readable: "))


def test_a_missing_file_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_capture(str(tmp_path / "missing"))
    with pytest.raises(IsADirectoryError):
        open_capture(str(tmp_path))


def test_file_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(PCAPNG)
    with open_capture(str(path)) as capture:
        assert [record[2] for record in records(capture)] == [b"abc"]
        assert (capture.position, capture.size) == (len(PCAPNG), len(PCAPNG))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PCAP)))
    with open_capture("-") as capture:
        assert [record[2] for record in records(capture)] == [b"abc"]
        assert capture.size is None


def test_captures_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    wanted = {"b.pcap": PCAP, "deep/a.cap.gz": gzip.compress(PCAP, mtime=0), "deep/er/no-name": PCAPNG}
    for name, data in {**wanted, "notes.txt": b"text", "x.pcap": b"not one", "empty.pcapng": b""}.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "loop").symlink_to(tmp_path)
    assert find_captures(str(tmp_path)) == sorted(str(tmp_path / name) for name in wanted)
    assert find_captures(str(tmp_path / "missing")) == []


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    """A pipe without a writer would be waited for."""
    (tmp_path / "a.pcap").write_bytes(PCAP)
    os.mkfifo(tmp_path / "b.pcap")
    assert find_captures(str(tmp_path)) == [str(tmp_path / "a.pcap")]


def test_folders_are_searched_so_deep_and_no_deeper(tmp_path: Path) -> None:
    deepest = tmp_path.joinpath(*["x"] * MAX_DEPTH)
    (deepest / "y").mkdir(parents=True)
    for where in (deepest, deepest / "y"):
        (where / "a.pcap").write_bytes(PCAP)
    assert find_captures(str(tmp_path)) == [str(deepest / "a.pcap")]


FORMATS = {
    "pcap": (PCAP, "Ethernet", None),
    "pcapng": (PCAPNG + statistics("<", 0, received=9, dropped=4), "Ethernet", 4),
    "snoop": (snoop(1, drops=7), "Ethernet", 7),
    "erf": (erf_record(b"abc", lost=2) * 3, "ERF", 6),
}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("step", [1, 3, 1 << 20])
def test_each_format_is_known_by_its_first_bytes(format_: str, step: int) -> None:
    """However few come at a time; ERF has no magic, so its first records must come at once."""
    data, link, dropped = FORMATS[format_]
    capture = opened(data, max(step, len(data)) if format_ == "erf" else step)
    assert len(records(capture)) == (3 if format_ == "erf" else 1)
    assert (capture.format, capture.link_types, capture.dropped) == (format_, [link], dropped)
    assert (capture.damage, capture.position) == (None, len(data))
    assert capture.received == (9 if format_ == "pcapng" else None)


@pytest.mark.parametrize("format_", FORMATS)
def test_damage_of_the_packing_is_named_before_what_was_read(format_: str) -> None:
    data = gzip.compress(FORMATS[format_][0], mtime=0)[:-3]
    capture = opened(data)
    found = len(records(capture))
    assert found == (3 if format_ == "erf" else 1)
    read = "the packet before that was read" if found == 1 else "the 3 packets before that were read"
    assert capture.damage == f"the gzip data is cut at byte {len(data)} of the file; {read}"


@pytest.mark.parametrize("left", [0, 1, 3])
def test_what_ends_before_anything_of_a_capture_is_not_readable(left: int) -> None:
    """A gzip stream of so few bytes that is cut; one that is whole holds a file too short to be a capture."""
    whole = gzip.compress(PCAP[:left], mtime=0)
    with pytest.raises(NotACapture) as caught:
        opened(whole[:-1])
    assert str(caught.value).startswith("not readable: the gzip data is cut at byte ")
    with pytest.raises(NotACapture, match=r"^not a capture: .* \(inside gzip\)$"):
        opened(whole)


def test_what_is_refused_is_closed_but_for_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Trickle(b"no capture", 100)
    with pytest.raises(NotACapture):
        open_capture("name", stream)  # type: ignore[arg-type]
    assert stream.closed
    given = io.BytesIO(b"no capture")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(given))
    with pytest.raises(NotACapture):
        open_capture("-")
    assert not given.closed


def test_a_capture_is_closed_with_its_block() -> None:
    stream = Trickle(PCAP, 100)
    with open_capture("name", stream, 55) as capture:  # type: ignore[arg-type]
        assert (capture.size, capture.path) == (55, "name") and not stream.closed
    assert stream.closed


def test_files_known_to_be_captures_are_not_opened(tmp_path: Path) -> None:
    for name in ("a", "b", "c.pcap"):
        (tmp_path / name).write_bytes(PCAP if name == "c.pcap" else b"text")
    assert find_captures(str(tmp_path), lambda path: path.endswith("a")) == [
        str(tmp_path / "a"), str(tmp_path / "c.pcap")
    ]  # fmt: skip


@pytest.mark.parametrize("format_", ["pcap", "pcapng", "snoop"])
def test_a_packed_capture_is_known_though_its_bytes_come_one_by_one(format_: str) -> None:
    """Stored without compression (RFC 1951 3.2.4), each byte comes out as it is read."""
    capture = opened(gzip.compress(FORMATS[format_][0], 0, mtime=0), 1)
    assert len(records(capture)) == 1 and capture.format == format_ and capture.damage is None


def test_what_is_no_capture_says_so_though_its_packing_is_cut() -> None:
    whole = gzip.compress(b"hello, world, here are more than four bytes of text\n", 0, mtime=0)
    with pytest.raises(NotACapture, match=r"^not a capture: it looks like text \(inside gzip\)$"):
        opened(whole[:-1])
