"""The webhook against a real server on loopback: signed, never redirected, never proxied, its failures in words."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any

import pytest

from sensor.alerts.sender import Undelivered
from sensor.alerts.spool import QueuedMessage
from sensor.alerts.webhook import WebhookChannel, _after, key_of, signature
from sensor.settings.keys import WebhookSettings as Settings
from tests.alerts.certificate import own_certificate

MESSAGE = QueuedMessage("ab" * 16, 0.0, 0.0, {"record": "alert", "title": "é"}, "file")


class Server:
    """Answers with ``status`` and ``headers``; keeps what came."""

    def __init__(self) -> None:
        self.status, self.headers = 204, dict[str, str]()
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/hook?a=b"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.close()


@pytest.fixture
def hook(server: Server) -> Callable[..., WebhookChannel]:
    return lambda secret="Sesame": WebhookChannel(
        Settings(server.url), secret, clock=lambda: 1_777_629_600.7, patience=5.0
    )


def test_the_signature_is_that_of_the_standard() -> None:
    # The example of the Standard Webhooks reference implementations.
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_keys() -> None:
    assert key_of("plain words\n") == b"plain words"
    assert key_of("whsec_not base64!") == b"whsec_not base64!"


def test_what_arrives(server: Server, hook: Callable[..., WebhookChannel]) -> None:
    hook().deliver(MESSAGE)
    [(path, headers, body)] = server.got
    assert path == "/hook?a=b"
    assert json.loads(body) == {"id": "ab" * 16, "record": "alert", "title": "é"}
    assert headers["content-type"] == "application/json"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("ab" * 16, "1777629600")
    assert headers["webhook-signature"] == signature(b"Sesame", "ab" * 16, 1777629600, body)
    assert "Sesame" not in repr(server.got)


def test_unsigned_without_a_secret(server: Server, hook: Callable[..., WebhookChannel]) -> None:
    hook(None).deliver(MESSAGE)
    assert "webhook-signature" not in server.got[0][1]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(server: Server, hook: Callable[..., WebhookChannel], status: int) -> None:
    server.status, server.headers = status, {"Location": "/elsewhere"}
    with pytest.raises(Undelivered, match=f"^the address answers {status}$"):
        hook().deliver(MESSAGE)
    assert [path for path, _, _ in server.got] == ["/hook?a=b"]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/plain,x", "gopher://127.0.0.1/"])
def test_no_other_scheme_is_opened(url: str) -> None:
    """The settings take http and https alone; the channel itself opens nothing else either."""
    with pytest.raises(Undelivered):
        WebhookChannel(Settings(url), None).deliver(MESSAGE)


def test_no_proxy_of_the_environment_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Server()
    try:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, other.url)
        monkeypatch.delenv("no_proxy", raising=False)
        WebhookChannel(Settings(server.url), None).deliver(MESSAGE)
        assert len(server.got) == 1 and not other.got
    finally:
        other.close()


@pytest.mark.parametrize(
    ("status", "headers", "after"),
    [
        (500, {}, None),
        (401, {}, None),
        (429, {"Retry-After": "120"}, 120.0),
        (503, {"Retry-After": "Fri, 31 Dec 1999"}, None),
        (503, {"Retry-After": "9" * 30}, None),
    ],
)
def test_a_refusal_is_a_failure(
    server: Server, hook: Callable[..., WebhookChannel], status: int, headers: dict[str, str], after: float | None
) -> None:
    server.status, server.headers = status, headers
    with pytest.raises(Undelivered) as raised:
        hook().deliver(MESSAGE)
    assert str(raised.value) == f"the address answers {status}" and raised.value.after == after


def test_nobody_there(server: Server, hook: Callable[..., WebhookChannel]) -> None:
    server.close()
    with pytest.raises(Undelivered, match=r"^it cannot be reached \(connection refused\)$"):
        hook().deliver(MESSAGE)


def raw_answer(answer: bytes) -> tuple[str, threading.Thread]:
    """A server of one answer, whatever it is."""
    import socket

    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with listening:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    thread = threading.Thread(target=run)
    thread.start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}/", thread


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\n" + b"a" * 70000 + b"\r\n\r\n"]
)
def test_an_answer_that_is_none(answer: bytes) -> None:
    url, thread = raw_answer(answer)
    with pytest.raises(Undelivered) as raised:
        WebhookChannel(Settings(url), None, patience=5.0).deliver(MESSAGE)
    thread.join()
    assert url not in str(raised.value) and "127.0.0.1" not in str(raised.value)


def test_a_silent_server_does_not_hold_us() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(Undelivered, match=r"^it does not answer in time$"):
            WebhookChannel(Settings(url), None, patience=0.2).deliver(MESSAGE)


def test_certificates_that_are_none(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match="no certificates can be read there"):
        WebhookChannel(Settings("https://home.example", ca_file=str(tmp_path / "none.pem")), None)


def test_https_wants_a_trusted_certificate(tmp_path: Any) -> None:
    """A server with a certificate of its own is refused, and taken once it is named."""
    import ssl

    pem = own_certificate(tmp_path)
    server = Server()
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
        server.http.handle_error = lambda *_: None  # type: ignore[method-assign]
        url = server.url.replace("http:", "https:")
        with pytest.raises(Undelivered, match=r"^its certificate is not trusted"):
            WebhookChannel(Settings(url), None, patience=5.0).deliver(MESSAGE)
        WebhookChannel(Settings(url, ca_file=str(pem)), None, patience=5.0).deliver(MESSAGE)
        assert len(server.got) == 1
    finally:
        server.close()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0), ("0", 0.0), ("999999", 999999.0), ("1000000", None), ("-1", None), ("1.5", None), ("", None),
        ("\u00b2", None), ("\u0663", None), ("Fri, 01 May 2026 10:00:00 GMT", None), (None, None),
    ],
)  # fmt: skip
def test_how_long_a_server_asks_to_wait(value: str | None, seconds: float | None) -> None:
    """Seconds in ASCII digits (RFC 9110 10.2.3), of which eleven days are the most."""
    headers = Message()
    if value is not None:
        headers["Retry-After"] = value
    assert _after(headers) == seconds and _after(None) is None
