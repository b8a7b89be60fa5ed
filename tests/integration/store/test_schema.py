"""Migrations: one head, from empty to the tables of this program, whole or not at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, inspect, text

from bideval.store.engine import database_url, writing_engine
from bideval.store.guards import guard_statements
from bideval.store.schema import current_revision, migrate
from bideval.store.tables import metadata
from bideval.terms.errors import FaultError

FOLLOWING = """
import os, signal
from alembic import op

revision = "99991231_following"
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE half_done (n INTEGER)")
    op.execute("ALTER TABLE peer ADD COLUMN extra TEXT")
    {then}
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    return request.getfixturevalue("new_postgresql_url")()


@pytest.fixture
def next_migrations(migrations, tmp_path):
    """Return a function that copies the migrations and adds one that ends with a statement."""

    def make(then):
        folder = tmp_path / "migrations"
        shutil.copytree(migrations, folder, ignore=shutil.ignore_patterns("__pycache__"))
        script = FOLLOWING.format(down=head_of(migrations), then=then)
        (folder / "versions" / "99991231_following.py").write_text(script)
        return folder

    return make


def head_of(folder):
    config = Config()
    config.set_main_option("script_location", str(folder))
    [head] = ScriptDirectory.from_config(config).get_heads()
    return head


def connect(url):
    return create_engine(database_url(url), poolclass=NullPool).connect()


def tables_of(url):
    with connect(url) as connection:
        return set(inspect(connection).get_table_names())


def guards_of(url):
    """Return how the database describes its triggers."""
    by_dialect = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace",
    }
    with connect(url) as connection:
        found = connection.execute(text(by_dialect[connection.dialect.name])).scalars().all()
        schema = str(connection.dialect.default_schema_name)
    return sorted(words.replace(f"{schema}.", "") for words in found)


def test_there_is_a_single_head(migrations):
    assert migrate.__module__ == "bideval.store.schema"
    assert head_of(migrations) == "20261129_stopped_records"


def test_migrating_from_empty_makes_the_tables_of_the_program(empty_url, migrations):
    assert current_revision(empty_url) is None
    assert migrate(empty_url, migrations) == head_of(migrations) == current_revision(empty_url)
    with connect(empty_url) as connection:
        options = {"compare_type": True, "compare_server_default": True}
        differences = compare_metadata(
            MigrationContext.configure(connection, opts=options), metadata
        )
    assert differences == []


def test_migrating_twice_changes_nothing(empty_url, migrations):
    assert migrate(empty_url, migrations) == migrate(empty_url, migrations)


def test_guards_of_the_migration_are_the_guards_of_the_program(
    empty_url, migrations, tmp_path, request
):
    migrate(empty_url, migrations)
    if empty_url.startswith("sqlite"):
        other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    else:
        other = request.getfixturevalue("new_postgresql_url")()
    with connect(other) as connection:
        metadata.create_all(connection)
        for statement in guard_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
        connection.commit()
    assert guards_of(empty_url) == guards_of(other)
    assert len(guards_of(empty_url)) == (16 if empty_url.startswith("sqlite") else 18)


def test_constraints_of_the_migration_are_the_constraints_of_the_program(empty_url, migrations):
    migrate(empty_url, migrations)
    with connect(empty_url) as connection:
        inspector = inspect(connection)
        found = {
            name: {check["name"] for check in inspector.get_check_constraints(name)}
            for name in metadata.tables
        }
    expected = {
        name: {str(c.name) for c in table.constraints if type(c).__name__ == "CheckConstraint"}
        for name, table in metadata.tables.items()
    }
    assert found == expected


def test_a_failing_migration_leaves_the_old_state(empty_url, migrations, next_migrations):
    migrate(empty_url, migrations)
    folder = next_migrations('raise RuntimeError("half way")')
    with pytest.raises(RuntimeError, match="half way"):
        migrate(empty_url, folder)
    assert current_revision(empty_url) == head_of(migrations)
    assert "half_done" not in tables_of(empty_url)


def test_a_killed_migration_leaves_the_old_state(empty_url, migrations, next_migrations):
    migrate(empty_url, migrations)
    folder = next_migrations("os.kill(os.getpid(), signal.SIGKILL)")
    code = (
        "import sys, pathlib; from bideval.store.schema import migrate; "
        "migrate(sys.argv[1], pathlib.Path(sys.argv[2]))"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, empty_url, str(folder)], check=False, timeout=50
    )
    assert killed.returncode == -9
    assert current_revision(empty_url) == head_of(migrations)
    assert "half_done" not in tables_of(empty_url)
    with connect(empty_url) as connection:
        columns = {column["name"] for column in inspect(connection).get_columns("peer")}
    assert "extra" not in columns


def test_the_next_migration_runs(empty_url, migrations, next_migrations):
    migrate(empty_url, migrations)
    assert migrate(empty_url, next_migrations("pass")) == "99991231_following"
    assert "half_done" in tables_of(empty_url)


def test_a_database_of_a_later_program_is_refused(empty_url, migrations, next_migrations):
    migrate(empty_url, next_migrations("pass"))
    with pytest.raises(FaultError) as caught:
        migrate(empty_url, migrations)
    assert caught.value.code == "database_newer"


def test_two_processes_may_migrate_at_once(empty_url, migrations):
    revisions = []
    threads = [
        threading.Thread(target=lambda: revisions.append(migrate(empty_url, migrations)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert revisions == [head_of(migrations)] * 2


def test_a_new_file_may_be_opened_by_several_at_once(tmp_path):
    opened = []

    def open_file(url, together):
        engine = writing_engine(url)
        together.wait()
        with engine.connect() as connection:
            opened.append(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one())
        engine.dispose()

    for number in range(60):
        url, together = database_url(f"sqlite:///{tmp_path}/{number}.sqlite"), threading.Barrier(4)
        threads = [threading.Thread(target=open_file, args=(url, together)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert opened == ["wal"] * 240


def test_a_held_database_makes_the_migration_give_up(empty_url, migrations, monkeypatch):
    with connect(empty_url) as connection, monkeypatch.context() as impatient:
        impatient.setattr("bideval.store.engine.BUSY_TIMEOUT_MS", 200)
        impatient.setattr("bideval.store.engine.LOCK_TIMEOUT_MS", 200)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.rollback()
            connection.connection.driver_connection.execute("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("SELECT pg_advisory_lock(1651074149)")
        with pytest.raises(FaultError) as caught:
            migrate(empty_url, migrations)
        connection.invalidate()
    assert caught.value.code == "database_busy"
    assert migrate(empty_url, migrations) == head_of(migrations)


def test_a_database_that_cannot_be_opened_is_a_storage_fault(tmp_path, migrations):
    with pytest.raises(FaultError) as caught:
        migrate(f"sqlite:///{tmp_path / 'no' / 'folder.sqlite'}", migrations)
    assert (caught.value.code, caught.value.field) == ("storage_fault", "database_url")
