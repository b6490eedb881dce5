"""Search for values in every encoding in which they may cross, and for pieces of them."""

from __future__ import annotations

import base64
import json
import quopri
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

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
