"""The command `report`: a run's report as HTML, PDF, JSON, and JUnit test cases for CI."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from sensor.catalogue import LANGUAGES
from sensor.cli._options import FAIL_ON, write_form
from sensor.cli._store import (
    choose_run,
    in_store,
    runs_of_sensor,
    say_which,
    sensors_called,
    sensors_of_site,
    store_errors,
)
from sensor.model import STATUSES

if TYPE_CHECKING:
    from sensor.records import Record
    from sensor.report.period import Period
    from sensor.store.fleet_reader import FleetReader
    from sensor.store.reader import RunInfo
    from sensor.store.types import TrafficCell
    from sensor.verdicts.facts import Facts


@click.command()
@in_store
@click.option("--run", "run", metavar="RUN", help="Which run (see `runs`); the one put in last by default.")
@click.option(
    "--sensor",
    "sensors",
    metavar="NAME",
    multiple=True,
    help="The newest run of this sensor (its name or id; see `hub list`); of several, one report (repeatable).",
)
@click.option("--site", metavar="SITE", help="One report of all sensors of this site.")
@click.option("--device", metavar="DEVICE", help="Only this device (its id).")
@click.option(
    "--from", "since", metavar="TIME", help="Findings and traffic from then on (2026-05-01 or 2026-05-01T10:00Z)."
)
@click.option("--to", "until", metavar="TIME", help="Findings and traffic before then.")
@click.option("--html", "html_path", metavar="FILE", help="Write the report as one HTML file; - is standard output.")
@click.option("--pdf", "pdf_path", metavar="FILE", help="Write the report as PDF.")
@click.option("--json", "json_path", metavar="FILE", help="Write the report as JSON; - is standard output.")
@click.option("--junit", "junit_path", metavar="FILE", help="Write verdicts and provisions as JUnit XML test cases.")
@click.option(
    "--ts103701",
    "laboratory_path",
    metavar="FILE",
    help="Write the report for laboratories in the order of TS 103 701: JSON where the name ends so, else HTML.",
)
@click.option("--facts", metavar="FILE", help="The lab's facts for it, if they are not stored with the run.")
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], help="The language of the report.")
@click.option("--fail-on", type=click.Choice(FAIL_ON), help="Exit with 3 when a verdict is this or worse.")
def report(
    store: str,
    run: str | None,
    sensors: tuple[str, ...],
    site: str | None,
    device: str | None,
    since: str | None,
    until: str | None,
    html_path: str | None,
    pdf_path: str | None,
    json_path: str | None,
    junit_path: str | None,
    laboratory_path: str | None,
    facts: str | None,
    language: str,
    fail_on: str | None,
) -> int:
    """Write the report of a run: the first page for a person at home, the rest for a laboratory.

    Of a site or of several sensors it is one report: each device once, with the sensors that heard it, judged by all
    that they found and heard of it.
    """
    from sensor.report.build import build
    from sensor.report.period import Period
    from sensor.store.fleet_reader import FleetReader
    from sensor.store.location import store_location
    from sensor.store.misfits import naming_misfits
    from sensor.text import safe

    paths = [path for path in (html_path, pdf_path, json_path, junit_path, laboratory_path) if path is not None]
    if not paths:
        raise click.UsageError("a report needs --html FILE, --pdf FILE, --json FILE, --junit FILE or --ts103701 FILE")
    if facts is not None and laboratory_path is None:
        raise click.UsageError("--facts is for --ts103701")
    if (run is not None) + bool(sensors) + (site is not None) > 1:
        raise click.UsageError("either --run, --sensor or --site")
    many = site is not None or len(sensors) > 1
    if many and laboratory_path is not None:
        raise click.UsageError("--ts103701 is of one run")
    if len(paths) != len(set(paths)):
        raise click.UsageError("two forms of the report cannot be the same file")
    try:
        period = Period.of(since, until)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with store_errors(), FleetReader(store_location(store)) as reader:
        seen_by: dict[str, list[str]] | None = None
        if many:
            info, everything, cells, seen_by = _of_sensors(reader, sensors, site, store)
        else:
            sensor = next(iter(sensors), None)
            info = _choose_run(runs_of_sensor(reader, sensor, store), run, store, period)
            if run is None:
                say_which(reader, info, sensor)
            everything, cells = reader.records(info.id), reader.traffic(info.id)
        try:
            with naming_misfits(store, everything):
                content = build(info, everything, cells, device, period, language, seen_by)
        except KeyError:
            raise click.ClickException(f"run {info.id} has no device {safe(device or '', 80)!r}") from None
    made = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    if html_path is not None:
        from sensor.report.page import html

        write_form(html_path, html(content, made, language), "--html")
    if json_path is not None:
        write_form(json_path, json.dumps({"made": made, **content}, indent=1) + "\n", "--json")
    if junit_path is not None:
        from sensor.report.junit import junit

        write_form(junit_path, junit(content, fail_on), "--junit")
    if laboratory_path is not None:
        _write_laboratory(laboratory_path, info, everything, _facts_of(facts, store, info.id), made, device, language)
    if pdf_path is not None:
        from sensor.report.page import html
        from sensor.report.pdf import NoPrinter, pdf

        try:
            write_form(pdf_path, pdf(html(content, made, language, paper=True)), "--pdf")
        except NoPrinter as error:
            raise click.ClickException(str(error)) from None
    statuses = {mark["status"] for one in content["devices"] for mark in one["marks"]}
    return 3 if fail_on and any(STATUSES.index(status) <= STATUSES.index(fail_on) for status in statuses) else 0


def _of_sensors(
    reader: FleetReader, names: tuple[str, ...], site: str | None, store: str
) -> tuple[RunInfo, list[Record], list[TrafficCell], dict[str, list[str]]]:
    """Records, bytes and who heard each device, of a site or of these sensors, as of one run."""
    from sensor.sites.stored import called, info_of, joined

    chosen = sensors_of_site(reader, site, store) if site is not None else sensors_called(reader, names, store)
    with reader.at_once():
        found = joined(reader, chosen)
        info = info_of(called(chosen, site), reader, chosen, found.records)
        return info, found.records, found.cells, found.seen_by


def _facts_of(path: str | None, store: str, run: str) -> Facts | None:
    """The lab's facts: of the file, else those stored with the run."""
    from sensor import config
    from sensor.cli import _files
    from sensor.evidence.storage import EvidenceFolder, evidence_path
    from sensor.store.location import store_location
    from sensor.verdicts.facts import parse

    if path is not None:
        return _files.facts(path)
    stored = EvidenceFolder(evidence_path(store_location(store), config.load().state)).facts(run)
    try:
        return parse(stored[1], stored[0]) if stored is not None else None
    except ValueError as error:
        raise click.ClickException(f"the facts stored with run {run} cannot be read ({error})") from None


def _write_laboratory(
    path: str,
    info: RunInfo,
    records: list[Record],
    facts: Facts | None,
    made: str,
    device: str | None,
    language: str,
) -> None:
    from sensor.report.page import ts103701_html
    from sensor.report.ts103701 import build as build_ts103701

    try:
        content = build_ts103701(info, records, facts, made, device, language)
    except KeyError:
        raise click.ClickException(f"device {device} is not judged") from None
    as_json = path.lower().endswith(".json")
    write_form(
        path, json.dumps(content, indent=1) + "\n" if as_json else ts103701_html(content, language), "--ts103701"
    )


def _choose_run(found: list[RunInfo], run: str | None, store: str, period: Period) -> RunInfo:
    """The run of that name; else the one put in last with packets of the period."""
    if run is None:
        within = [one for one in found if period.meets(one.first_time, one.last_time)]
        if found and not within:
            raise click.ClickException(f"{store}: no run was heard in that time; `lanwitness runs` lists them")
        found = within
    return choose_run(found, run, store)
