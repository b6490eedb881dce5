"""What is forgotten is out of the store and out of the packets beside it, also what the user said is part of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensor import removal
from sensor.evidence.packet import Packet
from sensor.evidence.storage import Folder, beside
from sensor.store.corrections import Corrections
from sensor.store.location import StoreFailed, store_location
from sensor.store.reader import Reader
from sensor.store.retention import Retention
from tests.replaying import of
from tests.store.keeping import capture, everything_in, kept, writer

HOME = kept(capture("home"))
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
        Packet("c", 1, 1, 1, b"GET IPC-Garden", 14, (), ((other, "x"),)),
        Packet("c", 2, 1, 1, b"nothing", 7, (), ((mine, "x"),)),
    ]
    Folder(beside(store_location(str(path)), tmp_path)).put(
        HOME.run, [*packets, Packet("c", 3, 1, 1, b"another", 7, (), ((other, "x"),))]
    )
    return path


def frames(path: Path) -> list[int]:
    return [one.frame for one in Folder(beside(store_location(str(path)), path.parent)).packets(HOME.run)]


def test_a_renamed_device_goes_by_all_its_names(path: Path, tmp_path: Path) -> None:
    assert frames(path) == [1, 2, 3]
    with Corrections(store_location(str(path))) as corrections:
        corrections.name(CAMERA["id"], "Porch-box", by="anna")
        corrections.merge(OTHER["id"], CAMERA["id"], by="anna")
    memory = tmp_path / "alerts" / "memory.json"
    memory.parent.mkdir()
    told = {
        "devices": {CAMERA["id"]: "IPC-Garden"},
        "findings": [],
        "verdicts": {},
        "sent": {},
        "health": "well",
        "node": "",
        "learn_until": None,
    }
    memory.write_text(json.dumps({"version": 1, **told}), "utf-8")
    gone = removal.forget(store_location(str(path)), tmp_path, CAMERA["id"])
    assert "IPC-Garden" not in memory.read_text("utf-8")
    assert gone.runs == 1 and gone.findings and frames(path) == [3]
    data = everything_in(path)
    assert not [
        name for name in (b"Porch-box", b"IPC-Garden", CAMERA["id"].encode(), OTHER["id"].encode()) if name in data
    ]
    assert removal.forget(store_location(str(path)), tmp_path, CAMERA["id"]).runs == 0


def test_a_run_goes_with_its_packets(path: Path, tmp_path: Path) -> None:
    assert not removal.remove(store_location(str(path)), tmp_path, "r0") and frames(path)
    assert removal.remove(store_location(str(path)), tmp_path, HOME.run) and frames(path) == []
    with Reader(store_location(str(path))) as reader:
        assert reader.runs() == []


def test_what_is_too_old_goes_with_its_packets(path: Path, tmp_path: Path) -> None:
    assert (
        removal.tidy(store_location(str(path)), tmp_path, Retention(), 400 * 86_400_000_000).runs == (HOME.run,)
        and frames(path) == []
    )


def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    for call in (removal.forget, removal.remove):
        with pytest.raises(StoreFailed, match="there is no store"):
            call(store_location(str(tmp_path / "none.db")), tmp_path, "x")
    assert list(tmp_path.iterdir()) == []
