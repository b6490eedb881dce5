"""The option `--config` of the commands that run a sensor: what the file says stands in for options that were not given."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from sensor.settings.read import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

KEY = "lanwitness.settings"
"""Where a command finds what the file said (`settings`)."""


def taken(context: click.Context, _: click.Parameter, path: str | None) -> None:
    """Read the file, and make it the command's defaults: what stands on the command line wins."""
    if path is None:
        return
    from sensor.settings.read import read_settings

    try:
        found = read_settings(Path(path))
    except OSError as error:
        raise click.BadParameter(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    context.meta[KEY] = found
    known = {parameter.name for parameter in context.command.params}
    context.default_map = {
        **(context.default_map or {}),
        **{name: value for name, value in defaults(found).items() if name in known},
    }
    if found.store.state is not None and "LANWITNESS_STATE" not in os.environ:
        os.environ["LANWITNESS_STATE"] = found.store.state
        context.call_on_close(lambda: os.environ.pop("LANWITNESS_STATE", None))


def defaults(found: Settings) -> Mapping[str, Any]:
    """By the names of the commands' parameters; without what the file leaves open."""
    capture, dashboard = found.capture, found.dashboard
    said = {
        "folder": capture.folder,
        "local": list(capture.local_nets) or None,
        "users": capture.users,
        "facts": capture.facts,
        "people": capture.people or None,
        "store": found.store.path,
        "bind": dashboard.bind,
        "port": dashboard.port,
        "hosts": list(dashboard.hosts) or None,
        "tls_cert": dashboard.tls_cert,
        "tls_key": dashboard.tls_key,
        "max_upload": dashboard.upload_mb,
        "contact": dashboard.contact,
    }
    return {name: value for name, value in said.items() if value is not None}


def config_option(command: Command) -> Command:
    """Adds ``--config FILE``. The command itself does not get the value; it asks `settings`."""
    option: Callable[[Command], Command] = click.option(
        "--config",
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=taken,
        help="The configuration (docs/configuration.md); what is given here wins over it.",
    )
    return option(command)  # fmt: skip


def settings() -> Settings:
    """What the file of this command's ``--config`` said; what holds without one."""
    from sensor.settings.read import Settings

    found = click.get_current_context().meta.get(KEY)
    return found if isinstance(found, Settings) else Settings()
