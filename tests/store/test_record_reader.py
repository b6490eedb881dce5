"""One device's records, and the devices as rows of a table, are what all records of the run say of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sensor.model import SEVERITIES
from sensor.store.applied_corrections import devices_of
from sensor.store.corrections import Corrections
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.store.record_reader import MARK
from sensor.store.rows import CLAIMS
from tests.replaying import of
from tests.store.keeping import capture, stored_run, writer

CAMERA = "ec:71:db:1c:44:02"
HOME = stored_run(capture("home"))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("restoring") / "home.db"
    with writer(path) as store:
        store.keep(HOME)
        store.keep(stored_run(capture("ntp"), written=2))
    return path


def test_one_device_is_what_all_records_say_of_it(path: Path) -> None:
    with StoreReader(store_location(str(path))) as reader:
        everything = reader.records(HOME.run)
        for device in of(everything, "device"):
            mine = [
                r
                for r in everything
                if r["record"] == "capture"
                or r.get("id") == device["id"]
                or device["id"] in (devices_of(r) if r["record"] == "finding" else [r.get("device")])
            ]
            assert reader.device(HOME.run, device["id"]) == mine
        worst = max(
            of(everything, "device"), key=lambda d: sum(d["id"] in devices_of(r) for r in of(everything, "finding"))
        )["id"]
        ranks = sorted(SEVERITIES.index(r["severity"]) for r in of(everything, "finding") if worst in devices_of(r))
        few = of(reader.device(HOME.run, worst, findings=3), "finding")
        assert sorted(SEVERITIES.index(r["severity"]) for r in few) == ranks[:3] and all(r["evidence"] for r in few)
        assert [r["record"] for r in reader.device(HOME.run, "nobody")] == ["capture"]


def test_the_overview_is_what_all_records_say(path: Path) -> None:
    with StoreReader(store_location(str(path))) as reader:
        everything = reader.records(HOME.run)
        rows, counts = reader.devices(HOME.run), reader.finding_counts(HOME.run)
    assert [r["id"] for r in rows] == [r["id"] for r in of(everything, "device")]
    for row, whole in zip(rows, of(everything, "device"), strict=True):
        marks = [
            {name: r[name] for name in ("capability", "status", *MARK)}
            for r in of(everything, "verdict")
            if r["device"] == row["id"]
        ]
        assert row["marks"] == marks
        assert counts.get(row["id"], 0) == sum(row["id"] in devices_of(r) for r in of(everything, "finding"))
        assert (row["hostname"], row["bytes"], row["in_scope"]) == (
            whole["hostname"],
            whole["bytes"],
            whole["in_scope"],
        )
        assert (row["category"] or {}).get("value") == (whole["category"] or {}).get("value")


def test_two_that_are_one_are_one_row(tmp_path: Path) -> None:
    with writer(tmp_path / "home.db") as store:
        store.keep(HOME)
    where = store_location(str(tmp_path / "home.db"))
    one, other = [r["device"] for r in of(HOME.records, "verdict")][::5][:2]
    with Corrections(where) as corrections, StoreReader(where) as reader:
        before, found = {r["id"]: r for r in reader.devices(HOME.run)}, reader.finding_counts(HOME.run)
        corrections.merge(other, one, by="anna")
        after = {r["id"]: r for r in reader.devices(HOME.run)}
        assert set(before) - set(after) == {other} and len(after[one]["marks"]) == 5
        assert reader.finding_counts(HOME.run) == {
            **{name: count for name, count in found.items() if name != other},
            one: found[one] + found[other],
        }
        both = reader.device(HOME.run, other)
        assert [r["id"] for r in of(both, "device")] == [one] and {r["device"] for r in of(both, "verdict")} == {one}
        assert json.dumps(both)


def test_the_newest_run_and_one_by_name(path: Path) -> None:
    with StoreReader(store_location(str(path))) as reader:
        newest, named = reader.run(), reader.run(HOME.run)
        assert newest is not None and named is not None and newest.id != HOME.run and named.id == HOME.run
        assert [newest, named] == sorted(reader.runs(), key=lambda one: one.written, reverse=True) and reader.run(
            "r0"
        ) is None


def test_light_rows_are_those_of_the_table_but_for_headlines(tmp_path: Path) -> None:
    """Also with a name, a kind that is no such device, a merge and a mute: what changes marks is read whole."""
    home = HOME
    with writer(tmp_path / "light.db") as store:
        store.keep(home)
    where = store_location(str(tmp_path / "light.db"))
    others = [
        one["id"] for one in home.records if one["record"] == "device" and one["id"] != CAMERA and one["in_scope"]
    ]

    def check() -> None:
        with StoreReader(where) as reader, reader.at_once():
            whole, light = reader.devices(home.run), reader.light_devices(home.run)
            shown = {one["id"]: one for one in reader.with_headlines(home.run, light)}
            assert [one["id"] for one in light] == [one["id"] for one in whole]
            for one in whole:
                found = shown[one["id"]]
                assert found["marks"] == one["marks"]
                for name in (*LIGHT_FIELDS, *CLAIMS):
                    assert pruned(found[name]) == pruned(one[name]), name
                assert found.get("corrected") == one.get("corrected")

    check()
    with Corrections(where) as corrections:
        corrections.name(CAMERA, "Garden", by="anna")
        corrections.category(others[0], "phone", by="anna")
        check()
        corrections.mute(device=CAMERA, by="anna")
        check()
        corrections.merge(others[0], CAMERA, by="anna")
        check()


LIGHT_FIELDS = ("id", "mac", "mac_randomized", "addresses", "hostname", "first_seen", "last_seen", "in_scope", "bytes")


def pruned(value: Any) -> Any:
    return (
        {name: value[name] for name in ("value", "confidence")}
        if isinstance(value, dict) and "value" in value
        else value
    )
