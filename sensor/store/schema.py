"""The store's tables: a run and its records, row for record, and the users' corrections.

Only what SQLite and PostgreSQL both have is used. Times are microseconds since 1970 UTC, evidence and lists are JSON.
Each table has ``more``: fields of a record that have no column here, so that a field can be added to the records
(docs/output.md) before a query needs it. `HEAD` is the revision that `migrations/` leads to.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

HEAD = "0006"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _run(*, key: bool = True) -> Column[str]:
    return Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=key, nullable=False)


def _device() -> tuple[Column[str], Column[str], ForeignKeyConstraint]:
    """The key of a row that belongs to a device of a run."""
    return (
        Column("run", Text, primary_key=True),
        Column("device", Text, primary_key=True),
        ForeignKeyConstraint(["run", "device"], ["devices.run", "devices.id"], ondelete="CASCADE"),
    )


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text) for name in names]


def _numbers(*names: str) -> list[Column[int]]:
    return [Column(name, BigInteger) for name in names]


def _position() -> Column[int]:
    """The place in its list: records come back in the order in which they were made."""
    return Column("position", Integer, primary_key=True, autoincrement=False)


runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("written", BigInteger, nullable=False),
    Column("tool_version", Text, nullable=False),
    Column("tool_sha256", Text),
    Column("signatures_sha256", Text),
    Column("worst", Text),
    Column("failures", Integer, nullable=False),
    Column("bounds", JSON(none_as_null=True), nullable=False),
    Column("batch", Text),
    Column("sensor", Text, index=True),
    Column("tidied", BigInteger),
)
"""``sensor``: the id of the sensor that wrote it: of each live run, and of finished captures that an enrolled sensor
read. The rows of the other tables belong to that sensor by their run. ``tidied``: when retention last took rows of a
run that stays (µs since 1970 UTC): what its writer remembers of its rows is worth nothing then.
"""

captures = Table(
    "captures",
    metadata,
    _run(),
    _position(),
    Column("capture", Text, nullable=False),
    Column("sha256", Text),
    *_numbers("size", "packets", "bytes", "first_time", "last_time"),
    Column("link_types", JSON(none_as_null=True)),
    *_numbers("truncated_packets", "undecoded_packets"),
    Column("undecoded", JSON(none_as_null=True)),
    Column("lost_bytes", BigInteger),
    Column("damage", Text),
    Column("more", JSON(none_as_null=True)),
)

devices = Table(
    "devices",
    metadata,
    _run(),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("mac", Text),
    Column("mac_randomized", Boolean),
    Column("addresses", JSON(none_as_null=True)),
    Column("hostname", Text),
    *_numbers("first_seen", "last_seen", "bytes_encrypted", "bytes_cleartext", "bytes_unknown"),
    Column("probably_same", JSON(none_as_null=True)),
    Column("in_scope", Boolean),
    Column("more", JSON(none_as_null=True)),
    Index(None, "id"),
)

claims = Table(
    "claims",
    metadata,
    *_device(),
    Column("field", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("more", JSON(none_as_null=True)),
)

reasons = Table(
    "reasons",
    metadata,
    Column("run", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("claim", Text, primary_key=True),
    _position(),
    *_texts("field", "value", "signature"),
    Column("evidence", JSON(none_as_null=True)),
    Column("more", JSON(none_as_null=True)),
    ForeignKeyConstraint(
        ["run", "device", "claim"], ["claims.run", "claims.device", "claims.field"], ondelete="CASCADE"
    ),
)

destinations = Table(
    "destinations",
    metadata,
    *_device(),
    _position(),
    *_texts("name", "address", "party"),
    Column("bytes", BigInteger),
    Column("more", JSON(none_as_null=True)),
)

traffic = Table(
    "traffic",
    metadata,
    *_device(),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("protection", Text, primary_key=True),
    Column("party", Text, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
)
"""Payload bytes a device sent and received: ``hour`` counted from 1970 UTC; ``party`` "" where it is not known (a key
cannot be null)."""

days = Table(
    "days",
    metadata,
    *_device(),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("protection", Text, primary_key=True),
    Column("party", Text, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
)
"""The same by the ``day`` (counted from 1970 UTC), always: hours are taken out after a time."""

changes = Table(
    "changes",
    metadata,
    *_device(),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("before", Text),
    Column("after", Text, nullable=False),
)
"""When a status changed: ``kind`` verdict or provision, ``name`` its capability or its number in V3.1.3; ``before``
null the first time."""

sensor_identities = Table(
    "sensor",
    metadata,
    Column("id", Text, primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("name", "site", "bench", "interface", "tool_version")),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("more", JSON(none_as_null=True)),
    Column("role", Text),
    *_numbers("enrolled", "revoked"),
    *(Column(name, Integer) for name in ("days", "hours")),
    Index(None, "role", unique=True),
)
"""Each sensor that ever wrote here. ``id``: a UUID made once in its state folder; "" is no sensor's.

What only a hub writes: ``role``, under which an enrolled sensor logs in (null: it was not enrolled), when it was
enrolled and revoked (µs since 1970 UTC), and for how many days its rows, and its bytes by the hour, stay (null: as for
all).
"""

device_seen = Table(
    "device_seen",
    metadata,
    Column("site", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("sensor", Text, primary_key=True),
    Column("device", Text, nullable=False, index=True),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
)
"""When each sensor saw a device first and last, over all of its runs; ``device`` its id in the records.

``key``: a maker's MAC, the same for all sensors of a site; else (a randomised MAC, an address alone) the sensor and the
id, ``SENSOR/DEVICE``. ``sensor`` and ``site`` "": written before sensors had an identity.
"""

live_state = Table(
    "live_state",
    metadata,
    _run(),
    Column("part", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""What a live run goes on with after a restart, as JSON without secrets."""

sensors = Table(
    "sensors",
    metadata,
    _run(),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("packets", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),
    Column("last_packet", BigInteger),
    Column("more", JSON(none_as_null=True)),
)
"""How the sensor of a live run does; a run of a finished capture has none. `sensor_identities` says which it is."""

capture_counts = Table(
    "caught",
    metadata,
    _run(),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("packets", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),
)

FOUND_BY = (
    "time",
    "rank time last_time",
    "device rule rank time",
    "rule rank time",
    "capability rank time",
    "peer",
    "peer_name",
)
"""Columns by which a page of findings is found without reading others."""

findings = Table(
    "findings",
    metadata,
    _run(),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("severity", Text, nullable=False),
    *_texts("device", "peer_device", "role", "capability"),
    Column("provisions", JSON(none_as_null=True)),
    *_texts("client", "server", "protocol"),
    *_numbers("time", "last_time", "count"),
    Column("summary", Text),
    Column("advice", Text),
    Column("detail", JSON(none_as_null=True)),
    Column("more", JSON(none_as_null=True)),
    Column("rank", Integer, nullable=False, server_default="0"),
    Column("peer", Text),
    Column("peer_name", Text),
    *(Index(None, "run", *names.split(), "id") for names in FOUND_BY),
)
"""The last three columns are made of the others: ``rank`` of the severity (0 is worst), address and name of the end
that the device speaks with."""

concerned = Table(
    "concerned",
    metadata,
    Column("run", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("finding", Text, primary_key=True),
    ForeignKeyConstraint(["run", "finding"], ["findings.run", "findings.id"], ondelete="CASCADE"),
    Index(None, "run", "finding"),
)
"""The devices of a finding that is about several; ``findings.device`` is null then."""

evidence = Table(
    "evidence",
    metadata,
    Column("run", Text, primary_key=True),
    Column("finding", Text, primary_key=True),
    _position(),
    Column("capture", Text, nullable=False),
    Column("frames", JSON(none_as_null=True), nullable=False),
    ForeignKeyConstraint(["run", "finding"], ["findings.run", "findings.id"], ondelete="CASCADE"),
)

provisions = Table(
    "provisions",
    metadata,
    *_device(),
    _position(),
    *_texts("v2", "v3", "capability", "modal"),
    Column("status", Text, nullable=False),
    Column("because", JSON(none_as_null=True)),
    Column("more", JSON(none_as_null=True)),
)

verdicts = Table(
    "verdicts",
    metadata,
    *_device(),
    Column("capability", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("because", JSON(none_as_null=True)),
    Column("coverage", JSON(none_as_null=True)),
    Column("more", JSON(none_as_null=True)),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    *_texts("device", "other", "rule", "destination", "run", "finding", "value", "note"),
    Column("until", BigInteger),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("undone_by", Text),
    Column("undone_at", BigInteger),
)
"""The user's word: it belongs to no run, and what was undone stays as the record of who said what and when."""

MOST_DATA = 67_000_000
"""Characters of an order's data: 50 MB as base64."""

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sensor", Text, primary_key=True, index=True),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    *_texts("device", "run", "finding"),
    Column("names", JSON(none_as_null=True)),
    Column("findings", JSON(none_as_null=True)),
    Column("state", Text, nullable=False),
    Column("answered", BigInteger),
    Column("data", Text),
    CheckConstraint(f"length(data) <= {MOST_DATA}", name="ck_orders_data"),
)
"""What a hub wants of its sensors, a row for each: ``kind`` forget (a device, its ``names`` and ``findings``) or
evidence (of a finding, "" for all of a run). The sensor sets ``state``, ``answered`` and ``data`` of its own rows.
"""
