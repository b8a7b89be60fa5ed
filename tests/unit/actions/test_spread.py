"""Saved here, saved by the session: main and at least one other venue have it."""

from __future__ import annotations

import pytest

from bideval.actions.spread import Spread
from bideval.ports import StoredLine


def line(origin, n, position):
    return StoredLine(
        session="s-1",
        origin=origin,
        n=n,
        position=position,
        author="officer-a",
        entry_id="x",
        entry_hash="y",
        kind="phase.ordered",
        line=b"",
        chain=b"",
    )


@pytest.mark.parametrize(
    ("origin", "position", "size", "state"),
    [
        ("fenghua", 4, 0, "here"),
        ("fenghua", 4, 4, "here"),
        ("fenghua", 4, 5, "session"),
        ("wencheng", 4, 0, "session"),
        ("fenghua", None, 9, "here"),
    ],
)
def test_line_is_saved_by_the_session_when_another_venue_has_it(origin, position, size, state):
    spread = Spread("fenghua")
    spread.elsewhere("s-1", size)
    assert spread.state_of(line(origin, 3, position)) == state


def test_branch_line_is_saved_by_the_session_when_main_has_it():
    spread = Spread("wencheng")
    own = line("wencheng", 3, None)
    spread.at_main("s-1", 2)
    assert spread.state_of(own) == "here"
    spread.at_main("s-1", 3)
    assert spread.state_of(own) == "session"


def test_spread_never_shrinks_and_tells_growth_only():
    spread, told = Spread("fenghua"), []
    spread.on_growth(lambda *growth: told.append(growth))
    for size in (3, 2, 3, 7):
        spread.elsewhere("s-1", size)
    assert told == [("s-1", 0, 3), ("s-1", 3, 7)]
    assert (spread.size("s-1"), spread.size("s-2")) == (7, 0)
