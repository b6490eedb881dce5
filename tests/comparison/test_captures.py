"""A home before and after a change, and two units of one model: what happened there is what is said."""

from __future__ import annotations

import json
from functools import cache

from sensor.comparison.runs import RunComparison, compare
from tests.replaying import PCAPS, Record, capture_in, replayed

HALL, KITCHEN, CAMERA = "68:57:2d:4e:53:11", "68:57:2d:4e:53:22", "ec:71:db:4e:53:20"
SENSOR, SCALE = "24:0a:c4:4e:53:51", "d8:80:39:4e:53:30"


@cache
def home(name: str) -> list[Record]:
    return replayed(capture_in(PCAPS / name))


def changes(found: RunComparison, name: str) -> dict[str, str]:
    """Rule -> change, of what crossed readable and of factory pairs."""
    # Set against another unit it is in a pair, and what is left of that unit and of it stands alone.
    device, *_ = sorted(
        (one for one in found.devices if name in (one.before, one.after)), key=lambda one: one.paired is None
    )
    about = ("credential.", "transfer.", "personal.")
    return {one.rule: one.change for one in device.findings if one.matters and one.rule.startswith(about)}


def test_each_device_after_the_change() -> None:
    found = compare(home("change_before"), home("change_after"))
    assert set(changes(found, KITCHEN).values()) == {"gone"}  # its reports are encrypted now
    assert set(changes(found, HALL).values()) == {"same"}
    assert changes(found, CAMERA)["credential.default"] == "gone"  # it refuses the pair now
    assert changes(found, CAMERA)["credential.cleartext"] == "same"
    assert set(changes(found, SENSOR).values()) == {"not_seen_again"}  # it was switched off
    assert set(changes(found, SCALE).values()) == {"new"}
    assert found.got_worse


def test_the_capability_that_was_mended_is_better_and_silence_is_not() -> None:
    found = compare(home("change_before"), home("change_after"))
    statuses = {
        (device.after or device.before, one.capability): one.change
        for device in found.devices
        for one in device.verdicts
    }
    assert statuses[CAMERA, "no_default_passwords"] == statuses[KITCHEN, "secure_communication"] == "better"
    assert statuses[SENSOR, "secure_communication"] == "not_seen_again"


def test_two_units_of_one_model() -> None:
    """The same before the change; after it one still sends readable what the other encrypts."""
    before, after = home("change_before"), home("change_after")
    assert set(changes(compare(before, before, {HALL: KITCHEN}), KITCHEN).values()) == {"same"}
    assert set(changes(compare(after, after, {HALL: KITCHEN}), KITCHEN).values()) == {"gone"}


def test_both_recordings_name_their_issues_alike() -> None:
    keys = [
        {one["key"] for one in home(name) if one["record"] == "finding" and one["device"] == CAMERA}
        for name in ("change_before", "change_after")
    ]
    assert len(keys[0] & keys[1]) >= 4
    assert json.dumps([sorted(one) for one in keys]).find("192.168") < 0
