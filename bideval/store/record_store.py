"""The durable store of a venue, on SQLite or PostgreSQL.

Decided here: that writes go through one writer, reads through snapshots, and that after a storage
fault the database is opened anew and verified before anything is written.
Not decided here: the schema's history (the migrations) and what the caller verifies beside the
records.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from bideval.store.engine import (
    SQLITE,
    Trouble,
    database_url,
    is_lost,
    reading_engine,
    trouble,
    warn_of_old_sqlite,
    writing_engine,
)
from bideval.store.transaction import StoreReader
from bideval.store.verification import verify_records
from bideval.store.writer import Writer
from bideval.terms.errors import FaultError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from sqlalchemy import Engine

    from bideval.ports import FaultNotice, Reader, StoreState, Transaction

T = TypeVar("T")

QUIET_S = 1.0
"""Seconds after a lost connection in which nobody else tries: readers are told at once, so that all
those who wait do not each find out for themselves."""

_TRIAL_WRITE = "UPDATE alembic_version SET version_num = version_num"
"""Changes nothing, but has to reach the disk like any other commit."""


class SqlRecordStore:
    """A `RecordStore` over a migrated database.

    `checkpoints` False is for a command that runs beside the server on the same SQLite file: only
    one process may own the WAL's checkpoints.
    """

    def __init__(self, url: str, *, checkpoints: bool = True) -> None:
        self._url = database_url(url)
        self._checkpoints = checkpoints
        if self._url.drivername == SQLITE:
            warn_of_old_sqlite()
        self._reading = reading_engine(self._url)
        self._writing = self._new_writing()
        self._writer = Writer(self._writing)
        self._reopening = threading.Lock()
        self._lost_at = -math.inf

    @property
    def state(self) -> StoreState:
        return self._writer.state

    def write(self, work: Callable[[Transaction], T], *, weight: int = 0) -> Future[T]:
        return self._writer.submit(work, weight)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        if time.monotonic() < self._lost_at + QUIET_S:
            raise FaultError("storage_fault", detail="the database does not answer")
        try:
            with self._reading.connect() as connection, connection.begin():
                yield StoreReader(connection)
        except DataError:
            raise InputError("malformed", field="text", detail="cannot be stored") from None
        except NoConnectionError as error:
            raise FaultError("store_busy", detail="no free connection") from error
        except SQLAlchemyError as error:
            if trouble(error) is Trouble.STATEMENT:
                raise
            if is_lost(error):
                self._lost_at = time.monotonic()
            raise FaultError("storage_fault", detail="reading failed") from error

    def on_fault(self, tell: Callable[[FaultNotice], None]) -> None:
        self._writer.on_fault(tell)

    def reopen_and_verify(self, verify: Callable[[Reader], None]) -> None:
        with self._reopening:
            if self.state != "faulted":
                raise FaultError("not_faulted")
            self._reading.dispose()
            self._writing.dispose()
            self._writing = self._new_writing()
            self._check_database()
            self._lost_at = -math.inf
            with self.read() as reader:
                verify_records(reader)
                verify(reader)
            self._writer.resume(self._writing)

    def close(self) -> None:
        self._writer.close()
        self._reading.dispose()
        self._writing.dispose()

    def _new_writing(self) -> Engine:
        return writing_engine(self._url, checkpoints=self._checkpoints)

    def _check_database(self) -> None:
        """Raise FaultError `storage_fault` unless the database is whole and takes a write."""
        try:
            with self._writing.begin() as connection:
                on_sqlite = self._url.drivername == SQLITE
                asked = "PRAGMA integrity_check" if on_sqlite else "SELECT 'ok'"
                found = connection.exec_driver_sql(asked).scalar()
                connection.exec_driver_sql(_TRIAL_WRITE)
        except SQLAlchemyError as error:
            raise FaultError("storage_fault", detail="the database does not open") from error
        if found != "ok":
            raise FaultError("storage_fault", detail="the database is damaged")
