"""Proofs on a link: one at a time and seldom, once each; what proves nothing closes."""

from __future__ import annotations

import pytest

from bideval.sync import effects as fx
from bideval.sync import limits, messages
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
    return [message for message in said if isinstance(message, messages.Proof)]


def effects(play, kind):
    return [effect for effect in play.machine.effects() if isinstance(effect, kind)]


def faults(play):
    return [found.kind for found in effects(play, fx.FaultFound)]


def test_each_proof_is_read_and_leaves_once_in_its_time(play):
    for session in (SESSION, OTHER, SESSION):
        play.machine.stopped(session, play.now)
    assert effects(play, fx.ReadProof) == [fx.ReadProof(SESSION)]
    play.machine.proof_read(SESSION, b"proof", play.now)
    assert left(play) == [messages.Proof(SESSION, b"proof")]
    play.machine.tick(play.now + limits.PROOF_MS - 1)
    assert effects(play, fx.ReadProof) == []
    play.machine.tick(play.now + limits.PROOF_MS + limits.TICK_MS)
    assert effects(play, fx.ReadProof) == [fx.ReadProof(OTHER)]
    play.machine.proof_read(OTHER, None, play.now)
    play.machine.tick(play.now + 2 * limits.PROOF_MS + 2 * limits.TICK_MS)
    assert (effects(play, fx.ReadProof), left(play)) == ([], [])


def test_next_proof_is_not_read_before_the_one_before_has_gone(play):
    for session in (SESSION, OTHER):
        play.machine.stopped(session, play.now)
    play.machine.proof_read(SESSION, b"proof", play.now)
    play.machine.proof_read("fh-2026-none", b"proof", play.now)  # nobody has asked
    play.machine.effects()
    play.machine.tick(play.now + 2 * limits.PROOF_MS)
    assert effects(play, fx.ReadProof) == []
    assert left(play) == [messages.Proof(SESSION, b"proof")]
    play.machine.tick(play.now + 2 * limits.PROOF_MS + limits.TICK_MS)
    assert effects(play, fx.ReadProof) == [fx.ReadProof(OTHER)]


def test_proofs_are_no_more_than_two_venues_share(play):
    for number in range(limits.SESSIONS + 9):
        play.machine.stopped(f"fh-2026-{number}", play.now)
    assert len(play.machine._proofs._known) == limits.SESSIONS


def test_proofs_are_judged_one_by_one(play):
    for session in (SESSION, OTHER):
        play.hears(messages.Proof(session, b"proof"))
    assert effects(play, fx.ProofArrived) == [fx.ProofArrived(SESSION, b"proof")]
    play.machine.proof_checked(OTHER, play.now, proves=False)  # nobody has asked
    assert effects(play, fx.ProofArrived) == []
    play.machine.proof_checked(SESSION, play.now, proves=True)
    assert effects(play, fx.ProofArrived) == [fx.ProofArrived(OTHER, b"proof")]
    play.machine.proof_checked(OTHER, play.now, proves=True)
    assert play.machine.state is State.ESTABLISHED


def test_file_that_proves_nothing_closes(play):
    play.hears(messages.Proof(SESSION, b"proof"))
    play.machine.proof_checked(SESSION, play.now, proves=False)
    assert faults(play) == [fx.FaultKind.AUTHENTICATION]
    assert play.machine.state is State.CLOSING


def test_more_proofs_than_a_peer_may_send_close(play):
    for _ in range(limits.PROOFS_WAITING + 1):
        play.hears(messages.Proof(SESSION, b"proof"))
    assert (play.machine.state, len(play.machine._proofs)) == (
        State.ESTABLISHED,
        limits.PROOFS_WAITING,
    )
    play.hears(messages.Proof(SESSION, b"proof"))
    assert faults(play) == [fx.FaultKind.LIMIT]
