"""The server: over TLS and without, several sockets, a peer that says nothing, one that sends too much."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from dashboard import deadlines
from dashboard.auth.certificate import Pair, own
from dashboard.server import HEADER, DashboardServer, TlsAdapter
from sensor.cli.serve import listening


def application(environ: dict[str, Any], start: Any) -> list[bytes]:
    received = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    body = f"{environ['wsgi.url_scheme']} {len(received)}".encode()
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


@contextmanager
def serving(app: Any, tls: TlsAdapter | None = None, largest: int = 1000) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = DashboardServer(app, listening(port, ("127.0.0.1",)), tls, largest)
    server.start()
    try:
        yield port
    finally:
        server.stop()


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return own(tmp_path, ["127.0.0.1"])


def over_tls(port: int, pair: Pair) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=str(pair.certificate))
    return http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)


def test_tls_with_its_own_certificate(pair: Pair) -> None:
    with serving(application, TlsAdapter(pair.certificate, pair.key)) as port:
        connection = over_tls(port, pair)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"https 0")
        assert connection.sock is not None and connection.sock.version() in ("TLSv1.2", "TLSv1.3")
        connection.close()


def test_a_peer_that_never_shakes_hands_keeps_nobody_waiting(pair: Pair) -> None:
    with serving(application, TlsAdapter(pair.certificate, pair.key)) as port:
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(10)]
        began = time.monotonic()
        connection = over_tls(port, pair)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"https 0"
        assert time.monotonic() - began < 8
        for one in [*silent, connection]:
            one.close()


def test_plain_http_to_a_tls_port_gets_no_page(pair: Pair, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(application, TlsAdapter(pair.certificate, pair.key)) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
            one.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200" not in one.recv(100)
        connection = over_tls(port, pair)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
    assert "Traceback" not in capfd.readouterr().err


def test_old_versions_of_tls_are_refused(pair: Pair) -> None:
    assert TlsAdapter(pair.certificate, pair.key).context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_body_or_header_that_is_too_large() -> None:
    with serving(application, largest=1000) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/", body=b"x" * 1000)
        assert connection.getresponse().read() == b"http 1000"
        connection.request("POST", "/", body=b"x" * 1001)
        assert connection.getresponse().status == 413
        connection.close()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/", headers={"X": "y" * HEADER})
        assert connection.getresponse().status in (400, 413, 431)
        connection.close()


def test_a_bug_is_a_line_that_repeats_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    def broken(environ: dict[str, Any], start: Any) -> list[bytes]:
        raise ValueError("hunter2")

    with serving(broken) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.status == 500 and b"hunter2" not in answer.read()
        connection.close()
    log = capfd.readouterr().err
    assert "ValueError" in log and "hunter2" not in log and "Traceback" not in log


def test_a_part_arrives_while_more_is_to_come() -> None:
    go = threading.Event()

    def slow(environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        start("200 OK", [("Content-Type", "text/event-stream")])
        yield b"data: one\n\n"
        go.wait(10)
        yield b"data: two\n\n"

    with serving(slow) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.read1(100) == b"data: one\n\n"
        go.set()
        assert answer.read() == b"data: two\n\n"
        connection.close()


def health(port: int) -> tuple[int, float]:
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, time.monotonic() - began


def test_headers_that_drip_keep_no_thread() -> None:
    """Thirty connections from one address, one byte every half second: the server has 24 threads."""
    with serving(application) as port, dripping(port, 30, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "):
        for _ in range(2):
            assert health(port)[0] == 200 and health(port)[1] < 3


def test_bodies_that_drip_keep_no_thread_of_the_health_check() -> None:
    def reading(environ: dict[str, Any], start: Any) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            environ["wsgi.input"].read(60)
        start("200 OK", [("Content-Length", "0")])
        return []

    head = b"POST /log-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\n\r\n"
    with serving(reading) as port, dripping(port, 30, head):
        assert health(port)[0] == 200 and health(port)[1] < 3


def test_a_header_that_never_ends_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "HEADER", 1.0)
    with serving(application) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as one:
        one.sendall(b"GET / HTTP/1.1\r\nX-A: ")
        began = time.monotonic()
        while time.monotonic() - began < 8:
            try:
                one.sendall(b"a")
                one.settimeout(0.2)
                if one.recv(1000) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert 0.5 < time.monotonic() - began < 5


def test_an_answer_may_take_longer_than_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """A live stream is no incomplete request."""
    monkeypatch.setattr(deadlines, "HEADER", 0.5)
    monkeypatch.setattr(deadlines, "BODY", 0.5)

    def late(environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        environ["wsgi.input"].read(3)
        start("200 OK", [("Content-Type", "text/event-stream")])
        time.sleep(1.5)
        yield b"data: one\n\n"

    with serving(late) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        for method, body in (("GET", None), ("POST", b"abc")):
            connection.request(method, "/", body=body)
            assert connection.getresponse().read() == b"data: one\n\n"
        connection.close()


@contextmanager
def dripping(port: int, count: int, head: bytes) -> Iterator[None]:
    """Connections that send a head and then one byte every half second."""
    sockets = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(count)]
    for one in sockets:
        one.sendall(head)
    ended = threading.Event()

    def drip() -> None:
        while not ended.wait(0.5):
            for one in sockets:
                with suppress(OSError):
                    one.sendall(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        ended.set()
        thread.join()
        for one in sockets:
            one.close()
