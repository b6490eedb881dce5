"""Charts and timelines: sums over hours and days are those of the cells, and a status is told when it changed and only
then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sensor.records import Record
from sensor.store.corrections import Corrections
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.store.traffic_queries import StatusChange, Sum
from sensor.store.types import Change, StoredRun, TrafficCell
from sensor.store.writer import Writer
from tests.replaying import of
from tests.store.keeping import TOOL, writer
from tests.store.scale import mac, records

A, B, C = mac(0), mac(1), mac(2)
CELLS = [
    TrafficCell(device, hour, protection, party, hour * 10 + number)
    for number, device in enumerate((A, B, C), 1)
    for hour in (22, 23, 24, 50)
    for protection, party in (("encrypted", "vendor"), ("cleartext", ""))
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home.db"


@pytest.fixture
def store(path: Path) -> Iterator[Writer]:
    with writer(path) as opened:
        opened.keep(StoredRun("r1", records(3, 0), TOOL, 1, traffic=CELLS))
        yield opened


def reader(path: Path) -> StoreReader:
    return StoreReader(store_location(str(path)))


def expected(cells: list[TrafficCell], size: int) -> list[Sum]:
    found: Counter[tuple[int, str, str]] = Counter()
    for cell in cells:
        found[cell.hour // size, cell.protection, cell.party] += cell.bytes
    return sorted(Sum(*key, amount) for key, amount in found.items())


def by_protection(device: str, since: int, until: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for cell in CELLS:
        if cell.device == device and since <= cell.hour < until:
            found[cell.protection] += cell.bytes
    return found


def test_hours_and_days_of_one_and_of_all(store: Writer, path: Path) -> None:
    with reader(path) as opened:
        assert opened.hours("r1") == expected(CELLS, 1) and opened.days("r1") == expected(CELLS, 24)
        assert opened.hours("r1", B) == expected([c for c in CELLS if c.device == B], 1)
        assert opened.hours("r1", since=23, until=50) == expected([c for c in CELLS if 23 <= c.hour < 50], 1)
        assert opened.days("r1", A, since=1, until=2) == expected(
            [c for c in CELLS if c.device == A and c.hour == 24], 24
        )
        assert opened.hours("r1", "nobody") == [] and opened.days("r0") == []
        assert opened.by_protection("r1", [A, "nobody"], 23, 25) == {A: by_protection(A, 23, 25)}
        assert opened.by_protection("r1", [A, B, C], 51, 52) == {}


def test_devices_that_are_one_have_one_sum(store: Writer, path: Path) -> None:
    with Corrections(store_location(str(path))) as corrections:
        corrections.merge(B, A, by="anna")
    with reader(path) as opened:
        assert opened.hours("r1", A) == opened.hours("r1", B) == expected([c for c in CELLS if c.device != C], 1)
        both = by_protection(A, 22, 23) + by_protection(B, 22, 23)
        assert opened.by_protection("r1", [A, C], 22, 23) == {A: both, C: by_protection(C, 22, 23)}


def verdict(run: str, device: str, status: str) -> Record:
    return {
        "record": "verdict",
        "run": run,
        "device": device,
        "capability": "personal_data",
        "status": status,
        "because": [],
        "coverage": {},
    }


def rows(run: str, end: str, *verdicts: Record) -> list[Record]:
    found: list[dict[str, Any]] = [
        {**one, "run": run} for one in records(3, 0) if one["record"] in ("capture", "device")
    ]
    return [{**one, "last_time": end} if one["record"] == "capture" else one for one in found] + list(verdicts)


def test_history_covers_finished_and_live_runs(path: Path) -> None:
    with writer(path) as store:
        for run, day, status in (("r1", 1, "concern"), ("r2", 2, "concern"), ("r3", 3, "violated")):
            store.keep(
                StoredRun(run, rows(run, f"1970-01-0{day}T00:00:00.000000Z", verdict(run, A, status)), TOOL, day)
            )
        live = rows(
            "live", "1970-01-05T00:00:00.000000Z", verdict("live", A, "violated"), verdict("live", B, "concern")
        )
        store.change(Change("live", TOOL, 10, live, at=4 * 86_400_000_000))
        store.change(Change("live", TOOL, 11, [verdict("live", A, "no_violation_seen")], at=5 * 86_400_000_000))
    with reader(path) as opened:
        day = 86_400_000_000
        key = (A, "verdict", "personal_data")
        assert opened.history(A) == [
            StatusChange("live", *key, 5 * day, "violated", "no_violation_seen"),
            StatusChange("r3", *key, 2 * day, "concern", "violated"),
            StatusChange("r1", *key, 0, None, "concern"),
        ]
        assert opened.history(A, most=1) == opened.history(A)[:1] and opened.history(A, kinds=("provision",)) == []
        assert [one.device for one in opened.history(run="live")] == [A, B, A]
        assert len(of(opened.records("live"), "verdict")) == 2
