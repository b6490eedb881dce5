"""Roles of a hub's PostgreSQL: its owner, its readers, and a log-in for each enrolled sensor."""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, Engine, func, insert, select, text, update

from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.store import schema
from sensor.store.database import open_store, translate_errors
from sensor.store.location import StoreFailed, StoreLocation, StoreState
from sensor.store.policies import OWNER, READERS, SENSORS, is_shared, protect

NAME = expression(r"[a-z0-9][a-z0-9-]{0,30}")
"""Names of sensors: they are parts of the names of roles (63 bytes at most) and of certificates."""

ROLE = "lw_sensor_"
"""Begins the name of a sensor's role, so that none is another's that the server has."""

CONNECTIONS = 20
"""At a time for one sensor: it needs three, and what a lost line left open counts until the server notices. The server
has 100 for all."""

LOCK_WAIT = "15s"
"""For which a session of the hub's roles waits for a lock: a sensor may lock the tables that it writes to (LOCK TABLE
goes by privileges, not by rows), and must not hold up the others for ever."""

PLAIN = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


class EnrolmentRefused(ValueError):  # noqa: N818 - a sentence for the user
    """What was asked for cannot be; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a sensor is called and where it stands. ``sensor``: its id, None for a new one; ``days`` and ``hours`` for
    which its rows, and its bytes by the hour, stay (None: as for all)."""

    name: str
    site: str = ""
    bench: str = ""
    sensor: str | None = None
    days: int | None = None
    hours: int | None = None


@dataclass(frozen=True, slots=True)
class EnrolledSensor:
    """A sensor of a hub. ``role`` None: it wrote here and was never enrolled. Times in µs since 1970 UTC; ``revoked``
    None while it may log in; ``last_seen`` None before it wrote anything."""

    id: str
    name: str
    site: str
    bench: str
    role: str | None
    enrolled: int | None
    revoked: int | None
    last_seen: int | None
    days: int | None
    hours: int | None


class HubRoles:
    """The roles and sensors of a hub's database, open for an administrator of the server: who may make roles."""

    def __init__(self, where: StoreLocation) -> None:
        """Open it; the schema is made or migrated where needed. Raises StoreFailed."""
        self.where = where
        if where.path is not None:
            raise StoreFailed(f"{where.name}: a hub needs a PostgreSQL database", StoreState.FOREIGN)
        self._engine: Engine = open_store(where, write=True)
        if self._engine.dialect.name != "postgresql":
            self._engine.dispose()
            raise StoreFailed(f"{where.name}: a hub needs a PostgreSQL database", StoreState.FOREIGN)

    def prepare(self) -> None:
        """Make the roles that are not there, and put every table under its policy. Raises StoreFailed."""
        with translate_errors(self.where), self._engine.begin() as connection:
            there = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
            for name, may in ((OWNER, "LOGIN"), (READERS, "LOGIN"), (SENSORS, "NOLOGIN")):
                if name not in there:
                    connection.exec_driver_sql(f"CREATE ROLE {name} {may} {PLAIN}")
            quote = connection.dialect.identifier_preparer.quote_identifier
            there = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
            columns = schema.sensor_identities.c
            standing = select(columns.role).where(columns.role.is_not(None), columns.revoked.is_(None))
            for name in (OWNER, READERS, *connection.scalars(standing)):
                if name in there:
                    _bound_waiting(connection, name)
            database, place, user, superuser = connection.execute(
                text(
                    "SELECT current_database(), current_schema(), current_user::text,"
                    " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
                )
            ).one()
            if not superuser and user != OWNER:
                # Tables can be given to those alone whose member one is.
                connection.exec_driver_sql(f"GRANT {OWNER} TO {quote(user)}")
            for kind, name in (("DATABASE", database), ("SCHEMA", place)):
                connection.exec_driver_sql(f"REVOKE ALL ON {kind} {quote(name)} FROM PUBLIC")
            connection.exec_driver_sql(f"GRANT CONNECT ON DATABASE {quote(database)} TO {OWNER}, {READERS}, {SENSORS}")
            connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {quote(place)} TO {READERS}, {SENSORS}")
            connection.exec_driver_sql(f"GRANT USAGE, CREATE ON SCHEMA {quote(place)} TO {OWNER}")
            protect(connection)

    def enrol(self, wanted: Enrolment, now: int) -> EnrolledSensor:
        """Make a log-in for a sensor at ``now`` (µs since 1970 UTC). One that was revoked gets a new role: a
        certificate of the old one opens nothing. Raises StoreFailed, EnrolmentRefused."""
        if not NAME.fullmatch(wanted.name):
            raise EnrolmentRefused("A sensor's name has lower-case letters, digits and hyphens, 31 at most.")
        sensors = schema.sensor_identities
        with translate_errors(self.where), self._engine.begin() as connection:
            self._must_be_a_hub(connection)
            columns = sensors.c
            same = (columns.name == wanted.name) & columns.role.is_not(None)
            known = connection.execute(select(sensors).where(same)).first()
            if known is not None and known.revoked is None:
                raise EnrolmentRefused(f"{wanted.name} is enrolled already; `lanwitness hub revoke` ends that.")
            number = self._id(connection, wanted, None if known is None else known.id)
            role = self._new_role(connection, wanted.name)
            row = {
                "name": wanted.name,
                "site": wanted.site,
                "bench": wanted.bench,
                "role": role,
                "enrolled": now,
                "revoked": None,
                "days": wanted.days,
                "hours": wanted.hours,
            }
            if not connection.execute(update(sensors).where(columns.id == number).values(row)).rowcount:
                times = {"interface": "", "tool_version": "", "first_seen": now, "last_seen": now}
                connection.execute(insert(sensors).values(id=number, **row, **times))
            seen = schema.device_seen
            connection.execute(update(seen).where(seen.c.sensor == number).values(site=wanted.site))
            return _sensor(connection, number)

    def revoke(self, name: str, now: int) -> EnrolledSensor:
        """End a sensor's log-in and its connections at ``now``; what it wrote stays. Raises StoreFailed,
        EnrolmentRefused."""
        columns = schema.sensor_identities.c
        with translate_errors(self.where), self._engine.begin() as connection:
            self._must_be_a_hub(connection)
            standing = (columns.name == name) & columns.role.is_not(None) & columns.revoked.is_(None)
            found = connection.execute(select(columns.id, columns.role).where(standing)).first()
            if found is None:
                raise EnrolmentRefused(f"No sensor of this hub is enrolled as {name[:40]!r}.")
            connection.execute(update(schema.sensor_identities).where(columns.id == found.id).values(revoked=now))
            role = connection.dialect.identifier_preparer.quote_identifier(found.role)
            connection.exec_driver_sql(f"ALTER ROLE {role} NOLOGIN")
            connection.exec_driver_sql(f"REVOKE {SENSORS} FROM {role}")
        # Only now no new connection can take the place of one that is ended.
        with translate_errors(self.where), self._engine.begin() as connection:
            ended = select(func.pg_terminate_backend(text("pid"))).select_from(text("pg_stat_activity"))
            connection.execute(ended.where(text("usename = :role")), {"role": found.role})
            return _sensor(connection, found.id)

    def sensors(self) -> list[EnrolledSensor]:
        """All sensors of the hub, by name. Raises StoreFailed."""
        table = schema.sensor_identities
        with translate_errors(self.where), self._engine.begin() as connection:
            rows = connection.execute(select(table.c.id).order_by(table.c.name, table.c.id)).scalars().all()
            return [_sensor(connection, number) for number in rows]

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> HubRoles:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _must_be_a_hub(self, connection: Connection) -> None:
        if not is_shared(connection):
            raise StoreFailed(f"{self.where.name}: is not a hub's database yet; `lanwitness hub init` makes it one")

    @staticmethod
    def _id(connection: Connection, wanted: Enrolment, before: str | None) -> str:
        """The id that the sensor has: its own of before, that of one which wrote here without a role, or a new one."""
        if wanted.sensor is None:
            return before or str(uuid.uuid4())
        try:
            number = str(uuid.UUID(wanted.sensor))
        except ValueError:
            raise EnrolmentRefused("The id of a sensor is a UUID: the line of the file sensor.id.") from None
        columns = schema.sensor_identities.c
        if before not in (None, number) or connection.scalar(
            select(columns.id).where(columns.id == number, columns.role.is_not(None), columns.revoked.is_(None))
        ):
            raise EnrolmentRefused("This id is another enrolled sensor's.")
        return number

    @staticmethod
    def _new_role(connection: Connection, name: str) -> str:
        """Make a role that never was before: a name without an underscore cannot end as a number does here."""
        there = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
        role = next(
            one
            for number in range(1, len(there) + 2)
            if (one := f"{ROLE}{name}{'' if number == 1 else f'_{number}'}") not in there
        )
        quoted = connection.dialect.identifier_preparer.quote_identifier(role)
        connection.exec_driver_sql(f"CREATE ROLE {quoted} LOGIN INHERIT {PLAIN} CONNECTION LIMIT {CONNECTIONS}")
        connection.exec_driver_sql(f"GRANT {SENSORS} TO {quoted}")
        _bound_waiting(connection, role)
        return role


def _bound_waiting(connection: Connection, role: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    connection.exec_driver_sql(f"ALTER ROLE {quoted} SET lock_timeout = '{LOCK_WAIT}'")


def _sensor(connection: Connection, number: str) -> EnrolledSensor:
    columns = schema.sensor_identities.c
    row = connection.execute(select(schema.sensor_identities).where(columns.id == number)).one()
    return EnrolledSensor(
        row.id,
        row.name,
        row.site,
        row.bench,
        row.role,
        row.enrolled,
        row.revoked,
        # Before its first word `interface` and version are not known.
        row.last_seen if row.tool_version else None,
        row.days,
        row.hours,
    )
