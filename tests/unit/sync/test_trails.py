"""Running digests of both directions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.ledger.line import chain_start
from bideval.ledger.tree import EMPTY_ROOT
from bideval.sync.trails import Direction, Mark, trail_at
from bideval.terms.errors import EvidenceError
from tests.unit.sync.playbook import SESSION, chain, frontier, lines, root


def at(direction, n=0, state=b""):
    return trail_at(direction, session=SESSION, origin="wencheng", n=n, state=state)


def test_nothing_yet_is_the_chains_start_and_the_empty_root():
    marks = [at(direction).mark() for direction in Direction]
    assert marks == [Mark(0, chain_start(SESSION, "wencheng")), Mark(0, EMPTY_ROOT)]


@given(st.integers(0, 12), st.integers(0, 12))
def test_trail_from_storage_goes_on_like_one_from_the_start(before, after):
    written = lines("wencheng", before + after)
    up = at(Direction.UP, before, chain("wencheng", written[:before]))
    down = at(Direction.DOWN, before, frontier(written[:before]).to_bytes())
    for line in written[before:]:
        up.extend(line)
        down.extend(line)
    n = before + after
    assert (up.mark(), up.n) == (Mark(n, chain("wencheng", written)), n)
    assert (down.mark(), down.n) == (Mark(n, root(written)), n)


@pytest.mark.parametrize("direction", Direction)
def test_copy_stays_behind(direction):
    trail = at(direction)
    copy = trail.copy()
    trail.extend(lines("wencheng", 1)[0])
    assert (copy.n, trail.n) == (0, 1)


@pytest.mark.parametrize("direction", Direction)
def test_bytes_that_are_no_line_are_refused_and_change_nothing(direction):
    trail = at(direction)
    before = trail.mark()
    with pytest.raises(EvidenceError) as caught:
        trail.extend(b"wencheng 01 e.a.s")
    assert (caught.value.code, trail.mark()) == ("line_malformed", before)


@pytest.mark.parametrize("wrong", [*lines("wencheng", 1, first=2), *lines("fenghua", 1)])
def test_chain_takes_only_its_own_next_line(wrong):
    trail = at(Direction.UP)
    with pytest.raises(EvidenceError) as caught:
        trail.extend(wrong)
    assert (caught.value.code, trail.n) == ("line_order", 0)


@pytest.mark.parametrize(
    ("direction", "n", "state", "code"),
    [
        (Direction.UP, 1, b"", "mark_state"),
        (Direction.UP, 1, b"short", "mark_state"),
        (Direction.DOWN, 1, b"", "mark_state"),
        (Direction.DOWN, 2, frontier(lines("wencheng", 3)).to_bytes(), "mark_state"),
        (Direction.DOWN, 2, b"short", "frontier_malformed"),
    ],
)
def test_state_that_does_not_fit_is_refused(direction, n, state, code):
    with pytest.raises(EvidenceError) as caught:
        at(direction, n, state)
    assert caught.value.code == code
