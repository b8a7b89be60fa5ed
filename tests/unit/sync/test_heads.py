"""Heads of main's between two branches: few leave, one is judged at a time, a false one closes.

So it is with main's word for a copy, which leaves where no head says as much.
"""

from __future__ import annotations

import pytest

from bideval.sync import effects as fx
from bideval.sync import limits, messages
from bideval.sync.notes import CheckpointNote
from bideval.sync.states import State
from bideval.sync.words import RECORD, Vouch
from tests.unit.sync.playbook import SESSION, Playbook

OTHER = "fh-2026-0002"


@pytest.fixture
def play():
    course = Playbook().shakes_hands()
    course.machine.effects()
    return course


DIGEST, SIGNATURE = b"d" * 32, b"s" * 64


def left(play):
    frames = iter(lambda: play.machine.next_frame(play.now), None)
    said = (messages.decode(frame) for frame in frames)
    return [message for message in said if isinstance(message, messages.OfBranches)]


def asked(play):
    effects = play.machine.effects()
    return [effect for effect in effects if isinstance(effect, fx.HeadArrived | fx.ToldArrived)]


def word(n, session=SESSION):
    return Vouch(session, RECORD, n, DIGEST, SIGNATURE)


def told(n, session=SESSION):
    return messages.Told(session, n, DIGEST, SIGNATURE)


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


def test_word_of_a_grown_copy_is_read_after_a_while(play):
    for _ in range(3):
        play.machine.new_lines(OTHER, play.now)
    play.machine.tick(play.now + limits.HEAD_MS - 1)
    assert read(play) == []
    play.machine.tick(play.now + limits.HEAD_MS + limits.TICK_MS)
    assert read(play) == [OTHER]
    play.machine.tick(play.now + 3 * limits.HEAD_MS)
    assert read(play) == []


def read(play):
    return [one.session for one in play.machine.effects() if isinstance(one, fx.ReadWord)]


def test_sessions_whose_words_are_read_are_no_more_than_two_venues_share(play):
    for number in range(limits.SESSIONS + 9):
        play.machine.new_lines(f"fh-2026-{number}", play.now)
    play.machine.tick(play.now + limits.HEAD_MS)
    assert len(read(play)) == limits.SESSIONS


def test_what_was_shown_to_who_joins_later_is_shown_again_once(play):
    shows(play, 4)
    assert left(play) == [messages.Head(SESSION, 4, "note 4")]
    for n in (5, 6):
        play.hears(messages.Head(SESSION, n, "note"))
    play.machine.tick(play.now + limits.HEAD_MS + limits.TICK_MS)
    assert read(play) == [SESSION]
    play.machine.word_read(word(4), play.now)
    assert left(play) == [told(4)]
    play.hears(messages.Head(SESSION, 7, "note"))
    play.machine.tick(play.now + 3 * limits.HEAD_MS)
    assert read(play) == []


def test_word_leaves_where_no_head_says_as_much(play):
    shows(play, 4)
    for n in (3, 4):
        play.machine.word_read(word(n), play.now)
    play.machine.word_read(None, play.now)
    assert left(play) == [messages.Head(SESSION, 4, "note 4")]
    play.machine.word_read(word(5), play.now)
    assert left(play) == [told(5)]
    play.machine.word_read(word(6), play.now)
    play.machine.word_read(word(7), play.now)
    play.machine.tick(play.now + limits.HEAD_MS - 1)
    assert left(play) == []
    play.machine.tick(play.now + limits.HEAD_MS + limits.TICK_MS)
    assert left(play) == [told(7)]


def test_words_wait_their_turn_behind_heads(play):
    play.hears(messages.Head(SESSION, 1, "note"))
    play.hears(told(1, OTHER))
    play.hears(told(2, OTHER))
    play.hears(messages.Head(SESSION, 2, "note"))
    assert asked(play) == [fx.HeadArrived(SESSION, 1, "note")]
    play.machine.told_checked(SESSION, 1, play.now, signed=False)  # nobody has asked
    play.machine.head_checked(SESSION, 1, play.now, signed=True)
    assert asked(play) == [fx.HeadArrived(SESSION, 2, "note")]
    play.machine.head_checked(SESSION, 2, play.now, signed=True)
    assert asked(play) == [fx.ToldArrived(word(2, OTHER))]
    play.machine.head_checked(OTHER, 2, play.now, signed=False)  # that was no head
    play.machine.told_checked(OTHER, 2, play.now, signed=True)
    assert asked(play) == []
    assert play.machine.state is State.ESTABLISHED


def test_word_that_main_has_not_signed_closes(play):
    play.hears(told(1))
    play.machine.told_checked(SESSION, 1, play.now, signed=False)
    found = [one.kind for one in play.machine.effects() if isinstance(one, fx.FaultFound)]
    assert found == [fx.FaultKind.AUTHENTICATION]
    assert play.machine.state is State.CLOSING


def test_words_for_more_sessions_than_are_shared_close(play):
    for number in range(limits.SESSIONS + 1):
        play.hears(told(1, f"fh-2026-{number}"))
    assert play.machine.state is State.ESTABLISHED
    play.hears(told(1, "fh-2026-more"))
    found = [one.kind for one in play.machine.effects() if isinstance(one, fx.FaultFound)]
    assert found == [fx.FaultKind.LIMIT]
