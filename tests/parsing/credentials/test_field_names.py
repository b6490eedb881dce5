"""Names of fields and cookies: what they carry, in several languages, and the look-alikes that carry nothing."""

from __future__ import annotations

import pytest

from sensor.model import Secret
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.credentials.field_names import Kind, credentials, is_session_cookie, kind_of, looks_like_token


@pytest.mark.parametrize(
    "name",
    [
        *(
            "password",
            "Passwd",
            "pwd",
            "PASS",
            "user_pass",
            "j_password",
            "frmLogin:txtPassword",
            "user[password]",
            "Passwort",
            "Kennwort",
            "mot_de_passe",
        ),
        *(
            "contraseña",
            "senha",
            "wachtwoord",
            "heslo",
            "hasło",
            "пароль",
            "密码",
            "パスワード",
            "adminPwd",
            "loginPass",
            "newPassword1",
            "ftp_pw",
            "wifi-password",
            "edtUserPwd",
            "mb_password",
            "memberPwd",
            "txt-login-pw",
            "passwordInput",
            "password_login",
            "customerPass",
        ),
    ],
)
def test_names_of_passwords(name: str) -> None:
    assert kind_of(name) is Kind.PASSWORD


@pytest.mark.parametrize(
    "name",
    [
        "compass",
        "bypass",
        "password_hint",
        "showPassword",
        "rememberPassword",
        "passwordStrength",
        "confirm_password",
        "temppass",
        "pwned",
        "passage",
        "last_pwd",
        "low_pass",
        "passwordPolicy",
        "password_max_age",
        "opwd",
    ],
)
def test_names_that_only_look_like_passwords(name: str) -> None:
    assert kind_of(name) is not Kind.PASSWORD


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Username", Kind.USER), ("j_username", Kind.USER), ("E-Mail", Kind.USER), ("Benutzername", Kind.USER),
        ("имя", None), ("пользователь", Kind.USER),
        ("access_token", Kind.TOKEN), ("apiKey", Kind.TOKEN), ("csrf_token", None), ("authenticity", None),
        ("key", Kind.NETWORK_KEY), ("SSID", Kind.NETWORK),
        ("wpa_psk", Kind.NETWORK_KEY), ("txtUser", Kind.LIKELY_USER), ("user[login]", Kind.LIKELY_USER),
        ("customer_email", Kind.LIKELY_USER), ("syslog", None),
        ("memberId", Kind.USER), ("secret", Kind.WEAK_PASSWORD), ("id", Kind.WEAK_USER), ("comment", None),
    ],
)  # fmt: skip
def test_other_names(name: str, kind: Kind | None) -> None:
    assert kind_of(name) is kind


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


@pytest.mark.parametrize(
    ("value", "want"),
    [
        ("DPcheC1cFX7slXmno84l", True),
        ("117633148253098", True),
        ("71150", False),
        ("1654385180339", False),
        ("null", False),
    ],
)
def test_values_of_tokens(value: str, want: bool) -> None:
    assert looks_like_token(value) is want
    assert bool(found(("token", value))) is want


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PHPSESSID", "ua7oumqch4h2qelubpvo21dec6"), ("JSESSIONID", "1s6ylq2znjyi5"),
        ("ASP.NET_SessionId", "lit3py55t21z5v55vlm25s55"), ("connect.sid", "s%3AxYz1234567"),
        (".ASPXAUTH", "A1B2C3D4E5F6A7B8"), ("laravel_session", "eyJpdiI6Inh4"),
        ("osCsid", "36c0fdcf047d4adaca4ffb738d263cc7"), ("sessionid", "a1b2c3d4e5f6"),
        ("SESS0f916077214db25d3c25b38417a57722", "c3c14637ee4fa2f3ced7dfe9b7f77eb9"),
        ("CFTOKEN", "64733241d30c35e0-304F31D8"), ("serviceToken", "jaiyk7cRT4X24Ejw"),
        ("__Host-session", "abcdef0123456789"), ("wordpress_logged_in_x", "anna%7C1700000000%7Cabc"),
        ("jwt", "eyJhbGciOiJIUzI1NiJ9.e30.abc"), ("sysauth", "0123456789abcdef"),
        ("account_token", "0123456789abcdef"),
        ("CAKEPHP", "0123456789abcdef"), ("webvpn", "3F4A@20480@1B2C"), ("CASTGC", "TGT-1-abcdefgh"),
        ("AIROS_68D79A0102FE", "0123456789abcdef"),
        ("__Secure-next-auth.session-token", "eyJhbGciOiJkaXIi.abc"),
    ],
)  # fmt: skip
def test_session_cookies(name: str, value: str) -> None:
    assert is_session_cookie(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_ga", "GA1.2.1343945816.1520241679"), ("__utma", "190908281.1560095611.1381843968"),
        ("csrftoken", "abcdef1234567890"), ("XSRF-TOKEN", "abcdef1234567890"),
        ("s_sess", "%20s_cc%3Dtrue%3B"), ("PHPSESSID", "deleted"), ("access_token", "null"),
        ("WSS_KeepSessionAuthenticated", "80"), ("lang", "de_DE_formal"),
        ("session-id-time", "2082787201l"), ("NID", "67=duCgQwzWQ2FuXEeneUONhF6aikpI"),
        ("MUID", "B3C635134EED407A97575E7E44E0F49C"), ("cookieconsent", "dismissed-all"),
        ("resident", "abcdef1234567890"), ("president_id", "abcdef1234567890"), ("theme", "assiduously-dark"),
        ("__RequestVerificationToken", "abcdef1234567890"),
        ("subtheme", "abcdef1234567890"),
        ("assessment", "abcdef1234567890"), ("view_count_session", "abcdef1234567890"),
    ],
)  # fmt: skip
def test_cookies_that_are_no_logins(name: str, value: str) -> None:
    assert not is_session_cookie(name, value)


def test_keys_that_are_drawn_by_their_value() -> None:
    drawn = "0123456789abcdef0123456789ABCDEF"
    for name in ("appid", "PASSKEY"):
        (found,) = credentials([("q", "Berlin"), (name, drawn)], "query")
        assert (found.mechanism, found.name, found.secret) == ("token", name, Secret(drawn))
        assert list(credentials([("q", "Berlin"), (name, "com.example.app")], "query")) == []
