"""Row-level security of a store that several sensors share: who may read and write which rows.

An enrolled sensor logs in under a role of its own. Which sensor that is follows from `session_user`, which only the
log-in sets: SET ROLE leaves it as it is, SET SESSION AUTHORIZATION is a superuser's, and no setting is asked.
PostgreSQL checks foreign keys, and removes what hangs on a removed row, as the tables' owner.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from sensor.store import schema

OWNER, READERS, SENSORS = "lw_hub", "lw_read", "lw_sensors"
"""The role that owns the tables, one that reads all of them, and the group of the sensors' roles."""

WHO = "lw_sensor()"
"""The function that gives the id of the sensor that is logged in; null for all others."""

EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
ME = f"(SELECT {WHO})"
MY_RUN = f"run IN (SELECT id FROM runs WHERE sensor = {ME})"

OF_A_RUN = (
    "captures", "devices", "claims", "reasons", "destinations", "traffic", "days", "changes", "live_state", "sensors",
    "caught", "findings", "concerned", "evidence", "provisions", "verdicts",
)  # fmt: skip
"""Tables whose rows are a sensor's by their run."""

OWN_ROWS = {
    "runs": f"sensor = {ME}",
    "sensor": f"id = {ME}",
    "device_seen": f"sensor = {ME} AND site = (SELECT s.site FROM sensor s WHERE s.id = {ME})",
    "orders": f"sensor = {ME}",
    **dict.fromkeys(OF_A_RUN, MY_RUN),
}
"""Table -> which rows are those of the sensor that is logged in: it may read and write these and no others."""

READABLE_ROWS = {
    "corrections": "(device IS NULL AND other IS NULL AND run IS NULL)"
    " OR device IN (SELECT id FROM devices) OR other IN (SELECT id FROM devices)"
    f" OR {MY_RUN}",
}
"""Table -> rows that a sensor reads and never writes. Of the users' word it needs what concerns its own devices and
runs, or all devices: it raises no alert of what is muted."""

WITHOUT = {
    "alembic_version": "the schema's number, which every program reads before all else; only the owner writes it",
}
"""Tables without a policy, and why: none of their rows is a sensor's. A sensor may read them."""

GRANTS = {
    "sensor": "SELECT, INSERT (id, name, site, bench, interface, tool_version, first_seen, last_seen),"
    " UPDATE (interface, tool_version, last_seen)",
    "device_seen": "SELECT, INSERT, UPDATE",
    "orders": "SELECT, UPDATE (names, findings, state, answered, data)",
}
"""Table -> what a sensor may do with its own rows, where that is not everything. What it is called, its site and its
retention are the hub's to say."""


CHECKS = {"orders": f"sensor = {ME} AND names IS NULL AND findings IS NULL"}
"""Table -> what a row has to be after a sensor wrote it, where that is more than its own. An answered order names
nothing any more: names that a sensor put in would go to other sensors with the next order for that device."""


def is_shared(connection: Connection) -> bool:
    """Whether a hub was made of this database: its rows are under policies."""
    if connection.dialect.name != "postgresql":
        return False
    return connection.scalar(text("SELECT to_regprocedure(:name)"), {"name": WHO}) is not None


def enrolled_as(connection: Connection) -> str | None:
    """The id of the enrolled sensor as which this connection is logged in; None for all others."""
    return connection.scalar(text(f"SELECT {WHO}")) if is_shared(connection) else None


def is_owner(connection: Connection) -> bool:
    """Whether a hub's tables are this log-in's to change, all rows of all sensors."""
    member = "SELECT pg_has_role(session_user, :owner, 'MEMBER')"
    return is_shared(connection) and bool(connection.scalar(text(member), {"owner": OWNER}))


def protect(connection: Connection) -> None:
    """Put every table under its policy, in the caller's transaction, as the tables' owner or a superuser. What was
    granted before is taken back first."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    place = quote(connection.scalar(text("SELECT current_schema()")))
    run = connection.exec_driver_sql
    run(
        f"CREATE OR REPLACE FUNCTION {WHO} RETURNS text LANGUAGE sql STABLE SECURITY DEFINER"
        " SET search_path = pg_catalog, pg_temp"
        f" AS $$ SELECT id FROM {place}.sensor WHERE role = session_user::text AND revoked IS NULL $$"
    )
    run(f"ALTER FUNCTION {WHO} OWNER TO {OWNER}")
    run(f"REVOKE ALL ON FUNCTION {WHO} FROM PUBLIC")
    run(f"GRANT EXECUTE ON FUNCTION {WHO} TO {OWNER}, {READERS}, {SENSORS}")
    for name in (*schema.metadata.tables, *WITHOUT):
        run(f"ALTER TABLE {name} OWNER TO {OWNER}")
        run(f"REVOKE ALL ON {name} FROM PUBLIC, {READERS}, {SENSORS}")
        run(f"GRANT SELECT ON {name} TO {READERS}")
        if name in WITHOUT:
            run(f"GRANT SELECT ON {name} TO {SENSORS}")
            continue
        run(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        _policy(connection, name, READERS, "SELECT", "true")
        if name in OWN_ROWS:
            run(f"GRANT {GRANTS.get(name, EVERYTHING)} ON {name} TO {SENSORS}")
            _policy(connection, name, SENSORS, "ALL", OWN_ROWS[name], CHECKS.get(name))
        elif name in READABLE_ROWS:
            run(f"GRANT SELECT ON {name} TO {SENSORS}")
            _policy(connection, name, SENSORS, "SELECT", READABLE_ROWS[name])
    # A finished capture that a sensor read is that sensor's.
    run(f"ALTER TABLE runs ALTER COLUMN sensor SET DEFAULT {WHO}")


def _policy(connection: Connection, table: str, role: str, what: str, rows: str, after: str | None = None) -> None:
    name = f"{table}_of_{role}"
    connection.exec_driver_sql(f"DROP POLICY IF EXISTS {name} ON {table}")
    check = f" WITH CHECK ({after or rows})" if what == "ALL" else ""
    connection.exec_driver_sql(f"CREATE POLICY {name} ON {table} FOR {what} TO {role} USING ({rows}){check}")
