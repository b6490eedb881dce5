"""Words of names: where they begin and end, and which one counts."""

from __future__ import annotations

import pytest

from sensor.devices.signatures.name_words import MAX_WORDS, name_words, parts
from tests.devices.seen import TABLES


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("LivingRoomTV", ["living", "room", "tv"]),
        ("IPCam2", ["ip", "cam", "2"]),
        ("front_camera-12", ["front", "camera", "12"]),
        ("Türklingel", ["türklingel"]),
        ("ps4", ["ps", "4"]),
        ("--..__", []),
    ],
)
def test_a_name_is_split_at_capitals_digits_and_signs(name: str, wanted: list[str]) -> None:
    assert parts(name) == wanted


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("front_camera_12", {"camera"}),
        ("gartenkamera", {"camera"}),
        ("IPCam", {"camera"}),
        ("my-doorbell-cam", {"doorbell"}),
        ("baby-monitor", {"baby_monitor"}),
        ("Nest-Tstat", {"thermostat"}),
        ("LivingRoomTV", {"tv"}),
        ("robot_vacuum", {"vacuum"}),
        # a phone's own name beats a word
        ("Camera-iPhone", {"phone"}),
        # what is named after the thing that it serves
        ("tv-plug", {"plug"}),
        ("washer sensor", {"sensor"}),
        ("Nintendo-Switch", {"game_console"}),
        ("Samsung-Refrigerator", {"appliance"}),
        ("Family-Hub", {"appliance"}),
        # brands are called after switches, too: neither word beats the other
        ("SwitchBot-Hub-Mini", {"switch", "hub"}),
        # no words of these
        ("Cameron", set()),
        ("camp", set()),
        ("phonebook", set()),
        ("pcp-3", set()),
        ("ESP_1A2B3C", set()),
    ],
)
def test_the_words_that_count(name: str, kinds: set[str]) -> None:
    assert {word.category for word in TABLES.words(name)} == kinds


def test_a_word_of_two_meanings_is_no_claim_alone() -> None:
    assert all(word.weight < 1 for name in ("box", "surface", "spot", "slot") for word in TABLES.words(name))


def test_a_word_that_says_more_is_no_weaker_than_the_one_it_replaces() -> None:
    (gateway,) = TABLES.words("WYZE_LOCK_GW")
    (lock,) = TABLES.words("Lock")
    assert (gateway.category, gateway.weight) == ("hub", lock.weight)


def test_a_hostile_name_costs_little() -> None:
    asked: list[str] = []
    assert name_words("aB" * 50_000, lambda word: asked.append(word)) == []
    assert len(asked) < MAX_WORDS * 20
