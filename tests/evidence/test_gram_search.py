"""Pieces are found alike by themselves, in Hyperscan, and as integers."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


@given(
    st.lists(
        st.integers(0, 3**8 - 1).map(lambda n: bytes(b"ab\0"[n // 3**at % 3] for at in range(8)[: 4 + n % 2 * 4])),
        min_size=1,
        max_size=9,
    ),
    st.lists(st.sampled_from(b"ab\0c"), max_size=37).map(bytes),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_pieces_that_overlap_are_found_at_every_offset(grams: list[bytes], data: bytes) -> None:
    """However long the data is beyond a multiple of four and eight, in order, each place once."""
    pieces = list(dict.fromkeys(grams))
    naive = [
        (at, size)
        for at in range(len(data))
        for size in (4, 8)
        if at + size <= len(data) and data[at : at + size] in pieces
    ]
    for few, many in ENGINES.values():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gram_search, "FEW_GRAMS", few)
            patch.setattr(gram_search, "MANY_GRAMS", many)
            assert gram_search.gram_search(pieces).places(data) == naive


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize(("number", "refused"), [(0, False), (1, False), (99, False), (102, True), (400, True)])
def test_how_many_places_are_taken(parts: int, number: int, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In all, however many pieces, and databases, they are found by: here some hundred."""
    monkeypatch.setattr(gram_search, "MOST_PLACES", 100)
    monkeypatch.setattr(gram_search, "PLACES_SHARE", 1 << 20)
    monkeypatch.setattr(gram_search, "DATABASE_GRAMS", 1)
    pieces = [b"%04d" % n for n in range(parts)]
    data = b"".join(b"<" + pieces[n % parts] + b">" for n in range(number))
    search = gram_search.gram_search(pieces)
    if refused:
        with pytest.raises(TooManyReadings):
            search.places(data)
    else:
        assert search.places(data) == [(1 + 6 * n, 4) for n in range(number)]


def test_longer_data_may_have_more_places() -> None:
    """One for every sixteen bytes, beside 32,768."""
    assert [gram_search.most_places(bytes(size)) for size in (0, 15, 16, 1600)] == [32_768, 32_768, 32_769, 32_868]


@pytest.mark.parametrize(
    ("number", "compiles", "engine"),
    [
        (64, True, "_Each"), (64, False, "_Each"), (65, True, "_Compiled"), (65, False, "_Integers"),
        (32_768, True, "_Compiled"), (32_769, True, "_Integers"), (32_769, False, "_Integers"),
    ],
)  # fmt: skip
def test_which_engine_costs_least(number: int, compiles: bool, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The few by themselves; the many as integers, which take no compiling and no memory of its databases."""
    monkeypatch.setattr(gram_search, "_Compiled", type("_Compiled", (), {"__init__": lambda *_: None}))
    monkeypatch.setattr(gram_search, "hyperscan", object() if compiles else None)
    assert type(gram_search.gram_search([b"%08d" % n for n in range(number)])).__name__ == engine
