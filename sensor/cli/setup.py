"""The command `setup`: configuration file, state folder and systemd's units, from questions or flags."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sensor.cli._options import local_net_option
from sensor.files import error_reason
from sensor.light_dataclass import dataclass

if TYPE_CHECKING:
    from sensor.settings.keys import Settings
    from sensor.setup.files import File

SYSTEM = Path("/etc/lanwitness/lanwitness.toml")
UNITS = "/etc/systemd/system"

Sections = dict[str, dict[str, Any]]
"""Section of the configuration -> key -> value."""


def own_config() -> Path:
    """Where a user's own configuration file lies (XDG Base Directory Specification 0.8)."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "lanwitness" / "lanwitness.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupOptions:
    """The options of `setup`, by the names of the parameters; None or empty where not given."""

    interfaces: tuple[str, ...]
    folder: str | None
    local: tuple[str, ...]
    people: bool | None
    store: str | None
    days: int | None
    bind: str | None
    port: int | None
    webhook: str | None
    mqtt: str | None
    mqtt_user: str | None
    mqtt_password_file: str | None
    alerts_file: str | None
    consent: bool
    yes: bool
    config_folder: str | None
    state: str | None
    units: bool | None
    unit_folder: str
    units_only: bool
    start: bool
    force: bool

    @property
    def ask(self) -> bool:
        """Whether questions may be asked."""
        return not self.yes


@click.command()
@click.option("--interface", "interfaces", multiple=True, metavar="NAME", help="What to listen to (repeatable).")
@click.option("--folder", metavar="DIR", help="Instead: take finished captures that are dropped there.")
@local_net_option("A local network (repeatable).")
@click.option("--people/--no-people", default=None, help="Also search phones and computers for personal data.")
@click.option("--store", metavar="PATH_OR_URL", help="Where to keep what is seen.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long to keep it.")
@click.option("--bind", metavar="ADDRESS", help="Show the dashboard to other machines, at this address (0.0.0.0: any).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the dashboard.")
@click.option("--webhook", metavar="URL", help="Send alerts to this web address, signed.")
@click.option("--mqtt", metavar="HOST", help="Send alerts and devices to this MQTT broker (Home Assistant).")
@click.option("--mqtt-user", metavar="NAME", help="User name at the broker.")
@click.option("--mqtt-password-file", metavar="FILE", help="A file with the password at the broker.")
@click.option("--alerts-file", metavar="FILE", help="Write alerts to this file.")
@click.option("--consent", is_flag=True, help="All who use this network know of this, and agree.")
@click.option("--yes", is_flag=True, help="Ask nothing; what is not given stays as it comes.")
@click.option("--config-folder", metavar="DIR", help="Where the configuration goes (root: /etc/lanwitness).")
@click.option("--state", metavar="DIR", help="Folder of the program's own key and alerts (root: /var/lib/lanwitness).")
@click.option("--units/--no-units", default=None, help="Write systemd's units (root's default).")
@click.option("--unit-folder", metavar="DIR", default=UNITS, show_default=True, help="Where the units go.")
@click.option("--units-only", is_flag=True, help="Write the units anew from the configuration that is there.")
@click.option("--start", is_flag=True, help="Also make the user, enable the units and start them.")
@click.option("--force", is_flag=True, help="Replace a configuration that is there (the old one is kept as .old).")
def setup(**given: Any) -> int:
    """Set this machine up as a sensor: find the interface, write the configuration, the state folder and systemd's
    units.

    Asks what it needs to know; with --yes and --consent it asks nothing. Run by root it sets up services for the whole
    machine, else for you alone.
    """
    from sensor.setup.files import users_file

    options = SetupOptions(**given)
    root = os.geteuid() == 0
    folder = Path(options.config_folder) if options.config_folder else SYSTEM.parent if root else own_config().parent
    with_units = root if options.units is None else options.units
    config = folder / "lanwitness.toml"
    if options.units_only:
        _write(_units(config, Path(options.unit_folder)), users=None)
        return _start(options.start, [])
    if config.exists() and not options.force:
        raise click.ClickException(f"{config} is there already; change it with an editor, or replace it with --force")
    _consent(options)
    state = _state(options, root=root)
    sections, password = _sections(options)
    sections["store"] = {
        "path": _store_path(options.store, state),
        "state": str(state),
    }
    files = _files(options, folder, sections, password, with_units=with_units)
    real = with_units and root and options.unit_folder == UNITS
    _write(files, users=users_file(Path(UNITS)) if real else None)
    _make_state_folder(state, with_units=with_units)
    return _start(
        options.start and with_units, _next_steps(config, units=with_units, started=options.start, sections=sections)
    )


def _store_path(store: str | None, state: Path) -> str:
    """A file's path from the root on, or a database's URL, as the configuration has it."""
    from sensor.store.location import StoreFailed, store_location

    if store is None:
        return str(state / "home.db")
    try:
        where = store_location(store)
    except StoreFailed as error:
        raise click.BadParameter(str(error), param_hint="--store") from None
    return where.argument


def _consent(options: SetupOptions) -> None:
    """Refuse to go on without the consent of those who use the network."""
    from sensor.setup import consent

    if options.consent:
        return
    click.echo(consent.TEXT + "\n")
    if not options.ask or not click.confirm(consent.QUESTION, default=False):
        raise click.ClickException(consent.REFUSED)


def _state(options: SetupOptions, *, root: bool) -> Path:
    from sensor import config
    from sensor.setup.units import STATE

    return Path(options.state or (STATE if root else config.load().state)).absolute()


def _files(
    options: SetupOptions, folder: Path, sections: Sections, password: str | None, *, with_units: bool
) -> list[File]:
    """The files to be written; UsageError where the configuration would not be accepted."""
    from sensor.setup.files import SetupChoices, files

    chosen = SetupChoices(
        system=with_units,
        folder=folder.absolute(),
        settings=sections,
        webhook_secret="alerts.webhook" in sections,
        mqtt_password=password,
        unit_folder=Path(options.unit_folder) if with_units else None,
    )
    try:
        return files(chosen)
    except ValueError as error:
        # Parsed before it is written: a wrong address fails here, not in a service that does not start.
        raise click.UsageError(str(error).partition(": ")[2]) from None


def _make_state_folder(state: Path, *, with_units: bool) -> None:
    from sensor.setup.files import state_folder
    from sensor.setup.units import USER

    try:
        state_folder(state, USER if with_units else None)
    except OSError as error:
        raise click.ClickException(f"{state}: {error_reason(error, 'cannot be made')}") from None
    click.echo(f"state folder: {state}")


def _start(start: bool, next_steps: list[str]) -> int:
    """Start the services where that is wanted, and print the next steps."""
    for command in STARTING if start else ():
        _run(*command)
    for line in next_steps:
        click.echo(line)
    return 0


def _sections(options: SetupOptions) -> tuple[Sections, str | None]:
    """Sections of the configuration, and the password at the broker."""
    sections: Sections = {"capture": {}}
    if options.folder:
        sections["capture"]["folder"] = str(Path(options.folder).absolute())
    else:
        sections["capture"]["interfaces"] = list(options.interfaces) or [_interface(ask=options.ask)]
    if options.local:
        sections["capture"]["local_nets"] = list(options.local)
    people = options.people
    if people is None and options.ask:
        people = click.confirm("Also search what phones and computers send for personal data?", default=False)
    if people:
        sections["capture"]["people"] = True
    if options.days:
        sections["retention"] = {"days": options.days}
    dashboard: dict[str, Any] = {}
    if options.bind:
        dashboard["bind"] = options.bind
    if options.port:
        dashboard["port"] = options.port
    question = "Show the dashboard to other machines of your network (with TLS and a login)?"
    if options.ask and not options.bind and click.confirm(question, default=False):
        dashboard["bind"] = "0.0.0.0"  # noqa: S104 - the user's word; the dashboard then speaks TLS only
    if dashboard:
        sections["dashboard"] = dashboard
    channels, password = _channels(options)
    return {**sections, **channels}, password


def _channels(options: SetupOptions) -> tuple[Sections, str | None]:
    """Sections of the channels of alerts, and the password at the broker."""
    ask = options.ask and not (options.webhook or options.mqtt or options.alerts_file)
    if ask:
        broker = click.prompt("Your MQTT broker, for Home Assistant (empty: none)", default="", show_default=False)
        address = click.prompt("A web address to send alerts to (empty: none)", default="", show_default=False)
        options = replace(options, mqtt=broker, webhook=address)
    sections: Sections = {}
    password = None
    if options.webhook:
        sections["alerts.webhook"] = {"url": options.webhook}
    if options.mqtt:
        sections["alerts.mqtt"] = {"host": options.mqtt}
        if options.mqtt_user:
            sections["alerts.mqtt"]["user"] = options.mqtt_user
        elif ask and (user := click.prompt("User name at the broker (empty: none)", default="", show_default=False)):
            sections["alerts.mqtt"]["user"] = user
            password = click.prompt("Password at the broker", hide_input=True, default="", show_default=False) or None
        if options.mqtt_password_file:
            password = _password(options.mqtt_password_file)
    if options.alerts_file:
        sections["alerts.file"] = {"path": str(Path(options.alerts_file).absolute())}
    return sections, password


def _password(path: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise click.BadParameter(f"{path}: cannot be read", param_hint="--mqtt-password-file") from None


def _interface(*, ask: bool) -> str:
    """The interface to listen to: the best mirror port, confirmed by the user with ``ask``."""
    from sensor.setup.interfaces import best, interfaces

    click.echo("Interfaces of this machine:")
    found = interfaces(wait=lambda: time.sleep(2.0))
    for one in found:
        click.echo(f"  {one.name}: {one.description()}")
    choice = best(found)
    if not ask:
        if choice is None:
            raise click.ClickException("none of them looks like a mirror port; name one with --interface")
        click.echo(f"{choice.name} is listened to")
        return choice.name
    names = [one.name for one in found]
    default = choice.name if choice else None
    answer: str = click.prompt("Which one hears your devices?", default=default, type=click.Choice(names))
    return answer


def _units(config: Path, unit_folder: Path) -> list[File]:
    """The units for a configuration that is there."""
    from sensor.setup.files import File, units_for

    found = read(config)
    if isinstance(found, str):
        raise click.ClickException(found)
    return [File(unit_folder / name, text, 0o644) for name, text in units_for(config.absolute(), found).items()]


def read(config: Path) -> Settings | str:
    """A configuration, or what is wrong with it."""
    from sensor.settings.read import read_settings

    try:
        return read_settings(config)
    except OSError as error:
        return f"{config}: {error_reason(error, 'cannot be read')}"
    except ValueError as error:
        return str(error)


def _write(files: list[File], *, users: Path | None) -> None:
    """Write the files. ``users``: the file after which systemd makes the user, whose group the next files are for."""
    from sensor.setup.files import write

    for file in files:
        try:
            previous = write(file)
        except OSError as error:
            raise click.ClickException(f"{file.path}: {error_reason(error, 'cannot be written')}") from None
        click.echo(f"written: {file.path}" + (f" (the old one is {previous})" if previous else ""))
        if file.path == users:
            _run("systemd-sysusers", str(users))


def _run(*command: str) -> None:
    click.echo(" ".join(command))
    try:
        done = subprocess.run(command, check=False).returncode  # noqa: S603 - words of this module
    except OSError:
        done = 127
    if done:
        raise click.ClickException(f"{command[0]} failed; run the command above by hand to see why")


STARTING = (
    ("systemctl", "daemon-reload"),
    (
        "systemctl",
        "enable",
        "--now",
        "lanwitness-capture.socket",
        "lanwitness-watch.service",
        "lanwitness-serve.service",
    ),
)


DRILL = "Is all heard? On another machine of the network: sudo lanwitness drill INTERFACE (docs/live.md)"


def _next_steps(config: Path, *, units: bool, started: bool, sections: Sections) -> list[str]:
    port = sections.get("dashboard", {}).get("port", 8080)
    # Finished captures of a folder come too late for it.
    proof = [DRILL] if "interfaces" in sections["capture"] else []
    if not units:
        return [
            "",
            f"Start it with: sudo lanwitness watch --config {config}",
            f"and in another terminal: lanwitness serve --config {config}",
            *proof,
        ]
    from sensor.setup.units import STATE

    lines = [""]
    if not started:
        lines += ["To make the user and start the services:", *(f"  {' '.join(command)}" for command in STARTING)]
    return [
        *lines,
        f"The dashboard is then on port {port}; its one-time link: sudo cat {STATE}/dashboard/set-up.link",
        "Is all well? sudo lanwitness doctor",
        *proof,
    ]
