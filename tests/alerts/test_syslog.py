"""Syslog messages as RFC 5424 has them, over UDP, TCP and TLS, to a collector of the test's own."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sensor.alerts.sender import Undelivered
from sensor.alerts.spool import QueuedMessage
from sensor.alerts.syslog import LONGEST_DATAGRAM, SyslogChannel, message_of
from sensor.settings.keys import SyslogSettings as Settings
from tests.alerts.certificate import own_certificate

ALERT: dict[str, Any] = {
    "record": "alert", "kind": "finding", "severity": "high", "time": "2026-05-01T10:00:00.000000Z",
    "title": "Porch", "text": "sends \"a\" password", "device": "02:00:5e:00:53:01", "name": 'a"b]c\\d',
    "rule": "credential.cleartext", "capability": None, "status": None, "finding": "f1", "count": 1,
}  # fmt: skip
MESSAGE = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<time>\S+) (?P<host>[!-~]{1,255}) lanwitness (?P<pid>\d+) (?P<kind>[!-~]{1,32}) "
    r'\[lanwitness@32473(?P<data>(?: [a-z]+="(?:[^"\\\]]|\\["\\\]])*")*)\] \ufeff(?P<text>.*)'
)


def queued(**more: Any) -> QueuedMessage:
    return QueuedMessage("a" * 32, 0.0, 0.0, {**ALERT, **more}, "syslog")


def read(content: bytes) -> dict[str, str]:
    found = MESSAGE.fullmatch(content.decode())
    assert found, content
    return found.groupdict()


def test_a_message_has_the_rfcs_form() -> None:
    made = read(message_of(ALERT, 16, "sensor"))
    assert (made["pri"], made["time"], made["host"], made["kind"]) == ("131", ALERT["time"], "sensor", "finding")
    assert made["text"] == 'Porch: sends "a" password'
    assert ' name="a\\"b\\]c\\\\d"' in made["data"] and "capability" not in made["data"]


@pytest.mark.parametrize(("severity", "number"), [("critical", 2), ("medium", 4), ("low", 5), ("info", 6), ("?", 6)])
def test_severities(severity: str, number: int) -> None:
    assert read(message_of({**ALERT, "severity": severity}, 3, "-"))["pri"] == str(24 + number)


@contextmanager
def collector(context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A collector over TCP: its port, and what each connection sent."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def serve() -> None:
            try:
                plain, _ = server.accept()
                plain.settimeout(5)
                with plain, context.wrap_socket(plain, server_side=True) if context else plain as channel:
                    whole = b""
                    while piece := channel.recv(4096):
                        whole += piece
                    heard.append(whole)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        thread.join(5)


def test_over_tcp_each_message_is_counted() -> None:
    with collector() as (port, heard):
        SyslogChannel(Settings("127.0.0.1", port, "tcp")).deliver(queued())
    [whole] = heard
    length, _, content = whole.partition(b" ")
    assert int(length) == len(content) and f'id="{"a" * 32}"' in read(content)["data"]


def test_over_tls_only_to_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    pem = own_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with collector(context) as (port, heard):
        SyslogChannel(Settings("127.0.0.1", port, "tls", str(pem))).deliver(queued())
    assert heard and read(heard[0].partition(b" ")[2])["kind"] == "finding"
    with collector(context) as (port, heard), pytest.raises(Undelivered, match="cannot be trusted"):
        SyslogChannel(Settings("127.0.0.1", port, "tls")).deliver(queued())
    assert heard == []


def test_over_udp_a_long_message_is_cut_at_a_character() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        SyslogChannel(Settings("127.0.0.1", receiver.getsockname()[1], "udp")).deliver(queued(text="ü" * 4000))
        content = receiver.recv(65535)
    assert LONGEST_DATAGRAM - 1 <= len(content) <= LONGEST_DATAGRAM and read(content)["text"].endswith("ü")


def test_a_collector_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Undelivered, match="cannot be reached"):
        SyslogChannel(Settings("127.0.0.1", port, "tcp"), patience=0.5).deliver(queued())


def test_certificates_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no certificates can be read there"):
        SyslogChannel(Settings("localhost", 1, "tls", str(tmp_path / "none.pem")))
