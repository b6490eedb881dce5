"""Search for values in every encoding in which they may cross, and for pieces of them."""

from __future__ import annotations

import base64
import json
import quopri
from urllib.parse import quote, quote_plus

import pytest

from sensor.evidence import encoded_forms
from sensor.evidence.encoded_forms import TooManyValues, ValueIndex, contains_whole, readings, value_parts

VALUE = b"Open Sesame/42+x"


def found(data: bytes, *values: bytes) -> set[int]:
    """Places of ``data`` that are covered."""
    index = ValueIndex(values or (VALUE,))
    return {place for view in readings(data) for span in index.find(view) for place in range(*span)}


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
    assert contains_whole(VALUE, readings(data))


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


def test_at_an_open_end_a_single_byte_counts() -> None:
    assert found(b"PASS O") == {5}
    assert found(b"x\r\n") == {0}
    assert found(b"Se") == {0, 1}
    index = ValueIndex([VALUE])
    closed = readings(b"PASS O", open_left=False, open_right=False)
    assert not [span for view in closed for span in index.find(view)]


def test_a_composed_value_is_found_by_its_parts() -> None:
    value = b"$krb5$anna$EXAMPLE.ORG$" + bytes(range(0x80, 0x90)).hex().encode()
    assert bytes(range(0x80, 0x90)) in value_parts(value) and b"EXAMPLE.ORG" in value_parts(value)
    data = b"\x30\x10" + bytes(range(0x80, 0x90)) + b"!!"
    assert set(range(2, 18)) <= found(data, value)
    assert contains_whole(value, readings(data), composed=True) and not contains_whole(value, readings(data))


def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_forms, "MAX_PIECES", 100)
    with pytest.raises(TooManyValues):
        ValueIndex(f"secret number {n}".encode() for n in range(20))


def test_hostile_nesting_ends() -> None:
    data = b"%25" * 400 + base64.b64encode(base64.b64encode(base64.b64encode(b"%" * 300)))
    assert (
        sum(1 for _ in zip(readings(data), range(encoded_forms.MAX_READINGS + 1), strict=False))
        <= encoded_forms.MAX_READINGS + 1
    )
