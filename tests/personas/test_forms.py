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
