"""Migrations of the store's schema: Alembic's revisions in ``versions/``, in the caller's transaction."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(Path(__file__).parent))


def known() -> frozenset[str]:
    """The names of all revisions."""
    return frozenset(script.revision for script in _scripts().walk_revisions())


def head() -> str:
    """The newest revision."""
    newest = _scripts().get_current_head()
    assert newest is not None
    return newest


def upgrade(connection: Connection) -> None:
    """Bring the schema to the newest revision, or leave it as it was: the caller's transaction decides."""
    scripts = _scripts()
    context = MigrationContext.configure(
        connection, opts={"fn": lambda revision, _: scripts._upgrade_revs("head", revision), "transactional_ddl": True}
    )
    with Operations.context(context):
        context.run_migrations()
