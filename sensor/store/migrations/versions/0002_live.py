"""Revision 0002: live runs, daily bytes, corrections, and indexes of findings.

A live run has its sensor, what it captured by the hour, and when its statuses changed.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEVERITIES = ("critical", "high", "medium", "low", "info")
BATCH = 1000
FOUND_BY = (
    ("time",),
    ("rank", "time", "last_time"),
    ("device", "rule", "rank", "time"),
    ("rule", "rank", "time"),
    ("capability", "rank", "time"),
    ("peer",),
    ("peer_name",),
)


def upgrade() -> None:
    """From 0001: new tables, and what the new columns of findings say worked out for those that are there."""
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("other", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("destination", sa.Text(), nullable=True),
        sa.Column("run", sa.Text(), nullable=True),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_table(
        "sensors",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("packets", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.Column("last_packet", sa.BigInteger(), nullable=True),
        sa.Column("more", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_sensors_runs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_sensors")),
    )
    op.create_table(
        "caught",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("packets", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_caught_runs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "hour", name=op.f("pk_caught")),
    )
    op.create_table(
        "days",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("protection", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        _of_device("days"),
        sa.PrimaryKeyConstraint("run", "device", "day", "protection", "party", name=op.f("pk_days")),
    )
    op.create_table(
        "changes",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=False),
        _of_device("changes"),
        sa.PrimaryKeyConstraint("run", "device", "kind", "name", "at", name=op.f("pk_changes")),
    )
    op.create_table(
        "concerned",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run", "finding"], ["findings.run", "findings.id"], name=op.f("fk_concerned_findings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "device", "finding", name=op.f("pk_concerned")),
    )
    op.create_index(op.f("ix_concerned_run_finding"), "concerned", ["run", "finding"], unique=False)
    op.add_column("runs", sa.Column("batch", sa.Text(), nullable=True))
    # There are few runs, and this would be written anew with each change of one that goes on.
    op.drop_index(op.f("ix_runs_written"), table_name="runs")
    op.add_column("findings", sa.Column("rank", sa.Integer(), server_default="0", nullable=False))
    op.add_column("findings", sa.Column("peer", sa.Text(), nullable=True))
    op.add_column("findings", sa.Column("peer_name", sa.Text(), nullable=True))
    _work_out()
    _days()
    op.drop_index(op.f("ix_findings_rule"), table_name="findings")
    op.drop_index(op.f("ix_findings_run_device"), table_name="findings")
    for names in FOUND_BY:
        columns = ["run", *names, "id"]
        op.create_index(op.f(f"ix_findings_{'_'.join(columns)}"), "findings", columns, unique=False)


def _of_device(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["run", "device"], ["devices.run", "devices.id"], name=op.f(f"fk_{table}_devices"), ondelete="CASCADE"
    )


def _days() -> None:
    """Bytes by the day of what is there by the hour."""
    names = ("run", "device", "protection", "party")
    hours = sa.table(
        "traffic",
        *(sa.column(name, sa.Text()) for name in names),
        sa.column("hour", sa.Integer()),
        sa.column("bytes", sa.BigInteger()),
    )
    days = sa.table(
        "days",
        *(sa.column(name, sa.Text()) for name in names),
        sa.column("day", sa.Integer()),
        sa.column("bytes", sa.BigInteger()),
    )
    key = [*(hours.c[name] for name in names), hours.c.hour // 24]
    summed = sa.select(*key, sa.cast(sa.func.sum(hours.c.bytes), sa.BigInteger())).group_by(*key)
    op.get_bind().execute(sa.insert(days).from_select([*names, "day", "bytes"], summed))


def _work_out() -> None:
    """Rank, peer and the devices of findings about several, for what is there. Written out here: a migration does not
    change with the program."""
    names = ("run", "id", "severity", "device", "role", "client", "server")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name, sa.Text()) for name in names]
    new: list[sa.ColumnClause[Any]] = [
        sa.column("rank", sa.Integer()),
        sa.column("peer", sa.Text()),
        sa.column("peer_name", sa.Text()),
    ]
    findings = sa.table("findings", *columns, sa.column("detail", sa.JSON()), *new)
    concerned = sa.table("concerned", *(sa.column(name, sa.Text()) for name in ("run", "device", "finding")))
    connection = op.get_bind()
    chosen = sa.select(*(findings.c[name] for name in (*names, "detail")))
    rows = connection.execute(chosen).mappings().all()
    change = (
        sa.update(findings)
        .where(findings.c.run == sa.bindparam("of_run"), findings.c.id == sa.bindparam("of_id"))
        .values({name: sa.bindparam(name) for name in ("rank", "peer", "peer_name")})
    )
    for start in range(0, len(rows), BATCH):
        told: list[dict[str, Any]] = []
        shared: list[dict[str, Any]] = []
        for row in rows[start : start + BATCH]:
            detail = row["detail"] if isinstance(row["detail"], dict) else {}
            end = row["server"] if row["role"] == "client" else row["client"]
            name = detail.get("server_name") or detail.get("host")
            peer, peer_name = (one.lower() if isinstance(one, str) else None for one in (_address(end), name))
            rank = SEVERITIES.index(row["severity"]) if row["severity"] in SEVERITIES else len(SEVERITIES)
            told.append({"of_run": row["run"], "of_id": row["id"], "peer": peer, "peer_name": peer_name, "rank": rank})
            devices = detail.get("devices") if row["device"] is None else None
            if isinstance(devices, list):
                shared += [
                    {"run": row["run"], "device": one, "finding": row["id"]}
                    for one in dict.fromkeys(devices)
                    if isinstance(one, str)
                ]
        connection.execute(change, told)
        if shared:
            connection.execute(sa.insert(concerned), shared)


def _address(end: str | None) -> str | None:
    """An endpoint without its port."""
    if end is None or not end:
        return None
    if end.startswith("["):
        return end[1:].partition("]")[0]
    return end.rpartition(":")[0] if end.count(":") == 1 else end
