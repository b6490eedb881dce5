"""The command `lanwitness`: arguments into a call, errors into a sentence and an exit status. Heavy imports wait until a command needs them."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from sensor import __version__
from sensor.cli import _files as files
from sensor.cli._options import FAIL_ON, check_networks, output, vault_of
from sensor.cli.doctor import doctor
from sensor.cli.evidence import evidence
from sensor.cli.explain import explain_kept
from sensor.cli.report import report
from sensor.cli.serve import serve
from sensor.cli.setup import setup
from sensor.cli.store import COMMANDS
from sensor.cli.watch import watch

if TYPE_CHECKING:
    from sensor.replay.storing import RunStore

T = TypeVar("T")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lanwitness")
def cli() -> None:
    """Who is on this network, what they said in the clear, and whether they keep the five baseline capabilities of consumer IoT."""


@cli.command()
@click.argument("captures", nargs=-1, required=True, metavar="CAPTURE…")
@click.option("--json", "json_path", metavar="FILE", help="Write the records as JSON Lines; - is standard output.")
@click.option(
    "--local-net",
    "local",
    multiple=True,
    metavar="CIDR",
    help="A local network (repeatable); private ranges by default.",
)
@click.option(
    "--users", metavar="FILE", help="Your own names, kinds, merges and splits of devices (TOML); they always win."
)
@click.option(
    "--facts",
    metavar="FILE",
    help="What a lab knows and packets cannot tell (TOML): state, passwords' origin, channels.",
)
@click.option(
    "--persona", metavar="FILE", help="Personal data of a test account (TOML), to be searched for in every form."
)
@click.option("--geo", metavar="FILE", help="Countries of addresses, in MaxMind's format (GeoLite2, DB-IP, IPinfo …).")
@click.option("--join", is_flag=True, help="Read all captures as one, in the order of their packets' times.")
@click.option("--reveal", is_flag=True, help="Write the secrets themselves into the JSON records.")
@click.option("--flows", is_flag=True, help="Write a record for every flow.")
@click.option("--store", metavar="PATH_OR_URL", help="Keep the run in this database (a path means an SQLite file).")
@click.option("--fail-on", type=click.Choice(FAIL_ON), help="Exit with 3 when a verdict is this or worse.")
@click.option("--plain", is_flag=True, help="No colour and no progress bar.")
def replay(
    captures: tuple[str, ...],
    json_path: str | None,
    local: tuple[str, ...],
    users: str | None,
    facts: str | None,
    persona: str | None,
    geo: str | None,
    join: bool,
    reveal: bool,
    flows: bool,
    store: str | None,
    fail_on: str | None,
    plain: bool,
) -> int:
    """Read finished captures (pcap, pcapng, also .gz and .zst; a folder means every capture in it; - is standard input).

    Prints, for a person, who is on the network, what crossed in the clear, and five verdicts for each device. With --json - only records are printed.
    """
    from sensor.export.terminal import Terminal
    from sensor.model import Status
    from sensor.replay import Replay, complain
    from sensor.run import Options

    check_networks(local)
    if flows and json_path is None:
        raise click.UsageError("--flows writes records: it needs --json FILE")
    if reveal:
        complain("--reveal: the records will hold secrets in the clear; keep them where only you can read them")
    terminal = Terminal(plain=plain)
    with ExitStack() as stack:
        stream, name = output(stack, json_path)
        return Replay(
            paths=list(captures),
            vault=vault_of(reveal=reveal),
            options=Options(
                local=local,
                users=files.users(users),
                facts=files.facts(facts),
                personas=files.personas(persona),
                geo=files.geo(geo),
                flows=flows,
            ),
            json=stream,
            json_name=name,
            page=None if json_path == "-" else terminal.page,
            say=complain,
            progress=terminal.progress,
            fail_on=Status(fail_on) if fail_on else None,
            store=_keeping(store),
            join=join,
        ).run()


@cli.command()
@click.argument("finding")
@click.argument("capture", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--local-net", "local", multiple=True, metavar="CIDR", help="As it was given to replay.")
@click.option("--store", metavar="PATH_OR_URL", help="Take the masked packets kept beside this store instead.")
def explain(finding: str, capture: str | None, local: tuple[str, ...], store: str | None) -> int:
    """Show what Wireshark's dissectors say of the packets that FINDING (an id from the records) rests on in CAPTURE, or those kept with a store.

    A second opinion: it needs tshark and pyshark, and uses none of this program's parsers. Secrets are covered.
    """
    if capture is None or store is not None:
        if capture is not None or store is None:
            raise click.UsageError("explain needs either CAPTURE or --store")
        return explain_kept(finding, store)
    from sensor.evidence.dissect import NoDissector, dissect
    from sensor.replay import complain, read
    from sensor.run import Options

    check_networks(local)
    # Revealed here, and only to know what to cover.
    result = read(capture, vault_of(reveal=True), Options(local=local))
    if isinstance(result, str):
        raise click.UsageError(result)
    found = result.findings.get(finding)
    if found is None:
        raise click.UsageError(f"{capture} has no finding {finding}; the ids are in the records of replay --json")
    secrets = [(one.detail.get("secret") or {}).get("value") or "" for one in result.findings.values()]
    click.echo(f"{found.rule}: {found.summary}")
    try:
        for line in dissect(capture, found.frames, secrets):
            click.echo(line)
    except NoDissector as error:
        complain(str(error))
        return 2
    return 0


@cli.command()
def check() -> int:
    """Check the installation: decoder, protocols, signatures with their examples, standards map. Exit status 1 when something is wrong."""
    from sensor.selfcheck.check import check as look

    wrong = 0
    for section in look():
        wrong += len(section.problems)
        click.echo(f"{section.name}: {section.told}")
        for problem in section.problems:
            click.echo(f"  wrong: {problem}")
    click.echo("all is well" if not wrong else f"{wrong} problems")
    return 1 if wrong else 0


for command in (*COMMANDS, report, doctor, evidence, serve, setup, watch):
    cli.add_command(command)


def _keeping(store: str | None) -> RunStore | None:
    """Where a replay's runs are kept; SQLAlchemy is loaded only if they are."""
    if store is None:
        return None
    from sensor.replay import complain
    from sensor.replay.storing import RunStore

    return RunStore(store, complain)


def main() -> None:
    """The entry point: whatever happens, a sentence and an exit status, never a traceback (unless LANWITNESS_DEBUG is set)."""
    from sensor.export.jsonlines import OutputFailed

    try:
        status = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = 2
    except (click.Abort, KeyboardInterrupt):
        status = 130
    except OutputFailed as error:
        click.echo(f"lanwitness: {error}", err=True)
        status = 2
    except BrokenPipeError:
        # The reader has seen enough; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug must not pass for a damaged file
        if os.environ.get("LANWITNESS_DEBUG"):
            traceback.print_exc()
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        # The exception's text may hold payload: only its kind and place are shown.
        click.echo(f"lanwitness: a bug of this program: {type(error).__name__} at {place}; please report it", err=True)
        status = 70
    sys.exit(status if isinstance(status, int) else 0)
