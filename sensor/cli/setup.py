"""The command `setup`: questions or flags into a configuration file, a state folder and systemd's units."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sensor.settings.read import Settings
    from sensor.setup.files import File

SYSTEM = Path("/etc/lanwitness/lanwitness.toml")
UNITS = "/etc/systemd/system"


def own_config() -> Path:
    """Where a user's own configuration file lies (XDG Base Directory Specification 0.8)."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "lanwitness" / "lanwitness.toml"


@click.command()
@click.option("--interface", "interfaces", multiple=True, metavar="NAME", help="What to listen to (repeatable).")
@click.option("--folder", metavar="DIR", help="Instead: take finished captures that are dropped there.")
@click.option("--local-net", "local", multiple=True, metavar="CIDR", help="A local network (repeatable).")
@click.option("--people/--no-people", default=None, help="Also search phones and computers for personal data.")
@click.option("--store", metavar="FILE", help="Where to keep what is seen.")
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
    """Set this machine up as a sensor: find the interface, write the configuration, the state folder and systemd's units.

    Asks what it needs to know; with --yes and --consent it asks nothing. Run by root it sets up services for the whole machine, else for you alone.
    """
    from sensor import config as own
    from sensor.setup import consent
    from sensor.setup.files import Chosen, files, state_folder, users_file
    from sensor.setup.units import STATE, USER

    root = os.geteuid() == 0
    folder = Path(given["config_folder"]) if given["config_folder"] else SYSTEM.parent if root else own_config().parent
    with_units = root if given["units"] is None else given["units"]
    config = folder / "lanwitness.toml"
    if given["units_only"]:
        _written(_units(config, Path(given["unit_folder"])), users=None)
        return _started(given["start"], [])
    if config.exists() and not given["force"]:
        raise click.ClickException(f"{config} is there already; change it with an editor, or replace it with --force")
    ask = not given["yes"]
    if not given["consent"]:
        click.echo(consent.TEXT + "\n")
        if not ask or not click.confirm(consent.QUESTION, default=False):
            raise click.ClickException(consent.REFUSED)
    settings, password = _decide(given, ask=ask)
    state = Path(given["state"] or (STATE if root else own.load().state)).absolute()
    settings["store"] = {
        "path": str(Path(given["store"]).absolute()) if given["store"] else str(state / "home.db"),
        "state": str(state),
    }
    chosen = Chosen(
        system=with_units,
        folder=folder.absolute(),
        settings=settings,
        webhook_secret="alerts.webhook" in settings,
        mqtt_password=password,
        unit_folder=Path(given["unit_folder"]) if with_units else None,
    )
    try:
        made = files(chosen)
    except ValueError as error:
        # What would be written is read first: a wrong address is told now, not by a service that does not start.
        raise click.UsageError(str(error).partition(": ")[2]) from None
    real = with_units and root and given["unit_folder"] == UNITS
    _written(made, users=users_file(Path(UNITS)) if real else None)
    try:
        state_folder(state, USER if with_units else None)
    except OSError as error:
        raise click.ClickException(f"{state}: {(error.strerror or 'cannot be made').lower()}") from None
    click.echo(f"state folder: {state}")
    return _started(
        given["start"] and with_units, _next(config, units=with_units, started=given["start"], settings=settings)
    )


def _started(start: bool, then: list[str]) -> int:
    """Start the services where that is wanted, and say what is next."""
    for command in STARTING if start else ():
        _run(*command)
    for line in then:
        click.echo(line)
    return 0


def _decide(given: dict[str, Any], *, ask: bool) -> tuple[dict[str, dict[str, Any]], str | None]:
    """Sections of the configuration, and the password at the broker."""
    settings: dict[str, dict[str, Any]] = {"capture": {}}
    if given["folder"]:
        settings["capture"]["folder"] = str(Path(given["folder"]).absolute())
    else:
        settings["capture"]["interfaces"] = list(given["interfaces"]) or [_interface(ask=ask)]
    if given["local"]:
        settings["capture"]["local_nets"] = list(given["local"])
    people = given["people"]
    if people is None and ask:
        people = click.confirm("Also search what phones and computers send for personal data?", default=False)
    if people:
        settings["capture"]["people"] = True
    if given["days"]:
        settings["retention"] = {"days": given["days"]}
    dashboard = {key: given[key] for key in ("bind", "port") if given[key]}
    if ask and not given["bind"] and click.confirm("Show the dashboard to other machines of your network (with TLS and a login)?", default=False):  # fmt: skip
        dashboard["bind"] = "0.0.0.0"  # noqa: S104 - the user's word; the dashboard then speaks TLS only
    if dashboard:
        settings["dashboard"] = dashboard
    password = _channels(given, settings, ask=ask)
    return settings, password


def _channels(given: dict[str, Any], settings: dict[str, dict[str, Any]], *, ask: bool) -> str | None:
    """Whom to tell; the password at the broker."""
    ask = ask and not (given["webhook"] or given["mqtt"] or given["alerts_file"])
    if ask:
        given["mqtt"] = click.prompt(
            "Your MQTT broker, for Home Assistant (empty: none)", default="", show_default=False
        )
        given["webhook"] = click.prompt("A web address to send alerts to (empty: none)", default="", show_default=False)
    password = None
    if given["webhook"]:
        settings["alerts.webhook"] = {"url": given["webhook"]}
    if given["mqtt"]:
        settings["alerts.mqtt"] = {"host": given["mqtt"]}
        if given["mqtt_user"]:
            settings["alerts.mqtt"]["user"] = given["mqtt_user"]
        elif ask and (user := click.prompt("User name at the broker (empty: none)", default="", show_default=False)):
            settings["alerts.mqtt"]["user"] = user
            password = click.prompt("Password at the broker", hide_input=True, default="", show_default=False) or None
        if given["mqtt_password_file"]:
            try:
                password = Path(given["mqtt_password_file"]).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError):
                raise click.BadParameter(f"{given['mqtt_password_file']}: cannot be read", param_hint="--mqtt-password-file") from None  # fmt: skip
    if given["alerts_file"]:
        settings["alerts.file"] = {"path": str(Path(given["alerts_file"]).absolute())}
    return password


def _interface(*, ask: bool) -> str:
    """The one to listen to, found or asked for."""
    from sensor.setup.interfaces import best, interfaces

    click.echo("Interfaces of this machine:")
    found = interfaces(wait=lambda: time.sleep(2.0))
    for one in found:
        click.echo(f"  {one.name}: {one.told()}")
    choice = best(found)
    if not ask:
        if choice is None:
            raise click.ClickException("none of them looks like a mirror port; name one with --interface")
        click.echo(f"{choice.name} is listened to")
        return choice.name
    names = [one.name for one in found]
    answer: str = click.prompt("Which one hears your devices?", default=choice.name if choice else None, type=click.Choice(names))  # fmt: skip
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
        return f"{config}: {(error.strerror or 'cannot be read').lower()}"
    except ValueError as error:
        return str(error)


def _written(made: list[File], *, users: Path | None) -> None:
    """Write the files. ``users``: the one after which systemd is to make the user, whose group the next ones are for."""
    from sensor.setup.files import write

    for file in made:
        try:
            kept = write(file)
        except OSError as error:
            raise click.ClickException(f"{file.path}: {(error.strerror or 'cannot be written').lower()}") from None
        click.echo(f"written: {file.path}" + (f" (the old one is {kept})" if kept else ""))
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
    ("systemctl", "enable", "--now", "lanwitness-capture.socket", "lanwitness-watch.service", "lanwitness-serve.service"),
)  # fmt: skip


def _next(config: Path, *, units: bool, started: bool, settings: dict[str, dict[str, Any]]) -> list[str]:
    port = settings.get("dashboard", {}).get("port", 8080)
    if not units:
        return [
            "",
            f"Start it with: sudo lanwitness watch --config {config}",
            f"and in another terminal: lanwitness serve --config {config}",
        ]
    lines = [""]
    if not started:
        lines += ["To make the user and start the services:", *(f"  {' '.join(command)}" for command in STARTING)]
    return [
        *lines,
        f"The dashboard is then on port {port}; its one-time link: journalctl -u lanwitness-serve | grep set-up",
        "Is all well? sudo lanwitness doctor",
    ]
