"""Channels that a maker declares (IXIT 11 and 28 of TS 103 701), and how those that were seen compare."""

from __future__ import annotations

import csv
import io
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sensor.light_dataclass import dataclass
from sensor.settings import toml_reader as checks
from sensor.settings.toml_lines import TomlPosition
from sensor.settings.toml_reader import Keys, Reader
from sensor.verdicts.enclosures import Enclosures

TABLES = {"ixit_11": "communication mechanisms", "ixit_28": "logical interfaces"}
"""Keys of a device in the facts, and what the maker lists there."""

DECLARED: Keys = {
    "id": checks.text,
    "description": checks.text,
    "role": checks.word("server", "client"),
    "transport": checks.word("tcp", "udp"),
    "protocol": checks.text,
    "port": checks.port,
    "peer": checks.peer,
    "protection": checks.word("encrypted", "cleartext"),
}

MAX_ROWS = 2000

SECURED = frozenset({"tls", "dtls", "quic"})
"""Protocols that hide the one inside."""

SECURE_FORMS = {
    "https": 443, "mqtts": 8883, "amqps": 5671, "coaps": 5684, "ftps": 990, "imaps": 993, "ldaps": 636, "pop3s": 995,
    "rtsps": 322, "sips": 5061, "smtps": 465,
}  # fmt: skip
"""Protocols inside of TLS as makers name them, with their ports (IANA Service Name and Port Number Registry)."""


@dataclass(frozen=True, slots=True)
class DeclaredChannel:
    """A row of a table of the maker; None where it leaves something open. ``line`` 0: it stands in another file."""

    table: str
    id: str
    description: str | None
    role: str | None
    transport: str | None
    protocol: str | None
    port: int | None
    peer: str | None
    protection: str | None
    line: int


def read_declared(
    reader: Reader, place: TomlPosition, row: Mapping[str, Any], files: Enclosures
) -> tuple[DeclaredChannel, ...]:
    """The channels that a device's tables declare. ValueError with file and line."""
    found: list[DeclaredChannel] = []
    for name in TABLES:
        given = row.get(name, [])
        if isinstance(given, str):
            try:
                found += _of_file(name, given, files.text(given))
            except ValueError as error:
                raise reader.wrong(place, name, f"{name}: {error}") from None
        else:
            found += [
                _channel(name, table, reader.line(where))
                for where, table in reader.tables(place, name, given, DECLARED, ("id",))
            ]
    ids = [(one.table, one.id) for one in found]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None or len(found) > MAX_ROWS:
        what = f"{twice[1]} is there twice" if twice else f"more than {MAX_ROWS:,} rows"
        raise reader.wrong(place, twice[0] if twice else None, what)
    return tuple(found)


def _of_file(table: str, name: str, text: str) -> list[DeclaredChannel]:
    if name.lower().endswith(".toml"):
        inner = Reader(name, text)
        inner.top(("channel",))
        rows = inner.tables((), "channel", inner.data.get("channel", []), DECLARED, ("id",))
        return [_channel(table, row, 0) for _, row in rows]
    return [_channel(table, row, 0) for row in _rows(name, text)]


def _rows(name: str, text: str) -> list[dict[str, Any]]:
    """The rows of a table with commas or semicolons, its first line the keys. ValueError with file and line."""
    separator = ";" if ";" in text.partition("\n")[0] else ","
    lines = csv.DictReader(io.StringIO(text), delimiter=separator, strict=True)
    found = []
    try:
        for row in lines:
            line = f"{name}:{lines.line_num}"
            given = {str(key).strip().lower(): (value or "").strip() for key, value in row.items() if key is not None}
            if None in row or "id" not in given:
                raise ValueError(f"{line}: more values than keys" if None in row else f"{line}: needs a column id")
            found.append(_checked(line, {key: value for key, value in given.items() if value}))
    except csv.Error as error:
        raise ValueError(f"{name}:{lines.line_num}: {error}") from None
    return found


def _checked(line: str, row: dict[str, Any]) -> dict[str, Any]:
    if row.get("port", "").isdecimal() and len(row["port"]) < 6:
        row["port"] = int(row["port"])
    for key, value in row.items():
        check = DECLARED.get(key)
        if check is None:
            near = checks.hint(key, list(DECLARED)) or f"; known are {', '.join(DECLARED)}"
            raise ValueError(f"{line}: unknown key {key!r}{near}")
        complaint = check(value)
        if complaint is not None:
            raise ValueError(f"{line}: {key}: {complaint}")
    if "id" not in row:
        raise ValueError(f"{line}: needs id")
    return row


def _channel(table: str, row: Mapping[str, Any], line: int) -> DeclaredChannel:
    given = {key: row.get(key) for key in DECLARED if key != "role"}
    # A logical interface is one that the device offers.
    role = row.get("role") or ("server" if table == "ixit_28" else None)
    return DeclaredChannel(table=table, role=role, line=line, **given)  # type: ignore[arg-type]


Seen = Mapping[str, Any]
"""A channel as the ``device`` record has it (docs/output.md, ``channels``)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A declared channel, a seen one or both. ``result``: match, mismatch, undeclared or not_observed; ``why`` words
    of a mismatch.
    """

    result: str
    declared: DeclaredChannel | None
    seen: tuple[int, ...]
    why: tuple[str, ...] = ()


def compare(declared: Sequence[DeclaredChannel], seen: Sequence[Seen]) -> list[Comparison]:
    """Each declared channel with those seen (their numbers in ``seen``), then those that nobody declared."""
    found: list[Comparison] = []
    named: set[int] = set()
    for one in declared:
        mine = [number for number, channel in enumerate(seen) if _fits(one, channel)]
        named.update(mine)
        why = tuple(dict.fromkeys(reason for number in mine for reason in _differences(one, seen[number])))
        result = "not_observed" if not mine else "mismatch" if why else "match"
        found.append(Comparison(result, one, tuple(mine), why))
    rest = [number for number in range(len(seen)) if number not in named]
    return found + [Comparison("undeclared", None, (number,)) for number in rest]


def _fits(declared: DeclaredChannel, seen: Seen) -> bool:
    """Whether it is the same channel: by its end and port, or by its protocol where no port is declared."""
    same = declared.role in (None, seen["role"]) and declared.transport in (None, seen["transport"])
    if declared.port is not None:
        same = same and declared.port == seen["port"]
    elif declared.protocol is not None:
        name = declared.protocol.lower()
        hidden = seen["protocol"] in SECURED and seen["port"] is not None and seen["port"] == SECURE_FORMS.get(name)
        same = same and (name == seen["protocol"] or hidden)
    else:
        same = same and declared.peer is not None
    return same and (declared.peer is None or _is_peer(declared.peer, seen["peer"], seen["names"]))


def _is_peer(wanted: str, address: str | None, names: Iterable[str]) -> bool:
    try:
        return address is not None and ipaddress.ip_address(address) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        name = wanted.lower().rstrip(".").removeprefix("*.")
        return any(one.lower() == name or one.lower().endswith(f".{name}") for one in names)


def _differences(declared: DeclaredChannel, seen: Seen) -> Iterable[str]:
    name = declared.protocol.lower() if declared.protocol is not None else None
    # What is inside of TLS cannot be seen: it is no other protocol than the one declared.
    hidden = seen["protocol"] in SECURED and (
        name in SECURE_FORMS or name in SECURED or declared.protection == "encrypted"
    )
    if declared.protocol is not None and seen["protocol"] not in (None, name) and not hidden:
        yield f"{seen['protocol']} was seen, {declared.protocol.lower()} is declared"
    if declared.protection == "encrypted" and seen["cleartext"]:
        yield f"{seen['cleartext']} bytes crossed readable, encryption is declared"
