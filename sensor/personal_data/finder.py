"""Search for personal data in readable bytes and in what is encoded in them.

Each `PersonalItem` names its category, normal form, encoding and, for a placeholder or example, the reason why it is
benign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from sensor.lazy_pattern import expression
from sensor.personal_data import values
from sensor.personal_data.decoding import ESCAPE, MAX_DEPTH, SIGNS, cached_layers
from sensor.personal_data.fields import Field, field_at, field_pattern, named_field
from sensor.personal_data.multipattern import PatternSearch
from sensor.personal_data.shapes import SHAPES, PersonalItem

MAX_COORDINATE_GAP = 240
"""Bytes that latitude and longitude of one place may be apart."""

MAX_COORDINATES = 64
"""Latitudes and longitudes of one layer that are paired."""

MAX_ITEMS = 256
"""Items reported for one object: of a longer list the beginning is enough."""

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

MAX_TAG_BYTES = 240
"""Bytes before an input's value in which its name is searched for, within one tag."""

FILLED = expression(rb"([^\"'<>]{1,256})[\"']")
INPUT_NAME = expression(rb"(?i)(?:name|id)=[\"']?([A-Za-z][A-Za-z0-9_.\-]{0,63})")


PUBLISHED_PATTERNS = ("mail", "phone")
"""Patterns searched for in published content: its fields are a program's own."""


@cache
def search(*, published: bool = False) -> PatternSearch:
    """The compiled patterns, built at first use, once in a process."""
    if published:
        return PatternSearch({name: ANCHORS[name] for name in PUBLISHED_PATTERNS}, stored_as="published")
    return PatternSearch({**ANCHORS, "field": field_pattern()}, signs=SIGNS, stored_as="personal")


def find(data: bytes, *, published: bool = False) -> list[PersonalItem]:
    """Personal data in ``data`` and in its decoded layers, each value once, at its first appearance.

    Of ``published`` content only the plain bytes are searched, for `PUBLISHED_PATTERNS`.
    """
    patterns = search(published=published)
    hits, signs = patterns.hits_and_signs(data)
    layers = (((), data),) if published else cached_layers(data, signs)
    if not hits and len(layers) == 1:
        return []
    found: dict[tuple[str, str], PersonalItem] = {}
    for number, (encoding, layer) in enumerate(layers):
        if number:
            hits = patterns.hits(layer)
        for item in _in_layer(layer, hits, encoding or ("plain",)):
            found.setdefault((item.category, item.value), item)
            if len(found) >= MAX_ITEMS:
                return list(found.values())
    return list(found.values())


def _in_layer(data: bytes, hits: list[tuple[int, str]], encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    places: dict[str, list[tuple[Field, str]]] = {"latitude": [], "longitude": []}
    for end, name in hits:
        if name == "field":
            field = field_at(data, end)
            if field is None or (ESCAPE.search(data, field.start, field.end) and len(encoding) < MAX_DEPTH):
                continue
            if field.category in places:
                degrees = values.degrees(field.value, 90 if field.category == "latitude" else 180)
                if degrees is not None and len(places[field.category]) < MAX_COORDINATES:
                    places[field.category].append((field, degrees))
            else:
                yield from _field_items(field, encoding)
        else:
            yield from FINDERS[name](data, end, encoding)
    yield from _pair_coordinates(places, encoding)


def _field_items(field: Field, encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    category, text = field.category, field.value
    benign_reason = None
    if category == "email":
        return  # found by its form (`shapes`)
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
        value = NORMAL_FORMS[category](text)
    if value is None:
        return
    if category == "coordinates":
        category = "location"
    elif category == "account" and (values.is_ip_address(text) or values.email(text)):
        return
    elif category == "credit_card" and value in values.TEST_CARDS:
        benign_reason = "placeholder"
    yield PersonalItem(category, value, text, field.name, encoding, benign_reason)


NORMAL_FORMS: dict[str, Callable[[str], str | None]] = {
    "name": values.person_name,
    "account": values.account_name,
    "coordinates": values.coordinates,
    "address": values.postal_address,
    "ssid": values.ssid,
    "mac": values.mac,
    "health": values.health_reading,
    "credit_card": values.credit_card,
}


def _pair_coordinates(places: dict[str, list[tuple[Field, str]]], encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    """Each latitude with the first longitude near it: a latitude alone is no place."""
    for field, latitude in places["latitude"]:
        near = next((o for o in places["longitude"] if abs(o[0].start - field.start) <= MAX_COORDINATE_GAP), None)
        if near is not None:
            yield PersonalItem(
                "location", f"{latitude},{near[1]}", f"{field.value},{near[0].value}", field.name, encoding
            )


def _input_items(data: bytes, end: int, encoding: tuple[str, ...]) -> Iterator[PersonalItem]:
    """A filled-in input of a page: ``<input name="ssid" value="…">``."""
    tag = data[max(0, end - MAX_TAG_BYTES) : end].rpartition(b"<")[2]
    name = INPUT_NAME.search(tag)
    value = FILLED.match(data, end)
    if name is None or value is None or b">" in tag:
        return
    field = named_field(name[1].decode("ascii"), value[1])
    if field is not None:
        yield from _field_items(field, encoding)


FINDERS: dict[str, Callable[[bytes, int, tuple[str, ...]], Iterator[PersonalItem]]] = {**SHAPES, "input": _input_items}
