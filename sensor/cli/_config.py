"""The option `--config`: the file's values replace options that were not given."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sensor.files import error_reason

if TYPE_CHECKING:
    from sensor.alerts.manager import AlertManager
    from sensor.settings.keys import Settings
    from sensor.store.applied_corrections import AppliedCorrections
    from sensor.store.location import StoreLocation
    from sensor.store.recorder import Recorder
    from sensor.store.retention import RetentionLimits
    from sensor.store.types import StoredRun
    from sensor.verdicts.published import Record

Command = TypeVar("Command", bound=Callable[..., Any])

KEY = "lanwitness.settings"
"""The key of the file's settings in the context of a command (`settings`)."""

PATH = "lanwitness.config"
"""The same of the file's path."""

MAKERS = "lanwitness.makers"
"""The same of what the file says of makers (`makers`)."""


def load_config(context: click.Context, _: click.Parameter, path: str | None) -> None:
    """Read the file, and make it the command's defaults: what stands on the command line wins."""
    if path is None:
        return
    from sensor.settings.keys import option_defaults
    from sensor.settings.read import read_settings
    from sensor.verdicts.user_makers import makers_of_configuration

    try:
        found = read_settings(Path(path))
        context.meta[MAKERS] = makers_of_configuration(Path(path))
    except OSError as error:
        raise click.BadParameter(f"{path}: {error_reason(error, 'cannot be read')}") from None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    context.meta[KEY] = found
    known = {parameter.name for parameter in context.command.params}
    context.default_map = {
        **(context.default_map or {}),
        **{name: value for name, value in option_defaults(found).items() if name in known},
    }
    context.meta[PATH] = path
    before = os.environ.get("LANWITNESS_STATE")
    if found.store.state is not None and not before:
        os.environ["LANWITNESS_STATE"] = found.store.state
        context.call_on_close(lambda: os.environ.update(LANWITNESS_STATE=before or ""))


def read_again() -> bool:
    """Read the file once more for `settings`; False without ``--config``. ValueError, OSError: the old holds."""
    from sensor.settings.read import read_settings

    meta = click.get_current_context().meta
    if PATH not in meta:
        return False
    meta[KEY] = read_settings(Path(meta[PATH]))
    return True


def config_option(command: Command) -> Command:
    """Add ``--config FILE``. The command itself does not get the value; `settings` has what the file says."""
    option: Callable[[Command], Command] = click.option(
        "--config",
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=load_config,
        help="The configuration (docs/configuration.md); what is given here wins over it.",
    )
    return option(command)  # fmt: skip


def settings() -> Settings:
    """The settings of this command's ``--config``; the defaults without one."""
    from sensor.settings.keys import Settings

    found = click.get_current_context().meta.get(KEY)
    return found if isinstance(found, Settings) else Settings()


def makers() -> Mapping[str, Record]:
    """What this command's ``--config`` says of makers."""
    context = click.get_current_context(silent=True)
    found: Mapping[str, Record] = context.meta.get(MAKERS, {}) if context is not None else {}
    return found


def from_file(name: str) -> bool:
    """Whether a parameter's value is the file's and not the command line's."""
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.DEFAULT_MAP


def retention_of(found: Settings) -> RetentionLimits:
    """Retention of a live run's store, as the store takes it."""
    from sensor.store.retention import RetentionLimits

    limits = found.retention
    return RetentionLimits(days=limits.days, hours=limits.hourly_days, size=limits.size_mb * 1_000_000)


def alerts_of(
    found: Settings, corrections: Callable[[], AppliedCorrections | None] | None, say: Callable[[str], None]
) -> AlertManager:
    """The alerts that the file configures; a sentence and exit status 2 for a channel that cannot be used.

    ``corrections``: gives the user's corrections as they are now.
    """
    from sensor import config
    from sensor.alerts.manager import AlertManager

    try:
        return AlertManager(found.alerts, config.load().state, say, corrections=corrections)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--config") from None


def corrections_source(recorder: Recorder, where: StoreLocation) -> Callable[[], AppliedCorrections | None]:
    """The user's corrections: as the store has them before a run begins, then as the recorder saw them last."""
    first = stored_corrections(where)
    return lambda: recorder.applied_corrections if recorder.health.written is not None else first


def stored_corrections(where: StoreLocation) -> AppliedCorrections | None:
    """The user's corrections in the store; None where it has none or cannot be read, which its writer reports."""
    from sensor.store.location import StoreFailed
    from sensor.store.reader import StoreReader

    try:
        with StoreReader(where) as reader:
            return reader.applied_corrections()
    except StoreFailed:
        return None


def notifier_of_runs(stack: ExitStack, store: str) -> Callable[[StoredRun], None] | None:
    """Raises alerts for finished runs that were stored, until ``stack`` ends; None where the file names no channel."""
    found = settings()
    if not found.alerts.anywhere:
        return None
    from sensor.replay import complain
    from sensor.store.location import StoreFailed, store_location
    from sensor.store.types import Change

    try:
        where = store_location(store)
    except StoreFailed:
        # The store of the runs reports that itself.
        return None
    alerts = alerts_of(found, lambda: stored_corrections(where), complain)
    stack.callback(alerts.close)
    return lambda stored: alerts.update(Change(stored.run, stored.tool, stored.written, stored.records))
