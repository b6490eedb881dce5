"""Personal data recognised by its form: where it begins and ends, and what stands beside it."""

from __future__ import annotations

import re

import pytest

from sensor.personal_data.finder import ANCHORS
from sensor.personal_data.shapes import SHAPES, PersonalItem, _stands_alone

PLAIN = ("plain",)


def items(name: str, data: bytes, encoding: tuple[str, ...] = PLAIN) -> list[PersonalItem]:
    """What the matcher of a pattern makes of each place that the pattern matches."""
    places = re.finditer(b"(?=(" + ANCHORS[name].removeprefix(b"(?i)") + b"))", data, re.I | re.S)
    return [item for place in places for item in SHAPES[name](data, place.end(1), encoding)]


def values(name: str, data: bytes) -> list[str]:
    return [item.value for item in items(name, data)]


def test_every_shape_has_its_pattern() -> None:
    assert set(SHAPES) == set(ANCHORS) - {"input"}  # inputs of pages are fields (finder)


@pytest.mark.parametrize(
    ("data", "address", "name"),
    [
        (b"write to Mara.Lindner@firma.de.", "mara.lindner@firma.de", None),
        (b"<mara.lindner@firma.de>", "mara.lindner@firma.de", None),
        (b"m=mara.lindner@firma.de&x", "mara.lindner@firma.de", "email"),
        (b'"m": "mara.lindner@firma.de"', "mara.lindner@firma.de", "email"),
        (b"<m>mara.lindner@firma.de</m>", "mara.lindner@firma.de", "email"),
        (b"'mara.lindner@firma.de-'", "mara.lindner@firma.de", None),
    ],
)
def test_an_address_and_whether_it_is_a_value(data: bytes, address: str, name: str | None) -> None:
    (item,) = items("mail", data)
    assert (item.category, item.value, item.name, item.benign_reason) == ("email", address, name, None)


@pytest.mark.parametrize(
    "data",
    [
        b"http://mara.lindner@firma.de/",
        b"cid:mara.lindner@firma.de",
        b"Message-ID: <mara.lindner@firma.de>",
        b"References: <a@firma.de>\r\n\t<mara.lindner@firma.de>",
        b"x-msgid=mara.lindner@firma.de",
        b"\xc3\xbcmara.lindner@firma.de",  # part of a word with letters of another alphabet
        b"mara.lindner@firma.de\xc3\xbc",
        b"mara.lindner@2x.png",
    ],
)
def test_identifiers_and_lookalikes_are_no_address(data: bytes) -> None:
    assert items("mail", data) == []


def test_a_header_line_ends_the_identifiers_before_it() -> None:
    data = b"Message-ID: <a@firma.de>\r\nFrom: mara.lindner@firma.de\r\n"
    assert values("mail", data) == ["mara.lindner@firma.de"]


def test_a_url_escape_in_the_local_part_waits_for_the_decoded_layer() -> None:
    data = b"q=x%22mara.lindner@firma.de"
    assert items("mail", data) == []
    # Three encodings are the most that are decoded: no layer follows.
    (item,) = items("mail", data, ("url", "base64", "gzip"))
    assert item.value.endswith("mara.lindner@firma.de")


def test_an_escaped_sign_before_an_address_is_not_a_part_of_it() -> None:
    for before in (b"%22", b"to=%3C", b"%5B%22", b"=%20"):
        assert items("mail", before + b"mara@firma.de") == []
        (item,) = items("mail", before + b"mara@firma.de", ("url", "base64", "gzip"))
        assert item.value == "mara@firma.de"


def test_an_identity_of_a_mobile_network_is_its_imsi() -> None:
    """3GPP TS 23.003 14.3 and 19.3.2: one digit for the method, the IMSI, the operator's domain."""
    (item,) = items("mail", b"0262011234567890@wlan.mnc001.mcc262.3gppnetwork.org")
    assert (item.category, item.value, item.name) == ("imei", "262011234567890", "IMSI")


def test_a_documentation_address_has_its_reason() -> None:
    (item,) = items("mail", b"mara@example.org")
    assert item.benign_reason == "documentation"


def test_phone_numbers_begin_a_word() -> None:
    # Bundesnetzagentur's and Ofcom's numbers for drama.
    assert values("phone", b"call +49 30 23125 000 or +44 (20) 7946 0958.") == ["+493023125000", "+442079460958"]
    assert values("phone", b"x+49 30 23125 000") == []
    assert values("phone", b"+1 999 000 0000") == []


def test_card_numbers_stand_alone() -> None:
    (item,) = items("card", b"card 4111 1111 1111 1111,")  # a test number of payment services
    assert (item.category, item.value, item.benign_reason) == ("credit_card", "4111111111111111", "placeholder")
    (item,) = items("card", b"4539-1488-0343-6467")  # invented; its check digit fits
    assert (item.value, item.benign_reason) == ("4539148803436467", None)
    assert items("card", b"4539-1488-0343-6468") == []
    assert items("card", b"x4539-1488-0343-6467") == []
    assert items("card", b"4539-1488-0343-64677") == []


@pytest.mark.parametrize(
    ("name", "text"), [("mac", b"02:00:5E:10:5a:11"), ("dashed", b"02-00-5e-10-5a-11"), ("dotted", b"0200.5e10.5a11")]
)
def test_a_mac_stands_alone(name: str, text: bytes) -> None:
    (item,) = items(name, b"station " + text + b" joined")
    assert (item.category, item.value, item.text) == ("mac", "02005e105a11", text.decode())
    sign = text[4:5] if name == "dotted" else text[2:3]
    for data in (b"a" + text, text + b"1", b"aa" + sign + text, text + sign + b"aa"):
        assert items(name, data) == []


def test_a_dotted_mac_has_a_letter() -> None:
    assert items("dotted", b"0200.5010.5011") == []


@pytest.mark.parametrize("text", [b"00:00:5e:00:53:2a", b"01:00:5e:7f:00:01", b"00:00:00:00:00:00"])
def test_macs_that_are_no_stations(text: bytes) -> None:
    assert items("mac", text) == []  # documentation (RFC 7042 2.1.2), a group, unset


@pytest.mark.parametrize(
    ("sentence", "place"),
    [
        # 48° 07.038' N = 48.1173°, 11° 31.000' E = 11.5167°.
        (b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47", "48.1173,11.5167"),
        (b"$GPRMC,123519,A,4807.038,S,01131.000,W,022.4,084.4,230394,003.1,W*6A", "-48.1173,-11.5167"),
        (b"$GNGLL,4807.038,N,01131.000,E,123519,A*00", "48.1173,11.5167"),
    ],
)
def test_a_fix_of_nmea_0183(sentence: bytes, place: str) -> None:
    (item,) = items("nmea", b"x" + sentence)
    assert (item.category, item.value, item.name) == ("location", place, "nmea")


@pytest.mark.parametrize(
    "sentence", [b"$GPRMC,123519,V,4807.038,N,01131.000,E", b"$GPGGA,123519,,,,,0", b"$GPGLL,9907.038,N,01131.000,E"]
)
def test_no_fix(sentence: bytes) -> None:
    assert items("nmea", sentence) == []


def test_a_geo_uri() -> None:
    (item,) = items("geo", b"at geo:52.51627,-13.37770;u=35")  # RFC 5870
    assert (item.category, item.value, item.text) == ("location", "52.5163,-13.3777", "geo:52.51627,-13.37770")
    assert items("geo", b"geo:52.5,13.4") == []  # a region
    assert items("geo", b"geo:152.51627,13.37770") == []


@pytest.mark.parametrize(
    ("before", "after", "alone"),
    [
        (b"M\xc3\xa4 ", b" \xc3\xa4", True), (b"", b"", True), (b"\0", b"\0", True), (b"\t", b"\r", True),
        (b"\xa4", b"", False), (b"", b"\xc3", False), (b"\x01", b"", False), (b"", b"\x7f", False),
    ],
)  # fmt: skip
def test_only_the_bytes_beside_it_make_it_part_of_something_else(before: bytes, after: bytes, alone: bool) -> None:
    assert _stands_alone(before + b"value" + after, len(before), len(before) + 5) is alone


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        (b"$GPGGA,120000,9000.000,N,01322.662,E,1", "90.0000,13.3777"),
        (b"$GPGGA,120000,9000.060,N,01322.662,E,1", None),
        (b"$GPGGA,120000,5230.976,S,18000.000,W,1", "-52.5163,-180.0000"),
        (b"$GPGGA,120000,5230.976,N,18000.060,E,1", None),
    ],
)  # fmt: skip
def test_a_fix_is_on_the_globe(sentence: bytes, found: str | None) -> None:
    assert values("nmea", sentence) == ([found] if found else [])


def test_a_geo_uri_has_both() -> None:
    for uri, found in ((b"geo:52.5163,13.3777", ["52.5163,13.3777"]), (b"geo:0.0000,13.3777", []),
                       (b"geo:52.5163,0.0000", []), (b"geo:91.5163,13.3777", [])):  # fmt: skip
        assert values("geo", uri) == found


def test_at_the_very_beginning_and_end_nothing_stands_beside_it() -> None:
    assert values("card", b"4539 5787 6362 1486") == ["4539578763621486"]
    assert values("card", b"x4539 5787 6362 1486") == values("card", b"4539 5787 6362 14867") == []
    assert values("phone", b"+493023125000") == ["+493023125000"] and values("phone", b"x+493023125000") == []
    (card,) = items("card", b"4111 1111 1111 1111")
    assert card.benign_reason == "placeholder"
