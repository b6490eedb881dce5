"""Options that several commands share, each declared once, and what the sensor takes of them."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from sensor.catalogue import LANGUAGES
from sensor.cli import _files as files
from sensor.files import PRIVATE, error_reason, owner_only
from sensor.light_dataclass import dataclass
from sensor.log import FORMATS, configure
from sensor.memory import DEFAULT_MEMORY, LEAST_MEMORY, MEGABYTE, MOST_MEMORY, MemoryBudget
from sensor.model import STATUSES

if TYPE_CHECKING:
    from sensor.model import Status
    from sensor.run import Options
    from sensor.vault import Vault

Command = TypeVar("Command", bound=Callable[..., Any])

VERBOSITY = "lanwitness.verbosity"
"""How often `-v` was given, in the context of a command."""

FAIL_ON = STATUSES[: STATUSES.index("no_violation_seen") + 1]
"""What `--fail-on` takes; the other statuses are of what traffic cannot show, and no device can do better there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The values of `run_options`, by the names of the parameters."""

    json_path: str | None = None
    local: tuple[str, ...] = ()
    users: str | None = None
    signatures: tuple[str, ...] = ()
    facts: str | None = None
    persona: str | None = None
    geo: str | None = None
    reveal: bool = False
    flows: bool = False
    store: str | None = None
    fail_on: str | None = None
    plain: bool = False
    language: str = LANGUAGES[0]
    memory: int = DEFAULT_MEMORY

    def check(self) -> None:
        """Refuse networks that are none and flows without a file of records; warn of `--reveal`."""
        from sensor.replay import complain

        check_networks(self.local)
        if self.flows and self.json_path is None:
            raise click.UsageError("--flows writes records: it needs --json FILE")
        if self.reveal:
            complain("--reveal: the records will hold secrets in the clear; keep them where only you can read them")

    def sensor_options(self, *, people: bool = True) -> Options:
        """As a run takes them, with the user's files read and checked."""
        from sensor.run import Options

        return Options(
            local=tuple(self.local),
            users=files.users(self.users),
            learned=files.learned(self.signatures),
            facts=files.facts(self.facts),
            personas=files.personas(self.persona),
            geo=files.geo(self.geo),
            flows=self.flows,
            people=people,
            memory=MemoryBudget(self.memory * MEGABYTE),
        )

    def worst_status(self) -> Status | None:
        """The status from which on the command fails; None for none."""
        from sensor.model import Status

        return Status(self.fail_on) if self.fail_on in FAIL_ON else None


def run_options(
    *, json: str, fail_on: str, plain: str, fail_on_more: tuple[str, ...] = ()
) -> Callable[[Command], Command]:
    """Add the options of commands that read packets; the arguments are the help of those whose meaning differs.

    ``fail_on_more``: what `--fail-on` takes beside statuses.
    """
    options = (
        click.option("--json", "json_path", metavar="FILE", help=json),
        local_net_option("A local network (repeatable); private ranges by default."),
        click.option(
            "--users",
            metavar="FILE",
            help="Your own names, kinds, merges and splits of devices (TOML); they always win.",
        ),
        signatures_option("Signatures of your own devices, made by `lanwitness learn` (repeatable)."),
        click.option(
            "--facts",
            metavar="FILE",
            help="What a lab knows and packets cannot tell (TOML): state, passwords' origin, channels.",
        ),
        click.option(
            "--persona",
            metavar="FILE",
            help="Personal data of a test account (TOML), to be searched for in every form.",
        ),
        click.option(
            "--geo", metavar="FILE", help="Countries of addresses, in MaxMind's format (GeoLite2, DB-IP, IPinfo …)."
        ),
        click.option("--reveal", is_flag=True, help="Write the secrets themselves into the JSON records."),
        click.option("--flows", is_flag=True, help="Write a record for every flow."),
        click.option(
            "--store", metavar="PATH_OR_URL", help="Keep the run in this database (a path means an SQLite file)."
        ),
        click.option("--fail-on", type=click.Choice((*FAIL_ON, *fail_on_more)), help=fail_on),
        click.option("--plain", is_flag=True, help=plain),
        click.option(
            "--language",
            type=click.Choice(LANGUAGES),
            default=LANGUAGES[0],
            help="Language of the page and of sentences in records.",
        ),
        click.option(
            "--memory",
            type=click.IntRange(LEAST_MEMORY, MOST_MEMORY),
            default=DEFAULT_MEMORY,
            show_default=True,
            metavar="MB",
            help="Megabytes that traffic may fill, on a base of some 90; what is given up beyond them is said.",
        ),
    )

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def log_options(command: Command) -> Command:
    """Add `-v` and `--log-format`, of what is written on standard error while the command runs."""
    for option in (
        click.option(
            "--log-format",
            type=click.Choice(FORMATS),
            default=FORMATS[0],
            show_default=True,
            expose_value=False,
            callback=_configure_log,
            help="Form of what is said on standard error.",
        ),
        click.option(
            "-v", "--verbose", count=True, is_eager=True, expose_value=False, callback=_remember, help="Say more of it."
        ),
    ):
        command = option(command)
    return command


def _remember(context: click.Context, _: click.Parameter, verbosity: int) -> None:
    context.meta[VERBOSITY] = verbosity


def _configure_log(context: click.Context, _: click.Parameter, form: str) -> None:
    configure(context.meta[VERBOSITY], form)


def local_net_option(help: str) -> Callable[[Command], Command]:
    """Add `--local-net`; its values are the parameter ``local``."""
    return click.option("--local-net", "local", multiple=True, metavar="CIDR", help=help)


def signatures_option(help: str) -> Callable[[Command], Command]:
    """Add `--signatures`; its values are the parameter of that name."""
    return click.option("--signatures", multiple=True, metavar="FILE", help=help)


def check_networks(local: tuple[str, ...]) -> None:
    """Refuse what is no network."""
    import ipaddress

    for cidr in local:
        try:
            ipaddress.ip_network(cidr, strict=False)
        except ValueError:
            raise click.BadParameter(
                f"{cidr!r} is not a network such as 192.168.1.0/24", param_hint="--local-net"
            ) from None


def output(stack: ExitStack, path: str | None, *, private: bool) -> tuple[BinaryIO | None, str]:
    """The file of records, open as long as ``stack``, and its name for messages; None without ``--json``.

    ``private``: a regular file is made one for its owner alone, because it will hold secrets (``--reveal``).
    """
    if path is None:
        return None, ""
    if path == "-":
        if sys.stdout is None:  # begun with a closed descriptor 1, as `>&-` does
            raise click.BadParameter("standard output is closed", param_hint="--json")
        return sys.stdout.buffer, "standard output"
    try:
        opener = owner_only if private else None
        stream = stack.enter_context(open(path, "wb", buffering=0, opener=opener))  # noqa: SIM115 (it closes it)
        if private and stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            os.fchmod(stream.fileno(), PRIVATE)
        return stream, path
    except OSError as error:
        raise click.BadParameter(f"{path}: {error_reason(error, 'cannot be written')}", param_hint="--json") from None


def write_form(path: str, content: str | bytes, option: str) -> None:
    """Write a report or comparison; ``-`` is standard output. A sentence where it cannot be written."""
    if path == "-":
        click.echo(content, nl=False)
        return
    try:
        # A report says what was said in a home: a new file is its owner's alone.
        with open(path, "wb", opener=owner_only) as file:
            file.write(content if isinstance(content, bytes) else content.encode("utf-8"))
    except OSError as error:
        reason = error_reason(error, "cannot be written")
        raise click.BadParameter(f"{path}: {reason}", param_hint=option) from None


def vault_of(*, reveal: bool) -> Vault:
    """The vault with the installation's key; with one for this run only where the key cannot be stored."""
    from sensor import config
    from sensor.replay import complain
    from sensor.vault import KEY_BYTES, Vault, load_key

    path = config.load().key_file
    try:
        key = load_key(path)
    except OSError as error:
        reason = error_reason(error, "cannot be kept")
        complain(f"{path}: {reason}; fingerprints of secrets will differ from run to run")
        key = os.urandom(KEY_BYTES)
    return Vault(key, reveal=reveal)
