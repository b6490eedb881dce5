"""The search over all sensors of a store: a device once, and with each result whose it is."""

from __future__ import annotations

from dashboard.data.sensors import Narrowed
from dashboard.data.sightings import Key, joined, row_of_seen
from dashboard.fleet import Fleet
from dashboard.queries import HITS, Content, named
from dashboard.readable_runs import Runs, of_readable
from sensor.catalogue import LANGUAGES


def search(fleet: Fleet, narrowed: Narrowed, words: str, language: str = LANGUAGES[0]) -> Content:
    """Devices, destinations and findings in which all words stand, of all sensors or of those that are asked for."""
    key = ("fleet-search", tuple(sorted(narrowed.items())), words, language)
    with fleet.reader.at_once():
        return fleet.queries.cache.once(key, lambda: _search(fleet, narrowed, words, language))


def _search(fleet: Fleet, narrowed: Narrowed, words: str, language: str) -> Content:
    content, unread = of_readable(
        fleet.reader, fleet.runs(narrowed), lambda runs: _search_in(fleet, runs, words, language)
    )
    about = {"choices": fleet.choices(fleet.sensors()), "unread": unread, "asked": dict(narrowed)}
    return {"run": None, "fleet": about, "words": words, **content, "most": HITS}


def _search_in(fleet: Fleet, runs: Runs, words: str, language: str) -> Content:
    hits = fleet.reader.search(list(runs), words, HITS)
    parts = fleet.parts(runs, language) if hits.devices or hits.destinations or hits.findings else []
    names = {part.info.id: part.names for part in parts}
    keys = {(part.info.id, one.record["id"]): key for part in parts for key, one in part.sightings.items()}
    found: list[Key] = list(dict.fromkeys(keys[hit] for hit in hits.devices if hit in keys))
    seen = {key: [part.sightings[key] for part in parts if key in part.sightings] for key in found}
    sensors = {run: one.identity.name for run, one in runs.items()}
    return {
        "devices": [row_of_seen(joined(seen[key]).seen, language) for key in found],
        "destinations": [
            {**one, "device_name": names.get(one["run"], {}).get(one["device"]), "sensor": sensors[one["run"]]}
            for one in hits.destinations
        ],
        "findings": [
            {**named(one, names.get(one["run"], {}), language), "sensor": sensors[one["run"]]} for one in hits.findings
        ],
    }
