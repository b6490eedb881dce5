"""Settings files of telephones, set-top boxes and routers: what stands in them, and the files that only look like
one."""

from __future__ import annotations

import time

import pytest

from sensor.model import Secret
from sensor.parsing.credentials.settings_file import FILE_LIMIT, MAX_FOUND, credentials

Found = list[tuple[str, str | None, Secret | None, bool]]


def found(data: bytes, *, whole: bool = True) -> Found:
    return [(c.mechanism, c.username, c.secret, c.clear) for c in credentials(data, whole=whole)]


def password(user: str | None, secret: str, clear: bool = True) -> tuple[str, str | None, Secret, bool]:
    return ("password", user, Secret(secret), clear)


def test_attributes_and_elements_of_xml() -> None:
    data = b"""<?xml version="1.0"?><phone><sip user="hallway" password="meadow-9"/>
    <web><admin_password>garden-8</admin_password></web>
    <user_name idx="1">desk</user_name><user_pass idx="1" perm="">orchard-7</user_pass>
    <set><p name="login" value="anna"/><p name="password" value="hedge-6"/></set></phone>"""
    assert found(data) == [
        password("hallway", "meadow-9"),
        password(None, "garden-8"),
        password("anna", "hedge-6"),
        password("desk", "orchard-7"),
    ]


def test_dotted_names_belong_together() -> None:
    lines = b"""#!version:1.0.0.1
account.1.user_name = desk
account.2.user_name = hall
account.1.password = orchard-7
account.2.password = hedge-6
account.3.password =
"""
    assert found(lines) == [password("desk", "orchard-7"), password("hall", "hedge-6")]
    assert found(b'<reg reg.1.auth.userId="desk" reg.1.auth.password="orchard-7" reg.2.auth.password=""/>') == [
        password("desk", "orchard-7")
    ]


def test_sections_and_a_network() -> None:
    data = b"[wifi]\r\nssid = Meadow\r\npsk = lavender-fields\r\n[web]\r\nuser: admin\r\npassword: 'orchard-7'\r\n"
    assert found(data) == [("key", "Meadow", Secret("lavender-fields"), True), password("admin", "orchard-7")]


def test_json() -> None:
    assert found(b'{"sip": {"user": "desk", "password": "orchard-7"}, "web": {"user": "x", "password": ""}}') == [
        password("desk", "orchard-7")
    ]


def test_a_routers_commands() -> None:
    # Cisco IOS Security Command Reference: 0 is plain, 5 a salted MD5, 7 a reversible scrambling.
    data = b"""!
version 15.1
hostname lab1
enable secret 5 $1$mERr$hx5rVt7rPNoS4wqbXKX7m0
username anna privilege 15 password 0 orchard-7
username bob secret 5 $1$abcd$0123456789abcdefghijkl
snmp-server community meadow-ro RO
line vty 0 4
 password hedge-6
 login
!
"""
    assert found(data) == [
        password(None, "$1$mERr$hx5rVt7rPNoS4wqbXKX7m0", False),
        password("anna", "orchard-7"),
        password("bob", "$1$abcd$0123456789abcdefghijkl", False),
        ("community", None, Secret("meadow-ro"), True),
        password(None, "hedge-6"),
    ]


def test_a_crypted_password_is_not_the_password() -> None:
    assert found(b"user = anna\npassword = $6$saltsalt$0123456789abcdef\n") == [
        password("anna", "$6$saltsalt$0123456789abcdef", False)
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"user = admin\npassword = ********\n",
        b"user = admin\npassword = %PASSWORD%\npw = <your password>\nkey = ${KEY}\n",
        b"To log in, give\nuser = admin\npassword = orchard-7\nand press Enter, then go on to the next page.\n",
        b"<html><body><form><input name='user' value='a'/><input name='password' value='b'/></form></body></html>",
        b"\x7fELF\x02\x01\x01\0user=admin\npassword=orchard-7\n",
        b"Authorization: Basic %s\nUSER %s\nPASS %s\nlogin:\nPassword:\n",
        b"password = orchard-7",
        b"",
        b"<",
        b"{",
    ],
)
def test_what_is_no_settings_file_or_says_nothing(data: bytes) -> None:
    assert found(data) == []


def test_the_last_line_of_a_cut_file_is_not_believed() -> None:
    data = b"user = anna\nssid = Meadow\npassword = orch"
    assert found(data, whole=False) == []
    assert found(data + b"ard-7\nx = y", whole=False) == [password("anna", "orchard-7")]
    assert found(b"# x\n" * (FILE_LIMIT // 4) + b"user = a\npassword = orchard-7\n") == []


def test_bounds() -> None:
    began = time.monotonic()
    accounts = b"".join(b"account.%d.password = orchard-%d\n" % (n, n) for n in range(1000))
    assert len(found(accounts)) == MAX_FOUND
    for hostile in (b"a=" * 30_000, b"[" * 60_000, b"<a " + b"b='c' " * 10_000, b"\n" * 60_000, b'{"a":' * 10_000):
        found(hostile)
    assert time.monotonic() - began < 5


def test_hashes_of_a_router_are_no_passwords_in_clear() -> None:
    """Cisco IOS: 0 or nothing is plain, 7 scrambled, 5, 8 and 9 hashes; what begins with $ is one without a number."""
    lines = (
        "!", "hostname r1", "!",
        "username a password 0 plain-1", "username b password plain-2", "username c password 7 0822455D0A16",
        "username d secret 5 $1$abcd$0123456789012345678901", "enable secret 9 $9$xyz", "!",
    )  # fmt: skip
    got = {(user, clear) for _, user, _, clear in found("\n".join(lines).encode())}
    assert {("a", True), ("b", True), ("c", False), ("d", False), (None, False)} <= got
    assert not {("c", True), ("d", True)} & got


@pytest.mark.parametrize(("lines", "count"), [(b"user = anna\npassword = hedge-6\n", 1), (b"password = hedge-6\n", 0)])
def test_one_line_is_no_file_of_settings(lines: bytes, count: int) -> None:
    assert len(found(lines)) == count


@pytest.mark.parametrize("value", ["Password:", "your password", "<password>", "********"])
def test_labels_and_places_left_open_are_no_passwords(value: str) -> None:
    assert [one for one in found(f"user = anna\npassword = {value}\n".encode()) if one[2] == Secret(value)] == []


def test_how_much_of_a_file_is_settings() -> None:
    """Of few lines all but one, of many nearly all."""
    settings = b"user = anna\npassword = hedge-6\na = 1\nb = 2\nc = 3\n"
    text = b"some words of prose\n"
    assert len(found(settings + text)) == 1
    assert len(found(settings + text * 2)) == 0
