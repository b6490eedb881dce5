"""Search for values in every encoding in which they may cross, and for pieces of them."""

from __future__ import annotations

import base64
import json
import quopri
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensor.evidence import value_index
from sensor.evidence.encoded_forms import TooManyReadings
from sensor.evidence.value_index import (
    CLOSED,
    COMPARED,
    Located,
    TooManyValues,
    ValueIndex,
    forms_enough,
    search,
    value_parts,
)

VALUE = b"Open Sesame/42+x"


def located(data: bytes, *values: bytes, composed: bool = False, **how: Any) -> Located:
    """What a search for the values finds in ``data``."""
    whole = {form for value in values for form in forms_enough(value, composed=composed)}
    return search([ValueIndex(values, whole)], data, **how)


def found(data: bytes, *values: bytes, **how: Any) -> set[int]:
    """Places of ``data`` that are covered."""
    return {place for span in located(data, *(values or (VALUE,)), **how).places for place in range(*span)}


FORMS = {
    "plain": VALUE,
    "upper": VALUE.upper(),
    "url": quote(VALUE, safe="").encode(),
    "form": quote_plus(VALUE).encode(),
    "every byte of a url": "".join(f"%{byte:02x}" for byte in VALUE).encode(),
    "twice url": quote(quote(VALUE, safe=""), safe="").encode(),
    "base64": base64.b64encode(VALUE),
    "url-safe base64 behind a name": base64.urlsafe_b64encode(b"anna:" + VALUE),
    "base64 behind two bytes": base64.b64encode(b"\0a" + VALUE + b"zz"),
    "base64 twice": base64.b64encode(base64.b64encode(VALUE)),
    "base64 in lines": b"\r\n".join(
        (base64.b64encode(b"x" * 40 + VALUE)[:60], base64.b64encode(b"x" * 40 + VALUE)[60:])
    ),
    "hex": VALUE.hex().encode(),
    "hex with colons": VALUE.hex(":").upper().encode(),
    "json": json.dumps(VALUE.decode()).replace("/", "\\/").encode(),
    "json escapes": "".join(f"\\u{byte:04x}" for byte in VALUE).encode(),
    "html": "".join(f"&#{byte};" for byte in VALUE).encode(),
    "utf-16": VALUE.decode().encode("utf-16-le"),
    "utf-16 in base64": base64.b64encode(VALUE.decode().encode("utf-16-be")),
    "quoted-printable": quopri.encodestring(VALUE.replace(b"+", b"=")).replace(b"=3D", b"=2B"),
    "chunked": b"5\r\n" + VALUE[:5] + b"\r\nb\r\n" + VALUE[5:] + b"\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_found_and_all_of_it_is_covered(name: str) -> None:
    form = FORMS[name]
    data = b"<a> " + form + b" </a>"
    covered = found(data)
    inside = set(range(4, 4 + len(form)))
    # Framing may stay; no letter of the value may.
    left = bytes(data[place] for place in sorted(inside - covered))
    assert not left.strip(b'\0\r\n0123456789ab="'), name
    assert located(data, VALUE).whole == {VALUE.lower()}


def test_other_text_is_not_covered() -> None:
    assert found(b"GET /index.html HTTP/1.1\r\nHost: camera.example\r\nAccept: text/html, image/png\r\n\r\n") == set()


@pytest.mark.parametrize("size", [4, 7, 11])
def test_a_piece_in_the_middle_of_another_text_is_found(size: int) -> None:
    for at in range(len(VALUE) - size + 1):
        piece = VALUE[at : at + size]
        assert set(range(3, 3 + size)) <= found(b"<<<" + piece + b">>>")


def test_of_a_long_value_every_eleven_bytes_are_found() -> None:
    long = bytes(range(65, 91)) + bytes(range(97, 123))
    for at in range(len(long) - 11):
        assert set(range(3, 14)) <= found(b"<<<" + long[at : at + 11] + b">>>", long)


def test_at_an_end_where_keys_are_typed_a_single_letter_counts() -> None:
    assert found(b"PASS O", edges=(1, 1)) == {5}
    assert found(b"x\r\n", edges=(1, 1)) == {0}
    assert found(b"Se", edges=(1, 1)) == {0, 1}
    assert found(b"PASS O", edges=(1, CLOSED)) == found(b"x\r\n", edges=(CLOSED, 1)) == set()


def test_at_an_open_end_three_letters_count() -> None:
    assert found(b"PASS Ope") == {5, 6, 7} and found(b"42+x\r\n") == {0, 1, 2, 3} and found(b"2+x\r\n") == {0, 1, 2}
    assert found(b"PASS Op") == found(b"+x\r\n") == set()
    cut = base64.b64encode(b"long login Open Sesame")[:20]
    assert found(cut) == set(range(20))


def test_a_composed_value_is_found_by_its_parts() -> None:
    key = bytes(range(0x80, 0x90))
    value = b"$krb5$anna$EXAMPLE.ORG$" + key.hex().encode()
    assert key in value_parts(value) and b"EXAMPLE.ORG" in value_parts(value)
    data = b"\x30\x10" + key + b"!!"
    assert set(range(2, 18)) <= found(data, value)
    assert located(data, value, composed=True).whole == {key} and not located(data, value).whole


def test_a_value_across_two_readings_is_none() -> None:
    """What stands at the end of one reading and at the beginning of the next was never sent together."""
    assert not located(b"esame/42+x ... Open S", b"Open Sesame/42+x").whole


def test_short_values_where_they_are_asked_for() -> None:
    data = b"pin=%31%32%33&pin=123"
    assert {*located(data, VALUE, short={b"123"}).short[b"123"]} == {(18, 21), (4, 13)}


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_index, "MAX_PIECES", 100)
    with pytest.raises(TooManyValues):
        ValueIndex(f"secret number {n}".encode() for n in range(20))


def test_what_can_be_read_in_too_many_ways_is_left() -> None:
    with pytest.raises(TooManyReadings):
        search([ValueIndex([VALUE])], b"%41\\x41=41+&lt;" * 20_000)


def test_coincidences_are_bounded() -> None:
    """A value of one letter repeated meets itself at every distance: the data is covered whole, not compared."""
    assert COMPARED * 200_000 < 8000 * 200_000
    with pytest.raises(TooManyReadings):
        search([ValueIndex([b"a" * 8000])], b"a" * 200_000)


def test_a_run_at_the_end_of_a_stretch_is_read_for_itself() -> None:
    """The same digits are a whole word in one message, and the beginning of a value in another that is cut."""
    index = ValueIndex([b"sesame-open"])
    begun = base64.b64encode(b"sesa")[:4]  # "ses": less than is searched for inside
    word = b"A" * 8 + begun
    assert search([index], b"<" + word + b">").places == []
    assert search([index], b"<" + word).places == [(1, 1 + len(word))]
    assert search([index], b"<" + word + b">").places == []


def test_words_that_touch_an_end_are_no_values_by_that() -> None:
    word = base64.b64encode(b"nothing of it at all")
    for data in (word, b"<" + word, word + b">"):
        assert search([ValueIndex([b"sesame-open"])], data).places == []


def test_a_value_cut_by_two_pieces_of_a_search_is_none() -> None:
    """Readings are searched in a row: what ends one and begins the next one was never sent together."""
    index = ValueIndex([b"qvzjkw"])
    data = base64.b64encode(b"xxxxxqvz") + b" " + base64.b64encode(b"jkwxxxxx")
    assert search([index], b"<" + data + b">").places == []


def _runs(data: bytes, value: bytes) -> set[int]:
    """The places that a value covers: a run that data and value share counts from four bytes on, of a value from 24
    bytes on where it holds eight bytes that begin at a multiple of four in the value.
    """
    size, step = (8, 4) if len(value) >= 24 else (4, 1)
    places: set[int] = set()
    for at in range(len(data)):
        for offset in range(len(value)):
            same = 0
            while data[at : at + same + 1] == value[offset : offset + same + 1] and same < len(value) - offset:
                if at + same >= len(data):
                    break
                same += 1
            if any(first % step == 0 and offset + same - first >= size for first in range(offset, offset + same)):
                places.update(range(at, at + same))
    return places


def _at_ends(data: bytes, value: bytes, left: int, right: int) -> set[int]:
    """The places at the two ends of data that hold the end or the beginning of a value: up to eleven bytes."""
    places: set[int] = set()
    for size in range(1, min(11, len(data), len(value)) + 1):
        if size >= left and data[:size] == value[-size:]:
            places.update(range(size))
        if size >= right and data[-size:] == value[:size]:
            places.update(range(len(data) - size, len(data)))
    if max(left, right) <= len(data) <= 11 and data in value:
        places.update(range(len(data)))
    return places


# Signs that are neither digits of an encoding nor escapes: what is found is in the stretch as it is.
_SIGNS = b"!~#"


@pytest.mark.parametrize(("least", "most"), [(4, 14), (20, 28)])
@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_covered_is_what_data_and_value_share(least: int, most: int, data: st.DataObject) -> None:
    """Exactly: each place of each run, at the ends from three bytes on, and nothing beside."""
    value = data.draw(st.lists(st.sampled_from(_SIGNS), min_size=least, max_size=most).map(bytes))
    # Mostly pieces of the value, which chance alone gives too rarely.
    pieces = st.integers(0, most).flatmap(lambda at: st.integers(0, most).map(lambda size: value[at : at + size]))
    text = b"".join(
        data.draw(
            st.lists(pieces | st.lists(st.sampled_from(_SIGNS + b"^"), max_size=6).map(bytes), min_size=1, max_size=4)
        )
    )
    left, right = data.draw(st.sampled_from([(3, 3), (1, 1), (1, CLOSED), (CLOSED, 1), (2, 4)]))
    seen = located(text, value, edges=(left, right))
    assert {place for span in seen.places for place in range(*span)} == (
        _runs(text, value) | _at_ends(text, value, left, right)
    )
    assert seen.whole == ({value} if value in text else set())


@pytest.mark.parametrize("size", [3, 4, 5, 23, 24, 25, 400])
def test_how_short_and_how_long_a_value_is_found(size: int) -> None:
    """From four bytes on wherever it stands; a shorter one only where it is asked for."""
    value = b"".join(b"!~#^[]{}@`"[n % 10 : n % 10 + 1] + b"!~#^"[n // 10 % 4 : n // 10 % 4 + 1] for n in range(size))[
        :size
    ]
    data = b"<" + value + b">"
    seen = located(data, value)
    assert seen.whole == ({value} if size >= 4 else set())
    assert {place for span in seen.places for place in range(*span)} == set(range(1, 1 + size) if size >= 4 else ())
    assert located(data, short={value}).short == {value: [(1, 1 + size)]}


@pytest.mark.parametrize(("size", "least"), [(22, 4), (23, 4), (24, 8), (25, 8)])
def test_how_much_of_a_value_counts(size: int, least: int) -> None:
    """Four bytes of a value of up to 23 bytes, else eight that begin at a multiple of four in it."""
    value = bytes(range(0xA1, 0xA1 + size))
    for offset in range(0, 13, 4):
        for count in range(1, 9):
            data = b"<" + value[offset : offset + count] + b">"
            assert found(data, value) == (set(range(1, 1 + count)) if count >= least else set())


@pytest.mark.parametrize(("most", "refused"), [(11, False), (10, False), (9, True)])
def test_how_many_bytes_of_values_are_indexed(most: int, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value once, whatever its letters' case; those that are too short count nothing."""
    monkeypatch.setattr(value_index, "MAX_PIECES", most)
    values = [b"!~^!", b"abcdef", b"ABCdef", b"xyz", b""]
    if refused:
        with pytest.raises(TooManyValues):
            ValueIndex(values)
    else:
        assert ValueIndex(values).values == [b"!~^!", b"abcdef"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_each_place_of_a_short_value_is_found(size: int) -> None:
    value = b"zzz"[:size]
    data = b"zzzz q zz zzz"
    there = [at for at in range(len(data)) if data[at : at + size] == value]
    assert located(data, VALUE, short={value}).short[value] == [(at, at + size) for at in there]
    assert located(data, VALUE, short={b"qq"}).short == {}


def test_a_short_value_across_two_readings_is_none() -> None:
    """What ends one reading and what begins the next one."""
    for data in (b"3x%41y12", b"3\r\n" + base64.b64encode(b"3 and more 12") + b"\r\n12"):
        assert located(data, VALUE, short={b"123"}).short == {}
    inside = base64.b64encode(b"my pin 123")
    assert set(located(b"<" + inside + b">", VALUE, short={b"123"}).short[b"123"]) == {(1, len(inside) - 1)}


@pytest.mark.parametrize(("number", "refused"), [(64, False), (65, True)])
def test_how_many_short_values_are_searched_for(number: int, refused: bool) -> None:
    values = {b"%02d" % n for n in range(number)}
    if refused:
        with pytest.raises(TooManyReadings):
            search([], b"nothing", short=values)
    else:
        assert search([], b"a 63", short=values).short == {b"63": [(2, 4)]}


def test_a_short_value_at_too_many_places_is_refused() -> None:
    with pytest.raises(TooManyReadings):
        search([], b"!" * 40_000, short={b"!"})
    assert len(search([], b"!" * 30_000, short={b"!"}).short[b"!"]) == 30_000


@pytest.mark.parametrize("batch_bytes", [0, 1, 50, 1 << 20])
def test_batches_change_nothing(batch_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what is found nor what is not: the same for one search and for as many as there are readings."""
    data = b"<" + b"> and <".join((VALUE, quote(VALUE).encode(), base64.b64encode(VALUE), VALUE.hex().encode())) + b">"
    at_once = located(data, VALUE, b"sesame-open-now", short={b"nd"})
    monkeypatch.setattr(value_index, "BATCH_BYTES", batch_bytes)
    seen = located(data, VALUE, b"sesame-open-now", short={b"nd"})
    assert (set(seen.places), seen.whole, seen.short.keys()) == (
        set(at_once.places), at_once.whole, at_once.short.keys()
    )  # fmt: skip
    assert {data[slice(*span)] for span in seen.places} >= {
        VALUE, quote(VALUE).encode(), base64.b64encode(VALUE).rstrip(b"="), VALUE.hex().encode()
    }  # fmt: skip


@pytest.mark.parametrize("most", [0, 1000, 1 << 20])
def test_what_is_remembered_of_runs_changes_nothing_and_stays_small(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(value_index, "MAX_DECODED_BYTES", most)
    index = ValueIndex([VALUE])
    word, other = base64.b64encode(b"user " + VALUE), base64.b64encode(b"nothing of it at all")
    for number in range(30):
        more = base64.b64encode(b"message number %d" % number)
        data = b"<" + b"> <".join((other, more, word, other)) + b">"
        (place,) = set(search([index], data).places)
        assert data[slice(*place)] == word.rstrip(b"=")
        assert sum(len(run[0]) for run in index._decoded) <= most


@pytest.mark.parametrize(
    ("data", "places"),
    [
        (b"zz O", {3}), (b"x zz", {0}), (b"zz %4Fp", {3, 4, 5, 6}), (b"7%78 zz", {0, 1, 2, 3}),
        (b"zz O%70", {3, 4, 5, 6}),
        # A single letter that is escaped is none that was typed.
        (b"zz %4F", set()), (b"%78 zz", set()),
    ],
)  # fmt: skip
def test_of_what_is_escaped_two_letters_count_where_keys_are_typed(data: bytes, places: set[int]) -> None:
    assert found(data, b"Open-Sesame-427x", edges=(1, 1)) == places


def _nested(value: bytes, kinds: Iterable[str]) -> bytes:
    for kind in kinds:
        value = {
            "base64": lambda data: base64.b64encode(data).rstrip(b"="),
            "base64 for URLs": lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
            "hex": lambda data: data.hex().encode(), "HEX": lambda data: data.hex(":").upper().encode(),
            "url": lambda data: b"".join(b"%%%02X" % byte for byte in data),
            "json": lambda data: b"".join(b"\\u%04x" % byte for byte in data),
            "html": lambda data: b"".join(b"&#%d;" % byte for byte in data),
            "printable": lambda data: b"".join(b"=%02X" % byte for byte in data),
        }[kind](value)  # fmt: skip
    return value


KINDS = ["base64", "base64 for URLs", "hex", "HEX", "url", "json", "html", "printable"]


@given(
    st.lists(st.sampled_from(b"bcdfghjklmnpqrstvwxz-_!23456789"), min_size=9, max_size=30).map(bytes),
    st.lists(st.sampled_from(KINDS), max_size=2),
    st.lists(st.sampled_from(b"aeiou "), max_size=30).map(bytes),
    st.lists(st.sampled_from(b"aeiou "), max_size=30).map(bytes),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_the_form_and_the_place_all_of_a_value_is_covered_and_no_more(
    value: bytes, kinds: list[str], before: bytes, after: bytes
) -> None:
    form = _nested(value, kinds)
    start = len(before) + 2
    data = before + b" <" + form + b"> " + after
    seen = located(data, value)
    assert seen.whole == {value}
    assert {place for span in seen.places for place in range(*span)} == set(range(start, start + len(form)))


def test_a_run_at_the_beginning_of_a_stretch_is_read_for_itself() -> None:
    """As one at its end: the same digits are a whole word, or the end of a value that is cut."""
    index = ValueIndex([b"sesame-pen"])
    word = base64.b64encode(b"pen") + b"A" * 8
    assert search([index], b"<" + word + b">").places == []
    assert search([index], word + b">").places == [(0, len(word))]
    assert search([index], b"<" + word + b">").places == []
    assert search([ValueIndex([b"sesame-pen"])], word + b">").places == [(0, len(word))]


@pytest.mark.parametrize(
    ("data", "edges", "places"),
    [
        (b"zz O%70", (CLOSED, 1), {3, 4, 5, 6}), (b"zz O%70", (1, CLOSED), set()),
        (b"7%78 zz", (1, CLOSED), {0, 1, 2, 3}),
        (b"7%78 zz", (CLOSED, 1), set()), (b"zz O", (CLOSED, 1), {3}), (b"x zz", (1, CLOSED), {0}),
        (b"zz Op%65", (1, 3), {3, 4, 5, 6, 7}), (b"zz O%70", (1, 3), set()), (b"42%37x zz", (4, 1), {0, 1, 2, 3, 4, 5}),
        (b"2%37x zz", (4, 1), set()),
    ],
)  # fmt: skip
def test_each_end_has_its_own_rule(data: bytes, edges: tuple[int, int], places: set[int]) -> None:
    assert found(data, b"Open-Sesame-427x", edges=edges) == places
