"""The schema's history, applied under the owner role at every start.

To add a revision NNNN (the next number, no hole):
1. write versions/NNNN_name.sql: plain SQL that PostgreSQL 15 understands, no BEGIN or COMMIT, roles by their names;
2. copy the newest versions/*.py to versions/NNNN_name.py and set `revision` and `down_revision` in it;
3. never edit a revision that has been released: write the next one;
4. run the tests: they apply every revision from nothing, on PostgreSQL 15 and 18.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import psycopg
from alembic import op
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.engine.interfaces import DBAPIConnection

from infra.database.roles import APPEND, PROJECT, REQUEST
from infra.errors import OperatorError

FOLDER = Path(__file__).parent
SCHEMA = "migration"
LOCK = 7_301_002  # advisory lock: two services that start together migrate one after the other


class DatabaseNewerError(OperatorError):
    """The database was migrated by a later version of Beffroi than this one; the message says what to do."""


def sql_beside(file: str) -> Callable[[], None]:
    """An Alembic `upgrade` that runs the .sql file of the same name as the revision's .py file."""

    def upgrade() -> None:
        run(op.get_bind(), Path(file).with_suffix(".sql").read_text(encoding="utf-8"))

    return upgrade


def run(connection: Connection, sql: str) -> None:
    """Run a script of many statements in SQLAlchemy's transaction, with no meaning given to % or :name."""
    driver = cast("psycopg.Connection[Any]", cast("DBAPIConnection", connection.connection.driver_connection))
    driver.execute(sql.encode())


def migrate(owner_url: str, folder: Path = FOLDER) -> str:
    """Bring the database to the newest revision this code knows, and return it; each revision is one transaction.

    Raises DatabaseNewerError, having changed nothing, when the database is ahead of the code.
    The roles must exist (`roles.ensure_roles`).
    """
    script = ScriptDirectory(str(folder))
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(owner_url), poolclass=NullPool
    )
    with engine.connect() as connection, psycopg.connect(owner_url, autocommit=True) as lock:
        # Held by a connection of its own, because each revision commits.
        lock.execute("select pg_advisory_lock(%s)", (LOCK,))
        run(connection, f"create schema if not exists {SCHEMA}")
        connection.commit()
        context = MigrationContext.configure(
            connection,
            opts={
                "fn": lambda revision, _context: script._upgrade_revs("head", revision),  # noqa: SLF001 - as env.py does
                "version_table": "revision",
                "version_table_schema": SCHEMA,
                "transaction_per_migration": True,
            },
        )
        _refuse_newer(script, context)
        with Operations.context(context), context.begin_transaction():
            context.run_migrations()
        grant_on_database(lock)
        return cast("str", context.get_current_revision())


def newest(folder: Path = FOLDER) -> str:
    """The newest revision this code knows."""
    return cast("str", ScriptDirectory(str(folder)).get_current_head())


def current(connection: psycopg.Connection[Any]) -> str | None:
    """The revision that a database is at, None when it was never migrated."""
    if connection.execute("select to_regclass(%s)", ("migration.revision",)).fetchone() == (None,):
        return None
    row = connection.execute(b"select version_num from migration.revision").fetchone()
    return str(row[0]) if row else None


def grant_on_database(connection: psycopg.Connection[Any]) -> None:
    """Grant what is kept with the database itself: a dump or a template does not carry it, so it is done each time."""
    connection.execute(
        f"""
        do $$ begin
          execute format('revoke all on database %1$I from public', current_database());
          execute format('grant connect on database %1$I to {APPEND}, {REQUEST}, {PROJECT}', current_database());
          execute format('grant create, temporary on database %1$I to {PROJECT}', current_database());
        end $$
        """.encode()
    )


def _refuse_newer(script: ScriptDirectory, context: MigrationContext) -> None:
    for revision in context.get_current_heads():
        try:
            script.get_revision(revision)
        except CommandError as unknown:
            raise DatabaseNewerError(
                f"The database is at revision {revision}; this version of Beffroi knows up to "
                f"{script.get_current_head()}. Install the version that migrated it, or a later one."
            ) from unknown
