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


def asked(guard: Guard, **environ: str) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body of a request to `localhost` over HTTP."""
    answers: list[tuple[str, list[tuple[str, str]]]] = []
    given = {"HTTP_HOST": "localhost", "wsgi.url_scheme": "http", "REQUEST_METHOD": "GET", **environ}
    body = b"".join(guard(given, lambda status, headers, *_: answers.append((status, headers))))
    ((status, headers),) = answers
    return status, headers, body


def inside(environ: object, start: object) -> list[bytes]:
    start("200 OK", [("Content-Type", "text/plain"), ("cache-control", "private")])  # type: ignore[operator]
    return [b"in"]


@pytest.mark.parametrize(
    ("host", "named", "numbered"),
    [
        ("box.example", True, True), ("box.example.", True, True), ("BOX.EXAMPLE:8443", True, True),
        ("box.example:", False, False), ("box.example:123456", False, False), ("box.example:8x", False, False),
        ("box.example.evil.example", False, False), ("xbox.example", False, False), ("box.example@evil", False, False),
        ("box.example\n", False, False),
        (" box.example", False, False), ("", False, False), ("localhost", False, False),
        ("192.0.2.7", False, True), ("192.0.2.7:65535", False, True), ("192.0.2", False, False),
        ("192.0.2.7.example", False, False), ("[2001:db8::7]", False, True), ("[2001:db8::7]:8443", False, True),
        ("[2001:db8::7", False, False), ("2001:db8::7", False, False), ("[2001:db8::g]", False, False),
        ("[]", False, False), ("[::]", False, True), ("a" * 253, False, False), ("a" * 254, False, False),
    ],
)  # fmt: skip
def test_whose_names_are_let_in(host: str, named: bool, numbered: bool) -> None:
    """RFC 9110 7.2. An address is nobody's name (DNS rebinding), but it counts only beyond this machine."""
    for addresses, fine in ((False, named), (True, numbered)):
        guard = Guard(inside, hosts=["Box.Example."], addresses=addresses)
        status, _, body = asked(guard, HTTP_HOST=host)
        assert (status[:3], body == b"in") == (("200", True) if fine else ("403", False))


def test_a_request_without_a_host_is_refused() -> None:
    guard, answers = Guard(inside), []
    environ = {"wsgi.url_scheme": "http", "REQUEST_METHOD": "GET"}
    assert guard(environ, lambda status, *_: answers.append(status)) != [b"in"]  # type: ignore[arg-type, func-returns-value]
    assert answers == ["403 Forbidden"]


@pytest.mark.parametrize(("length", "fine"), [(252, True), (253, True), (254, False)])
def test_a_name_has_253_characters_at_most(length: int, fine: bool) -> None:
    """RFC 1035 2.3.4: 255 octets on the wire."""
    name = "a" * length
    assert (asked(Guard(inside, hosts=[name]), HTTP_HOST=name)[0] == "200 OK") is fine


@pytest.mark.parametrize("changing", [False, True])
@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"]
)
def test_methods(method: str, changing: bool) -> None:
    status, headers, body = asked(Guard(inside, changing=changing), REQUEST_METHOD=method)
    if method in ("GET", "HEAD") or (method == "POST" and changing):
        assert (status, body) == ("200 OK", b"in")
        return
    # RFC 9110 15.5.6: the answer names what is allowed.
    assert status == "405 Method Not Allowed"
    assert dict(headers)["Allow"] == ("GET, HEAD, POST" if changing else "GET, HEAD")
    assert dict(headers)["Content-Length"] == str(len(body)) and body.endswith(b" work here.\n")


@pytest.mark.parametrize("lasting", [False, True])
@pytest.mark.parametrize("environ", [{}, {"HTTP_HOST": "evil.example"}, {"REQUEST_METHOD": "PUT"}])
def test_each_header_once_also_of_a_refusal(environ: dict[str, str], lasting: bool) -> None:
    status, headers, _ = asked(Guard(inside, lasting=lasting), **environ)
    names = [name.lower() for name, _ in headers]
    assert len(names) == len(set(names))
    needed = {
        "content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy", "cache-control",
        "cross-origin-opener-policy", "cross-origin-resource-policy", "permissions-policy", "content-type",
    }  # fmt: skip
    assert needed <= set(names) and ("strict-transport-security" in names) is lasting
    found = {name.lower(): value for name, value in headers}
    assert found["cache-control"] == ("private" if status == "200 OK" else "no-store")
    assert found["x-frame-options"] == "DENY" and found.get("strict-transport-security") in (None, "max-age=31536000")


@pytest.mark.parametrize(
    ("origin", "scheme", "allowed"),
    [
        ("http://localhost:8080", "http", True), ("https://localhost:8080", "https", True),
        ("http://localhost:8080", "https", False), ("https://localhost:8080", "http", False),
        ("http://localhost", "http", False), ("http://localhost:80801", "http", False), ("null", "http", False),
        ("http://localhost:8080/", "http", False),
    ],
)  # fmt: skip
def test_the_origin_of_a_form_is_scheme_host_and_port(origin: str, scheme: str, allowed: bool) -> None:
    """RFC 6454 4."""
    status, _, body = asked(
        Guard(inside, changing=True), REQUEST_METHOD="POST", HTTP_HOST="localhost:8080", HTTP_ORIGIN=origin,
        **{"wsgi.url_scheme": scheme},
    )  # fmt: skip
    assert (status[:3], body == b"in") == (("200", True) if allowed else ("403", False))
