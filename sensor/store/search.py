"""Search of a run: devices, destinations and findings in which all words stand."""

from __future__ import annotations

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
    """``devices``: ids; ``destinations``: device, name, address and bytes; ``findings``: records, the worst first."""

    devices: list[str]
    destinations: list[Record]
    findings: list[Record]


def search(connection: Connection, applied: AppliedCorrections, run: str, words: str, size: int) -> Hits:
    """What has all ``words`` in it, whatever their case; at most ``size`` of each. Nothing for no word."""
    wanted = words.split()[:WORDS]
    if not wanted:
        return Hits([], [], [])
    devices, claims = schema.devices.c, schema.claims.c
    texts = (devices.id, devices.hostname, devices.addresses)
    known = select(claims.value).where(claims.run == devices.run, claims.device == devices.id).correlate(schema.devices)
    query = select(devices.id).where(
        devices.run == run,
        *(or_(*_like(texts, word), known.where(*_like((claims.value,), word)).exists()) for word in wanted),
    )
    named = applied.named(wanted)
    ids = [applied.merged_into(one) for one in connection.scalars(query.limit(LOOKED_AT))]
    if named:
        ids += connection.scalars(select(devices.id).where(devices.run == run, devices.id.in_(named))).all()
    peers = schema.destinations.c
    reached = (
        select(peers.device, peers.name, peers.address, peers.bytes)
        .where(peers.run == run, *(or_(*_like((peers.name, peers.address), word)) for word in wanted))
        .order_by(peers.bytes.desc())
        .limit(size)
    )
    found = schema.findings.c
    # A store of an older version has the sentences themselves.
    fields = (found.summary, found.rule, found.client, found.server, found.peer_name)
    matching = (
        select(found.id)
        .where(found.run == run, *(or_(*_like(fields, word), *_worded(word)) for word in wanted))
        .order_by(found.rank, found.time, found.id)
        .limit(size)
    )
    return Hits(
        list(dict.fromkeys(ids))[:size],
        [
            {**row, "device": applied.merged_into(row["device"])}
            for row in map(dict, connection.execute(reached).mappings())
        ],
        by_id(connection, applied, run, connection.scalars(matching).all()),
    )


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
