"""Bodies: bounds, codings, forms of RFC 7578, titles."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard

from sensor.events import DATA_LIMIT
from sensor.parsing.formats.http_body import MAX_PARTS, MEDIA_LIMIT, Body, decode, multipart, title


def test_a_body_keeps_its_beginning_and_counts_the_rest() -> None:
    body = Body(0, "image/jpeg")
    body.add(b"x" * MEDIA_LIMIT)
    body.add(b"y")
    body.passed(10)
    assert (len(body.data), body.size, body.full) == (MEDIA_LIMIT, MEDIA_LIMIT + 11, True)


def test_what_follows_a_hole_is_not_stored() -> None:
    body = Body(0, None)
    body.add(b"before")
    body.lose(4)
    body.add(b"after")
    assert (bytes(body.data), body.size, body.lost) == (b"before", 15, 4)


def test_codings_are_undone_last_first_and_only_so_many() -> None:
    twice = brotli.compress(gzip.compress(b"plain text"))
    assert decode(twice, ["gzip", "br"]).data == b"plain text"
    assert decode(zstandard.compress(b"plain text"), ["zstd"]).data == b"plain text"
    assert decode(b"no gzip", ["gzip"]).data == b"no gzip"
    assert decode(b"unknown", ["sdch"]).data == b"unknown"
    onion = b"core"
    for _ in range(5):
        onion = gzip.compress(onion)
    assert decode(onion, ["gzip"] * 5).data == gzip.compress(gzip.compress(b"core"))


def test_a_body_cut_short_gives_what_decodes() -> None:
    text = bytes(range(256)) * 40
    assert text.startswith(decode(zlib.compress(text)[:-20], ["deflate"]).data)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_no_coding_grows_past_the_bound(coding: str) -> None:
    plain = bytes(32 * 1024 * 1024)
    packed = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}[
        coding
    ](plain)
    decoded = decode(packed, [coding])
    assert (len(decoded.data), decoded.bomb) == (DATA_LIMIT, len(packed) * 200 < DATA_LIMIT)


def test_multipart_fields_that_are_no_files() -> None:
    body = (
        b'preamble\r\n--b\r\nContent-Disposition: form-data; name="user"\r\n\r\nanna\r\n'
        b'--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\nContent-Type: a/b\r\n\r\npassword=1\r\n'
        b'--b\r\nContent-Disposition: form-data; name="pass"\r\n\r\n\xc3\xa4\r\n--b--\r\n'
    )
    assert multipart(body, "b") == [("user", "anna"), ("pass", "ä")]
    assert multipart(body, "") == []
    assert len(multipart(b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nv\r\n' * 500, "b")) == MAX_PARTS


@pytest.mark.parametrize(
    ("page", "charset", "want"),
    [
        (b"<html><TITLE lang=en>\n A  B\n</title>", None, "A B"),
        (b"<title>Caf\xe9</title>", "iso-8859-1", "Café"),
        (b"<title>Caf\xe9</title>", "unicode_escape", "Caf\\xe9"),
        (b"<title></title>", None, None),
        (b"no title", None, None),
    ],
)
def test_titles(page: bytes, charset: str | None, want: str | None) -> None:
    assert title(page, charset) == want
