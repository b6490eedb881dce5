"""Makers whose publications a user writes down: ``[[maker]]`` of facts and configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from sensor.catalogue import Message
from sensor.settings import toml_reader as checks
from sensor.settings.toml_lines import TomlPosition
from sensor.settings.toml_reader import Keys, Reader
from sensor.verdicts.enclosures import Enclosures
from sensor.verdicts.published import COUNTED, Policy, Published, Record, Support, record_of
from sensor.verdicts.security_txt import parse

MAKER: Keys = {
    "name": checks.text,
    "policy": checks.url,
    "contact": checks.text,
    "security_txt": checks.text,
    "answer_days": checks.days,
    "counted": checks.word(*COUNTED),
    "update_days": checks.days,
    "fix_days": checks.days,
    "team": checks.flag,
    "support_until": checks.day,
    "support_url": checks.url,
    "date": checks.day,
}


def read_makers(reader: Reader, files: Enclosures) -> dict[str, Record]:
    """The publications of each maker by its name in small letters. ValueError with file and line."""
    found: dict[str, Record] = {}
    rows = reader.tables((), "maker", reader.data.get("maker", []), MAKER, ("name", "date"))
    for place, row in rows:
        name = row["name"].strip().lower()
        if name in found:
            raise reader.wrong(place, "name", f"{row['name']} is there twice")
        found[name] = _record(reader, place, row, files)
    return found


def makers_of_configuration(path: Path) -> dict[str, Record]:
    """The makers of a configuration file. ValueError with file and line, OSError where it cannot be read."""
    return read_makers(Reader(str(path), path.read_text("utf-8")), Enclosures(path.parent, {}))


def published_by(makers: Mapping[str, Record], vendor: str | None) -> Record:
    """What the user wrote down of a maker."""
    return makers.get((vendor or "").lower(), {})


def _record(reader: Reader, place: TomlPosition, row: Mapping[str, Any], files: Enclosures) -> dict[str, Published]:
    policy, contact = row.get("policy"), row.get("contact")
    remarks: list[Message | str] = []
    if "security_txt" in row:
        try:
            given = parse(files.text(row["security_txt"]))
        except ValueError as error:
            raise reader.wrong(place, "security_txt", f"security_txt: {error}") from None
        expires = f"{given.expires:%Y-%m-%d}" if given.expires is not None else None
        if given.valid_at(datetime.combine(row["date"], time(12), UTC)):
            contact = contact or given.contacts[0]
            policy = policy or next(iter(given.policies), None)
            remarks.append(Message("security_txt.valid", {"date": expires}))
        elif given.expires is not None and given.contacts:
            remarks.append(Message("security_txt.expired", {"date": expires}))
        else:
            remarks.append("security.txt")
        remarks += [Message("security_txt.problem", {"problem": problem}) for problem in given.problems]
    stated = None
    if policy is not None:
        times = ("answer_days", "update_days", "fix_days", "counted", "team")
        stated = Policy(policy, contact, **{key: row[key] for key in times if key in row})
    support = Support(until=row["support_until"]) if "support_until" in row else None
    when = row["date"].isoformat()
    elsewhere = (row["support_url"], when) if "support_url" in row else None
    record = record_of(stated, support, reader.name, when, elsewhere)
    made = record.get("disclosure")
    if made is not None:
        record["disclosure"] = replace(made, parts=(*made.parts, *remarks))
    elif contact is not None or remarks:
        known = Message("policy.contact", {"contact": contact}) if contact else Message("policy.no_contact")
        record["disclosure"] = Published((Message("policy.none"), known, *remarks), reader.name, when, complete=False)
    return record
