"""Heads of main's between two branches: few leave, one is judged at a time, a false one closes."""

from __future__ import annotations

import pytest

from bideval.sync import effects as fx
from bideval.sync import limits, messages
from bideval.sync.notes import CheckpointNote
from bideval.sync.states import State
from tests.unit.sync.playbook import SESSION, Playbook

OTHER = "fh-2026-0002"


@pytest.fixture
def play():
    course = Playbook().shakes_hands()
    course.machine.effects()
    return course


def left(play):
    frames = iter(lambda: play.machine.next_frame(play.now), None)
    said = (messages.decode(frame) for frame in frames)
    return [message for message in said if isinstance(message, messages.Head)]


def asked(play):
    return [effect for effect in play.machine.effects() if isinstance(effect, fx.HeadArrived)]


def shows(play, size):
    play.machine.new_head(SESSION, CheckpointNote(size, f"note {size}"), play.now)


def test_newest_head_leaves_after_a_while(play):
    for size in (1, 2, 3):
        shows(play, size)
    assert left(play) == [messages.Head(SESSION, 1, "note 1")]
    play.machine.tick(play.now + limits.HEAD_MS - 1)
    assert left(play) == []
    play.machine.tick(play.now + limits.HEAD_MS + limits.TICK_MS)
    assert left(play) == [messages.Head(SESSION, 3, "note 3")]


def test_heads_are_judged_one_by_one_and_the_newest_waits(play):
    for size in (1, 2, 3):
        play.hears(messages.Head(SESSION, size, "note"))
    play.hears(messages.Head(OTHER, 9, "note"))
    assert asked(play) == [fx.HeadArrived(SESSION, 1, "note")]
    play.machine.head_checked(SESSION, 7, play.now, signed=True)  # nobody has asked
    assert asked(play) == []
    play.machine.head_checked(SESSION, 1, play.now, signed=True)
    assert asked(play) == [fx.HeadArrived(SESSION, 3, "note")]
    play.machine.head_checked(SESSION, 3, play.now, signed=True)
    assert asked(play) == [fx.HeadArrived(OTHER, 9, "note")]
    assert play.machine.state is State.ESTABLISHED


def test_head_that_main_has_not_signed_closes(play):
    play.hears(messages.Head(SESSION, 1, "note"))
    play.machine.head_checked(SESSION, 1, play.now, signed=False)
    found = [one.kind for one in play.machine.effects() if isinstance(one, fx.FaultFound)]
    assert found == [fx.FaultKind.AUTHENTICATION]
    assert play.machine.state is State.CLOSING


def test_heads_of_more_sessions_than_are_shared_close(play):
    for number in range(limits.SESSIONS + 1):
        play.hears(messages.Head(f"fh-2026-{number}", 1, "note"))
    assert play.machine.state is State.ESTABLISHED
    play.hears(messages.Head("fh-2026-more", 1, "note"))
    found = [one.kind for one in play.machine.effects() if isinstance(one, fx.FaultFound)]
    assert found == [fx.FaultKind.LIMIT]
