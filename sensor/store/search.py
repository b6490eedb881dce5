"""Search of runs: devices, destinations and findings in which all words stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, func, or_, select

from sensor.catalogue import mentions
from sensor.light_dataclass import dataclass
from sensor.records import Record
from sensor.store import schema
from sensor.store.applied_corrections import AppliedCorrections
from sensor.store.finding_queries import by_id

WORDS = 6
"""Words that are looked for; further ones are left out."""

LOOKED_AT = 2000
"""Rows of a table that are taken before they are put together to what is shown."""


@dataclass(frozen=True, slots=True)
class Hits:
    """``devices``: run and id; ``destinations``: run, device, name, address and bytes; ``findings``: records, the worst
    first."""

    devices: list[tuple[str, str]]
    destinations: list[Record]
    findings: list[Record]


Naming = Callable[[str], AbstractContextManager[None]]
"""Within it an error over a row names the run."""


def search(
    connection: Connection, applied: AppliedCorrections, runs: Sequence[str], words: str, size: int, naming: Naming
) -> Hits:
    """What of these runs has all ``words`` in it, in any case; at most ``size`` of each. Nothing for no word."""
    wanted = words.split()[:WORDS]
    if not wanted or not runs:
        return Hits([], [], [])
    devices, claims = schema.devices.c, schema.claims.c
    texts = (devices.id, devices.hostname, devices.addresses)
    known = select(claims.value).where(claims.run == devices.run, claims.device == devices.id).correlate(schema.devices)
    own = select(devices.run, devices.id).where(devices.run.in_(runs))
    query = own.where(
        *(or_(*_like(texts, word), known.where(*_like((claims.value,), word)).exists()) for word in wanted)
    )
    named = applied.named(wanted)
    found_in = [(run, applied.merged_into(one)) for run, one in connection.execute(query.limit(LOOKED_AT))]
    if named:
        found_in += [(run, one) for run, one in connection.execute(own.where(devices.id.in_(named)))]
    peers = schema.destinations.c
    reached = (
        select(peers.run, peers.device, peers.name, peers.address, peers.bytes)
        .where(peers.run.in_(runs), *(or_(*_like((peers.name, peers.address), word)) for word in wanted))
        .order_by(peers.bytes.desc())
        .limit(size)
    )
    found = schema.findings.c
    # A store of an older version has the sentences themselves.
    fields = (found.summary, found.rule, found.client, found.server, found.peer_name)
    matching = (
        select(found.run, found.id)
        .where(found.run.in_(runs), *(or_(*_like(fields, word), *_worded(word)) for word in wanted))
        .order_by(found.rank, found.time, found.id)
        .limit(size)
    )
    return Hits(
        list(dict.fromkeys(found_in))[:size],
        [
            {**row, "device": applied.merged_into(row["device"])}
            for row in map(dict, connection.execute(reached).mappings())
        ],
        _records(connection, applied, [(row.run, row.id) for row in connection.execute(matching)], naming),
    )


def _records(
    connection: Connection, applied: AppliedCorrections, found: list[tuple[str, str]], naming: Naming
) -> list[Record]:
    """The findings of several runs (run and id), in this order."""
    records: dict[tuple[str, str], Record] = {}
    for run in dict.fromkeys(run for run, _ in found):
        ids = [finding for of, finding in found if of == run]
        with naming(run):
            records |= {(run, one["id"]): one for one in by_id(connection, applied, run, ids)}
    return [records[one] for one in found if one in records]


def _like(columns: tuple[Any, ...], word: str) -> list[ColumnElement[bool]]:
    # icontains escapes % and _ of the word; JSON lists are searched as text.
    return [func.coalesce(column.cast(Text), "").icontains(word, autoescape=True) for column in columns]


def _worded(word: str) -> list[ColumnElement[bool]]:
    """That the sentence of a finding has the word, in any language: in its text, or by a parameter."""
    message, parameters = schema.findings.c.more["message_id"], schema.findings.c.more["parameters"]
    ids: set[str] = set()
    by_parameter: dict[tuple[str, frozenset[str]], set[str]] = {}
    for name, field, values in mentions("summary", word):
        (by_parameter.setdefault((field, values), set()) if field else ids).add(name)
    return [
        message.as_string().in_(sorted(ids)),
        *_like((parameters.as_string(),), word),
        *(
            and_(message.as_string().in_(sorted(names)), parameters[field].as_string().in_(sorted(values)))
            for (field, values), names in by_parameter.items()
        ),
    ]
