"""The store against a model: any order of founding, adding, placing, failing and reopening."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from operator import methodcaller
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bideval.ledger.line import Line, chain_next, chain_start, encode_line
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.ports import StoreError
from bideval.store.record_store import SqlRecordStore
from bideval.store.verification import verify_records
from bideval.terms.errors import RefusedError

SESSIONS = st.sampled_from(["a-session", "b-session"])
ORIGINS = st.sampled_from(["fenghua", "wencheng"])


class StoreMachine(RuleBasedStateMachine):
    """Works on a store at a fresh address; the subclass says where and who writes."""

    new_url = None
    make_author = None

    @initialize()
    def open(self):
        self.url = self.new_url()
        self.store = SqlRecordStore(self.url)
        self.founded = set()
        self.lines = {}
        self.places = {}
        self.number = 0

    def write(self, work):
        return self.store.write(work).result(timeout=20)

    def next_entry(self, session, origin):
        self.number += 1
        author = self.make_author(session=session, origin=origin, name=f"officer-{origin}")
        return author, author.entry(self.number)

    @rule(session=SESSIONS)
    def found(self, session):
        if session in self.founded:
            self.refused("already_founded", lambda tx: tx.found(session, "fenghua"))
        else:
            self.write(lambda tx: tx.found(session, "fenghua"))
            self.founded.add(session)

    @rule(session=SESSIONS, origin=ORIGINS, place=st.booleans())
    def add(self, session, origin, place):
        author, entry = self.next_entry(session, origin)
        work = partial(author.add, entry=entry, place=place)
        if session not in self.founded:
            self.refused("unknown_session", work)
            return
        mine = self.lines.setdefault((session, origin), [])
        placed = self.places.setdefault(session, [])
        expected = (len(mine) + 1, len(placed) if place else None)
        assert self.write(work) == expected
        mine.append(encode_line(Line(origin, len(mine) + 1, entry.jws)))
        if place:
            placed.append((origin, len(mine)))

    @rule(session=SESSIONS, origin=ORIGINS, count=st.integers(1, 5))
    def add_and_fail(self, session, origin, count):
        author = self.make_author(session=session, origin=origin, name=f"officer-{origin}")
        entries = [author.entry(self.number + 1 + n) for n in range(count)]

        def broken(tx):
            for entry in entries:
                author.add(tx, entry)
            raise RefusedError("not_now")

        code = "not_now" if session in self.founded else "unknown_session"
        self.refused(code, broken)

    @precondition(lambda self: self.lines)
    @rule(data=st.data())
    def place_a_waiting_line(self, data):
        session, origin = data.draw(st.sampled_from(sorted(self.lines)))
        n = data.draw(st.integers(1, len(self.lines[session, origin]) + 1))
        line = [*self.lines[session, origin], b""][n - 1]
        work = methodcaller("place", session, origin, n, leaf_hash(line))
        placed = self.places.setdefault(session, [])
        if n > len(self.lines[session, origin]):
            self.refused("unknown_line", work)
        elif (origin, n) in placed:
            self.refused("already_placed", work)
        else:
            assert self.write(work) == len(placed)
            placed.append((origin, n))

    @precondition(lambda self: self.lines)
    @rule(data=st.data(), skip=st.integers(1, 3))
    def add_past_the_end(self, data, skip):
        session, origin = data.draw(st.sampled_from(sorted(self.lines)))
        _, entry = self.next_entry(session, origin)
        line = Line(origin, len(self.lines[session, origin]) + 1 + skip, entry.jws)
        self.refused("gap", lambda tx: tx.add_line(session, line, entry=entry, chain=b""))

    @precondition(lambda self: self.lines)
    @rule(data=st.data())
    def add_a_fork(self, data):
        session, origin = data.draw(st.sampled_from(sorted(self.lines)))
        _, entry = self.next_entry(session, origin)
        line = Line(origin, data.draw(st.integers(1, len(self.lines[session, origin]))), entry.jws)
        self.refused("fork", lambda tx: tx.add_line(session, line, entry=entry, chain=b""))

    @rule()
    def reopen(self):
        self.store.close()
        self.store = SqlRecordStore(self.url)

    def refused(self, code, work):
        error = self.store.write(work).exception(timeout=20)
        assert isinstance(error, StoreError | RefusedError)
        assert error.code == code

    @invariant()
    def the_store_is_the_model(self):
        with self.store.read() as reader:
            assert set(reader.sessions()) == self.founded
            verify_records(reader)
            for (session, origin), mine in self.lines.items():
                found = reader.origin_lines(session, origin, 1, 1_000)
                assert [line.line for line in found] == mine
                chain = chain_start(session, origin)
                for line in mine:
                    chain = chain_next(chain, line)
                assert reader.origin_head(session, origin).chain == chain
            for session in self.founded:
                self.the_record_is_the_model(reader, session)

    def the_record_is_the_model(self, reader, session):
        placed = self.places.get(session, [])
        found = reader.lines(session, 0, 1_000)
        assert [(line.origin, line.n) for line in found] == placed
        leaves = [leaf_hash(self.lines[session, origin][n - 1]) for origin, n in placed]
        assert reader.head(session).root == tree_root(leaves)
        waiting = {(line.origin, line.n) for line in reader.unplaced(session, 1_000)}
        everything = {
            (origin, n)
            for (of, origin), mine in self.lines.items()
            if of == session
            for n in range(1, len(mine) + 1)
        }
        assert waiting == everything - set(placed)

    def teardown(self):
        self.store.close()


def machine_for(new_url, make_author):
    """Return the state machine over stores at fresh addresses."""
    places = {"new_url": staticmethod(new_url), "make_author": staticmethod(make_author)}
    return type("Machine", (StoreMachine,), places)


@pytest.mark.timeout(180)
def test_sqlite_keeps_to_the_model(sqlite_template, make_author):
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(1_000_000))

        def new_url():
            path = Path(folder) / f"{next(numbers)}.sqlite"
            shutil.copy(sqlite_template, path)
            return f"sqlite:///{path}"

        run(machine_for(new_url, make_author), examples=25)


@pytest.mark.timeout(180)
def test_postgresql_keeps_to_the_model(migrated_postgresql_url, make_author):
    run(machine_for(migrated_postgresql_url, make_author), examples=10)


def run(machine, *, examples):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
