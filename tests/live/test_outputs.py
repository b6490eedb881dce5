"""What a file of records, a store and alerts are told of a live run."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sensor.export.jsonlines import JsonLines
from sensor.live import outputs
from sensor.live.outputs import AlarmOutput, JsonOutput, StatusRepeat, StoreOutput, store_sentence
from sensor.live.traffic_counter import TrafficCounter
from sensor.run import Options
from sensor.store.location import StoreState, store_location
from sensor.store.reader import StoreReader
from sensor.store.recorder import Health, Recorder
from sensor.store.types import Change, Sensor, Tool
from sensor.vault import Vault
from tests.live.watching import data_of, watch
from tests.replaying import PCAPS, capture_in, replayed

TOOL = Tool("0.0.test", "a" * 64, "b" * 64)
FTP = capture_in(PCAPS / "ftp_login")


def test_records_are_whole_lines_with_a_summary_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with path.open("wb", buffering=0) as stream:
        json_output = JsonOutput(JsonLines(stream, "out"), "w1", time.monotonic)
        status, _, _ = watch(
            data_of(FTP), json_output, options=Options(flows=True, strict=True), on_flow=json_output.flow
        )
    assert status == 0
    found = [json.loads(line) for line in path.read_text().splitlines()]
    assert {record["run"] for record in found} == {"w1"}
    counts = found[-1]["records"]
    expected = replayed(FTP)
    for kind in ("device", "finding", "verdict", "provision", "capture"):
        assert counts[kind] == sum(record["record"] == kind for record in expected)
    flows = [record for record in found if record["record"] == "flow"]
    assert counts["flow"] == len(flows) > 0 and all(record["client"] for record in flows)
    assert [r["state"] for r in found if r["record"] == "sensor"][-1] == "ended"
    (capture,) = [record for record in found if record["record"] == "capture"]
    assert capture["packets"] == 194 and capture["dropped_packets"] is None


def test_a_store_holds_what_was_output(tmp_path: Path) -> None:
    where = store_location(str(tmp_path / "home.db"))
    sentences: list[Health] = []
    store = StoreOutput(Recorder(where, sentences.append, every=0.01), "w1", TOOL)
    _, listener, _ = watch(data_of(FTP), store, accounts=TrafficCounter())
    with StoreReader(where) as reader:
        (run,) = reader.runs()
        assert run.id == "w1"
        stored = list(reader.records("w1"))
        assert sum(cell.bytes for cell in reader.traffic("w1")) > 0
    for kind in ("device", "finding", "verdict", "provision", "capture"):
        assert sum(r["record"] == kind for r in stored) == sum(r["record"] == kind for r in replayed(FTP)), kind
    assert not [health for health in sentences if health.state is not StoreState.OK]
    assert listener.moments[-1].last


@pytest.mark.parametrize("reveal", [True, False])
def test_alerts_get_everything_but_secrets(reveal: bool) -> None:
    changes: list[Change] = []

    class Alerts:
        def update(self, change: Change, now: float | None = None) -> None:
            assert now is not None and abs(now - time.time()) < 600
            changes.append(change)

    import io

    from sensor.live.streams import StdinStream
    from sensor.live.watch import LiveRun
    from tests.live.watching import signals_restored

    made = LiveRun(
        streams=[StdinStream("-", io.BytesIO(data_of(FTP)))],
        vault=Vault(bytes(32), reveal=reveal),
        options=Options(strict=True),
        name="w1",
        capture="-",
        outputs=[AlarmOutput(Alerts(), "w1", TOOL)],
        say=lambda text: None,
    )
    with signals_restored():
        made.go()
    findings = [record for change in changes for record in change.records if record["record"] == "finding"]
    secrets = [r["detail"]["secret"] for r in findings if r["detail"].get("secret")]
    assert secrets and not [one for one in secrets if "value" in one]
    assert changes[-1].sensor is not None and changes[-1].sensor.state == "ended" and changes[-1].sensor.packets == 194


def test_a_stores_trouble_in_words() -> None:
    assert store_sentence(Health(StoreState.OK, "", 0.0)) == "the store is written again"
    assert store_sentence(Health(StoreState.FAILED, "home.db: the disk is full", 0.0)).startswith(
        "home.db: the disk is full; listening goes on"
    )


def snapshot(steady: float, *, state: str = "ok", packets: int = 0, dropped: int = 0, starts: int = 1) -> Any:
    sensor = Sensor(0, state, "", "eth1", packets, 0, dropped, None, {})
    watched = [SimpleNamespace(source=SimpleNamespace(starts=starts))]
    return SimpleNamespace(sensor=sensor, watched=watched, steady=steady, last=False)


def test_a_state_comes_again_when_it_says_something() -> None:
    repeat = StatusRepeat()
    assert repeat.again(snapshot(1.0)) and not repeat.again(snapshot(600.9, packets=5))
    assert repeat.again(snapshot(601.0)) and not repeat.again(snapshot(602.0))
    assert repeat.again(snapshot(603.0, state="silent")) and not repeat.again(snapshot(604.0, state="silent"))
    assert repeat.again(snapshot(605.0, state="silent", starts=2))


def test_lost_packets_come_at_once_and_then_each_minute() -> None:
    repeat = StatusRepeat()
    assert repeat.again(snapshot(1.0)) and repeat.again(snapshot(2.0, dropped=1))
    assert not repeat.again(snapshot(61.9, dropped=2)) and repeat.again(snapshot(62.0, dropped=2))
    assert not repeat.again(snapshot(200.0, dropped=2)) and repeat.again(snapshot(200.5, dropped=3))


def test_the_end_is_said_where_more_came() -> None:
    repeat, end = StatusRepeat(), snapshot(2.0, packets=7)
    end.last = True
    assert repeat.again(snapshot(1.0, packets=7)) and not repeat.again(end)
    more = snapshot(3.0, packets=8)
    assert not repeat.again(more)
    more.last = True
    assert repeat.again(more)


def test_what_waits_on_the_disk_is_in_the_sentence() -> None:
    waits = store_sentence(Health(StoreState.FAILED, "hub: away", 0.0, on_disk=1))
    assert waits == "hub: away; listening goes on, what is found waits on this disk, and it is tried again"
    assert store_sentence(Health(StoreState.FAILED, "hub: away", 0.0)) == (
        "hub: away; listening goes on, and it is tried again"
    )


@pytest.mark.parametrize(
    ("client", "server", "device"), [("c", "s", "c"), ("c", None, "c"), (None, "s", "s"), (None, None, None)]
)
def test_a_flow_is_of_the_device_that_began_it_or_else_of_the_other(
    monkeypatch: pytest.MonkeyPatch, client: str | None, server: str | None, device: str | None
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(outputs, "flow_record", lambda run, flow, device: {"run": run, "flow": flow, "device": device})
    lines: Any = SimpleNamespace(write=seen.append)
    made = JsonOutput(lines, "w1", lambda: 0.0)
    flow: Any = SimpleNamespace(client="C", server="S")
    run: Any = SimpleNamespace(pipeline=SimpleNamespace(device_of={"C": client, "S": server}.get))
    made.flow(run, flow)
    made.flow(run, flow)
    assert seen == [{"run": "w1", "flow": flow, "device": device}] * 2 and made._flows == 2


def written(language: str, **more: Any) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    target: Any = SimpleNamespace(
        write=lambda record: lines.append({**record}), flush=lambda: lines.append({"flush": 1})
    )
    watch(data_of(FTP), JsonOutput(target, "w1", lambda: 0.0, language, **more))
    return lines


def test_each_record_is_in_the_language_of_the_file() -> None:
    """Also what comes at the end; the order of the records is the same."""
    english, german = written("en"), written("de")
    assert [one.get("record") for one in english] == [one.get("record") for one in german]
    for kind, field in (("finding", "summary"), ("sensor", "message")):
        pairs = [(a[field], b[field]) for a, b in zip(english, german, strict=True) if a.get("record") == kind]
        assert pairs and all(a != b for a, b in pairs), kind
    assert english[-1] == {"flush": 1} and english[-2]["record"] == "summary"


def test_a_file_is_put_aside_between_two_looks_and_not_after_the_last_line() -> None:
    calls: list[str] = []
    file: Any = SimpleNamespace(put_aside_if_full=lambda: calls.append("aside"), reopen=lambda: calls.append("reopen"))
    lines: Any = SimpleNamespace(write=lambda _: None, flush=lambda: calls.append("flush"))
    made = JsonOutput(lines, "w1", lambda: 0.0, file=file)
    watch(data_of(FTP), made)
    assert calls == ["flush", "aside"] * ((len(calls) - 1) // 2) + ["flush"], "each look, and the end"
    calls.clear()
    made.reopen()
    assert calls == ["flush", "reopen"]


def puts(*steps: Any) -> list[tuple[bool, bool, bool]]:
    """What a recorder is handed for each snapshot: whether there is the capture's record, and urgency; or nothing."""
    found: list[Any] = []
    recorder: Any = SimpleNamespace(
        put=lambda change, urgent: found.append((bool(change.records), urgent)), close=lambda: found.append("closed")
    )
    output = StoreOutput(recorder, "w1", TOOL)
    for one in steps:
        output.update(one)
    return found


def moment(steady: float, *, last: bool = False, urgent: bool = False, traffic: int = 0, state: int = 0) -> Any:
    found = snapshot(steady)
    delta = SimpleNamespace(records=[], removed=[], urgent=urgent)
    more = {
        "delta": delta,
        "traffic": [1] * traffic,
        "captured": [],
        "at": 0,
        "now": 0,
        "state": {"k": "v"} if state else {},
    }
    found.__dict__.update(more, last=last, result=SimpleNamespace(bounds={}, failures=0))
    return found


def test_when_a_store_is_handed_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first state at once, then the capture's own record each minute; what is new or counted as it comes."""
    monkeypatch.setattr(outputs, "capture_records", lambda result: [{"record": "capture"}])
    assert puts(moment(0.0), moment(30.0), moment(59.9), moment(60.0), moment(61.0)) == [(True, True), (True, False)]
    for one, expected in (
        (moment(1.0, traffic=1), [(False, False)]), (moment(1.0, urgent=True), []), (moment(1.0), []),
        (moment(1.0, state=1, traffic=1), [(False, True)]), (moment(1.0, urgent=True, traffic=1), [(False, True)]),
        (moment(1.0, last=True), [(True, False), "closed"]),
    ):  # fmt: skip
        assert puts(moment(0.0), one)[1:] == expected
