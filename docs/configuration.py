"""`sensor.settings.keys` into docs/configuration.md: every section and key, with what it means and what holds without
it. Run it after a change there.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sensor.settings.keys import SECTIONS
from sensor.setup.commented import commented, written

HEAD = """# The configuration file

One file tells the sensor what to listen to, where to keep what it sees, for how long, and whom to tell. `lanwitness setup` writes it with these comments
(`/etc/lanwitness/lanwitness.toml`, or your own place); every command that takes a store takes it as `--config FILE`. What stands on the command line wins, then what the environment says.
It is [TOML](https://toml.io). Every key may be left out. An unknown key, word or type is refused with file, line and the nearest known one.
Paths that do not begin with `/` start from the file's own folder. It holds no secret: passwords and signing keys stand in files of their own.

Every option may stand in the environment instead, as `LANWITNESS_<COMMAND>_<OPTION>`: `LANWITNESS_WATCH_STORE=home.db`, `LANWITNESS_SERVE_PORT=9000`,
`LANWITNESS_RUNS_CONFIG=/etc/lanwitness/lanwitness.toml`, `LANWITNESS_REPLAY_QUIET=1`; options that may be repeated are separated by blanks. Arguments of a program
can be seen by all who use the machine: a store's URL with a password is refused, and names a file with it instead (`?password_file=FILE`).

Tables `[[maker]]` say what a maker publishes about flaws and support, in the words of the facts ([output.md](output.md), `--facts`); the facts' own win.

This page is made from the program (`docs/configuration.py`), and a test holds it to it.
"""

TAIL = """
## All of it, as `setup` writes it
```toml
{}```
"""


def rows(section: str) -> list[str]:
    """One line for each key."""
    return [
        f"| `{key}` | {one.means} | {'' if one.default in (None, ()) else f'`{written(one.default)}`'} |"
        for key, one in SECTIONS[section].keys.items()
    ]


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for section in SECTIONS:
        parts.append(f"\n## `[{section}]`\n{SECTIONS[section].introduction}\n")
        parts.append("\n".join(["| key | means | without it |", "|---|---|---|", *rows(section)]) + "\n")
    return "\n".join(parts) + TAIL.format(commented({}))


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), "utf-8")
