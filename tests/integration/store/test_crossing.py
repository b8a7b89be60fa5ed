"""Processes that meet in one database: no wait with a lock in hand, no trace of what is undone."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from sqlalchemy import create_engine, text

from bideval.actions.appending import stored_line
from bideval.actions.record_book import RecordBook
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import Line, chain_next, encode_line
from bideval.ledger.tree import leaf_hash
from bideval.ports import FileUse, KeptFile, PeerLine, StoreError
from bideval.store.engine import database_url
from bideval.store.record_store import SqlRecordStore
from bideval.store.verification import verify_records
from bideval.store.watch_lock import PostgresWatchLock
from bideval.terms.errors import InputError, RefusedError
from tests.unit.session.conversation import SESSION, Conversation

WAIT_S = 30


@pytest.fixture
def two(store_url):
    """The stores of two processes of one venue."""
    stores = [SqlRecordStore(store_url), SqlRecordStore(store_url, checkpoints=False)]
    yield stores
    for store in stores:
        store.close()


@pytest.fixture
def talk(two):
    """A session with people, kept by the venue fenghua."""
    said = Conversation()
    said.found()
    said.people()

    def work(tx):
        tx.found(SESSION, "fenghua")
        for line in said.lines:
            keep(tx, line.origin, line.jws)

    two[0].write(work).result(WAIT_S)
    return said


def keep(tx, origin, jws):
    """Keep and place a line; return it as stored."""
    head = tx.origin_head(SESSION, origin)
    raw = encode_line(Line(origin, head.n + 1, jws))
    chain, entry = chain_next(head.chain, raw), parse_entry(jws)
    tx.add_line(SESSION, Line(origin, head.n + 1, jws), entry=entry, chain=chain)
    position = tx.place(SESSION, origin, head.n + 1, leaf_hash(raw))
    return stored_line(SESSION, raw, entry, chain=chain, position=position)


def warning(talk, words):
    return talk.entry("supervisor-gu", "supervisor.warned", {"text": words})


def at_branch(talk, name="bidder-branch"):
    talk.actor(name, "wencheng")
    body = talk.enrolment(name, "bidder", "wencheng")
    return talk.entry("venue/wencheng", "person.enrolled", body)


def test_a_fold_forgets_what_a_work_came_to_nothing_with(two, talk):
    """Another process writes at the place that the work had."""
    ours, theirs = two
    book = RecordBook(venue="fenghua", store=ours, shared=True)
    lost, kept = at_branch(talk), warning(talk, "Please wait.")

    def undone(tx):
        fold = book.ahead(SESSION, tx)
        fold.take_placed([keep(tx, "wencheng", lost)])
        raise StoreError("gap")

    def look(tx):
        fold = book.ahead(SESSION, tx)
        return fold.size, fold.ordered.people.persons.keys(), tx.head(SESSION).size

    with pytest.raises(StoreError):
        ours.write(undone).result(WAIT_S)
    theirs.write(lambda tx: keep(tx, "fenghua", kept)).result(WAIT_S)
    size, persons, stored = ours.write(look).result(WAIT_S)
    assert (size, "bidder-branch" in persons) == (stored, False)


def test_who_looks_sees_what_another_process_has_committed(two, talk):
    ours, theirs = two
    book = RecordBook(venue="fenghua", store=ours, shared=True)
    told = []
    book.on_news(lambda _session, news: told.extend(news))
    with book.reading(SESSION) as fold:
        before = len(fold.procedure.warnings)
    theirs.write(lambda tx: keep(tx, "fenghua", warning(talk, "Please wait."))).result(WAIT_S)
    with book.reading(SESSION) as fold:
        assert len(fold.procedure.warnings) == before + 1
        theirs.write(lambda tx: keep(tx, "fenghua", warning(talk, "Go on."))).result(WAIT_S)
        with book.reading(SESSION) as held:
            assert len(held.procedure.warnings) == before + 1  # it is held still
    with book.settled(SESSION) as fold:
        assert len(fold.procedure.warnings) == before + 2
    kinds = [stored.kind for stored in told]  # from the founding on: it was read before it was told
    assert kinds[0] == "session.founded"
    assert kinds[-2:] == ["supervisor.warned"] * 2
    assert len(kinds) == len({(stored.origin, stored.n) for stored in told})


def test_who_is_told_of_news_and_looks_is_not_told_of_more_within(two, talk):
    """Else a process that others outrun would look deeper and deeper."""
    ours, theirs = two
    book = RecordBook(venue="fenghua", store=ours, shared=True)
    depth, deepest, sizes = 0, 0, []

    def tell(session, _news):
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)
        if len(sizes) < 3:
            more = warning(talk, f"Please wait {len(sizes)}.")
            theirs.write(lambda tx: keep(tx, "fenghua", more)).result(WAIT_S)
            with book.settled(session) as fold:
                sizes.append(fold.size)
        depth -= 1

    book.on_news(tell)
    for _ in range(3):
        book.follow(SESSION)
    assert (deepest, sizes) == (1, [len(talk.lines) + more for more in range(3)])


def test_a_venue_log_is_read_by_nobody_as_a_session(two, talk):
    book = RecordBook(venue="fenghua", store=two[0], shared=True)
    two[0].write(lambda tx: tx.found("log.fenghua", "fenghua")).result(WAIT_S)
    with pytest.raises(RefusedError, match="no such session"), book.reading("log.fenghua"):
        pytest.fail("it was opened")
    assert talk.lines


def test_undoing_is_told_to_the_work_that_came_to_nothing(two, talk):
    store, told = two[0], []

    def failing(tx):
        tx.on_undo(lambda whole: told.append(("failing", whole)))
        raise StoreError("gap")

    def fine(tx):
        tx.on_undo(lambda whole: told.append(("fine", whole)))

    def broken(tx):
        tx._connection.exec_driver_sql("ROLLBACK")

    with pytest.raises(StoreError):
        store.write(failing).result(WAIT_S)
    store.write(fine).result(WAIT_S)
    assert told == [("failing", False)]
    go, started = threading.Event(), threading.Event()

    def hold(_tx):
        started.set()
        assert go.wait(WAIT_S)

    store.write(hold)
    assert started.wait(WAIT_S)
    futures = [store.write(fine), store.write(broken)]
    go.set()
    assert [one.exception(WAIT_S).code for one in futures] == ["storage_fault"] * 2
    assert told[1:] == [("fine", True)]
    assert talk.lines


def test_edges_say_how_far_sessions_go(two, talk):
    two[0].write(lambda tx: tx.found("b-session", "wencheng")).result(WAIT_S)
    own = sum(1 for line in talk.lines if line.origin == "fenghua")
    with two[1].read() as reader:
        edges = [(edge.session, edge.size, edge.n) for edge in reader.edges("fenghua")]
        [one] = reader.edges("wencheng", session="b-session")
    assert edges == [("b-session", 0, 0), (SESSION, len(talk.lines), own)]
    assert (one.size, one.n, one.awaiting) == (0, 0, ())


def test_two_processes_may_note_the_same_thing(two):
    kept = KeptFile("aa" * 32, 3, "application/pdf", "officer-a", 1)
    use = FileUse(SESSION, kept.sha256, 3, "document", "bb" * 32)
    works = [
        lambda tx: tx.add_file(kept),
        lambda tx: tx.name_file(use),
        lambda tx: tx.put_peer_line(PeerLine("wencheng", up=True, since_ms=7)),
    ]
    for work in works:
        futures = [store.write(work) for store in two for _ in range(4)]
        outcomes = [future.result(WAIT_S) for future in futures]
        assert sorted(filter(None, outcomes)) in ([], [True])
    with two[0].read() as reader:
        assert reader.file(kept.sha256) == kept
        assert reader.session_files(SESSION) == [use]
        assert reader.peer_lines() == [PeerLine("wencheng", up=True, since_ms=7)]
        assert reader.conflict_count() == 0


# What only PostgreSQL has: rows that another process has locked.


@pytest.fixture
def shared_url(migrated_postgresql_url):
    return migrated_postgresql_url()


@pytest.fixture
def shared_store(shared_url):
    store = SqlRecordStore(shared_url)
    store.write(lambda tx: [tx.found(name, "fenghua") for name in ("one", "two")]).result(WAIT_S)
    yield store
    store.close()


def test_a_batch_ends_before_a_head_that_another_process_holds(shared_store, shared_url):
    """What was before it is committed at once; the rest waits with no lock in hand."""
    go, started = threading.Event(), threading.Event()

    def hold(_tx):
        started.set()
        assert go.wait(WAIT_S)

    def raise_epoch(name):
        return lambda tx: tx.raise_epoch(name)

    other = create_engine(database_url(shared_url))
    with other.connect() as connection:
        connection.execute(text("SELECT * FROM head WHERE session = 'two' FOR UPDATE"))
        waiting = shared_store.write(hold)
        assert started.wait(WAIT_S)
        first, second = (shared_store.write(raise_epoch(name)) for name in ("one", "two"))
        go.set()
        assert (waiting.result(WAIT_S), first.result(WAIT_S)) == (None, 2)
        assert not second.done()
        one = text("SELECT epoch FROM head WHERE session = 'one' FOR UPDATE NOWAIT")
        assert connection.execute(one).scalar() == 2  # nobody holds it
        connection.rollback()
    other.dispose()
    assert second.result(WAIT_S) == 2
    with shared_store.read() as reader:
        verify_records(reader)


def test_text_that_the_database_cannot_hold_is_refused_and_nothing_more(shared_store):
    for session in ("\0", "a\0b"):
        with pytest.raises(InputError, match="text"), shared_store.read() as reader:
            reader.head(session)
        written = shared_store.write(lambda tx, name=session: tx.found(name, "fenghua"))
        with pytest.raises(InputError, match="text"):
            written.result(WAIT_S)
    assert shared_store.state == "running"
    with shared_store.read() as reader:
        assert reader.sessions() == ["one", "two"]


def test_the_watch_goes_over_when_its_holder_hangs(shared_url):
    one, other = (PostgresWatchLock(shared_url, silence_s=1) for _ in range(2))
    assert (one.take(), other.take()) == (True, False)
    end = time.monotonic() + WAIT_S
    while not other.take():
        assert time.monotonic() < end
        time.sleep(0.1)
    assert (one.take(), other.take()) == (False, True)
    for lock in (one, other):
        lock.leave()


def test_one_process_keeps_the_watch(shared_url):
    one, other = PostgresWatchLock(shared_url), PostgresWatchLock(shared_url)
    assert (one.take(), other.take(), one.take()) == (True, False, True)
    one.leave()
    assert (other.take(), one.take()) == (True, False)
    for leaving, coming in [(other, one), (one, other)] * 20:
        leaving.leave()
        assert (coming.take(), leaving.take()) == (True, False)
    other.leave()
    one.leave()


def test_the_watch_goes_over_when_its_connection_dies(shared_url):
    one, other = PostgresWatchLock(shared_url), PostgresWatchLock(shared_url)
    assert (one.take(), other.take()) == (True, False)
    with psycopg.connect(shared_url, autocommit=True) as connection:
        pid = one._connection.info.backend_pid
        connection.execute("SELECT pg_terminate_backend(%s, %s)", (pid, WAIT_S * 1_000))
    assert (other.take(), one.take()) == (True, False)
    other.leave()
    assert one.take()
    one.leave()


def test_venues_in_one_database_keep_their_own_watch(migrated_postgresql_url):
    locks = [PostgresWatchLock(migrated_postgresql_url()) for _ in range(2)]
    assert [lock.take() for lock in locks] == [True, True]
    for lock in locks:
        lock.leave()


def test_no_watch_without_a_database():
    lock = PostgresWatchLock("postgresql://127.0.0.1:1/none")
    assert lock.take() is False
