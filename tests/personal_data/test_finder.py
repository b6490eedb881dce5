"""Search for personal data: the forms that programs write, encodings, and lookalikes."""

from __future__ import annotations

import base64
import gzip
import json
import time
import urllib.parse
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.personal_data.fields import examples
from sensor.personal_data.finder import find
from sensor.personal_data.shapes import PersonalItem

PERSON = {"email": "mara.lindner@firma.de", "device_id": "7QK20418855A", "latitude": 52.51627, "longitude": 13.3777}


def items(data: bytes | str) -> set[tuple[str, str]]:
    return {(found.category, found.value) for found in find(data.encode() if isinstance(data, str) else data)}


@pytest.mark.parametrize(("category", "text"), examples(), ids=lambda value: value)
def test_the_examples_of_the_table(category: str, text: str) -> None:
    wanted = "location" if category in ("latitude", "longitude", "coordinates") else category
    found = find(text.encode())
    if category == "latitude" and "lon" not in text:
        assert not found
    else:
        assert wanted in {one.category for one in found}


ENCODINGS = {
    "plain": lambda data: data,
    "url": lambda data: urllib.parse.quote(data.decode(), safe="").encode(),
    "base64": base64.b64encode,
    "hex": lambda data: data.hex().encode(),
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}


@pytest.mark.parametrize(
    "names",
    [(one,) for one in ENCODINGS] + [("base64", "gzip"), ("url", "base64", "gzip"), ("hex", "base64", "url")],
    ids="+".join,
)
def test_every_encoding_and_their_nesting(names: tuple[str, ...]) -> None:
    data = json.dumps(PERSON).encode()
    for name in reversed(names):
        data = ENCODINGS[name](data)
    found = {one.category: one for one in find(data)}
    assert set(found) == {"email", "serial", "location"}
    assert found["email"].value == "mara.lindner@firma.de"
    # URL escaping leaves the characters of base64 as they are, so that its layer may be missing.
    assert found["email"].encoding in (names, tuple(name for name in names if name != "url"))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(PERSON),
        json.dumps({"payload": json.dumps(PERSON)}),  # JSON in JSON: quotes with a backslash before them
        "<r><email>mara.lindner@firma.de</email><deviceId>7QK20418855A</deviceId>"
        "<lat>52.51627</lat><lon>13.3777</lon></r>",
        '<p email="mara.lindner@firma.de" deviceId="7QK20418855A" lat="52.51627" lon="13.3777"/>',
        "email=mara.lindner%40firma.de&device_id=7QK20418855A&lat=52.51627&lon=13.37770",
        "Email: mara.lindner@firma.de\r\nDevice-Id: 7QK20418855A\r\nX-Lat: 52.51627\r\nX-Lon: 13.3777\r\n",
        "cam[email]=mara.lindner@firma.de cam[device_id]=7QK20418855A ll=52.51627,13.37770",
    ],
    ids=["json", "json in json", "xml", "attributes", "form", "header", "text"],
)
def test_every_structure(text: str) -> None:
    assert items(text) >= {
        ("email", "mara.lindner@firma.de"),
        ("serial", "7qk20418855a"),
        ("location", "52.5163,13.3777"),
    }


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("call me on +49 30 23125 000 tonight", "phone"),
        (
            "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47",
            "location",
        ),  # the well-known example sentence
        ("geo:52.51627,13.37770;u=35", "location"),  # RFC 5870
        ('{"type":"Point","coordinates":[13.37770,52.51627]}', "location"),  # RFC 7946
        ("Station 0200.5e10.5a11 associated", "mac"),
        ("lease of 02:00:5e:10:5a:11 renewed", "mac"),
        ("(x-hp-ver=01)(x-hp-mac=02005E105A11)(x-hp-guid=1)", "mac"),  # service location attributes (RFC 2608 5.0)
        ('<input type="text" name="wl_ssid" maxlength=32 value="Lindner-Home">', "ssid"),
        ("<input value='7QK20418855A' id=x><input id='serialNo' value='7QK20418855A'>", "serial"),
        ("0262011234567890@wlan.mnc001.mcc262.3gppnetwork.org", "imei"),  # 3GPP TS 23.003 14.3: EAP-AKA, then the IMSI
        ("card 4012 8888 8888 1881 ok", "credit_card"),
    ],
)
def test_values_recognised_by_their_form(text: str, category: str) -> None:
    assert category in {one.category for one in find(text.encode())}


@pytest.mark.parametrize(
    "text",
    [
        "Message-ID: <20240101.4711@mail.firma.de>",
        "References: <a1@mail.firma.de>\r\n <b2@mail.firma.de>",
        "Call-ID: 843817637684230@sip.firma.de",
        "http://mara.lindner@firma.de/path",
        "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,aes128-gcm@openssh.com",
        '<img srcset="logo@2x.png 2x">',
        "var c = a.lat || 0; template=1; relative:position",
        '"latitude": 52.51627',  # a line around the Earth
        '"lat": 52, "lon": 13',  # a region
        "serial=none&mac=&imei=0&ssid=%s",
        "imei=490154203237519",  # check digit wrong
        '"phone": true, "email": null, "first_name": "%s"',
        "id=4111111111111112&n=1234567890123456",
        "version 1.2.3.4-5678 build 20210314",
        "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 12:34:56",
        '<input name="ssid" value=""><b value="Lindner-Home">',
        "sha256:02:00:5e:10:5a:11:77:12:aa:bb:cc:dd:ee:ff:00:11",  # a fingerprint, not a MAC
    ],
)
def test_lookalikes_are_not_reported(text: str) -> None:
    assert find(text.encode()) == []


def test_documentation_and_placeholders_have_their_reason() -> None:
    (found,) = find(b"email=mara@example.org")
    assert found.benign_reason == "documentation"
    (found,) = find(b"email=you@yourdomain.com")
    assert found.benign_reason == "placeholder"
    assert find(b"email=mara@firma.de")[0].benign_reason is None


def test_each_value_once_by_its_first_appearance() -> None:
    found = find(b"email=mara@firma.de&again=mara@firma.de&more=bWFyYUBmaXJtYS5kZSBpcyBtZQ==")
    assert [(one.value, one.encoding) for one in found] == [("mara@firma.de", ("plain",))]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_are_accepted(data: bytes) -> None:
    assert all(isinstance(found, PersonalItem) for found in find(data))


@pytest.mark.parametrize(
    "piece",
    [
        b"a@b.de,",
        b'"lat":1.2345,"lon":3.4567,',
        b"a" * 60 + b"lat=",
        b"%41",
        b"+49 301234567 ",
        b"02:11:22:33:44:55:",
        b"References: <a@b.de>\r\n <c@d.de>\r\n",
        b"a\0",
        b"\0",
    ],
    ids=repr,
)
def test_a_crafted_object_costs_little(piece: bytes) -> None:
    """Cost grows with the bytes, whatever they contain: 256 KB in less than a second (measured: a tenth)."""
    data = (piece * (256 * 1024 // len(piece) + 1))[: 256 * 1024]
    find(data)
    began = time.process_time()
    find(data)
    assert time.process_time() - began < 1.0


def test_an_escaped_value_is_found_once_as_it_is_meant() -> None:
    for text in ("ssid=Mara%20Netz%207", "full_name=Mara%20Lindner"):
        (found,) = find(text.encode())
        assert "%" not in found.value and found.encoding == ("url",), text


def test_a_filled_in_input_of_a_page_needs_its_name_in_the_same_tag() -> None:
    for page, seen in (
        (b'<form><input type="text" name="ssid" value="Haus am See">', True),
        (b'<input name="ssid"><input value="Haus am See">', False),
        (b'name="ssid" value="Haus am See">', True),
        (b'<p>name="ssid" value="Haus am See">', False),
    ):
        assert ("ssid", "Haus am See") in items(page) or not seen, page
        assert seen or not items(page), page


def places(text: str) -> list[str]:
    return [one.value for one in find(text.encode()) if one.category == "location"]


def test_a_latitude_goes_with_a_longitude_near_it() -> None:
    """On either side; one of another record, far away, is none of this place."""
    for gap, found in ((10, ["52.5163,13.3777"]), (400, [])):
        assert places(f"lat=52.51627&x={'-' * gap}&lon=13.3777") == found
        assert places(f"lon=13.3777&x={'-' * gap}&lat=52.51627") == found


def test_a_latitude_ends_at_the_pole_and_a_longitude_does_not() -> None:
    assert places("lat=90.51627&lon=13.3777") == [] and places("lat=52.51627&lon=181.3777") == []
    assert places("lat=52.51627&lon=113.3777") == ["52.5163,113.3777"]


def test_published_content_is_searched_for_mail_and_telephone_alone() -> None:
    text = b"mail mara@firma.de or call +49 30 23125 000, serialNumber=7QK20418855A; " + b"bWFyYTJAZmlybWEuZGUgaXMgbWU="
    assert {one.category for one in find(text, published=True)} == {"email", "phone"}
    assert {one.value for one in find(text) if one.category == "email"} == {"mara@firma.de", "mara2@firma.de"}
    assert "serial" in {one.category for one in find(text)}


@pytest.mark.parametrize(
    ("text", "benign"), [("card_number=4111111111111111", "placeholder"), ("card_number=4000000000000002", None)]
)
def test_a_number_of_the_card_schemes_own_tests_is_benign(text: str, benign: str | None) -> None:
    found = [one for one in find(text.encode()) if one.category == "credit_card"]
    assert [one.benign_reason for one in found] == [benign]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # An advertising identity is a UUID, or sixteen letters and digits; a UUID is one.
        ("idfa=7QK20418855A0000", ("advertising_id", "7qk20418855a0000")), ("idfa=7QK20418855A000", None),
        ("gaid=3f0c9a52-6d1e-4b7a-8c55-91d2e0a7b634", ("advertising_id", "3f0c9a526d1e4b7a8c5591d2e0a7b634")),
        ("uuid=3f0c9a52-6d1e-4b7a-8c55-91d2e0a7b634", ("uuid", "3f0c9a526d1e4b7a8c5591d2e0a7b634")),
        ("uuid=7QK20418855A0000", None), ("idfa=00000000-0000-0000-0000-000000000000", None),
        ("serial=3f0c9a52-6d1e-4b7a-8c55-91d2e0a7b634", ("serial", "3f0c9a526d1e4b7a8c5591d2e0a7b634")),
        ("serial=7QK20418855A", ("serial", "7qk20418855a")), ("serial=7QK2041", None),
    ],
)  # fmt: skip
def test_identities_by_the_kind_that_their_field_names(text: str, found: tuple[str, str] | None) -> None:
    assert items(text) == ({found} if found else set())


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 4])
def test_an_escaped_value_in_the_innermost_layer_is_found_as_it_stands(depth: int) -> None:
    """Three encodings are undone; behind them no layer is left in which the escape would be."""
    data = b"{nothing before; ssid=Haus%2Dam%2DSee; x}"
    for _ in range(depth):
        data = base64.b64encode(data)
    seen = [(one.value, one.encoding) for one in find(data)]
    if depth <= 2:
        assert seen == [("Haus-am-See", (*("base64",) * depth, "url"))]
    else:
        assert seen == ([("Haus%2Dam%2DSee", ("base64",) * 3)] if depth == 3 else [])
