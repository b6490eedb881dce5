"""The guard before every route: host names, methods, origins, and the headers of every answer."""

from pathlib import Path

import pytest

from dashboard.app import create_app
from dashboard.auth.guard import Guard
from tests.dashboard.site import site, store

HOSTILE = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "[::1",
    "",
    "localhost:80:80",
    "192.0.2.7",
    "localhost/",
    "loca\tlhost",
]


@pytest.mark.parametrize("host", HOSTILE)
def test_another_name_is_refused_before_anything_else(tmp_path: Path, host: str) -> None:
    client = create_app(str(store(tmp_path))).test_client()
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 403 and host not in answer.text.split() and "Devices" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "LOCALHOST.", "[::1]"])
def test_names_of_this_machine(tmp_path: Path, host: str) -> None:
    assert create_app(str(store(tmp_path))).test_client().get("/", headers={"Host": host}).status_code == 200


def test_beyond_this_machine_addresses_and_given_names_are_its_names(tmp_path: Path) -> None:
    client = site(tmp_path, beyond=True, hosts=frozenset({"localhost", "box.local"})).client
    for host, code in (
        ("192.0.2.7:8443", 303),
        ("[2001:db8::7]", 303),
        ("box.local", 303),
        ("evil.example", 403),
        ("box.local.evil.example", 403),
    ):
        assert client.get("/", headers={"Host": host}).status_code == code


@pytest.mark.parametrize("path", ["/", "/style.css", "/nothing", "/healthz", "/api/v1/runs", "/dashboard.js"])
def test_every_answer_is_strict(tmp_path: Path, path: str) -> None:
    answer = create_app(str(store(tmp_path))).test_client().get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "http" not in policy
    assert "script-src 'self'" in policy and "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] in ("no-store", "no-cache")
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in answer.headers


def test_strict_transport_only_with_a_certificate_that_browsers_trust(tmp_path: Path) -> None:
    assert (
        "max-age" in site(tmp_path, tls=True, trusted=True).client.get("/healthz").headers["Strict-Transport-Security"]
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_without_keeping_nothing_can_be_changed(tmp_path: Path, method: str) -> None:
    assert create_app(str(store(tmp_path))).test_client().open("/", method=method).status_code == 405


def test_a_form_of_another_site_is_refused(tmp_path: Path) -> None:
    one = site(tmp_path)
    client = one.log_in()
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Origin": "https://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = client.post("/log-out", headers=headers)
        assert answer.status_code == 403 and "another site" in answer.text
    assert client.get("/people").status_code == 200


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "HTTP://LOCALHOST"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        # The origin counts where both are sent.
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, True),
        ({"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Origin": ""}, False),
    ],
)
def test_whose_forms_are_let_in(headers: dict[str, str], allowed: bool) -> None:
    """By the headers of browsers (Fetch 3.1, Fetch metadata); a program sends none, and reading needs none."""
    environ = {"HTTP_HOST": "localhost", "wsgi.url_scheme": "http", "REQUEST_METHOD": "POST"}
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    answers: list[str] = []
    guard = Guard(lambda environ, start: [b"in"], changing=True)
    assert (guard(environ, lambda status, *more: answers.append(status)) == [b"in"]) is allowed
    assert guard({**environ, "REQUEST_METHOD": "GET"}, lambda *_: None) == [b"in"]
    assert [status[:3] for status in answers] == ([] if allowed else ["403"])
