"""The command `report`: a run's report as HTML, PDF, JSON, and JUnit test cases for CI."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensor.cli._options import FAIL_ON
from sensor.cli._store import choose_run, in_store, store_errors
from sensor.files import error_reason
from sensor.model import STATUSES

if TYPE_CHECKING:
    from sensor.report.period import Period
    from sensor.store.reader import RunInfo


@click.command()
@in_store
@click.option("--run", "run", metavar="RUN", help="Which run (see `runs`); the one put in last by default.")
@click.option("--device", metavar="DEVICE", help="Only this device (its id).")
@click.option(
    "--from", "since", metavar="TIME", help="Findings and traffic from then on (2026-05-01 or 2026-05-01T10:00Z)."
)
@click.option("--to", "until", metavar="TIME", help="Findings and traffic before then.")
@click.option("--html", "html_path", metavar="FILE", help="Write the report as one HTML file; - is standard output.")
@click.option("--pdf", "pdf_path", metavar="FILE", help="Write the report as PDF.")
@click.option("--json", "json_path", metavar="FILE", help="Write the report as JSON; - is standard output.")
@click.option("--junit", "junit_path", metavar="FILE", help="Write verdicts and provisions as JUnit XML test cases.")
@click.option("--fail-on", type=click.Choice(FAIL_ON), help="Exit with 3 when a verdict is this or worse.")
def report(
    store: str,
    run: str | None,
    device: str | None,
    since: str | None,
    until: str | None,
    html_path: str | None,
    pdf_path: str | None,
    json_path: str | None,
    junit_path: str | None,
    fail_on: str | None,
) -> int:
    """Write the report of a run: the first page for a person at home, the rest for a laboratory."""
    from sensor.report.build import build
    from sensor.report.period import Period
    from sensor.store.location import store_location
    from sensor.store.reader import StoreReader
    from sensor.text import safe

    paths = [path for path in (html_path, pdf_path, json_path, junit_path) if path is not None]
    if not paths:
        raise click.UsageError("a report needs --html FILE, --pdf FILE, --json FILE or --junit FILE")
    if len(paths) != len(set(paths)):
        raise click.UsageError("two forms of the report cannot be the same file")
    try:
        period = Period.of(since, until)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with store_errors(), StoreReader(store_location(store)) as reader:
        info = _choose_run(reader.runs(), run, store, period)
        try:
            content = build(info, reader.records(info.id), reader.traffic(info.id), device, period)
        except KeyError:
            raise click.ClickException(f"run {info.id} has no device {safe(device or '', 80)!r}") from None
    made = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    if html_path is not None:
        from sensor.report.page import html

        _write(html_path, html(content, made), "--html")
    if json_path is not None:
        _write(json_path, json.dumps({"made": made, **content}, indent=1) + "\n", "--json")
    if junit_path is not None:
        from sensor.report.junit import junit

        _write(junit_path, junit(content, fail_on or "concern"), "--junit")
    if pdf_path is not None:
        from sensor.report.page import PRINTED, html
        from sensor.report.pdf import NoPrinter, pdf

        try:
            _write(pdf_path, pdf(html(content, made, findings=PRINTED)), "--pdf")
        except NoPrinter as error:
            raise click.ClickException(str(error)) from None
    statuses = {mark["status"] for one in content["devices"] for mark in one["marks"]}
    return 3 if fail_on and any(STATUSES.index(status) <= STATUSES.index(fail_on) for status in statuses) else 0


def _choose_run(found: list[RunInfo], run: str | None, store: str, period: Period) -> RunInfo:
    """The run of that name; else the one put in last with packets of the period."""
    if run is None:
        within = [one for one in found if period.meets(one.first_time, one.last_time)]
        if found and not within:
            raise click.ClickException(f"{store}: no run was heard in that time; `lanwitness runs` lists them")
        found = within
    return choose_run(found, run, store)


def _write(path: str, content: str | bytes, option: str) -> None:
    if path == "-":
        click.echo(content, nl=False)
        return
    try:
        Path(path).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    except OSError as error:
        reason = error_reason(error, "cannot be written")
        raise click.BadParameter(f"{path}: {reason}", param_hint=option) from None
