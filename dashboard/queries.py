"""The store into what the pages show: the only code of the dashboard that reads. What it gives is ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sensor.model import Capability, Status
from sensor.report.build import SEVERITIES, Report, build, kind_of, name_of
from sensor.store.kept import Record
from sensor.store.place import Place
from sensor.store.reader import Reader, RunInfo
from sensor.verdicts.baseline import Provision, baseline

Content = dict[str, Any]

PAGE = 50
"""Findings on a page of the list: what loads at once on a phone."""

GLANCE = [
    *(
        status.value
        for status in (Status.VIOLATED, Status.CONCERN, Status.RECOMMENDATION_MISSED, Status.INSUFFICIENT_EVIDENCE)
    ),
    *(
        status.value
        for status in (Status.NONE_ON_RECORD, Status.NOT_OBSERVABLE, Status.NO_VIOLATION_SEEN, Status.ON_RECORD)
    ),
]
"""Statuses in the order for one mark over several devices: a good one only where no device has less."""

FILTERS = ("severity", "capability", "device", "rule")


class Unknown(LookupError):  # noqa: N818 - a sentence for the user
    """There is no such run, device or finding; the text is a sentence for the user and repeats nothing that was asked."""


class NoRuns(LookupError):  # noqa: N818 - an empty store is no error
    """The store has no run yet."""


class Queries:
    """What the pages ask of a store. Each call reads anew: a run that is replaced or a device that is forgotten is gone from the next page."""

    def __init__(self, where: Place) -> None:
        """Open the store. Raises StoreFailed, as every call may."""
        self.where = where
        self._reader = Reader(where)

    def runs(self) -> list[Content]:
        """All runs in short, the one put in last first."""
        return [_run(info) for info in self._infos()]

    def home(self, run: str | None) -> Content:
        """How all devices of a run do. ``run`` None: the one put in last."""
        info = self._info(run)
        report = self._report(info)
        return {
            "run": _run(info),
            "capabilities": capabilities(report["devices"]),
            "actions": report["actions"],
            "devices": [_row(one) for one in report["devices"]],
            "not_judged": [_row(one) for one in report["not_judged"]],
            "damage": [one["damage"] for one in report["captures"] if one["damage"]],
            "other_runs": [_run(one) for one in self._infos() if one.id != info.id],
        }

    def report(self, run: str | None) -> Report:
        """Everything of a run, as `lanwitness report --json` has it."""
        return self._report(self._info(run))

    def device(self, run: str, device: str) -> Content:
        """One device with claims, verdicts, provisions, destinations and findings."""
        info = self._info(run)
        try:
            report = self._report(info, device)
        except KeyError:
            raise Unknown("This run has no such device.") from None
        return {"run": _run(info), "device": (report["devices"] + report["not_judged"])[0]}

    def findings(self, run: str | None, asked: Mapping[str, str], page: int) -> Content:
        """A page of a run's findings, worst first. ``asked``: what of `FILTERS` must be so; ``choices``: what there is to ask for."""
        info = self._info(run)
        names, found, _ = self._kinds(info)
        found.sort(key=lambda one: (SEVERITIES.index(one["severity"]), one["time"] or "", one["id"]))
        shown = [one for one in found if all(_is(one, name, value) for name, value in asked.items())]
        pages = max(1, -(-len(shown) // PAGE))
        page = min(max(page, 1), pages)
        whose = {device for one in found for device in _devices(one) if device in names}
        return {
            "run": _run(info),
            "asked": dict(asked),
            "total": len(shown),
            "of": len(found),
            "page": page,
            "pages": pages,
            "findings": [
                {**one, "names": {device: names.get(device, device) for device in _devices(one)}}
                for one in shown[(page - 1) * PAGE : page * PAGE]
            ],
            "choices": {
                "severity": [name for name in SEVERITIES if any(one["severity"] == name for one in found)],
                "capability": [c.value for c in Capability if any(one["capability"] == c.value for one in found)],
                "device": [[d, names[d]] for d in sorted(whose, key=lambda d: (names[d].lower(), d))],
                "rule": sorted({one["rule"] for one in found}),
            },
        }

    def finding(self, run: str, finding: str) -> Content:
        """One finding, the provisions that it speaks to, and what they are for its device."""
        info = self._info(run)
        names, found, provisions = self._kinds(info)
        one = next((each for each in found if each["id"] == finding), None)
        if one is None:
            raise Unknown("This run has no such finding.")
        whose = [*_devices(one), *([one["peer_device"]] if one["peer_device"] else [])]
        statuses = {r["provision"]["v3.1.3"]: r["status"] for r in provisions if r["device"] == one["device"]}
        return {
            "run": _run(info),
            "finding": one,
            "devices": _devices(one),
            "names": {device: names[device] for device in whose if device in names},
            "provisions": [
                {"name": name, **told, "status": statuses.get(str(told["v3.1.3"]))}
                for name in one["provisions"]
                for told in [_told(name)]
            ],
        }

    def _infos(self) -> list[RunInfo]:
        return self._reader.runs()[::-1]

    def _info(self, run: str | None) -> RunInfo:
        infos = self._infos()
        if not infos:
            raise NoRuns
        for info in infos:
            if run is None or info.id == run:
                return info
        raise Unknown("The store has no such run.")

    def _report(self, info: RunInfo, device: str | None = None) -> Report:
        return build(info, self._reader.records(info.id), self._reader.traffic(info.id), device)

    def _kinds(self, info: RunInfo) -> tuple[dict[str, str], list[Record], list[Record]]:
        """Names of devices by id, findings, provisions."""
        records = self._reader.records(info.id)
        names = {one["id"]: name_of(one) for one in records if one["record"] == "device"}
        found, provisions = ([one for one in records if one["record"] == kind] for kind in ("finding", "provision"))
        return names, found, provisions


def capabilities(devices: list[Record]) -> list[Content]:
    """The five capabilities over all judged devices, worst first: the worst status of any, and how many devices have which."""
    found = []
    for capability in Capability:
        counts: dict[str, int] = {}
        for device in devices:
            for mark in device["marks"]:
                if mark["capability"] == capability.value:
                    counts[mark["status"]] = counts.get(mark["status"], 0) + 1
        if counts:
            worst = min(counts, key=GLANCE.index)
            ordered = {status: counts[status] for status in GLANCE if status in counts}
            found.append({"capability": capability.value, "status": worst, "devices": ordered})
    return sorted(found, key=lambda one: (GLANCE.index(one["status"]), -one["devices"][one["status"]]))


def standards() -> list[Provision]:
    """The provisions of the shipped standards map."""
    return list(baseline())


def _run(info: RunInfo) -> Content:
    return {
        "id": info.id,
        "captures": list(info.captures),
        "first_time": info.first_time,
        "last_time": info.last_time,
        "devices": info.devices,
        "findings": info.findings,
        "worst": info.worst,
        "read": info.written,
        "version": info.tool.version,
        "parser_failures": info.failures,
        "bounds_hit": info.bounds,
    }


def _row(device: Record) -> Content:
    return {
        "id": device["id"],
        "name": device["name"],
        "kind": kind_of(device),
        "addresses": device["addresses"],
        "last_seen": device["last_seen"],
        "marks": [{"capability": mark["capability"], "status": mark["status"]} for mark in device["marks"]],
    }


def _devices(finding: Record) -> list[str]:
    """Whom a finding is about: one device, or those that share something."""
    return [finding["device"]] if finding["device"] else list(finding["detail"].get("devices") or ())


def _is(finding: Record, name: str, value: str) -> bool:
    return value in _devices(finding) if name == "device" else bool(finding[name] == value)


def _told(name: str) -> Content:
    """What the standards map says of a provision that a finding names (``EN 303 645 5.5-1``, in the numbers of V3.1.3)."""
    number = name.rpartition(" ")[2]
    for row in baseline():
        if row.v3 == number:
            return {"v3.1.3": row.v3, "v2.1.1": row.v2, "title": row.title, "modal": row.modal}
    return {"v3.1.3": number, "v2.1.1": None, "title": None, "modal": None}
