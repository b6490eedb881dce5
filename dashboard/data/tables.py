"""Tables for spreadsheets: titles, and rows that are read while they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dashboard.data.rows import devices_of, finding_query, marks_in, marks_of
from sensor.report.build import name_of
from sensor.store.finding_queries import ORDERS
from sensor.store.rows import timestamp

if TYPE_CHECKING:
    from dashboard.queries import Queries
    from sensor.store.fleet_reader import FleetSensor

Table = tuple[Sequence[str], Iterable[Sequence[Any]]]

SHEET = 200
"""Findings that are read at a time."""

HOUR = 3_600_000_000
"""Microseconds."""


def devices(queries: Queries, run: str | None) -> Table:
    """All devices of a run, worst first, then those that are not judged."""
    info = queries.info(run)
    judged, rest = queries.rows(info.id)
    about = ("device", "name", "category", "vendor", "model", "addresses", "first_seen", "last_seen")
    titles = (*about, *marks_of(), "findings", "bytes")

    def rows() -> Iterator[list[Any]]:
        counts = queries.reader.finding_counts(info.id)
        for one in [*judged, *rest]:
            own = marks_in(one)
            claims = [one[name]["value"] if one[name] else None for name in ("category", "vendor", "model")]
            seen = [one["addresses"], one["first_seen"], one["last_seen"]]
            amounts = [counts.get(one["id"], 0), sum(amount or 0 for amount in one["bytes"].values())]
            yield [one["id"], name_of(one), *claims, *seen, *(own.get(each) for each in marks_of()), *amounts]

    return titles, rows()


def findings(queries: Queries, run: str | None, params: Mapping[str, str], sort: str | None) -> Table:
    """All findings of a run that match the parameters."""
    info = queries.info(run)
    wanted = finding_query(params)
    order = sort if sort in ORDERS else ORDERS[0]
    titles = (
        "id",
        "severity",
        "rule",
        "device",
        "peer_device",
        "capability",
        "provisions",
        "client",
        "server",
        "protocol",
        "time",
        "last_time",
        "count",
        "state",
        "summary",
        "advice",
    )

    def rows() -> Iterator[list[Any]]:
        page, pages = 1, 1
        while page <= pages:
            found = queries.reader.findings(info.id, wanted, order=order, page=page, size=SHEET)
            for one in found.findings:
                yield [{**one, "device": devices_of(one)}[title] for title in titles]
            page, pages = page + 1, found.pages

    return titles, rows()


def devices_of_sensors(queries: Queries, runs: Mapping[str, FleetSensor]) -> Table:
    """All devices of several runs, each with its sensor and site."""
    found = [(one, devices(queries, run)) for run, one in runs.items()]
    return _of_sensors(devices(queries, None)[0], found)


def findings_of_sensors(
    queries: Queries, runs: Mapping[str, FleetSensor], params: Mapping[str, str], sort: str | None
) -> Table:
    """All findings of several runs that match the parameters, each with its sensor and site."""
    found = [(one, findings(queries, run, params, sort)) for run, one in runs.items()]
    return _of_sensors(findings(queries, None, params, sort)[0], found)


def _of_sensors(titles: Sequence[str], found: Iterable[tuple[FleetSensor, Table]]) -> Table:
    rows = ([one.identity.name, one.identity.site, *row] for one, (_, each) in found for row in each)
    return ("sensor", "site", *titles), rows


def destinations(queries: Queries, run: str, device: str) -> Table:
    """A device's destinations."""
    one = queries.device_record(queries.info(run).id, device)
    titles = ("name", "address", "party", "country", "bytes")
    return titles, [[peer.get(title) for title in titles] for peer in one["destinations"]]


def hours(queries: Queries, run: str, device: str) -> Table:
    """A device's payload bytes by hour, protection and party."""
    info = queries.info(run)
    one = queries.device_record(info.id, device)
    found = queries.reader.hours(info.id, one["id"])
    rows = ([timestamp(each.at * HOUR), each.protection, each.party, each.bytes] for each in found)
    return ("hour", "protection", "party", "bytes"), rows


def provisions(queries: Queries, run: str, device: str) -> Table:
    """A device's provisions."""
    one = queries.device(run, device)["device"]
    rows = [
        [
            each["provision"]["v3.1.3"],
            each["provision"]["v2.1.1"],
            each["capability"],
            each["modal"],
            each["status"],
            each["title"],
            "; ".join(each["because"]),
        ]
        for each in one["provisions"]
    ]
    return ("v3.1.3", "v2.1.1", "capability", "modal", "status", "title", "because"), rows


def hits(found: Mapping[str, Any]) -> Table:
    """What a search found, as its page has it."""
    rows = [
        *(("device", one["id"], one["name"], one["id"]) for one in found["devices"]),
        *(("destination", one["device"], one["name"], one["address"]) for one in found["destinations"]),
        *(("finding", one["device"], one["summary"], one["id"]) for one in found["findings"]),
    ]
    return ("what", "device", "text", "id"), rows


def hits_of_sensors(found: Mapping[str, Any]) -> Table:
    """The same over several sensors, each with the sensors that see it and the run that has it."""
    titles, rows = hits(found)
    listed = [*found["devices"], *found["destinations"], *found["findings"]]
    whose = [[one["sensor"] for one in each["seen_by"]] if "seen_by" in each else each["sensor"] for each in listed]
    more = ([of, each["run"], *row] for of, each, row in zip(whose, listed, rows, strict=True))
    return ("sensor", "run", *titles), more
