"""Several server processes on one database keep numbers and places without gaps."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bideval.ports import StoreError
from bideval.store.record_store import SqlRecordStore
from bideval.store.verification import verify_records

SCRIPT = Path(__file__).with_name("appending.py")
ENTRIES = 150
WAIT_S = 100


def start(store_url, author, *, origin, name):
    command = [SCRIPT, store_url, author.session, origin, name, 0, ENTRIES]
    return subprocess.Popen(
        [sys.executable, *(str(part) for part in command)], stdout=subprocess.PIPE, text=True
    )


def test_two_processes_number_one_origin_without_gaps(founded, store_url, author):
    processes = [start(store_url, author, origin="fenghua", name=f"officer-{x}") for x in "ab"]
    told = [process.communicate(timeout=WAIT_S)[0].split("\n") for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    with founded.read() as reader:
        verify_records(reader)
        lines = reader.lines(author.session, 0, 10_000)
    assert [line.position for line in lines] == list(range(2 * ENTRIES))
    assert sorted(line.n for line in lines) == list(range(1, 2 * ENTRIES + 1))
    hashes = {row.split()[2] for rows in told for row in rows if row}
    assert hashes == {line.entry_hash for line in lines}


def test_a_reader_by_position_never_skips_a_late_commit(founded, store_url, author):
    """ProZorro's feed was ordered by the start of the writing; late commits were never read."""
    processes = [start(store_url, author, origin=x, name=f"officer-{x}") for x in ("aa", "bb")]
    seen = []
    while len(seen) < 2 * ENTRIES:
        with founded.read() as reader:
            page = reader.lines(author.session, len(seen), 1_000)
        assert [line.position for line in page] == list(range(len(seen), len(seen) + len(page)))
        seen += page
        if all(process.poll() is not None for process in processes) and not page:
            break
    for process in processes:
        process.communicate(timeout=WAIT_S)
    with founded.read() as reader:
        assert seen == reader.lines(author.session, 0, 10_000)
    assert len(seen) == 2 * ENTRIES


def test_stores_that_lock_sessions_crosswise_both_finish(founded, store_url, author):
    """Batches of two processes meet in opposite order: a deadlock is passing, not a fault.

    Who gives way again and again is told to come later, and does, as a page's outbox does.
    """
    founded.write(lambda tx: tx.found("b-session", "fenghua")).result(timeout=20)
    other = SqlRecordStore(store_url, checkpoints=False)
    orders = {founded: (author.session, "b-session"), other: ("b-session", author.session)}

    def write_many(store, sessions):
        def raise_both(tx):
            return [tx.raise_epoch(session) for session in sessions]

        for _ in range(8):
            while (error := store.write(raise_both).exception(timeout=WAIT_S)) is not None:
                assert error.code == "store_busy"

    threads = [threading.Thread(target=write_many, args=pair) for pair in orders.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    other.close()
    with founded.read() as reader:
        assert [reader.head(s).epoch for s in orders[founded]] == [17, 17]
    assert founded.state == "running"


def test_record_that_one_process_stops_takes_nothing_from_another(founded, store_url, author):
    other = SqlRecordStore(store_url, checkpoints=False)
    try:
        other.write(author.work(1)).result(timeout=20)
        other.write(lambda tx: author.add(tx, author.entry(2), place=False)).result(timeout=20)
        stops = [
            founded.write(lambda tx, proof=proof: tx.stop(author.session, proof)).result(timeout=20)
            for proof in ("proof", "later")
        ]
        assert stops == [True, False]
        refused = []
        for work in (author.work(3), lambda tx: tx.place(author.session, author.origin, 2, b"")):
            with pytest.raises(StoreError) as caught:
                other.write(work).result(timeout=20)
            refused.append(caught.value.code)
        assert refused == ["session_stopped"] * 2
        with other.read() as reader:
            head = reader.head(author.session)
    finally:
        other.close()
    assert (head.size, head.stopped) == (1, "proof")


def test_record_that_is_stopped_while_another_process_writes_ends_there(founded, store_url, author):
    """Whatever was told as written before is there; the writer is refused in the end."""
    command = [SCRIPT, store_url, author.session, "fenghua", "officer-a", 0]
    with subprocess.Popen(
        [sys.executable, *(str(part) for part in command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as writing:
        told = [writing.stdout.readline() for _ in range(20)]
        founded.write(lambda tx: tx.stop(author.session, "proof")).result(timeout=20)
        with founded.read() as reader:
            size = reader.head(author.session).size
        rest, complaint = writing.communicate(timeout=WAIT_S)
    told += [row for row in rest.split("\n") if row]
    assert "session_stopped" in complaint
    with founded.read() as reader:
        verify_records(reader)
        assert reader.head(author.session).size == size >= len(told)
