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
