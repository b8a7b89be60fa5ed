from __future__ import annotations

from typing import Any

import pytest

from bideval.session.names import ENDED, Phase
from bideval.session.phases import MOVES
from tests.unit.session.acts.test_panel import refill, replace
from tests.unit.session.conversation import EXPERTS, Conversation, at

MAIN = "venue/fenghua"
OFFICER = "officer-lin"
EXPERT = "wencheng-01"


def moving(talk: Conversation, to: Phase, **changes: Any) -> str | None:
    return talk.say(MAIN, "phase.moved", talk.moving(to, **changes)).void_code


# Moves


@pytest.mark.parametrize("leaving", [phase for phase in Phase if phase not in ENDED])
def test_moves_that_are_not_in_the_table_do_not_exist(leaving: Phase) -> None:
    for to in Phase:
        talk = at(leaving)
        expected = None if (leaving, to) in MOVES else "no_such_move"
        code = moving(talk, to)
        assert expected is None or code == expected, (leaving, to)


def test_order_and_move_leave_the_present_phase() -> None:
    talk = at(Phase.CHAIRED)
    order = {"from": "scoring", "to": "released", "reason": ""}

    assert talk.say(OFFICER, "phase.ordered", order).void_code == "other_phase"
    assert moving(talk, Phase.RESPONSIVENESS, **{"from": "declared"}) == "other_phase"


def test_move_that_makes_itself_is_not_ordered() -> None:
    assert at(Phase.SCORING).order(Phase.RELEASED).void_code == "no_order_needed"
    assert at(Phase.SCORING).order(Phase.SCORING).void_code == "no_such_move"


def test_ordered_move_names_the_order_for_it() -> None:
    talk = at(Phase.CHAIRED)
    failing = talk.order(Phase.FAILED).entry

    assert moving(talk, Phase.RESPONSIVENESS) == "order_missing"
    assert moving(talk, Phase.RESPONSIVENESS, order="00" * 32) == "order_missing"
    assert moving(talk, Phase.RESPONSIVENESS, order=failing) == "order_missing"
    going_on = talk.order(Phase.RESPONSIVENESS).entry
    assert moving(talk, Phase.RESPONSIVENESS, order=going_on) is None


def test_move_needs_its_conditions() -> None:
    talk = at(Phase.CHAIRED)
    replace(talk, "beilun-01")
    order = talk.order(Phase.RESPONSIVENESS).entry

    assert moving(talk, Phase.RESPONSIVENESS, order=order) == "conditions_missing"


def test_move_has_the_vector_of_this_record() -> None:
    talk = at(Phase.CHAIRED)
    order = talk.order(Phase.RESPONSIVENESS).entry
    vector = talk.session.closing_vector() | {"beilun": {"n": 99, "chain": "00" * 32}}

    assert moving(talk, Phase.RESPONSIVENESS, order=order, vector=vector) == "vector_differs"


def test_too_few_bids_fail_the_session_without_an_order() -> None:
    talk = at(Phase.PREPARED)
    talk.must("bidder-aaaaaaaa", "bid.withdrawn", {"bid": "bid-a"})
    assert moving(talk, Phase.FAILED) == "order_missing"
    talk.close()

    assert moving(talk, Phase.FAILED) is None
    assert talk.session.phase is Phase.FAILED


def test_officer_fails_any_live_session() -> None:
    talk = at(Phase.SCORING)
    talk.move(Phase.FAILED, ordered=True)

    assert talk.session.phase is Phase.FAILED
    assert talk.say(OFFICER, "session.paused", {"reason": "x"}).void_code == "session_ended"


# Closing scoring


def scored() -> Conversation:
    talk = at(Phase.SCORING)
    for name in EXPERTS:
        talk.score(name, items=1)
    return talk


def test_main_cannot_close_scoring_before_a_sheet_that_is_in_the_record() -> None:
    talk = scored()
    vector = talk.session.closing_vector()
    seal = talk.session.marks.sheets[2].recipient
    said = talk.must(EXPERT, "scoresheet.signed", talk.sheet(EXPERT, seal))

    assert moving(talk, Phase.RELEASED, vector=vector) == "vector_differs"

    assert moving(talk, Phase.RELEASED) is None
    last = talk.session.marks.sheet(EXPERT)
    assert last is not None
    assert last.entry == said.entry


def test_sheet_after_the_release_is_late() -> None:
    talk = scored()
    seal = talk.session.marks.sheets[2].recipient
    body = talk.sheet(EXPERT, seal)
    talk.move(Phase.RELEASED)

    assert talk.say(EXPERT, "scoresheet.signed", body).void_code == "late"


def test_scoring_goes_on_while_a_seat_is_filled_again() -> None:
    talk = scored()
    replace(talk, "beilun-01")
    assert moving(talk, Phase.RELEASED) == "conditions_missing"
    refill(talk, 5, "beilun-05")
    talk.declare("beilun-05")
    for bid in ("bid-a", "bid-b", "bid-c"):
        talk.vote("beilun-05", bid)
    assert moving(talk, Phase.RELEASED) == "conditions_missing"
    talk.score("beilun-05", items=1)

    assert moving(talk, Phase.RELEASED) is None


# Pauses


def test_paused_session_may_be_broken_off_but_not_moved_on() -> None:
    talk = at(Phase.CHAIRED)
    talk.must(OFFICER, "session.paused", {"reason": "no power"})

    assert talk.order(Phase.RESPONSIVENESS).void_code == "session_paused"
    talk.move(Phase.RE_FORMED, ordered=True)
    assert talk.session.phase is Phase.RE_FORMED


# Results


def test_consolidation_waits_for_the_shares_of_the_marks() -> None:
    talk = at(Phase.RELEASED)
    body = {"version": 1, "lots": {"1": {"final": True}}, "digest": "00" * 32, "final": True}

    assert talk.say(MAIN, "result.consolidated", body).void_code == "too_early"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": 2}, "version_differs"),
        ({"lots": {"9": {"final": True}}}, "lots_differ"),
        ({"digest": "00" * 32}, "digest_differs"),
    ],
)
def test_consolidation_is_the_next_version_of_these_lots_under_its_digest(
    changes: dict[str, Any], code: str
) -> None:
    talk = at(Phase.RELEASED)
    talk.release_marks()
    twin = talk.fork()
    body = twin.consolidate()

    assert talk.say(MAIN, "result.consolidated", body | changes).void_code == code


def test_correction_makes_another_version_due_and_voids_signatures() -> None:
    talk = at(Phase.CONSOLIDATED)
    talk.confirm("beilun-01")
    digest = talk.session.results.versions[0].body.digest
    correction = {
        "bid": "bid-a",
        "criterion": "design",
        "before": "30",
        "after": "31",
        "ground": "abnormal",
        "reason": "counted twice",
    }
    talk.must(EXPERT, "mark.corrected", correction)
    old = {"digest": digest, "stance": "agree", "reasons": ""}
    assert talk.say(EXPERT, "result.confirmed", old).void_code == "not_final"

    talk.consolidate()

    assert talk.session.results.confirmations == {}
    assert talk.say(EXPERT, "result.confirmed", old).void_code == "digest_differs"
    talk.confirm(EXPERT)


def test_result_with_findings_is_signed_by_nobody() -> None:
    talk = at(Phase.SCORING)
    talk.script[EXPERT] = {"bid-a": {"design": "99"}}
    talk.until(Phase.RELEASED)
    talk.release_marks()
    body = talk.consolidate()

    assert body["final"] is False
    assert moving(talk, Phase.CONSOLIDATED) == "conditions_missing"
    talk.move(Phase.ARCHIVED, ordered=True)
    assert talk.session.phase is Phase.ARCHIVED


def stuck(rulebook: str) -> Conversation:
    """Return a session whose findings stop the result."""
    talk = at(Phase.SCORING, rulebook)
    talk.script[EXPERT] = {"bid-a": {"design": "99"}}
    talk.until(Phase.RELEASED)
    talk.release_marks()
    talk.consolidate()
    return talk


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_session_is_not_archived_without_a_result_and_without_a_reason(reason: str | None) -> None:
    talk = stuck("procurement/2")
    order = {"from": "released", "to": "archived", "reason": reason}

    assert talk.say(OFFICER, "phase.ordered", order).void_code == "reason_missing"
    assert moving(talk, Phase.ARCHIVED) == "order_missing"

    given = talk.must(OFFICER, "phase.ordered", order | {"reason": "they insist"})
    assert moving(talk, Phase.ARCHIVED, order=given.entry) is None
    assert talk.session.phase is Phase.ARCHIVED


def test_session_of_an_earlier_version_needs_no_reason_to_be_archived() -> None:
    talk = stuck("procurement/1")
    order = {"from": "released", "to": "archived", "reason": ""}

    given = talk.must(OFFICER, "phase.ordered", order)
    assert moving(talk, Phase.ARCHIVED, order=given.entry) is None


@pytest.mark.parametrize(
    ("rulebook", "voided"), [("procurement/1", None), ("procurement/2", "conditions_missing")]
)
def test_session_is_not_archived_while_a_correction_waits_for_its_version(
    rulebook: str, voided: str | None
) -> None:
    talk = stuck(rulebook)
    body = {
        "bid": "bid-a",
        "criterion": "design",
        "before": "99",
        "after": "20",
        "ground": "out_of_range",
        "reason": "read as a percentage",
    }
    order = talk.order(Phase.ARCHIVED).entry
    talk.must(EXPERT, "mark.corrected", body)
    assert moving(talk.fork(), Phase.ARCHIVED, order=order) == voided

    talk.consolidate()
    assert moving(talk, Phase.ARCHIVED, order=order) is None


def test_session_with_a_final_result_is_not_archived_without_signatures() -> None:
    talk = at(Phase.RELEASED)
    talk.release_marks()
    talk.consolidate()
    order = talk.order(Phase.ARCHIVED).entry

    assert moving(talk, Phase.ARCHIVED, order=order) == "conditions_missing"


# Signatures and report


def test_chair_notes_the_refusal_of_a_silent_member() -> None:
    talk = at(Phase.CONSOLIDATED)
    note = {"person": "beilun-01", "note": "left without signing"}
    assert talk.say("fenghua-01", "refusal.noted", note).void_code == "not_chair"
    assert talk.say(EXPERT, "refusal.noted", note | {"person": "x-01"}).void_code == "not_seated"
    talk.confirm("fenghua-01", "dissent", "The design is overrated")
    already = note | {"person": "fenghua-01"}
    assert talk.say(EXPERT, "refusal.noted", already).void_code == "already_signed"

    talk.must(EXPERT, "refusal.noted", note)
    for name in ("fenghua-02", EXPERT):
        talk.confirm(name)
    talk.confirm("wencheng-02", "refuse")

    assert moving(talk, Phase.CONFIRMED) is None


def test_members_note_that_the_chair_does_not_sign() -> None:
    talk = at(Phase.CONSOLIDATED, "procurement/2")
    note = {"person": EXPERT, "note": "has left and answers no call"}
    assert talk.session.panel.chair == EXPERT
    assert (
        talk.say("fenghua-01", "refusal.noted", note | {"person": "beilun-01"}).void_code
        == "not_chair"
    )

    talk.must("fenghua-01", "refusal.noted", note)
    for name in talk.session.member_ids():
        if name != EXPERT:
            talk.confirm(name)
    assert talk.session.results.refusals[EXPERT].by == "fenghua-01"
    assert moving(talk, Phase.CONFIRMED) is None


def test_chair_who_signs_after_all_is_no_refusal() -> None:
    talk = at(Phase.CONSOLIDATED, "procurement/2")
    talk.must("fenghua-01", "refusal.noted", {"person": EXPERT, "note": "does not answer"})
    talk.confirm(EXPERT)

    assert talk.session.results.refusals == {}


def test_nobody_notes_the_chair_in_an_earlier_version() -> None:
    talk = at(Phase.CONSOLIDATED, "procurement/1")
    note = {"person": EXPERT, "note": "does not answer"}

    assert talk.say("fenghua-01", "refusal.noted", note).void_code == "not_chair"


def test_report_is_issued_once_for_the_current_result() -> None:
    talk = at(Phase.CONFIRMED)
    body = talk.reporting()
    ahead = body | {"head": body["head"] | {"size": 9_999}}
    assert talk.say(MAIN, "report.issued", body | {"digest": "00" * 32}).void_code == (
        "digest_differs"
    )
    assert talk.say(MAIN, "report.issued", ahead).void_code == "head_ahead"

    talk.must(MAIN, "report.issued", body)

    assert talk.say(MAIN, "report.issued", talk.reporting()).void_code == "report_known"
