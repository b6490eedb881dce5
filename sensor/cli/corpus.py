"""The commands `corpus`: thousands of captures into Parquet, questions in SQL, prevalence, evidence."""

from __future__ import annotations

import csv
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sensor.cli._options import check_networks, local_net_option, write_form
from sensor.files import error_reason

if TYPE_CHECKING:
    from sensor.corpus.folder import CorpusSettings
    from sensor.corpus.reading import How, Outcomes

SOME_FAILED, NONE_READ = 1, 2
"""Exit statuses: some captures have no records; none has."""

SHOWN = 20
"""Failures that are printed."""

FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


class Shard(click.ParamType[tuple[int, int]]):
    """``I/N``: the I-th part of N, from 1."""

    name = "I/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:  # noqa: D102
        part, slash, parts = str(value).partition("/")
        if not (slash and part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
            self.fail(f"{value!r} is no I/N with 1 <= I <= N", param, ctx)
        return int(part), int(parts)


def how_options(command: Any) -> Any:
    """Add the options of how captures are spread over processes."""
    options = (
        click.option(
            "--workers", type=click.IntRange(0, 1024), help="Processes of this machine; 0: one, without Dask."
        ),
        click.option(
            "--scheduler", metavar="tcp://HOST:PORT", help="A Dask scheduler, whose workers see the same files."
        ),
        click.option(
            "--timeout", type=click.FloatRange(1), default=600.0, show_default=True, help="Seconds a capture."
        ),
        click.option(
            "--memory", type=click.IntRange(256), default=2048, show_default=True, help="Megabytes a process."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def corpus() -> None:
    """Read thousands of captures into Parquet, and ask questions in SQL.

    \b
    lanwitness corpus read captures --out study        goes on where an earlier reading stopped
    lanwitness corpus status study                     what was read, what failed and why
    lanwitness corpus sql study "SELECT rule, count(*) FROM finding GROUP BY rule"
    lanwitness corpus report study --html prevalence.html
    """


@corpus.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="The corpus's folder.")
@how_options
@click.option("--shard", type=Shard(), help="Only the I-th part of N, for N machines without a scheduler.")
@click.option("--flows", is_flag=True, help="Also a record for every flow.")
@click.option("--facts", metavar="FILE", help="What a lab knows and packets cannot tell (TOML).")
@local_net_option("A local network (repeatable); private ranges by default.")
def read(
    paths: tuple[str, ...],
    out: Path,
    workers: int | None,
    scheduler: str | None,
    timeout: float,
    memory: int,
    shard: tuple[int, int] | None,
    flows: bool,
    facts: str | None,
    local: tuple[str, ...],
) -> int:
    """Read captures, or all in folders, into a folder of Parquet parts. What was read is not read again; a capture that
    kills its reader, takes too long or too much memory costs no other."""
    from sensor.corpus.folder import CorpusSettings

    check_networks(local)
    absolute = tuple(str(Path(path).resolve()) for path in paths)
    facts_path = None if facts is None else str(Path(facts).resolve())
    settings = CorpusSettings(absolute, flows, local, facts_path, _facts_sha256(facts))
    return _read(out, settings, _how(workers, scheduler, timeout, memory, shard), again=False)


@corpus.command()
@FOLDER
@how_options
def retry(folder: Path, workers: int | None, scheduler: str | None, timeout: float, memory: int) -> int:
    """Read again what failed, with the options that the corpus was read with."""
    settings = _settings(folder)
    return _read(folder, settings, _how(workers, scheduler, timeout, memory, None), again=True)


@corpus.command()
@FOLDER
def status(folder: Path) -> int:
    """What was read into the folder, what failed, and why."""
    from sensor.corpus.reading import Outcomes

    rows = _manifest(folder)
    found = Outcomes()
    found.add(rows)
    _print(found)
    size, seconds, records = (sum(getattr(row, name) for row in rows) for name in ("size", "seconds", "records"))
    click.echo(f"{size / 1e6:,.1f} MB in {seconds:,.0f} s, {records:,} records")
    return _exit_status(found)


@corpus.command()
@FOLDER
@click.argument("question", metavar="SQL")
@click.option("--csv", "as_csv", is_flag=True, help="Rows as CSV.")
def sql(folder: Path, question: str, as_csv: bool) -> int:
    """Ask in DuckDB's SQL. Views: manifest, failure, and capture, device, finding, provision, verdict, ledger, flow as
    docs/output.md has them. Nothing can be written."""
    from sensor.corpus.folder import NoCorpus
    from sensor.corpus.questions import NoAnswer, answer
    from sensor.text import safe

    try:
        columns, rows = answer(folder, question)
    except (NoAnswer, NoCorpus) as error:
        raise click.ClickException(str(error)) from None
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([safe(str(value), 10_000) if value is not None else "" for value in row] for row in rows)
        return 0
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(Text(column))
    for row in rows:
        table.add_row(*(Text("" if value is None else safe(str(value), 400)) for value in row))
    Console(soft_wrap=True).print(table)
    return 0


@corpus.command()
@FOLDER
@click.option("--html", "page", metavar="FILE", help="The page; - is standard output.")
@click.option("--csv", "rows", metavar="FILE", help="The same as CSV; - is standard output.")
def report(folder: Path, page: str | None, rows: str | None) -> int:
    """Prevalence: of how many devices of a maker, in which year, each rule found something."""
    from sensor.corpus.folder import NoCorpus
    from sensor.corpus.prevalence import as_csv, as_html, prevalences
    from sensor.corpus.questions import NoAnswer

    if page is None and rows is None:
        raise click.UsageError("report needs --html FILE or --csv FILE")
    try:
        found = prevalences(folder)
    except (NoAnswer, NoCorpus) as error:
        raise click.ClickException(str(error)) from None
    if page is not None:
        write_form(page, as_html(found, _manifest(folder)), "--html")
    if rows is not None:
        write_form(rows, as_csv(found), "--csv")
    return 0


@corpus.command()
@FOLDER
@click.argument("finding", metavar="FINDING")
@click.option("--out", required=True, metavar="FILE", help="Where the packets go (pcapng).")
def evidence(folder: Path, finding: str, out: str) -> int:
    """Cut a finding's packets out of its capture, and mask them."""
    from sensor.corpus.evidence import NoEvidence, evidence_pcapng
    from sensor.corpus.folder import NoCorpus
    from sensor.corpus.questions import NoAnswer

    try:
        packets = evidence_pcapng(folder, _settings(folder), finding)
    except (NoAnswer, NoCorpus, NoEvidence) as error:
        raise click.ClickException(str(error)) from None
    write_form(out, packets, "--out")
    return 0


def _read(out: Path, settings: CorpusSettings, how: How, *, again: bool) -> int:
    from sensor.corpus.folder import CorpusFolder, NoCorpus
    from sensor.corpus.reading import NoDask, read_corpus
    from sensor.replay import complain

    try:
        found = read_corpus(CorpusFolder(out), settings, how, complain, again=again)
    except (NoCorpus, NoDask, ImportError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{out}: {error_reason(error, str(error))}") from None
    _print(found)
    return _exit_status(found)


def _print(found: Outcomes) -> None:
    from sensor.text import safe

    words = {"read": "read", "damaged": "read, damaged", "unreadable": "no captures", "failed": "failed"}
    counts = [f"{found.counts[name]:,} {word}" for name, word in words.items() if found.counts[name]]
    counts += [f"{found.known:,} read before"] if found.known else []
    click.echo(", ".join(counts) or "no capture")
    for row in found.failures[:SHOWN]:
        click.echo(f"  {safe(row.path, 200)}: {safe(row.reason or '', 200)}")
    if len(found.failures) > SHOWN:
        click.echo(f"  and {len(found.failures) - SHOWN:,} more (the view `failure`)")


def _exit_status(found: Outcomes) -> int:
    failed = found.counts["failed"] + found.counts["unreadable"]
    if not failed:
        return 0
    return SOME_FAILED if found.counts["read"] + found.counts["damaged"] + found.known else NONE_READ


def _how(workers: int | None, scheduler: str | None, timeout: float, memory: int, shard: tuple[int, int] | None) -> How:
    """One process a processor by default, where Dask is installed."""
    import importlib.util
    import os

    from sensor.corpus.reading import How

    if workers is not None and scheduler is not None:
        raise click.UsageError("--workers are of this machine: not with --scheduler")
    if workers is None:
        workers = len(os.sched_getaffinity(0)) if importlib.util.find_spec("distributed") and scheduler is None else 0
    return How(workers, scheduler, timeout, memory * 1024**2, shard)


def _settings(folder: Path) -> CorpusSettings:
    from sensor.corpus.folder import CorpusFolder, NoCorpus

    try:
        return CorpusFolder(folder).settings()
    except NoCorpus as error:
        raise click.ClickException(str(error)) from None


def _manifest(folder: Path) -> list[Any]:
    from sensor.corpus.folder import CorpusFolder

    _settings(folder)
    try:
        return CorpusFolder(folder).manifest()
    except ImportError as error:
        raise click.ClickException(str(error)) from None


def _facts_sha256(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise click.BadParameter(f"{path}: {error_reason(error, 'cannot be read')}", param_hint="--facts") from None
