"""A PostgreSQL server that falls silent: a clear "not saved" in bounded time, and on it goes."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest

from bideval.store import watch_lock
from bideval.store.answering import OPTIONS, AnsweringConnection, SilentError
from bideval.store.engine import database_url, reading_engine, writing_engine
from bideval.store.record_store import SqlRecordStore
from bideval.store.schema import migrate
from bideval.store.verification import verify_records
from bideval.store.watch_lock import PostgresWatchLock
from bideval.terms.errors import FaultError
from tests import databases
from tests.integration.silence import Way, backends

ANSWER_S = 2.0
SOON_S = 15.0
"""Seconds within which everybody must have been told, on a very busy machine."""


@pytest.fixture
def patience(monkeypatch):
    """Return a function that says how long everybody waits for the database from now on."""

    def wait(seconds):
        monkeypatch.setattr(AnsweringConnection, "answer_s", seconds)
        monkeypatch.setattr(watch_lock._WatchConnection, "answer_s", seconds)

    monkeypatch.setattr("bideval.store.engine.READER_WAIT_S", 2 * ANSWER_S)
    monkeypatch.setitem(OPTIONS, "connect_timeout", 2)
    monkeypatch.setitem(watch_lock._OPTIONS, "connect_timeout", 2)
    return wait


class Frozen:
    """All processes of the server that this store has to do with stand still."""

    def __init__(self, schema):
        self.server = databases.postgresql_server().get_uri()
        self.schema = schema
        self.url = databases.new_postgresql_url(schema) + f"&application_name={schema}"
        self._pids = []

    def stop(self):
        self._pids = backends(self.server, self.schema)
        self._pids += {parent_of(pid) for pid in self._pids}  # who takes new connections
        for pid in self._pids:
            os.kill(pid, signal.SIGSTOP)

    def go_on(self):
        for pid in self._pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._pids = []

    close = go_on


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[1])


class Blocked(Way):
    """Nothing comes through to the server."""

    def __init__(self, schema):
        super().__init__(databases.postgresql_server().get_uri())
        databases.new_postgresql_url(schema)
        self.url = super().url(schema)


@pytest.fixture(params=[Frozen, Blocked])
def silence(request):
    made = request.param(f"silence_{next(databases._numbers)}")
    yield made
    made.close()


@pytest.fixture
def silent(silence, patience):
    """Return a context in which the database is silent, and people's patience is short.

    Before and after it an answer may take as long as a very busy machine needs.
    """

    @contextlib.contextmanager
    def during():
        patience(ANSWER_S)
        silence.stop()
        yield
        silence.go_on()
        patience(20 * ANSWER_S)

    return during


@pytest.fixture
def store(silence, migrations, author):
    migrate(silence.url, migrations)
    opened = SqlRecordStore(silence.url)
    opened.write(lambda tx: tx.found(author.session, "fenghua")).result(timeout=20)
    yield opened
    silence.go_on()
    opened.close()


def refused(act):
    """Return the code with which an act fails, and the seconds that it took."""
    began = time.monotonic()
    with pytest.raises(FaultError) as caught:
        act()
    return caught.value.code, time.monotonic() - began


def read_head(store, author):
    with store.read() as reader:
        return reader.head(author.session)


def test_writers_are_told_in_bounded_time_and_nothing_is_lost_or_doubled(
    store, silence, silent, author
):
    assert store.write(author.work(1)).result(timeout=20) == (1, 0)
    with silent():
        futures = [store.write(author.work(number)) for number in (2, 3, 4)]
        code, took = refused(lambda: futures[0].result(timeout=60))
        assert (code, took < SOON_S) == ("storage_fault", True)
        assert [one.exception(timeout=20).code for one in futures] == ["storage_fault"] * 3
        assert refused(lambda: store.write(author.work(5)).result(timeout=20))[0] == code
        if isinstance(silence, Blocked):
            code, took = refused(lambda: store.reopen_and_verify(verify_records))
            assert (code, took < SOON_S) == ("storage_fault", True)
    until_open(store)
    told = [store.write(author.work(number)).result(timeout=20) for number in (6, 7)]
    with store.read() as reader:
        verify_records(reader)
        size = reader.head(author.session).size
    assert [position for _, position in told] == [size - 2, size - 1]


def until_open(store):
    end = time.monotonic() + 60
    while store.state == "faulted":
        assert time.monotonic() < end
        with contextlib.suppress(FaultError):
            store.reopen_and_verify(verify_records)
        time.sleep(0.1)


def test_readers_are_told_in_bounded_time_however_many_they_are(store, silent, author, monkeypatch):
    monkeypatch.setattr("bideval.store.record_store.QUIET_S", 60.0)
    assert read_head(store, author).size == 0
    with silent():
        told = []
        threads = [
            threading.Thread(target=lambda: told.append(refused(lambda: read_head(store, author))))
            for _ in range(30)
        ]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(told) == 30
        assert {code for code, _ in told} <= {"storage_fault", "store_busy"}
        assert time.monotonic() - began < 2 * SOON_S
        code, took = refused(lambda: read_head(store, author))
        assert (code, took < ANSWER_S) == ("storage_fault", True)
    monkeypatch.setattr("bideval.store.record_store.QUIET_S", 0.0)
    assert read_head(store, author).size == 0


def test_long_answer_that_keeps_coming_is_no_silence(store, patience):
    patience(ANSWER_S)
    with store.read() as reader:
        slow = "SELECT repeat('x', 9000), pg_sleep(0.5) FROM generate_series(1, 10)"
        began = time.monotonic()
        rows = reader._connection.exec_driver_sql(slow).fetchall()
    assert len(rows) == 10
    assert time.monotonic() - began > 2 * ANSWER_S


def test_watch_is_lost_in_bounded_time(silence, silent):
    lock = PostgresWatchLock(silence.url)
    assert lock.take()
    with silent():
        began = time.monotonic()
        lock.take()
        assert time.monotonic() - began < SOON_S
        assert lock._connection is None
    lock.leave()


def test_writer_that_hangs_in_a_transaction_lets_others_go_on(silence, store, author, monkeypatch):
    """Its locks are freed, and it learns that nothing of its transaction is saved."""
    monkeypatch.setattr("bideval.store.engine.IDLE_WRITER_MS", 1_500)
    hanging = SqlRecordStore(silence.url)
    begun, end = threading.Event(), threading.Event()

    def hang(tx):
        author.add(tx, author.entry(1))
        tx.settle()
        begun.set()
        end.wait(20)

    lost = hanging.write(hang)
    assert begun.wait(20)
    assert store.write(author.work(2)).result(timeout=20) == (1, 0)
    end.set()
    assert lost.exception(timeout=20).code == "storage_fault"
    assert hanging.state == "faulted"
    hanging.close()


def test_connections_have_their_limits(silence):
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    found = []
    for make in (writing_engine, reading_engine):
        engine = make(database_url(silence.url))
        with engine.connect() as connection:
            found.append([connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names])
            driver = connection.connection.driver_connection
            assert isinstance(driver, AnsweringConnection)
            asked = driver.info.get_parameters()
            assert asked["tcp_user_timeout"] == str(OPTIONS["tcp_user_timeout"])
        engine.dispose()
    assert found == [["10s", "1min", "20s"], ["10s", "1min", "10min"]]


def test_silence_is_told_apart_from_an_answer(silence, patience):
    patience(ANSWER_S)
    connection = AnsweringConnection.connect(silence.url, autocommit=True)
    assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("SELECT 1 / 0")
    with pytest.raises(SilentError):
        connection.execute("SELECT pg_sleep(5)")
    assert connection.closed
