"""Procedures that settle what listening cannot, from ``signatures/procedures.toml``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sensor.catalogue import texts_of
from sensor.light_dataclass import dataclass
from sensor.shipped_tables import shipped_table

WIDTH = 100
"""Columns of a procedure on a terminal."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """What to do with a device. ``provisions`` in the numbers of V3.1.3; ``settles``: keys of ``--facts``; ``facts``:
    the lines that it ends in, below ``[[device]]``.
    """

    id: str
    title: str
    provisions: tuple[str, ...]
    needs: tuple[str, ...]
    steps: tuple[str, ...]
    reading: str
    settles: tuple[str, ...]
    facts: str

    def text(self) -> str:
        """For a terminal."""
        lines = [f"{self.id}  {self.title}", f"  EN 303 645 {', '.join(self.provisions)}", "", "  You need:"]
        lines += [one for need in self.needs for one in _wrapped(need, "  - ")]
        lines += ["", "  Steps:"]
        lines += [one for number, step in enumerate(self.steps, 1) for one in _wrapped(step, f"  {number}. ")]
        lines += ["", *_wrapped(self.reading, "  "), "", "  In the file of --facts, below [[device]]:", ""]
        return "\n".join([*lines, textwrap.indent(self.facts, "    ")]) + "\n"

    def markdown(self) -> str:
        """For docs/procedures.md."""
        needs = "; ".join(self.needs)
        steps = "\n".join(f"{number}. {step}" for number, step in enumerate(self.steps, 1))
        return (
            f"## {self.id}: {self.title}\n\nSettles EN 303 645 {', '.join(self.provisions)} "
            f"(facts: {', '.join(f'`{one}`' for one in self.settles)}).\n\nYou need {needs}.\n\n{steps}\n\n"
            f"{self.reading}\n\nIn the file of `--facts`, below `[[device]]`:\n```toml\n{self.facts}\n```\n"
        )


def _wrapped(text: str, first: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def parse(data: Mapping[str, Any]) -> tuple[Procedure, ...]:
    """The procedures from the tables of their TOML. ValueError, KeyError or TypeError where it breaks its own form."""
    found = []
    for row in data["procedure"]:
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value.strip() for key, value in row.items()
        }
        one = Procedure(title=texts_of("signatures")["words"]["procedure"][row["id"]], **values)
        if not (one.provisions and one.needs and one.steps and one.settles):
            raise ValueError(f"{one.id}: an empty list")
        found.append(one)
    if len({one.id for one in found}) < len(found):
        raise ValueError("two procedures of one id")
    return tuple(found)


@cache
def procedures() -> tuple[Procedure, ...]:
    """The shipped procedures, in their own order."""
    return parse(shipped_table("signatures", "procedures.toml"))


def procedures_for(provisions: Iterable[str]) -> list[Procedure]:
    """Those that settle one of the provisions (numbers of V3.1.3)."""
    wanted = set(provisions)
    return [one for one in procedures() if wanted & set(one.provisions)]
