"""The pages' content of one run, ready for JSON; `dashboard.fleet` has that of all sensors."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dashboard.data.cache import StampedCache
from dashboard.data.overview import capabilities
from dashboard.data.recent import last_day, recent_changes, traffic
from dashboard.data.rows import (
    change_of,
    devices_of,
    finding_query,
    health,
    marks_in,
    marks_of,
    provision_of,
    row_of,
    run_of,
    title_of,
)
from sensor.catalogue import LANGUAGES, texts_of
from sensor.needs import Need, needs, phrase
from sensor.personal_data.ledger import PERSONAL, ledger_record
from sensor.records import LedgerRecord, Record, claimed_in, rank_of
from sensor.report.build import Report, build
from sensor.store.finding_queries import ORDERS, FindingQuery
from sensor.store.fleet_reader import FleetReader
from sensor.store.location import StoreLocation
from sensor.store.reader import RunInfo
from sensor.store.types import TrafficCell
from sensor.wording import headed, in_language

Content = dict[str, Any]

PAGE = 25
"""Rows on a page of a list: what loads at once on a phone."""

CHOICES = 500
"""Devices to choose from in a form."""

GROUPED = 10_000
"""Findings of a run up to which alike ones are one row: to group more of them takes a second."""

HITS = 30
"""Devices, destinations and findings that a search shows of each."""

FINDINGS, NEEDED = 25, 200
"""Kinds of findings on a device's page, and findings from which it says what needs a person; the list has all."""

ALIVE = 120.0
"""Seconds without a report after which a sensor has ended."""

LESS = frozenset({"concern", "recommendation_missed"})
"""Statuses of a device for which there is reason for concern, and no more."""

LEDGER_FINDINGS = 200
"""Findings that the ledger of personal data is made of; a device has fewer, because repeats are counted."""

CHANGES = 30
"""Changes of a device's verdicts on its page."""


class Unknown(LookupError):  # noqa: N818 - a sentence for the user
    """There is no such run, device or finding; the text is a sentence for the user without the request's values."""


class NoRuns(LookupError):  # noqa: N818 - an empty store is no error
    """The store has no run yet."""


class Phrases(Mapping[str, str]):
    """Devices for a sentence, by id: what they are and what they are called. Of many few are named on a page."""

    def __init__(self, devices: Iterable[Record], language: str) -> None:
        self._devices = {one["id"]: one for one in devices}
        self._words = texts_of("sensor.needs", language)
        self._made: dict[str, str] = {}

    def __getitem__(self, device: str) -> str:
        found = self._made.get(device)
        if found is None:
            found = self._made[device] = phrase(self._devices[device], self._words)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._devices)

    def __len__(self) -> int:
        return len(self._devices)


class Queries:
    """Reads a store for the pages, cached until the store changes: a replaced run or a forgotten device is gone at
    once."""

    def __init__(self, where: StoreLocation) -> None:
        """Open the store. Raises StoreFailed, as every call may."""
        self.where = where
        self.reader = FleetReader(where)
        self.cache = StampedCache(self.reader.stamp)

    def stamp(self) -> str:
        """Changes whenever the stored data changes."""
        return self.reader.stamp()

    def runs(self) -> list[Content]:
        """All runs in short, the one put in last first."""
        return self.cache.once(("runs",), lambda: self._runs())

    def _runs(self) -> list[Content]:
        return [run_of(info) for info in self.reader.runs()[::-1]]

    def home(self, run: str | None, page: int = 1, kind: str | None = None, language: str = LANGUAGES[0]) -> Content:
        """The overview of a run; the one put in last for None. ``kind``: only devices of this category are listed."""
        with self.reader.at_once():
            return self.cache.once(("home", run, page, kind, language), lambda: self._home(run, page, kind, language))

    def _home(self, run: str | None, page: int, kind: str | None, language: str) -> Content:
        info = self.info(run)
        judged, rest = self.rows(info.id)
        marks = [marks_in(one) for one in judged]
        waiting = self.needs(info.id, language)
        first = {one["device"]: -number for number, one in enumerate(reversed(waiting)) if one["urgent"]}
        listed = [one for one in judged if kind is None or claimed_in(one, "category") == kind]
        listed.sort(key=lambda one: first.get(one["id"], 1))
        pages, page = cut(len(listed), page)
        shown = self.reader.with_headlines(info.id, listed[(page - 1) * PAGE : page * PAGE])
        day = last_day(info)
        sums = self.reader.by_protection(info.id, [one["id"] for one in shown], day.start, day.stop) if day else None
        captures = self.reader.captures(info.id)
        return {
            "run": run_of(info),
            "fleet": None,
            "sensor": health(info, self.reader.sensor(info.id), captures, language),
            "judged": len(judged),
            "counts": {
                "broken": sum("violated" in of.values() for of in marks),
                "concern": sum("violated" not in of.values() and bool(LESS & set(of.values())) for of in marks),
            },
            "capabilities": capabilities(marks),
            "needs": waiting,
            "new": self.cache.once(("new", info.id, language), lambda: self._recent_changes(info, language)),
            "devices": [row_of(one, None if sums is None else sums.get(one["id"], {}), language) for one in shown],
            "kind": kind,
            "kinds": sorted({found for one in judged if (found := claimed_in(one, "category")) is not None}),
            "page": page,
            "pages": pages,
            "not_judged": [row_of(one, None, language) for one in rest[:PAGE]],
            "not_judged_count": len(rest),
            "caveats": [each["sentence"] for each in caveats_in(captures, language)],
            "other_runs": self.reader.count() - 1,
        }

    def caveats(self, run: str, language: str) -> list[Content]:
        """What limits what a run can show."""
        return caveats_in(self.reader.captures(run), language)

    def renew(self) -> None:
        """Make the first pages that were asked for last, so that who hears of a change waits for none. Raises
        StoreFailed."""
        self.cache.renew(lambda key: isinstance(key, tuple) and key[0] == "home")

    def search(self, run: str | None, words: str, language: str = LANGUAGES[0]) -> Content:
        """Devices, destinations and findings of a run in which all words stand; the run put in last for None."""
        return self.cache.once(("search", run, words, language), lambda: self._search(run, words, language))

    def _search(self, run: str | None, words: str, language: str) -> Content:
        info = self.info(run)
        hits = self.reader.search([info.id], words, HITS)
        names = self.names(info.id, language)
        judged, rest = self.rows(info.id)
        devices = {one["id"]: one for one in (*judged, *rest)}
        return {
            "run": run_of(info),
            "fleet": None,
            "words": words,
            "devices": [
                row_of(one, None, language)
                for one in self.reader.with_headlines(
                    info.id, [devices[hit] for _, hit in hits.devices if hit in devices]
                )
            ],
            "destinations": [{**one, "device_name": names.get(one["device"])} for one in hits.destinations],
            "findings": [named(one, names, language) for one in hits.findings],
            "most": HITS,
        }

    def goes_on(self, run: str, now: float | None = None) -> bool:
        """Whether a sensor wrote into the run just now. ``now``: seconds since 1970."""
        sensor = self.reader.sensor(run)
        return sensor is not None and (time.time() if now is None else now) - sensor.at / 1_000_000 < ALIVE

    def report(self, run: str | None, language: str = LANGUAGES[0]) -> Report:
        """Everything of a run, as `lanwitness report --json` has it."""
        info = self.info(run)
        return build(info, self.reader.records(info.id), self.reader.traffic(info.id), language=language)

    def report_of(self, run: str, device: str, language: str = LANGUAGES[0]) -> Report:
        """Everything of one device of a run, as `lanwitness report --device` has it."""
        info = self.info(run)
        records = self.reader.device(info.id, device)
        known = device_in(records)
        cells = [TrafficCell(known["id"], *each) for each in self.reader.hours(info.id, known["id"])]
        return build(info, records, cells, known["id"], language=language)

    def device(self, run: str, device: str, language: str = LANGUAGES[0]) -> Content:
        """One device with claims, verdicts, provisions, destinations, traffic and its worst findings."""
        return self.cache.once(("device", run, device, language), lambda: self._device(run, device, language))

    def _device(self, run: str, device: str, language: str) -> Content:
        info = self.info(run)
        records = self.reader.device(info.id, device, findings=NEEDED)
        known = device_in(records)
        verdicts = {each["capability"]: each for each in records if each["record"] == "verdict"}
        groups = self.reader.findings(info.id, FindingQuery(device=(known["id"],), grouped=True), size=FINDINGS)
        report = build(info, records, [], known["id"], language=language)
        one = (report["devices"] + report["not_judged"])[0]
        one.pop("hourly_bytes")
        return {
            "run": run_of(info),
            "device": {**one, **title_of(one, language), "needs": needs(one["findings"], [one], language)},
            "reasons": {name: headed(each, language).get("headline") or "" for name, each in verdicts.items()},
            "but_for": {name: len(each["but_for"]["findings"]) for name, each in verdicts.items() if "but_for" in each},
            "groups": [named(each, {}, language) for each in groups.findings],
            "findings_count": self.reader.findings(info.id, FindingQuery(device=(known["id"],)), size=1).total,
            "traffic": traffic(self.reader, info.id, known["id"]),
            "ledger": self._ledger(info.id, known),
            "history": [
                change_of(each) for each in self.reader.history(known["id"], most=CHANGES) if each.before is not None
            ],
            "others": sorted(
                ([each, name] for each, name in self.names(info.id, language).items() if each != known["id"]),
                key=lambda pair: str(pair[1]).lower(),
            )[:CHOICES],
            "muted": [
                each.attribution() for each in self.reader.applied_corrections().device_mutes.get(known["id"], ())
            ],
        }

    def findings(
        self,
        run: str | None,
        params: Mapping[str, str],
        sort: str | None,
        page: int,
        language: str = LANGUAGES[0],
        *,
        grouped: bool = False,
    ) -> Content:
        """A page of a run's findings. ``params``: values of `FILTERS`; the content's ``choices``: values to filter
        by."""
        return self.cache.once(
            ("findings", run, tuple(sorted(params.items())), sort, page, language, grouped),
            lambda: self._findings(run, params, sort, page, language, grouped=grouped),
        )

    def _findings(
        self, run: str | None, params: Mapping[str, str], sort: str | None, page: int, language: str, *, grouped: bool
    ) -> Content:
        info = self.info(run)
        grouped = grouped and info.findings <= GROUPED
        order = sort if sort in ORDERS else ORDERS[0]
        found = self.reader.findings(info.id, finding_query(params, grouped=grouped), order=order, page=page, size=PAGE)
        names = self.names(info.id, language)
        choices = self.cache.once(("choices", info.id), lambda: self.reader.choices(info.id))
        whose = sorted((names.get(one, one).lower(), one) for one in choices["device"])
        return {
            "run": run_of(info),
            "asked": dict(params),
            "sort": order,
            "grouped": grouped,
            "total": found.total,
            "of": found.of,
            "page": found.page,
            "pages": found.pages,
            "findings": [named(one, names, language) for one in found.findings],
            "choices": {
                **choices,
                "capability": [name for name in marks_of() if name in choices["capability"]],
                "device": [[one, names.get(one, one)] for _, one in whose[:CHOICES]],
            },
        }

    def finding(self, run: str, finding: str, language: str = LANGUAGES[0]) -> Content:
        """One finding, the provisions that it speaks to, and what they are for its device."""
        return self.cache.once(("finding", run, finding, language), lambda: self._finding(run, finding, language))

    def _finding(self, run: str, finding: str, language: str) -> Content:
        info = self.info(run)
        one = self.reader.finding(info.id, finding)
        if one is None:
            raise Unknown("This run has no such finding.")
        names = self.names(info.id, language)
        whose = [*devices_of(one), *([one["peer_device"]] if one["peer_device"] else [])]
        device = self.reader.device(info.id, one["device"], findings=0) if one["device"] else []
        statuses = {each["provision"]["v3.1.3"]: each["status"] for each in device if each["record"] == "provision"}
        return {
            "run": run_of(info),
            "finding": in_language(one, language),
            "devices": devices_of(one),
            "alike": len(self.alike(info.id, one)),
            "names": {device: names[device] for device in whose if device in names},
            "provisions": [
                {"name": name, **provision, "status": statuses.get(str(provision["v3.1.3"]))}
                for name in one["provisions"] or ()
                for provision in [provision_of(name, language)]
            ],
        }

    def alike(self, run: str, finding: Record) -> list[str]:
        """The open findings like this one, itself with them: of the same rule, device and other end (ids)."""
        return self.reader.alike(run, finding["id"])

    def device_record(self, run: str, device: str) -> Record:
        """A device's record alone. Raises Unknown where there is none."""
        return device_in(self.reader.device(run, device, findings=0))

    def _ledger(self, run: str, device: Record) -> LedgerRecord | None:
        """The ledger of personal data that the device sent, made again of the stored findings."""
        choices = self.cache.once(("choices", run), lambda: self.reader.choices(run))
        rules = tuple(rule for rule in choices["rule"] if rule.startswith(PERSONAL) or rule == "transfer.unencrypted")
        found = (
            self.reader.findings(run, FindingQuery(device=(device["id"],), rule=rules), size=LEDGER_FINDINGS).findings
            if rules
            else []
        )
        return ledger_record(device, found)

    def rows(self, run: str) -> tuple[list[Record], list[Record]]:
        """The devices that are judged, worst first, and the others."""

        def read() -> tuple[list[Record], list[Record]]:
            found = self.reader.light_devices(run)
            judged = [one for one in found if one["marks"]]
            return sorted(judged, key=lambda one: sorted(map(rank_of, one["marks"]))), [
                one for one in found if not one["marks"]
            ]

        return self.cache.once(("devices", run), read)

    def names(self, run: str, language: str = LANGUAGES[0]) -> Mapping[str, str]:
        """Devices of a run for a sentence, by id: what they are and what they are called."""

        def read() -> Phrases:
            judged, rest = self.rows(run)
            return Phrases([*judged, *rest], language)

        return self.cache.once(("names", run, language), read)

    def needs(self, run: str, language: str = LANGUAGES[0]) -> list[Need]:
        """What needs a person in a run, the first to be dealt with first."""
        return self.cache.once(("needs", run, language), lambda: self._needs(run, language))

    def _recent_changes(self, info: RunInfo, language: str) -> Content | None:
        judged, rest = self.rows(info.id)
        return recent_changes(self.reader, info, [*judged, *rest], self.names(info.id, language), language)

    def _needs(self, run: str, language: str) -> list[Need]:
        found = self.reader.urgent(run)
        judged, rest = self.rows(run)
        whose = {one["device"] for one in found if one["device"]}
        names = self.reader.destination_names(run, sorted(whose))
        devices = [
            {**one, "destinations": [{"address": at, "name": name} for at, name in names.get(one["id"], {}).items()]}
            for one in (*judged, *rest)
            if one["id"] in whose
        ]
        return needs(found, devices, language)

    def info(self, run: str | None) -> RunInfo:
        """A run in short; None: the one put in last. Raises NoRuns, Unknown."""
        info = self.reader.run(run)
        if info is not None:
            return info
        if run is None:
            raise NoRuns
        raise Unknown("The store has no such run.")


def device_in(records: Iterable[Record]) -> Record:
    """The device among its records. Raises Unknown where there is none."""
    known = next((one for one in records if one["record"] == "device"), None)
    if known is None:
        raise Unknown("This run has no such device.")
    return known


def caveats_in(captures: Iterable[Record], language: str) -> list[Content]:
    """What limits what these captures can show, in a language."""
    return [each for one in captures for each in in_language(one, language).get("caveats") or ()]


def named(finding: Record, names: Mapping[str, str], language: str) -> Content:
    """A finding in a language, with the names of its devices."""
    return {
        **in_language(finding, language),
        "names": {device: names.get(device, device) for device in devices_of(finding)},
    }


def cut(total: int, page: int) -> tuple[int, int]:
    """How many pages there are, and the one that is shown."""
    pages = max(1, -(-total // PAGE))
    return pages, min(max(page, 1), pages)
