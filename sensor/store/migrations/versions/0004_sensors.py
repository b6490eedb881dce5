"""Revision 0004: sensors, devices seen over all runs, and what a live run goes on with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNKNOWN = ""
"""The sensor and site of what was written before sensors had an identity."""


def upgrade() -> None:
    """From 0003: new tables, and in them the devices that are there."""
    op.create_table(
        "sensor",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("bench", sa.Text(), nullable=False),
        sa.Column("interface", sa.Text(), nullable=False),
        sa.Column("tool_version", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("more", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensor")),
    )
    op.create_table(
        "device_seen",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sensor", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "key", "sensor", name=op.f("pk_device_seen")),
    )
    op.create_index(op.f("ix_device_seen_device"), "device_seen", ["device"], unique=False)
    op.create_table(
        "live_state",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_live_state_runs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "part", "key", name=op.f("pk_live_state")),
    )
    op.add_column("runs", sa.Column("sensor", sa.Text(), nullable=True))
    op.create_index(op.f("ix_runs_sensor"), "runs", ["sensor"], unique=False)
    _devices()


def _devices() -> None:
    """The devices of live runs, by their MAC, or by their id where that is no hardware address of a maker."""
    live = sa.table("sensors", sa.column("run", sa.Text()))
    devices = sa.table(
        "devices",
        sa.column("run", sa.Text()),
        sa.column("id", sa.Text()),
        sa.column("mac", sa.Text()),
        sa.column("mac_randomized", sa.Boolean()),
        sa.column("first_seen", sa.BigInteger()),
        sa.column("last_seen", sa.BigInteger()),
    )
    seen = sa.table(
        "device_seen",
        *(sa.column(name, sa.Text()) for name in ("site", "key", "sensor", "device")),
        *(sa.column(name, sa.BigInteger()) for name in ("first_seen", "last_seen")),
    )
    columns = devices.c
    unique = columns.mac.is_not(None) & columns.mac_randomized.is_(sa.false())
    key = sa.case((unique, columns.mac), else_="/" + columns.id)
    found = (
        sa.select(
            sa.literal(UNKNOWN, sa.Text()),
            key,
            sa.literal(UNKNOWN, sa.Text()),
            sa.func.min(columns.id),
            sa.func.min(columns.first_seen),
            sa.func.max(columns.last_seen),
        )
        .where(columns.run.in_(sa.select(live.c.run)))
        .where(columns.first_seen.is_not(None), columns.last_seen.is_not(None))
        .group_by(key)
    )
    names = ["site", "key", "sensor", "device", "first_seen", "last_seen"]
    op.get_bind().execute(sa.insert(seen).from_select(names, found))
