"""The commands `hub`: several sensors on one database, who may write to it, how long rows stay."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensor.cli._config import config_option, retention_of, settings
from sensor.cli._store import store_errors
from sensor.files import error_reason

if TYPE_CHECKING:
    from sensor.hub.folder import HubSettings
    from sensor.store.roles import EnrolledSensor

DAYS = click.IntRange(1, 3650)

PREPARED = """\
The database has the roles lw_hub, lw_read and lw_sensors, and each table says whose its rows are.
What is left to do on the server (docs/fleet.md): give PostgreSQL these files
  {folder}/server.crt  {folder}/server.key  {folder}/ca.crt
and write into postgresql.conf
  listen_addresses = '*'
  ssl = on
  ssl_cert_file = 'server.crt'
  ssl_key_file = 'server.key'
  ssl_ca_file = 'ca.crt'
and into pg_hba.conf, before all other lines
  hostssl {database} +lw_sensors all cert
  hostssl {database} lw_hub,lw_read all cert
The hub's own programs (serve, report) use
  --store '{url}'"""


@click.group()
def hub() -> None:
    """Several sensors on one PostgreSQL: prepare it, enrol sensors, revoke them, and end what is too old."""


@hub.command()
@click.argument("url")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Name or address by which sensors reach the server (repeatable; the first is used). Default: as before; at "
    "first the URL's.",
)
@config_option
def init(url: str, hosts: tuple[str, ...]) -> int:
    """Make a hub of the PostgreSQL database at URL, which an administrator of the server can reach: roles, rights of
    each sensor to its own rows, certificates. Run it again after an update of this program."""
    from sensor.hub.folder import SETTINGS, settings_of, url_with_files, write_certificates, write_settings
    from sensor.store.location import store_location
    from sensor.store.policies import OWNER, READERS
    from sensor.store.roles import HubRoles

    folder = _folder()
    with store_errors():
        where = store_location(url)
        # Without --host, a hub that is there keeps its name and its server's certificate.
        again = not hosts and (folder / SETTINGS).exists()
        given = hosts or ((_settings().host,) if again else (where.server or platform.node(),))
        with _refusals():
            if where.url is None:
                raise ValueError(f"{where.name}: a hub needs a PostgreSQL database")
            made = settings_of(url, given)
        with HubRoles(where) as roles:
            roles.prepare()
    with _refusals(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_certificates(folder, () if again else given, (OWNER, READERS), datetime.now(UTC))
        write_settings(folder, made)
    click.echo(PREPARED.format(folder=folder, database=made.database, url=url_with_files(folder, made, OWNER)))
    return 0


@hub.command()
@click.argument("name")
@click.option("--out", metavar="FILE", help="The file for the sensor. Default: NAME.bundle.")
@click.option("--site", default="", metavar="SITE", help="The place whose network it hears.")
@click.option("--bench", default="", metavar="BENCH", help="The bench of a laboratory at which it stands.")
@click.option("--days", type=DAYS, help="Days that its findings and devices stay. Default: as `hub tidy` has it.")
@click.option("--hours-days", type=DAYS, help="Days that its bytes stay by the hour. Default: as `hub tidy` has it.")
@click.option("--sensor", metavar="ID", help="The id of a sensor that wrote here before (its file sensor.id).")
@config_option
def enrol(
    name: str, out: str | None, site: str, bench: str, days: int | None, hours_days: int | None, sensor: str | None
) -> int:
    """Enrol a sensor called NAME, and write what it needs into a private file: give it to that sensor alone, for
    `lanwitness hub join`."""
    from sensor import config
    from sensor.hub.authority import Authority
    from sensor.hub.bundle import SensorBundle, new_bundle, write_bundle
    from sensor.store.location import store_location
    from sensor.store.roles import Enrolment, HubRoles
    from sensor.vault import load_key

    folder, found = _folder(), _settings()
    path = Path(out if out is not None else f"{name}.bundle")
    wanted = Enrolment(name, site, bench, sensor, days, hours_days)
    with _refusals(folder):
        authority, key = Authority(folder, datetime.now(UTC)), load_key(config.load().key_file)
    with _refusals(path):
        descriptor = new_bundle(path)
    try:
        with store_errors(), _refusals(path), HubRoles(store_location(found.url)) as roles:
            made = roles.enrol(wanted, time.time_ns() // 1000)
            role = made.role or ""
            pair = authority.client(role)
            pems = [one.decode("ascii") for one in (pair.certificate, pair.key, authority.certificate)]
            try:
                write_bundle(descriptor, SensorBundle(name, made.id, found.url_of(role), key.hex(), *pems))
            except OSError:
                roles.revoke(name, time.time_ns() // 1000)
                raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    click.echo(f"{path} lets the sensor {name} in; it is a secret. On the sensor: lanwitness hub join {path.name}")
    return 0


@hub.command()
@click.argument("file")
@config_option
def join(file: str) -> int:
    """On a sensor: take what `hub enrol` wrote into FILE into the state folder, and print the URL for --store or for
    `path` under [store] of the configuration."""
    from sensor import config
    from sensor.hub import bundle

    with _refusals(Path(file)):
        found = bundle.read_bundle(Path(file))
    state = config.load()
    with _refusals(state.state):
        url = bundle.join(found, state)
    click.echo(f"This is the sensor {found.name} now; its fingerprints are those of the hub", err=True)
    click.echo(url)
    return 0


@hub.command("list")
@config_option
def list_() -> int:
    """List the sensors of the hub: name, site, state, when each wrote last, for how many days its rows stay."""
    from sensor.store.location import store_location
    from sensor.store.roles import HubRoles
    from sensor.text import safe

    with store_errors(), HubRoles(store_location(_settings().url)) as roles:
        found = roles.sensors()
    rows = [("name", "site", "state", "wrote last (UTC)", "days", "id")]
    rows += [
        (
            safe(one.name, 40),
            safe(one.site, 40) or "-",
            _state(one),
            _minute(one.last_seen),
            str(one.days or "-"),
            one.id,
        )
        for one in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


@hub.command()
@click.argument("name")
@config_option
def revoke(name: str) -> int:
    """End the log-in of the sensor NAME at once, for good: its certificate opens nothing any more. What it wrote
    stays."""
    from sensor.store.location import store_location
    from sensor.store.roles import HubRoles

    with store_errors(), _refusals(), HubRoles(store_location(_settings().url)) as roles:
        roles.revoke(name, time.time_ns() // 1000)
    click.echo(f"{name} is revoked; `lanwitness hub enrol {name}` lets it in again, with a new certificate")
    return 0


@hub.command()
@click.option("--store", metavar="URL", help="The hub's database. Default: the one of `hub init`.")
@config_option
def tidy(store: str | None) -> int:
    """Take out of the hub what is too old, by the days of each sensor; [retention] of the configuration is for those
    without days of their own. For a timer, once a day."""
    from sensor import config, removal
    from sensor.store.location import store_location
    from sensor.text import safe

    with store_errors():
        where = store_location(store or _settings().url)
        gone = removal.tidy_hub(where, config.load().state, retention_of(settings()), time.time_ns() // 1000)
    click.echo(f"{len(gone.runs):,} runs and {gone.rows:,} rows of others are out of the store")
    if gone.left:
        raise click.ClickException(safe(gone.left, 400))
    return 0


def _folder() -> Path:
    from sensor import config

    return config.load().state / "hub"


def _settings() -> HubSettings:
    from sensor.hub.folder import read_settings_of_hub

    folder = _folder()
    try:
        return read_settings_of_hub(folder)
    except FileNotFoundError:
        raise click.ClickException(f"{folder}: there is no hub here yet; `lanwitness hub init` makes one") from None
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{folder}: {error_reason(error, 'its files cannot be read')}") from None


@contextmanager
def _refusals(path: Path | None = None) -> Iterator[None]:
    """A refusal, or a file that cannot be used, becomes a sentence and exit status 2."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{error.filename or path}: {error_reason(error, 'cannot be used')}") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _state(one: EnrolledSensor) -> str:
    if one.role is None:
        return "not enrolled"
    return "enrolled" if one.revoked is None else f"revoked {_minute(one.revoked)}"


def _minute(at: int | None) -> str:
    return "-" if at is None else datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M")
