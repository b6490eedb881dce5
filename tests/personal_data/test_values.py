"""Validation of values. All numbers are the standards' examples or invented."""

from __future__ import annotations

import pytest

from sensor.personal_data import values


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Mara.Lindner@Post.example", "mara.lindner@post.example"),
        ("m+tag@mail.kernel-org.de", "m+tag@mail.kernel-org.de"),
        ("o'neil@firma.co.uk", "o'neil@firma.co.uk"),
        ("image@2x.png", None),
        ("curve25519-sha256@libssh.org", None),  # RFC 8731's predecessor: an algorithm
        ("hmac-sha2-256-etm@openssh.com", None),
        ("lodash@4.17.21", None),
        ("user@host", None),
        ("anna@camera.local", None),  # RFC 6762: no one can receive mail there
        ("a..b@firma.de", None),
        ("@firma.de", None),
        ("a@firma.notatld", None),
        ("a@" + "b" * 300 + ".de", None),
    ],
)
def test_email(text: str, normal: str | None) -> None:
    assert values.email(text) == normal


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("mara@post.example", "documentation"),
        ("mara@example.com", "documentation"),
        ("user@domain.com", "placeholder"),
        ("john.doe@firma.de", "placeholder"),
        ("xxxxx@xxx.net", "placeholder"),
        ("postmaster@firma.de", "role"),
        ("noreply@firma.de", "role"),
        ("mara.lindner@firma.de", None),
    ],
)
def test_addresses_that_are_no_persons(address: str, why: str | None) -> None:
    assert values.benign_email_reason(address) == why


@pytest.mark.parametrize(
    ("text", "named", "normal"),
    [
        ("+49 30 23125 000", False, "+493023125000"),  # Bundesnetzagentur's numbers for drama
        ("+44 (20) 7946 0958", False, "+442079460958"),  # Ofcom's numbers for drama
        ("+1 999 000 0000", False, None),  # no such area in the plan
        ("+1234567890", False, None),  # counted up
        ("030/23125000", True, "03023125000"),
        ("030/23125000", False, None),
        ("0123456789", True, None),
        ("12", True, None),
    ],
)
def test_phone(text: str, named: bool, normal: str | None) -> None:
    assert values.phone(text, named=named) == normal


def test_check_digits() -> None:
    assert values.luhn("79927398713")  # ISO/IEC 7812-1's worked example
    assert not values.luhn("79927398710")
    assert values.imei("49-015420-323751-8", "imei") == "490154203237518"  # the GSM Association's example
    assert values.imei("490154203237519", "imei") is None
    assert values.imei("262011234567890", "imsi") == "262011234567890"
    assert values.imei("162011234567890", "imsi") is None  # no country begins with 1 (ITU-T E.212)
    assert values.credit_card("4111 1111 1111 1111") == "4111111111111111"
    assert values.credit_card("4111 1111 1111 1112") is None
    assert values.credit_card("9111111111111111") is None


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("02:00:5E:10:5a:11", "02005e105a11"),
        ("02-00-5e-10-5a-11", "02005e105a11"),
        ("0200.5e10.5a11", "02005e105a11"),
        ("02005e105a11", "02005e105a11"),
        ("02:00-5e:10:5a:11", None),
        ("ff:ff:ff:ff:ff:ff", None),
        ("01:00:5e:00:00:fb", None),
        ("33:33:00:00:00:01", None),
        ("00:00:00:00:00:00", None),
    ],
)
def test_mac(text: str, normal: str | None) -> None:
    assert values.mac(text) == normal


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("7QK20418855A", True),
        ("0185082008001541", True),
        ("b9e28776354d259e", True),
        ("2021-03-14", False),
        ("10.0.19041.1", False),
        ("living-room", False),
        ("12345678", False),
        ("00000000", False),
        ("abc", False),
    ],
)
def test_identifier(text: str, there: bool) -> None:
    assert (values.identifier(text) is not None) is there


def test_places() -> None:
    assert values.degrees("52.51627", 90) == "52.5163"
    assert values.degrees("52.5", 90) is None  # a town, not a house
    assert values.degrees("152.51627", 90) is None
    assert values.degrees("0.0000", 90) is None
    assert values.coordinates("52.51627, 13.37770") == "52.5163,13.3777"
    assert values.coordinates("52.51627") is None


def test_words() -> None:
    assert values.person_name("Mara Lindner") == "mara lindner"
    assert values.person_name("Jürgen O'Neil-Groß") == "jürgen o'neil-groß"
    assert (
        values.person_name("null") is None
        and values.person_name("x1y2") is None
        and values.person_name("{{name}}") is None
    )
    assert (
        values.postal_address("Lindenweg 12") and values.postal_address("SW1A 1AA") and values.postal_address("10117")
    )
    assert values.postal_address("true") is None and values.postal_address("00000") is None
    assert values.ssid("Lindner-Home") == "Lindner-Home" and values.ssid("%s") is None and values.ssid("x" * 33) is None
    assert values.account_name("mara.lindner") and values.account_name("4711942") and values.account_name("12") is None
    assert values.health_reading("71") and values.health_reading("0") is None and values.health_reading("none") is None


def test_uuid() -> None:
    assert values.uuid("{3F0C9A52-6D1E-4B7A-8C55-91D2E0A7B634}") == "3f0c9a526d1e4b7a8c5591d2e0a7b634"
    assert values.uuid("00000000-0000-0000-0000-000000000000") is None
    assert values.uuid("ffffffff-ffff-ffff-ffff-ffffffffffff") is None


def test_top_level_domains_are_those_of_the_root_zone() -> None:
    assert {"de", "com", "museum", "xn--p1ai"} <= values.top_level_domains()
    assert not values.top_level_domains() & {"png", "js", "html", "local", "lan", "example"}


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ec:71:db:1c:44:02", "ec71db1c4402"), ("EC71.DB1C.4402", "ec71db1c4402"),
        ("EC-71-DB-1C-44-02", "ec71db1c4402"),
        # The first byte's last bit: a group (IEEE 802 8.2); the one before it: chosen by its owner.
        ("ed:71:db:1c:44:02", None), ("0b:12:34:56:78:9a", None), ("ee:71:db:1c:44:02", "ee71db1c4402"),
        ("01:00:5e:12:34:56", None), ("00:00:5e:12:34:56", None), ("00:00:00:00:00:01", None),
        ("ec:71:db:1c:44", None), ("ec:71-db:1c:44:02", None),
    ],
)  # fmt: skip
def test_hardware_addresses_of_one_station(text: str, normal: str | None) -> None:
    assert values.mac(text) == normal


@pytest.mark.parametrize("text", ["", "no uuid", "01234567-89ab-cdef-0123-456789abcdef", "f" * 32, "0" * 32])
def test_what_is_no_uuid_of_anything(text: str) -> None:
    assert values.uuid(text) is None


@pytest.mark.parametrize(
    ("text", "name", "normal"),
    [
        # 490154203237518 is the example of 3GPP TS 23.003 B.
        ("490154203237518", "imei", "490154203237518"), ("49-015420-323751-8", "imei", "490154203237518"),
        ("490154203237519", "imei", None), ("49015420323751", "imei", None), ("4901542032375180", "imei", None),
        ("262011234567890", "imsi", "262011234567890"), ("26201123456789", "imsi", "26201123456789"),
        ("2620112345678", "imsi", None), ("162011234567890", "imsi", None), ("862011234567890", "imsi", None),
        ("762011234567890", "imsi", "762011234567890"), ("8949000000000000009", "iccid", None),
        ("8944110068144604204", "iccid", None), ("111222111222111", "imei", None), ("4901542032a7518", "imei", None),
        ("٤٩٠١٥٤٢٠٣٢٣٧٥١٨", "imei", None),
    ],
)  # fmt: skip
def test_numbers_of_mobile_devices_and_cards(text: str, name: str, normal: str | None) -> None:
    assert values.imei(text, name) == normal


def test_an_iccid_has_nineteen_digits_with_a_check_digit_and_perhaps_one_more() -> None:
    body = "894411006814460420"
    check = next(str(digit) for digit in range(10) if values.luhn(body + str(digit)))
    whole = body + check
    assert values.imei(whole, "iccid") == values.imei(whole, "sim_number") == whole
    assert values.imei(whole + "7", "iccid") == whole + "7"
    assert values.imei("88" + whole[2:], "iccid") is None and values.imei(whole + "77", "iccid") is None
    assert values.imei(whole, "imei") is None


@pytest.mark.parametrize(
    ("text", "named", "found"),
    [
        ("089 1234570", True, True), ("(089) 123-4570", True, True), ("08912345", True, False),
        ("0891 11889 0", True, True), ("1111119999", True, False), ("+49", True, False),
        ("123456789012345678", True, False), ("089 12x4570", True, False), ("9876543210", True, False),
        ("089 1234570 ext", True, False), ("089 1234570", False, False),
    ],
)  # fmt: skip
def test_national_numbers_only_where_a_field_says_so(text: str, named: bool, found: bool) -> None:
    assert (values.phone(text, named=named) is not None) is found


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("firma.de", True), ("de", False), ("a.b.firma.co.uk", True), ("-a.firma.de", False), ("a-.firma.de", False),
        ("a..de", False), (".firma.de", False), ("firma.notatld", False), ("1.168.192.in-addr.arpa", False),
        ("x" * 63 + ".de", True), ("x" * 64 + ".de", False), (("a" * 49 + ".") * 5 + "de", True),
        (("a" * 49 + ".") * 5 + "com", True), (("a" * 49 + ".") * 5 + "name", False),
    ],
)  # fmt: skip
def test_names_of_the_public_dns(name: str, public: bool) -> None:
    """RFC 1035 2.3.4: labels of 63, names of 253 characters."""
    assert values.is_public_domain(name) is public


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7QK20418855A", True), ("7QK2041", False), ("AB12-34CD", True), ("ABCD123E", False), ("A1B2C3D4", True),
        ("a1" * 32, False), ("ab12" * 16, True), ("ab12" * 16 + "x", False), ("20260501", False), ("2026-05-01", False),
        ("1.2.3.4567", False), ("12345678", False), ("73924618", True), ("{7QK20418855A}", True),
        ("7QK2041 8855A", False),
        ("grüße1234", False),
    ],
)  # fmt: skip
def test_which_identifiers_name_one_device(text: str, found: bool) -> None:
    assert (values.identifier(text) is not None) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4539578763621486", True), ("4539 5787 6362 1486", True), ("4539-5787-6362-1486", True),
        ("4539578763621487", False), ("0000000000000000", False), ("453957876362148", False),
        ("1234567812345670", False), ("45395787636214860", False),
    ],
)  # fmt: skip
def test_card_numbers(text: str, found: bool) -> None:
    """Issuer, length and check digit (ISO/IEC 7812-1); 1234 5678 1234 5670 has the digit and no issuer."""
    assert (values.credit_card(text) is not None) is found


@pytest.mark.parametrize(
    ("text", "most", "normal"),
    [
        ("90.000", 90, "90.0000"), ("90.001", 90, None), ("-180.000", 180, "-180.0000"), ("-180.001", 180, None),
        ("0.001", 90, "0.0010"), ("0.0009", 90, None), ("52.51", 90, None), ("+52.516", 90, "52.5160"), ("x", 90, None),
    ],
)  # fmt: skip
def test_degrees(text: str, most: int, normal: str | None) -> None:
    assert values.degrees(text, most) == normal


def test_networks_names_and_readings() -> None:
    for text, found in (
        ("Lindner-Home", True), ("x" * 32, True), ("x" * 33, False), ("ü" * 16, True), ("ü" * 17, False), ("", False),
        ("any", False), ("a<b", False), ("a%s", False), ("a\x07", False),
    ):  # fmt: skip
        assert (values.ssid(text) is not None) is found, text
    for text, found in (("71", True), ("0", False), ("0.5", True), ("-3", False), ("71 bpm", False)):
        assert (values.health_reading(text) is not None) is found, text
    for text, found in (("mara", True), ("ma", False), ("aaa", False), ("123", False), ("1234", True), ("a b", False),
                        ("guest", False), ("x" * 64 + "yz", False)):  # fmt: skip
        assert (values.account_name(text) is not None) is found, text
    assert values.is_ip_address("192.0.2.1") and values.is_ip_address("2001:db8::1")
    assert not values.is_ip_address("192.0.2") and not values.is_ip_address("mara")


@pytest.mark.parametrize("digit", "0123456789")
@pytest.mark.parametrize("size", [14, 15, 16, 19])
def test_one_digit_repeated_is_no_card(digit: str, size: int) -> None:
    assert values.credit_card(digit * size) is None


# The prefixes and lengths that the schemes publish: Visa, Mastercard (two ranges), American Express, Discover, JCB,
# UnionPay.
@pytest.mark.parametrize(
    ("prefix", "size", "issued"),
    [
        ("4", 16, True), ("51", 16, True), ("55", 16, True), ("50", 16, False), ("56", 16, False), ("2221", 16, True),
        ("2220", 16, False), ("2720", 16, True), ("2721", 16, False), ("2230", 16, True), ("2300", 16, True),
        ("2699", 16, True),
        ("2700", 16, True), ("34", 15, True), ("37", 15, True), ("34", 16, False), ("35", 15, False), ("36", 15, False),
        ("6011", 16, True), ("6012", 16, False), ("65", 16, True), ("64", 16, False), ("3528", 16, True),
        ("3527", 16, False),
        ("3589", 16, True), ("3590", 16, False), ("62", 16, True), ("4", 15, False), ("4", 17, False), ("1", 16, False),
    ],
)  # fmt: skip
def test_issuers_of_cards(prefix: str, size: int, issued: bool) -> None:
    body = (prefix + "8070605040302010")[: size - 1]
    card = next(body + str(digit) for digit in range(10) if values.luhn(body + str(digit)))
    assert values.credit_card(card) == (card if issued else None)
    wrong = body + str((int(card[-1]) + 1) % 10)
    assert values.credit_card(wrong) is None


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        ("m" * 64 + "@firma.de", True), ("m" * 65 + "@firma.de", False), ("m@" + "b" * 63 + ".de", True),
        ("m@" + "b" * 64 + ".de", False), ("m.@firma.de", False), (".m@firma.de", False), ("m@-firma.de", False),
        ("m@firma-.de", False), ("m@a.b.c.d.e.f.g.h.de", True), ("m@a.b.c.d.e.f.g.h.i.de", False), ("m@firma.d", False),
        ("m_@firma.de", True), ("m+@firma.de", True), ("m-@firma.de", False), ("m@git.openssh.com", False),
        ("m@openssh.com", False),
        ("m@notopenssh.com", True), ("m@x.example", True), ("m@x.test", True), ("m@x.invalid", True),
        ("m@x.localhost", False),
        ("m@x.lan", False), ("m@x.home", False), ("m@x.internal", False), ("m@x.arpa", False), ("m@x.onion", False),
        ("m" * 64 + "@" + ("b" * 60 + ".") * 3 + "abc.de", True),
        ("m" * 64 + "@" + ("b" * 60 + ".") * 3 + "abcd.de", False),
    ],
)  # fmt: skip
def test_which_addresses_can_be_written_to(address: str, valid: bool) -> None:
    """RFC 5321 4.5.3.1: 64 and 254 characters; RFC 1035 2.3.4: labels of 63; RFC 2606, 6761, 6762, 8375: reserved."""
    assert values.email(address) == (address.lower() if valid else None)
