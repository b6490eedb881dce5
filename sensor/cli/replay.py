"""The command `replay`: finished captures to records, a page for people, a store."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sensor.cli._config import config_option
from sensor.cli._files import keys_of, wifi_keys
from sensor.cli._options import RunOptions, log_options, output, run_options, vault_of
from sensor.cycle_search import begin_loading
from sensor.export.rows import FORMS, SELECTABLE, Rows, UnknownField
from sensor.files import error_reason

if TYPE_CHECKING:
    from sensor.export.compared import Baseline
    from sensor.export.terminal import Terminal
    from sensor.replay.storing import RunStore


NEW = "new"
"""What `--fail-on` takes beside statuses: something is new or worse than in `--compare-with`."""


@click.command()
@click.argument("captures", nargs=-1, required=True, metavar="CAPTURE…")
@run_options(
    json="Write the records as JSON Lines; - is standard output.",
    fail_on="Exit with 3 when a verdict is this or worse; new: when something is new or worse than --compare-with.",
    fail_on_more=(NEW,),
    plain="No colour and no progress bar.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors; the exit status says the outcome.")
@click.option("--format", "form", type=click.Choice(FORMS), help="Print records as rows instead of the page.")
@click.option(
    "--record",
    type=click.Choice(SELECTABLE),
    default="finding",
    help="Which records are rows: a kind, or findings by the first word of their rule.",
)
@click.option("--fields", metavar="A,B,C", help="The fields of the rows (docs/output.md); dots lead into a field.")
@click.option("--group", is_flag=True, help="Equal findings of a device are one row, with their count.")
@click.option("--join", is_flag=True, help="Read all captures as one, in the order of their packets' times.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, help="Read so many captures at a time, each apart.")
@click.option("--decrypt", is_flag=True, help="Read TLS 1.2 and 1.3 with the secrets that a pcapng holds.")
@click.option("--wifi-key", metavar="FILE", help="Decrypt 802.11 with the SSIDs and passphrases in this file.")
@click.option("--keylog", metavar="FILE", help="The same with the secrets of this key log (SSLKEYLOGFILE), too.")
@click.option("--compare-with", metavar="FILE", help="Say what is new since FILE, the records of an earlier replay.")
@click.option(
    "--cross-check",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Hold N findings of each capture to Wireshark's dissection (tshark), and say where it differs.",
)
@log_options
@config_option
def replay(
    captures: tuple[str, ...],
    join: bool,
    jobs: int,
    decrypt: bool,
    keylog: str | None,
    wifi_key: str | None,
    compare_with: str | None,
    cross_check: int | None,
    quiet: bool,
    form: str | None,
    record: str,
    fields: str | None,
    group: bool,
    **given: Any,
) -> int:
    """Read finished captures (pcap, pcapng, snoop, ERF, also packed; a folder means every capture in it; - is standard
    input).

    Prints, for a person, who is on the network, what crossed in the clear, and five verdicts for each device. With
    --json - or --format only records are printed.

    \b
    lanwitness replay --format table --fields severity,rule,device,server home.pcapng
    lanwitness replay --format csv --record device --fields id,vendor,model *.pcap
    lanwitness replay -q --fail-on violated home.pcapng
    """
    begin_loading()
    from sensor.export.progress import no_progress
    from sensor.replay import UNUSABLE, Replay, complain

    options = RunOptions(**given)
    keys = keys_of(keylog) if decrypt or keylog else None
    wifi = wifi_keys(wifi_key)
    options.check()
    if jobs > 1 and (join or options.store is not None):
        raise click.UsageError("--jobs reads captures apart: it goes with neither --join nor --store")
    if cross_check is not None:
        _check_cross_check(captures, several=join or jobs > 1)
    if options.fail_on == NEW and compare_with is None:
        raise click.UsageError("--fail-on new needs --compare-with FILE")
    if form is not None and options.json_path == "-":
        raise click.UsageError("--format and --json - both want standard output")
    if form is None and (fields is not None or group or record != "finding"):
        raise click.UsageError("--record, --fields and --group need --format")
    rows = _rows(form, record, fields, group=group)
    silent = quiet or form is not None or options.json_path == "-"
    has_bar = not (quiet or options.plain) and sys.stderr is not None and sys.stderr.isatty()
    terminal = _terminal(plain=options.plain, language=options.language) if has_bar or not silent else None
    store = _run_store(options.store)
    if store is not None and store.failed:
        return UNUSABLE
    with ExitStack() as stack:
        if store is not None:
            stack.callback(store.close)
        stream, name = output(stack, options.json_path, private=options.reveal)
        return Replay(
            paths=list(captures),
            vault=vault_of(reveal=options.reveal),
            options=replace(options.sensor_options(), keys=keys, wifi=wifi),
            json=stream,
            json_name=name,
            page=None if silent or terminal is None else terminal.page,
            say=complain,
            progress=terminal.progress if has_bar and terminal is not None else no_progress,
            fail_on=options.worst_status(),
            store=store,
            join=join,
            jobs=jobs,
            language=options.language,
            cross_check=cross_check or 0,
            baseline=_baseline(compare_with),
            show_comparison=None if silent or terminal is None else terminal.comparison,
            fail_on_new=options.fail_on == NEW,
            rows=rows,
        ).run()


def _terminal(*, plain: bool, language: str) -> Terminal:
    """The page and the progress bar; rich is loaded only where one of them can be seen."""
    from sensor.export.terminal import Terminal

    return Terminal(plain=plain, language=language)


def _check_cross_check(captures: tuple[str, ...], *, several: bool) -> None:
    """Refuse what Wireshark cannot be asked of, and say what is missing before anything is read."""
    from sensor.evidence.dissect import NoDissector, require_dissector

    if several or "-" in captures:
        raise click.UsageError("--cross-check reads each capture again: it goes with neither --join, --jobs nor -")
    try:
        require_dissector()
    except NoDissector as error:
        raise click.UsageError(f"--cross-check: {error}") from None


def _rows(form: str | None, record: str, fields: str | None, *, group: bool) -> Rows | None:
    """What writes the rows of `--format`; a sentence where a field is none."""
    if form is None:
        return None
    names = [one.strip() for one in fields.split(",") if one.strip()] if fields is not None else None
    width = shutil.get_terminal_size().columns if form == "table" and sys.stdout.isatty() else None
    try:
        return Rows(sys.stdout, form, record, names, width=width, group=group)
    except UnknownField as error:
        raise click.BadParameter(str(error), param_hint="--fields") from None


def _baseline(path: str | None) -> Baseline | None:
    """The records of an earlier replay; a sentence where the file holds none."""
    if path is None:
        return None
    from sensor.comparison.source import NoRecords, read_records
    from sensor.export.compared import Baseline

    try:
        return Baseline(path, read_records(Path(path), ""))
    except NoRecords as error:
        raise click.BadParameter(str(error), param_hint="--compare-with") from None
    except OSError as error:
        reason = error_reason(error, "cannot be read")
        raise click.BadParameter(f"{path}: {reason}", param_hint="--compare-with") from None


def _run_store(store: str | None) -> RunStore | None:
    """The store of a replay's runs, open before a packet is read; SQLAlchemy is loaded only with one."""
    if store is None:
        return None
    from sensor.replay import complain
    from sensor.replay.storing import RunStore

    return RunStore(store, complain)
