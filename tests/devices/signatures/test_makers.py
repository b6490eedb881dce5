"""Spellings as the IEEE registry and products write them."""

from __future__ import annotations

import pytest

from sensor.devices.signatures.makers import Makers, tidy, words

ROWS = [
    {"name": "TP-Link", "word": True, "also": ["TP-LINK Technologies"]},
    {"name": "Philips", "word": True, "also": ["Signify", "Philips Lighting BV"]},
    {"name": "Pure", "makes": "speaker"},
    {"name": "Ring", "of": "Amazon"},
    {"name": "Amazon"},
    {"name": "Espressif", "module": True},
]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("TP-LINK TECHNOLOGIES CO.,LTD.", "TP-Link"),
        ("tp-link", "TP-Link"),
        ("Signify Netherlands B.V.", "Philips"),
        ("Philips Lighting BV", "Philips"),
        ("Philips Anything", "Philips"),
        ("Pure Technologies Ltd", "Pure"),
        ("Pure Energie", None),
        ("Ring LLC", "Ring"),
        ("Ringling", None),
        ("", None),
    ],
)
def test_a_name_is_known_by_its_leading_words(said: str, name: str | None) -> None:
    found = Makers(ROWS).find(said)
    assert (found.name if found else None) == name


def test_unlisted_names_lose_their_legal_form() -> None:
    assert Makers(ROWS).spelling("Hangzhou Example Technology Co.,Ltd") == "Hangzhou Example Technology"
    assert tidy("Example Inc.") == "Example"
    assert words("Bang & Olufsen a/s GmbH") == ("bang", "and", "olufsen", "a", "s")


def test_brands_of_one_house() -> None:
    makers = Makers(ROWS)
    assert makers.related("Ring", "Amazon") and makers.related("ring", "Ring") and not makers.related("Ring", "Pure")


def test_a_hostile_name_is_cut() -> None:
    assert Makers(ROWS).find("x " * 100_000) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("My Philips lamp", ["Philips"]),
        ("tplink-5f", ["TP-Link"]),
        ("TP-LINK_HS100 by tp link", ["TP-Link"]),
        ("Philips2 behind TP_Link", ["Philips", "TP-Link"]),
        ("philipshue", []),
        ("ring of amazon", []),  # common words: only a maker's own field may say them
        ("Espressif", []),
        ("", []),
    ],
)
def test_unmistakable_names_are_found_in_texts(text: str, names: list[str]) -> None:
    assert Makers([*ROWS, {"name": "Espressif2", "word": True, "module": True}]).mentioned(text) == names
