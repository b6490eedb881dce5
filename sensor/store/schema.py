"""The store's tables: a run and what belongs to it, row for record. Only what SQLite and PostgreSQL both have.

Times are microseconds since 1970 UTC, evidence and lists are JSON. Each table has ``more``: fields of a record that have no column here, so that
a field can be added to the records (docs/output.md) before anybody needs to ask for it. `HEAD` is the revision that `migrations/` leads to.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
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

HEAD = "0001"

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
    Index(None, "written"),
)

captures = Table(
    "captures",
    metadata,
    _run(),
    _position(),
    Column("capture", Text, nullable=False),
    Column("sha256", Text),
    Column("size", BigInteger),
    Column("packets", BigInteger),
    Column("bytes", BigInteger),
    Column("first_time", BigInteger),
    Column("last_time", BigInteger),
    Column("link_types", JSON(none_as_null=True)),
    Column("truncated_packets", BigInteger),
    Column("undecoded_packets", BigInteger),
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
    Column("first_seen", BigInteger),
    Column("last_seen", BigInteger),
    Column("bytes_encrypted", BigInteger),
    Column("bytes_cleartext", BigInteger),
    Column("bytes_unknown", BigInteger),
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
    Column("field", Text),
    Column("value", Text),
    Column("signature", Text),
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
    Column("name", Text),
    Column("address", Text),
    Column("party", Text),
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
"""Payload bytes a device sent and received: ``hour`` counted from 1970 UTC; ``party`` "" where it is not known (a key cannot be null)."""

findings = Table(
    "findings",
    metadata,
    _run(),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("device", Text),
    Column("peer_device", Text),
    Column("role", Text),
    Column("capability", Text),
    Column("provisions", JSON(none_as_null=True)),
    Column("client", Text),
    Column("server", Text),
    Column("protocol", Text),
    Column("time", BigInteger),
    Column("last_time", BigInteger),
    Column("count", BigInteger),
    Column("summary", Text),
    Column("advice", Text),
    Column("detail", JSON(none_as_null=True)),
    Column("more", JSON(none_as_null=True)),
    Index(None, "run", "device"),
    Index(None, "rule"),
)

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
    Column("v2", Text),
    Column("v3", Text),
    Column("capability", Text),
    Column("modal", Text),
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
