"""BSON documents: the examples of bsonspec.org and every type of its grammar."""

from __future__ import annotations

import pytest

from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.bson import document


def doc(body: bytes) -> bytes:
    return (len(body) + 5).to_bytes(4, "little") + body + b"\0"


def test_examples_of_the_specification() -> None:
    assert document(Cursor(b"\x16\0\0\0\x02hello\0\x06\0\0\0world\0\0")) == {"hello": "world"}
    outer = document(
        Cursor(
            b"\x31\0\0\0\x04BSON\0\x26\0\0\0\x020\0\x08\0\0\0awesome\0\x011\0\x33\x33\x33\x33\x33\x33\x14\x40\x102\0\xc2\x07\0\0\0\0"
        )
    )
    inside = outer["BSON"]
    assert isinstance(inside, Cursor)
    assert document(inside) == {"0": "awesome", "1": 5.05, "2": 1986}


def test_every_other_type_is_passed_over() -> None:
    body = (
        b"\x05b\0\3\0\0\0\0xyz" + b"\x07o\0" + bytes(12) + b"\x08t\0\1" + b"\x09d\0" + bytes(8) + b"\x0an\0"
        + b"\x0br\0ab\0i\0" + b"\x11s\0" + bytes(8) + b"\x12l\0" + b"\7" + bytes(7) + b"\x13D\0"
        + bytes(16) + b"\xffm\0" + b"\x7fM\0"
    )  # fmt: skip
    found = document(Cursor(doc(body)))
    assert (found["b"], found["t"], found["l"], found["n"]) == (b"xyz", True, 7, None)


@pytest.mark.parametrize(
    "data",
    [b"\4\0\0\0", doc(b"\x42x\0"), doc(b"\x02x\0\xff\xff\xff\xff"), doc(b"\x03x\0\0\1\0\0"), b"\x20\0\0\0\x10x\0"],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        document(Cursor(data))


@pytest.mark.parametrize("kind", [0x02, 0x0D, 0x0E])
def test_every_kind_of_text(kind: int) -> None:
    """A string, code, a symbol (bsonspec.org): a length with the NUL, the text, the NUL."""
    assert document(Cursor(doc(bytes([kind]) + b"x\0\3\0\0\0ab\0"))) == {"x": "ab"}


@pytest.mark.parametrize("size", [0, 4, 5, 6])
def test_the_smallest_document_has_five_bytes(size: int) -> None:
    data = size.to_bytes(4, "little") + b"\0\0"
    if size == 5:
        assert document(Cursor(data)) == {}
    elif size < 5:
        with pytest.raises(Malformed):
            document(Cursor(data))


@pytest.mark.parametrize("kind", [0x03, 0x04])
def test_what_stands_behind_a_document_inside_is_read(kind: int) -> None:
    """A document and an array (bsonspec.org): the length counts itself."""
    inner = doc(b"\x08ok\0\1")
    found = document(Cursor(doc(bytes([kind]) + b"x\0" + inner + b"\x10n\0\7\0\0\0")))
    inside = found.pop("x")
    assert isinstance(inside, Cursor) and document(inside) == {"ok": True}
    assert found == {"n": 7}


@pytest.mark.parametrize(("byte", "truth"), [(0, False), (1, True)])
def test_truths(byte: int, truth: bool) -> None:
    assert document(Cursor(doc(b"\x08t\0" + bytes([byte])))) == {"t": truth}
