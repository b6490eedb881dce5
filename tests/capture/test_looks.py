"""Every magic is reachable: no earlier one takes its files, and none is a capture's."""

from __future__ import annotations

import pytest

from sensor.capture import looks, pcap, pcapng


@pytest.mark.parametrize(("magic", "words"), looks._MAGICS)
def test_each_magic_has_its_own_words(magic: bytes, words: str) -> None:
    data = magic + bytes(100)
    assert looks.looks_like(data) == words
    assert pcap.order(data[:4]) is None
    assert data[:4] != pcapng.MAGIC


def test_tar() -> None:
    assert looks.looks_like(b"name".ljust(257, b"\0") + b"ustar\0" + bytes(200)) == "a tar archive; unpack it first"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty file"),
        (b"abc", "a file too short to be one"),
        (b"{}\n", "a file too short to be one"),
        (bytes(600), "a file of zero bytes"),
        (bytes(511) + b"x" + bytes(90), "binary data of a kind that is not known"),
        (bytes(512) + b"x", "a file of zero bytes"),
        (b"hello\tyou\r\n", "text"),
        ("Grüße an alle\n".encode(), "text"),
        ("Grüße an alle\n".encode("latin-1"), "binary data of a kind that is not known"),
        (b"hello\x07you", "binary data of a kind that is not known"),
        (b"hello\x7fyou", "binary data of a kind that is not known"),
        (b"x" * 512 + b"\xff\xff", "text"),
        (b"name".ljust(257, b"\0") + b"ustar", "binary data of a kind that is not known"),
        (b"name".ljust(256, b"\0") + b"ustar\0" + bytes(200), "binary data of a kind that is not known"),
    ],
)
def test_what_has_no_magic(data: bytes, words: str) -> None:
    assert looks.looks_like(data) == words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"RTSS", "a Microsoft Network Monitor 1 capture, which is not read; convert it with editcap"),
        (b"MZab", "a Windows program"),
        (b"text", "text"),
    ],
)
def test_four_bytes_are_enough(data: bytes, words: str) -> None:
    assert looks.looks_like(data) == words
