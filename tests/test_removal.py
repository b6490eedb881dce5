"""A removed device or run is out of the store and of the packets beside it; what could not be removed is reported."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sensor import removal
from sensor.evidence.packet import EvidencePacket
from sensor.evidence.storage import EvidenceFolder, evidence_path
from sensor.removal import Removal
from sensor.store.corrections import Corrections
from sensor.store.location import StoreFailed, StoreState, store_location
from sensor.store.reader import StoreReader
from sensor.store.recorder import Recorder
from sensor.store.retention import RetentionLimits
from sensor.store.types import Change
from tests.replaying import PCAPS, of
from tests.store.keeping import capture, everything_in, stored_run, writer

LATE = 400 * 86_400_000_000
"""µs since 1970: all of the store is too old by then."""

HOME = stored_run(capture("home"))
CAMERA = next(r for r in of(HOME.records, "device") if r["hostname"] == "IPC-Garden")
OTHER = next(r for r in of(HOME.records, "device") if r["mac"] and r is not CAMERA)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with two packets beside it: one with the camera's own name in it, one that is another's."""
    path = tmp_path / "home.db"
    with writer(path) as store:
        store.keep(HOME)
    mine, other = (
        next(r["id"] for r in of(HOME.records, "finding") if (r["device"] == CAMERA["id"]) is own)
        for own in (True, False)
    )
    packets = [
        EvidencePacket("c", 1, 1, 1, b"GET IPC-Garden", 14, (), ((other, "x"),)),
        EvidencePacket("c", 2, 1, 1, b"nothing", 7, (), ((mine, "x"),)),
    ]
    EvidenceFolder(evidence_path(store_location(str(path)), tmp_path)).put(
        HOME.run, [*packets, EvidencePacket("c", 3, 1, 1, b"another", 7, (), ((other, "x"),))]
    )
    return path


def frames(path: Path) -> list[int]:
    return [
        one.frame for one in EvidenceFolder(evidence_path(store_location(str(path)), path.parent)).packets(HOME.run)
    ]


def test_a_renamed_device_goes_by_all_its_names(path: Path, tmp_path: Path) -> None:
    assert frames(path) == [1, 2, 3]
    with Corrections(store_location(str(path))) as corrections:
        corrections.name(CAMERA["id"], "Porch-box", by="anna")
        corrections.merge(OTHER["id"], CAMERA["id"], by="anna")
    memory = tmp_path / "alerts" / "memory.json"
    memory.parent.mkdir()
    memory_of = {
        "devices": {CAMERA["id"]: "IPC-Garden"},
        "findings": [],
        "verdicts": {},
        "sent": {},
        "health": "well",
        "node": "",
        "learn_until": None,
    }
    memory.write_text(json.dumps({"version": 1, **memory_of}), "utf-8")
    gone = removal.forget(store_location(str(path)), tmp_path, CAMERA["id"])
    assert "IPC-Garden" not in memory.read_text("utf-8")
    assert gone.runs == 1 and gone.findings and frames(path) == [3]
    data = everything_in(path)
    assert not [
        name for name in (b"Porch-box", b"IPC-Garden", CAMERA["id"].encode(), OTHER["id"].encode()) if name in data
    ]
    assert removal.forget(store_location(str(path)), tmp_path, CAMERA["id"]).runs == 0


def block(path: Path, run: str = HOME.run) -> Path:
    """A folder where the run's packets are: no program can unlink it, not even root's."""
    file = evidence_path(store_location(str(path)), path.parent) / f"{run}.pcapng"
    file.unlink(missing_ok=True)
    file.mkdir(parents=True)
    return file


def test_a_run_goes_with_its_packets(path: Path, tmp_path: Path) -> None:
    where = store_location(str(path))
    assert removal.remove(where, tmp_path, "r0") == Removal(()) and frames(path)
    assert removal.remove(where, tmp_path, "../r0") == Removal(())
    assert removal.remove(where, tmp_path, HOME.run) == Removal((HOME.run,)) and frames(path) == []
    with StoreReader(where) as reader:
        assert reader.runs() == []


def test_packets_that_stay_behind_are_reported_and_go_at_the_next_try(path: Path, tmp_path: Path) -> None:
    where, file = store_location(str(path)), block(path)
    removed = removal.remove(where, tmp_path, HOME.run)
    assert removed.runs == (HOME.run,)
    assert removed.left.startswith(f"the packets of run {HOME.run} are still beside the store: ")
    file.rmdir()
    file.write_bytes(b"packets")
    assert removal.remove(where, tmp_path, HOME.run) == Removal(()) and not file.exists()


def test_what_is_too_old_goes_with_its_packets(path: Path, tmp_path: Path) -> None:
    where = store_location(str(path))
    assert removal.tidy(where, tmp_path, RetentionLimits(), LATE).runs == (HOME.run,)
    assert frames(path) == []


def test_one_runs_packets_that_stay_keep_no_others_packets(path: Path, tmp_path: Path) -> None:
    where = store_location(str(path))
    with writer(path) as store:
        for name in ("r0", "r9"):
            store.keep(replace(HOME, run=name, records=[{**one, "run": name} for one in HOME.records]))
    block(path, "r0")
    EvidenceFolder(evidence_path(where, tmp_path)).put("r9", [EvidencePacket("c", 1, 1, 1, b"x", 1, (), (("f", "x"),))])
    removed = removal.tidy(where, tmp_path, RetentionLimits(), LATE)
    assert set(removed.runs) == {"r0", "r9", HOME.run} and "packets of run r0 are" in removed.left
    assert EvidenceFolder(evidence_path(where, tmp_path)).runs() == ["r0"]


@pytest.mark.parametrize("blocked", [False, True])
def test_a_sensors_daily_retention_drops_packets_of_the_runs_that_go(path: Path, tmp_path: Path, blocked: bool) -> None:
    where = store_location(str(path))
    if blocked:
        block(path)
    sentences: list[str] = []
    retain = removal.daily(where, tmp_path, RetentionLimits(), sentences.append)
    recorder = Recorder(where, retain=retain, every=0.01, clock=lambda: LATE / 1e6)
    recorder.put(Change("live", HOME.tool, LATE, []))
    assert recorder.close(30) and recorder.health.state is StoreState.OK
    with StoreReader(where) as reader:
        assert [one.id for one in reader.runs()] == ["live"]
    assert frames(path) == [] and len(sentences) == blocked
    assert all(f"the packets of run {HOME.run} are still beside the store" in one for one in sentences)


def test_watch_applies_retention_to_the_packets_too(path: Path, tmp_path: Path) -> None:
    """By the command itself, with a capture on its standard input; a run that was put in at the beginning of 1970 is
    too old."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE runs SET written = 1")
    connection.close()
    assert frames(path) == [1, 2, 3]
    run = subprocess.run(
        [sys.executable, "-m", "sensor", "watch", "-", "--plain", "--store", str(path)],
        input=capture("ntp").read_bytes(), capture_output=True, timeout=60, cwd=PCAPS.parent, check=False,
        env={"PATH": "/usr/bin:/bin", "LANWITNESS_STATE": str(tmp_path)},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    with StoreReader(store_location(str(path))) as reader:
        assert HOME.run not in [one.id for one in reader.runs()] and len(reader.runs()) == 1
    assert frames(path) == [] and b"still beside" not in run.stderr


def test_a_device_whose_packets_stay_is_still_in_the_store(path: Path, tmp_path: Path) -> None:
    where, file = store_location(str(path)), block(path)
    with pytest.raises(removal.RemovalFailed, match=r"its packets .* cannot be removed: .*; the device is still in"):
        removal.forget(where, tmp_path, CAMERA["id"])
    file.rmdir()
    memory = tmp_path / "alerts" / "memory.json"
    memory.mkdir(parents=True)
    with pytest.raises(removal.RemovalFailed, match=r"what alerts remember of it cannot be removed: .*still in"):
        removal.forget(where, tmp_path, CAMERA["id"])
    with StoreReader(where) as reader:
        assert CAMERA["id"] in {one["id"] for one in of(reader.records(HOME.run), "device")}
    memory.rmdir()
    assert removal.forget(where, tmp_path, CAMERA["id"]).runs == 1


def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    for call in (removal.forget, removal.remove):
        with pytest.raises(StoreFailed, match="there is no store"):
            call(store_location(str(tmp_path / "none.db")), tmp_path, "x")
    assert list(tmp_path.iterdir()) == []
