"""The command group `correct`: a user's corrections of a store, made without the dashboard."""

from __future__ import annotations

import getpass
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensor.cli._store import in_store, store_errors
from sensor.text import minute

if TYPE_CHECKING:
    from sensor.store.applied_corrections import Correction
    from sensor.store.corrections import Corrections

noted = click.option("--note", default="", metavar="TEXT", help="Why, for who reads it later.")


@click.group()
def correct() -> None:
    """Have your say: names and kinds of devices, which are one, and what to be quiet about. It wins over what was
    found, and can be undone."""


@correct.command()
@click.argument("device")
@click.argument("name", required=False)
@in_store
def name(device: str, name: str | None, store: str) -> int:
    """Call DEVICE (its id) NAME. Without NAME: by what it calls itself again."""
    return _correct(store, lambda corrections, by: corrections.name(device, name, by=by))


@correct.command()
@click.argument("device")
@click.argument("kind", required=False)
@in_store
def kind(device: str, kind: str | None, store: str) -> int:
    """Say that DEVICE is a KIND of device, such as camera or plug (docs/output.md has all). Without KIND: as found
    again."""
    return _correct(store, lambda corrections, by: corrections.category(device, kind, by=by))


@correct.command()
@click.argument("device")
@click.argument("into")
@in_store
def merge(device: str, into: str, store: str) -> int:
    """Say that DEVICE is part of the device INTO: both are shown as that one."""
    return _correct(store, lambda corrections, by: corrections.merge(device, into, by=by))


@correct.command()
@click.argument("device")
@click.argument("other")
@in_store
def apart(device: str, other: str, store: str) -> int:
    """Say that DEVICE and OTHER are two devices, whatever they share."""
    return _correct(store, lambda corrections, by: corrections.apart(device, other, by=by))


@correct.command()
@click.option("--rule", metavar="RULE", help="Findings with this rule, such as tls.certificate.")
@click.option("--device", metavar="DEVICE", help="Findings about this device (its id).")
@click.option("--to", "destination", metavar="ADDRESS", help="Findings whose other end has this address or name.")
@click.option(
    "--days", type=click.FloatRange(0, min_open=True), metavar="DAYS", help="For so long; for good by default."
)
@noted
@in_store
def mute(
    rule: str | None, device: str | None, destination: str | None, days: float | None, note: str, store: str
) -> int:
    """Be quiet about findings: they stay, marked, and nobody is alerted. What is given must all be so."""
    until = None
    if days is not None:
        until = int(min(time.time() + days * 86_400, 253e9) * 1_000_000)
    return _correct(
        store,
        lambda corrections, by: corrections.mute(
            by=by, rule=rule, device=device, destination=destination, until=until, note=note
        ),
    )


@correct.command()
@click.argument("finding")
@click.option("--run", metavar="RUN", help="Which run (see `lanwitness runs`); the newest by default.")
@noted
@in_store
def accept(finding: str, run: str | None, note: str, store: str) -> int:
    """Say of one FINDING (its id) that it is known and may be."""
    return _correct(store, lambda corrections, by: corrections.accept(run or _newest(store), finding, by=by, note=note))


@correct.command()
@click.argument("number", type=int)
@in_store
def undo(number: int, store: str) -> int:
    """Take back what was said under NUMBER (see `correct list`)."""
    with _opened(store) as corrections:
        corrections.undo(number, by=_user())
    click.echo(f"{number} is undone")
    return 0


@correct.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was undone: who said what, and when.")
@in_store
def list_corrections(everything: bool, store: str) -> int:
    """List what was said, by whom and when."""
    from sensor.store.location import store_location
    from sensor.store.reader import StoreReader
    from sensor.text import safe

    with store_errors(), StoreReader(store_location(store)) as reader:
        found = reader.corrections(everything=everything)
    for one in found:
        undone = f"; undone by {one.undone_by} {minute(one.undone_at / 1_000_000)}" if one.undone_at is not None else ""
        note = f" ({one.note})" if one.note else ""
        click.echo(
            safe(
                f"{one.number:>4}  {_sentence(one)}{note}: {one.by}, {minute((one.at or 0) / 1_000_000)}{undone}", 2000
            )
        )
    return 0


def _correct(store: str, change: Callable[[Corrections, str], int]) -> int:
    with _opened(store) as corrections:
        number = change(corrections, _user())
    # A path that holds in every folder; a URL may hold a password.
    where = f" --store {shlex.quote(str(Path(store).absolute()))}" if "://" not in store else " --store …"
    click.echo(f"kept as number {number}; `lanwitness correct undo {number}{where}` takes it back")
    return 0


@contextmanager
def _opened(store: str) -> Iterator[Corrections]:
    """The corrections of a store that is there; what cannot be, or is refused, is a sentence and exit status 2."""
    from sensor.store.corrections import CorrectionRefused, Corrections
    from sensor.store.location import StoreFailed, StoreState, store_location
    from sensor.text import safe

    with store_errors():
        where = store_location(store)
        if where.path is not None and not where.path.exists():
            raise StoreFailed(f"{where.name}: there is no store", StoreState.MISSING)
        try:
            with Corrections(where) as corrections:
                yield corrections
        except CorrectionRefused as error:
            raise click.ClickException(safe(str(error), 400)) from None


def _newest(store: str) -> str:
    from sensor.store.location import store_location
    from sensor.store.reader import StoreReader

    with StoreReader(store_location(store)) as reader:
        newest = reader.run()
    return newest.id if newest is not None else ""


def _user() -> str:
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):
        return "command line"


def _sentence(one: Correction) -> str:
    if one.kind == "name":
        return f"{one.device} is called {one.value}" if one.value is not None else f"{one.device} has its own name"
    if one.kind == "category":
        return f"{one.device} is a {one.value}" if one.value is not None else f"{one.device} is what it was found to be"
    if one.kind == "yours":
        return f"{one.device} is {'yours' if one.value == 'yes' else 'not yours'}"
    if one.kind == "merge":
        return f"{one.device} is part of {one.other}"
    if one.kind == "apart":
        return f"{one.device} and {one.other} are two devices"
    if one.kind == "accept":
        return f"finding {one.finding} of run {one.run} is accepted"
    parts = [
        f"{word} {value}"
        for word, value in (("rule", one.rule), ("device", one.device), ("to", one.destination))
        if value
    ]
    until = f" until {minute(one.until / 1_000_000)}" if one.until is not None else ""
    return f"quiet about {', '.join(parts)}{until}"
