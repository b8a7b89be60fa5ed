"""Checkpoints and cosignatures."""

from __future__ import annotations

from bideval.sync import limits
from bideval.sync.notes import CheckpointNote, NotesDown, NotesUp

SMALL, LARGE = CheckpointNote(3, "three"), CheckpointNote(5, "five")


def test_main_sends_the_newest_once_until_it_is_overdue():
    down = NotesDown()
    before = down.due(0)
    down.offer(SMALL)
    down.offer(LARGE)
    down.offer(SMALL)
    again = limits.CHECKPOINT_RETRY_MS
    sent = [down.due(now) for now in (0, 1, again - 1, again, again + 1)]
    assert (before, sent, down.newest) == (None, [LARGE, None, None, LARGE, None], 5)


def test_main_stops_when_the_newest_is_answered():
    down = NotesDown()
    down.answered(3)
    down.offer(LARGE)
    down.answered(3)
    first = down.due(0)
    down.answered(5)
    assert (first, down.due(limits.CHECKPOINT_RETRY_MS)) == (LARGE, None)


def test_branch_waits_for_the_lines_and_judges_one_at_a_time():
    up = NotesUp()
    up.arrived(SMALL)
    assert (up.ready(2), up.ready(3), up.ready(9)) == (None, SMALL, None)
    up.arrived(LARGE)
    up.arrived(SMALL)
    assert (up.ready(9), up.answered(5), up.answered(3), up.answered(3)) == (
        None,
        False,
        True,
        False,
    )
    assert up.ready(9) == LARGE


def test_branch_has_nothing_to_answer_before_a_question():
    assert NotesUp().answered(0) is False


def test_each_sending_is_answered_once():
    down = NotesDown()
    down.offer(CheckpointNote(2, "two"))
    before = down.expected()
    down.due(0)
    assert (before, down.expected(), down.expected()) == (False, True, False)


def test_third_refused_checkpoint_is_one_too_many():
    up = NotesUp()
    assert [up.refused() for _ in range(3)] == [False, False, True]
