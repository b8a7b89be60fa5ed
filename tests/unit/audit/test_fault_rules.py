"""Faults in a bundle: what the rules allow verifies, what they forbid is found at its entry."""

from __future__ import annotations

from functools import cache
from typing import Any

from bideval.audit.verifier import verify_bundle
from bideval.session.continued import offers_of
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


class Continuing(Hearing):
    """A hearing of the bids that were opened in the one before."""

    def founding(self) -> dict[str, Any]:
        """Return the body of the founding entry, with what was opened before."""
        before = {"session": "fh-2026-0100", "size": 9, "root": "ab" * 32}
        return super().founding() | {"continues": before | {"bids": offers_of(_begun().session)}}


def continuing(price: str | None) -> Continuing:
    """Return a session in which one bidder hands in the same bid, or another price."""
    talk = Continuing(rulebook="procurement/2")
    if price is not None:
        talk.packages["bid-b"] = talk.packages["bid-b"] | {"price": price}
    talk.prepare()
    talk.close()
    talk.open_bid("bid-a")
    talk.release(talk.session.bidding.bids["bid-b"].seal.recipient)
    return talk


def give_up(talk: Hearing) -> None:
    body = {"bid": "bid-b", "reason": "manifest_differs", "detail": ""}
    talk.must(MAIN, "bid.unopenable", body)


def test_bid_that_is_not_the_one_of_before_is_rightly_given_up() -> None:
    talk = continuing("1.00")
    give_up(talk)

    verdict = verify_bundle(bundle_of(talk))

    assert (verdict.ok, verdict.steps[5].detail) == (True, "1 opened, 1 that could not be")


def test_main_that_gives_up_the_same_bid_is_found() -> None:
    talk = continuing(None)
    give_up(talk)

    step, detail = failure(bundle_of(talk))

    assert (step, detail.endswith("could have been opened")) == ("bids", True)


def test_main_that_opens_another_bid_is_found() -> None:
    talk = continuing("1.00")
    talk.say(MAIN, "bid.opened", talk.announcement("bid-b"))

    step, detail = failure(bundle_of(talk))

    assert (step, detail.endswith("what the rules forbid: manifest_differs")) == ("fold", True)
