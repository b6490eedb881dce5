"""The command `learn`: signatures of a laboratory's own device, from its recordings."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensor.cli._files import learned
from sensor.cli._options import check_networks, local_net_option, vault_of

if TYPE_CHECKING:
    from sensor.devices.device import Device

HEAD = (
    "# Devices of our own, by `lanwitness learn` (docs/signatures.md). Look through the examples before sharing it.\n"
)


@click.command()
@click.argument("name")
@click.argument("captures", nargs=-1, required=True, metavar="CAPTURE…")
@click.option(
    "--device", "devices", required=True, multiple=True, metavar="MAC", help="The device (repeatable: more units)."
)
@click.option("--vendor", metavar="NAME", help="Its maker; without this: what was claimed.")
@click.option("--category", metavar="WORD", help="Its kind (docs/output.md); without this: what was claimed.")
@click.option(
    "--signatures", "path", metavar="FILE", default="own.toml", show_default=True, help="The file it goes to."
)
@local_net_option("As it is given to replay.")
def learn(
    name: str,
    captures: tuple[str, ...],
    devices: tuple[str, ...],
    vendor: str | None,
    category: str | None,
    path: str,
    local: tuple[str, ...],
) -> int:
    """Make signatures of a device of your own, which is called NAME from now on, from its recordings.

    A sign's weight follows from how many of the recordings show it, and how many other devices in them do. The file is
    loaded with --signatures, or named in the configuration. A device of that NAME in it is replaced.
    """
    from sensor.devices import learning
    from sensor.devices.device import CATEGORIES
    from sensor.devices.signatures.matcher import Signatures
    from sensor.files import error_reason, write_atomic

    check_networks(local)
    macs = {_mac(device) for device in devices}
    if category is not None and category not in CATEGORIES:
        raise click.BadParameter(f"there is no {category!r} (docs/output.md)", param_hint="--category")
    before = learned((path,)) if Path(path).exists() else ()
    try:
        found = learning.learn(name, macs, _recordings(captures, local), Signatures())
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    found = replace(found, vendor=vendor or found.vendor, category=category or found.category)
    every = [*(one for one in before if one.name != name), found]
    try:
        write_atomic(Path(path), (HEAD + "\n" + "\n".join(map(learning.as_toml, every))).encode(), 0o644)
    except OSError as error:
        raise click.BadParameter(f"{path}: {error_reason(error, 'cannot be written')}") from None
    strong = sum(found.weight(sign) for sign in found.signs)
    click.echo(
        f"{name}: {found.vendor or 'maker unknown'}, {found.category or 'kind unknown'}; {len(found.signs)} signs from "
        f"{found.captures} recordings beside {found.others} other devices, in {path}"
    )
    for sign in found.signs:
        click.echo(f"  {sign.field} {sign.example}: {sign.seen} of {found.captures} recordings, {sign.beside} others")
    if not strong:
        click.echo("  nothing in these recordings tells it from other devices")
    return 0 if strong else 1


def _mac(text: str) -> str:
    digits = re.sub(r"[:.-]", "", text.lower())
    if not re.fullmatch("[0-9a-f]{12}", digits):
        raise click.BadParameter(f"{text!r} is no MAC", param_hint="--device")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def _recordings(captures: tuple[str, ...], local: tuple[str, ...]) -> list[list[Device]]:
    from sensor.replay import read
    from sensor.run import Options

    found = []
    for capture in captures:
        result = read(capture, vault_of(reveal=False), Options(local=local))
        if isinstance(result, str):
            raise click.UsageError(result)
        found.append(list(result.devices))
    return found
