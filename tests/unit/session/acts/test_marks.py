from __future__ import annotations

from typing import Any

import pytest

from bideval.evidence.sealing import Purpose
from bideval.session.caseform import consolidation
from bideval.session.names import Phase
from bideval.session.phases import missing
from bideval.session.unsealing import open_marks
from tests.unit.session.acts.test_panel import refill, replace
from tests.unit.session.conversation import Conversation, at

EXPERT = "wencheng-01"
NEWCOMER = "wencheng-05"


def vote(talk: Conversation, name: str = EXPERT, **changes: Any) -> str | None:
    body = {"bid": "bid-a", "verdict": "responsive", "requirement": None, "reason": ""}
    return talk.say(name, "responsiveness.voted", body | changes).void_code


def dealt() -> tuple[Conversation, str]:
    talk = at(Phase.SCORING)
    return talk, talk.deal_marks(EXPERT)


def mark(talk: Conversation, seal: str, **changes: Any) -> str | None:
    body = talk.mark(EXPERT, seal, ("bid-a", "design")) | changes
    return talk.say(EXPERT, "mark.sealed", body).void_code


def correction(**changes: Any) -> dict[str, Any]:
    body = {
        "bid": "bid-a",
        "criterion": "design",
        "before": "30",
        "after": "31",
        "ground": "abnormal",
        "reason": "counted twice",
    }
    return body | changes


def refuse(talk: Conversation, seal: str, custodian: str) -> str | None:
    body = {"recipient": seal, "custodian": custodian, "reason": "does_not_open"}
    return talk.say(custodian, "share.refused", body).void_code


def lost() -> tuple[Conversation, str]:
    """Return a session in which two of three custodians refuse their share of a member's seal."""
    talk, seal = dealt()
    assert mark(talk, seal) is None
    assert talk.say(EXPERT, "scoresheet.signed", talk.sheet(EXPERT, seal)).void_code is None
    assert refuse(talk, seal, "venue/fenghua") is None
    assert refuse(talk, seal, "venue/wencheng") is None
    return talk, seal


# Seals that custodians refuse


def test_one_custodian_who_refuses_a_share_stops_no_member() -> None:
    talk, seal = dealt()

    assert refuse(talk, seal, "venue/fenghua") is None
    assert mark(talk, seal) is None


def test_marks_and_sheet_of_a_lost_seal_count_no_more_and_say_why() -> None:
    talk, seal = lost()

    spoilt = [line.kind for line in talk.session.void_lines if line.code == "seal_refused"]
    assert spoilt == ["mark.sealed", "scoresheet.signed"]
    assert talk.session.marks.sheet(EXPERT) is None
    assert talk.session.progress(EXPERT)[0] == 0
    assert mark(talk, seal) == "seal_refused"
    assert talk.say(EXPERT, "scoresheet.signed", talk.sheet(EXPERT, seal)).void_code == (
        "seal_refused"
    )


def test_member_of_a_lost_seal_deals_another_and_the_session_goes_on() -> None:
    talk, _ = lost()

    talk.until(Phase.CONSOLIDATED)

    assert talk.session.results.versions[-1].body.final is True


def test_seal_that_is_lost_after_release_holds_up_nobody() -> None:
    talk = at(Phase.RELEASED)
    sheet = talk.session.marks.sheet(EXPERT)
    assert sheet is not None
    for custodian in ("venue/fenghua", "venue/wencheng"):
        assert refuse(talk, sheet.recipient, custodian) is None
    for recipient in talk.session.needed_recipients():
        if recipient != sheet.recipient:
            talk.release(recipient)

    assert missing(talk.session, Phase.CONSOLIDATED)[0].condition == "result_final"
    opened = open_marks(talk.session)
    assert EXPERT not in opened.sheets
    body = consolidation(talk.session, opened).body
    assert talk.say("venue/fenghua", "result.consolidated", dict(body)).void_code is None
    correcting = correction(before=None, after="30", ground="missing")
    assert talk.say(EXPERT, "mark.corrected", correcting).void_code is None


def test_share_that_comes_after_all_opens_the_seal_again() -> None:
    talk = at(Phase.RELEASED)
    sheet = talk.session.marks.sheet(EXPERT)
    assert sheet is not None
    for custodian in ("venue/fenghua", "venue/wencheng"):
        assert refuse(talk, sheet.recipient, custodian) is None

    talk.release(sheet.recipient)

    assert (
        talk.session.sharing.lost(sheet.recipient),
        EXPERT in open_marks(talk.session).sheets,
    ) == (
        False,
        True,
    )


# Responsiveness


def test_vote_may_be_changed_until_scoring() -> None:
    talk = at(Phase.RESPONSIVENESS)

    assert vote(talk) is None
    assert vote(talk, verdict="unresponsive", requirement="r1", reason="none") is None
    assert talk.session.opinions.votes["bid-a", EXPERT].requirement == "r1"


def test_vote_is_on_an_opened_bid_and_a_requirement_of_the_tender() -> None:
    talk = at(Phase.RESPONSIVENESS)

    assert vote(talk, bid="bid-z") == "unknown_bid"
    assert vote(talk, requirement="r9") == "unknown_requirement"


def test_only_a_newcomer_votes_in_scoring() -> None:
    talk = at(Phase.SCORING)
    assert vote(talk) == "already_voted"
    replace(talk)
    refill(talk)
    assert vote(talk, NEWCOMER) == "not_declared"
    talk.declare(NEWCOMER)

    assert vote(talk, NEWCOMER) is None
    assert vote(talk, NEWCOMER) == "already_voted"


# Sealed marks


def test_marks_are_dealt_to_the_custody_of_marks() -> None:
    talk = at(Phase.SCORING)
    body = {"seal": talk.deal(Purpose.NONCE)}

    assert talk.say(EXPERT, "marks.dealt", body).void_code == "custody_differs"


def test_mark_is_counted_with_its_rising_counter() -> None:
    talk, recipient = dealt()

    assert mark(talk, recipient) is None
    assert mark(talk, recipient, counter=1) == "counter_not_rising"
    assert mark(talk, recipient, counter=9) is None
    assert talk.session.marks.counters == {EXPERT: 9}
    assert talk.session.progress(EXPERT) == (1, 9)


def test_mark_is_sealed_by_a_seal_of_the_own() -> None:
    talk, recipient = dealt()
    other = talk.deal_marks("beilun-01")
    bid = talk.session.bidding.bids["bid-a"].seal.recipient

    codes = [mark(talk, recipient, recipient=one) for one in (other, bid, "age1nothing")]

    assert codes == ["unknown_seal"] * 3


def test_mark_is_for_an_item() -> None:
    talk, recipient = dealt()

    assert mark(talk, recipient, bid="bid-z") == "unknown_bid"
    assert mark(talk, recipient, criterion="beauty") == "unknown_criterion"


def test_rejected_bid_is_not_marked() -> None:
    talk = at(Phase.RESPONSIVENESS)
    talk.rulebook = "rehearsal/1"
    for name in talk.session.member_ids()[:3]:
        talk.votes[name, "bid-a"] = "unresponsive"
    for name in talk.session.member_ids():
        for bid in ("bid-a", "bid-b", "bid-c"):
            talk.vote(name, bid)

    assert talk.session.rejected("bid-a") is True
    assert [bid.id for bid in talk.session.left("1")] == ["bid-b", "bid-c"]


def test_sheet_replaces_an_earlier_one_and_shares_the_counter() -> None:
    talk, recipient = dealt()
    mark(talk, recipient)
    first = talk.must(EXPERT, "scoresheet.signed", talk.sheet(EXPERT, recipient))
    body = talk.sheet(EXPERT, recipient)
    assert talk.say(EXPERT, "scoresheet.signed", body | {"counter": 2}).void_code == (
        "counter_not_rising"
    )

    second = talk.must(EXPERT, "scoresheet.signed", body)

    sheet = talk.session.marks.sheet(EXPERT)
    assert sheet is not None
    assert sheet.entry == second.entry != first.entry


def test_member_may_deal_again_after_losing_the_browser() -> None:
    talk, recipient = dealt()
    mark(talk, recipient)
    again = talk.deal_marks(EXPERT)

    assert mark(talk, again) is None
    assert mark(talk, recipient) is None


# Corrections


def test_correction_is_of_an_own_item() -> None:
    talk = at(Phase.CONSOLIDATED)

    said = talk.say(EXPERT, "mark.corrected", correction(criterion="beauty"))

    assert said.void_code == "unknown_item"


def test_second_correction_starts_where_the_first_ended() -> None:
    talk = at(Phase.CONSOLIDATED)
    talk.must(EXPERT, "mark.corrected", correction())

    assert talk.say(EXPERT, "mark.corrected", correction(after="32")).void_code == "before_differs"
    talk.must(EXPERT, "mark.corrected", correction(before="31", after=None))
    assert len(talk.session.marks.corrections) == 2


@pytest.mark.parametrize("ground", ["mood", "", None])
def test_correction_needs_one_of_the_grounds(ground: object) -> None:
    talk = at(Phase.CONSOLIDATED)

    said = talk.say(EXPERT, "mark.corrected", correction(ground=ground))

    assert said.void_code == "unknown_choice"
