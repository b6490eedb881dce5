"""The command `export`: runs in the formats that other programs read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensor.cli._config import config_option, from_file
from sensor.cli._options import vault_of
from sensor.cli._store import choose_run, store_errors
from sensor.export.formats._format import formats
from sensor.files import error_reason, owner_only
from sensor.model import SEVERITIES

if TYPE_CHECKING:
    from sensor.export.formats._format import Format
    from sensor.export.run_records import RunRecords
    from sensor.records import Record


@click.command(epilog="  ".join(f"{name}: {one.title}." for name, one in formats().items()))
@click.argument("sources", nargs=-1, metavar="SOURCE…")
@click.option("--format", "form", type=click.Choice(list(formats())), required=True, help="The format (below).")
@click.option("--out", metavar="FILE_OR_DIR", default="-", help="Where to; a folder for formats of several files.")
@config_option
@click.option("--store", metavar="PATH_OR_URL", help="Instead of SOURCE: a run of this store.")
@click.option("--run", metavar="RUN", help="Which run of the store (see `runs`); the one put in last by default.")
@click.option("--device", metavar="DEVICE", help="Only this device (its id).")
@click.option("--severity", type=click.Choice(SEVERITIES), help="Only findings of this severity or a worse one.")
def export(
    sources: tuple[str, ...],
    form: str,
    out: str,
    store: str | None,
    run: str | None,
    device: str | None,
    severity: str | None,
) -> int:
    """Write what runs found in a format that other programs read. Secrets and personal data stay masked.

    A SOURCE is a capture or a file of `replay --json`; lines of flows need captures, or records of `replay --flows`.

    \b
    lanwitness export --format ecs home.pcapng | curl -H 'Content-Type: application/x-ndjson' …/_bulk --data-binary @-
    lanwitness export --format zeek --out logs home.pcapng
    lanwitness export --format sarif --store home.db --out home.sarif
    """
    from sensor.export.formats._format import Missing
    from sensor.export.run_records import RunRecords
    from sensor.replay import complain

    if sources and from_file("store"):
        store = None
    if bool(sources) == (store is not None):
        raise click.UsageError("export needs either a SOURCE or --store")
    chosen = formats()[form]
    if chosen.files is not None and out == "-":
        raise click.UsageError(f"{form} has several files: --out names the folder for them")
    found: list[Record] = []
    for source in sources:
        found.extend(_read(source, chosen))
    if store is not None:
        found.extend(_stored(store, run))
    records = RunRecords.of(_narrowed(found, device, severity))
    try:
        _write(chosen, records, out)
    except Missing as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.BadParameter(f"{out}: {error_reason(error, 'cannot be written')}", param_hint="--out") from None
    damaged = [one for one in records.captures if one["damage"]]
    for one in damaged:
        complain(f"{one['capture']}: {one['damage']}")
    return 1 if damaged else 0


def _narrowed(found: Iterable[Record], device: str | None, severity: str | None) -> Iterator[Record]:
    """Records of one device alone, and findings that are bad enough."""
    worst = SEVERITIES.index(severity) if severity else len(SEVERITIES)
    for one in found:
        kind = one["record"]
        about = one["id"] if kind == "device" else one.get("device")
        if device is not None and kind != "capture" and about != device:
            continue
        if kind != "finding" or SEVERITIES.index(one["severity"]) <= worst:
            yield one


def _read(source: str, chosen: Format) -> list[Record]:
    from sensor.comparison.source import NoRecords, looks_like_records
    from sensor.export.run_records import read_whole, without_values

    path = Path(source)
    try:
        if path.is_file() and looks_like_records(path):
            return [without_values(one) for one in read_whole(path, "")]
    except NoRecords as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{source}: {error_reason(error, 'cannot be read')}") from None
    return _replayed(source, flows=chosen.flows)


def _replayed(path: str, *, flows: bool) -> list[Record]:
    from sensor.export.transactions import MOST, Transactions
    from sensor.replay import complain, read_records
    from sensor.run import Options

    vault = vault_of(reveal=False)
    transactions = Transactions(vault) if flows else None
    found = read_records(path, vault, Options(flows=flows), transactions)
    if isinstance(found, str):
        raise click.ClickException(found)
    if transactions is None:
        return found
    if transactions.left_out:
        complain(f"{path}: {transactions.left_out} lines of DNS, HTTP, TLS and DHCP more than {MOST} are left out")
    return [*found, *({**one} for one in transactions.finished)]


def _stored(store: str, run: str | None) -> list[Record]:
    from sensor.personal_data.ledger import ledgers
    from sensor.store.location import store_location
    from sensor.store.reader import StoreReader

    with store_errors(), StoreReader(store_location(store)) as reader:
        found = reader.records(choose_run(reader.runs(), run, store).id)
    return [*found, *({**one} for one in ledgers(found))]


def _write(chosen: Format, records: RunRecords, out: str) -> None:
    if chosen.files is not None:
        folder = Path(out)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in chosen.files(records):
            with open(folder / name, "wb", opener=owner_only) as file:
                file.write(content)
    elif chosen.text is not None:
        if out == "-":
            for piece in chosen.text(records):
                click.echo(piece, nl=False)
            return
        with open(out, "wb", opener=owner_only) as file:
            for piece in chosen.text(records):
                file.write(piece.encode("utf-8", "backslashreplace"))
