"""Fields with known names: the name, its category, and the end of the value in each notation."""

from __future__ import annotations

import re

import pytest

from sensor.personal_data.fields import (
    MAX_NAME_BYTES,
    MAX_VALUE_BYTES,
    Field,
    category_of,
    field_at,
    field_pattern,
    named_field,
    words_of,
)

PATTERN = re.compile(field_pattern())


def first_field(data: bytes) -> Field | None:
    """The field at the first place that the pattern matches."""
    place = PATTERN.search(data)
    assert place is not None, data
    return field_at(data, place.end())


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("email", "email"),
        ("user.email_address", "email"),
        ("deviceSerialNumber", "serial"),
        ("X-Device-Id", "serial"),
        ("WIFI_SSID", "ssid"),
        ("gpsLat", "latitude"),
        ("template", None),
        ("translate", None),
        ("Japan", None),
        ("email_verified", None),
    ],
)
def test_the_last_words_of_a_name_decide(name: str, category: str | None) -> None:
    assert category_of(name) == category


def test_names_are_split_into_words() -> None:
    assert words_of("deviceSerialNumber") == ["device", "serial", "number"]
    assert words_of("HTTPServerID") == ["http", "server", "id"]
    assert words_of("x_lat2") == ["x", "lat", "2"]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"ssid":"Lindner Home"}', "Lindner Home"),
        (b"{'ssid' : 'Lindner Home'}", "Lindner Home"),
        (b'"{\\"ssid\\":\\"Lindner Home\\"}"', "Lindner Home"),  # JSON in JSON
        (b"<ssid>Lindner Home</ssid>", "Lindner Home"),
        (b"<ssid><![CDATA[Lindner Home]]></ssid>", "Lindner Home"),
        (b"ssid=Lindner+Home&x=1", "Lindner Home"),  # application/x-www-form-urlencoded: + is a blank
        (b"SSID: Lindner Home\r\nX: 1", "Lindner Home"),
        (b"wifi[ssid]=Lindner-Home next", "Lindner-Home"),
        (b"a=1;ssid=Lindner-Home;b=2", "Lindner-Home"),
    ],
)
def test_the_value_ends_where_its_notation_ends_it(data: bytes, value: str) -> None:
    field = first_field(data)
    assert field is not None
    assert (field.category, field.value) == ("ssid", value)
    assert data[field.start : field.end].replace(b"+", b" ").decode() == value


def test_blanks_end_a_value_unless_its_category_has_them() -> None:
    serial, name = first_field(b"serial: 7QK20418855A rev 2"), first_field(b"full_name: Mara Lindner")
    assert serial is not None and serial.value == "7QK20418855A"
    assert name is not None and name.value == "Mara Lindner"


def test_plus_stays_in_other_values() -> None:
    phone, account = first_field(b"phone=+493023125000"), first_field(b"username=mara+home")
    assert phone is not None and phone.value == "+493023125000"
    assert account is not None and account.value == "mara+home"


def test_a_list_of_coordinates_is_one_value() -> None:
    field = first_field(b'{"coordinates": [13.37770, 52.51627]}')
    assert field is not None and (field.category, field.value) == ("coordinates", "13.37770, 52.51627")


@pytest.mark.parametrize(
    "data",
    [
        b'{"ssid":""}',
        b'{"ssid": {"a": 1}}',
        b"ssid=&mac=",
        b'"ssid":"\xff\xfe"',  # no UTF-8
        b"<ssid></ssid>",
        b"<ssid>Lindner",  # the element is not closed
        b"translate=lat=",
    ],
)
def test_no_value(data: bytes) -> None:
    assert first_field(data) is None


def test_a_name_within_another_word_is_no_field() -> None:
    data = b"template=52.51627"
    assert field_at(data, data.index(b"=") + 1) is None
    data = b"xlat=52.51627"
    assert field_at(data, data.index(b"=") + 1) is None


def test_name_and_value_are_bounded() -> None:
    long_value = first_field(b'{"ssid":"' + b"x" * (MAX_VALUE_BYTES + 1) + b'"}')
    assert long_value is None
    bare = first_field(b"serial=" + b"1" * (MAX_VALUE_BYTES * 2))
    assert bare is not None and len(bare.value) == MAX_VALUE_BYTES
    data = b"a" * (MAX_NAME_BYTES * 4) + b".serial=42"
    field = field_at(data, len(data) - 2)
    assert field is not None and len(field.name) <= MAX_NAME_BYTES


def test_name_and_value_found_otherwise() -> None:
    field = named_field("wl_ssid", b" Lindner-Home ")
    assert field is not None and (field.name, field.category, field.value) == ("wl_ssid", "ssid", "Lindner-Home")
    assert named_field("colour", b"red") is None
    assert named_field("ssid", b"  ") is None
    assert named_field("ssid", b"\xff") is None


@pytest.mark.parametrize("data", [b'"lat":', b"LAT=", b"Device-Id:", b"device id =", b"deviceid>", b'device_id\\":'])
def test_the_pattern_matches_each_notation_of_a_name(data: bytes) -> None:
    place = PATTERN.search(data)
    assert place is not None and place.end() == len(data)


def test_the_pattern_wants_a_separator() -> None:
    assert PATTERN.search(b"the serial number of your device") is None


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"full_name=Mara+Lindner&x=1", "Mara Lindner"),
        (b'{"full_name": "Mara+Lindner"}', "Mara+Lindner"),
        (b"phone=+4915112345678", "+4915112345678"),
        (b"phone=0151+12345678", "0151 12345678"),
        (b"serial=AB+1234567", "AB+1234567"),
    ],
)
def test_a_plus_is_a_blank_in_forms_alone(data: bytes, value: str) -> None:
    """The form's sign for a blank (URL standard 5.1), where a value may have one; a number with its plus begins so."""
    found = first_field(data)
    assert found is not None and found.value == value


@pytest.mark.parametrize("data", [b"", b"=", b"x", b" =", b"=:", b"\xff=", b"\n\n="])
def test_a_place_without_a_name_is_no_field(data: bytes) -> None:
    for end in range(len(data) + 1):
        assert field_at(data + b"52.51627", end) is None
    assert field_at(b"lat=52.51627", 4) is not None
