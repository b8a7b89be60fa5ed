"""The writer: works of a batch, their order, their failures, and what readers see."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bideval.ports import FaultNotice, Peer, StoreError
from bideval.store import writer as writer_module
from bideval.store.record_store import SqlRecordStore
from bideval.store.verification import verify_records
from bideval.terms.errors import FaultError, RefusedError

WAIT_S = 60


class Hold:
    """Keeps the writer busy, so that what is queued meanwhile forms one batch."""

    def __init__(self, store):
        self._go = threading.Event()
        self._started = threading.Event()
        self._future = store.write(self._work)
        assert self._started.wait(WAIT_S)

    def _work(self, _tx):
        self._started.set()
        assert self._go.wait(WAIT_S)

    def release(self):
        self._go.set()
        self._future.result(timeout=20)


@pytest.fixture
def hold(founded):
    return Hold(founded)


def transaction_id(tx):
    """Return what tells transactions apart; the database knows, the port does not."""
    connection = tx._connection
    if connection.dialect.name == "postgresql":
        return connection.execute(text("SELECT pg_current_xact_id()::text")).scalar()
    return connection.execute(text("SELECT COUNT(*) FROM peer")).scalar()


def peer(name):
    return Peer(name, name, "wss://x/link", "Ed25519", b"key", "age1x")


def test_a_failing_work_fails_alone(founded, hold, author):
    def broken(tx):
        author.add(tx, author.entry(2))
        raise RefusedError("not_now")

    before = founded.write(author.work(1))
    failing = founded.write(broken)
    after = founded.write(author.work(3))
    hold.release()
    assert before.result(timeout=20) == (1, 0)
    with pytest.raises(RefusedError, match="not_now"):
        failing.result(timeout=20)
    assert after.result(timeout=20) == (2, 1)
    with founded.read() as reader:
        ids = [line.entry_id for line in reader.lines(author.session, 0, 10)]
        assert (ids, reader.head(author.session).size) == (
            [author.entry(1).id, author.entry(3).id],
            2,
        )


def test_a_work_that_founds_and_fails_founds_nothing(store, author):
    def broken(tx):
        tx.found(author.session, "fenghua")
        author.add(tx, author.entry(1))
        raise RefusedError("not_now")

    hold = Hold(store)
    futures = [store.write(broken), store.write(author.work(1))]
    hold.release()
    codes = [future.exception(timeout=20).code for future in futures]
    assert codes == ["not_now", "unknown_session"]


def test_a_statement_that_breaks_a_key_fails_alone(founded, hold, author):
    def breaks_a_key(tx):
        for _ in range(2):
            tx._connection.execute(
                text("INSERT INTO challenge (challenge, kid, expires_ms) VALUES ('c', 'k', 1)")
            )

    futures = [founded.write(work) for work in (author.work(1), breaks_a_key, author.work(2))]
    hold.release()
    assert [futures[0].result(20), futures[2].result(20)] == [(1, 0), (2, 1)]
    with pytest.raises(StoreError) as caught:
        futures[1].result(20)
    assert caught.value.code == "exists"
    assert founded.state == "running"


def test_a_wrong_statement_is_no_storage_fault(founded):
    wrong = founded.write(lambda tx: tx._connection.execute(text("SELECT nothing FROM nowhere")))
    assert wrong.exception(timeout=20) is not None
    assert founded.state == "running"


def test_a_work_that_swallows_its_error_harms_nobody(founded, hold, author):
    def swallows(tx):
        with contextlib.suppress(DBAPIError):
            tx._connection.execute(text("SELECT nothing FROM nowhere"))
        return "went on"

    futures = [founded.write(work) for work in (author.work(1), swallows, author.work(2))]
    hold.release()
    assert [futures[0].result(20), futures[2].result(20)] == [(1, 0), (2, 1)]
    on_sqlite = founded._url.drivername.startswith("sqlite")
    assert (futures[1].exception(20) is None) is on_sqlite
    assert founded.state == "running"


def test_a_lost_transaction_is_a_storage_fault(founded, hold, author):
    """A database may roll back by itself after a fault; then nothing may be acknowledged."""
    lost = lambda tx: tx._connection.exec_driver_sql("ROLLBACK")  # noqa: E731  # one act
    futures = [founded.write(work) for work in (author.work(1), lost, author.work(2))]
    hold.release()
    assert [future.exception(20).code for future in futures] == ["storage_fault"] * 3
    assert founded.state == "faulted"
    founded.reopen_and_verify(verify_records)
    with founded.read() as reader:
        assert reader.head(author.session).size == 0


def test_works_run_in_the_order_of_asking(founded, hold):
    seen = []
    futures = [founded.write(lambda _tx, n=n: seen.append(n)) for n in range(100)]
    hold.release()
    for future in futures:
        future.result(timeout=20)
    assert seen == list(range(100))


def test_queued_works_share_a_transaction_up_to_the_limit(founded, hold, store_url):
    if store_url.startswith("sqlite"):
        sizes = batch_sizes(founded, hold, [0] * 600)
        assert sizes == [512, 88]
    else:
        futures = [founded.write(transaction_id) for _ in range(600)]
        hold.release()
        ids = [future.result(timeout=20) for future in futures]
        assert [ids.count(one) for one in dict.fromkeys(ids)] == [512, 88]


def test_heavy_works_end_a_batch(founded, hold):
    weights = [writer_module.BATCH_BYTES // 2] * 4
    assert batch_sizes(founded, hold, weights) == [2, 2]


def batch_sizes(store, hold, weights):
    """Return how many works shared each commit, told by how the writer takes them."""
    taken = []
    take = store._writer._next_batch

    def counting():
        batch, going_on = take()
        taken.append(len(batch))
        return batch, going_on

    store._writer._next_batch = counting
    futures = [store.write(lambda _tx: None, weight=weight) for weight in weights]
    hold.release()
    for future in futures:
        future.result(timeout=20)
    return taken


def test_readers_see_nothing_before_the_commit(founded, author):
    hold = threading.Event()
    added = threading.Event()

    def slow(tx):
        author.add(tx, author.entry(1))
        added.set()
        assert hold.wait(WAIT_S)

    future = founded.write(slow)
    assert added.wait(WAIT_S)
    with founded.read() as reader:
        assert reader.head(author.session).size == 0
    hold.set()
    future.result(timeout=20)
    with founded.read() as reader:
        assert reader.head(author.session).size == 1


def test_a_reader_keeps_its_snapshot(founded, author):
    with founded.read() as reader:
        assert reader.head(author.session).size == 0
        founded.write(author.work(1)).result(timeout=20)
        assert reader.head(author.session).size == 0
        assert reader.lines(author.session, 0, 10) == []


def test_a_reader_cannot_write(founded):
    with pytest.raises((FaultError, DBAPIError)), founded.read() as reader:
        reader._connection.execute(text("DELETE FROM peer"))


def test_a_cancelled_work_does_not_run(founded, hold):
    future = founded.write(lambda tx: tx.put_peer(peer("wencheng")))
    assert future.cancel() is True
    hold.release()
    founded.write(lambda _tx: None).result(timeout=20)
    with founded.read() as reader:
        assert reader.peers() == []


def test_closing_finishes_what_is_queued(store_url):
    store = SqlRecordStore(store_url)
    hold = Hold(store)
    future = store.write(lambda tx: tx.put_peer(peer("wencheng")))
    closing = threading.Thread(target=store.close)
    closing.start()
    hold.release()
    closing.join(20)
    assert future.result(timeout=20) is None
    assert store.state == "closed"
    with pytest.raises(FaultError) as caught:
        store.write(lambda _tx: None).result(timeout=20)
    assert caught.value.code == "store_closed"


def test_a_full_queue_refuses(founded, hold, monkeypatch):
    monkeypatch.setattr(founded._writer._queue, "maxsize", 3)
    futures = [founded.write(lambda _tx: None) for _ in range(5)]
    hold.release()
    errors = [future.exception(timeout=20) for future in futures]
    assert [error and error.code for error in errors] == [None] * 3 + ["store_busy"] * 2


def test_reopening_is_only_for_a_faulted_store(store):
    with pytest.raises(FaultError) as caught:
        store.reopen_and_verify(lambda _reader: None)
    assert caught.value.code == "not_faulted"


def test_a_fault_notice_tells_its_size():
    assert FaultNotice("disk full", 3).lost_works == 3


def test_many_threads_write_without_gaps(founded, author):
    def write_some(first):
        for number in range(first, first + 20):
            founded.write(author.work(number)).result(timeout=30)

    threads = [threading.Thread(target=write_some, args=(n * 20,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with founded.read() as reader:
        lines = reader.origin_lines(author.session, author.origin, 1, 1000)
    assert [line.n for line in lines] == list(range(1, 161))
    assert sorted(line.position for line in lines) == list(range(160))


def test_a_database_that_others_hold_is_busy_and_not_faulted(
    sqlite_template, tmp_path, monkeypatch
):
    monkeypatch.setattr("bideval.store.engine.BUSY_TIMEOUT_MS", 20)
    path = tmp_path / "held.sqlite"
    shutil.copy(sqlite_template, path)
    store = SqlRecordStore(f"sqlite:///{path}")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    error = store.write(lambda tx: tx.put_peer(peer("wencheng"))).exception(timeout=20)
    assert (error.code, store.state) == ("store_busy", "running")
    holder.execute("ROLLBACK")
    holder.close()
    store.write(lambda tx: tx.put_peer(peer("wencheng"))).result(timeout=20)
    store.close()


def test_a_listener_that_fails_does_not_end_the_writer(founded):
    def broken(_notice):
        raise ValueError

    notices = []
    founded.on_fault(broken)
    founded.on_fault(notices.append)
    lost = founded.write(lambda tx: tx._connection.exec_driver_sql("ROLLBACK"))
    assert lost.exception(timeout=20).code == "storage_fault"
    assert founded.write(lambda _tx: None).exception(timeout=20).code == "storage_fault"
    founded.reopen_and_verify(lambda _reader: None)
    founded.write(lambda _tx: None).result(timeout=20)
    assert [notice.lost_works for notice in notices] == [1]
