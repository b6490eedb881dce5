#!/usr/bin/env python3
"""The procedures (signatures/procedures.toml) into docs/procedures.md. Run it after they were changed; a test holds the
page to them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sensor.verdicts.procedures import procedures

HEAD = """# Procedures: what settles that which listening cannot

Traffic alone decides few provisions of EN 303 645 (`docs/verdicts.md`). Each procedure below does something to the device while the sensor listens, and
ends in a line for the file of `--facts` (`docs/output.md`). `lanwitness procedures` prints them, `lanwitness procedures 5.1-5` those of one provision.
How they fit into a whole assessment: `docs/laboratory.md`.

Do this only to devices that are yours or that you were asked to test, in a network of their own.

| procedure | what | provisions |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = [f"| {one.id} | {one.title} | {', '.join(one.provisions)} |\n" for one in procedures()]
    return HEAD + "".join(rows) + "\n" + "\n".join(one.markdown() for one in procedures())


if __name__ == "__main__":
    Path(__file__).with_name("procedures.md").write_text(page(), "utf-8")
    sys.exit(0)
