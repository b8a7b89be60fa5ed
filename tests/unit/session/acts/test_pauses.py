from __future__ import annotations

from typing import Any

import pytest

from bideval.ledger.entry import parse_entry
from bideval.session.names import Phase
from bideval.session.procedure import fault_document
from bideval.session.rulebook import HOUR_MS, AfterLimit
from bideval.session.state import CLOCK_TOLERANCE_MS
from bideval.terms.errors import InputError, RefusedError
from bideval.terms.instants import LAST_INSTANT, instant_text
from tests.unit.session.conversation import Conversation, at

MAIN = "venue/fenghua"
OFFICER = "officer-lin"
RULES = "procurement/2"
MINUTE_MS = 60_000
SUCCESSOR = "fh-2026-0117-again"


def faulty(phase: Phase = Phase.SCORING, *, ago: int = 0, rulebook: str = RULES) -> Conversation:
    """Return a session that an officer paused for a fault which began some time ago (ms)."""
    talk = at(phase, rulebook)
    fault = {"since": instant_text(talk.now - ago)}
    talk.must(OFFICER, "session.paused", {"reason": "no power", "fault": fault})
    return talk


def due(talk: Conversation) -> int:
    fault = talk.session.procedure.fault
    assert fault is not None
    assert fault.due is not None
    return fault.due


def resumed(talk: Conversation, at_ms: int, **more: Any) -> str | None:
    """Say that the session goes on at an instant of the officer's own; return why not."""
    body = {"reason": "power is back", **more}
    return talk.fork().say(OFFICER, "session.resumed", body, at=at_ms).void_code


def expired(talk: Conversation, *, at_ms: int, **more: Any) -> str | None:
    body = {"due": instant_text(due(talk)), **more}
    return talk.say(MAIN, "pause.expired", body, at=at_ms).void_code


def admitted(talk: Conversation, kind: str, body: dict[str, Any], now: int, **more: Any) -> None:
    talk.session.admit(parse_entry(talk.entry(OFFICER, kind, body, **more)), "fenghua", now=now)


def test_pause_ends_once_and_remembers_both_reasons() -> None:
    talk = at(Phase.SCORING)
    talk.must(OFFICER, "session.paused", {"reason": "fire alarm"})
    assert talk.session.paused is True
    assert talk.say(OFFICER, "session.paused", {"reason": "x"}).void_code == "session_paused"

    talk.must(MAIN, "session.resumed", {"reason": "false alarm"})

    (pause,) = talk.session.procedure.pauses
    assert (pause.reason, pause.resume_reason) == ("fire alarm", "false alarm")
    assert talk.say(MAIN, "session.resumed", {"reason": "x"}).void_code == "not_paused"


def test_fault_counts_from_when_its_reporter_says_that_it_began() -> None:
    talk = faulty(ago=HOUR_MS)
    pause = talk.session.procedure.pause
    assert pause is not None
    assert pause.fault is not None

    assert pause.since - pause.fault.since == HOUR_MS + 1_000
    assert due(talk) == pause.fault.since + 4 * HOUR_MS


def test_fault_cannot_begin_after_it_is_reported() -> None:
    talk = at(Phase.SCORING, RULES)
    body = {"reason": "no power", "fault": {"since": instant_text(talk.now + 1_001)}}

    assert talk.say(OFFICER, "session.paused", body).void_code == "fault_ahead"
    assert not talk.session.paused


def test_limit_of_a_fault_at_the_end_of_time_can_be_written_down() -> None:
    talk = at(Phase.SCORING, RULES)
    body = {"reason": "no power", "fault": {"since": instant_text(LAST_INSTANT)}}
    talk.say(OFFICER, "session.paused", body, at=LAST_INSTANT)
    fault = talk.session.procedure.fault
    assert fault is not None

    assert fault_document(fault)["due"] == instant_text(LAST_INSTANT)
    assert expired(talk, at_ms=LAST_INSTANT) is None


@pytest.mark.parametrize("fault", [7, {}, {"since": "yesterday"}])
def test_fault_without_a_beginning_is_refused_at_its_field(fault: object) -> None:
    talk = at(Phase.SCORING, RULES)
    with pytest.raises(InputError) as caught:
        admitted(talk, "session.paused", {"reason": "x", "fault": fault}, talk.now)
    assert str(caught.value.field).startswith("body.fault")


def test_pause_for_another_reason_has_no_clock() -> None:
    talk = at(Phase.SCORING, RULES)
    talk.must(OFFICER, "session.paused", {"reason": "the supervisor asked"})

    assert talk.session.procedure.fault is None
    assert talk.say(MAIN, "pause.expired", {"due": instant_text(0)}).void_code == "no_limit"
    assert resumed(talk, talk.now + 100 * HOUR_MS) is None


@pytest.mark.parametrize("phase", [Phase.PREPARED, Phase.CONFIRMED, Phase.REPORTED])
def test_fault_has_no_limit_outside_of_draw_and_evaluation(phase: Phase) -> None:
    talk = faulty(phase)
    fault = talk.session.procedure.fault
    assert fault is not None

    assert (fault.limit, fault.due, fault.has_expired(talk.now + 100 * HOUR_MS)) == (
        None,
        None,
        False,
    )
    assert resumed(talk, talk.now + 100 * HOUR_MS) is None


# During the evaluation


def test_repaired_fault_lets_the_session_go_on_within_the_limit() -> None:
    talk = faulty()

    assert resumed(talk, due(talk) - 1) is None
    assert resumed(talk, due(talk)) == "limit_passed"


def test_whoever_says_a_time_is_bound_by_it() -> None:
    """A clock that runs ahead only stops its owner; main has not noted anything."""
    talk = faulty()

    assert resumed(talk, due(talk) + HOUR_MS) == "limit_passed"
    assert resumed(talk, due(talk) - HOUR_MS) is None


def test_limit_passes_for_everybody_once_main_has_noted_it() -> None:
    """A clock that runs late does not help its owner: the note is there before."""
    talk = faulty()
    assert expired(talk, at_ms=due(talk) - 1) == "before_limit"
    assert expired(talk, at_ms=due(talk), due=instant_text(due(talk) - 1)) == "due_differs"
    assert expired(talk, at_ms=due(talk)) is None
    assert expired(talk, at_ms=due(talk) + 1) == "already_expired"

    assert resumed(talk, due(talk) - HOUR_MS) == "limit_passed"
    assert resumed(talk, due(talk), decision="we go on all the same") == "limit_passed"


def test_main_notes_a_limit_only_while_the_session_stands_still() -> None:
    talk = at(Phase.SCORING, RULES)

    assert talk.say(MAIN, "pause.expired", {"due": instant_text(0)}).void_code == "not_paused"


def test_after_the_limit_a_new_panel_is_formed_in_a_named_session() -> None:
    talk = faulty()
    assert expired(talk, at_ms=due(talk)) is None
    assert talk.order(Phase.RE_FORMED).void_code == "successor_missing"
    assert talk.order(Phase.RE_FORMED, successor="fh-2026-0117").void_code == "same_session"
    assert talk.order(Phase.RE_FORMED, successor="No!").void_code is not None

    order = talk.order(Phase.RE_FORMED, "four hours without power", successor=SUCCESSOR)
    assert talk.session.procedure.successor() is None
    talk.must(MAIN, "phase.moved", talk.moving(Phase.RE_FORMED, order=order.entry))

    assert (talk.session.phase, talk.session.procedure.successor()) == (
        Phase.RE_FORMED,
        SUCCESSOR,
    )
    assert talk.session.paused


def test_after_re_forming_marks_stay_sealed() -> None:
    talk = at(Phase.SCORING, RULES)
    talk.score("wencheng-01")
    (recipient,) = talk.session.needed_recipients()
    custodian = talk.session.sharing.seals[recipient].seal.custodians[0]
    share = talk.share(custodian, recipient)
    order = talk.order(Phase.RE_FORMED, "no power", successor=SUCCESSOR)
    talk.must(MAIN, "phase.moved", talk.moving(Phase.RE_FORMED, order=order.entry))

    assert talk.say(custodian, "share.released", share).void_code == "session_ended"


def test_tender_may_also_fail_after_the_limit() -> None:
    talk = faulty()
    assert expired(talk, at_ms=due(talk)) is None
    talk.move(Phase.FAILED, ordered=True)

    assert talk.session.phase is Phase.FAILED


# Before the start


def test_before_the_start_the_tenderer_decides_to_go_on_after_the_limit() -> None:
    talk = faulty(Phase.CHAIRED)
    assert due(talk) - talk.now < 2 * HOUR_MS
    assert resumed(talk, due(talk) - 1) is None
    assert resumed(talk, due(talk)) == "decision_missing"
    assert expired(talk, at_ms=due(talk)) is None
    assert resumed(talk, due(talk) - 1) == "decision_missing"
    assert resumed(talk, due(talk), decision=["yes"]) is not None

    body = {"reason": "power is back", "decision": "the tenderer goes on today"}
    talk.must(OFFICER, "session.resumed", body)

    (pause,) = talk.session.procedure.pauses
    assert pause.decision == "the tenderer goes on today"
    assert pause.fault is not None
    assert pause.fault.limit is not None
    assert pause.fault.limit.after is AfterLimit.TENDERER_DECIDES


def test_decision_that_was_not_needed_is_not_one() -> None:
    talk = faulty(Phase.CHAIRED)
    talk.must(OFFICER, "session.resumed", {"reason": "back", "decision": "go on"})

    assert talk.session.procedure.pauses[-1].decision == ""


# The venue's own clock


def test_venue_takes_no_pause_from_a_clock_that_runs_ahead() -> None:
    talk = at(Phase.SCORING, RULES)
    now = talk.now
    body = {"reason": "no power", "fault": {"since": instant_text(now)}}
    admitted(talk, "session.paused", body, now, at=now + CLOCK_TOLERANCE_MS)
    with pytest.raises(RefusedError) as caught:
        admitted(talk, "session.paused", body, now, at=now + CLOCK_TOLERANCE_MS + 1)
    assert (caught.value.code, caught.value.field) == ("clock_ahead", "at")


def test_venue_lets_nobody_resume_by_a_clock_that_runs_late() -> None:
    talk = faulty()
    body = {"reason": "power is back"}
    limit = due(talk)
    admitted(talk, "session.resumed", body, limit - 1, at=limit - 2)
    with pytest.raises(RefusedError) as caught:
        admitted(talk, "session.resumed", body, limit, at=limit - 2)
    assert caught.value.code == "limit_passed"


# Sessions of before


def test_first_rulebook_knows_no_faults_and_names_no_successor() -> None:
    """What is now read of these bodies was left alone then, whatever it was."""
    talk = at(Phase.SCORING)
    talk.must(OFFICER, "session.paused", {"reason": "no power", "fault": 7})
    assert talk.session.procedure.fault is None
    assert resumed(talk, talk.now + 100 * HOUR_MS, decision=7) is None
    order = talk.order(Phase.RE_FORMED, successor=7)
    talk.must(MAIN, "phase.moved", talk.moving(Phase.RE_FORMED, order=order.entry))

    assert (talk.session.phase, talk.session.procedure.successor()) == (Phase.RE_FORMED, None)
