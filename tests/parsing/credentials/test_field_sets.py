"""Sets of named fields: which of them is the login, whose it is, and what only looks like one."""

from __future__ import annotations

import pytest

from sensor.model import Secret
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.credentials.field_sets import credentials


def found(*pairs: tuple[str, str]) -> list[Credential]:
    return list(credentials(pairs, "form"))


def test_a_password_with_the_user_beside_it_and_no_token_of_the_same_form() -> None:
    got = found(("name", "weak"), ("user_token", "bb171ec1363816de"), ("login", "anna"), ("pass", "sesame"))
    assert got == [Credential("password", "anna", Secret("sesame"), "form", name="pass")]


def test_a_weak_user_is_better_than_none_and_a_repeated_password_counts_once() -> None:
    assert found(("ID", "STATION7"), ("PASSWORD", "00000000"), ("password2", "00000000")) == [
        Credential("password", "STATION7", Secret("00000000"), "form", name="PASSWORD")
    ]


def test_users_by_how_sure_their_names_are() -> None:
    password = ("session_password", "sesame")
    assert found(("id", "7"), ("session_login", "anna"), password)[0].username == "anna"
    assert found(("last_login", "yesterday"), ("username", "anna"), password)[0].username == "anna"
    assert found(("id", "anna"), password)[0].username == "anna"


def test_a_secret_is_a_password_beside_a_user_alone() -> None:
    assert found(("user", "anna"), ("pin", "4711")) == [
        Credential("password", "anna", Secret("4711"), "form", name="pin")
    ]
    assert found(("pin", "4711"), ("gpio", "on")) == []
    assert found(("user", "anna"), ("secret", "")) == []


def test_a_blank_password_needs_a_user() -> None:
    assert found(("user", "admin"), ("password", "")) == [
        Credential("password", "admin", Secret(""), "form", name="password")
    ]
    assert found(("password", "")) == []


def test_a_hash_of_a_password_is_not_the_password() -> None:
    assert found(("user", "a"), ("pwd", "5f4dcc3b5aa765d61d8327deb882cf99")) == [
        Credential("password", "a", Secret("5f4dcc3b5aa765d61d8327deb882cf99"), "form-hash", False, "pwd")
    ]


def test_a_network_and_its_key() -> None:
    for field in ("key", "psk", "password", "passphrase"):
        assert found(("ssid", "Home Net"), (field, "winter garden")) == [
            Credential("key", "Home Net", Secret("winter garden"), "form/wifi", name=field)
        ]
    assert found(("wpa_psk", "winter garden")) == [
        Credential("key", None, Secret("winter garden"), "form/wifi", name="wpa_psk")
    ]
    assert found(("key", "winter garden")) == []
    assert found(("ssid", "Open Net"), ("key", "")) == []
    both = found(("ssid", "Home Net"), ("psk", "winter garden"), ("username", "admin"), ("password", "sesame-7"))
    assert [(c.mechanism, c.username) for c in both] == [("key", "Home Net"), ("password", "admin")]


def test_keys_that_are_drawn_by_their_value() -> None:
    drawn = "0123456789abcdef0123456789ABCDEF"
    for name in ("appid", "PASSKEY"):
        (found,) = credentials([("q", "Berlin"), (name, drawn)], "query")
        assert (found.mechanism, found.name, found.secret) == ("token", name, Secret(drawn))
        assert list(credentials([("q", "Berlin"), (name, "com.example.app")], "query")) == []


def _found(*pairs: tuple[str, str]) -> list[tuple[str, str | None, Secret | None]]:
    return [(c.mechanism, c.username, c.secret) for c in credentials(pairs, "form")]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("sta_ssid", "sta_password"), ("ap_ssid", "ap_password")), (("ssid1", "password1"), ("ssid2", "password2")),
        (("wifi_ssid", "wifi_password"), ("ap_ssid", "ap_password")),
    ],
)  # fmt: skip
def test_a_key_belongs_to_the_network_of_its_own_word_or_number(
    first: tuple[str, str], second: tuple[str, str], turned: bool
) -> None:
    """In whichever order the fields come."""
    pairs = [(first[0], "Home"), (second[0], "Garden"), (first[1], "homewifi1"), (second[1], "garden1234")]
    if turned:
        pairs = [pairs[1], pairs[0], pairs[3], pairs[2]]
    assert set(_found(*pairs)) == {("key", "Home", Secret("homewifi1")), ("key", "Garden", Secret("garden1234"))}


TOKEN, OTHER = "Zk8wq2LxT5vB9nRd", "Hj4tY7uPq1sXc6Wm"


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        # A token counts once, where no password is beside it, with the user of its set.
        ([("token", TOKEN)], [("token", None, TOKEN)]),
        ([("token", TOKEN), ("access_token", TOKEN)], [("token", None, TOKEN)]),
        ([("token", TOKEN), ("access_token", OTHER)], [("token", None, TOKEN), ("token", None, OTHER)]),
        ([("user", "anna"), ("token", TOKEN)], [("token", "anna", TOKEN)]),
        ([("user", "anna"), ("password", "sesame"), ("token", TOKEN)], [("password", "anna", "sesame")]),
        # User and password in one base64 (YW5uYTpzZXNhbWU=: anna:sesame), where nothing else is a secret.
        ([("auth", "YW5uYTpzZXNhbWU=")], [("password", "anna", "sesame")]),
        ([("auth", "YW5uYTpzZXNhbWU="), ("creds", "YmVydGE6dHVsaXA=")], [("password", "anna", "sesame")]),
        ([("user", "berta"), ("password", "tulip"), ("auth", "YW5uYTpzZXNhbWU=")], [("password", "berta", "tulip")]),
        ([("name", "YW5uYTpzZXNhbWU=")], []),
        # Keys of which the value is 128 bits in hex.
        ([("appid", "0123456789abcdef0123456789ABCDEF")], [("token", None, "0123456789abcdef0123456789ABCDEF")]),
        ([("appid", "0123456789abcdef0123456789ABCDE")], []), ([("appid", "42")], []),
    ],
)  # fmt: skip
def test_which_secrets_of_a_set_count(pairs: list[tuple[str, str]], found: list[tuple[str, str | None, str]]) -> None:
    assert _found(*pairs) == [(mechanism, user, Secret(text)) for mechanism, user, text in found]


@pytest.mark.parametrize(("value", "want"), [("DPcheC1cFX7slXmno84l", True), ("1654385180339", False)])
def test_a_token_counts_by_its_value(value: str, want: bool) -> None:
    assert bool(found(("token", value))) is want


def test_a_set_of_known_names_counts_by_what_stands_in_it() -> None:
    """What the names say is remembered, and nothing of the values."""
    for user, password in (("anna", "sesame"), ("berta", "tulip"), ("", "rose"), ("anna", "")):
        assert _found(("user", user), ("password", password)) == [("password", user or None, Secret(password))]
    for _ in range(2):
        assert _found(("user", "anna"), *((f"field{n}", "1") for n in range(60)), ("password", "sesame")) == [
            ("password", "anna", Secret("sesame"))
        ]
