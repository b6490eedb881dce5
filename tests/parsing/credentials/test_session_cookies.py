"""Cookies that stand for a session, and those that only count visitors."""

from __future__ import annotations

import pytest

from sensor.parsing.credentials.session_cookies import is_session_cookie


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


@pytest.mark.parametrize(
    ("name", "value", "one"),
    [
        ("session", "abcdef%20123456789", False),  # a sentence
        ("session", "abcdef0123456789", True),
        ("SESSION", "abcdef0123456789", True),
        ("colour", "abcdef0123456789", False),
        ("session", "no", False),
        ("session" + "x" * 5000, "abcdef0123456789", False),
    ],
)
def test_a_name_and_a_value_together(name: str, value: str, one: bool) -> None:
    assert is_session_cookie(name, value) is one


@pytest.mark.parametrize(
    ("name", "session"),
    [
        # Where a name's capitals part its words, and where they do not.
        ("appSid", True), ("appSID", True), ("appsid", False), ("inside", False), ("beside", False), ("xSIDx", False),
        ("SESSION", True), ("Session", True), ("SID", True), ("sid", True), ("__Host-SID", True),
        ("__Secure-Sid", True),
        ("CAKEPHP", True), ("CakePHP", True), ("WEBVPN", True), ("xs", True), ("XS", True), ("Stok", True),
        ("astok", False),
    ],
)  # fmt: skip
def test_names_in_capitals_and_in_small_letters(name: str, session: bool) -> None:
    assert is_session_cookie(name, "0123456789abcdef") is session
