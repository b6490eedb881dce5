"""What is encoded is opened: each encoding alone, nested, and no deeper or larger than the bounds."""

from __future__ import annotations

import base64
import gzip
import zlib

import pytest

from sensor.personal_data.decoding import BUDGET, DEPTH, LAYERS, layers

INNER = b'{"email": "mara.lindner@post.example", "room": "kitchen"}'


def found(data: bytes) -> dict[bytes, tuple[str, ...]]:
    return {layer: names for names, layer in layers(data)}


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (INNER, ()),
        (base64.b64encode(INNER), ("base64",)),
        (b"data=" + base64.urlsafe_b64encode(INNER) + b"&x=1", ("base64",)),
        (b"data=" + base64.b64encode(INNER).rstrip(b"=") + b";", ("base64",)),
        (b"/api/v2/" + base64.urlsafe_b64encode(INNER), ("base64",)),  # the alphabet has the path's own sign
        (b"d=" + INNER.hex().encode(), ("hex",)),
        (b"d=" + INNER.hex().upper().encode(), ("hex",)),
        (gzip.compress(INNER), ("gzip",)),
        (zlib.compress(INNER), ("deflate",)),
        (b"x=" + base64.b64encode(gzip.compress(INNER)), ("base64", "gzip")),
        (base64.b64encode(base64.b64encode(zlib.compress(INNER))), ("base64", "base64", "deflate")),
    ],
)
def test_each_encoding_is_undone(data: bytes, names: tuple[str, ...]) -> None:
    assert found(data)[INNER] == names


def test_escapes_of_urls_are_undone() -> None:
    assert found(b"q=a%40b.example%20c")[b"q=a@b.example c"] == ("url",)
    assert found(b"q=%2561")[b"q=a"] == ("url", "url")


def test_wide_text_is_narrowed() -> None:
    assert found("Mara Lindner, Lindenweg 12".encode("utf-16-le"))[b"Mara Lindner, Lindenweg 12"] == ("utf-16",)


def test_deeper_than_the_bound_stays_closed() -> None:
    data = INNER
    for _ in range(DEPTH + 1):
        data = base64.b64encode(data)
    assert INNER not in found(data)


@pytest.mark.parametrize(
    "data",
    [
        b"just a line of words, none of them encoded",
        b"/static/javascript/components/navigation/index",  # long words of the same alphabet
        b"d41d8cd98f00b204e9800998ecf8427e",  # a hash: hexadecimal, but no text in it
        b"dGhpcyBpcyBzaG9y",  # too short to hold anything
        b"\x1f\x8b\x08 but no gzip follows",
        bytes(range(256)) * 20,
    ],
)
def test_what_is_not_encoded_is_left_alone(data: bytes) -> None:
    assert list(layers(data)) == [((), data)]


def test_a_bomb_stays_small() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    assert sum(len(layer) for names, layer in layers(bomb) if names) <= BUDGET


def test_many_pieces_are_cut_off() -> None:
    many = b" ".join(base64.b64encode(b"a reading of sensor %07d" % number) for number in range(3000))
    assert len(list(layers(many))) <= LAYERS + 1


def test_a_cut_piece_gives_what_it_has() -> None:
    cut = gzip.compress(INNER * 200)[:-30]
    (opened,) = [layer for names, layer in layers(cut) if names == ("gzip",)]
    assert opened.startswith(INNER)
