"""Makers' publications, ``signatures/vendors.toml``: how to report a flaw, how long support lasts.

Each has its source and date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from sensor.catalogue import Message
from sensor.light_dataclass import dataclass
from sensor.shipped_tables import shipped_table
from sensor.verdicts.published import COUNTED, SINCE, Policy, Record, Support, record_of

KEYS = frozenset(
    {
        "brand", "model", "holder", "parent", "programme", "policy", "contact", "security_txt", "further", "team",
        "answer_days", "update_days", "fix_days", "counted", "times_page", "times_date", "support_until",
        "support_years", "support_since", "support_of", "support_url", "support_date", "page", "source", "date",
    }
)  # fmt: skip
"""Keys of a row."""

MAX_AGE_DAYS = 365
"""Days after which the table is to be read again at its sources: makers change their policies."""

MAX_MODEL_CHARACTERS = 128


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: what ``brand`` publishes, for the models that ``model`` fits (None: all of them)."""

    brand: str
    model: re.Pattern[str] | None
    parent: str | None
    record: Record


@dataclass(frozen=True, slots=True)
class Vendors:
    """The table: its rows by brand, those for some models first, and the date on which it was last gone through."""

    rows: Mapping[str, Sequence[Row]]
    checked: date

    def published(self, vendor: str | None, model: str | None = None) -> Record:
        """What is on record of a maker, spelled as in makers.toml; nothing of an unknown one."""
        for row in self.rows.get(vendor or "", ()):
            if row.model is None or row.model.search((model or "")[:MAX_MODEL_CHARACTERS]):
                return row.record
        return {}

    def stale(self, today: date) -> str | None:
        """A sentence where the table is older than a year."""
        days = (today - self.checked).days
        return f"was last checked {days} days ago ({self.checked.isoformat()})" if days > MAX_AGE_DAYS else None

    def __len__(self) -> int:
        """The number of rows."""
        return sum(map(len, self.rows.values()))


def parse(data: Mapping[str, Any]) -> Vendors:
    """The table from the tables of its TOML. ValueError, KeyError or TypeError for a bad one."""
    found: dict[str, list[Row]] = {}
    for given in data["vendor"]:
        row = _row(given, data["source"])
        same = found.setdefault(row.brand, [])
        if any(one.model == row.model for one in same):
            raise ValueError(f"{row.brand}: a second row")
        same.append(row)
    for rows in found.values():
        rows.sort(key=lambda row: row.model is None)
    checked = data["checked"]
    _date(checked)
    return Vendors(found, checked)


def _row(row: Mapping[str, Any], sources: Mapping[str, Any]) -> Row:
    if set(row) - KEYS or row.get("counted", "calendar") not in COUNTED:
        raise ValueError(f"{row['brand']}: an unknown key, or days that are counted in an unknown way")
    source = sources[row["source"]]
    name = row.get("page") or f"{source['title']} {source.get('version', '')}".strip()
    when = _date(row.get("date", source["date"]))
    policy = Policy(
        row["policy"],
        row.get("contact"),
        row.get("answer_days"),
        row.get("update_days"),
        row.get("fix_days"),
        row.get("counted", "calendar"),
        row.get("holder"),
        row.get("team", False),
    )
    record = record_of(
        policy,
        _support(row),
        name,
        when,
        (row["support_url"], _date(row.get("support_date", row.get("date", source["date"]))))
        if "support_url" in row
        else None,
        (row["times_page"], _date(row["times_date"])) if "times_page" in row else None,
    )
    more = [f"security.txt {row['security_txt']}"] if "security_txt" in row else []
    further = [Message("policy.further", {"address": url}) for url in row.get("further", ())]
    made = record["disclosure"]
    record["disclosure"] = replace(made, parts=(*made.parts, *more, *further))
    model = re.compile(row["model"], re.I | re.A) if "model" in row else None
    return Row(row["brand"], model, row.get("parent"), record)


def _support(row: Mapping[str, Any]) -> Support | None:
    if "support_until" in row:
        _date(row["support_until"])
        return Support(until=row["support_until"], what=row.get("support_of"))
    if "support_years" in row:
        if row["support_since"] not in SINCE:
            raise ValueError(f"{row['brand']}: a support period that begins with an unknown thing")
        return Support(years=row["support_years"], since=row["support_since"], what=row.get("support_of"))
    return None


def _date(value: Any) -> str:
    if not isinstance(value, date):
        raise TypeError("a date is written without quotes")
    return value.isoformat()


@cache
def vendors() -> Vendors:
    """The shipped table."""
    return parse(shipped_table("signatures", "vendors.toml"))


def published(vendor: str | None, model: str | None = None) -> Record:
    """What is on record of a maker, spelled as in makers.toml; nothing of an unknown one."""
    return vendors().published(vendor, model)
