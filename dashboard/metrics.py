"""The newest run of a store into gauges for Prometheus: bounded labels, and never a user name, secret, URL or remote address among them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as Base

from dashboard.queries import NoRuns, Queries
from sensor.model import Capability
from sensor.report.build import ORDER, SEVERITIES
from sensor.report.charts import PROTECTIONS
from sensor.store.kept import Record

DEVICES = 100
"""Devices with series of their own, most bytes first; with five capabilities and eight statuses that is some 4,000 series. The rest is `other`."""

RULES = 60
"""Rules with series of their own: there are fewer; a store that has more was not written by this program."""

NAME = 64
"""Characters of a device's name in a label."""

OTHER = "other"
RULE = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")


class Collector(Base):
    """Reads the store at each scrape."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def describe(self) -> Iterable[Metric]:
        """Nothing is read to register."""
        return families().values()

    def collect(self) -> Iterator[Metric]:
        """All families, also those without a sample."""
        found = families()
        found["runs"].add_metric([], len(self._queries.runs()))
        try:
            report = self._queries.report(None)
        except NoRuns:
            yield from found.values()
            return
        devices = [*report["devices"], *report["not_judged"]]
        for name, time in (("last_packet", report["last_time"]), ("read", report["read"])):
            if time:
                found[name].add_metric([], datetime.fromisoformat(time).timestamp())
        for labels, count in _findings(devices, report["other_findings"]).items():
            found["findings"].add_metric(labels, count)
        found["devices"].add_metric(["true"], len(report["devices"]))
        found["devices"].add_metric(["false"], len(report["not_judged"]))
        _per_device(found, devices)
        yield from found.values()


def families() -> dict[str, GaugeMetricFamily]:
    """Every metric, empty. Gauges, all of them: they say what the newest run holds, and a new run may hold less."""
    gauge = GaugeMetricFamily
    newest = "of the newest run"
    return {
        "runs": gauge("lanwitness_runs", "Runs in the store."),
        "last_packet": gauge("lanwitness_last_packet_timestamp_seconds", f"Time of the last packet {newest}, Unix time."),
        "read": gauge("lanwitness_read_timestamp_seconds", "When the newest run was put into the store, Unix time."),
        "devices": gauge("lanwitness_devices", f"Devices {newest}, by whether they are judged.", labels=["judged"]),
        "findings": gauge("lanwitness_findings", f"Findings {newest}.", labels=["rule", "severity"]),
        "info": gauge("lanwitness_device_info", f"A device {newest} and what it is called; always 1.", labels=["device", "name"]),
        "bytes": gauge("lanwitness_device_payload_bytes", f"Application payload of a device {newest}.", labels=["device", "protection"]),
        "verdict": gauge(
            "lanwitness_device_verdict",
            f"1 for the status that a device's capability has {newest}, 0 for all others.",
            labels=["device", "capability", "status"],
        ),
    }  # fmt: skip


def _findings(devices: list[Record], others: list[Record]) -> dict[tuple[str, str], int]:
    """Findings by rule and severity, each counted once, however many devices it names."""
    found = {one["id"]: one for device in devices for one in device["findings"]} | {one["id"]: one for one in others}
    rules = sorted({one["rule"] for one in found.values() if RULE.fullmatch(one["rule"]) and len(one["rule"]) <= NAME})
    known = frozenset(rules[:RULES])
    counts: dict[tuple[str, str], int] = {}
    for one in found.values():
        labels = (
            one["rule"] if one["rule"] in known else OTHER,
            one["severity"] if one["severity"] in SEVERITIES else OTHER,
        )
        counts[labels] = counts.get(labels, 0) + 1
    return counts


def _per_device(found: dict[str, GaugeMetricFamily], devices: list[Record]) -> None:
    ordered = sorted(devices, key=lambda one: (-sum(one["bytes"].values()), one["id"]))
    rest = dict.fromkeys(PROTECTIONS, 0)
    worst: dict[str, str] = {}
    for number, device in enumerate(ordered):
        own = number < DEVICES
        statuses = {mark["capability"]: mark["status"] for mark in device["marks"]}
        if own:
            found["info"].add_metric([device["id"], label(device["name"])], 1)
            _states(found["verdict"], device["id"], statuses)
        else:
            for capability, status in statuses.items():
                worst[capability] = min(worst.get(capability, status), status, key=ORDER.index)
        for protection in PROTECTIONS:
            amount = device["bytes"].get(protection, 0)
            if own:
                found["bytes"].add_metric([device["id"], protection], amount)
            else:
                rest[protection] += amount
    if len(ordered) > DEVICES:
        for protection, amount in rest.items():
            found["bytes"].add_metric([OTHER, protection], amount)
        _states(found["verdict"], OTHER, worst)


def _states(family: GaugeMetricFamily, device: str, statuses: dict[str, str]) -> None:
    for capability in Capability:
        if capability.value in statuses:
            for status in ORDER:
                family.add_metric([device, capability.value, status], float(statuses[capability.value] == status))


def label(name: str) -> str:
    """A device's name as a label's value: no controls or direction overrides, of bounded length."""
    kept = "".join(
        "\ufffd" if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" else c for c in name[: NAME + 1]
    )
    return kept if len(kept) <= NAME else kept[: NAME - 1] + "…"
