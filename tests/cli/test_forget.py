"""`lanwitness forget` from outside: the device leaves the store and the packets beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from tests.cli.stored import HOME, records, store
from tests.cli.test_main import lanwitness

__all__ = ["store"]


def test_forget(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "home.db"
    copy.write_bytes(store.read_bytes())
    copied = shutil.copytree(f"{store}.evidence", f"{copy}.evidence")
    device = next(str(r["id"]) for r in records(store) if r["record"] == "device" and r["hostname"] == "IPC-Garden")
    run = lanwitness("forget", device, "--store", copy)
    assert run.returncode == 0 and device in run.stdout and "1 run" in run.stdout
    assert device.encode() not in copy.read_bytes() and device.encode() in store.read_bytes()
    raw = bytes.fromhex(device.replace(":", ""))
    before, after = (
        b"".join(one.read_bytes() for one in Path(folder).iterdir()) for folder in (f"{store}.evidence", copied)
    )
    assert raw in before and raw not in after and len(after) > 10_000
    assert lanwitness("forget", device, "--store", copy).returncode == 2


def test_what_is_not_there_is_a_sentence(store: Path, tmp_path: Path) -> None:
    for device, where in (("02:00:00:00:00:01", tmp_path / "none.db"), ("02:ff:00:00:00:01", store)):
        run = lanwitness("forget", device, "--store", where, state=str(tmp_path))
        assert run.returncode == 2 and len(run.stderr.splitlines()) == 1
    assert not (tmp_path / "none.db").exists()


def test_forget_says_what_is_in_its_way(store: Path, tmp_path: Path) -> None:
    copy = tmp_path / "home.db"
    copy.write_bytes(store.read_bytes())
    with StoreReader(store_location(str(copy))) as reader:
        run_of_home = next(one.id for one in reader.runs() if one.captures == (str(HOME),))
    # A folder in the packets' place: even root cannot unlink it.
    (Path(f"{copy}.evidence") / f"{run_of_home}.pcapng").mkdir(parents=True)
    device = next(str(r["id"]) for r in records(store) if r["record"] == "device")
    run = lanwitness("forget", device, "--store", copy)
    assert run.returncode == 2 and run.stdout == ""
    assert "its packets beside the store cannot be removed" in run.stderr and "still in the store" in run.stderr
    assert device.encode() in copy.read_bytes()
