"""Google's QUIC before TLS by its "QUIC Crypto" document: versions in both headers, tags, bounds."""

from __future__ import annotations

import pytest

from sensor.protocols.quic.gquic import SEARCH, TAGS_LIMIT, client_hello, message, version_of

Q043 = int.from_bytes(b"Q043", "big")
ID = b"\x11" * 8


def chlo(*tags: tuple[bytes, bytes], count: int | None = None) -> bytes:
    """A number of tags, the end of each value, the values."""
    at, table = 0, b""
    for tag, value in tags:
        at += len(value)
        table += tag + at.to_bytes(4, "little")
    number = len(tags) if count is None else count
    return b"CHLO" + number.to_bytes(2, "little") + b"\0\0" + table + b"".join(value for _, value in tags)


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (b"\x09" + ID + b"Q043", Q043),
        (b"\x0d" + ID + b"Q043", Q043),
        (b"\x08" + ID + b"Q043", None),  # without a version
        (b"\x01" + ID + b"Q043", None),  # without an id of eight bytes
        (b"\x89" + ID + b"Q043", None),
        (b"\x09" + ID + b"Q143", None),
        (b"\x09" + ID + b"R043", None),
        (b"\x09" + ID, None),
        (b"\xc0Q050rest", int.from_bytes(b"Q050", "big")),
        (b"\x80Q046", int.from_bytes(b"Q046", "big")),
        (b"\x7fQ046", None),
        (b"\xc0T050", None),
        (b"\xc0\0\0\0\x01", None),
        (b"", None),
    ],
)
def test_where_the_version_stands(data: bytes, version: int | None) -> None:
    assert version_of(data) == version


def test_a_name_among_the_tags() -> None:
    for tags in (
        [(b"SNI\0", b"cam.example")],
        [(b"PAD\0", b"-" * 40), (b"SNI\0", b"cam.example"), (b"VER\0", b"Q043")],
    ):
        found = message(chlo(*tags), Q043)
        assert found is not None and (found.server_name, found.version, found.ciphers) == ("cam.example", Q043, ())
    assert message(b"REJ\0" + chlo()[4:], Q043) is None
    assert message(b"", Q043) is None


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ([(b"PAD\0", b"x"), (b"SNI\0", b"")], None),
        ([(b"SNI\0", b"n" * 255)], "n" * 255),
        ([(b"SNI\0", b"n" * 256)], None),
        ([(b"SNI ", b"cam.example")], None),
        ([(b"PAD\0", b"x" * 300), (b"SNI\0", b"n" * 255)], "n" * 255),
        ([(b"SNI\0", b"\xffcam")], "\\xffcam"),
        ([], None),
    ],
)
def test_names_and_their_bounds(tags: list[tuple[bytes, bytes]], name: str | None) -> None:
    found = message(chlo(*tags), Q043)
    assert found is not None and found.server_name == name


def test_an_end_before_its_begin_is_no_name() -> None:
    table = b"PAD\0" + (9).to_bytes(4, "little") + b"SNI\0" + (4).to_bytes(4, "little")
    found = message(b"CHLO\2\0\0\0" + table + b"abcdefghi", Q043)
    assert found is not None and found.server_name is None


def test_a_table_that_is_cut_or_too_long() -> None:
    whole = chlo((b"SNI\0", b"cam.example"))
    for size in range(4, 16):
        assert message(whole[:size], Q043) is None
    assert message(whole[:20], Q043) is not None
    pads = [(b"PAD\0", b"")] * TAGS_LIMIT
    assert message(chlo(*pads), Q043) is not None
    assert message(chlo(*pads, (b"SNI\0", b"a")), Q043) is None


def test_a_datagram_with_a_hello_in_the_clear() -> None:
    head = b"\x09" + ID + b"Q043" + b"\x01"
    hello = chlo((b"SNI\0", b"cam.example"))
    for filling, name in ((0, "cam.example"), (SEARCH - 4 - len(head), "cam.example"), (SEARCH - 3 - len(head), None)):
        found = client_hello(head + bytes(filling) + hello)
        assert found is not None and (found.server_name, found.version) == (name, Q043), filling
    hidden = client_hello(head + bytes(60))
    assert hidden is not None and (hidden.server_name, hidden.version) == (None, Q043)
    cut = client_hello(head + b"CHLO\1")
    assert cut is not None and cut.server_name is None
    assert client_hello(b"\x08" + ID + hello) is None
