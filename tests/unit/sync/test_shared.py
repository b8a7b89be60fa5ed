"""What a session is on one link, from both roles."""

from __future__ import annotations

from bideval.sync.messages import StatedMark, StatedPlace
from bideval.sync.notes import CheckpointNote
from bideval.sync.shared import LinkedSession, SharedSession
from bideval.sync.trails import Direction
from bideval.sync.words import Placed
from tests.unit.sync.playbook import SESSION, chain, frontier, lines, root

THEIRS = lines("wencheng", 3)


def test_main_gets_the_peers_own_lines_and_sends_the_record():
    shared = SharedSession(SESSION, main=True, n=3, state=chain("wencheng", THEIRS), epoch=2)
    linked = LinkedSession(shared, peer="wencheng", now=7)
    assert (linked.receiving.direction, linked.sends, linked.asked_at) == (
        Direction.UP,
        Direction.DOWN,
        7,
    )
    assert linked.mark() == StatedMark(
        SESSION, main=True, n=3, digest=chain("wencheng", THEIRS), epoch=2
    )


def test_branch_gets_the_record_and_sends_its_own_lines():
    state = frontier(THEIRS).to_bytes()
    linked = LinkedSession(
        SharedSession(SESSION, main=False, n=3, state=state), peer="wencheng", now=0
    )
    assert (linked.receiving.direction, linked.sends) == (Direction.DOWN, Direction.UP)
    assert linked.mark() == StatedMark(SESSION, main=False, n=3, digest=root(THEIRS), epoch=1)


def test_branch_states_what_main_has_signed_about_its_lines():
    said = Placed(SESSION, "fenghua", 3, chain("fenghua", THEIRS), 9, b"s" * 64)
    ours = LinkedSession(SharedSession(SESSION, main=False, placed=said), peer="wencheng", now=0)
    assert ours.mark().placed == StatedPlace(3, said.digest, 9, said.signature)
    main = LinkedSession(SharedSession(SESSION, main=True, placed=said), peer="wencheng", now=0)
    assert main.mark().placed is None


def test_newest_checkpoint_waits_for_the_branch():
    note = CheckpointNote(3, "three")
    shared = SharedSession(SESSION, main=True, checkpoint=note)
    assert LinkedSession(shared, peer="wencheng", now=0).down.due(0) == note
