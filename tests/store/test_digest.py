"""What is hashed is the file, whatever of it was read."""

from __future__ import annotations

import hashlib
import io
from typing import Any, cast

import pytest

from sensor.store.digest import Digest

DATA = bytes(range(256)) * 5000


@pytest.mark.parametrize("first", [0, 1, 4096, len(DATA), len(DATA) + 1])
def test_a_file_is_hashed_to_its_end(first: int) -> None:
    digest = Digest(io.BytesIO(DATA))
    assert digest.read(first) == DATA[:first] if first else True
    assert digest.finish(drain=True) == hashlib.sha256(DATA).hexdigest() and digest.size == len(DATA)


def test_a_pipe_that_was_not_read_to_its_end_has_no_hash() -> None:
    digest = Digest(io.BytesIO(DATA))
    digest.read(10)
    assert digest.finish(drain=False) is None
    while digest.read(65536):
        pass
    assert digest.finish(drain=False) == hashlib.sha256(DATA).hexdigest()


class Pipe(io.RawIOBase):
    """A stream that gives less than it is asked for, and counts how often it was asked and closed."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces, self.count = list(pieces), 0

    def read1(self, size: int) -> bytes:
        self.count += 1
        return self.pieces.pop(0) if self.pieces else b""

    read = None  # type: ignore[assignment]


def test_a_pipe_is_not_waited_for_until_a_piece_is_full() -> None:
    pipe = Pipe(b"abc", b"d")
    digest = Digest(cast(Any, pipe))
    assert (digest.read(100), digest.size, pipe.count) == (b"abc", 3, 1)
    assert digest.finish(drain=False) is None and pipe.count == 1
    assert digest.read(100) == b"d" and digest.read(100) == b"" and digest.size == 4
    # FIPS 180-4 of "abcd", as sha256sum(1) gives it.
    expected = "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589"
    assert digest.finish(drain=False) == expected == digest.finish(drain=True) and pipe.count == 3
    digest.close()
    assert pipe.closed


def test_a_stream_that_has_nothing_yet_is_at_its_end() -> None:
    """io.RawIOBase.read gives None where a descriptor does not wait."""
    digest = Digest(cast(Any, Pipe(cast(bytes, None))))
    assert digest.read(10) == b"" and digest.size == 0
    assert digest.finish(drain=False) == hashlib.sha256(b"").hexdigest()
