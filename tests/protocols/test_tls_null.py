"""TLS with NULL suites: what RFC 5246 §6.2.3.1 leaves readable."""

from __future__ import annotations

import pytest

from sensor.events import Content, Inner, Upgrade
from sensor.model import Protection
from sensor.protocols.tls_null import CONTENT_LIMIT, PROTOCOL, TlsNull
from tests.conversation import C, Run, S, converse
from tests.protocols import tls_bytes as make

REQUEST = b"GET /status HTTP/1.1\r\nHost: meter.example\r\n\r\n"


def finished(mac: int, size: int = 12) -> bytes:
    return make.record(22, make.handshake(20, b"v" * size) + b"M" * mac)


def data(text: bytes, mac: int) -> bytes:
    return make.record(23, text + b"M" * mac)


@pytest.mark.parametrize(("mac", "verify"), [(16, 12), (20, 12), (32, 12), (20, 36)])
def test_http_comes_out_without_its_mac(mac: int, verify: int) -> None:
    script = [
        (C, make.CHANGE + finished(mac, verify)),
        (S, make.CHANGE + finished(mac, verify)),
        (C, data(REQUEST[:10], mac)[:3]),
        (C, data(REQUEST[:10], mac)[3:]),
        (C, data(REQUEST[10:], mac)),
        (S, data(b"HTTP/1.1 204 No Content\r\n\r\n", mac)),
    ]
    # The request line is whole in the first record of a real client; one cut in it is read as plain content.
    assert {type(item) for item in converse(TlsNull, script)} == {Content}
    whole = [*script[:2], (C, data(REQUEST, mac)), script[-1]]
    assert converse(TlsNull, whole) == [Inner(REQUEST, "http", C), Inner(b"HTTP/1.1 204 No Content\r\n\r\n", "http", S)]


def test_what_is_not_http_is_content_up_to_a_bound() -> None:
    run = Run(TlsNull(None))
    run.feed(C, finished(20))
    for _ in range(8):
        run.feed(S, data(b"t" * 16000, 20))
    contents = [item for item in run.close() if isinstance(item, Content)]
    assert sum(len(item.data) for item in contents) == CONTENT_LIMIT
    assert {item.side for item in contents} == {S}


def test_what_follows_without_records_is_something_else() -> None:
    run = Run(TlsNull(None))
    run.feed(C, finished(20) + data(b"0", 20))
    run.feed(S, b"plain text from here on\r\n")
    assert run.parsed == [Content(side=C, name="payload", data=b"0"), Upgrade(None)]
    assert run.parser.pending(S) == b"plain text from here on\r\n"


def test_it_is_readable() -> None:
    assert PROTOCOL.protection is Protection.CLEARTEXT and PROTOCOL.recognise is None


def test_without_the_handshake_s_end_nobody_knows_how_long_the_mac_is() -> None:
    """Data before it is not given on: the last bytes of it would be the check value."""
    run = Run(TlsNull())
    run.feed(C, data(REQUEST, 20))
    assert run.close() == []


def test_what_the_first_data_was_decides_for_the_connection() -> None:
    run = Run(TlsNull())
    for side in (C, S):
        run.feed(side, finished(20))
    run.feed(C, data(b"plain words", 20))
    run.feed(C, data(REQUEST, 20))
    assert [type(item).__name__ for item in run.close()] == ["Content", "Content"]
