"""Databases for integration tests: every `store_url` test runs on SQLite and on PostgreSQL.

PostgreSQL is a real server, started once per test session with fsync on; each test gets its own
database, already migrated.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bideval.store.record_store import SqlRecordStore
from bideval.store.schema import migrate
from tests import databases

MIGRATIONS = Path(__file__).parents[2] / "migrations"


@pytest.fixture(scope="session")
def migrations():
    return MIGRATIONS


@pytest.fixture(scope="session")
def new_postgresql_url():
    """Return a function that makes an empty schema and returns its address."""
    return databases.new_postgresql_url


@pytest.fixture(scope="session")
def migrated_postgresql_url(new_postgresql_url):
    """Return a function that makes a migrated, empty schema and returns its address."""

    def make() -> str:
        url = new_postgresql_url()
        migrate(url, MIGRATIONS)
        return url

    return make


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    migrate(f"sqlite:///{path}", MIGRATIONS)
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request, tmp_path):
    """The address of a migrated, empty database."""
    if request.param == "sqlite":
        path = tmp_path / "store.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    return request.getfixturevalue("migrated_postgresql_url")()


@pytest.fixture
def store(store_url):
    opened = SqlRecordStore(store_url)
    yield opened
    opened.close()
