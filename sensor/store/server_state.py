"""State of the server of a PostgreSQL store: connection, rights, clock."""

from __future__ import annotations

import time

from sqlalchemy import text

from sensor.light_dataclass import dataclass
from sensor.store.database import open_store, translate_errors
from sensor.store.location import StoreLocation


@dataclass(frozen=True, slots=True)
class ServerState:
    """``version`` as the server names it; ``tls``: the connection is encrypted; ``superuser``: this user may do
    anything there; ``ahead``: seconds that its clock is before this machine's."""

    version: str
    tls: bool
    superuser: bool
    ahead: float


QUESTION = text(
    "SELECT current_setting('server_version'),"
    " coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),"
    " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), extract(epoch FROM clock_timestamp())"
)


def server_state(where: StoreLocation) -> ServerState | None:
    """As the server says it; None for a store in a file. Raises StoreFailed."""
    if where.path is not None:
        return None
    with translate_errors(where):
        engine = open_store(where, write=False)
        try:
            with engine.connect() as connection:
                if connection.dialect.name != "postgresql":
                    return None
                began = time.time()
                version, tls, superuser, now = connection.execute(QUESTION).one()
                return ServerState(str(version), bool(tls), bool(superuser), float(now) - (began + time.time()) / 2)
        finally:
            engine.dispose()
