"""What is told of two snapshots: new at once, counters seldom, what is gone by name."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from sensor.live.delta import AGAIN, Changes, Delta
from sensor.model import Severity
from sensor.result import Result
from sensor.store.types import Removed
from tests.replaying import PCAPS, capture_in, read


def result() -> Result:
    return read(capture_in(PCAPS / "ftp_login"))


def later(found: Result) -> Result:
    """A snapshot as a run makes it: its records are made anew."""
    return replace(found, device_records={})


def test_everything_is_new_once() -> None:
    changes, found = Changes(), result()
    first = changes.of(later(found), 0.0)
    kinds = [record["record"] for record in first.records]
    assert {"device", "finding", "verdict", "provision"} == set(kinds)
    assert first.fresh == {r["id"] for r in first.records if r["record"] in ("device", "finding")}
    assert not changes.of(later(found), 1.0) and not changes.of(later(found), 1e6)


def test_counters_wait_and_meaning_does_not() -> None:
    changes, found = Changes(), result()
    changes.of(later(found), 0.0)
    name, finding = next(iter(found.findings.items()))
    before, finding.count, finding.last_time = finding.count, finding.count + 1, finding.last_time + 1
    assert not changes.of(later(found), AGAIN["finding"] - 1)
    (record,) = changes.of(later(found), AGAIN["finding"] + 1).records
    assert record["id"] == name and record["count"] == before + 1
    finding.severity = Severity.CRITICAL
    delta = changes.of(later(found), AGAIN["finding"] + 2)
    changed = [record for record in delta.records if record["record"] == "finding"]
    assert [record["severity"] for record in changed] == ["critical"] and not delta.fresh
    # Provisions and verdicts that it decides say its severity as well.
    assert all(record["severity"] == "critical" for record in delta.records)


def test_bytes_of_a_device_wait_and_a_new_destination_does_not() -> None:
    changes, found = Changes(), result()
    changes.of(later(found), 0.0)
    device = found.devices[0]
    device.bytes.cleartext += 1
    device.last_seen += 1
    assert not changes.of(later(found), 5.0)
    device.destinations = device.destinations[1:]
    assert [record["id"] for record in changes.of(later(found), 6.0).records] == [device.id]
    device.bytes.cleartext += 1
    assert [record["id"] for record in changes.of(later(found), 7.0, last=True).records] == [device.id]


def test_what_is_gone_is_named_once() -> None:
    changes, found = Changes(), result()
    changes.of(later(found), 0.0)
    less = copy.copy(found)
    removed = found.devices[0].id
    less.devices = found.devices[1:]
    less.findings = dict(list(found.findings.items())[1:])
    less.judged = {}
    delta = changes.of(later(less), 1.0)
    assert (
        Removed("device", removed) in delta.removed and Removed("finding", next(iter(found.findings))) in delta.removed
    )
    assert {one.id for one in delta.removed if one.kind == "judgement"} == set(found.judged)
    assert not changes.of(later(less), 2.0)
    assert changes.of(later(found), 3.0).fresh == {removed, next(iter(found.findings))}


def test_amounts_of_a_channel_wait_and_a_new_channel_does_not() -> None:
    changes, found = Changes(), result()
    changes.of(later(found), 0.0)
    device = next(one for one in found.devices if one.id in found.judged)
    channels = found.judged[device.id].coverage.channels
    key, seen = next(iter(channels.by_key.items()))
    seen.bytes, seen.flows, seen.last_time = seen.bytes + 1, seen.flows + 1, seen.last_time + 1
    assert not changes.of(later(found), 5.0)
    channels.by_key[(*key[:2], 9999, *key[3:])] = replace(seen, port=9999)
    assert [record["id"] for record in changes.of(later(found), 6.0).records] == [device.id]


@pytest.mark.parametrize("kind", ["finding", "device"])
def test_counters_are_told_again_at_their_bound(kind: str) -> None:
    """Ten minutes by docs: one second before nothing, at the bound the record."""
    changes, found = Changes(), result()
    changes.of(later(found), 50.0)
    (finding, device) = next(iter(found.findings.values())), found.devices[0]
    if kind == "finding":
        finding.count += 1
    else:
        device.bytes.cleartext += 1
    assert not changes.of(later(found), 50.0 + AGAIN[kind] - 0.001)
    delta = changes.of(later(found), 50.0 + AGAIN[kind])
    assert [one["record"] for one in delta.records] == [kind] and not delta.urgent and not delta.fresh


def test_what_is_urgent() -> None:
    """Something new, another meaning, or something that is gone; not a counter, and not that nothing changed."""
    changes, found = Changes(), result()
    assert changes.of(later(found), 0.0).urgent and not changes.of(later(found), 1.0).urgent
    finding = next(iter(found.findings.values()))
    finding.count += 1
    assert not changes.of(later(found), 2.0, last=True).urgent
    finding.severity = Severity.CRITICAL
    assert changes.of(later(found), 3.0).urgent
    less = replace(found, devices=found.devices[1:], device_records={}, judged={}, findings=found.findings)
    delta = changes.of(less, 4.0)
    assert delta.urgent and delta.removed and not delta.fresh
    # A finding of another meaning and one that is gone, at once.
    again = later(found)
    changes.of(again, 5.0)
    finding.severity = Severity.HIGH
    assert changes.of(replace(less, device_records={}), 6.0).urgent


def test_what_an_earlier_part_of_the_run_told_of_is_not_fresh() -> None:
    found = result()
    device, *_ = found.devices
    delta = Changes([device.id]).of(later(found), 0.0)
    assert device.id not in delta.fresh and set(found.findings) <= delta.fresh
    assert device.id in {one.get("id") for one in delta.records}, "it is told all the same"


def test_a_delta_is_something_where_there_is_a_record_or_a_loss() -> None:
    assert not Delta() and Delta(records=[{"record": "device"}]) and Delta(removed=[Removed("device", "x")])
    assert not Delta(fresh={"x"}, urgent=True)


def test_what_is_told_again_waits_anew() -> None:
    changes, found = Changes(), result()
    changes.of(later(found), 0.0)
    finding = next(iter(found.findings.values()))
    again, times = AGAIN["finding"], []
    for step in range(25):
        finding.count += 1
        if changes.of(later(found), step * again / 10).records:
            times.append(step)
    assert times == [10, 20]
