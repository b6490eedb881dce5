"""Pieces are found alike by themselves, in Hyperscan, and as integers."""

from __future__ import annotations

import pytest

from sensor.evidence import gram_search
from sensor.evidence.encoded_forms import TooManyReadings

ENGINES = {"each": (1 << 20, 1 << 20), "compiled": (0, 1 << 20), "integers": (0, 0)}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the engine that is chosen."""
    few, many = ENGINES[request.param]
    monkeypatch.setattr(gram_search, "FEW_GRAMS", few)
    monkeypatch.setattr(gram_search, "MANY_GRAMS", many)
    return str(request.param)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("count", [10, 5000])
def test_each_piece_is_found_at_each_place(count: int) -> None:
    grams = [b"%04d" % (number * 7919 % 10_000) for number in range(count)] + [b"\0\xff8bytes"]
    data = b"".join(b"<%04d>" % number for number in range(0, 10_000, 97)) + b"x\0\xff8bytes"
    naive = [(at, size) for at in range(len(data)) for size in (4, 8) if data[at : at + size] in grams]
    assert gram_search.gram_search(grams).places(data) == naive and len(naive) > 1


@pytest.mark.usefixtures("engine")
def test_data_full_of_pieces_is_refused() -> None:
    with pytest.raises(TooManyReadings):
        gram_search.gram_search([b"aaaa"]).places(b"a" * 1_000_000)
