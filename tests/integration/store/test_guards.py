"""The database itself refuses to change the record, whoever asks."""

from __future__ import annotations

import pytest
from sqlalchemy import DDL, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from bideval.ports import Conflict
from bideval.store import tables
from bideval.store.engine import database_url
from bideval.store.guards import APPEND_ONLY

KEYS = {"line": "n", "place": "n", "checkpoint": "size", "cosignature": "size", "conflict": "n"}


@pytest.fixture
def connection(founded, store_url, author):
    """A plain connection, as an administrator's own tool would open it."""
    founded.write(author.work(1)).result(timeout=20)
    founded.write(author.work(2)).result(timeout=20)

    def rest(tx):
        tx.add_checkpoint(author.session, 1, "note")
        tx.add_cosignature(author.session, 1, "wencheng", "line")
        tx.add_conflict(Conflict(author.session, "wencheng", 1, "fork", b"proof", 1))

    founded.write(rest).result(timeout=20)
    engine = create_engine(database_url(store_url), poolclass=NullPool)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_rows_of_the_record_cannot_be_changed(connection, table):
    with pytest.raises(DBAPIError, match="append-only"):
        connection.execute(tables.metadata.tables[table].update().values({KEYS[table]: 9}))


@pytest.mark.parametrize("table", [*APPEND_ONLY, "head", "origin_head"])
def test_rows_of_the_record_cannot_be_deleted(connection, table):
    with pytest.raises(DBAPIError, match="append-only"):
        connection.execute(tables.metadata.tables[table].delete())


@pytest.mark.parametrize("table", [*APPEND_ONLY, "head", "origin_head"])
def test_tables_of_the_record_cannot_be_emptied(connection, table):
    on_sqlite = connection.dialect.name == "sqlite"
    emptying = DDL(f"DELETE FROM {table}" if on_sqlite else f"TRUNCATE {table} CASCADE")  # noqa: S608  # our own names
    with pytest.raises(DBAPIError, match="append-only"):
        connection.execute(emptying)


@pytest.mark.parametrize("after", ["NULL", "'another'"])
def test_stopped_record_stays_stopped(connection, founded, author, after):
    assert founded.write(lambda tx: tx.stop(author.session, "proof")).result(timeout=20)
    with pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(f"UPDATE head SET stopped = {after}"))  # noqa: S608  # our own words


@pytest.mark.parametrize(
    "change", ["head SET size = 1", "head SET epoch = 0", "origin_head SET n = 1"]
)
def test_heads_never_go_back(connection, change):
    with pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(f"UPDATE {change}"))


def test_heads_may_grow(connection):
    assert connection.execute(text("UPDATE head SET size = size + 1")).rowcount == 1


def test_a_place_needs_its_line(connection, author):
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    row = {"session": author.session, "position": 2, "origin": "fenghua", "n": 9, "leaf": b""}
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        connection.execute(tables.place.insert(), row)
