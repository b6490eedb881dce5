"""What is hashed is the file, whatever of it was read."""

from __future__ import annotations

import hashlib
import io

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
