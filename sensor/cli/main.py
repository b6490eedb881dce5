"""The command group `lanwitness`: one module a command, errors as a sentence and an exit status.

A command's module is imported when the command is called, and heavy modules when it needs them.
"""

from __future__ import annotations

import errno
import importlib
import os
import pkgutil
import sys
from pathlib import Path

import click

from sensor import __version__
from sensor import cli as package
from sensor.cycle_search import end_searches, search_rarely


class Commands(click.Group):
    """The commands of this package, each imported when it is called; the help gives their first sentences whole."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: D102
        return command_names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: D102
        return command(cmd_name) if cmd_name in command_names() else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: D102
        rows = []
        for name in self.list_commands(ctx):
            first = (command(name).help or "").partition("\n\n")[0]
            rows.append((name, " ".join(first.split()).partition(". ")[0].rstrip(".") + "."))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "LANWITNESS"})
@click.version_option(__version__, prog_name="lanwitness")
def cli() -> None:
    """Who is on this network, what they said in the clear, and whether they keep the five baseline capabilities of
    consumer IoT.

    \b
    lanwitness replay home.pcapng                      a page for people
    lanwitness replay --store home.db home.pcapng      kept for what follows
    lanwitness serve --store home.db                   the dashboard
    lanwitness report --store home.db --html home.html the report
    lanwitness compare before.jsonl after.pcapng       what changed
    """


def command_names() -> list[str]:
    """Every module of this package is a command of its name; helpers begin with an underscore."""
    names = (module.name for module in pkgutil.iter_modules(package.__path__))
    return sorted(name for name in names if name != "main" and not name.startswith("_"))


def command(name: str) -> click.Command:
    """The command of that name (one of `command_names`)."""
    found: click.Command = getattr(importlib.import_module(f"{package.__name__}.{name}"), name)
    return found


def main() -> None:
    """The entry point: every error is a sentence and an exit status, never a traceback, but with LANWITNESS_DEBUG."""
    from sensor.export.jsonlines import OutputFailed

    search_rarely()
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
    except MemoryError:
        click.echo("lanwitness: this machine has too little memory for it", err=True)
        status = 2
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug must not pass for a damaged file
        import traceback

        if os.environ.get("LANWITNESS_DEBUG"):
            traceback.print_exc()
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            click.echo("lanwitness: too many files are open; raise the limit (ulimit -n)", err=True)
            sys.exit(2)
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        # The exception's text may hold payload: only its kind and place are shown.
        click.echo(f"lanwitness: a bug of this program: {type(error).__name__} at {place}; please report it", err=True)
        status = 70
    end_searches()
    sys.exit(status if isinstance(status, int) else 0)
