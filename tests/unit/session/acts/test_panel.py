from __future__ import annotations

from typing import Any

import pytest

from bideval.evidence.sealing import Purpose
from bideval.session.names import MemberState, Phase, SeatState
from tests.unit.session.conversation import EXPERTS, Conversation, at, tender

MAIN = "venue/fenghua"
OFFICER = "officer-lin"
SUPERVISOR = "supervisor-gu"
EXPERT = "wencheng-01"


def committed(*, revealed: bool = True) -> Conversation:
    talk = at(Phase.OPENED)
    talk.must(MAIN, "pool.sealed", talk.pool())
    for committer in talk.session.committers():
        talk.must(committer, "nonce.sealed", talk.nonce(committer))
    if revealed:
        for nonce in list(talk.session.panel.nonces.values()):
            talk.release(nonce.seal.recipient)
    return talk


def answer(talk: Conversation, number: int, word: str) -> str | None:
    body = {"blinded": talk.seat(number)["blinded"], "answer": word}
    return talk.say(MAIN, "invitation.answered", body).void_code


def supplement(talk: Conversation, number: int, **changes: Any) -> str | None:
    body = {
        "reason": "declined",
        "for": talk.seat(number)["blinded"],
        "panel": talk.seat(number, turn=1) | changes,
        "names": talk.names(),
    }
    return talk.say(MAIN, "draw.supplemented", body).void_code


def replace(talk: Conversation, person: str = EXPERT) -> str | None:
    body = {"person": person, "ground": "illness", "reason": "taken ill", "by": None}
    return talk.say(OFFICER, "member.replaced", body).void_code


def refill(talk: Conversation, number: int = 3, name: str = "wencheng-05") -> None:
    """Give a vacated seat to the next ticket and seat that expert."""
    assert supplement(talk, number) is None
    assert talk.check_in(name, number, turn=1).void_code is None


def recuse(talk: Conversation, person: str = EXPERT) -> str | None:
    body = {"discipline": True, "recusal": "recuse", "reason": "worked for a bidder"}
    return talk.say(person, "declaration.signed", body).void_code


# The draw


def test_pool_may_change_until_the_first_nonce() -> None:
    talk = at(Phase.OPENED)
    talk.must(MAIN, "pool.sealed", talk.pool())
    talk.must(MAIN, "pool.sealed", talk.pool() | {"count": 31})
    assert talk.session.panel.pool is not None
    assert talk.session.panel.pool.count == 31

    talk.must(MAIN, "nonce.sealed", talk.nonce())

    assert talk.say(MAIN, "pool.sealed", talk.pool()).void_code == "pool_fixed"


def test_nonce_needs_a_pool() -> None:
    talk = at(Phase.OPENED)

    assert talk.say(MAIN, "nonce.sealed", talk.nonce()).void_code == "no_pool"


def test_each_committer_commits_once() -> None:
    talk = committed(revealed=False)

    assert talk.session.panel.nonces.keys() == {*talk.session.committers()}
    assert talk.say(MAIN, "nonce.sealed", talk.nonce()).void_code == "nonce_known"


def test_supervisor_without_shares_of_nonces_does_not_commit() -> None:
    talk = at(Phase.OPENED)
    talk.must(MAIN, "pool.sealed", talk.pool())
    talk.enrol("supervisor-new", "supervisor")

    assert talk.say("supervisor-new", "nonce.sealed", talk.nonce()).void_code == "not_committing"


def test_nonce_is_sealed_as_a_nonce() -> None:
    talk = at(Phase.OPENED)
    talk.must(MAIN, "pool.sealed", talk.pool())
    body = talk.nonce() | {"seal": talk.deal(Purpose.IDENTITY)}

    assert talk.say(MAIN, "nonce.sealed", body).void_code == "custody_differs"


def refuse(talk: Conversation, author: str, custodian: str) -> str | None:
    """Let a custodian refuse its share of the present nonce of `author`."""
    seal = talk.session.panel.nonces[author].seal
    body = {"recipient": seal.recipient, "custodian": custodian, "reason": "does_not_open"}
    return talk.say(custodian, "share.refused", body).void_code


def test_nonce_that_two_custodians_cannot_open_is_sealed_anew() -> None:
    talk = committed(revealed=False)

    assert refuse(talk, SUPERVISOR, MAIN) is None
    assert SUPERVISOR in talk.session.panel.nonces
    assert refuse(talk, SUPERVISOR, "venue/wencheng") is None
    assert SUPERVISOR not in talk.session.panel.nonces
    assert talk.session.all_committed() is False
    talk.must(SUPERVISOR, "nonce.sealed", talk.nonce(SUPERVISOR))
    for nonce in list(talk.session.panel.nonces.values()):
        talk.release(nonce.seal.recipient)
    assert talk.say(MAIN, "draw.computed", talk.drawing()).void_code is None


def test_nonce_is_lost_three_times_at_most() -> None:
    talk = committed(revealed=False)
    for _ in range(3):
        if SUPERVISOR not in talk.session.panel.nonces:
            talk.must(SUPERVISOR, "nonce.sealed", talk.nonce(SUPERVISOR))
        for custodian in (MAIN, "venue/wencheng"):
            assert refuse(talk, SUPERVISOR, custodian) is None

    assert talk.say(SUPERVISOR, "nonce.sealed", talk.nonce()).void_code == "nonces_spent"


def test_nobody_commits_anew_who_may_know_another_s_nonce() -> None:
    talk = committed(revealed=False)
    talk.release(talk.session.panel.nonces[MAIN].seal.recipient)

    for custodian in (MAIN, "venue/wencheng"):
        assert refuse(talk, SUPERVISOR, custodian) is None

    assert SUPERVISOR in talk.session.panel.nonces


def test_share_is_refused_once_by_its_custodian_and_not_after_its_release() -> None:
    talk = committed(revealed=False)
    seal = talk.session.panel.nonces[MAIN].seal
    body = {"recipient": seal.recipient, "custodian": MAIN, "reason": "is_another"}

    assert refuse(talk, MAIN, "officer-lin") == "other_custodian"
    assert talk.say("venue/wencheng", "share.refused", body).void_code == "other_custodian"
    unknown = body | {"recipient": "age1none"}
    assert talk.say(MAIN, "share.refused", unknown).void_code == "unknown_seal"
    assert refuse(talk, MAIN, "venue/wencheng") is None
    assert refuse(talk, MAIN, "venue/wencheng") == "already_refused"
    talk.must(MAIN, "share.released", talk.share(MAIN, seal.recipient))
    assert refuse(talk, MAIN, MAIN) == "share_known"


def test_share_of_a_bid_is_not_spoken_of() -> None:
    talk = at(Phase.PREPARED)
    seal = talk.session.bidding.bids["bid-a"].seal
    body = {"recipient": seal.recipient, "custodian": "officer-lin", "reason": "does_not_open"}

    assert talk.say("officer-lin", "share.refused", body).void_code == "other_purpose"


def test_draw_needs_all_commitments() -> None:
    talk = at(Phase.OPENED)

    assert talk.say(MAIN, "draw.computed", talk.drawing()).void_code == "too_early"


def test_draw_needs_all_nonces_revealed() -> None:
    talk = committed(revealed=False)

    assert talk.say(MAIN, "draw.computed", talk.drawing()).void_code == "too_early"


def test_draw_is_computed_once() -> None:
    talk = committed()
    talk.must(MAIN, "draw.computed", talk.drawing())

    assert [seat.state for seat in talk.session.panel.seats.values()] == [SeatState.DRAWN] * 5
    assert talk.say(MAIN, "draw.computed", talk.drawing()).void_code == "already_drawn"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"discipline": "A09"}, "strata_differ"),
        ({"venue": "beilun"}, "strata_differ"),
        ({"blinded": "copy"}, "ticket_spent"),
    ],
)
def test_draw_fills_the_seats_of_the_tender(change: dict[str, str], code: str) -> None:
    talk = committed()
    drawing = talk.drawing()
    if change.get("blinded"):
        change = {"blinded": drawing["panel"][1]["blinded"]}
    drawing["panel"][0] |= change

    assert talk.say(MAIN, "draw.computed", drawing).void_code == code


def test_names_of_the_drawn_are_sealed_as_identities() -> None:
    talk = committed()
    drawing = talk.drawing()
    drawing["names"]["seal"] = talk.deal(Purpose.MARKS)

    assert talk.say(MAIN, "draw.computed", drawing).void_code == "custody_differs"


# Invitations and supplements


def test_accepted_invitation_may_still_become_an_absence() -> None:
    talk = at(Phase.DRAWN)

    assert answer(talk, 1, "accepted") is None
    assert answer(talk, 1, "accepted") == "already_answered"
    assert answer(talk, 1, "no_answer") is None
    assert answer(talk, 1, "declined") == "already_answered"


def witness(talk: Conversation, by: str) -> str | None:
    noted = next(iter(talk.session.panel.answers))
    body = {"answer": noted, "how": "Called the number of the pool"}
    return talk.say(by, "answer.witnessed", body).void_code


@pytest.mark.parametrize(
    ("number", "by", "alone"),
    [
        (3, "operator-wencheng", False),
        (3, "supervisor-gu", False),
        (1, "operator-fenghua", True),
    ],
)
def test_answer_is_witnessed_by_who_is_not_of_main(number: int, by: str, *, alone: bool) -> None:
    talk = at(Phase.DRAWN)
    assert answer(talk, number, "declined") is None
    (noted,) = talk.session.panel.answers.values()
    assert (noted.on_mains_word, noted.witness) == (True, None)

    assert witness(talk, by) is None

    (noted,) = talk.session.panel.answers.values()
    assert (noted.on_mains_word, noted.witness) == (alone, by)
    assert witness(talk, "supervisor-gu") == (None if alone else "already_witnessed")


def test_answer_is_witnessed_at_the_venue_of_its_seat() -> None:
    talk = at(Phase.DRAWN)
    assert answer(talk, 3, "no_answer") is None

    assert witness(talk, "operator-beilun") == "seat_elsewhere"
    unknown = {"answer": "ab" * 32, "how": "x"}
    said = talk.say("supervisor-gu", "answer.witnessed", unknown)
    assert said.void_code == "unknown_answer"


def test_who_accepts_needs_no_witness() -> None:
    talk = at(Phase.DRAWN)
    assert answer(talk, 3, "accepted") is None
    assert [one.on_mains_word for one in talk.session.panel.answers.values()] == [False]


def test_invitation_of_nobody_drawn_is_refused() -> None:
    body = {"blinded": "00" * 32, "answer": "accepted"}

    assert at(Phase.DRAWN).say(MAIN, "invitation.answered", body).void_code == "not_drawn"


def test_declined_seat_takes_the_next_ticket() -> None:
    talk = at(Phase.DRAWN)
    answer(talk, 3, "declined")

    assert supplement(talk, 3) is None
    assert talk.session.panel.seats[3].item.blinded == talk.seat(3, turn=1)["blinded"]
    assert talk.check_in("wencheng-01", 3).void_code == "not_drawn"
    assert talk.check_in("wencheng-01", 3, turn=1).void_code is None


def test_filled_seat_takes_no_ticket() -> None:
    assert supplement(at(Phase.DRAWN), 3) == "seat_taken"


@pytest.mark.parametrize(
    "changes",
    [{"seat": 4}, {"discipline": "A02"}, {"venue": "fenghua"}],
)
def test_next_ticket_is_of_the_same_seat(changes: dict[str, Any]) -> None:
    talk = at(Phase.DRAWN)
    answer(talk, 3, "declined")

    assert supplement(talk, 3, **changes) == "strata_differ"


def test_ticket_is_drawn_once() -> None:
    talk = at(Phase.DRAWN)
    answer(talk, 3, "declined")

    assert supplement(talk, 3, blinded=talk.seat(4)["blinded"]) == "ticket_spent"
    assert supplement(talk, 3, blinded=talk.seat(3)["blinded"]) == "ticket_spent"


# Declarations


def test_member_declares_once() -> None:
    talk = at(Phase.CHECKED_IN)
    talk.declare(EXPERT)
    body = {"discipline": True, "recusal": "none", "reason": ""}

    assert talk.say(EXPERT, "declaration.signed", body).void_code == "already_declared"


def test_recusal_vacates_the_seat_even_after_the_declaration() -> None:
    talk = at(Phase.RESPONSIVENESS)

    assert recuse(talk) is None
    member = talk.session.panel.members[EXPERT]
    assert (member.state, member.reason) == (MemberState.RECUSED, "worked for a bidder")
    assert talk.session.panel.seats[3].state is SeatState.VACATED
    assert recuse(talk) == "not_seated"


# The chair


def test_vote_is_for_the_present_round_and_a_seated_candidate() -> None:
    talk = at(Phase.DECLARED)

    def code(**body: Any) -> str | None:
        return talk.say(
            EXPERT, "chair.voted", {"round": 1, "candidate": "beilun-01"} | body
        ).void_code

    assert code(round=2) == "other_round"
    assert code(candidate="wencheng-09") == "not_seated"
    assert code() is None
    assert code() == "already_voted"


def test_undeclared_members_neither_vote_nor_stand() -> None:
    talk = at(Phase.CHAIRED)
    assert recuse(talk) is None
    refill(talk)
    body = {"round": talk.session.panel.round, "candidate": "wencheng-05"}

    assert talk.say("wencheng-05", "chair.voted", body).void_code == "not_declared"
    assert talk.say("beilun-01", "chair.voted", body).void_code == "not_seated"


def test_elected_chair_is_not_voted_on() -> None:
    talk = at(Phase.CHAIRED)
    body = {"round": 1, "candidate": "beilun-01"}

    assert talk.say(EXPERT, "chair.voted", body).void_code == "chair_known"


def test_chair_who_is_replaced_is_elected_anew_by_the_full_panel() -> None:
    talk = at(Phase.SCORING)
    assert talk.session.panel.chair == EXPERT
    replace(talk)
    refill(talk)
    talk.declare("wencheng-05")

    assert (talk.session.panel.chair, talk.session.panel.round) == (None, 2)
    talk.elect("beilun-01")
    assert talk.session.panel.chair == "beilun-01"


def test_last_vote_missing_may_come_by_a_newcomer() -> None:
    talk = at(Phase.DECLARED)
    for name in EXPERTS:
        if name != EXPERT:
            talk.must(name, "chair.voted", {"round": 1, "candidate": "beilun-01"})
    replace(talk)
    refill(talk)
    talk.declare("wencheng-05")

    assert talk.session.panel.chair is None
    talk.must("wencheng-05", "chair.voted", {"round": 1, "candidate": "fenghua-01"})
    assert talk.session.panel.chair == "beilun-01"


# Replacement


def test_member_is_replaced_once() -> None:
    talk = at(Phase.SCORING)

    assert replace(talk) is None
    assert talk.session.panel.members[EXPERT].state is MemberState.REPLACED
    assert replace(talk) == "not_seated"
    assert replace(talk, "nobody-01") == "not_seated"


def test_replaced_member_says_nothing_more_that_counts() -> None:
    talk = at(Phase.SCORING)
    replace(talk)

    said = talk.say(EXPERT, "marks.dealt", {"seal": talk.deal(Purpose.MARKS)})

    assert said.void_code == "not_seated"


def test_successor_is_linked_to_the_predecessor() -> None:
    talk = at(Phase.SCORING)
    replace(talk)
    refill(talk)

    assert talk.session.panel.members[EXPERT].replaced_by == "wencheng-05"


# The time for answers


def invited(minutes: int | None) -> Conversation:
    talk = Conversation()
    talk.document = tender(panel=tender()["panel"] | {"answer_minutes": minutes})
    return talk.until(Phase.DRAWN)


def test_nobody_is_silent_before_the_time_is_over() -> None:
    talk = invited(30)
    seat = talk.session.panel.seats[2]
    ends = talk.session.answer_ends(seat)
    assert ends == seat.invited_at + 30 * 60_000
    talk.now = ends - 1_001
    assert answer(talk, 2, "no_answer") == "too_early"
    assert answer(talk, 2, "no_answer") is None
    assert talk.session.panel.seats[2].state is SeatState.NO_ANSWER


def test_who_comes_next_has_the_whole_time_again() -> None:
    talk = invited(30)
    talk.now += 31 * 60_000
    assert answer(talk, 2, "no_answer") is None
    assert supplement(talk, 2, ticket="ff" * 32) is None
    body = {"blinded": talk.session.panel.seats[2].item.blinded, "answer": "no_answer"}
    assert talk.say(MAIN, "invitation.answered", body).void_code == "too_early"


def test_who_accepted_and_does_not_come_is_silent_at_any_time() -> None:
    talk = invited(30)
    assert answer(talk, 2, "accepted") is None
    assert answer(talk, 2, "no_answer") is None


def test_without_a_time_main_says_when_nobody_answers() -> None:
    talk = invited(None)
    assert talk.session.answer_ends(talk.session.panel.seats[2]) is None
    assert answer(talk, 2, "no_answer") is None


def test_seat_of_a_fall_back_class_stays_a_seat_of_its_discipline() -> None:
    talk = committed()
    drawing = talk.drawing()
    drawing["panel"][0]["class"] = "A09"
    talk.must(MAIN, "draw.computed", drawing)
    seat = talk.session.panel.seats[1].item
    assert (seat.discipline, seat.class_) == ("A08", "A09")
