"""Addresses, durability settings, and what a driver's error means."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from bideval.store import engine as engine_module
from bideval.store.engine import (
    AUTOCHECKPOINT_PAGES,
    BUSY_TIMEOUT_MS,
    Trouble,
    database_url,
    reading_engine,
    trouble,
    warn_of_old_sqlite,
    writing_engine,
)
from bideval.terms.errors import FaultError

PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "wal_autocheckpoint")


@pytest.fixture
def url(tmp_path):
    return database_url(f"sqlite:///{tmp_path / 'a.sqlite'}")


def pragmas(engine):
    with engine.connect() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS]
    engine.dispose()
    return found


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:///a.sqlite", "sqlite+pysqlite"),
        ("postgresql://localhost/x", "postgresql+psycopg"),
        ("postgres://localhost/x", "postgresql+psycopg"),
        ("postgresql+psycopg://localhost/x", "postgresql+psycopg"),
    ],
)
def test_addresses_name_their_driver(given, driver):
    assert database_url(given).drivername == driver


@pytest.mark.parametrize(
    "given",
    ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://x/y", "postgresql+asyncpg://x/y"],
)
def test_other_addresses_are_refused(given):
    with pytest.raises(FaultError) as caught:
        database_url(given)
    assert (caught.value.code, caught.value.field) == ("bad_database_url", "database_url")


def test_the_writer_syncs_every_commit_and_owns_the_checkpoints(url):
    expected = ["wal", 2, 1, BUSY_TIMEOUT_MS, AUTOCHECKPOINT_PAGES]
    assert pragmas(writing_engine(url)) == expected


def test_a_writer_beside_the_server_never_checkpoints(url):
    expected = ["wal", 2, 1, BUSY_TIMEOUT_MS, 0]
    assert pragmas(writing_engine(url, checkpoints=False)) == expected


def test_readers_never_checkpoint_and_cannot_write(url):
    writer = writing_engine(url)
    with writer.begin() as connection:
        connection.execute(text("CREATE TABLE a (n INTEGER)"))
    reader = reading_engine(url)
    with reader.begin() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(text("INSERT INTO a VALUES (1)"))
    assert pragmas(reader) == ["wal", 2, 1, BUSY_TIMEOUT_MS, 0]
    writer.dispose()


def test_a_writing_transaction_takes_the_lock_at_once(url, monkeypatch):
    monkeypatch.setattr(engine_module, "BUSY_TIMEOUT_MS", 50)
    first, second = writing_engine(url), writing_engine(url)
    with first.begin(), pytest.raises(OperationalError) as caught, second.begin():
        pass
    first.dispose()
    second.dispose()
    assert trouble(caught.value) is Trouble.PASSING


@pytest.mark.parametrize(
    ("version", "old"), [((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)]
)
def test_an_old_sqlite_is_told(monkeypatch, version, old):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    assert warn_of_old_sqlite() is old


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_BUSY, Trouble.PASSING),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Trouble.PASSING),
        (sqlite3.SQLITE_LOCKED, Trouble.PASSING),
        (sqlite3.SQLITE_IOERR, Trouble.STORAGE),
        (sqlite3.SQLITE_IOERR_FSYNC, Trouble.STORAGE),
        (sqlite3.SQLITE_FULL, Trouble.STORAGE),
        (sqlite3.SQLITE_CORRUPT, Trouble.STORAGE),
        (sqlite3.SQLITE_NOTADB, Trouble.STORAGE),
        (sqlite3.SQLITE_READONLY, Trouble.STORAGE),
        (sqlite3.SQLITE_CANTOPEN, Trouble.STORAGE),
        (sqlite3.SQLITE_CONSTRAINT_TRIGGER, Trouble.STATEMENT),
        (sqlite3.SQLITE_ERROR, Trouble.STATEMENT),
    ],
)
def test_sqlites_errors_are_sorted(code, expected):
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    assert trouble(wrapped(error)) is expected


def test_an_error_of_the_driver_itself_is_the_statements():
    assert trouble(wrapped(sqlite3.ProgrammingError("x"))) is Trouble.STATEMENT


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.errors.DeadlockDetected("x"), Trouble.PASSING),
        (psycopg.errors.SerializationFailure("x"), Trouble.PASSING),
        (psycopg.errors.LockNotAvailable("x"), Trouble.PASSING),
        (psycopg.errors.DiskFull("x"), Trouble.STORAGE),
        (psycopg.errors.AdminShutdown("x"), Trouble.STORAGE),
        (psycopg.errors.IoError("x"), Trouble.STORAGE),
        (psycopg.errors.DataCorrupted("x"), Trouble.STORAGE),
        (psycopg.errors.UniqueViolation("x"), Trouble.STATEMENT),
        (psycopg.errors.UndefinedTable("x"), Trouble.STATEMENT),
        (psycopg.OperationalError("the connection is lost"), Trouble.STORAGE),
        (psycopg.InterfaceError("the connection is closed"), Trouble.STORAGE),
        (psycopg.DataError("x"), Trouble.STATEMENT),
    ],
)
def test_postgresqls_errors_are_sorted(error, expected):
    assert trouble(wrapped(error)) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [(OSError("disk"), Trouble.STORAGE), (ValueError("bug"), Trouble.STATEMENT)],
)
def test_errors_without_a_driver_are_sorted(error, expected):
    assert trouble(error) is expected


def wrapped(error):
    return DBAPIError("SELECT 1", {}, error)
