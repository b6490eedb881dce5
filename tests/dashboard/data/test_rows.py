"""Records as rows of pages: what is asked for, what the sensor says, what things are called."""

from typing import Any

import pytest

from dashboard.data.rows import change_of, devices_of, finding_query, marks_of, provision_of
from sensor.needs import described
from sensor.store.traffic_queries import StatusChange


def device(**claims: Any) -> dict[str, Any]:
    none = dict.fromkeys(("vendor", "category", "model", "firmware", "os"))
    return {
        **none,
        **{
            name: {"value": value, "confidence": confidence, "because": []}
            for name, (value, confidence) in claims.items()
        },
    }


def test_kinds_in_words_of_people() -> None:
    assert described(device(vendor=("Sony", 0.9), category=("tv", 0.9), model=("X1", 0.9))) == "Sony TV X1"
    assert described(device(category=("baby_monitor", 0.9))) == "baby monitor"
    assert described(device(vendor=("Sony", 0.4))) == "" == described(device())


def test_without_a_maker_the_platform_is_named() -> None:
    assert described(device(category=("plug", 0.9), platform=("Tuya", 0.9))) == "plug on Tuya"
    assert described(device(vendor=("Nedis", 0.9), platform=("Tuya", 0.9))) == "Nedis"
    assert described(device(platform=("Tuya", 0.4))) == ""
    assert described(device(category=("plug", 0.9), platform=("Tuya", 0.9)), "de") == "Steckdose (Tuya)"
    assert described(device(vendor=("Synology", 0.9), category=("nas", 0.9))) == "Synology NAS"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-02", 86_400_000_000),
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T02:00:00+02:00", 0),
        ("soon", None),
        ("9999-12-31T23:59:59-23:59", 253402300799 * 10**6 + 86340 * 10**6),
    ],
)
def test_times_of_a_query(text: str, expected: int | None) -> None:
    query = finding_query({"since": text, "severity": "high"})
    assert query.since == expected and query.until is None and query.severity == ("high",) and query.rule == ()


def test_whom_a_finding_is_about() -> None:
    assert devices_of({"device": "a", "detail": {"devices": ["b"]}}) == ["a"]
    assert devices_of({"device": None, "detail": {"devices": ["b", "c"]}}) == ["b", "c"]
    assert devices_of({"device": None, "detail": {}}) == []


def test_provisions_come_from_the_map() -> None:
    assert provision_of("EN 303 645 5.1-1")["title"] and provision_of("EN 303 645 99-1")["title"] is None
    assert len(marks_of()) == 5


def test_a_change() -> None:
    change = change_of(StatusChange("r", "d", "verdict", "personal_data", 1_000_000, "concern", "violated"))
    assert change["at"] == "1970-01-01T00:00:01.000000Z" and change["capability"] == "personal_data"
