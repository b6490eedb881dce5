"""Factory pairs of user name and password (``signatures/factory_pairs.csv``)."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache

from sensor.light_dataclass import dataclass
from sensor.shipped_tables import shipped_file


@dataclass(frozen=True, slots=True)
class FactoryPair:
    """A product that ships with the pair. ``service``: the one it is for, "" for any; ``source``."""

    product: str
    service: str
    source: str

    @property
    def words(self) -> frozenset[str]:
        """Words of the product's name, for comparison with a maker's name."""
        return frozenset(re.findall(r"[a-z0-9]+", self.product.lower()))


COLUMNS = ["product", "service", "username", "password", "source"]

FactoryPairs = Mapping[tuple[str, bytes], tuple[FactoryPair, ...]]


@cache
def factory_pairs() -> FactoryPairs:
    """(user name, password) -> products. User names are compared exactly, as devices do."""
    found: dict[tuple[str, bytes], tuple[FactoryPair, ...]] = {}
    lines = shipped_file("signatures", "factory_pairs.csv").read_text("utf-8").splitlines()
    rows = csv.reader(lines)
    if next(rows) != COLUMNS:
        raise ValueError("factory_pairs.csv has other columns")
    for product, service, username, password, source in rows:
        key = (username, password.encode())
        found[key] = (*found.get(key, ()), FactoryPair(product, service, source))
    return found


def best_pair(rows: tuple[FactoryPair, ...], vendor: str | None, protocol: str) -> tuple[FactoryPair, bool]:
    """(row, whether it is this maker's own) that fits the device best.

    Rows for other services count only where none is for this one.
    """
    fitting = [row for row in rows if row.service in ("", protocol)] or list(rows)
    if vendor is not None:
        name = set(re.findall(r"[a-z0-9]+", vendor.lower()))
        for row in fitting:
            if name and name <= row.words:
                return row, True
    exact = [row for row in fitting if row.service == protocol]
    return (exact or fitting)[0], False
