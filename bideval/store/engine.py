"""Connections to the database, one writing engine and one reading engine per venue.

Decided here: drivers, transaction modes, durability settings, and which driver errors mean that
the storage itself cannot be trusted any more. Not decided here: what is read or written.

SQLite: WAL with `synchronous=FULL` (NORMAL loses acknowledged writes in a power cut); only the
writing connection checkpoints the WAL (two that do can corrupt a database before 3.51.3).
"""

from __future__ import annotations

import sqlite3
import time
from enum import Enum
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from bideval.store.answering import OPTIONS, AnsweringConnection
from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
    from sqlalchemy.pool import ConnectionPoolEntry

_log = structlog.get_logger(__name__)

SQLITE = "sqlite+pysqlite"
POSTGRESQL = "postgresql+psycopg"

SAFE_SQLITE = (3, 51, 3)
"""First release without the WAL-reset bug."""

BUSY_TIMEOUT_MS = 5_000
"""How long SQLite waits for another process's write, for example an enrolment command."""

WAL_SWITCH_PAUSE_S = 0.01
"""Seconds before asking again to switch a file that another process is switching."""

AUTOCHECKPOINT_PAGES = 1_000
"""SQLite's own default, about 4 MB of WAL, but only on the writing connection."""

LOCK_TIMEOUT_MS = 10_000
"""How long PostgreSQL waits for a row that another server process holds."""

STATEMENT_TIMEOUT_MS = 60_000
"""How long PostgreSQL works at one statement: none of the server's takes a tenth of that, and one
that does must not hold its locks until somebody looks. Migrations have no such limit."""

IDLE_WRITER_MS = 20_000
"""How long PostgreSQL keeps a writer's transaction open, with its locks, while the writer is
silent: its process hangs, and the others of the venue must go on."""

IDLE_READER_MS = 600_000
"""The same for readers, who hold no locks: a verification may think for a while between two pages,
but a snapshot that stays keeps old rows from being cleared."""

READ_CONNECTIONS = 8
"""Readers of one server process at a time; more wait."""

READER_WAIT_S = 10
"""Seconds that a reader waits for a free connection before it is told `store_busy`."""


class Trouble(Enum):
    """What a driver error means for the store."""

    PASSING = "passing"
    """Somebody else holds a lock, or two processes met: the same work may be tried again."""

    STORAGE = "storage"
    """The disk or the database server failed: nothing may be written before a verification."""

    STATEMENT = "statement"
    """Only this statement was wrong."""


def database_url(text: str) -> URL:
    """Read a database address, with the driver that this product uses written out.

    Raises:
        FaultError: `bad_database_url`.

    """
    try:
        url = make_url(text)
    except Exception as error:
        raise FaultError("bad_database_url", field="database_url") from error
    drivers = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "postgres": POSTGRESQL}
    driver = drivers.get(url.drivername, url.drivername)
    if driver not in (SQLITE, POSTGRESQL):
        raise FaultError("bad_database_url", field="database_url", detail="SQLite or PostgreSQL")
    if driver == SQLITE and url.database in (None, "", ":memory:"):
        raise FaultError("bad_database_url", field="database_url", detail="SQLite needs a file")
    return url.set(drivername=driver)


def writing_engine(url: URL, *, checkpoints: bool = True, patient: bool = False) -> Engine:
    """Return an engine with one connection, for the writer's thread.

    `patient`: a statement may take as long as it needs, as those of a migration may.
    """
    if url.drivername == SQLITE:
        return _sqlite_engine(url, writes=True, checkpoints=checkpoints)
    engine = create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0)
    limits = {"lock_timeout": LOCK_TIMEOUT_MS}
    if not patient:
        _on_postgresql_dial(engine)
        limits |= {
            "statement_timeout": STATEMENT_TIMEOUT_MS,
            "idle_in_transaction_session_timeout": IDLE_WRITER_MS,
        }
    _on_postgresql_connect(engine, _set(limits))
    return engine


def reading_engine(url: URL) -> Engine:
    """Return an engine whose transactions are read-only snapshots."""
    if url.drivername == SQLITE:
        return _sqlite_engine(url, writes=False, checkpoints=False)
    engine = create_engine(
        url,
        isolation_level="REPEATABLE READ",
        pool_size=READ_CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,
        pool_timeout=READER_WAIT_S,
    )
    limits = {
        "lock_timeout": LOCK_TIMEOUT_MS,
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_READER_MS,
    }
    _on_postgresql_dial(engine)
    _on_postgresql_connect(engine, f"{_set(limits)}; SET default_transaction_read_only = on")
    return engine


def warn_of_old_sqlite() -> bool:
    """Log SQLite's version; return True (and warn) when it has the WAL-reset bug."""
    old = sqlite3.sqlite_version_info < SAFE_SQLITE
    tell = _log.warning if old else _log.info
    tell("SQLite has the WAL-reset bug" if old else "SQLite", version=sqlite3.sqlite_version)
    return old


def trouble(error: BaseException) -> Trouble:
    """Tell what a failed statement or commit means for the store."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _sqlite_trouble(cause)
    if isinstance(cause, psycopg.Error):
        return _postgresql_trouble(cause)
    return Trouble.STORAGE if isinstance(cause, OSError) else Trouble.STATEMENT


def is_taken(error: BaseException) -> bool:
    """Tell whether a row was asked for without waiting, and another process has locked it."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.Error) and cause.sqlstate == LOCKED


def is_lost(error: BaseException) -> bool:
    """Tell whether there is no connection to the database server, or none any more."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None


def _sqlite_engine(url: URL, *, writes: bool, checkpoints: bool) -> Engine:
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
    arguments = {"isolation_level": None, "check_same_thread": False}
    if writes:
        engine = create_engine(url, poolclass=StaticPool, connect_args=arguments)
    else:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=READ_CONNECTIONS,
            max_overflow=0,
            pool_timeout=READER_WAIT_S,
            connect_args=arguments,
        )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        _sqlite_pragmas(connection, writes=writes, checkpoints=checkpoints)

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _sqlite_pragmas(connection: DBAPIConnection, *, writes: bool, checkpoints: bool) -> None:
    cursor = connection.cursor()
    pages = AUTOCHECKPOINT_PAGES if checkpoints else 0
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    if writes:
        _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA recursive_triggers = ON")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {pages}")
    if not writes:
        cursor.execute("PRAGMA query_only = ON")
    cursor.close()


def _switch_to_wal(cursor: DBAPICursor) -> None:
    """Switch a new file to WAL; SQLite does not wait when two do so at once, so ask again."""
    end = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _sqlite_trouble(error) is not Trouble.PASSING or time.monotonic() >= end:
                raise
            time.sleep(WAL_SWITCH_PAUSE_S)
        else:
            return


def _set(limits: dict[str, int]) -> str:
    return "; ".join(f"SET {name} = {value}" for name, value in limits.items())


def _on_postgresql_dial(engine: Engine) -> None:
    """Let the engine's connections be such as nobody waits on for ever."""

    @event.listens_for(engine, "do_connect")
    def dial(
        _dialect: object, _entry: object, words: list[Any], options: dict[str, Any]
    ) -> psycopg.Connection[Any]:
        return AnsweringConnection.connect(*words, **(OPTIONS | options))


def _on_postgresql_connect(engine: Engine, statement: str) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        connection.commit()


_PASSING_SQLITE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_STATEMENT_SQLITE = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_RANGE,
        sqlite3.SQLITE_TOOBIG,
    }
)


def _sqlite_trouble(error: sqlite3.Error) -> Trouble:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return Trouble.STATEMENT
    primary = code & 0xFF
    if primary in _PASSING_SQLITE:
        return Trouble.PASSING
    return Trouble.STATEMENT if primary in _STATEMENT_SQLITE else Trouble.STORAGE


LOCKED = "55P03"
"""A lock was not to be had, at once or in time."""

_PASSING_STATES = frozenset({"40001", "40P01", LOCKED})
"""Serialization failure, deadlock, lock timeout."""

_STORAGE_CLASSES = frozenset({"08", "53", "57", "58", "XX"})
"""Connection, resources (disk full), operator intervention (a statement that took too long too),
system error, internal error."""

HUNG = "25P03"
"""The server has ended a connection because this process was silent in a transaction."""


def _postgresql_trouble(error: psycopg.Error) -> Trouble:
    state = error.sqlstate
    if state in _PASSING_STATES:
        return Trouble.PASSING
    if state is None:
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return Trouble.STORAGE if lost else Trouble.STATEMENT
    storage = state == HUNG or state[:2] in _STORAGE_CLASSES
    return Trouble.STORAGE if storage else Trouble.STATEMENT
