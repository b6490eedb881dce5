"""Turns the folders' own READMEs into the table of captures in pcaps/README.md."""

from __future__ import annotations

import pathlib

BEGIN, END = "<!-- captures -->\n", "<!-- end of captures -->\n"


def write(pcaps: pathlib.Path) -> None:
    """Rewrites the part of README.md between the two marks."""
    rows = ["| capture | what it shows | bytes |\n|---|---|---|\n"]
    for folder in sorted(path for path in pcaps.iterdir() if (path / "expected.json").exists()):
        title = (folder / "README.md").read_text().splitlines()[0].partition(": ")[2]
        size = next(folder.glob("capture.*")).stat().st_size
        rows.append(f"| [{folder.name}]({folder.name}/) | {title} | {size:,} |\n")
    page = pcaps / "README.md"
    before, _, rest = page.read_text().partition(BEGIN)
    page.write_text(before + BEGIN + "".join(rows) + END + rest.partition(END)[2])
