"""Doubtful password fields: sizes, directories and base64, and real passwords that look like them."""

from __future__ import annotations

import base64

import pytest

from sensor.model import Secret
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.credentials.doubtful import (
    decoded,
    is_no_password_alone,
    is_size_or_directory,
    joined,
    undone,
)
from sensor.parsing.credentials.http_fields import Target, body_credentials


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "target",
    [
        "/img?pw=640&ph=480",
        "/img?w=320&pw=12.5&h=200",
        "/player?pw=100%25&ph=56%25",
        "/cgi?pwd=%2Froot%2Fbin&cmd=ls",
        "/shell?user=www&cmd=ls&pwd=/var/www",
        "/files?pwd=C:%5CUsers&x=1",
        "/files?pwd=~/Music",
        "/render?pass=2&total=3",
        "/filter?pass=through",
        "/page?pwd=ab12cd34",
        "/authors?pwd=ab12cd34",
    ],
)
def test_a_size_a_directory_and_a_run_are_no_passwords(target: str) -> None:
    assert Target(target.encode()).found == []


@pytest.mark.parametrize(
    ("target", "user", "password"),
    [
        ("/cgi?usr=admin&pwd=640", "admin", "640"),
        ("/login?pwd=12", None, "12"),
        ("/api?pwd=88888888", None, "88888888"),
        ("/page?user=anna&pwd=ab12cd34", "anna", "ab12cd34"),
        ("/login?pwd=ab12cd34", None, "ab12cd34"),
        ("/authorize?pwd=ab12cd34", None, "ab12cd34"),
        ("/snapshot.cgi?user=admin&pwd=/tulip", "admin", "/tulip"),
        ("/cgi?x=1&pwd=open7&y=2", None, "open7"),
        ("/img?width=640&user=anna&pass=sesame", "anna", "sesame"),
    ],
)
def test_a_password_with_a_reason_is_one(target: str, user: str | None, password: str) -> None:
    assert [(c.username, c.secret) for c in Target(target.encode()).found] == [(user, Secret(password))]


def test_a_number_needs_a_twin_that_is_a_size_too() -> None:
    assert is_size_or_directory("pw", "640", [("pw", "640"), ("ph", "480")])
    assert not is_size_or_directory("pw", "640", [("pw", "640"), ("channel", "1")])
    assert not is_size_or_directory("pwd", "/root", [("pwd", "/root"), ("user", "anna")])
    assert is_no_password_alone("/root")
    assert not is_no_password_alone("1234")


@pytest.mark.parametrize("value", ["abcd", "user", "YWRtaW4", "a" * 1024, "AAAA", "w6TDtg=="])
def test_what_is_no_base64_of_readable_text_is_not_decoded(value: str) -> None:
    assert decoded(value) is None


def test_base64_is_undone_where_the_user_agrees() -> None:
    assert undone(b64("anna"), b64("open sesame")) == ("anna", "open sesame")
    assert undone("admin", "YWRtaW4=") == ("admin", "admin")
    assert undone("anna", b64("open sesame")) == ("anna", "open sesame")
    assert undone("anna", b64("secret123")) is None  # no padding: somebody may have typed it
    assert undone("anna", b64("\x80\x81\x82\x83")) is None
    assert undone(None, b64("open sesame")) is None
    assert undone(b64("anna"), "tulips12") is None


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"credentials=YWRtaW46YWRtaW4%3D"),
        ("application/json", b'{"auth":"YWRtaW46YWRtaW4="}'),
        ("application/json", b'{"login":"Basic YWRtaW46YWRtaW4="}'),
    ],
)
def test_user_and_password_in_one_base64_are_a_login(kind: str, body: bytes) -> None:
    (found,) = body_credentials(body, kind, "", whole=True, path="/login")
    assert (found.mechanism, found.username, found.secret) == ("password", "admin", Secret("admin"))
    assert found.scheme.endswith("-base64")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"username=YW5uYQ%3D%3D&password=b3BlbiBzZXNhbWU%3D"),
        ("application/json", b'{"username":"YW5uYQ==","password":"b3BlbiBzZXNhbWU="}'),
    ],
)
def test_a_login_in_base64_is_what_it_was_before(kind: str, body: bytes) -> None:
    scheme = "json" if kind.endswith("json") else "form"
    assert list(body_credentials(body, kind, "", whole=True, path="/login")) == [
        Credential("password", "anna", Secret("open sesame"), f"{scheme}-base64", name="password")
    ]


def test_a_password_that_only_looks_like_base64_stays_as_it_is() -> None:
    found = list(body_credentials(b"username=anna&password=c2VjcmV0MTIz", None, "", whole=True, path="/login"))
    assert [(c.username, c.secret, c.scheme) for c in found] == [("anna", Secret("c2VjcmV0MTIz"), "form")]


@pytest.mark.parametrize("value", ["ab!d", "a b=", "====", "YWI-", "äöüß"])
def test_what_is_no_base64_at_all(value: str) -> None:
    assert decoded(value) is None


@pytest.mark.parametrize(("text", "fine"), [("abc", True), ("a\x01c", False)])
def test_what_is_decoded(text: str, fine: bool) -> None:
    assert decoded(b64(text)) == (text if fine else None)


@pytest.mark.parametrize(("value", "alone"), [("123", True), ("1234", False), ("../x", True), ("geheim", False)])
def test_what_is_no_password_without_a_user(value: str, alone: bool) -> None:
    assert is_no_password_alone(value) is alone


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", None), ("YWI", None), ("YWI=", "ab"), ("YWJj", "abc"), ("YWJjZA==", "abcd"), ("YWJjZ", None),
        ("YQ==", "a"),
        (b64("a" * 256), "a" * 256), (b64("a" * 257), None), ("////", None), ("YW\u00e4=", None),
    ],
)  # fmt: skip
def test_what_is_the_base64_of_readable_text(value: str, text: str | None) -> None:
    """Up to 256 characters of it, in fours of base64 (RFC 4648 4)."""
    assert decoded(value) == text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b64("anna:sesame"), ("anna", "sesame")), ("Basic " + b64("anna:sesame"), ("anna", "sesame")),
        ("basic " + b64("a.b@c-d+e:%&/()"), ("a.b@c-d+e", "%&/()")), ("Bearer " + b64("anna:sesame"), None),
        ("anna:sesame", None), (b64("anna"), None), (b64("anna:"), None), (b64(":sesame"), None),
        (b64("an na:sesame"), None),
        (b64("anna:ses ame"), None), (b64("anna:ses:ame"), None), ("", None),
        (b64("u" * 64 + ":" + "p" * 128), ("u" * 64, "p" * 128)), (b64("u" * 65 + ":p"), None),
        (b64("u:" + "p" * 129), None),
    ],
)  # fmt: skip
def test_user_and_password_in_one_base64(value: str, found: tuple[str, str] | None) -> None:
    assert joined(value) == found


@pytest.mark.parametrize(
    ("value", "others", "none"),
    [
        # A number is a size beside another number of a size's name alone.
        ("640", [("w", "480")], True), ("640", [("ph", "480")], True), ("640", [("w", "wide")], False),
        ("640", [("user", "480")], False), ("640", [], False), ("sesame", [("w", "480")], False),
        # A directory is one beside a command.
        ("/root", [("cmd", "ls")], True), ("~/x", [("path", "x")], True), ("/root", [("user", "anna")], False),
        ("root", [("cmd", "ls")], False),
        ("/root", [], False),
    ],
)  # fmt: skip
def test_what_stands_beside_makes_it_a_size_or_a_directory(
    value: str, others: list[tuple[str, str]], none: bool
) -> None:
    assert is_size_or_directory("pw", value, [("pw", value), *others]) is none
