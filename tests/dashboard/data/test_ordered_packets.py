"""Packets that a hub orders from a sensor: each state, and what is sent is checked before it is stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from dashboard.data.ordered_packets import DAMAGED, RECEIVED, UNORDERED, can_be_ordered, give, state_of
from sensor.evidence import pcapng
from sensor.evidence.packet import EvidencePacket
from sensor.evidence.storage import EvidenceFolder
from sensor.records import Record
from sensor.store.location import StoreLocation, store_location
from sensor.store.orders import DONE, NONE, OPEN, Orders, answer
from sensor.store.reader import StoreReader
from tests.store.several import ATTIC, HALL, run_of, several


@pytest.fixture
def where(tmp_path: Path) -> StoreLocation:
    several(tmp_path / "hub.db")
    return store_location(str(tmp_path / "hub.db"))


@pytest.fixture
def finding(where: StoreLocation) -> Record:
    with StoreReader(where) as reader:
        return next(one for one in reader.records(run_of(ATTIC)) if one["record"] == "finding" and one["evidence"])


@pytest.fixture
def folder(tmp_path: Path) -> EvidenceFolder:
    return EvidenceFolder(tmp_path / "evidence")


def packet_of(finding: Record) -> EvidencePacket:
    entry = finding["evidence"][0]
    return EvidencePacket(
        entry["capture"], entry["frames"][0], 1_700_000_000_000_000_000, 1, b"ab****cd", 60, ((2, 6),), (("x", "y"),)
    )


def send(where: StoreLocation, finding: Record, state: str, data: bytes | None = None) -> None:
    """What the sensor answers."""
    with Orders(where) as orders:
        order = orders.of_finding(finding["run"], finding["id"])
    engine = create_engine(f"sqlite:///{where.path}")
    with engine.begin() as connection:
        answer(connection, order or "", ATTIC.id, state, 7, data)
    engine.dispose()


def test_what_a_sensor_sends_is_stored_and_taken_out_of_the_database(
    where: StoreLocation, finding: Record, folder: EvidenceFolder
) -> None:
    assert state_of(where, folder, finding) == {"state": UNORDERED, "sensor": "attic", "last_seen": None}
    assert give(where, finding["run"], finding["id"]) and give(where, finding["run"], finding["id"])
    assert state_of(where, folder, finding) == {"state": OPEN, "sensor": "attic", "last_seen": None}
    send(where, finding, DONE, pcapng.write([packet_of(finding)], "LANwitness"))
    found = state_of(where, folder, finding)
    assert found is not None and found["state"] == RECEIVED
    (stored,) = folder.of(finding["run"], finding["id"])
    assert replace(stored, findings=()) == replace(packet_of(finding), findings=())
    with Orders(where) as orders:
        assert orders.of_finding(finding["run"], finding["id"]) is None


def test_what_is_no_evidence_is_not_used(where: StoreLocation, finding: Record, folder: EvidenceFolder) -> None:
    uncovered = replace(packet_of(finding), marked=((0, 3),))
    for data in (b"no capture", pcapng.write([uncovered], "LANwitness"), pcapng.write([], "LANwitness")):
        give(where, finding["run"], finding["id"])
        send(where, finding, DONE, data)
        found = state_of(where, folder, finding)
        assert found is not None and found["state"] == DAMAGED and not folder.runs()
    # Asked again after that, it may send what is.
    assert (state_of(where, folder, finding) or {})["state"] == UNORDERED


def test_a_sensor_that_has_none_says_so_and_one_that_is_silent_is_named(
    where: StoreLocation, finding: Record, folder: EvidenceFolder, tmp_path: Path
) -> None:
    give(where, finding["run"], finding["id"])
    send(where, finding, NONE)
    assert (state_of(where, folder, finding) or {})["state"] == NONE
    several(tmp_path / "quiet.db", silent=4000)
    quiet = store_location(str(tmp_path / "quiet.db"))
    silent = {**finding, "run": run_of(HALL)}
    give(quiet, silent["run"], silent["id"])
    found = state_of(quiet, folder, silent)
    assert found is not None and found["state"] == OPEN and found["sensor"] == "hall"
    assert (found["last_seen"] or "").startswith("20")


def test_nobody_is_asked_for_a_run_of_no_sensor(where: StoreLocation, finding: Record, folder: EvidenceFolder) -> None:
    nobody = {**finding, "run": "elsewhere"}
    assert not give(where, "elsewhere", finding["id"]) and state_of(where, folder, nobody) is None
    assert not can_be_ordered(where) and can_be_ordered(store_location("postgresql+psycopg:///lan"))
