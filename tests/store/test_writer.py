"""A run is in the store whole or not at all; secrets are not in it; what is forgotten is gone from its bytes."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sensor.store.corrections import Corrections
from sensor.store.location import StoreFailed, StoreState, store_location
from sensor.store.reader import StoreReader
from sensor.store.types import Change
from sensor.store.writer import Writer
from tests.replaying import PCAPS, capture_in, folders, of, replayed
from tests.store.keeping import TOOL, capture, everything_in, stored_run, writer

HOME = capture("home")


def test_the_same_run_again_replaces_it(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    with writer(path) as store:
        store.keep(stored_run(HOME))
        store.keep(stored_run(capture("ntp"), written=2))
        store.keep(stored_run(HOME, written=3))
    with StoreReader(store_location(str(path))) as reader:
        found = reader.runs()
        assert [(one.captures, one.written[-7:]) for one in found] == [
            ((str(capture("ntp")),), "000002Z"),
            ((str(HOME),), "000003Z"),
        ]
        assert len(reader.records(found[1].id)) == len(stored_run(HOME).records)


def canaries() -> dict[Path, set[bytes]]:
    """Secrets that --reveal shows and that no masked record has as a word of its own (a password may be a user's
    name)."""
    found = {}
    for folder in folders():
        path = capture_in(folder)
        masked = json.dumps(replayed(path))
        values = {
            (r["detail"].get(field) or {}).get("value") or ""
            for r in of(replayed(path, reveal=True), "finding")
            for field in ("secret", "value")
            if isinstance(r["detail"].get(field), dict)
        }
        if refused := {value.encode() for value in values if len(value) >= 6 and value not in masked}:
            found[path] = refused
    return found


def test_no_secret_is_in_the_stores_bytes_even_with_reveal(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    secrets = canaries()
    assert sum(map(len, secrets.values())) > 20
    with writer(path) as store:
        locked = sqlite3.connect(path, isolation_level=None)  # as long as somebody reads, the log stays
        locked.execute("BEGIN")
        locked.execute("SELECT count(*) FROM runs").fetchone()
        for name in secrets:
            store.keep(stored_run(name, reveal=True))
        while_open = everything_in(path)
        assert path.with_name("home.db-wal").stat().st_size > 100_000
        locked.close()
    for data in (while_open, everything_in(path)):
        assert not sum(value in data for values in secrets.values() for value in values)


KEEPS = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.store.keeping import stored_run, writer
one = stored_run(Path({capture!r}))
store = writer(Path({path!r}))
print('ready', flush=True)
while True:
    store.keep(one)
"""


@pytest.mark.parametrize("after", [0.0, 0.004, 0.013, 0.029, 0.051])
def test_kill_9_at_any_time_leaves_whole_runs(tmp_path: Path, after: float) -> None:
    path = tmp_path / "home.db"
    script = KEEPS.format(root=str(PCAPS.parent), capture=str(HOME), path=str(path))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    if after:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    expected = stored_run(HOME).records
    with StoreReader(store_location(str(path))) as reader:
        assert all(reader.records(one.id) == json.loads(json.dumps(expected)) for one in reader.runs())
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    with writer(path) as store:
        store.keep(stored_run(HOME))


def test_a_reader_sees_the_run_before_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    one = stored_run(HOME)
    with writer(path) as store, StoreReader(store_location(str(path))) as reader:
        store.keep(one)
        broken = replace(one, records=[*one.records, {**one.records[-1]}])
        with pytest.raises(StoreFailed):
            store.keep(broken)
        assert reader.records(one.run) == json.loads(json.dumps(one.records))


def test_a_locked_store_is_reported_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.store.database.WAIT", 0.05)
    path = tmp_path / "home.db"
    with writer(path) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match="another program is writing"):
            store.keep(stored_run(HOME))
        other.execute("ROLLBACK")
        other.close()
        store.keep(stored_run(HOME))


def test_a_full_disk_is_reported_and_what_was_there_stands(tmp_path: Path) -> None:
    """The limit on a file's size (RLIMIT_FSIZE) stands in for a disk that ends."""
    path = tmp_path / "home.db"
    small = stored_run(capture("ntp"))
    with writer(path) as store:
        store.keep(small)
        child = os.fork()
        if child == 0:  # the limit must not hold for the tests that follow
            status = 1
            try:
                resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
                try:
                    Writer(store_location(str(path))).keep(stored_run(HOME))
                except StoreFailed as error:
                    status = 0 if "what was in the store stands" in str(error) else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with StoreReader(store_location(str(path))) as reader:
        assert [one.id for one in reader.runs()] == [small.run]
        assert reader.records(small.run) == json.loads(json.dumps(small.records))


def test_forgetting_takes_a_device_out_of_the_files_bytes(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    one = stored_run(HOME)
    device = next(r for r in of(one.records, "device") if r["hostname"] == "IPC-Garden")
    names = [device["id"], device["hostname"], *device["addresses"]]
    whole_names = [name.encode() for name in names if not any(name in r["capture"] for r in of(one.records, "capture"))]
    with writer(path) as store:
        store.keep(one)
        assert all(name in everything_in(path) for name in whole_names)
        gone = store.forget(device["id"])
        assert gone.runs == 1 and gone.findings == sum(
            device["id"] in (r["device"], *r["detail"].get("devices", ())) for r in of(one.records, "finding")
        )
        data = everything_in(path)
        left = {other["id"]: other for other in of(one.records, "device") if other is not device}
        longer = [a.encode() for other in left.values() for a in other["addresses"]]
        for name in whole_names:
            stripped = data
            for address in longer:
                if name in address:
                    stripped = stripped.replace(address, b"")
            assert name.lower() not in stripped.lower()
        assert store.forget(device["id"]).runs == 0
    with StoreReader(store_location(str(path))) as reader:
        records = reader.records(one.run)
    ids = {r["id"] for r in of(records, "finding")}
    assert {r["id"] for r in of(records, "device")} == set(left)
    for record in [*of(records, "provision"), *of(records, "verdict")]:
        before = next(
            r
            for r in one.records
            if r["record"] == record["record"]
            and r["device"] == record["device"]
            and (r.get("provision"), r["capability"]) == (record.get("provision"), record["capability"])
        )
        assert record["status"] == before["status"]
        known = {r["id"] for r in of(one.records, "finding")}
        assert not [reason for reason in record["because"] if reason in known and reason not in ids]


@pytest.mark.parametrize("how", ["moved", "replaced"])
def test_nothing_is_written_to_a_file_that_is_not_there_any_more(tmp_path: Path, how: str) -> None:
    """Rows would go with it, or into a file that nobody sees; what is at the path then is another store."""
    path = tmp_path / "home.db"
    one = stored_run(capture("ntp"))
    with writer(path) as store:
        store.keep(one)
        path.rename(tmp_path / "away.db")
        if how == "replaced":
            path.write_bytes((tmp_path / "away.db").read_bytes())
        for write in (lambda: store.keep(one), lambda: store.change(Change(one.run, TOOL, 1, list(one.records)))):
            with pytest.raises(StoreFailed) as failed:
                write()
            assert failed.value.state is StoreState.MISSING


def test_a_finding_about_several_devices_goes_with_each_of_them(tmp_path: Path) -> None:
    """A key or password that two share names both: with one of them the finding goes."""
    path = tmp_path / "home.db"
    one = stored_run(capture("shared_keys"))
    shared = next(r for r in of(one.records, "finding") if r["device"] is None and r["detail"].get("devices"))
    first, *_, last = shared["detail"]["devices"]
    for device in (first, last):
        with writer(path) as store:
            store.keep(one)
            store.forget(device)
            assert device.encode() not in everything_in(path)
        with StoreReader(store_location(str(path))) as reader:
            left = reader.records(one.run)
        assert shared["id"] not in {r["id"] for r in of(left, "finding")}
        assert {r["id"] for r in of(left, "finding")} == {
            r["id"]
            for r in of(one.records, "finding")
            if device not in (r["device"], *(r["detail"].get("devices") or ()))
        }


def test_a_run_is_removed_with_what_was_said_of_its_findings_alone(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    runs = [stored_run(capture(name), written=number) for number, name in enumerate(("ntp", "telnet"))]
    with writer(path) as store:
        for one in runs:
            store.keep(one)
        with Corrections(store_location(str(path))) as corrections:
            for one in runs:
                found = of(one.records, "finding")
                if found:
                    corrections.accept(one.run, found[0]["id"], by="anna")
            corrections.mute(rule="credential.cleartext", by="anna")
        assert store.remove(runs[1].run) is True and store.remove(runs[1].run) is False
        assert {(one.kind, one.run) for one in store.corrections()} >= {("mute", None)}
        assert runs[1].run not in {one.run for one in store.corrections()}
        kept = any(of(runs[0].records, "finding"))
        assert (("accept", runs[0].run) in {(one.kind, one.run) for one in store.corrections()}) is kept
