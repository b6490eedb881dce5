"""The pages over all sensors of a store: first page, sensors, findings, a device that several see."""

from __future__ import annotations

import threading
import time
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nsmallest

from dashboard.data.overview import of_patterns
from dashboard.data.recent import last_day, recent_changes
from dashboard.data.rows import finding_query, marks_of
from dashboard.data.sensors import Narrowed, is_heard, row_of_sensor, where_in
from dashboard.data.sightings import Key, RunPart, Sighting, joined, new_in, row_of_joined
from dashboard.queries import CHOICES, GROUPED, LESS, PAGE, Content, Queries, cut, named
from dashboard.readable_runs import Runs, of_readable, records_of
from sensor.catalogue import LANGUAGES
from sensor.model import SEVERITIES
from sensor.needs import NEEDS, Need, needs, phrase, texts
from sensor.records import Record, claimed_in, rank_of, without_repeats
from sensor.store.finding_queries import ORDERS
from sensor.store.fleet_reader import FleetSensor
from sensor.store.misfits import UnreadableRun, naming_misfits
from sensor.store.reader import RunInfo
from sensor.store.seen import device_key

PARTS = 600
"""Runs and languages whose part of the pages stays in memory; fifty sensors in two languages are a hundred."""

STANDS = 600
"""Seconds after which a part is made again although its run is the same: retention takes rows out of it."""


class Fleet:
    """The sensors of a store together. Each run's part is made again when that run changed, and not when another did:
    of fifty sensors one writes at a time."""

    def __init__(self, queries: Queries, clock: Callable[[], float] = time.time) -> None:
        self.queries = queries
        self.reader = queries.reader
        self._clock = clock
        self._lock = threading.Lock()
        self._parts: OrderedDict[tuple[str, str], tuple[str, RunPart]] = OrderedDict()

    def sensors(self) -> list[FleetSensor]:
        """The sensors that ever wrote here."""
        return self.queries.cache.once(("sensors",), self.reader.fleet)

    def listed(self, narrowed: Narrowed | None = None, language: str = LANGUAGES[0]) -> Content:
        """The sensors as a page lists them. ``narrowed``: only those of a site, a bench, or one by its id."""
        known = self.sensors()
        found = [one for one in known if narrowed is None or where_in(one, narrowed)]
        now = self._clock()
        return {
            "run": None,
            "sensors": [row_of_sensor(one, now, language) for one in found],
            "choices": self.choices(known),
            "asked": dict(narrowed or {}),
        }

    def many(self) -> bool:
        """Whether there is more than one run to show at once."""
        return sum(len(one.runs) for one in self.sensors()) > 1

    def sensor_of(self, run: str) -> FleetSensor | None:
        """The sensor that wrote a run; None for one of no sensor."""
        return next((one for one in self.sensors() if run in self.reader.runs_of(one.identity.id)), None)

    def runs(self, narrowed: Narrowed) -> Runs:
        """The runs of the sensors that are asked for."""
        return {run: one for one in self.sensors() if where_in(one, narrowed) for run in one.runs}

    def home(self, narrowed: Narrowed, page: int = 1, kind: str | None = None, language: str = LANGUAGES[0]) -> Content:
        """The overview of all sensors, or of those that are asked for: a row a device."""
        with self.reader.at_once():
            return self.queries.cache.once(
                ("home", tuple(sorted(narrowed.items())), page, kind, language),
                lambda: self._home(narrowed, page, kind, language),
            )

    def _home(self, narrowed: Narrowed, page: int, kind: str | None, language: str) -> Content:
        content, unread = of_readable(
            self.reader, self.runs(narrowed), lambda runs: self._home_of(runs, page, kind, language)
        )
        known, now = self.sensors(), self._clock()
        chosen = [one for one in known if where_in(one, narrowed)]
        about = {
            "sensors": [row_of_sensor(one, now, language) for one in chosen],
            "unheard": [row_of_sensor(one, now, language) for one in chosen if not is_heard(one, now)],
            "unread": unread,
            "choices": self.choices(known),
            "asked": dict(narrowed),
            "findings": content.pop("findings"),
        }
        return {"run": None, "sensor": None, "fleet": about, **content}

    def _home_of(self, runs: Runs, page: int, kind: str | None, language: str) -> Content:
        parts = self.parts(runs, language)
        devices: dict[Key, list[Sighting]] = {}
        for part in parts:
            for key, one in part.sightings.items():
                devices.setdefault(key, []).append(one)
        judged = {key: joined(seen) for key, seen in devices.items() if seen[0].rank or any(one.rank for one in seen)}
        marks = Counter(one.marks for one in judged.values())
        waiting = self._needs(parts, language)
        first = {key: -number for number, (key, one) in enumerate(reversed(waiting)) if one["urgent"]}
        listed = [key for key, one in judged.items() if kind is None or one.kind == kind]
        pages, page = cut(len(listed), page)
        listed = nsmallest(page * PAGE, listed, key=lambda key: (first.get(key, 1), judged[key].rank))
        statuses = [({status for _, status in of}, count) for of, count in marks.items()]
        rest = [seen for key, seen in devices.items() if key not in judged]
        return {
            "findings": sum(part.info.findings for part in parts),
            "judged": len(judged),
            "counts": {
                "broken": sum(count for of, count in statuses if "violated" in of),
                "concern": sum(count for of, count in statuses if "violated" not in of and LESS & of),
            },
            "capabilities": of_patterns(marks),
            "needs": [one for _, one in waiting],
            "new": new_in(parts),
            "devices": [row_of_joined(judged[key], language) for key in listed[(page - 1) * PAGE : page * PAGE]],
            "kind": kind,
            "kinds": sorted({one.kind for one in judged.values()} - {None}),
            "page": page,
            "pages": pages,
            "not_judged": [row_of_joined(joined(seen), language) for seen in rest[:PAGE]],
            "not_judged_count": len(rest),
            "caveats": list(dict.fromkeys(one for part in parts for one in part.caveats)),
            "other_runs": self.reader.count() - len(parts),
        }

    def findings(
        self,
        narrowed: Narrowed,
        params: Mapping[str, str],
        sort: str | None,
        page: int,
        language: str = LANGUAGES[0],
        *,
        grouped: bool = False,
    ) -> Content:
        """A page of the findings of all sensors, or of those that are asked for."""
        key = ("fleet", tuple(sorted(narrowed.items())), tuple(sorted(params.items())), sort, page, language, grouped)
        with self.reader.at_once():
            return self.queries.cache.once(
                key, lambda: self._findings(narrowed, params, sort, page, language, grouped=grouped)
            )

    def _findings(
        self,
        narrowed: Narrowed,
        params: Mapping[str, str],
        sort: str | None,
        page: int,
        language: str,
        *,
        grouped: bool,
    ) -> Content:
        content, unread = of_readable(
            self.reader,
            self.runs(narrowed),
            lambda runs: self._findings_of(runs, params, sort, page, language, grouped=grouped),
        )
        about = {"choices": self.choices(self.sensors()), "unread": unread, "asked": dict(narrowed)}
        return {"run": None, "fleet": about, **content}

    def _findings_of(
        self, runs: Runs, params: Mapping[str, str], sort: str | None, page: int, language: str, *, grouped: bool
    ) -> Content:
        parts = self.parts(runs, language)
        grouped = grouped and sum(part.info.findings for part in parts) <= GROUPED
        order = sort if sort in ORDERS else ORDERS[0]
        found = self.reader.findings_of_runs(
            list(runs), finding_query(params, grouped=grouped), order=order, page=page, size=PAGE
        )
        names = {part.info.id: part.names for part in parts}
        choices = [self._choices_of(part) for part in parts]
        every = {name: {each for one in choices for each in one[name]} for name in ("severity", "capability", "rule")}
        states = {each for one in choices for each in one["state"]}
        devices = {
            device: names[run].get(device, device)
            for run, one in zip(names, choices, strict=True)
            for device in one["device"]
        }
        whose = sorted((name.lower(), device) for device, name in devices.items())
        return {
            "asked": dict(params),
            "sort": order,
            "grouped": grouped,
            "total": found.total,
            "of": found.of,
            "page": found.page,
            "pages": found.pages,
            "findings": [
                {**named(one, names[one["run"]], language), "sensor": runs[one["run"]].identity.name}
                for one in found.findings
            ],
            "choices": {
                "severity": [one for one in SEVERITIES if one in every["severity"]],
                "capability": [one for one in marks_of() if one in every["capability"]],
                "rule": sorted(every["rule"]),
                "device": [[one, devices[one]] for _, one in whose[:CHOICES]],
                "state": [one for one in ("open", "muted", "accepted") if one in states],
            },
        }

    def views_of(self, run: str, device: str) -> tuple[list[Content], list[str]]:
        """What each sensor says of a device that several see, the one whose run it is first (empty where no other
        does), and the names of sensors whose word cannot be read."""
        runs = self.runs({})
        own, mine = runs.get(run), self._record(run, device)
        if own is None or mine is None or len(runs) < 2:
            return [], []
        site, key = own.identity.site, device_key(own.identity.id, mine)
        found, unread = [], []
        for other, name in self.reader.seen_by(list(runs), key, site):
            try:
                record = self._record(other, name)
            except UnreadableRun:
                unread.append(runs[other].identity.name)
                continue
            if record is not None:
                marks = {mark["capability"]: mark for mark in record["marks"]}
                found.append(
                    {
                        "sensor": runs[other].identity.name,
                        "run": other,
                        "device": name,
                        "last_seen": record["last_seen"],
                        "category": claimed_in(record, "category"),
                        "marks": [marks[each] for each in marks_of() if each in marks],
                    }
                )
        found.sort(key=lambda one: one["run"] != run)
        return found if len(found) > 1 else [], without_repeats(unread)

    def _record(self, run: str, device: str) -> Record | None:
        judged, rest = self.queries.rows(run)
        found = [one for one in (*judged, *rest) if one["id"] == device]
        return next(iter(self.reader.with_headlines(run, found)), None)

    def _choices_of(self, part: RunPart) -> dict[str, list[str]]:
        if part.choices is None:
            part.choices = self.reader.choices(part.info.id)
        return part.choices

    def choices(self, sensors: Sequence[FleetSensor]) -> Content:
        """Values to narrow a page by; a choice of one is none."""
        own = {
            "site": sorted({one.identity.site for one in sensors} - {""}),
            "bench": sorted({one.identity.bench for one in sensors} - {""}),
        }
        found: Content = {name: values if len(values) > 1 else [] for name, values in own.items()}
        found["sensor"] = [[one.identity.id, one.identity.name] for one in sensors] if len(sensors) > 1 else []
        return found

    def _needs(self, parts: Iterable[RunPart], language: str) -> list[tuple[Key, Need]]:
        """What needs a person; the same of one device by two sensors once, as the one that says it worst."""
        order = {kind: number for number, kind in enumerate(texts(language)["need"])}
        found: dict[tuple[Key, str], Need] = {}
        for part in parts:
            keys = {one.record["id"]: key for key, one in part.sightings.items()}
            for one in part.needs:
                key = keys[one["device"]], one["kind"]
                before = found.get(key)
                if before is None or SEVERITIES.index(one["severity"]) < SEVERITIES.index(before["severity"]):
                    found[key] = {**one, "run": part.info.id}  # type: ignore[typeddict-unknown-key]
        made = [(key, one) for (key, _), one in found.items()]
        made.sort(
            key=lambda pair: (
                order[pair[1]["kind"]],
                SEVERITIES.index(pair[1]["severity"]),
                pair[1]["name"],
                pair[1]["device"],
            )
        )
        return made[:NEEDS]

    def parts(self, runs: Runs, language: str) -> list[RunPart]:
        """What each of these runs adds to the pages. Raises UnreadableRun."""
        stamp = self.reader.corrections_stamp()
        found = []
        for run, sensor in runs.items():
            part = self._part(sensor, run, f"{sensor.runs[run]}.{stamp}.{sensor.identity}", language, stamp)
            if part is not None:
                found.append(part)
        return found

    def _part(self, sensor: FleetSensor, run: str, stamp: str, language: str, corrections: str) -> RunPart | None:
        # Not all at the same time: each run has its own moment at which it is made again.
        stands = int(self._clock() + zlib.crc32(run.encode()) % STANDS) // STANDS
        stamp, corrections = f"{stamp}.{stands}", f"{corrections}.{stands}"
        with self._lock:
            entry = self._parts.get((run, language))
            if entry is not None and entry[0] == stamp:
                self._parts.move_to_end((run, language))
                return entry[1]
        info = self.reader.run(run)
        if info is None:
            return None
        before = entry[1] if entry is not None else None
        with naming_misfits(self.reader.where.name, records_of(self.reader, [run])):
            made = self._made(sensor, info, language, corrections, before)
        with self._lock:
            self._parts[run, language] = (stamp, made)
            while len(self._parts) > PARTS:
                self._parts.popitem(last=False)
        return made

    def _needs_of(self, run: str, devices: Iterable[Record], language: str) -> list[Need]:
        urgent = self.reader.urgent(run)
        destinations = self.reader.destination_names(run, sorted({one["device"] for one in urgent if one["device"]}))
        with_names = [
            {
                **one,
                "destinations": [{"address": at, "name": name} for at, name in destinations.get(one["id"], {}).items()],
            }
            for one in devices
        ]
        return needs(urgent, with_names, language)

    def _made(self, sensor: FleetSensor, info: RunInfo, language: str, stamp: str, before: RunPart | None) -> RunPart:
        """``before``: the same part at an earlier state of the store, whose needs stay while its findings do."""
        devices = self.reader.devices(info.id)
        words = texts(language)
        names = {one["id"]: phrase(one, words) for one in devices}
        day = last_day(info)
        ids = [one["id"] for one in devices]
        sums = self.reader.by_protection(info.id, ids, day.start, day.stop) if day and ids else None
        revision = (self.reader.findings_revision(info.id), stamp, names)
        sightings = {}
        for one in devices:
            sightings[sensor.identity.site, device_key(sensor.identity.id, one)] = Sighting(
                sensor=sensor,
                run=info.id,
                record=one,
                rank=sorted(map(rank_of, one["marks"])),
                marks={mark["capability"]: mark["status"] for mark in one["marks"]},
                day=None if sums is None else sums.get(one["id"], {}),
            )
        return RunPart(
            info=info,
            sightings=sightings,
            needs=before.needs
            if before and before.revision == revision
            else self._needs_of(info.id, devices, language),
            revision=revision,
            new=recent_changes(self.reader, info, devices, names, language),
            names=names,
            caveats=[each["sentence"] for each in self.queries.caveats(info.id, language)],
        )
