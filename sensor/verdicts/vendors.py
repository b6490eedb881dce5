"""Makers' publications, ``signatures/vendors.toml``: how to report a flaw, how long support lasts.

Each has its source and date.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from sensor.verdicts.facts import Published, policy_text

KEYS = frozenset(
    {
        "brand", "programme", "policy", "contact", "security_txt", "further", "answer_days", "update_days",
        "support_until", "support_url", "source", "date",
    }
)  # fmt: skip
"""Keys of a row."""


def parse(text: str) -> dict[str, dict[str, Published]]:
    """Brand -> its publications (``disclosure``, ``support``). ValueError, KeyError or TypeError for a bad table."""
    data = tomllib.loads(text)
    found: dict[str, dict[str, Published]] = {}
    for row in data["vendor"]:
        if set(row) - KEYS or row["brand"] in found:
            raise ValueError(f"{row['brand']}: an unknown key, or a second row")
        source = data["source"][row["source"]]
        name = f"{source['title']} {source['version']}"
        when = _date(row.get("date", source["date"]))
        record = {"disclosure": Published(_policy(row), name, when)}
        if "support_until" in row:
            record["support"] = Published(f"supported until {_date(row['support_until'])}", row["support_url"], when)
        found[row["brand"]] = record
    return found


def _policy(row: Mapping[str, Any]) -> str:
    text = policy_text(row["policy"], row.get("contact"), row.get("answer_days"), row.get("update_days"))
    text += f"; security.txt {row['security_txt']}" if "security_txt" in row else ""
    return text + "".join(f"; further {url}" for url in row.get("further", ()))


def _date(value: Any) -> str:
    if not isinstance(value, date):
        raise TypeError("a date is written without quotes")
    return value.isoformat()


@cache
def vendors() -> Mapping[str, Mapping[str, Published]]:
    """The shipped table."""
    return parse(files("signatures").joinpath("vendors.toml").read_text("utf-8"))


def published(vendor: str | None) -> Mapping[str, Published]:
    """What is on record of a maker, spelled as in makers.toml; nothing of an unknown one."""
    return vendors().get(vendor or "", {})
