"""What a venue sees: the record in main's order, and behind it its own lines without a place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.actions import folds
from bideval.actions.appending import stored_line
from bideval.actions.folds import Fold
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import Line, chain_next, chain_start, encode_line
from bideval.ports import OriginHead
from tests.unit.session.conversation import SESSION, Conversation

BRANCH = "wencheng"


@dataclass
class Record:
    """A venue's store in memory: lines of all origins, some with a position."""

    placed: list = field(default_factory=list)
    heads: dict = field(default_factory=dict)
    waiting: list = field(default_factory=list)

    def write(self, origin, jws, *, place):
        head = self.heads.get(origin, OriginHead(0, chain_start(SESSION, origin)))
        raw = encode_line(Line(origin, head.n + 1, jws))
        chain = chain_next(head.chain, raw)
        self.heads[origin] = OriginHead(head.n + 1, chain)
        stored = stored_line(SESSION, raw, parse_entry(jws), chain=chain, position=None)
        if place:
            return self.place(stored)
        self.waiting.append(stored)
        return stored

    def place(self, stored):
        self.waiting = [one for one in self.waiting if one.line != stored.line]
        placed = replace(stored, position=len(self.placed))
        self.placed.append(placed)
        return placed

    def lines(self, _session, start, limit):
        return self.placed[start : start + limit]

    def origin_lines(self, _session, origin, first_n, limit):
        own = [one for one in [*self.placed, *self.waiting] if one.origin == origin]
        own.sort(key=lambda one: one.n)
        return own[first_n - 1 : first_n - 1 + limit]


def founded():
    """Return a conversation with people, and a record that holds it in order."""
    talk = Conversation()
    talk.found()
    talk.people()
    record = Record()
    for line in talk.lines:
        record.write(line.origin, line.jws, place=True)
    return talk, record


def branch_bidder(talk, name="bidder-branch"):
    """Return the enrolment of a bidder at the branch, unsaid."""
    talk.actor(name, BRANCH)
    body = talk.enrolment(name, "bidder", BRANCH)
    return talk.entry(f"venue/{BRANCH}", "person.enrolled", body)


def warning(talk, text="Please wait."):
    return talk.entry("supervisor-gu", "supervisor.warned", {"text": text})


def test_fold_follows_the_record():
    talk, record = founded()
    fold = Fold(SESSION, BRANCH)
    assert len(fold.catch_up(record)) == len(talk.lines)
    assert fold.session.people.persons.keys() == talk.session.people.persons.keys()
    assert fold.catch_up(record) == []


def test_fold_reads_page_by_page(monkeypatch):
    monkeypatch.setattr(folds, "PAGE_LINES", 3)
    talk, record = founded()
    fold = Fold(SESSION, BRANCH)
    fold.catch_up(record)
    assert fold.size == len(talk.lines)


def test_own_line_is_seen_before_it_has_a_place():
    talk, record = founded()
    fold = Fold(SESSION, BRANCH)
    fold.catch_up(record)
    record.write(BRANCH, branch_bidder(talk), place=False)
    fold.catch_up(record)
    assert "bidder-branch" in fold.session.people.persons
    assert "bidder-branch" not in fold.ordered.people.persons


def test_line_of_others_goes_before_own_lines_without_a_place():
    talk, record = founded()
    fold = Fold(SESSION, BRANCH)
    record.write(BRANCH, branch_bidder(talk), place=False)
    fold.catch_up(record)
    record.write("fenghua", warning(talk), place=True)
    fold.catch_up(record)
    person = fold.session.people.persons["bidder-branch"]
    assert person.position == fold.size
    assert [one.position for one in fold.session.procedure.warnings] == [fold.size - 1]


def test_record_alone_remains_when_own_lines_are_placed():
    talk, record = founded()
    fold = Fold(SESSION, BRANCH)
    own = record.write(BRANCH, branch_bidder(talk), place=False)
    fold.catch_up(record)
    record.write("fenghua", warning(talk), place=True)
    record.place(own)
    fold.catch_up(record)
    assert fold.session is fold.ordered
    assert fold.session.size == len(record.placed)


def test_lines_just_written_are_taken_only_where_they_are_the_very_next():
    talk, record = founded()
    fold, read = Fold(SESSION, BRANCH), Fold(SESSION, BRANCH)
    fold.catch_up(record)
    before = fold.own
    first = record.write("fenghua", warning(talk), place=True)
    second = record.write("fenghua", warning(talk, "Please go on."), place=True)
    own = record.write(BRANCH, branch_bidder(talk), place=False)
    later = record.write(BRANCH, branch_bidder(talk, "bidder-later"), place=False)
    assert not fold.take_next([])
    assert not fold.take_next([second])
    assert not fold.take_next([second, first])
    assert not fold.take_next([later])
    assert not fold.take_next([replace(own, origin="fenghua")])
    assert (fold.size, fold.own) == (len(talk.lines), before)
    assert fold.take_next([own])
    assert fold.take_next([first, second])
    assert fold.take_next([later])
    assert not fold.take_next([first])
    read.catch_up(record)
    assert (fold.size, fold.own) == (read.size, read.own) == (len(record.placed), before + 2)
    assert fold.session.people.persons == read.session.people.persons
    assert fold.session.procedure.warnings == read.session.procedure.warnings


def test_copy_of_a_fold_goes_its_own_way():
    talk, record = founded()
    fold = Fold(SESSION, BRANCH)
    record.write(BRANCH, branch_bidder(talk), place=False)
    fold.catch_up(record)
    twin = fold.copy()
    own = record.write(BRANCH, branch_bidder(talk, "bidder-later"), place=False)
    record.write("fenghua", warning(talk), place=True)
    twin.catch_up(record)
    assert "bidder-later" not in fold.session.people.persons
    assert fold.session.procedure.warnings == []
    assert {"bidder-branch", "bidder-later"} <= twin.session.people.persons.keys()
    assert len(twin.session.procedure.warnings) == 1
    assert (fold.own, twin.own) == (own.n - 1, own.n)
    fold.catch_up(record)
    assert fold.session.people.persons == twin.session.people.persons


def test_fold_does_not_follow_a_store_that_lost_lines():
    talk, record = founded()
    fold = Fold(SESSION, BRANCH)
    before = record.heads[BRANCH]
    record.write(BRANCH, branch_bidder(talk), place=True)
    fold.catch_up(record)
    assert fold.follows(fold.size, record.heads[BRANCH])
    assert not fold.follows(fold.size - 1, record.heads[BRANCH])
    assert not fold.follows(fold.size, before)
    assert not fold.follows(fold.size, OriginHead(fold.own, b"another chain"))


@given(st.lists(st.sampled_from(["own", "other", "place", "read"]), max_size=14), st.data())
@settings(max_examples=30, deadline=None)
def test_fold_read_at_any_moment_is_the_fold_of_what_there_is(acts, data):
    talk, record = founded()
    fold = Fold(SESSION, BRANCH)
    for number, act in enumerate(acts):
        if act == "own":
            record.write(BRANCH, branch_bidder(talk, f"bidder-{number}"), place=False)
        elif act == "other":
            record.write("fenghua", warning(talk, f"Please wait {number}."), place=True)
        elif act == "place" and record.waiting:
            record.place(record.waiting[0])
        elif act == "read" and data.draw(st.booleans()):
            fold.catch_up(record)
    fold.catch_up(record)
    fresh = Fold(SESSION, BRANCH)
    fresh.catch_up(record)
    assert fold.session.places == fresh.session.places
    assert fold.session.people.persons == fresh.session.people.persons
    assert fold.ordered.size == fresh.ordered.size == len(record.placed)


def test_lines_of_some_kinds_may_be_left_out_where_nothing_else_waits():
    talk, record = founded()
    fold = Fold(SESSION, BRANCH)
    record.write(BRANCH, branch_bidder(talk), place=False)
    fold.catch_up(record)
    assert fold.without({"person.enrolled"}) is fold.ordered
    assert fold.without({"mark.sealed"}) is fold.session
    assert fold.without(()) is fold.session
    assert fold.session is not fold.ordered
