"""What commands on a store share: the option `--store`, the choice of a run, errors as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sensor.cli._config import config_option

if TYPE_CHECKING:
    from sensor.store.reader import RunInfo

Command = TypeVar("Command", bound=Callable[..., Any])


def in_store(command: Command) -> Command:
    """Add `--store`, without which the command has nothing to work on, and `--config`, which names it, too."""
    option: Callable[[Command], Command] = click.option(
        "--store",
        required=True,
        metavar="PATH_OR_URL",
        help="The store that replay --store or watch --store fills.",
    )
    return option(config_option(command))


@contextmanager
def store_errors() -> Iterator[None]:
    """A store that cannot be used becomes a sentence and exit status 2."""
    from sensor.store.location import StoreFailed
    from sensor.text import safe

    try:
        yield
    except StoreFailed as error:
        raise click.ClickException(safe(str(error), 400)) from None


def choose_run(found: list[RunInfo], run: str | None, store: str) -> RunInfo:
    """The run of that name, or the one put in last; a sentence where there is none."""
    if not found:
        raise click.ClickException(f"{store}: the store has no run yet; replay --store puts one in")
    for one in found:
        if one.id == run:
            return one
    if run is not None:
        raise click.ClickException(f"{store}: has no run {run}; `lanwitness runs` lists them")
    return found[-1]
