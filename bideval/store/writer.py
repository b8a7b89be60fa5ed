"""One thread that writes: group commit.

Decided here: which queued works share a database transaction, what a failing work takes with it
(nothing), and when writing stops for good until somebody has verified the database.
Not decided here: what a work does.

A batch is one transaction: BEGIN, each work in a savepoint, COMMIT (which fsyncs), and only then
the futures learn their outcomes. A work that is not the first of its transaction does not wait for
a head which another process has locked: the batch ends before it, so that no two processes wait for
one another with locks in their hands. A batch that meets another passing trouble is tried again,
each work in a transaction of its own. So a work may run more than once: it must have no effect
except through its transaction, and `on_undo` tells it when that came to nothing.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from bideval.ports import FaultNotice, StoreError
from bideval.store.engine import Trouble, is_taken, trouble
from bideval.store.heads import Heads
from bideval.store.transaction import StoreTransaction
from bideval.terms.errors import FaultError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from bideval.ports import StoreState, Transaction

T = TypeVar("T")
_log = structlog.get_logger(__name__)
_JITTER = SystemRandom()

BATCH_WORKS = 512
"""Works that share a commit at most: bounds what one failing commit takes down."""

BATCH_BYTES = 1 << 20
"""Bytes that works of one batch may add together, by their own account."""

QUEUED_WORKS = 10_000
"""Works that may wait; more are refused, so that a slow disk shows instead of eating memory."""

PASSING_ATTEMPTS = 5
"""How often a batch is tried when other processes hold its rows."""

PASSING_PAUSE_S = 0.05
"""Seconds before it is tried again, at the most and at first: twice as many each time. Two
processes that begin again in step meet again, and it is always the same one that gives way."""


@dataclass(slots=True)
class Work:
    """A queued work with the future that learns its outcome."""

    run: Callable[[Transaction], Any]
    weight: int
    future: Future[Any] = field(default_factory=Future)


@dataclass(slots=True)
class Outcome:
    """What a work returned or raised; told only after the commit."""

    work: Work
    result: object = None
    error: BaseException | None = None

    forgetting: tuple[Callable[[bool], None], ...] = ()

    def tell(self) -> None:
        if self.error is None:
            self.work.future.set_result(self.result)
        else:
            self.work.future.set_exception(self.error)


class Writer:
    """The queue and its thread. The engine is used by that thread only, while `running`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: queue.Queue[Work | None] = queue.Queue(QUEUED_WORKS)
        self._listeners: list[Callable[[FaultNotice], None]] = []
        self._gate = threading.Lock()
        self._state: StoreState = "running"
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def state(self) -> StoreState:
        return self._state

    def on_fault(self, tell: Callable[[FaultNotice], None]) -> None:
        self._listeners.append(tell)

    def submit(self, run: Callable[[Transaction], T], weight: int) -> Future[T]:
        work = Work(run, weight)
        with self._gate:
            refusal = self._refusal()
            if refusal is None:
                try:
                    self._queue.put_nowait(work)
                except queue.Full:
                    refusal = FaultError("store_busy")
        if refusal is not None:
            work.future.set_exception(refusal)
        return work.future

    def resume(self, engine: Engine) -> None:
        """Write again, with a fresh engine; the caller has verified the database."""
        with self._gate:
            self._engine = engine
            self._state = "running"

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        with self._gate:
            already = self._state == "closed"
            self._state = "closed"
        if not already:
            self._queue.put(None)
        self._thread.join()

    def _refusal(self) -> FaultError | None:
        codes = {"faulted": "storage_fault", "closed": "store_closed"}
        code = codes.get(self._state)
        return None if code is None else FaultError(code)

    def _run(self) -> None:
        going_on = True
        while going_on:
            batch, going_on = self._next_batch()
            runnable = [work for work in batch if work.future.set_running_or_notify_cancel()]
            if runnable:
                self._serve(runnable)

    def _next_batch(self) -> tuple[list[Work], bool]:
        """Wait for a work, then take what else is queued; False when the end was queued."""
        batch: list[Work] = []
        weight = 0
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            weight += item.weight
            if len(batch) == BATCH_WORKS or weight >= BATCH_BYTES:
                return batch, True
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _serve(self, batch: list[Work]) -> None:
        if self._state == "faulted":
            _fail(batch, "storage_fault")
            return
        failures = 0
        while batch and failures < PASSING_ATTEMPTS:
            try:
                outcomes = self._commit(batch[:1] if failures else batch)
            except Exception as error:  # noqa: BLE001  # whatever it is, the thread goes on to tell
                if trouble(error) is Trouble.PASSING:
                    time.sleep(_JITTER.uniform(0, PASSING_PAUSE_S * 2**failures))
                    failures += 1
                    continue
                self._fault(batch, error)
                return
            for outcome in outcomes:
                outcome.tell()
            batch = batch[len(outcomes) :]
        _fail(batch, "store_busy")

    def _commit(self, batch: list[Work]) -> list[Outcome]:
        """Commit the batch, or as much of it as needs no wait with a lock in hand."""
        outcomes: list[Outcome] = []
        try:
            with self._engine.begin() as connection:
                heads = Heads(connection)
                for work in batch:
                    outcome = _attempt(work, connection, heads, waits=not outcomes)
                    if outcome is None:
                        break
                    outcomes.append(outcome)
                heads.write()
                _refuse_lost_transaction(connection)
        except BaseException:
            for outcome in outcomes:
                for forget in outcome.forgetting:
                    forget(True)  # noqa: FBT003  # the whole transaction
            raise
        return outcomes

    def _fault(self, batch: list[Work], error: BaseException) -> None:
        with self._gate:
            if self._state == "running":
                self._state = "faulted"
        detail = str(error.orig) if isinstance(error, DBAPIError) else type(error).__name__
        _log.error("storage fault", error=type(error).__name__, reason=detail)
        waiting = self._drain()
        _fail([*batch, *waiting], "storage_fault")
        notice = FaultNotice(detail, len(batch) + len(waiting))
        for tell in self._listeners:
            try:
                tell(notice)
            except Exception:  # noqa: BLE001  # it must not end the writer
                _log.exception("a listener to storage faults failed")

    def _drain(self) -> list[Work]:
        waiting: list[Work] = []
        while True:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return waiting
            if item is None:
                self._queue.put(None)
                return waiting
            if item.future.set_running_or_notify_cancel():
                waiting.append(item)


def _attempt(work: Work, connection: Connection, heads: Heads, *, waits: bool) -> Outcome | None:
    """Run one work in its savepoint; only troubles of the whole batch leave this function.

    None: it would have to wait for a head that another process has locked, and may not.
    """
    mine = heads.for_one_work(waits=waits)
    transaction = StoreTransaction(connection, mine)
    connection.exec_driver_sql("SAVEPOINT work")
    try:
        result = work.run(transaction)
        transaction.settle()
        connection.exec_driver_sql("RELEASE SAVEPOINT work")
    except Exception as error:  # a work fails alone, whatever it raised
        taken = not waits and is_taken(error)
        whole = isinstance(error, DBAPIError) and trouble(error) is not Trouble.STATEMENT
        for forget in transaction.forgetting:
            forget(whole and not taken)
        if whole and not taken:
            raise
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT work")
        connection.exec_driver_sql("RELEASE SAVEPOINT work")
        return None if taken else Outcome(work, error=_told(error))
    heads.absorb(mine)
    return Outcome(work, result, forgetting=transaction.forgetting)


def _told(error: Exception) -> Exception:
    if isinstance(error, IntegrityError):
        return StoreError("exists", detail="another row has this key")
    if isinstance(error, DataError):
        return InputError("malformed", field="text", detail="cannot be stored")
    return error


def _refuse_lost_transaction(connection: Connection) -> None:
    """Notice that SQLite has rolled the transaction back by itself, as it may after a fault.

    Its driver would then commit nothing and report success.
    """
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection) and not driver.in_transaction:
        raise OSError("the transaction was lost")


def _fail(works: list[Work], code: str) -> None:
    for work in works:
        work.future.set_exception(FaultError(code))
