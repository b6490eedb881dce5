"""The command `drill`: a known set-piece on the cable, and whether the sensor reports all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from sensor.cli._config import config_option, settings
from sensor.cli._options import vault_of
from sensor.cli._store import store_errors

if TYPE_CHECKING:
    from sensor.drill.sending import DrillFrame
    from sensor.drill.set_piece import SetPiece
    from sensor.drill.waiting import SensorReport


@click.command()
@click.argument("interface", required=False)
@click.option("--store", metavar="PATH_OR_URL", help="The store that the running sensor writes.")
@click.option(
    "--capture", metavar="FILE", type=click.Path(dir_okay=False), help="Instead: a capture of what the mirror sent."
)
@click.option("--vlan", type=click.IntRange(1, 4094), metavar="ID", help="Send a part in this VLAN, too (802.1Q).")
@click.option("--sent", metavar="NAME", help="Send nothing: look for the drill of this name, sent by another machine.")
@click.option(
    "--wait",
    type=click.FloatRange(0, 600),
    metavar="SECONDS",
    default=10.0,
    show_default=True,
    help="How long the sensor has to report it.",
)
@click.option("--dry-run", is_flag=True, help="Show each frame that would be sent, and send none.")
@click.option("--yes", is_flag=True, help="Send without asking.")
@config_option
def drill(
    interface: str | None,
    store: str | None,
    capture: str | None,
    vlan: int | None,
    sent: str | None,
    wait: float,
    dry_run: bool,
    yes: bool,
) -> int:
    """Prove that the sensor hears what it should: send a known set-piece on INTERFACE, and look for it in the sensor's
    store.

    It is the only command that sends packets, and it asks before. Two stations that do not exist talk to each other:
    logins with a password that is used once, DNS names, TLS 1.0, with --vlan a login in a VLAN. Sent from another
    machine than the sensor's, it names a command for the sensor's machine. Exit status 1 when something was not heard.
    """
    from sensor.drill.set_piece import TOKEN, new_token, set_piece

    if (interface is None) == (sent is None):
        raise click.UsageError("either INTERFACE, to send, or --sent NAME, to look for what was sent")
    if store is not None and capture is not None:
        raise click.UsageError("either --store or --capture")
    if sent is not None and not TOKEN.fullmatch(sent):
        raise click.BadParameter("the name that the sending machine printed", param_hint="--sent")
    piece = set_piece(sent or new_token(), vlan)
    look = _look(store, capture)
    if interface is None:
        if look is None:
            raise click.UsageError("--sent needs the sensor's --store, or a --capture")
        return _wait(piece, look, wait)
    _refuse(interface, store)
    frames = _frames(piece)
    if not _agreed(interface, frames, dry_run=dry_run, yes=yes):
        return 0
    _send(interface, frames)
    click.echo(f"{len(frames)} frames were sent on {interface}; this drill is named {piece.token}")
    if look is None:
        words = f" --vlan {vlan}" if vlan is not None else ""
        click.echo(f"On the sensor's machine: lanwitness drill --sent {piece.token}{words} --store STORE")
        return 0
    return _wait(piece, look, wait)


def _look(store: str | None, capture: str | None) -> Callable[[], SensorReport] | None:
    """What gives the sensor's report; None where neither is known."""
    from sensor.drill import waiting
    from sensor.store.location import store_location

    if capture is not None:
        vault = vault_of(reveal=False)
        return lambda: waiting.of_capture(capture, vault)
    if store is None:
        return None
    with store_errors():
        where = store_location(store)
    return lambda: waiting.of_store(where)


def _refuse(interface: str, store: str | None) -> None:
    """Refuse an interface on which a drill proves nothing, or cannot be sent."""
    from sensor.drill.sending import taken
    from sensor.drill.waiting import listens_to
    from sensor.setup.interfaces import interfaces
    from sensor.setup.listening import may_listen
    from sensor.store.location import store_location

    found = {one.name: one for one in interfaces()}
    one = found.get(interface)
    if one is None:
        raise click.UsageError(f"there is no interface {interface!r}. There are: {', '.join(sorted(found)) or 'none'}")
    if one.kind in ("wifi", "loopback", "other"):
        raise click.UsageError(f"{interface}: a drill takes a cable: Wi-Fi does not carry frames of other stations")
    if not one.up:
        raise click.UsageError(f"{interface}: {one.description()}")
    listened = interface in settings().capture.interfaces
    if store is not None and not listened:
        with store_errors():
            listened = interface in listens_to(store_location(store))
    if listened:
        raise click.UsageError(
            f"the sensor listens to {interface} itself and hears what this machine sends there, mirror port or not: "
            "send from another interface or another machine"
        )
    if (mac := taken()) is not None:
        raise click.ClickException(f"a station here has the drill's address {mac}: nothing is sent to it")
    if not may_listen():
        raise click.ClickException("sending takes root's rights (CAP_NET_RAW): sudo lanwitness drill …")


def _frames(piece: SetPiece) -> list[DrillFrame]:
    from sensor.drill.sending import DrillFailed, frames_of

    try:
        return frames_of(piece)
    except DrillFailed as error:
        raise click.ClickException(str(error)) from None


def _agreed(interface: str, frames: list[DrillFrame], *, dry_run: bool, yes: bool) -> bool:
    """Show what is sent, and ask."""
    from sensor.drill.sending import shown

    if not yes or dry_run:
        for line in shown(frames):
            click.echo(line)
    if dry_run:
        click.echo(f"{len(frames)} frames would be sent on {interface}; none was")
        return False
    if not yes:
        click.echo("\nThe sensor reports them as findings and devices, and alerts may tell of them.")
    return yes or click.confirm(f"Send these {len(frames)} frames on {interface}?", default=False)


def _send(interface: str, frames: list[DrillFrame]) -> None:
    from sensor.drill.sending import DrillFailed, send

    try:
        send(interface, frames)
    except DrillFailed as error:
        raise click.ClickException(f"{interface}: {error}") from None


def _wait(piece: SetPiece, look: Callable[[], SensorReport], seconds: float) -> int:
    """Wait for the sensor, print a line for each part; the exit status."""
    from sensor.drill.set_piece import MACS
    from sensor.drill.waiting import wait_for
    from sensor.text import safe

    with store_errors():
        results, sentence = wait_for(piece, look, seconds)
    for one in results:
        click.echo(f"{one.part}: {one.state}" + (f" ({one.detail})" if one.detail else ""))
        if one.mend:
            click.echo(f"      -> {one.mend}")
    well = all(one.well for one in results)
    if sentence and not well:
        click.echo(f"the sensor says: {safe(sentence, 400)}")
    click.echo(f"its two devices go with: lanwitness forget {MACS[0]} (and {MACS[1]}) --store STORE")
    return 0 if well else 1
