from __future__ import annotations

import pytest

from bideval.session.names import COURSE, ENDED, LIVE, Phase
from bideval.session.phases import (
    CONDITIONS,
    MOVES,
    PHASES,
    holds,
    mermaid,
    missing,
    moves_from,
    needs_order,
    next_phase,
)
from bideval.session.standing import Standing
from tests.unit.session.acts.test_panel import recuse, refill, replace
from tests.unit.session.conversation import EXPERTS, OFFICERS, Conversation, at, tender
from tests.unit.session.tables import SPEC, renewed

MAIN = "venue/fenghua"


def waiting(talk: Conversation, to: Phase) -> dict[str, tuple[str, ...]]:
    return {one.condition: one.waiting_for for one in missing(talk.session, to)}


def test_table_holds_known_phases_and_conditions() -> None:
    assert tuple(Phase) == PHASES
    assert {name for move in MOVES.values() for name in move.needs} <= CONDITIONS.keys()
    assert {move.waived_by for move in MOVES.values()} - {None} <= CONDITIONS.keys()


def test_table_leads_from_every_live_phase_on_and_from_no_ended_one() -> None:
    assert {leaving for leaving, _ in MOVES} == set(LIVE)
    assert [next_phase(phase) for phase in COURSE[:-1]] == [*COURSE[1:]]
    assert [next_phase(phase) for phase in sorted(ENDED)] == [None, None, None]


def test_officers_order_where_people_decide_and_main_moves_where_facts_do() -> None:
    ordered = {leaving for leaving in COURSE[:-1] if needs_order_in_table(leaving)}

    assert ordered == {
        Phase.PREPARED,
        Phase.OPENED,
        Phase.CHAIRED,
        Phase.RESPONSIVENESS,
        Phase.CONFIRMED,
        Phase.REPORTED,
    }


def needs_order_in_table(leaving: Phase) -> bool:
    to = next_phase(leaving)
    assert to is not None
    return MOVES[leaving, to].needs_order


def test_every_live_phase_may_fail_and_a_panel_may_be_formed_anew_until_it_has_signed() -> None:
    assert {leaving for leaving, to in MOVES if to is Phase.FAILED} == set(LIVE)
    anew = {leaving for leaving, to in MOVES if to is Phase.RE_FORMED}
    assert anew == set(LIVE) - {Phase.PREPARED, Phase.REPORTED}


def test_moves_of_a_phase_come_in_the_order_of_the_table() -> None:
    assert moves_from(Phase.RELEASED) == [
        Phase.CONSOLIDATED,
        Phase.ARCHIVED,
        Phase.FAILED,
        Phase.RE_FORMED,
    ]


@pytest.mark.parametrize("phase", COURSE[:-1])
def test_next_move_is_possible_where_the_course_has_come_to(phase: Phase) -> None:
    """The conversation makes every move of the course, so nothing was missing before it."""
    to = next_phase(phase)
    assert to is not None

    talk = at(to)

    assert talk.session.procedure.moves[-1].leaving is phase


def test_unpublished_tender_is_missing_first() -> None:
    talk = Conversation()
    talk.found()

    assert waiting(talk, Phase.OPENED) == {"bids_closed": (), "enough_bids": ()}


def test_opening_waits_for_main_and_then_for_the_custodians() -> None:
    talk = at(Phase.PREPARED)
    assert waiting(talk, Phase.OPENED)["bids_closed"] == (MAIN,)
    talk.close()
    assert waiting(talk, Phase.OPENED)["bids_settled"] == OFFICERS
    seal = talk.session.bidding.bids["bid-a"].seal.recipient
    talk.must(OFFICERS[1], "share.released", talk.share(OFFICERS[1], seal))

    lacking = missing(talk.session, Phase.OPENED)
    assert lacking[0].waiting_for == (OFFICERS[0], OFFICERS[2])
    assert [one.condition for one in lacking] == ["bids_settled"] * 3 + ["enough_bids"]

    talk.release(seal)
    assert missing(talk.session, Phase.OPENED)[0].waiting_for == (MAIN,)


def test_too_few_bids_hold_only_once_everything_is_settled() -> None:
    talk = at(Phase.PREPARED)
    assert holds(talk.session, "too_few_bids") is False
    talk.close()
    assert holds(talk.session, "too_few_bids") is False
    talk.open_bid("bid-a")
    talk.open_bid("bid-b")
    talk.release(talk.session.bidding.bids["bid-c"].seal.recipient)
    fault = {"bid": "bid-c", "reason": "package_malformed", "detail": ""}
    talk.must(MAIN, "bid.unopenable", fault)

    assert holds(talk.session, "too_few_bids") is True
    assert needs_order(talk.session, Phase.FAILED) is False
    assert holds(at(Phase.OPENED).session, "too_few_bids") is False


def test_bids_of_one_brand_are_one_bid() -> None:
    talk = at(Phase.PREPARED)
    for bid in ("bid-a", "bid-b"):
        talk.packages[bid]["brand"] = "Huawei"
    talk.close()
    for bid in ("bid-a", "bid-b", "bid-c"):
        talk.open_bid(bid)

    assert waiting(talk, Phase.OPENED) == {"enough_bids": ()}


def test_draw_waits_for_silent_committers_and_then_for_main() -> None:
    talk = at(Phase.OPENED)
    assert waiting(talk, Phase.DRAWN)["draw_computed"] == tuple(talk.session.committers())
    talk.must(MAIN, "pool.sealed", talk.pool())
    for committer in talk.session.committers():
        talk.must(committer, "nonce.sealed", talk.nonce(committer))

    assert waiting(talk, Phase.DRAWN) == {"draw_computed": (MAIN,)}


def test_panel_of_representatives_needs_no_draw() -> None:
    panel = tender()["panel"] | {"representatives": 5, "disciplines": [], "seats": []}
    talk = Conversation(document=tender(panel=panel), rulebook="rehearsal/1")
    talk.until(Phase.OPENED)

    assert missing(talk.session, Phase.DRAWN) == []
    talk.move(Phase.DRAWN, ordered=True)
    assert waiting(talk, Phase.CHECKED_IN) == {"all_checked_in": (MAIN,)}


def test_declined_seat_waits_for_main() -> None:
    talk = at(Phase.OPENED)
    talk.draw()
    body = {"blinded": talk.seat(2)["blinded"], "answer": "declined"}
    talk.must(MAIN, "invitation.answered", body)

    assert waiting(talk, Phase.DRAWN) == {"seats_filled": (MAIN,)}


def test_check_in_waits_for_the_venues_of_empty_seats() -> None:
    talk = at(Phase.DRAWN)
    talk.check_in("wencheng-01", 3)

    found = waiting(talk, Phase.CHECKED_IN)

    assert found == {"all_checked_in": (MAIN, "venue/wencheng", "venue/beilun")}


def test_declarations_wait_for_the_members_without_one() -> None:
    talk = at(Phase.CHECKED_IN)
    talk.declare("fenghua-01")

    assert waiting(talk, Phase.DECLARED) == {"all_declared": EXPERTS[1:]}
    recuse(talk, "beilun-01")
    assert waiting(talk, Phase.DECLARED)["all_checked_in"] == ("venue/beilun",)


def test_chair_waits_for_the_members_who_have_not_voted_in_this_round() -> None:
    talk = at(Phase.DECLARED)
    talk.must("fenghua-01", "chair.voted", {"round": 1, "candidate": "fenghua-01"})

    assert waiting(talk, Phase.CHAIRED) == {"chair_elected": EXPERTS[1:]}


def test_responsiveness_waits_for_members_and_then_for_enough_bids() -> None:
    talk = at(Phase.RESPONSIVENESS)
    for name in EXPERTS[:-1]:
        talk.votes[name, "bid-a"] = "unresponsive"
        for bid in ("bid-a", "bid-b", "bid-c"):
            talk.vote(name, bid)
    assert waiting(talk, Phase.SCORING)["responsiveness_decided"] == (EXPERTS[-1],)
    assert holds(talk.session, "too_few_responsive") is False
    for bid in ("bid-a", "bid-b", "bid-c"):
        talk.vote(EXPERTS[-1], bid)

    assert waiting(talk, Phase.SCORING) == {"enough_responsive": ()}
    assert holds(talk.session, "too_few_responsive") is True
    assert holds(at(Phase.SCORING).session, "too_few_responsive") is False


def test_release_waits_for_sheets_and_for_the_votes_of_a_newcomer() -> None:
    talk = at(Phase.SCORING)
    assert waiting(talk, Phase.RELEASED) == {"all_sheets_in": EXPERTS}
    replace(talk, "beilun-01")
    refill(talk, 5, "beilun-05")
    talk.declare("beilun-05")

    assert waiting(talk, Phase.RELEASED)["responsiveness_decided"] == ("beilun-05",)


def test_consolidation_waits_for_shares_then_for_main_then_for_corrections() -> None:
    talk = at(Phase.SCORING)
    talk.script["wencheng-01"] = {"bid-a": {"design": "99"}}
    talk.until(Phase.RELEASED)
    found = waiting(talk, Phase.CONSOLIDATED)
    assert found["marks_opened"] == (MAIN, "venue/wencheng", "supervisor-gu")
    talk.release_marks()
    assert waiting(talk, Phase.CONSOLIDATED) == {"result_final": (MAIN,)}
    assert holds(talk.session, "result_not_final") is False
    talk.consolidate()

    assert waiting(talk, Phase.CONSOLIDATED) == {"result_final": EXPERTS}
    assert holds(talk.session, "result_not_final") is True


def test_confirmation_waits_for_the_members_without_a_stance() -> None:
    talk = at(Phase.CONSOLIDATED)
    talk.confirm("fenghua-01")
    talk.must("wencheng-01", "refusal.noted", {"person": "beilun-01", "note": "left"})

    assert waiting(talk, Phase.CONFIRMED) == {"all_confirmed": EXPERTS[1:4]}


def test_report_waits_for_main() -> None:
    assert waiting(at(Phase.CONFIRMED), Phase.REPORTED) == {"report_issued": (MAIN,)}


def test_lowest_price_needs_no_sheets() -> None:
    method = {"type": "lowest_price", "candidates": 1}
    talk = Conversation(document=tender(method=method), rulebook="rehearsal/1")
    talk.until(Phase.SCORING)

    assert missing(talk.session, Phase.RELEASED) == []
    talk.until(Phase.ARCHIVED)
    assert talk.session.results.versions[-1].body.final is True


def test_move_that_is_not_in_the_table_has_no_conditions() -> None:
    with pytest.raises(KeyError):
        missing(at(Phase.SCORING).session, Phase.OPENED)


def test_every_condition_is_asked_of_a_standing() -> None:
    assert holds(at(Phase.ARCHIVED).session, "report_issued") is True
    assert isinstance(at(Phase.ARCHIVED).session, Standing)


def test_diagram_has_every_move_that_the_page_does_not_tell_in_words() -> None:
    arrows = [line for line in mermaid().splitlines() if "-->" in line]

    told = [move for (_, to), move in MOVES.items() if to in {Phase.FAILED, Phase.RE_FORMED}]
    drawn = len(MOVES) - len([move for move in told if move.waived_by is None])
    assert len(arrows) == drawn + 2


def test_page_of_phases_is_written_from_the_table() -> None:
    assert (SPEC / "phases.md").read_text(encoding="utf-8") == renewed("phases.md")
