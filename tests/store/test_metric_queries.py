"""The numbers of the newest run, counted by hand from what was put in; as the user knows its devices; and the
database's work does not grow with findings."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from sensor.store import metric_queries as module
from sensor.store.corrections import Corrections
from sensor.store.location import store_location
from sensor.store.metric_queries import Totals, TotalsReader
from sensor.store.types import Sensor, StoredRun
from sensor.store.writer import Writer
from tests.store.keeping import TOOL

TIME = "2026-05-01T10:00:00.000000Z"
MICROSECONDS = 1_777_629_600_000_000
CAMERA, PHONE, PLUG = "50:c7:bf:00:53:02", "02:00:5e:00:53:09", "50:c7:bf:00:53:03"
SCORES = (
    "no_default_passwords",
    "vulnerability_disclosure",
    "software_updates",
    "secure_communication",
    "personal_data",
)


def device(name: str, *, cleartext: int = 0, in_scope: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "record": "device",
        "id": name,
        "mac": name,
        "mac_randomized": False,
        "addresses": [],
        "hostname": None,
        "first_seen": TIME,
        "last_seen": TIME,
        "vendor": None,
        "category": None,
        "model": None,
        "firmware": None,
        "os": None,
        "bytes": {"encrypted": 5, "cleartext": cleartext, "unknown": 0},
        "destinations": [],
        "probably_same": [],
        "in_scope": in_scope,
        **more,
    }


def finding(name: str, rule: str, severity: str, owner: str = CAMERA, **more: Any) -> dict[str, Any]:
    return {
        "record": "finding",
        "id": name,
        "rule": rule,
        "severity": severity,
        "device": owner,
        "peer_device": None,
        "role": "client",
        "capability": None,
        "provisions": [],
        "client": "192.168.1.2:1",
        "server": "203.0.113.9:80",
        "protocol": "http",
        "time": TIME,
        "last_time": TIME,
        "count": 1,
        "evidence": [],
        "summary": "",
        "advice": "",
        "detail": {},
        **more,
    }


def verdicts(owner: str, **statuses: str) -> list[dict[str, Any]]:
    totals = {one: statuses.get(one, "insufficient_evidence") for one in SCORES}
    return [
        {"record": "verdict", "device": owner, "capability": one, "status": status, "because": [], "coverage": {}}
        for one, status in totals.items()
    ]


CAPTURE = {
    "record": "capture",
    "capture": "x",
    "packets": 1,
    "bytes": 1,
    "first_time": TIME,
    "last_time": TIME,
    "link_types": ["ethernet"],
    "truncated_packets": 0,
    "undecoded_packets": 0,
    "undecoded": {},
    "lost_bytes": 0,
    "damage": None,
}
RECORDS = [
    CAPTURE,
    device(CAMERA, cleartext=7, hostname="hall-cam"),
    device(PLUG),
    device(PHONE, in_scope=False),
    finding("f1", "credential.cleartext", "high"),
    finding("f2", "credential.cleartext", "high", PLUG),
    finding("f3", "tls.version", "low"),
    *verdicts(CAMERA, secure_communication="violated"),
    *verdicts(PLUG, secure_communication="concern"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home.db"


def put(path: Path, records: list[dict[str, Any]] = RECORDS, run: str = "r1", written: int = 5) -> None:
    with Writer(store_location(str(path))) as writer:
        writer.keep(StoredRun(run, [{"run": run, **one} for one in records], TOOL, written))


def read(path: Path) -> Totals:
    with closing(TotalsReader(store_location(str(path)))) as store:
        return store.totals()


def test_an_empty_store(path: Path) -> None:
    Writer(store_location(str(path))).close()
    assert read(path) == Totals()


def test_what_was_put_in_is_counted(path: Path) -> None:
    put(path)
    found = read(path)
    assert (found.runs, found.run, found.written, found.last_packet) == (1, "r1", 5, MICROSECONDS)
    assert found.findings == {("credential.cleartext", "high"): 2, ("tls.version", "low"): 1}
    assert found.silenced == {} and found.sensor is None
    assert {one["id"]: one["bytes"]["cleartext"] for one in found.devices} == {CAMERA: 7, PLUG: 0, PHONE: 0}
    assert set(found.verdicts) == {CAMERA, PLUG}
    assert found.verdicts[CAMERA]["secure_communication"] == "violated"


def test_the_newest_run_counts(path: Path) -> None:
    put(path)
    put(path, [CAPTURE, device(PLUG)], "r0", 9)
    found = read(path)
    assert (found.runs, found.run, found.findings) == (2, "r0", {})


def test_names_and_merges_of_the_user_hold(path: Path) -> None:
    put(path)
    with Corrections(store_location(str(path))) as corrections:
        corrections.name(CAMERA, "Hall", by="anna")
        corrections.merge(PLUG, CAMERA, by="anna")
    found = read(path)
    assert [(one["id"], one["hostname"], one["bytes"]["encrypted"]) for one in found.devices] == [
        (CAMERA, "Hall", 10),
        (PHONE, None, 5),
    ]
    assert found.verdicts.keys() == {CAMERA}
    assert found.verdicts[CAMERA]["secure_communication"] == "violated", "the worse of the two"


@pytest.mark.parametrize(
    ("mute", "silenced"),
    [
        ({"rule": "credential.cleartext"}, {("credential.cleartext", "high"): 2}),
        ({"rule": "credential.cleartext", "device": PLUG}, {("credential.cleartext", "high"): 1}),
        ({"device": CAMERA}, {("credential.cleartext", "high"): 1, ("tls.version", "low"): 1}),
        ({"destination": "203.0.113.9"}, {("credential.cleartext", "high"): 2, ("tls.version", "low"): 1}),
        ({"destination": "203.0.113.10"}, {}),
    ],
)
def test_what_is_muted_is_counted_beside(
    path: Path, mute: dict[str, str], silenced: dict[tuple[str, str], int]
) -> None:
    put(path)
    with Corrections(store_location(str(path))) as corrections:
        corrections.mute(by="anna", **mute)
    found = read(path)
    assert found.silenced == silenced and sum(found.findings.values()) == 3


def test_what_is_accepted_is_counted_beside(path: Path) -> None:
    put(path)
    with Corrections(store_location(str(path))) as corrections:
        corrections.accept("r1", "f3", by="anna")
    assert read(path).silenced == {("tls.version", "low"): 1}


def test_a_live_sensor_says_how_it_does(path: Path) -> None:
    from sensor.store.types import Change

    with Writer(store_location(str(path))) as writer:
        writer.change(
            Change("r1", TOOL, 5, [{"run": "r1", **CAPTURE}], sensor=Sensor(7, "silent", "", "eth1", 3, 4, 1, None))
        )
    found = read(path)
    assert found.sensor is not None and (found.sensor["state"], found.sensor["at"], found.sensor["dropped"]) == (
        "silent",
        7,
        1,
    )


def test_the_work_does_not_grow_with_the_findings(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that come up from the database, not seconds: 30 findings or 3,000 are the same few."""
    monkeypatch.setattr(module, "LOOKED", 50)
    fetched: list[int] = []
    for count in (30, 3000):
        put(path, [CAPTURE, device(CAMERA), *(finding(f"f{number}", "tls.version", "low") for number in range(count))])
        with Corrections(store_location(str(path))) as corrections:
            corrections.mute(by="anna", rule="tls.version")
        with closing(TotalsReader(store_location(str(path)))) as store:
            statements: list[str] = []
            event.listen(store._engine, "before_cursor_execute", lambda *a, totals=statements: totals.append(a[2]))
            found = store.totals()
        assert found.findings == {("tls.version", "low"): count}
        assert found.silenced == {("tls.version", "low"): min(count, 50)}
        fetched.append(len(statements))
    assert fetched[0] == fetched[1] < 13
