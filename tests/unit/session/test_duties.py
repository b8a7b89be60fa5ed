from __future__ import annotations

import pytest

from bideval.evidence.sealing import Purpose
from bideval.session.duties import (
    AnnounceBid,
    CloseBids,
    ComputeDraw,
    Consolidate,
    Duty,
    IssueReport,
    Join,
    MarkUnopenable,
    MovePhase,
    NoteExpired,
    NoteNoAnswer,
    NoteVenueAbsent,
    NoteVenueReturned,
    ReleaseShare,
    SealNonce,
    SupplementDraw,
    duties,
    to_test,
)
from bideval.session.names import Phase
from bideval.session.phases import missing
from bideval.session.state import Session
from bideval.terms.instants import instant_text
from tests.unit.session.acts.test_panel import answer, committed, refuse, replace
from tests.unit.session.conversation import (
    DEADLINE,
    MINUTE,
    SESSION,
    VENUES,
    Conversation,
    at,
    tender,
)

MAIN = "venue/fenghua"
EXPERT = "wencheng-01"


def owed(talk: Conversation, venue: str = "fenghua", now: int = 0) -> list[Duty]:
    return duties(talk.session, venue, now or talk.now)


def test_stranger_owes_nothing() -> None:
    assert duties(Session(SESSION), "fenghua", 0) == []
    assert owed(at(Phase.SCORING), "ningbo") == []


def test_branch_joins_first() -> None:
    talk = Conversation()
    talk.must(MAIN, "session.founded", talk.founding())

    assert [owed(talk, venue) for venue in VENUES] == [[], [Join()], [Join()]]


def test_main_closes_the_box_at_the_deadline() -> None:
    talk = at(Phase.PREPARED)

    assert owed(talk, now=DEADLINE - 1) == []
    assert owed(talk, now=DEADLINE) == [CloseBids()]
    assert owed(talk, "wencheng", DEADLINE) == []


def test_nothing_is_closed_without_a_tender() -> None:
    talk = Conversation()
    talk.found()

    assert owed(talk, now=DEADLINE) == []


def test_main_announces_what_has_enough_shares_and_gives_up_what_has_not_in_time() -> None:
    talk = at(Phase.PREPARED)
    talk.close()
    assert owed(talk) == []
    talk.release(talk.session.bidding.bids["bid-b"].seal.recipient)

    assert owed(talk) == [AnnounceBid("bid-b")]
    assert owed(talk, now=DEADLINE + 31 * MINUTE) == [
        MarkUnopenable("bid-a"),
        AnnounceBid("bid-b"),
        MarkUnopenable("bid-c"),
    ]


def test_main_moves_by_order_once_nothing_is_missing() -> None:
    talk = at(Phase.PREPARED)
    order = talk.order(Phase.OPENED, "the box is open")
    assert owed(talk) == []
    talk.close()
    for bid in ("bid-a", "bid-b", "bid-c"):
        talk.open_bid(bid)

    assert owed(talk) == [MovePhase(Phase.OPENED, order.entry, "the box is open")]
    assert owed(talk, "wencheng") == []


def test_main_fails_a_session_with_too_few_bids_by_itself() -> None:
    talk = at(Phase.PREPARED)
    talk.must("bidder-aaaaaaaa", "bid.withdrawn", {"bid": "bid-a"})
    talk.close()

    (duty,) = owed(talk)

    assert duty == MovePhase(Phase.FAILED, None, "too few bids are left")
    assert talk.say(MAIN, "phase.moved", talk.moving(Phase.FAILED, reason=duty.reason)).counted


def test_every_venue_commits_once_the_pool_is_fixed() -> None:
    talk = at(Phase.OPENED)
    assert owed(talk, "beilun") == []
    talk.must(MAIN, "pool.sealed", talk.pool())
    assert [owed(talk, venue) for venue in VENUES] == [[SealNonce()]] * 3

    talk.must("venue/beilun", "nonce.sealed", talk.nonce("venue/beilun"))

    assert owed(talk, "beilun") == []


def test_venues_reveal_once_all_committed_and_main_draws() -> None:
    talk = at(Phase.OPENED)
    talk.must(MAIN, "pool.sealed", talk.pool())
    for committer in talk.session.committers():
        talk.must(committer, "nonce.sealed", talk.nonce(committer))
    seals = [nonce.seal.recipient for nonce in talk.session.panel.nonces.values()]
    reveals = [ReleaseShare(Purpose.NONCE, seal) for seal in seals]
    assert owed(talk, "wencheng") == reveals
    assert owed(talk, "beilun") == []
    for seal in seals:
        talk.release(seal)

    assert owed(talk, "wencheng") == []
    assert owed(talk) == [ComputeDraw()]


def test_main_notes_who_does_not_answer_in_time() -> None:
    talk = Conversation()
    talk.document = tender(panel=tender()["panel"] | {"answer_minutes": 30})
    talk.until(Phase.DRAWN)
    answer(talk, 1, "accepted")
    answer(talk, 2, "declined")
    silent = [NoteNoAnswer(talk.seat(number)["blinded"]) for number in (3, 4, 5)]
    follow = SupplementDraw(talk.seat(2)["blinded"], "declined")
    ends = talk.session.answer_ends(talk.session.panel.seats[3])
    assert duties(talk.session, "fenghua", ends - 1) == [follow]
    assert duties(talk.session, "fenghua", ends) == [follow, *silent]
    assert duties(talk.session, "wencheng", ends) == []


def test_main_fills_open_seats() -> None:
    talk = at(Phase.DRAWN)
    answer(talk, 2, "no_answer")

    assert owed(talk) == [SupplementDraw(talk.seat(2)["blinded"], "no_answer")]
    talk = at(Phase.SCORING)
    replace(talk)
    assert owed(talk) == [SupplementDraw(talk.seat(3)["blinded"], "vacated")]


def test_panel_of_representatives_is_not_drawn() -> None:
    panel = tender()["panel"] | {"representatives": 5, "disciplines": [], "seats": []}
    talk = Conversation(document=tender(panel=panel), rulebook="rehearsal/1")
    talk.until(Phase.OPENED)

    assert owed(talk) == []


@pytest.mark.parametrize(
    ("leaving", "to"),
    [
        (Phase.DRAWN, Phase.CHECKED_IN),
        (Phase.CHECKED_IN, Phase.DECLARED),
        (Phase.DECLARED, Phase.CHAIRED),
        (Phase.SCORING, Phase.RELEASED),
        (Phase.CONSOLIDATED, Phase.CONFIRMED),
    ],
)
def test_main_moves_by_itself_where_facts_decide(leaving: Phase, to: Phase) -> None:
    talk = at(leaving)
    moved: list[Phase] = []
    talk.move = lambda phase, **_: moved.append(phase)  # type: ignore[method-assign]  # moves are only noted
    talk.course()[to]()

    assert (moved, owed(talk)) == ([to], [MovePhase(to, None, "")])


def test_venues_release_marks_and_main_consolidates() -> None:
    talk = at(Phase.RELEASED)
    seals = talk.session.needed_recipients()
    assert owed(talk, "wencheng") == [ReleaseShare(Purpose.MARKS, seal) for seal in seals]
    talk.release_marks()

    assert owed(talk, "wencheng") == []
    assert owed(talk) == [Consolidate(1)]
    talk.consolidate()
    assert owed(talk) == [MovePhase(Phase.CONSOLIDATED, None, "")]


def test_correction_makes_another_consolidation_due() -> None:
    talk = at(Phase.CONSOLIDATED)
    correction = {
        "bid": "bid-a",
        "criterion": "design",
        "before": "30",
        "after": "31",
        "ground": "abnormal",
        "reason": "counted twice",
    }
    talk.must(EXPERT, "mark.corrected", correction)

    assert owed(talk) == [Consolidate(2)]


def test_main_issues_the_report() -> None:
    assert owed(at(Phase.CONFIRMED)) == [IssueReport()]


@pytest.mark.parametrize("phase", [Phase.REPORTED, Phase.ARCHIVED])
def test_names_open_once_reported_even_after_archiving(phase: Phase) -> None:
    talk = at(Phase.REPORTED)
    if phase is Phase.ARCHIVED:
        talk.move(Phase.ARCHIVED, ordered=True)
    seal = talk.session.panel.names[0].seal.recipient

    assert owed(talk, "wencheng") == [ReleaseShare(Purpose.IDENTITY, seal)]
    assert owed(talk, "beilun") == []


def test_ended_session_owes_nothing_else() -> None:
    assert [owed(at(Phase.ARCHIVED), venue) for venue in VENUES] == [[], [], []]
    talk = at(Phase.SCORING)
    talk.move(Phase.FAILED, ordered=True)
    assert [owed(talk, venue) for venue in VENUES] == [[], [], []]


def test_share_that_was_wrong_is_not_released_again_and_again() -> None:
    talk = at(Phase.RELEASED)
    seal = talk.session.needed_recipients()[0]
    before = owed(talk, "wencheng")
    body = {"recipient": seal, "custodian": "venue/wencheng", "share": "AAAA"}
    assert talk.say("venue/wencheng", "share.released", body).void_code == "share_wrong"

    assert owed(talk, "wencheng") == before[1:]


def test_main_notes_branches_that_go_and_come_back() -> None:
    talk = at(Phase.SCORING)
    session = talk.session
    gone = frozenset({"beilun"})
    assert duties(session, "fenghua", 0, absent=gone) == [NoteVenueAbsent("beilun")]
    assert duties(session, "wencheng", 0, absent=gone) == []
    body = {"venue": "beilun", "since": "2026-11-22T10:30:00.000+08:00"}
    talk.must(MAIN, "venue.absent", body)

    assert duties(session, "fenghua", 0, absent=gone) == []
    assert duties(session, "fenghua", 0) == [NoteVenueReturned("beilun")]


def test_paused_session_owes_shares_and_lines_but_no_moves() -> None:
    talk = at(Phase.RELEASED)
    talk.must("officer-lin", "session.paused", {"reason": "fire"})
    talk.release_marks()
    session = talk.session

    assert duties(session, "fenghua", 0, absent=frozenset({"beilun"})) == [
        NoteVenueAbsent("beilun")
    ]
    order = talk.order(Phase.RE_FORMED, "no power for days")
    assert owed(talk) == [MovePhase(Phase.RE_FORMED, order.entry, "no power for days")]
    assert owed(talk, "wencheng") == []


def test_main_owes_a_note_as_soon_as_the_limit_of_a_fault_has_passed() -> None:
    talk = at(Phase.SCORING, "procurement/2")
    fault = {"since": instant_text(talk.now)}
    talk.must("officer-lin", "session.paused", {"reason": "no power", "fault": fault})
    session = talk.session
    assert session.procedure.fault is not None
    due = session.procedure.fault.due
    assert due is not None
    assert duties(session, "fenghua", due - 1) == []
    assert duties(session, "fenghua", due) == [NoteExpired(due)]
    assert duties(session, "wencheng", due) == []
    talk.must(MAIN, "pause.expired", {"due": instant_text(due)}, at=due)

    assert duties(session, "fenghua", due + 1) == []


def test_order_to_go_on_waits_for_the_end_of_the_pause() -> None:
    talk = at(Phase.CHAIRED)
    order = talk.order(Phase.RESPONSIVENESS, "")
    talk.must("officer-lin", "session.paused", {"reason": "fire"})
    assert owed(talk) == []
    talk.must("officer-lin", "session.resumed", {"reason": "over"})

    assert owed(talk) == [MovePhase(Phase.RESPONSIVENESS, order.entry, "")]


def test_venue_reveals_no_nonce_while_it_cannot_open_its_share_of_one() -> None:
    talk = committed(revealed=False)
    assert len(owed(talk, "wencheng")) == 3 + 1

    assert refuse(talk, "supervisor-gu", "venue/wencheng") is None

    assert [owed(talk, venue) for venue in ("wencheng", "beilun")] == [[], []]
    assert len(owed(talk, "fenghua")) == 3 + 1


def test_venue_whose_nonce_was_lost_commits_to_another() -> None:
    talk = committed(revealed=False)
    for custodian in ("venue/fenghua", "supervisor-gu"):
        assert refuse(talk, "venue/wencheng", custodian) is None

    assert owed(talk, "wencheng") == [SealNonce()]


def test_venue_tests_the_shares_of_marks_and_nonces_that_it_keeps() -> None:
    talk = committed(revealed=False)
    sealed = [nonce.seal.recipient for nonce in talk.session.panel.nonces.values()]
    assert [to_test(talk.session, venue) for venue in ("wencheng", "beilun")] == [sealed, []]

    assert refuse(talk, "supervisor-gu", "venue/wencheng") is None
    talk.must("venue/wencheng", "share.released", talk.share("venue/wencheng", sealed[0]))

    assert to_test(talk.session, "wencheng") == [sealed[1], sealed[2]]


def test_nothing_is_tested_elsewhere_or_after_the_end() -> None:
    talk = at(Phase.SCORING)
    seal = talk.deal_marks("wencheng-01")
    assert to_test(talk.session, "wencheng") == [seal]
    assert to_test(talk.session, "nowhere") == []

    talk.move(Phase.FAILED, ordered=True)

    assert to_test(talk.session, "wencheng") == []


def test_nonce_that_is_not_the_committed_one_stops_the_draw_and_names_its_author() -> None:
    talk = at(Phase.OPENED)
    talk.must("venue/fenghua", "pool.sealed", talk.pool())
    for committer in talk.session.committers():
        said = "venue/fenghua" if committer == "supervisor-gu" else committer
        talk.must(committer, "nonce.sealed", talk.nonce(said))
    for nonce in list(talk.session.panel.nonces.values()):
        talk.release(nonce.seal.recipient)

    assert owed(talk) == []
    lacking = missing(talk.session, Phase.DRAWN)
    assert [(one.condition, one.waiting_for) for one in lacking] == [
        ("draw_computed", ("supervisor-gu",))
    ]
    talk.move(Phase.RE_FORMED, ordered=True)
    assert talk.session.phase is Phase.RE_FORMED
