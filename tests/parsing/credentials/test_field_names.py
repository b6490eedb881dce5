"""Names of fields: what they carry, in several languages, and the look-alikes that carry nothing."""

from __future__ import annotations

import pytest

from sensor.parsing.credentials.field_names import Kind, kind_of, looks_like_token, may_carry_secret


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


@pytest.mark.parametrize(
    "name",
    ["auth", "authorization", "basic", "basicAuth", "credentials", "creds", "login", "userpass", "token", "cmnd",
         "appid",
             "PASSKEY", "password", "pw", "psk", "access_token"]
)  # fmt: skip
def test_fields_that_may_carry_a_secret(name: str) -> None:
    assert may_carry_secret(name)


@pytest.mark.parametrize("name", ["user", "ssid", "lang", "page", "cmd", "app", "key2name", "", "temperature"])
def test_fields_that_carry_none(name: str) -> None:
    assert not may_carry_secret(name)
