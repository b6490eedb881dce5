"""Hostile and honest documents."""

from __future__ import annotations

import time

import pytest

from sensor.parsing.formats.xml import DEPTH_LIMIT, ELEMENT_LIMIT, SIZE_LIMIT, TEXT_LIMIT, XmlElement, read

LAUGHS = b'<!DOCTYPE lolz [<!ENTITY a "lol">%s]><r>&z;</r>' % b"".join(
    b'<!ENTITY %c "%s">' % (c, b"&%c;" % (c - 1) * 10) for c in range(0x62, 0x7B)
)


def test_elements_with_their_paths() -> None:
    assert read(b'<?xml version="1.0"?><a xmlns="urn:x"><b> one </b><c:d xmlns:c="urn:y">&lt;&#65;</c:d></a>\0\0') == (
        [
            XmlElement(("a", "b"), "urn:x", "one"),
            XmlElement(("a", "d"), "urn:y", "<A"),
            XmlElement(("a",), "urn:x", ""),
        ],
        None,
    )


def test_attributes_by_local_name() -> None:
    (inner, _), damage = read(b'<a xmlns:n="urn:y"><b n:user="x" pass="&lt;"/></a>')
    assert (inner.attributes, damage) == ((("user", "x"), ("pass", "<")), None)


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        b'<!DOCTYPE r SYSTEM "http://192.0.2.1/x.dtd"><r/>',
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
        b"<r>&undeclared;</r>",
        b"<r><cut>",
        b"not xml",
        b"",
        b'<?xml version="1.0" encoding="zlib_codec"?><r/>',
        b'<?xml version="1.0" encoding="utf-7"?><r/>',
        b'<?xml version="1.0" encoding="no-such-thing"?><r/>',
        b"<r>\xff\xfe</r>",
    ],
)
def test_what_is_refused(data: bytes) -> None:
    began = time.monotonic()
    elements, damage = read(data)
    assert damage
    assert all("root:" not in e.text and len(e.text) < 100 for e in elements)
    assert time.monotonic() - began < 5


def test_bounds() -> None:
    assert read(b"<a>" * (DEPTH_LIMIT + 1))[1]
    assert read(b"<a>" + b"<b/>" * ELEMENT_LIMIT + b"</a>")[1]
    assert len(read(b"<a>" + b"x" * 100_000 + b"</a>")[0][0].text) == TEXT_LIMIT
    elements, _ = read(b"<a><b>first</b>" + b" " * SIZE_LIMIT + b"<c>beyond</c></a>")
    assert [e.text for e in elements] == ["first"]


@pytest.mark.parametrize(("depth", "fine"), [(DEPTH_LIMIT, True), (DEPTH_LIMIT + 1, False)])
def test_how_deep_elements_may_stand(depth: int, fine: bool) -> None:
    elements, damage = read(b"<a>" * depth + b"x" + b"</a>" * depth)
    assert (damage is None) is fine and len(elements) == (depth if fine else 0)


@pytest.mark.parametrize(("number", "fine"), [(ELEMENT_LIMIT - 1, True), (ELEMENT_LIMIT, False)])
def test_how_many_elements_there_may_be(number: int, fine: bool) -> None:
    assert (read(b"<a>" + b"<b/>" * number + b"</a>")[1] is None) is fine


def test_text_outside_of_elements_and_long_text() -> None:
    """What stands around the root is none; of long text the beginning of each element is kept, beside its child's."""
    long = b"x" * (TEXT_LIMIT + 500)
    elements, damage = read(b"<a>" + long + b"<b>" + long + b"</b>" + long + b"</a>\n")
    assert damage is None
    assert [(one.path, len(one.text)) for one in elements] == [(("a", "b"), TEXT_LIMIT), (("a",), TEXT_LIMIT)]
    elements, _ = read(b"<a>one<b>two</b>three<c/>four</a>")
    assert [(one.path[-1], one.text) for one in elements] == [("b", "two"), ("c", ""), ("a", "onethreefour")]
