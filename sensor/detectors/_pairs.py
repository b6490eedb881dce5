"""``signatures/factory_pairs.csv`` into a table of pairs, and which row of it a device's login fits best."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Row:
    """A product that ships with the pair: its name, the service it is for ("" any), the source."""

    product: str
    service: str
    source: str

    @property
    def words(self) -> frozenset[str]:
        """The name's words, to compare with a maker's name."""
        return frozenset(re.findall(r"[a-z0-9]+", self.product.lower()))


Pairs = Mapping[tuple[str, bytes], tuple[Row, ...]]


@cache
def pairs() -> Pairs:
    """(user name, password) -> rows. The user name is compared as it is, as devices do."""
    found: dict[tuple[str, bytes], tuple[Row, ...]] = {}
    lines = files("signatures").joinpath("factory_pairs.csv").read_text("utf-8").splitlines()
    for row in csv.DictReader(lines):
        key = (row["username"], row["password"].encode())
        found[key] = (*found.get(key, ()), Row(row["product"], row["service"], row["source"]))
    return found


def best(rows: tuple[Row, ...], vendor: str | None, protocol: str) -> tuple[Row, bool]:
    """The row that fits the device best, and whether it is this maker's own. Rows for other services count only where none is for this one."""
    fitting = [row for row in rows if row.service in ("", protocol)] or list(rows)
    if vendor is not None:
        name = set(re.findall(r"[a-z0-9]+", vendor.lower()))
        for row in fitting:
            if name and name <= row.words:
                return row, True
    exact = [row for row in fitting if row.service == protocol]
    return (exact or fitting)[0], False
