"""The newest lines of a numbering are at hand, without gaps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bideval.actions.recent import KEPT_LINES, Recent


def kept(*numbers: int) -> Recent:
    recent = Recent()
    for number in numbers:
        recent.add(number, f"line {number}")
    return recent


def test_nothing_is_at_hand_before_the_first_line():
    assert Recent().since(0, 10) is None


def test_lines_come_from_a_number_on_and_no_more_than_asked():
    recent = kept(4, 5, 6, 7)

    assert recent.since(5, 10) == ["line 5", "line 6", "line 7"]
    assert recent.since(5, 2) == ["line 5", "line 6"]


def test_what_is_older_or_has_not_come_is_not_at_hand():
    recent = kept(4, 5)

    assert recent.since(3, 10) is None
    assert recent.since(6, 10) is None


def test_line_that_came_before_is_not_taken_again():
    recent = kept(4, 5)

    recent.add(4, "another")

    assert recent.since(4, 10) == ["line 4", "line 5"]


def test_gap_forgets_what_was_before_it():
    recent = kept(4, 5, 9)

    assert recent.since(5, 10) is None
    assert recent.since(9, 10) == ["line 9"]


@given(st.integers(0, 3 * KEPT_LINES), st.integers(0, 3 * KEPT_LINES), st.integers(1, 9))
def test_answer_is_what_the_record_holds_or_none(size, start, limit):
    recent = kept(*range(size))

    found = recent.since(start, limit)

    at_hand = max(0, size - KEPT_LINES) <= start < size
    record = [f"line {number}" for number in range(size)]
    assert found == (record[start : start + limit] if at_hand else None)
