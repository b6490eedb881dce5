"""Revision 0006: orders of a hub to its sensors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From 0005: nothing was ordered."""
    texts = ("device", "run", "finding")
    op.create_table(
        "orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sensor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in texts),
        sa.Column("names", sa.JSON(), nullable=True),
        sa.Column("findings", sa.JSON(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=True),
        sa.Column("data", sa.Text(), nullable=True),
        sa.CheckConstraint("length(data) <= 67000000", name="ck_orders_data"),
        sa.PrimaryKeyConstraint("id", "sensor", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_sensor"), "orders", ["sensor"], unique=False)
