"""Multi-pattern search: both engines agree, and the number of places is bounded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.personal_data import multipattern
from sensor.personal_data.fields import field_pattern
from sensor.personal_data.finder import ANCHORS
from sensor.personal_data.multipattern import MAX_HITS, PatternSearch
from sensor.private_cache import load_cached, store_cached

PATTERNS = {**ANCHORS, "field": field_pattern()}
FAST, SLOW = PatternSearch(PATTERNS), PatternSearch(PATTERNS, fast=False)

needs_hyperscan = pytest.mark.skipif(multipattern.hyperscan is None, reason="no Hyperscan on this platform")

TEXT = (
    b'GET /?lat=52.5&Device_ID="A1"&email=a@b.de HTTP/1.1\r\nX-Serial-Number: 42\r\n\r\n'
    b'{"ssid" : "x", "wifi mac":"02:00:5e:10:5a:11",'
    b"'imei'=1} <serialNumber>7</serialNumber> +49 30 23125 $GPGGA,1 geo:-1.5 0200.5e10.5a11"
    b" 4111 1111 1111 1111 02-00-5e-10-5a-11"
)
PIECES = st.sampled_from(
    [
        b"a@b",
        b"lat=",
        b'"ssid":',
        b"mac ",
        b"02:00:5e:10:5a:11",
        b"+491234567",
        b"\0",
        b"\xff",
        b"$GPRMC,",
        b"geo:",
        b"=",
        b":",
        b"1",
    ]
)


def test_both_engines_find_each_pattern() -> None:
    names = {name for _, name in SLOW.hits(TEXT)}
    assert names == {"mail", "phone", "card", "nmea", "geo", "mac", "dashed", "dotted", "field"}
    assert FAST.hits(TEXT) == SLOW.hits(TEXT)


def test_a_place_is_where_the_pattern_ends() -> None:
    assert SLOW.hits(b"xx a@b yy") == [(6, "mail")]
    assert SLOW.hits(b'{"lat":1}') == [(7, "field")]


@needs_hyperscan
@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=30))
def test_both_engines_agree(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    assert FAST.hits(data) == SLOW.hits(data)
    assert FAST.any(data) == SLOW.any(data)


@pytest.mark.parametrize("engine", [FAST, SLOW], ids=["fast", "slow"])
def test_the_number_of_places_is_bounded(engine: PatternSearch) -> None:
    hits = engine.hits(b"a@b " * (MAX_HITS * 2))
    assert len(hits) == MAX_HITS
    assert hits[0] == (3, "mail")


SIGNS = {"long": rb"[a-z0-9=]{12}", "nul": rb"\0\xff"}
WITH_SIGNS = [PatternSearch(PATTERNS, signs=SIGNS, fast=fast) for fast in (True, False)]


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=30))
def test_signs_are_no_places_and_change_none(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    wanted = frozenset(name for name, sign in SIGNS.items() if re.search(sign, data))
    for engine in WITH_SIGNS:
        assert engine.hits_and_signs(data) == (SLOW.hits(data), wanted)


@pytest.mark.parametrize("engine", WITH_SIGNS, ids=["fast", "slow"])
def test_behind_more_places_than_are_reported_a_sign_may_stand(engine: PatternSearch) -> None:
    hits, signs = engine.hits_and_signs(b"a@b " * MAX_HITS * 2 + b"abcdefghijkl")
    assert len(hits) == MAX_HITS and "long" in signs


@pytest.mark.parametrize("engine", [FAST, SLOW], ids=["fast", "slow"])
def test_empty_data_has_no_places(engine: PatternSearch) -> None:
    assert engine.hits(b"") == [] and not engine.any(b"")
    assert engine.any(TEXT)


@needs_hyperscan
def test_a_stored_database_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compiled = PatternSearch(PATTERNS, stored_as="test")
    (file,) = (tmp_path / "lanwitness").iterdir()
    written = file.stat().st_mtime_ns
    loaded = PatternSearch(PATTERNS, stored_as="test")
    assert compiled.hits(TEXT) == loaded.hits(TEXT) == SLOW.hits(TEXT)
    assert file.stat().st_mtime_ns == written
    PatternSearch({"mail": ANCHORS["mail"]}, stored_as="test")
    assert [one.name for one in (tmp_path / "lanwitness").iterdir()] != [file.name]


@needs_hyperscan
def test_a_database_that_hyperscan_refuses_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    PatternSearch(PATTERNS, stored_as="test")
    (file,) = (tmp_path / "lanwitness").iterdir()
    store_cached("test", file.name.removeprefix("test-"), b"no database")
    assert PatternSearch(PATTERNS, stored_as="test").hits(TEXT) == SLOW.hits(TEXT)
    assert load_cached("test", file.name.removeprefix("test-")) != b"no database"


@needs_hyperscan
def test_what_a_user_searches_for_is_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    PatternSearch({"name": b"Jane Roe"})
    assert not list(tmp_path.iterdir())


def test_the_standard_library_is_used_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipattern, "hyperscan", None)
    assert PatternSearch(PATTERNS).hits(TEXT) == SLOW.hits(TEXT)
    monkeypatch.setattr(multipattern, "HyperscanDatabase", None)
    monkeypatch.setattr(multipattern, "hyperscan", object())
    assert PatternSearch(PATTERNS, fast=False).hits(TEXT) == SLOW.hits(TEXT)
