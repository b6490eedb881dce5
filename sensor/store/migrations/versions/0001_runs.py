"""Revision 0001: runs, captures, devices, traffic, findings, provisions and verdicts.

Devices with claims, reasons and destinations; findings with evidence; traffic by the hour.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("written", sa.BigInteger(), nullable=False),
        sa.Column("tool_version", sa.Text(), nullable=False),
        sa.Column("tool_sha256", sa.Text(), nullable=True),
        sa.Column("signatures_sha256", sa.Text(), nullable=True),
        sa.Column("worst", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("bounds", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_written"), "runs", ["written"], unique=False)
    op.create_table(
        "captures",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("capture", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("packets", sa.BigInteger(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("first_time", sa.BigInteger(), nullable=True),
        sa.Column("last_time", sa.BigInteger(), nullable=True),
        sa.Column("link_types", sa.JSON(), nullable=True),
        sa.Column("truncated_packets", sa.BigInteger(), nullable=True),
        sa.Column("undecoded_packets", sa.BigInteger(), nullable=True),
        sa.Column("undecoded", sa.JSON(), nullable=True),
        sa.Column("lost_bytes", sa.BigInteger(), nullable=True),
        sa.Column("damage", sa.Text(), nullable=True),
        sa.Column("more", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_captures_runs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "position", name=op.f("pk_captures")),
    )
    op.create_table(
        "devices",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mac", sa.Text(), nullable=True),
        sa.Column("mac_randomized", sa.Boolean(), nullable=True),
        sa.Column("addresses", sa.JSON(), nullable=True),
        sa.Column("hostname", sa.Text(), nullable=True),
        sa.Column("first_seen", sa.BigInteger(), nullable=True),
        sa.Column("last_seen", sa.BigInteger(), nullable=True),
        sa.Column("bytes_encrypted", sa.BigInteger(), nullable=True),
        sa.Column("bytes_cleartext", sa.BigInteger(), nullable=True),
        sa.Column("bytes_unknown", sa.BigInteger(), nullable=True),
        sa.Column("probably_same", sa.JSON(), nullable=True),
        sa.Column("in_scope", sa.Boolean(), nullable=True),
        sa.Column("more", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_devices_runs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "id", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_id"), "devices", ["id"], unique=False)
    op.create_table(
        "findings",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("peer_device", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("capability", sa.Text(), nullable=True),
        sa.Column("provisions", sa.JSON(), nullable=True),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("server", sa.Text(), nullable=True),
        sa.Column("protocol", sa.Text(), nullable=True),
        sa.Column("time", sa.BigInteger(), nullable=True),
        sa.Column("last_time", sa.BigInteger(), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=True),
        sa.Column("more", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_findings_runs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "id", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_rule"), "findings", ["rule"], unique=False)
    op.create_index(op.f("ix_findings_run_device"), "findings", ["run", "device"], unique=False)
    op.create_table(
        "claims",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("more", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run", "device"], ["devices.run", "devices.id"], name=op.f("fk_claims_devices"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "device", "field", name=op.f("pk_claims")),
    )
    op.create_table(
        "destinations",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("party", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("more", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run", "device"], ["devices.run", "devices.id"], name=op.f("fk_destinations_devices"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "device", "position", name=op.f("pk_destinations")),
    )
    op.create_table(
        "evidence",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("capture", sa.Text(), nullable=False),
        sa.Column("frames", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run", "finding"], ["findings.run", "findings.id"], name=op.f("fk_evidence_findings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "finding", "position", name=op.f("pk_evidence")),
    )
    op.create_table(
        "provisions",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("v2", sa.Text(), nullable=True),
        sa.Column("v3", sa.Text(), nullable=True),
        sa.Column("capability", sa.Text(), nullable=True),
        sa.Column("modal", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("because", sa.JSON(), nullable=True),
        sa.Column("more", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run", "device"], ["devices.run", "devices.id"], name=op.f("fk_provisions_devices"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "device", "position", name=op.f("pk_provisions")),
    )
    op.create_table(
        "traffic",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("protection", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run", "device"], ["devices.run", "devices.id"], name=op.f("fk_traffic_devices"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "device", "hour", "protection", "party", name=op.f("pk_traffic")),
    )
    op.create_table(
        "verdicts",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("capability", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("because", sa.JSON(), nullable=True),
        sa.Column("coverage", sa.JSON(), nullable=True),
        sa.Column("more", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run", "device"], ["devices.run", "devices.id"], name=op.f("fk_verdicts_devices"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "device", "capability", name=op.f("pk_verdicts")),
    )
    op.create_table(
        "reasons",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("more", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run", "device", "claim"],
            ["claims.run", "claims.device", "claims.field"],
            name=op.f("fk_reasons_claims"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run", "device", "claim", "position", name=op.f("pk_reasons")),
    )
