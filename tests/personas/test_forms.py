"""Forms of a value, tested with the encoders of the standard library."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import urllib.parse

import pytest

from sensor.personas.forms import coordinates, spellings, telephone
from tests.personas.personas import matches, personas

ANNA = personas()
MAIL = "anna.example@example.com"


@pytest.mark.parametrize("before", ["", "x", "xy ", "mail: ", '{"e":"'])
@pytest.mark.parametrize("alphabet", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", MAIL),
        ("email", MAIL.upper()),
        ("name", "Anna Example"),
        ("string", "Grüße aus Köln"),
        ("account", "annas75"),
    ],
)
def test_base64_at_each_offset(before: str, alphabet: object, kind: str, value: str) -> None:
    before = before if before[-1:] in ("", " ", '"') else before + " "
    assert callable(alphabet)
    assert (kind, ("base64",)) in matches(ANNA, alphabet(f"{before}{value} .".encode()))


@pytest.mark.parametrize(
    ("data", "kind", "encoding"),
    [
        (MAIL, "email", "plain"),
        ("ANNA.Example@EXAMPLE.com", "email", "plain"),
        (urllib.parse.urlencode({"mail": MAIL}), "email", "url"),
        (urllib.parse.quote(urllib.parse.quote(MAIL)), "email", "url"),
        (MAIL.encode().hex(), "email", "hex"),
        (MAIL.encode("utf-16-le"), "email", "utf-16"),
        (MAIL.encode("utf-16-be"), "email", "utf-16"),
        ("call +442079460123", "phone", "plain"),
        ("tel=%2B442079460123", "phone", "plain"),
        ("020 7946 0123", "phone", "plain"),
        ("00442079460123", "phone", "plain"),
        ("+44-20-7946-0123", "phone", "plain"),
        ("Example, Anna", "name", "plain"),
        ("user=Anna+Example", "name", "url"),
        ("anna_example", "name", "plain"),
        ("anna-examples", None, ""),
        ('{"street":"12 Sample Road","city":"Nowhere"}', "address", "plain"),
        ('{"lat":52.5200081,"lon":13.4049544}', "location", "plain"),
        ('{"latE7":525200080,"lngE7":134049540}', "location", "plain"),
        ("$GPGGA,120000,5231.2005,N,01324.2972,E,1", "location", "plain"),
        ('{"lat":52.5200081}', None, ""),
        ("02-00-5E-00-53-01", "mac", "plain"),
        ("02005e005301", "mac", "plain"),
        ("0200.5e00.5301", "mac", "plain"),
        ("SN20417788AB", "serial", "plain"),
        (json.dumps("Grüße aus Köln"), "string", "json"),
        ("Grüße aus Köln".encode("latin-1"), "string", "plain"),
        ("Gr=C3=BC=C3=9Fe aus K=C3=B6ln", "string", "quoted-printable"),
    ],
)  # fmt: skip
def test_every_form(data: str | bytes, kind: str | None, encoding: str) -> None:
    found = matches(ANNA, data.encode() if isinstance(data, str) else data)
    assert kind in {one for one, _ in found} if kind else not found
    assert kind is None or any(encoding in names for one, names in found if one == kind)


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", MAIL),
        ("email", "Anna.Example@example.com"),
        ("email", "annaexample@example.com"),
        ("phone", "+442079460123"),
        ("phone", "442079460123"),
        ("phone", "02079460123"),
        ("name", "anna example"),
        ("name", "example"),
        ("mac", "02005E005301"),
        ("ssid", "Annas WLAN"),
    ],
)
def test_hashes_of_the_usual_spellings(name: str, kind: str, text: str) -> None:
    digest = hashlib.new(name, text.encode()).digest()
    for form in (digest.hex(), digest.hex().upper(), f"u%3D{digest.hex()}"):
        assert matches(ANNA, f"id={form}&".encode()) == [(kind, ("hex", name))]
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        assert matches(ANNA, b"id=" + alphabet(digest)) == [(kind, ("base64", name))]


def test_other_hashes_do_not_match() -> None:
    digest = hashlib.sha256(b"johanna@example.com").hexdigest()
    assert not matches(ANNA, digest.encode())
    # The first half of a longer run is no digest.
    assert not matches(ANNA, hashlib.md5(MAIL.encode()).hexdigest().encode() + b"00")


def test_compressed_data_has_no_form() -> None:
    assert not matches(ANNA, gzip.compress(MAIL.encode()))


def test_parts_of_values() -> None:
    assert telephone("+44 20 7946 0123") == (44, "2079460123") and telephone("7946 0123") is None
    assert coordinates("52.520008,13.404954") == ("52.520008", "13.404954") and coordinates([1, 2]) is None
    assert spellings("address", "12 Sample Road, 12345 Nowhere") == ["12 Sample Road"]
    assert spellings("address", "Old Mill, Nowhere") == ["Old Mill, Nowhere"]


SOUTH = '[[persona]]\nlocation = "-33.856784, 151.215297"\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # In degrees, cut or rounded; 33.856784 is 33 degrees and 51.40704 minutes, 151.215297 is 151 and 12.91782.
        ("-33.856784,151.215297", True), ("-33.856,151.215", True), ("-33.857,151.215", True),
        ("33.8568S 151.2153E", True),
        ("-33.855,151.215", False), ("-33.856,151.214", False), ("-33.856,-51.215", False),
        ("$GPRMC,1,A,3351.4070,S,15112.9178,E", True), ("3351.40,15112.91", True), ("3351.41,15112.91", False),
        ("3351.40,15112.92", False), ("03351.40,15112.91", False),
        ("-33856784 151215297", True), ("-338567840 1512152970", True), ("-33856684 151215297", False),
        ("-33856784 151214297", False),
        # Either may come first, and each alone is no place.
        ("151.215,-33.856", True), ("-33.856", False), ("151.215", False), ("-33.856 -33.856", False),
    ],
)  # fmt: skip
def test_how_a_place_is_written(text: str, found: bool) -> None:
    assert bool(matches(personas(fast=False, file=SOUTH), f"={text}=".encode())) is found


@pytest.mark.parametrize(
    ("kind", "value", "spelling"),
    [
        ("email", "Jo.An+shop@Example.com",
             ("Jo.An+shop@Example.com", "jo.an+shop@example.com", "JO.AN+SHOP@EXAMPLE.COM",
                                             "jo.an@example.com", "joan@example.com")),
        ("phone", "+49 30 23125 555", ("+49 30 23125 555", "+493023125555", "493023125555", "00493023125555",
                                       "3023125555", "03023125555")),
        ("name", "Anna  Lena Example",
             ("anna lena example", "annalenaexample", "AnnaLenaExample", "anna", "lena", "example")),
        ("address", "12 Sample Road,  Nowhere", ("12 sample road, nowhere", "12sampleroadnowhere")),
        ("mac", "02:00:5e:00:53:01", ("02:00:5e:00:53:01", "02-00-5E-00-53-01", "02005e005301", "0200.5e00.5301")),
        ("serial", "SN-2041:77", ("SN-2041:77", "SN204177", "sn204177")),
        ("location", "52.520008, 13.404954", ("52.520008,13.404954", "52.520008, 13.404954")),
        ("account", "Annas75", ("Annas75", "annas75", "ANNAS75")),
    ],
)  # fmt: skip
def test_what_is_hashed(kind: str, value: str, spelling: tuple[str, ...]) -> None:
    """Each spelling that programs hash, in each of four hashes; what is none of them does not match."""
    searched = personas(fast=False, file=f'[[persona]]\n{kind} = "{value}"\n')
    for text in spelling:
        for name in ("md5", "sha1", "sha256", "sha512"):
            data = f"={hashlib.new(name, text.encode()).hexdigest()};".encode()
            assert matches(searched, data) == [(kind, ("hex", name))], text
    for text in (value[::-1], value + " ", value[1:]):
        assert not matches(searched, f"={hashlib.sha256(text.encode()).hexdigest()};".encode()), text


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("phone", "+49 30 23125 555",
             ("+49 30 23125555", "030 23125555", "0049-30-23125555", "030.23125555", "+493023125555",
                                       "030 23125 555")),
        ("name", "Anna Lena Example",
             ("anna lena EXAMPLE", "Example, Anna Lena", "Example Anna Lena", "annalenaexample",
                                       "anna.lena.example", "anna_lena_example", "anna-lena-example",
                                       "Anna+Lena+Example")),
        ("address", "12 Oak Rd, Nowhere", ("12 Oak Rd", "12%20Oak%20Rd")),
        ("address", "7 Elm, Nowhere", ("7 Elm, Nowhere",)),  # its street alone is too short
        ("address", "Old Mill House, Nowhere", ("Old Mill House, Nowhere",)),  # and without a number it may be any
        ("string", "a<b>&c d",
             ("a<b>&c d", "a%3Cb%3E%26c%20d", "a%253Cb%253E%2526c%2520d", "a&lt;b&gt;&amp;c d", "a%3Cb%3E%26c+d")),
        ("string", "a/b:c@d,e", ("a/b:c@d,e", "a%2Fb%3Ac%40d%2Ce")),
        ("string", 'say \\"hi\\"', ('say "hi"', 'say \\"hi\\"', "say &quot;hi&quot;")),
        ("ssid", "Über WLAN",
             ("über wlan", "ÜBER WLAN", "%C3%9Cber%20WLAN", "U\u0308ber WLAN", "=C3=9Cber WLAN", "\\u00dcber WLAN")),
    ],
)  # fmt: skip
def test_how_a_value_is_written(kind: str, value: str, written: tuple[str, ...]) -> None:
    searched = personas(fast=False, file=f'[[persona]]\n{kind} = "{value}"\n')
    for text in written:
        assert [one for one, _ in matches(searched, f"={text};".encode())], text
        assert not matches(searched, f"={text[:-2]};".encode()), text


@pytest.mark.parametrize(("kind", "value", "other"), [
    ("address", "12 Oak Rd, Nowhere", "Nowhere"), ("address", "7 Elm, Nowhere", "7 Elm"),
    ("address", "Old Mill House, Nowhere", "Old Mill House"), ("name", "Anna Lena Example", "Anna Lena"),
    ("name", "Anna Lena Example", "Lena Example Anna"), ("phone", "+49 30 23125 555", "23125555"),
])  # fmt: skip
def test_a_part_of_a_value_is_none(kind: str, value: str, other: str) -> None:
    assert not matches(personas(fast=False, file=f'[[persona]]\n{kind} = "{value}"\n'), f"={other};".encode())


@pytest.mark.parametrize("size", [47, 48, 49, 95, 96, 97, 200])
def test_of_a_long_value_the_beginning_is_enough(size: int) -> None:
    """Ninety-six bytes of a form; two bytes a character hold half as many."""
    value = "".join(chr(ord("a") + n * 7 % 23) for n in range(size))
    searched = personas(fast=False, file=f'[[persona]]\nstring = "{value}"\n')
    for data in (value.encode(), value.upper().encode(), value.encode().hex().encode(), value.encode("utf-16-le"),
                 value.encode("utf-16-be"), base64.b64encode(b"=" + value.encode() + b"=")):  # fmt: skip
        assert matches(searched, b"=" + data + b"="), data
        assert not matches(searched, b"=" + data[:20] + b"=" + data[21:] + b"="), data


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("90.000,180.000", ("90.000", "180.000")), ("-90.000;-180.000", ("-90.000", "-180.000")),
        ("90.001,0.000", None),
        ("0.000,180.001", None), ("52.52,13.404", None), ("52.520,13.40", None),
        (" 52.520 13.404 ", ("52.520", "13.404")),
        ([52.5, 13.25], ("52.5000000", "13.2500000")), ([52.5], None), ([52.5, 13], None), (["52.520", 13.4], None),
        (7, None),
    ],
)  # fmt: skip
def test_what_is_a_place(text: object, place: tuple[str, str] | None) -> None:
    assert coordinates(text) == place


@pytest.mark.parametrize(("text", "number"), [
    ("+49 30 23125 555", (49, "3023125555")), ("+1 202-555-0143", (1, "2025550143")), ("+49 12345", None),
    ("+290 51234", None),
    ("23125 555", None), ("", None), ("+49 123456", (49, "123456")),
])  # fmt: skip
def test_what_is_a_whole_telephone_number(text: str, number: tuple[int, str] | None) -> None:
    assert telephone(text) == number


def test_hex_has_no_case_and_base64_has_one() -> None:
    """In any case of the letters of hex, of a value as given, in small letters and in capitals."""
    searched = personas(fast=False, file='[[persona]]\naccount = "Klippe-Jonas"\n')
    for text in (b"Klippe-Jonas", b"klippe-jonas", b"KLIPPE-JONAS"):
        for data in (text.hex(), text.hex().upper(), text.hex().title()):
            assert matches(searched, f"={data}=".encode()) == [("account", ("hex",))]
        for lead in range(3):
            data = base64.b64encode(b"..."[:lead] + text + b"..")
            assert matches(searched, b"=" + data) == [("account", ("base64",))]
            assert not matches(searched, b"=" + data.swapcase())
    assert not matches(searched, b"=" + b"kLIPPE-jONAS".hex().encode() + b"=")


@pytest.mark.parametrize(
    ("street", "alone"), [("1 Oak Rd", True), ("1 Oak R", False), ("Oak Road", False), ("12 Oak Rd", True)]
)
def test_a_street_with_its_number_is_an_address_from_eight_letters_on(street: str, alone: bool) -> None:
    searched = personas(fast=False, file=f'[[persona]]\naddress = "{street}, Nowhere"\n')
    assert bool(matches(searched, f"={street};".encode())) is alone
    assert matches(searched, f"={street}, Nowhere;".encode())
