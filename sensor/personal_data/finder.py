"""Readable bytes into the personal data that stands in them: what it is, where, how it was encoded, and whether it is nobody's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from sensor.personal_data import values
from sensor.personal_data.decoding import ESCAPE, Layer, opened
from sensor.personal_data.fields import Field, anchor, field_at, named
from sensor.personal_data.multipattern import Search
from sensor.personal_data.shapes import SHAPES, Found

NEAR = 240
"""Bytes that latitude and longitude may stand apart to be one place."""

PLACES = 64
"""Latitudes and longitudes of one layer that are paired."""

MOST = 256
"""Things told of one object: a list with more is told by its beginning."""

ANCHORS = {
    "mail": rb"[A-Za-z0-9_+]@[A-Za-z0-9]",
    "phone": rb"\+[1-9][0-9][0-9 .()/-]{6}",
    "card": rb"[2-6][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}",
    "nmea": rb"\$G[A-Z](?:GGA|RMC|GLL),",
    "geo": rb"(?i)geo:-?[0-9]",
    "mac": rb"(?i)(?:[0-9a-f]{2}:){5}[0-9a-f]{2}",
    "dashed": rb"(?i)(?:[0-9a-f]{2}-){5}[0-9a-f]{2}",
    "input": rb"(?i)value=[\"']",
    "dotted": rb"(?i)[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}",
}

TAG_BEFORE = 240
"""Bytes before an input's value in which its name stands, within one tag."""

FILLED = re.compile(rb"([^\"'<>]{1,256})[\"']")
INPUT_NAME = re.compile(rb"(?i)(?:name|id)=[\"']?([A-Za-z][A-Za-z0-9_.\-]{0,63})")


PUBLISHED = ("mail", "phone")
"""All that is looked for in what is published: fields there are a program's own."""


@cache
def search(*, published: bool = False) -> Search:
    """The compiled patterns: made at first use, once in a process."""
    return Search({name: ANCHORS[name] for name in PUBLISHED} if published else {**ANCHORS, "field": anchor()})


def find(data: bytes, *, published: bool = False) -> list[Found]:
    """What is personal in ``data`` and in what is encoded in it, each value once, by its first appearance; of what is published only what stands there plainly."""
    found: dict[tuple[str, str], Found] = {}
    inside: Iterable[Layer] = (((), data),) if published else opened(data)
    for encoding, layer in inside:
        hits = search(published=published).hits(layer)
        if not hits:
            continue
        for one in _in_layer(layer, hits, encoding or ("plain",)):
            found.setdefault((one.category, one.value), one)
            if len(found) >= MOST:
                return list(found.values())
    return list(found.values())


def _in_layer(data: bytes, hits: list[tuple[int, str]], encoding: tuple[str, ...]) -> Iterator[Found]:
    places: dict[str, list[tuple[Field, str]]] = {"latitude": [], "longitude": []}
    for end, name in hits:
        if name == "field":
            field = field_at(data, end)
            if field is None or (ESCAPE.search(data, field.start, field.end) and len(encoding) < 3):
                continue
            if field.category in places:
                degrees = values.degrees(field.value, 90 if field.category == "latitude" else 180)
                if degrees is not None and len(places[field.category]) < PLACES:
                    places[field.category].append((field, degrees))
            else:
                yield from _of_field(field, encoding)
        else:
            yield from FINDERS[name](data, end, encoding)
    yield from _places(places, encoding)


def _of_field(field: Field, encoding: tuple[str, ...]) -> Iterator[Found]:
    category, text = field.category, field.value
    harmless = None
    if category == "email":
        return  # its own form names it
    if category == "phone":
        value = values.phone(text, named=True)
    elif category == "imei":
        value = values.imei(text, field.name.lower())
    elif category in ("advertising_id", "uuid"):
        value = values.uuid(text)
        if value is None and category == "advertising_id":
            value = values.identifier(text) if len(text) >= 16 else None
    elif category == "serial":
        value = values.uuid(text) or values.identifier(text)
    else:
        value = CHECKS[category](text)
    if value is None:
        return
    if category == "coordinates":
        category = "location"
    elif category == "account" and (values.own_address(text) or values.email(text)):
        return
    elif category == "credit_card" and value in values.TEST_CARDS:
        harmless = "placeholder"
    elif category == "mac" and value.startswith("00005e0053"):
        harmless = "documentation"
    yield Found(category, value, text, field.name, encoding, harmless)


CHECKS: dict[str, Callable[[str], str | None]] = {
    "name": values.person,
    "account": values.account,
    "coordinates": values.coordinates,
    "address": values.street,
    "ssid": values.ssid,
    "mac": values.mac,
    "health": values.health,
    "credit_card": values.credit_card,
}


def _places(places: dict[str, list[tuple[Field, str]]], encoding: tuple[str, ...]) -> Iterator[Found]:
    """Each latitude with the first longitude near it: one alone is only a line around the Earth."""
    for field, latitude in places["latitude"]:
        near = next((o for o in places["longitude"] if abs(o[0].start - field.start) <= NEAR), None)
        if near is not None:
            yield Found("location", f"{latitude},{near[1]}", f"{field.value},{near[0].value}", field.name, encoding)


def _input(data: bytes, end: int, encoding: tuple[str, ...]) -> Iterator[Found]:
    """A filled-in form of a page: ``<input name="ssid" value="…">``."""
    tag = data[max(0, end - TAG_BEFORE) : end].rpartition(b"<")[2]
    name = INPUT_NAME.search(tag)
    value = FILLED.match(data, end)
    if name is None or value is None or b">" in tag:
        return
    field = named(name[1].decode("ascii"), value[1])
    if field is not None:
        yield from _of_field(field, encoding)


FINDERS: dict[str, Callable[[bytes, int, tuple[str, ...]], Iterator[Found]]] = {**SHAPES, "input": _input}
