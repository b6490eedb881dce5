"""Start lines, fields and media types as RFC 9112 writes them and as devices do."""

from __future__ import annotations

import pytest

from sensor.parsing.formats import http_headers
from sensor.parsing.formats.http_headers import (
    KNOWN_LINES,
    LINE_LIMIT,
    MAX_FIELDS,
    RequestLine,
    StatusLine,
    head_end,
    media_type,
    parse_head,
    request_line,
    status_line,
    unquote,
)


@pytest.mark.parametrize(
    ("line", "want"),
    [
        (b"GET /a?b HTTP/1.1", RequestLine("GET", b"/a?b", "HTTP", (1, 1))),
        (b"PUT /a\tb HTTP/1.0", RequestLine("PUT", b"/a\tb", "HTTP", (1, 0))),
        (b"GET \x0b/a HTTP/1.1", None),
        (b"GET /a HTTP/1.1 HTTP/1.1", RequestLine("GET", b"/a HTTP/1.1", "HTTP", (1, 1))),
        (b"GET  HTTP/1.1", None),
        (b"GET  /two words  HTTP/1.0 ", RequestLine("GET", b"/two words", "HTTP", (1, 0))),
        (b"DESCRIBE rtsp://cam.example/1 RTSP/1.0", RequestLine("DESCRIBE", b"rtsp://cam.example/1", "RTSP", (1, 0))),
        (b"M-SEARCH * HTTP/1.1", RequestLine("M-SEARCH", b"*", "HTTP", (1, 1))),
        (b"GET /", None),
        (b"HTTP/1.1 200 OK", None),
        (b"G\x00T / HTTP/1.1", None),
    ],
)
def test_request_lines(line: bytes, want: RequestLine | None) -> None:
    assert request_line(line) == want


@pytest.mark.parametrize(
    ("line", "want"),
    [
        (b"HTTP/1.1 200 OK", StatusLine("HTTP", (1, 1), 200)),
        (b"HTTP/1.0 404", StatusLine("HTTP", (1, 0), 404)),
        (b"SIP/2.0 180 Ringing\xff", StatusLine("SIP", (2, 0), 180)),
        (b"ICY 200 OK", StatusLine("ICY", (1, 0), 200)),
        (b"FTP 200 OK", None),
        (b"HTTP/1.1 2000", None),
    ],
)
def test_status_lines(line: bytes, want: StatusLine | None) -> None:
    assert status_line(line) == want


def test_fields_are_folded_repeated_and_without_case() -> None:
    line, fields = parse_head(b"GET / HTTP/1.1\r\nX-A: one,\r\n\t two\r\nx-a:three\nBroken line\r\nEmpty:\r\n\r\n")
    assert line == b"GET / HTTP/1.1"
    assert fields.all("x-a") == [b"one, two", b"three"]
    assert fields.tokens("x-a") == ["one", "two", "three"]
    assert (fields.get("empty"), fields.get("absent")) == (None, None)


def test_a_known_line_means_the_same_in_each_place() -> None:
    for _ in range(2):
        assert parse_head(b"GET / HTTP/1.1\r\n Host: a\r\nHost: b\n\n")[1].items == [("host", b"a"), ("host", b"b")]
        folded = parse_head(b"GET / HTTP/1.1\r\nHost: b\n Host: a\r\n\n")[1]
        assert folded.items == [("host", b"b Host: a")]


def test_no_secret_is_remembered_of_lines_and_no_more_lines_than_the_bound() -> None:
    for name in ("Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Location", "Referer", "HNAP_AUTH"):
        parse_head(f"GET / HTTP/1.1\r\n{name}: PLANTED-IN-A-LINE\r\nAccept: */*\r\n\r\n".encode())
    assert b"Accept: */*\r" in http_headers._lines
    for number in range(3 * KNOWN_LINES):
        parse_head(b"GET / HTTP/1.1\r\nHost: %d\r\nVia: %b\r\n\r\n" % (number, b"v" * 10_000))
        assert len(http_headers._lines) <= KNOWN_LINES
        assert not any(b"PLANTED" in line or len(line) > LINE_LIMIT for line in http_headers._lines)


def test_fields_are_bounded() -> None:
    _, fields = parse_head(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n")
    assert len(fields.items) == MAX_FIELDS


@pytest.mark.parametrize(
    ("data", "end"), [(b"a\r\n\r\nb", 5), (b"a\n\nb", 3), (b"a\n\r\nb\n\n", 4), (b"a\r\n\r", None)]
)
def test_where_a_block_ends(data: bytes, end: int | None) -> None:
    assert head_end(data) == end


def test_media_types() -> None:
    assert media_type('Text/HTML; Charset="utf-8"; boundary=a=b') == (
        "text/html",
        {"charset": "utf-8", "boundary": "a=b"},
    )
    assert media_type(None) == (None, {})
    assert media_type(";x") == (None, {})


@pytest.mark.parametrize(
    ("value", "plus", "plain"),
    [
        ("a+b", True, "a b"), ("a+b", False, "a+b"), ("a%2Bb", True, "a+b"), ("a%20b+c", True, "a b c"),
        ("a%20b+c", False, "a b+c"), ("100%", True, "100%"), ("%zz+", True, "%zz "), ("\u00fc+", True, "\u00fc "),
    ],
)  # fmt: skip
def test_blanks_are_written_as_pluses_in_forms_alone(value: str, plus: bool, plain: str) -> None:
    assert unquote(value, plus=plus) == plain


@pytest.mark.parametrize(
    ("block", "end"),
    [(b"a\r\n\r\nb\n\n", 5), (b"a\n\nb\r\n\r\n", 3), (b"\n\n", 2), (b"\n\r\n", 3), (b"a\r\n", None), (b"", None)],
)
def test_a_head_ends_at_the_first_empty_line(block: bytes, end: int | None) -> None:
    assert head_end(block) == end
