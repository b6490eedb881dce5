"""Prometheus gauges of each sensor's newest run: bounded labels, no user, secret or remote address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as Base

from sensor.model import SEVERITIES, STATUSES, Capability, SensorState
from sensor.prometheus import add_states
from sensor.report.build import name_of
from sensor.report.charts import PROTECTIONS
from sensor.store.metric_queries import Totals, TotalsReader
from sensor.text import printable

if TYPE_CHECKING:
    from dashboard.queries import Queries

DEVICES = 100
"""Devices with series of their own, most bytes first; the rest is `other`.

With five capabilities and eight statuses that is some 4,000 series.
"""

OF_ALL = 1000
"""Such devices of all sensors together, but for `FEW` of each."""

FEW = 10

RULES = 60
"""Rules with series of their own: there are fewer; a store that has more was not written by this program."""

NAME = 64
"""Characters of a device's name in a label."""

OTHER = "other"
RULE = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")


class Collector(Base):
    """Reads the store at each scrape."""

    def __init__(self, queries: Queries) -> None:
        self._where = queries.where

    def describe(self) -> Iterable[Metric]:
        """Nothing is read to register."""
        return families().values()

    def collect(self) -> Iterator[Metric]:
        """All families, also those without a sample."""
        found = families()
        with closing(TotalsReader(self._where)) as store:
            sensors = store.fleet()
            every = store.by_sensor()
        found["runs"].add_metric([], every[0][1].runs)
        for one in sensors:
            own = one.identity
            texts = (own.name, own.site, own.bench, own.interface, one.version)
            found["sensor_info"].add_metric([own.id, *map(label, texts)], 1)
        most = min(DEVICES, max(FEW, OF_ALL // len(every)))
        for sensor, totals in every:
            if totals.run is not None:
                fill(found, totals, [sensor.identity.id] if sensor is not None else [], most)
        yield from found.values()


def fill(found: dict[str, GaugeMetricFamily], totals: Totals, sensor: list[str], most: int = DEVICES) -> None:
    """The samples of a run. ``sensor``: its id; without one the label is left out. ``most``: devices with series of
    their own."""
    for name, time in (("last_packet", totals.last_packet), ("read", totals.written)):
        if time:
            found[name].add_metric(sensor, time / 1e6)
    for name, counts in (("findings", totals.findings), ("silenced", totals.silenced)):
        for labels, count in _by_rule(counts).items():
            found[name].add_metric([*labels, *sensor], count)
    for judged in (True, False):
        number = sum((one["id"] in totals.verdicts) is judged for one in totals.devices)
        found["devices"].add_metric([str(judged).lower(), *sensor], number)
    _per_device(found, totals, sensor, most)
    if totals.sensor is not None:
        add_states(found["sensor_state"], [], SensorState, totals.sensor["state"], sensor)
        found["sensor_reported"].add_metric(sensor, totals.sensor["at"] / 1e6)
        for caveat in (totals.sensor.get("more") or {}).get("caveats", ()):
            found["caveats"].add_metric([caveat["kind"], *sensor], caveat["count"])


def families() -> dict[str, GaugeMetricFamily]:
    """Every metric, empty. Gauges, all of them: they say what a run holds, and the next one may hold less.

    The label ``sensor`` is the id of the sensor whose newest run it is, and left out where no sensor wrote the run."""
    gauge = GaugeMetricFamily
    newest, sensor = "of the newest run", "sensor"
    return {
        "runs": gauge("lanwitness_runs", "Runs in the store."),
        "last_packet": gauge(
            "lanwitness_last_packet_timestamp_seconds", f"Time of the last packet {newest}, Unix time.", labels=[sensor]
        ),
        "read": gauge(
            "lanwitness_read_timestamp_seconds",
            "When the newest run was put into the store, Unix time.",
            labels=[sensor],
        ),
        "devices": gauge(
            "lanwitness_devices", f"Devices {newest}, by whether they are judged.", labels=["judged", sensor]
        ),
        "findings": gauge("lanwitness_findings", f"Findings {newest}.", labels=["rule", "severity", sensor]),
        "silenced": gauge(
            "lanwitness_findings_silenced",
            f"Those findings {newest} that were muted or accepted.",
            labels=["rule", "severity", sensor],
        ),
        "info": gauge(
            "lanwitness_device_info",
            f"A device {newest} and what it is called; always 1.",
            labels=["device", "name", sensor],
        ),
        "first_seen": gauge(
            "lanwitness_device_first_seen_timestamp_seconds",
            f"When a device {newest} was first seen, Unix time.",
            labels=["device", sensor],
        ),
        "last_seen": gauge(
            "lanwitness_device_last_seen_timestamp_seconds",
            f"When a device {newest} was last seen, Unix time.",
            labels=["device", sensor],
        ),
        "bytes": gauge(
            "lanwitness_device_payload_bytes",
            f"Application payload of a device {newest}.",
            labels=["device", "protection", sensor],
        ),
        "verdict": gauge(
            "lanwitness_device_verdict",
            f"1 for the status that a device's capability has {newest}, 0 for all others.",
            labels=["device", "capability", "status", sensor],
        ),
        "sensor_info": gauge(
            "lanwitness_sensor_info",
            "A sensor that ever wrote into the store; always 1.",
            labels=[sensor, "name", "site", "bench", "interface", "version"],
        ),
        "sensor_state": gauge(
            "lanwitness_sensor_state",
            f"1 for the state of the sensor {newest}, 0 for all others; none where it is of a recording.",
            labels=["state", sensor],
        ),
        "caveats": gauge(
            "lanwitness_sensor_caveat",
            f"What limits what the sensor {newest} sees, by its kind, and how much of it.",
            labels=["kind", sensor],
        ),
        "sensor_reported": gauge(
            "lanwitness_sensor_reported_timestamp_seconds",
            f"When the sensor {newest} last said how it does, Unix time.",
            labels=[sensor],
        ),
    }


def _by_rule(counts: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Counts by rule and severity, with few enough of both."""
    rules = sorted({rule for rule, _ in counts if RULE.fullmatch(rule) and len(rule) <= NAME})
    known = frozenset(rules[:RULES])
    found: dict[tuple[str, str], int] = {}
    for (rule, severity), count in counts.items():
        labels = (rule if rule in known else OTHER, severity if severity in SEVERITIES else OTHER)
        found[labels] = found.get(labels, 0) + count
    return found


def _per_device(found: dict[str, GaugeMetricFamily], totals: Totals, sensor: list[str], most: int) -> None:
    ordered = sorted(totals.devices, key=lambda one: (-sum(one["bytes"].values()), one["id"]))
    rest = dict.fromkeys(PROTECTIONS, 0)
    worst: dict[str, str] = {}
    for number, device in enumerate(ordered):
        own = number < most
        statuses = totals.verdicts.get(device["id"], {})
        if own:
            found["info"].add_metric([device["id"], label(name_of(device)), *sensor], 1)
            for name in ("first_seen", "last_seen"):
                if device[name]:
                    found[name].add_metric([device["id"], *sensor], device[name] / 1e6)
            _states(found["verdict"], device["id"], statuses, sensor)
        else:
            for capability, status in statuses.items():
                worst[capability] = min(worst.get(capability, status), status, key=STATUSES.index)
        for protection in PROTECTIONS:
            amount = device["bytes"].get(protection, 0)
            if own:
                found["bytes"].add_metric([device["id"], protection, *sensor], amount)
            else:
                rest[protection] += amount
    if len(ordered) > most:
        for protection, amount in rest.items():
            found["bytes"].add_metric([OTHER, protection, *sensor], amount)
        _states(found["verdict"], OTHER, worst, sensor)


def _states(family: GaugeMetricFamily, device: str, statuses: dict[str, str], sensor: list[str]) -> None:
    for capability in Capability:
        if capability.value in statuses:
            add_states(family, [device, capability.value], STATUSES, statuses[capability.value], sensor)


def label(name: str) -> str:
    """A device's name as a label's value: no controls or direction overrides, of bounded length."""
    return printable(name, NAME)
