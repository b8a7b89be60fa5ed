from __future__ import annotations

from typing import Any

import pytest

from bideval.session.bodies.panel import Answer, DrawnSeatBody, ReplacementGround
from bideval.session.names import MemberState, SeatState
from bideval.session.panel import Ballot, Member, Panel


def seat(number: int, blinded: str = "") -> DrawnSeatBody:
    return DrawnSeatBody(
        seat=number,
        blinded=blinded or f"blind {number}",
        discipline="A08",
        venue="fenghua",
        ticket="00",
        for_venue=b"",
    )


def member(number: int, **changes: Any) -> Member:
    members: dict[str, Any] = {
        "id": f"fenghua-0{number}",
        "venue": "fenghua",
        "seat": number,
        "discipline": "A08",
        "position": number,
        "declared": True,
    }
    return Member(**(members | changes))


def panel(size: int = 3) -> Panel:
    found = Panel()
    for number in range(1, size + 1):
        found.fill(seat(number), at=0)
        found.check_in(member(number))
    return found


def leave(found: Panel, person: str) -> None:
    found.vacate(
        person,
        state=MemberState.REPLACED,
        ground=ReplacementGround.ILLNESS,
        reason="ill",
        at=9,
    )


def vote(found: Panel, *candidates: int) -> None:
    for voter, candidate in enumerate(candidates, start=1):
        ballot = Ballot(
            round=found.round, voter=f"fenghua-0{voter}", candidate=f"fenghua-0{candidate}"
        )
        found.ballots.append(ballot)
    found.settle_chair(3)


def test_panel_is_drawn_once_there_is_a_seed() -> None:
    assert (Panel().drawn, Panel(seed="00").drawn) == (False, True)


def test_seated_members_come_in_seat_order_and_representatives_last() -> None:
    found = panel(2)
    found.check_in(member(7, seat=None))
    found.check_in(member(8, seat=None))

    order = [one.id for one in found.seated()]

    assert order == ["fenghua-01", "fenghua-02", "fenghua-07", "fenghua-08"]
    assert [one.representative for one in found.seated()] == [False, False, True, True]


def test_opinions_count_from_the_declaration_on() -> None:
    found = panel(1)
    found.check_in(member(2, seat=None, declared=False))
    assert [one.id for one in found.counting()] == ["fenghua-01"]

    found.declare("fenghua-02")

    assert [one.id for one in found.counting()] == ["fenghua-01", "fenghua-02"]


def test_answer_is_the_state_of_the_seat() -> None:
    found = Panel()
    found.fill(seat(1), at=0)
    drawn = found.seat_of("blind 1")
    assert drawn is not None
    found.answer(drawn, Answer.DECLINED, "hash 4")

    assert found.seats[1].state is SeatState.DECLINED
    noted = found.answers["hash 4"]
    assert (noted.blinded, noted.venue, noted.answer) == (
        "blind 1",
        drawn.item.venue,
        Answer.DECLINED,
    )
    assert found.seat_of("nobody") is None


def test_member_who_left_is_followed_by_the_next_on_the_seat() -> None:
    found = panel()
    leave(found, "fenghua-02")
    assert found.member("fenghua-02") is None
    assert found.seats[2].state is SeatState.VACATED

    found.fill(seat(2, "blind next"), at=0)
    found.check_in(member(5, seat=2))

    gone = found.members["fenghua-02"]
    assert (gone.replaced_by, gone.left_at, gone.reason) == ("fenghua-05", 9, "ill")
    assert found.seats[2].state is SeatState.CHECKED_IN
    assert found.spent == {"blind 1", "blind 2", "blind 3", "blind next"}


def test_representative_who_left_is_followed_by_another() -> None:
    found = Panel()
    found.check_in(member(1, seat=None))
    leave(found, "fenghua-01")
    found.check_in(member(2, seat=None))

    assert found.members["fenghua-01"].replaced_by == "fenghua-02"


@pytest.mark.parametrize(
    ("candidates", "chair", "round_"),
    [
        ((1, 1, 1), "fenghua-01", 1),
        ((2, 2, 3), "fenghua-02", 1),
        ((1, 2, 3), None, 2),
        ((1, 1), None, 1),
        ((), None, 1),
    ],
)
def test_most_votes_elect_once_everybody_voted_and_a_tie_opens_a_round(
    candidates: tuple[int, ...], chair: str | None, round_: int
) -> None:
    found = panel()
    vote(found, *candidates)

    assert (found.chair, found.round) == (chair, round_)


def test_tie_is_decided_in_the_next_round() -> None:
    found = panel()
    vote(found, 1, 2, 3)
    vote(found, 1, 1, 3)

    assert (found.chair, found.round) == ("fenghua-01", 2)


def test_votes_by_and_for_members_who_left_do_not_count() -> None:
    found = panel()
    vote(found, 2, 3)
    leave(found, "fenghua-02")

    assert found.votes(1) == {}


def test_chair_who_leaves_is_elected_anew_in_another_round() -> None:
    found = panel()
    vote(found, 1, 1, 1)
    leave(found, "fenghua-01")

    assert (found.chair, found.round) == (None, 2)


def test_elected_chair_stays_although_votes_are_counted_again() -> None:
    found = panel()
    vote(found, 1, 1, 1)
    found.settle_chair(3)

    assert (found.chair, found.round) == ("fenghua-01", 1)
