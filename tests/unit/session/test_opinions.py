from __future__ import annotations

import pytest

from bideval.session.bodies.marks import Verdict
from bideval.session.opinions import Opinions, Vote

MEMBERS = ["a", "b", "c", "d", "e"]


def opinions(against: int, voters: int = 5) -> Opinions:
    found = Opinions()
    for index, member in enumerate(MEMBERS[:voters]):
        verdict = Verdict.UNRESPONSIVE if index < against else Verdict.RESPONSIVE
        found.cast(vote(member, verdict))
    return found


def vote(member: str, verdict: Verdict) -> Vote:
    return Vote(
        bid="bid-a", member=member, verdict=verdict, requirement=None, reason="", position=1
    )


@pytest.mark.parametrize(
    ("against", "verdict"),
    [
        (0, Verdict.RESPONSIVE),
        (2, Verdict.RESPONSIVE),
        (3, Verdict.UNRESPONSIVE),
        (5, Verdict.UNRESPONSIVE),
    ],
)
def test_rejection_needs_more_than_half(against: int, verdict: Verdict) -> None:
    assert opinions(against).verdict("bid-a", MEMBERS) is verdict


def test_half_of_an_even_panel_rejects_nothing() -> None:
    assert opinions(2, 4).verdict("bid-a", MEMBERS[:4]) is Verdict.RESPONSIVE


def test_verdict_waits_for_every_member() -> None:
    assert opinions(4, 4).verdict("bid-a", MEMBERS) is None
    assert opinions(0).verdict("bid-a", []) is None


def test_votes_of_others_do_not_count() -> None:
    assert opinions(3).verdict("bid-a", MEMBERS[2:]) is Verdict.RESPONSIVE


def test_later_vote_replaces_the_earlier_one() -> None:
    found = opinions(3)
    found.cast(vote("a", Verdict.RESPONSIVE))

    assert found.verdict("bid-a", MEMBERS) is Verdict.RESPONSIVE
