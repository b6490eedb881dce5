"""Revision 0005: role and retention of an enrolled sensor, and when rows of a run were taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From 0004: nobody is enrolled, and nothing was taken by others."""
    op.add_column("sensor", sa.Column("role", sa.Text(), nullable=True))
    for name in ("enrolled", "revoked"):
        op.add_column("sensor", sa.Column(name, sa.BigInteger(), nullable=True))
    for name in ("days", "hours"):
        op.add_column("sensor", sa.Column(name, sa.Integer(), nullable=True))
    op.create_index(op.f("ix_sensor_role"), "sensor", ["role"], unique=True)
    op.add_column("runs", sa.Column("tidied", sa.BigInteger(), nullable=True))
