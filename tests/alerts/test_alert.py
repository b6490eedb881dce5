"""An alert's record, and names and texts that hold whatever a device said."""

from __future__ import annotations

import json

import pytest

from sensor.alerts.alert import NAME, Alert, called, claimed, clean
from tests.alerts.records import CAMERA, device


def test_the_record_is_json_with_an_rfc_3339_time() -> None:
    alert = Alert("k", "finding", "high", 1_777_629_600.25, "t", "x", device=CAMERA)
    record = json.loads(json.dumps(alert.record()))
    assert record["time"] == "2026-05-01T10:00:00.250000Z"
    assert record["record"] == "alert" and record["count"] == 1 and record["rule"] is None
    assert "key" not in record
    assert alert.rank == 3 and alert.counted(4).record()["count"] == 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\r\t", "two lines  "),
        ("\x1b[31mred\x00", "\ufffd[31mred\ufffd"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("half \ud800", "half \ufffd"),
        ("x" * 500, "x" * 399 + "…"),
    ],
)
def test_texts_are_cleaned_and_cut(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "hall-cam"),
        ({"hostname": None}, "Example baby monitor"),
        ({"hostname": None, "model": {"value": "Cam 2", "confidence": 0.7}}, "Example Cam 2"),
        ({"hostname": None, "vendor": None, "category": None}, "192.168.50.20"),
        ({"hostname": None, "vendor": None, "category": None, "addresses": []}, CAMERA),
        ({"hostname": None, "vendor": {"value": "Guess", "confidence": 0.49}, "category": None}, "192.168.50.20"),
        ({"hostname": "n" * 100}, "n" * (NAME - 1) + "…"),
        ({"hostname": "a\nb"}, "a b"),
    ],
)
def test_what_a_device_is_called(more: dict[str, object], name: str) -> None:
    assert called(device(**more)) == name


def test_what_is_not_sure_is_not_claimed() -> None:
    assert claimed(device(), "firmware") is None
    assert claimed(device(), "vendor") == "Example"
    assert claimed({"vendor": {"value": 3, "confidence": 1}}, "vendor") is None


@pytest.mark.parametrize("addresses", [None, [], ()])
def test_a_device_of_which_nothing_is_known_is_called_by_its_id(addresses: object) -> None:
    nothing = device(hostname=None, vendor=None, category=None, model=None, addresses=addresses)
    assert called(nothing) == CAMERA
