"""Bringing a database to the schema of this program.

Decided here: that a migration is one transaction on both databases, that two processes do not
migrate at once, and that it gives up instead of waiting for ever.
Not decided here: the steps; each is a dated file in the migrations' folder, which the caller finds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bideval.store.engine import POSTGRESQL, Trouble, database_url, trouble, writing_engine
from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

MIGRATION_LOCK = 0x62696465
"""The PostgreSQL advisory lock that a migrating process holds ("bide")."""


def migrate(url: str, folder: Path) -> str:
    """Bring the database to the newest revision of `folder` and return that revision.

    Raises:
        FaultError: `database_busy` when others hold it too long, `database_newer` when it was
            made by a later program, `storage_fault` when it cannot be opened or written. In each
            case the database is as it was.

    """
    address = database_url(url)
    engine = writing_engine(address, checkpoints=False, patient=True)  # a server may own them
    try:
        return _migrate(engine, folder, exclusive=address.drivername == POSTGRESQL)
    except SQLAlchemyError as error:
        code = "database_busy" if trouble(error) is Trouble.PASSING else "storage_fault"
        raise FaultError(code, field="database_url", detail="the migration did not run") from error
    finally:
        engine.dispose()


def current_revision(url: str) -> str | None:
    """Return the revision that a database is at, None for an empty one."""
    engine = writing_engine(database_url(url), checkpoints=False)
    try:
        with engine.begin() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _migrate(engine: Engine, folder: Path, *, exclusive: bool) -> str:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    newest = script.get_current_head()
    if newest is None:
        raise FaultError("no_migrations", detail="the migrations' folder is empty")
    with engine.begin() as connection:
        if exclusive:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        _refuse_newer(connection, script)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return newest


def _refuse_newer(connection: Connection, script: ScriptDirectory) -> None:
    present = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if present is not None and present not in known:
        raise FaultError("database_newer", field="database_url", detail=f"revision {present}")
