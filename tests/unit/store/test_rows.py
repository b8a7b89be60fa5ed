"""Rows that go to the driver as they are."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, insert, select
from sqlalchemy.exc import IntegrityError

from bideval.store.engine import database_url, writing_engine
from bideval.store.rows import send_rows

METADATA = MetaData()
SHELF = Table(
    "shelf",
    METADATA,
    Column("name", String, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("raw", LargeBinary, nullable=False),
)
ADD = insert(SHELF)


@pytest.fixture
def engine(tmp_path):
    made = writing_engine(database_url(f"sqlite:///{tmp_path / 'rows.sqlite'}"))
    METADATA.create_all(made)
    yield made
    made.dispose()


def rows_of(connection):
    return [tuple(row) for row in connection.execute(select(SHELF).order_by(SHELF.c.n))]


def test_rows_are_as_they_were_sent_whatever_the_order_of_their_members(engine):
    with engine.begin() as connection:
        send_rows(connection, ADD, [{"raw": b"\0\xff", "n": 1, "name": "书"}])
        send_rows(connection, ADD, [{"name": f"b{n}", "raw": b"x", "n": n} for n in (3, 2)])
        assert rows_of(connection) == [("书", 1, b"\0\xff"), ("b2", 2, b"x"), ("b3", 3, b"x")]


def test_a_key_that_is_there_is_refused_as_every_statement_is(engine):
    with engine.begin() as connection:
        send_rows(connection, ADD, [{"name": "a", "n": 1, "raw": b""}])
        with pytest.raises(IntegrityError):
            send_rows(connection, ADD, [{"name": "a", "n": 2, "raw": b""}])
