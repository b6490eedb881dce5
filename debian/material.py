"""What the package has beside the program, made from it: units, the user, man pages, shell completion."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import BashComplete, ShellComplete, ZshComplete

from sensor.cli.main import cli
from sensor.live import child
from sensor.setup.units import Places, sysusers, units

HOME = "/usr/lib/lanwitness"
VENDOR_UNITS = "usr/lib/systemd/system"
COMPLETIONS: dict[str, type[ShellComplete]] = {
    "usr/share/bash-completion/completions/lanwitness": BashComplete,
    "usr/share/zsh/vendor-completions/_lanwitness": ZshComplete,
}


def material() -> Iterator[tuple[str, str]]:
    """Path below the root, and text. Units are those without an interface; `lanwitness setup` writes yours."""
    inside = Path(child.__file__).relative_to(Path(sys.prefix).resolve())
    places = Places(("/usr/bin/lanwitness",), "/usr/bin/python3", f"{HOME}/{inside}", "/etc/lanwitness/lanwitness.toml")
    for name, text in units(places, [], outside=False, beyond=False).items():
        yield f"{VENDOR_UNITS}/{name}", text
    yield "usr/lib/sysusers.d/lanwitness.conf", sysusers()
    for path, shell in COMPLETIONS.items():
        yield path, shell(cli, {}, "lanwitness", "_LANWITNESS_COMPLETE").source()
    yield from man_pages(cli, "lanwitness")


def man_pages(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """A page of the manual for a command and each below it, of its help (man(7))."""
    context = click.Context(command, info_name=name.rpartition(" ")[2], parent=parent, max_content_width=78)
    page = name.replace(" ", "-")
    title = " ".join((command.help or name).split("\n\n")[0].split()).partition(". ")[0].rstrip(".")
    lines = (line if line[:1] not in (".", "'") else "\\&" + line for line in _roff(command.get_help(context)))
    yield (
        f"usr/share/man/man1/{page}.1",
        f".TH {page.upper()} 1\n.SH NAME\n{page} \\- {''.join(_roff(title))}\n.SH DESCRIPTION\n.nf\n"
        + "\n".join(lines)
        + "\n.fi\n",
    )
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            if found is not None:
                yield from man_pages(found, f"{name} {each}", context)


def _roff(text: str) -> list[str]:
    return text.replace("\\", "\\e").replace("-", "\\-").splitlines()


def main(root: Path) -> None:
    """Write it all below ``root``."""
    for name, text in material():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
