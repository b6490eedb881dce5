"""The command `doctor`: a check of everything that a sensor needs, with the remedy for what is wrong."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensor.cli.setup import SYSTEM, UNITS, own_config, read

if TYPE_CHECKING:
    from sensor.setup.doctor import DoctorCheck
    from sensor.setup.interfaces import Interface

MARKS = {"well": "ok   ", "look": "look ", "wrong": "WRONG"}


@click.command()
@click.option("--config", "path", metavar="FILE", help="The configuration; by default the machine's, else your own.")
@click.option("--test-alert", is_flag=True, help="Send a test alert to all that the configuration names.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--unit-folder", metavar="DIR", default=UNITS, show_default=True, help="Where systemd's units are.")
def doctor(path: str | None, test_alert: bool, as_json: bool, unit_folder: str) -> int:
    """Look at everything that a sensor needs, and say how to mend what is wrong. Exit status 1 when something is."""
    config = Path(path) if path else SYSTEM if SYSTEM.exists() else own_config()
    found = _checks(config, named=path is not None, unit_folder=Path(unit_folder))
    wrong = 0
    for check in found:
        wrong += check.state == "wrong"
        if as_json:
            record = {"check": check.name, "state": check.state, "message": check.message, "mend": check.mend or None}
            click.echo(json.dumps(record))
            continue
        click.echo(f"{MARKS[check.state]} {check.name}: {check.message}")
        if check.mend:
            click.echo(f"      -> {check.mend}")
    if test_alert:
        wrong += _test_alerts(config, as_json=as_json)
    if not as_json:
        click.echo("all is well" if not wrong else f"{wrong} to mend")
    return 1 if wrong else 0


def _checks(config: Path, *, named: bool, unit_folder: Path) -> list[DoctorCheck]:
    from sensor import config as own
    from sensor.setup import doctor as look
    from sensor.setup import listening
    from sensor.setup.files import units_for
    from sensor.setup.interfaces import interfaces

    found: list[DoctorCheck] = [*look.installation(), *look.tools(), look.clock()]
    settings = read(config)
    if isinstance(settings, str) and not named and not config.exists():
        here: list[Interface] = interfaces()
        found.append(look.DoctorCheck("configuration", "look", f"{config} is not there", "lanwitness setup writes one"))
        return [*found, *listening.capture(tuple(one.name for one in here if one.score), here, listening.may_listen())]
    found += look.configuration(config, settings)
    if isinstance(settings, str):
        return found
    state = Path(settings.store.state or own.load().state)
    found += [*look.state(state), *look.store(settings.store.path)]
    here = interfaces(wait=lambda: time.sleep(2.0)) if settings.capture.interfaces else []
    found += listening.capture(settings.capture.interfaces, here, listening.may_listen())
    if settings.capture.interfaces:
        found.append(listening.proof())
    found += [*look.waiting(state), *look.services(unit_folder, units_for(config.absolute(), settings))]
    return found


def _test_alerts(config: Path, *, as_json: bool) -> int:
    """Send a test alert; the number of channels that did not take it."""
    import tempfile
    from dataclasses import replace

    from sensor.alerts.manager import AlertManager

    settings = read(config)
    if isinstance(settings, str):
        return 0
    sentences: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            alerts = AlertManager(replace(settings.alerts, learn_minutes=10_080), Path(folder), sentences.append)
        except ValueError as error:
            click.echo(f"WRONG alerts: {error}", err=as_json)
            return 1
        try:
            alerts.test()
            end = time.monotonic() + 15.0
            while time.monotonic() < end and not sentences and any(one["waiting"] for one in alerts.counts().values()):
                time.sleep(0.1)
            missing = [name for name, one in alerts.counts().items() if one["waiting"]]
            for name, one in alerts.counts().items():
                click.echo(f"{'WRONG' if one['waiting'] else 'ok   '} test alert by {name}", err=as_json)
            for line in sentences:
                click.echo(f"      -> {line}", err=as_json)
        finally:
            alerts.close()
    if not alerts.counts():
        click.echo("look  alerts: the configuration names nobody to tell", err=as_json)
    return len(missing)
