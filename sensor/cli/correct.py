"""The commands with which a user has his say about a store without the dashboard (`correct …`, `tidy`): arguments into the store's calls."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sensor.store.applied_corrections import Correction
    from sensor.store.corrections import Corrections

in_store = click.option(
    "--store", required=True, metavar="PATH_OR_URL", help="The store that replay --store or watch --store fills."
)
noted = click.option("--note", default="", metavar="TEXT", help="Why, for who reads it later.")


@click.group()
def correct() -> None:
    """Have your say: names and kinds of devices, which are one, and what to be quiet about. It wins over what was found, and can be undone."""


@correct.command()
@click.argument("device")
@click.argument("name", required=False)
@in_store
def name(device: str, name: str | None, store: str) -> int:
    """Call DEVICE (its id) NAME. Without NAME: by what it calls itself again."""
    return _say(store, lambda corrections, by: corrections.name(device, name, by=by))


@correct.command()
@click.argument("device")
@click.argument("kind", required=False)
@in_store
def kind(device: str, kind: str | None, store: str) -> int:
    """Say that DEVICE is a KIND of device, such as camera or plug (docs/output.md has all). Without KIND: as found again."""
    return _say(store, lambda corrections, by: corrections.category(device, kind, by=by))


@correct.command()
@click.argument("device")
@click.argument("into")
@in_store
def merge(device: str, into: str, store: str) -> int:
    """Say that DEVICE is part of the device INTO: both are shown as that one."""
    return _say(store, lambda corrections, by: corrections.merge(device, into, by=by))


@correct.command()
@click.argument("device")
@click.argument("other")
@in_store
def apart(device: str, other: str, store: str) -> int:
    """Say that DEVICE and OTHER are two devices, whatever they share."""
    return _say(store, lambda corrections, by: corrections.apart(device, other, by=by))


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
    return _say(
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
    return _say(store, lambda corrections, by: corrections.accept(run or _newest(store), finding, by=by, note=note))


@correct.command()
@click.argument("number", type=int)
@in_store
def undo(number: int, store: str) -> int:
    """Take back what was said under NUMBER (see `correct list`)."""
    with _opened(store) as corrections:
        corrections.undo(number, by=_who())
    click.echo(f"{number} is undone")
    return 0


@correct.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was undone: who said what, and when.")
@in_store
def listed(everything: bool, store: str) -> int:
    """List what was said, by whom and when."""
    from sensor.store.location import store_location
    from sensor.store.reader import Reader
    from sensor.text import safe

    with _told(), Reader(store_location(store)) as reader:
        found = reader.corrections(everything=everything)
    for one in found:
        undone = f"; undone by {one.undone_by} {_moment(one.undone_at)}" if one.undone_at is not None else ""
        note = f" ({one.note})" if one.note else ""
        click.echo(safe(f"{one.number:>4}  {_sentence(one)}{note}: {one.by}, {_moment(one.at)}{undone}", 2000))
    return 0


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    default=365,
    show_default=True,
    help="Days that findings and devices are kept.",
)
@click.option(
    "--hours-days",
    type=click.IntRange(1, 36_500),
    default=60,
    show_default=True,
    help="Days for which bytes are kept by the hour, then by the day.",
)
@click.option(
    "--size-mb",
    type=click.IntRange(1),
    default=2000,
    show_default=True,
    help="Largest size of an SQLite store; the oldest goes first.",
)
@in_store
def tidy(days: int, hours_days: int, size_mb: int, store: str) -> int:
    """Take out of a store what is too old or too much, for good. `watch` does that by itself, once a day."""
    from sensor import config, removal
    from sensor.store.location import store_location
    from sensor.store.retention import Retention
    from sensor.text import safe

    with _told():
        kept = Retention(days, hours_days, size_mb * 1_000_000)
        gone = removal.tidy(store_location(store), config.load().state, kept, time.time_ns() // 1000)
    click.echo(f"{len(gone.runs):,} runs and {gone.rows:,} rows of others are out of the store")
    if gone.left:
        raise click.ClickException(safe(gone.left, 400))
    return 0


def _say(store: str, what: Callable[[Corrections, str], int]) -> int:
    with _opened(store) as corrections:
        number = what(corrections, _who())
    click.echo(f"kept as number {number}; `lanwitness correct undo {number}` takes it back")
    return 0


@contextmanager
def _opened(store: str) -> Iterator[Corrections]:
    from sensor.store.corrections import Corrections
    from sensor.store.location import State, StoreFailed, store_location

    with _told():
        where = store_location(store)
        if where.path is not None and not where.path.exists():
            raise StoreFailed(f"{where.name}: there is no store", State.MISSING)
        with Corrections(where) as corrections:
            yield corrections


@contextmanager
def _told() -> Iterator[None]:
    """A store's trouble, and what cannot be said, as a sentence and exit status 2."""
    from sensor.store.corrections import Refused
    from sensor.store.location import StoreFailed
    from sensor.text import safe

    try:
        yield
    except (StoreFailed, Refused) as error:
        raise click.ClickException(safe(str(error), 400)) from None


def _newest(store: str) -> str:
    from sensor.store.location import store_location
    from sensor.store.reader import Reader

    with Reader(store_location(store)) as reader:
        newest = reader.run()
    return newest.id if newest is not None else ""


def _who() -> str:
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):
        return "command line"


def _moment(at: int | None) -> str:
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at or 0):%Y-%m-%d %H:%M} UTC"


def _sentence(one: Correction) -> str:
    """What was said, in words."""
    if one.kind == "name":
        return f"{one.device} is called {one.value}" if one.value is not None else f"{one.device} has its own name"
    if one.kind == "category":
        return f"{one.device} is a {one.value}" if one.value is not None else f"{one.device} is what it was found to be"
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
    return f"quiet about {', '.join(parts)}{f' until {_moment(one.until)}' if one.until is not None else ''}"


COMMANDS: tuple[Any, ...] = (correct, tidy)
