"""A laboratory's own entries in the facts: who tests, in which sessions, and with what results."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.settings import toml_reader as checks
from sensor.settings.toml_lines import TomlPosition
from sensor.settings.toml_reader import Keys, Reader, hint
from sensor.verdicts.baseline import baseline
from sensor.verdicts.enclosures import Enclosures

SHA256 = expression(r"(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}")
"""A digest as programs print it, with colons or without."""

SESSIONS = ("boot", "set_up", "use", "remote_control", "update", "idle", "reset")
"""What is done with the device in a session."""

OUTCOMES = ("pass", "fail", "inconclusive")
"""Outcomes of a test case (TS 103 701 clause 4)."""

SESSION: Keys = {"is": checks.word(*SESSIONS), "from": checks.timestamp, "until": checks.timestamp}
LAB: Keys = {
    "name": checks.text,
    "tester": checks.text,
    "order": checks.text,
    "place": checks.text,
    "interception_ca": checks.text,
    "session": None,
}
RESULT: Keys = {
    "provision": checks.text,
    "case": checks.text,
    "outcome": checks.word(*OUTCOMES),
    "by": checks.text,
    "date": checks.day,
    "evidence": checks.text,
    "note": checks.text,
}


@dataclass(frozen=True, slots=True)
class LabSession:
    """A session and when it was: ``start`` included and ``end`` excluded, ns since 1970 UTC."""

    name: str
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Who tested, for whom and where.

    ``interception_ca``: the issuer of the laboratory's own interceptor, by its subject or the SHA-256 of its
    certificate (64 hexadecimal digits in small letters then).
    """

    name: str | None = None
    tester: str | None = None
    order: str | None = None
    place: str | None = None
    interception_ca: str | None = None
    sessions: tuple[LabSession, ...] = ()

    def sessions_within(self, start: int, end: int) -> frozenset[str]:
        """The kinds of session that lie in that time (ns) from their beginning to their end."""
        return frozenset(one.name for one in self.sessions if start <= one.start and one.end <= end)


@dataclass(frozen=True, slots=True)
class LabResult:
    """A result of the laboratory for a provision (its number in V3.1.3) or one test case of it.

    ``sha256``: of the file ``evidence``.
    """

    provision: str
    case: str | None
    outcome: str
    by: str
    date: str
    evidence: str | None
    sha256: str | None
    note: str | None
    line: int


def read_laboratory(reader: Reader) -> Laboratory:
    """The table ``[lab]``; an empty one where there is none. ValueError with file and line."""
    if "lab" not in reader.data:
        return Laboratory()
    place: TomlPosition = (("lab", 0),)
    row = reader.table(place, reader.data["lab"], LAB)
    issuer = row.get("interception_ca")
    if issuer is not None and SHA256.fullmatch(issuer):
        issuer = issuer.replace(":", "").lower()
    sessions = []
    for where, table in reader.tables(place, "session", row.get("session", []), SESSION, ("is", "from", "until")):
        start, end = nanoseconds(table["from"]), nanoseconds(table["until"])
        if end <= start:
            raise reader.wrong(where, "until", "a session must end after its beginning")
        sessions.append(LabSession(table["is"], start, end, reader.line(where)))
    named = {key: row.get(key) for key in ("name", "tester", "order", "place")}
    return Laboratory(**named, interception_ca=issuer, sessions=tuple(sessions))


def read_results(reader: Reader, place: TomlPosition, rows: Any, files: Enclosures) -> tuple[LabResult, ...]:
    """The tables ``[[device.result]]``. ValueError with file and line."""
    found = []
    for where, row in reader.tables(place, "result", rows, RESULT, ("provision", "outcome", "by", "date")):
        digest = None
        if "evidence" in row:
            try:
                digest = files.digest(row["evidence"])
            except ValueError as error:
                raise reader.wrong(where, "evidence", f"evidence: {error}") from None
        found.append(
            LabResult(
                provision=provision_of(reader, where, "provision", row["provision"]),
                case=row.get("case"),
                outcome=row["outcome"],
                by=row["by"],
                date=row["date"].isoformat(),
                evidence=row.get("evidence"),
                sha256=digest,
                note=row.get("note"),
                line=reader.line(where),
            )
        )
    return tuple(found)


def read_not_applicable(reader: Reader, place: TomlPosition, rows: Any) -> Mapping[str, str]:
    """Provisions (by V3.1.3) that do not apply to the device, with the reason. ValueError with file and line."""
    if not isinstance(rows, dict):
        raise reader.wrong(place, "not_applicable", 'not_applicable must be a table such as {"5.3-14" = "reason"}')
    found = {}
    for number, reason in rows.items():
        complaint = checks.text(reason)
        if complaint:
            raise reader.wrong(place, "not_applicable", f"not_applicable: {number}: {complaint}, the reason")
        found[provision_of(reader, place, "not_applicable", number)] = reason
    return found


def provision_of(reader: Reader, place: TomlPosition, key: str, number: str) -> str:
    """The provision's number in V3.1.3, of a number in either edition."""
    known: dict[str, str] = {}
    for one in baseline():
        known.setdefault(one.v3, one.v3)
    for one in baseline():
        known.setdefault(one.v2 or one.v3, one.v3)
    if number not in known:
        raise reader.wrong(place, key, f"{key}: {number!r} is no provision of the standards map{_near(number, known)}")
    return known[number]


def _near(number: str, known: Collection[str]) -> str:
    return hint(number, list(known))


def nanoseconds(time: datetime) -> int:
    """A time of a TOML file as ns since 1970."""
    return int(time.timestamp()) * 1_000_000_000 + time.microsecond * 1000
