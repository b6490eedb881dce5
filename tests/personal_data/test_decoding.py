"""Decoding of content: each encoding alone, nested, and within the bounds."""

from __future__ import annotations

import base64
import gzip
import zlib

import pytest

from sensor.personal_data.decoding import BUDGET, MAX_DEPTH, MAX_LAYERS, MAX_RUN, _runs, cached_layers, is_text, layers
from sensor.reserves import usual

INNER = b'{"email": "mara.lindner@post.example", "room": "kitchen"}'


def layers_of(data: bytes) -> dict[bytes, tuple[str, ...]]:
    return {layer: names for names, layer in layers(data)}


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (INNER, ()),
        (base64.b64encode(INNER), ("base64",)),
        (b"data=" + base64.urlsafe_b64encode(INNER) + b"&x=1", ("base64",)),
        (b"data=" + base64.b64encode(INNER).rstrip(b"=") + b";", ("base64",)),
        (b"/api/v2/" + base64.urlsafe_b64encode(INNER), ("base64",)),  # "/" is in the alphabet of base64
        (b"d=" + INNER.hex().encode(), ("hex",)),
        (b"d=" + INNER.hex().upper().encode(), ("hex",)),
        (gzip.compress(INNER), ("gzip",)),
        (zlib.compress(INNER), ("deflate",)),
        (b"x=" + base64.b64encode(gzip.compress(INNER)), ("base64", "gzip")),
        (base64.b64encode(base64.b64encode(zlib.compress(INNER))), ("base64", "base64", "deflate")),
    ],
)
def test_each_encoding_is_decoded(data: bytes, names: tuple[str, ...]) -> None:
    assert layers_of(data)[INNER] == names


def test_url_escapes_are_decoded() -> None:
    assert layers_of(b"q=a%40b.example%20c")[b"q=a@b.example c"] == ("url",)
    assert layers_of(b"q=%2561")[b"q=a"] == ("url", "url")


def test_what_is_no_url_escape_stays() -> None:
    """RFC 3986 2.1: a percent sign and two hexadecimal digits."""
    assert layers_of(b"%%41%4g%4%zz%c3%BC%")[b"%A%4g%4%zz\xc3\xbc%"] == ("url",)


def test_utf_16_is_decoded() -> None:
    assert layers_of("Mara Lindner, Lindenweg 12".encode("utf-16-le"))[b"Mara Lindner, Lindenweg 12"] == ("utf-16",)


def test_nesting_beyond_the_bound_is_not_decoded() -> None:
    data = INNER
    for _ in range(MAX_DEPTH + 1):
        data = base64.b64encode(data)
    assert INNER not in layers_of(data)


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
def test_data_that_is_not_encoded_has_one_layer(data: bytes) -> None:
    assert list(layers(data)) == [((), data)]


def test_a_compression_bomb_is_bounded() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    assert sum(len(layer) for names, layer in layers(bomb) if names) <= BUDGET


def test_compressed_data_is_read_to_its_usual_growth() -> None:
    """Whoever sends three hundred bytes cannot have a quarter of a megabyte searched."""
    bomb = gzip.compress(bytes(200_000), 9)
    (inflated,) = [layer for names, layer in layers(bomb) if names == ("gzip",)]
    assert inflated == bytes(usual(len(bomb)))


def test_the_number_of_layers_is_bounded() -> None:
    many = b" ".join(base64.b64encode(b"a reading of sensor %07d" % number) for number in range(3000))
    assert len(list(layers(many))) <= MAX_LAYERS + 1


def test_cut_compressed_data_gives_its_beginning() -> None:
    cut = gzip.compress(INNER * 200)[:-30]
    (inflated,) = [layer for names, layer in layers(cut) if names == ("gzip",)]
    assert inflated.startswith(INNER)


def test_only_what_was_packed_is_unpacked() -> None:
    """RFC 1950 2.2: the header's 16 bits are a multiple of 31; RFC 1952 2.3.1: gzip has method 8."""
    good = zlib.compress(INNER)
    assert layers_of(good) == {good: (), INNER: ("deflate",)}
    for bad in (
        good[:1] + b"\x02" + good[2:],
        b"\x79" + good[1:],
        good[:8],
        b"\x1f\x8b\x07" + gzip.compress(INNER)[3:],
    ):
        assert INNER not in layers_of(bad)
    assert INNER[:20] in next(iter(layers_of(gzip.compress(INNER)[:-12]).keys() - {gzip.compress(INNER)[:-12]}), b"")


@pytest.mark.parametrize("level", [0, 1, 6, 9])
def test_what_is_packed_within_base64_is_read_at_every_level(level: int) -> None:
    for outer, name in ((base64.b64encode, "base64"), (lambda data: data.hex().encode(), "hex")):
        data = b"x=" + outer(zlib.compress(INNER, level)) + b";"
        assert layers_of(data)[INNER] == (name, "deflate")


def test_utf_16_within_base64_is_read() -> None:
    data = b"x=" + base64.b64encode("Mara Lindner, Lindenweg 12".encode("utf-16-le")) + b";"
    assert layers_of(data)[b"Mara Lindner, Lindenweg 12"] == ("base64", "utf-16")


def test_a_percent_sign_alone_is_no_escape() -> None:
    assert set(layers_of(b"100 % of 7 %zz")) == {b"100 % of 7 %zz"}


def test_each_layer_comes_once() -> None:
    """However often it stands there, and by whichever way it is reached; the whole budget is for what is new."""
    word = base64.b64encode(INNER)
    for data in (
        word + b" " + word,
        base64.b64encode(word + b" " + word),
        b"%41 " + word + b" " + INNER.hex().encode(),
    ):
        found = [layer for _, layer in layers(data)]
        assert len(found) == len(set(found)) and INNER in found
    many = b" ".join([word] * 200) + b" " + base64.b64encode(b"another text that is the last one")
    assert b"another text that is the last one" in layers_of(many)


WORD = b"a" * 19


@pytest.mark.parametrize(
    ("data", "runs"),
    [
        (WORD, []),
        (WORD + b"b", [WORD + b"b"]),
        (b"(" + WORD + b"b===)" + WORD + b"bb=", [WORD + b"b==", WORD + b"bb="]),  # at most two signs of padding
        (WORD + b" " + WORD + b"/" + WORD, [WORD + b"/" + WORD]),  # the short one is the long one's beginning
        (WORD + b"ab" + b"=" + WORD + b"a", [WORD + b"ab=", WORD + b"a"]),  # and a run may be another one's
        (b"c" * (MAX_RUN + 1) + b"=", [b"c" * MAX_RUN]),
    ],
)
def test_runs_are_whole_and_in_order(data: bytes, runs: list[bytes]) -> None:
    assert list(_runs(data)) == runs


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"sixsix", True),
        (b"five5", False),
        ("größe".encode(), True),
        ("漢字漢字".encode(), True),
        ("漢字漢字\n".encode(), False),  # most of it is no text of ASCII, and a line's end is not printed
        (b"nine letter\0", True),  # nine tenths of it are
        (b"eight\0\0\0", False),
        (b"\xff\xfe\xfd\xfc\xfb\xfa", False),
    ],
)
def test_what_is_text(data: bytes, text: bool) -> None:
    assert is_text(data) is text


def test_known_signs_spare_their_search_and_nothing_else() -> None:
    encoded = base64.b64encode(b"a secret is written here")
    assert cached_layers(encoded, frozenset({"base64"})) == tuple(layers(encoded))
    assert cached_layers(b"plain words", frozenset()) == (((), b"plain words"),)
    assert len(cached_layers(b"per%20cent", frozenset())) == len(list(layers(b"per%20cent"))) == 2
    packed = gzip.compress(b"words")
    assert cached_layers(packed, frozenset()) == tuple(layers(packed)) and len(list(layers(packed))) == 2
