"""Faults in a bundle: what the rules allow verifies, what they forbid is found at its entry."""

from __future__ import annotations

from functools import cache

from bideval.audit.verifier import verify_bundle
from bideval.session.names import Phase
from bideval.terms.instants import instant_text
from tests.unit.audit.hearing import Hearing, bundle_of, failure
from tests.unit.session.conversation import OFFICERS

MAIN, OFFICER = "venue/fenghua", OFFICERS[0]


@cache
def _begun() -> Hearing:
    talk = Hearing(rulebook="procurement/2")
    talk.until(Phase.CHAIRED)
    return talk


def begun() -> Hearing:
    """Return a hearing that is about to evaluate, under rules with limits of faults."""
    talk = _begun().fork()
    assert isinstance(talk, Hearing)
    return talk


def pause(talk: Hearing) -> int:
    """Let an officer pause for a fault; return when its limit passes."""
    fault = {"since": instant_text(talk.now)}
    talk.must(OFFICER, "session.paused", {"reason": "no power", "fault": fault})
    known = talk.session.procedure.fault
    assert known is not None
    assert known.due is not None
    return known.due


def expire(talk: Hearing, due: int, at: int) -> None:
    talk.say(MAIN, "pause.expired", {"due": instant_text(due)}, at=at)


def test_decided_and_mended_faults_verify_to_the_end() -> None:
    talk = begun()
    due = pause(talk)
    expire(talk, due, due)
    going_on = {"reason": "power is back", "decision": "the tenderer goes on today"}
    talk.must(OFFICER, "session.resumed", going_on)
    talk.until(Phase.SCORING)
    pause(talk)
    talk.must(OFFICER, "session.resumed", {"reason": "mended"})
    talk.until(Phase.ARCHIVED)

    verdict = verify_bundle(bundle_of(talk))

    assert (verdict.ok, verdict.phase) == (True, "archived")


def test_record_that_ended_in_a_new_panel_verifies_as_far_as_it_goes() -> None:
    talk = begun()
    talk.until(Phase.SCORING)
    talk.score("wencheng-01", items=1)
    due = pause(talk)
    expire(talk, due, due)
    order = talk.order(Phase.RE_FORMED, "four hours without power", successor="fh-2026-0200")
    talk.must(MAIN, "phase.moved", talk.moving(Phase.RE_FORMED, order=order.entry))

    verdict = verify_bundle(bundle_of(talk))

    assert (verdict.ok, verdict.phase, verdict.final) == (True, "re_formed", True)
    assert verdict.result is None


def test_main_that_goes_on_after_the_limit_is_found() -> None:
    """The officer's entry alone is void; whoever acts as if it counted breaks the rules."""
    talk = begun()
    talk.until(Phase.RESPONSIVENESS)
    due = pause(talk)
    expire(talk, due, due)
    talk.say(OFFICER, "session.resumed", {"reason": "mended"}, at=due - 1)
    assert verify_bundle(bundle_of(talk)).ok
    talk.say(MAIN, "phase.moved", talk.moving(Phase.SCORING))

    step, detail = failure(bundle_of(talk))

    assert (step, detail.endswith("what the rules forbid: session_paused")) == ("fold", True)


def test_main_that_notes_a_limit_before_its_time_is_found() -> None:
    talk = begun()
    due = pause(talk)
    expire(talk, due, due - 1)

    step, detail = failure(bundle_of(talk))

    assert (step, detail.endswith("what the rules forbid: before_limit")) == ("fold", True)
