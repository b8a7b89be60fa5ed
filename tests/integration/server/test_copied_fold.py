"""Readers take over what the writer has folded of a batch: once it is on the disk, and no more."""

from __future__ import annotations

from itertools import count

import pytest

from bideval.actions import arrivals, peering
from bideval.actions.appending import admit_and_keep, write_entry
from bideval.actions.folds import Fold, taken_apart
from bideval.terms.errors import EvidenceError
from tests.integration.server.offline_venues import (
    SESSION,
    Supervisor,
    carry,
    down_word,
    found,
    head_of,
    plan_province,
    started,
    up_word,
)

MAIN, BRANCH = "fenghua", "wencheng"
SIZE = (99, 1 << 20)


@pytest.fixture
def province(tmp_path, monkeypatch):
    monkeypatch.setattr(arrivals, "COPIED_LINES", 2)
    numbers = count(1)
    settings = plan_province(
        tmp_path, (MAIN, BRANCH), lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.sqlite'}"
    )
    with started(settings[MAIN]) as main, started(settings[BRANCH]) as branch:
        found(main, [BRANCH])
        carry(main, branch)
        people = {venue.id: Supervisor(venue, f"supervisor-{venue.id}") for venue in (main, branch)}
        for venue in (main, branch):
            people[venue.id].join(venue)
            carry(main, branch)
        yield main, branch, people


@pytest.fixture
def taken(monkeypatch):
    """Note for each batch whether readers took over the writer's fold."""
    told = []
    asked = Fold.is_continued

    def note(fold, later, lines):
        told.append(asked(fold, later, lines))
        return told[-1]

    monkeypatch.setattr(Fold, "is_continued", note)
    return told


def everything(session):
    return {name: value for name, value in vars(session).items() if not name.startswith("_")}


def check_readers(venue):
    """What readers see is what the lines in the store fold to."""
    fresh = Fold(SESSION, venue.id)
    with venue.devices.store.read() as reader:
        fresh.catch_up(reader)
    with venue.book.reading(SESSION) as seen:
        assert everything(seen) == everything(fresh.session)
    with venue.book.settled(SESSION) as seen:
        assert everything(seen) == everything(fresh.ordered)


def down(main, branch, word=None):
    size = head_of(branch).size
    lines = peering.read_down(main, BRANCH, SESSION, size + 1, size=SIZE)
    word = word or down_word(main, size + len(lines))
    arrivals.commit_down(branch, SESSION, MAIN, lines, word=word)


def up(main, branch):
    with main.devices.store.read() as reader:
        first = reader.origin_head(SESSION, BRANCH).n + 1
    lines = peering.read_up(branch, MAIN, SESSION, first, size=SIZE)
    arrivals.commit_up(main, SESSION, lines, word=up_word(branch, first + len(lines) - 1))


def test_batch_of_main_and_lines_that_wait_for_places(province, taken):
    main, branch, people = province
    for text in "abc":
        people[MAIN].warn(main, text)
        people[BRANCH].warn(branch, text)
    with branch.book.reading(SESSION) as seen:
        before = seen.size
    down(main, branch)
    assert taken == [True]
    check_readers(branch)
    with branch.book.reading(SESSION) as seen, branch.book.settled(SESSION) as settled:
        assert (seen.size, settled.size) == (before + 3, before)
    up(main, branch)
    down(main, branch)
    assert taken == [True] * 3
    for venue in (main, branch):
        check_readers(venue)
    people[BRANCH].warn(branch, "d")
    check_readers(branch)


def test_writer_that_goes_on_shows_readers_nothing_of_it(province, taken):
    main, branch, people = province
    for text in "ab":
        people[MAIN].warn(main, text)
    down(main, branch)
    assert taken == [True]
    entry = taken_apart(people[BRANCH].entry("never on the disk"))

    def work(tx):
        fold = branch.book.ahead(SESSION, tx)
        size = fold.session.size
        admit_and_keep(branch, tx, entry, people[BRANCH].key.public)
        assert fold.session.size == size + 1
        raise EvidenceError("thrown_away")

    with pytest.raises(EvidenceError):
        branch.devices.store.write(work).result()
    check_readers(branch)
    assert write_entry(branch, entry, people[BRANCH].key.public).fresh
    check_readers(branch)


def test_batch_that_is_refused_at_its_end_is_never_seen(province, taken):
    """The last thing that a work looks at is what main has signed: the fold is made by then."""
    main, branch, people = province
    people[MAIN].warn(main, "a")
    people[MAIN].warn(main, "b")
    size = head_of(branch).size
    right = down_word(main, size + 2)
    wrong = type(right)(SESSION, right.stream, right.n, b"?" * 32, right.signature)
    with pytest.raises(EvidenceError):
        down(main, branch, wrong)
    assert (head_of(branch).size, taken) == (size, [])
    check_readers(branch)
    down(main, branch)
    assert taken == [True]
    check_readers(branch)


def test_fold_is_taken_over_only_where_it_is_the_next(province):
    main, branch, people = province
    first = Fold(SESSION, BRANCH)
    with branch.devices.store.read() as reader:
        first.catch_up(reader)
    start = first.copy()
    for text in "ab":
        people[MAIN].warn(main, text)
    down(main, branch)
    with branch.devices.store.read() as reader:
        lines = first.catch_up(reader)
    assert start.is_continued(first, lines)
    assert not start.is_continued(first, lines[1:])
    assert not start.is_continued(first, lines[:1])
    assert not first.is_continued(first, lines)
    people[BRANCH].warn(branch, "an own line that readers were not told of")
    with branch.devices.store.read() as reader:
        first.catch_up(reader)
    assert not start.is_continued(first, lines)
