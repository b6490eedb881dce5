"""The command `compare`: two runs set against each other, as Markdown, JSON and JUnit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensor.cli._config import config_option
from sensor.cli._options import vault_of, write_form
from sensor.cli._store import choose_run, store_errors
from sensor.files import error_reason

if TYPE_CHECKING:
    from sensor.records import Record


@click.command()
@click.argument("before", metavar="RUN")
@click.argument("after", metavar="RUN")
@config_option
@click.option("--store", metavar="PATH_OR_URL", help="The store that holds the runs that are named by their ids.")
@click.option(
    "--as", "pairs", multiple=True, metavar="MAC=MAC",
    help="Set a device of the first run against another of the second (repeatable): two units of one model.",
)  # fmt: skip
@click.option("--markdown", "markdown_path", metavar="FILE", help="Write it as Markdown; - is standard output.")
@click.option("--json", "json_path", metavar="FILE", help="Write it as JSON; - is standard output.")
@click.option("--junit", "junit_path", metavar="FILE", help="Write it as JUnit XML, with names that stay the same.")
@click.option("--language", type=click.Choice(["en", "de"]), default="en", help="The language of the words.")
def compare(
    before: str,
    after: str,
    store: str | None,
    pairs: tuple[str, ...],
    markdown_path: str | None,
    json_path: str | None,
    junit_path: str | None,
    language: str,
) -> int:
    """Compare a run with an earlier one: what is new, worse, better, gone, not seen again, the same, by device.

    A RUN is a capture, a file of `replay --json` (FILE#RUN where it holds several), or of --store: the id of a run, a
    sensor (its name or id), or all sensors of a site (site:NAME). SENSOR@TIME is what it knew then: a day, a time, or
    yesterday. Without --markdown, --json or --junit the comparison is printed. Exit status 3 when something got worse.

    \b
    lanwitness compare before.jsonl after.pcapng
    lanwitness compare r654bc4bd8b65 r0c1d22e7fa10 --store home.db --markdown changes.md
    lanwitness compare cellar@yesterday cellar --store "$HUB"
    lanwitness compare unit1.pcap unit2.pcap --as 02:00:5e:00:53:01=02:00:5e:00:53:02
    """
    from sensor.comparison.forms import as_json, junit, markdown
    from sensor.comparison.runs import Pairing
    from sensor.comparison.runs import compare as compare_records
    from sensor.store.misfits import naming_misfits

    first, second = _records(before, store), _records(after, store)
    with store_errors(), naming_misfits(store or before, [*first, *second]):
        try:
            found = compare_records(first, second, dict(map(_pair, pairs)), language)
        except Pairing as error:
            raise click.ClickException(str(error)) from None
        if json_path is not None:
            text = json.dumps(as_json(found, before, after), indent=1, ensure_ascii=False) + "\n"
            write_form(json_path, text, "--json")
        if junit_path is not None:
            write_form(junit_path, junit(found, before, after, language), "--junit")
        if markdown_path is not None or (json_path is None and junit_path is None):
            write_form(markdown_path or "-", markdown(found, before, after, language), "--markdown")
    return 3 if found.got_worse else 0


def _pair(text: str) -> tuple[str, str]:
    first, equals, second = text.lower().partition("=")
    if not (first and equals and second):
        raise click.BadParameter(f"{text!r} is not two devices such as MAC=MAC", param_hint="--as")
    return first, second


def _records(name: str, store: str | None) -> list[Record]:
    """The records of a run that a user named; a sentence where there is none."""
    from sensor.comparison.source import NoRecords, looks_like_records, read_records

    file, run = Path(name), None
    if not file.exists() and "#" in name:
        text, _, run = name.rpartition("#")
        file = Path(text)
    try:
        if not file.exists():
            return _stored(name, store)
        return read_records(file, run) if looks_like_records(file) else _replayed(str(file))
    except NoRecords as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{file}: {error_reason(error, 'cannot be read')}") from None


def _replayed(path: str) -> list[Record]:
    from sensor.export.records import records
    from sensor.replay import read
    from sensor.run import Options

    result = read(path, vault_of(reveal=False), Options())
    if isinstance(result, str):
        raise click.ClickException(result)
    return list(records(result))


def _stored(run: str, store: str | None) -> list[Record]:
    if store is None:
        raise click.ClickException(f"{run}: no such file; a run of a store needs --store")
    from sensor.sites.sides import NoSide, side
    from sensor.store.fleet_reader import FleetReader
    from sensor.store.location import store_location
    from sensor.text import safe

    with store_errors(), FleetReader(store_location(store)) as reader:
        found = reader.runs()
        if run in {one.id for one in found} or not reader.fleet():
            return reader.records(choose_run(found, run, store).id)
        try:
            return side(reader, run, datetime.now(UTC))
        except NoSide as error:
            raise click.ClickException(f"{store}: has no run or sensor {safe(run, 60)} ({error})") from None
        except ValueError:
            raise click.ClickException(f"{safe(run, 60)}: what follows @ is no time") from None
