"""Revision 0003: `message` of a sensor's state and `kind` of an `exposure.disclosure`, once `told`."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BATCH = 1000


def upgrade() -> None:
    """From 0002: a column and two fields of JSON get their new names."""
    op.alter_column("sensors", "told", new_column_name="message")
    connection = op.get_bind()
    sensors = sa.table("sensors", sa.column("run", sa.Text()), sa.column("more", sa.JSON()))
    for run, more in connection.execute(sa.select(sensors.c.run, sensors.c.more)).all():
        sources = (more or {}).get("sources")
        if isinstance(sources, list):
            renamed = {**more, "sources": [_renamed(one, "message") for one in sources]}
            connection.execute(sensors.update().where(sensors.c.run == run).values(more=renamed))
    findings = sa.table(
        "findings",
        sa.column("run", sa.Text()),
        sa.column("id", sa.Text()),
        sa.column("rule", sa.Text()),
        sa.column("detail", sa.JSON()),
    )
    old = sa.select(findings.c.run, findings.c.id, findings.c.detail).where(findings.c.rule == "exposure.disclosure")
    statement = (
        findings.update()
        .where(findings.c.run == sa.bindparam("of_run"), findings.c.id == sa.bindparam("of_id"))
        .values(detail=sa.bindparam("new"))
    )
    rows = [
        {"of_run": run, "of_id": name, "new": _renamed(detail, "kind")}
        for run, name, detail in connection.execute(old).all()
    ]
    for start in range(0, len(rows), BATCH):
        connection.execute(statement, rows[start : start + BATCH])


def _renamed(fields: Any, name: str) -> Any:
    """The fields with `told` under its new name, in the same order."""
    if not isinstance(fields, dict):
        return json.loads(json.dumps(fields))
    return {name if key == "told" else key: value for key, value in fields.items()}
