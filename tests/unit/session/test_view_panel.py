from __future__ import annotations

from typing import Any

import pytest

from bideval.evidence.encoding import b64u
from bideval.session.caseform import corrected_marks
from bideval.session.names import Phase
from bideval.session.unsealing import open_marks
from bideval.session.view_panel import (
    corrections_part,
    draw_part,
    marks_part,
    panel_part,
    released,
    report_part,
    result_part,
    seats_part,
    signatures_part,
    votes_part,
)
from tests.unit.session.conversation import EXPERTS, Conversation, at


def part(read: Any, talk: Conversation, name: str) -> Any:
    return read(talk.session, talk.session.people.persons[name])


def test_draw_is_followed_without_names() -> None:
    talk = at(Phase.DRAWN)

    found = part(draw_part, talk, "officer-lin")

    assert (found["pool"]["count"], found["seed"]) == (30, talk.session.panel.seed)
    assert found["committed"] == sorted(talk.session.committers())
    assert part(draw_part, at(Phase.PREPARED), "officer-lin")["pool"] is None
    assert part(draw_part, talk, "bidder-aaaaaaaa") is None


def test_operator_gets_the_sealed_names_of_the_own_venue() -> None:
    talk = at(Phase.DRAWN)
    seats = talk.session.panel.seats

    found = part(seats_part, talk, "operator-wencheng")

    assert [(one["seat"], one["for_venue"]) for one in found] == [
        (number, b64u(seats[number].item.for_venue)) for number in (3, 4)
    ]
    watched = part(seats_part, talk, "supervisor-gu")
    assert [one["for_venue"] for one in watched] == [None] * 5
    assert part(seats_part, talk, "bidder-aaaaaaaa") == []


def test_ballots_are_secret_until_the_chair_is_elected() -> None:
    talk = at(Phase.DECLARED)
    talk.must("beilun-01", "chair.voted", {"round": 1, "candidate": "beilun-01"})

    other = part(panel_part, talk, "wencheng-01")
    own = part(panel_part, talk, "beilun-01")

    assert (other["voted"], other["ballots"]) == (["beilun-01"], [])
    assert own["ballots"] == [{"round": 1, "voter": "beilun-01", "candidate": "beilun-01"}]
    assert len(part(panel_part, at(Phase.CHAIRED), "officer-lin")["ballots"]) == 5


def test_tied_round_is_open_to_all() -> None:
    talk = at(Phase.DECLARED)
    for name, candidate in zip(EXPERTS, [*EXPERTS[1:], EXPERTS[0]], strict=True):
        talk.must(name, "chair.voted", {"round": 1, "candidate": candidate})

    found = part(panel_part, talk, "wencheng-01")

    assert (found["round"], len(found["ballots"]), found["voted"]) == (2, 5, [])


def test_votes_on_bids_are_shown_once_all_have_voted() -> None:
    talk = at(Phase.RESPONSIVENESS)
    talk.vote("beilun-01", "bid-a")
    talk.vote("wencheng-01", "bid-a")

    first = part(votes_part, talk, "wencheng-01")[0]

    assert (first["verdict"], first["voted"]) == (None, ["wencheng-01", "beilun-01"])
    assert [vote["member"] for vote in first["votes"]] == ["wencheng-01"]
    decided = part(votes_part, at(Phase.SCORING), "officer-lin")[0]
    assert (decided["verdict"], len(decided["votes"])) == ("responsive", 5)
    assert part(votes_part, at(Phase.CHAIRED), "officer-lin") == []


def test_marks_are_shown_after_release_where_they_are_opened() -> None:
    talk = at(Phase.CONSOLIDATED)
    opened = corrected_marks(talk.session, open_marks(talk.session))
    persons = talk.session.people.persons

    found = marks_part(talk.session, persons["wencheng-01"], opened)

    assert found is not None
    assert found["beilun-01"]["bid-a"] == {  # type: ignore[index]  # a view is typed as JSON
        "design": "30",
        "service": "15",
        "record": "10",
    }
    assert marks_part(talk.session, persons["wencheng-01"], None) is None
    assert marks_part(talk.session, persons["bidder-aaaaaaaa"], opened) is None
    assert [released(at(phase).session) for phase in (Phase.SCORING, Phase.RELEASED)] == [
        False,
        True,
    ]


def test_corrections_are_shown_with_their_grounds() -> None:
    talk = at(Phase.CONSOLIDATED)
    correction = {
        "bid": "bid-a",
        "criterion": "design",
        "before": "30",
        "after": None,
        "ground": "abnormal",
        "reason": "counted twice",
    }
    talk.must("wencheng-01", "mark.corrected", correction)

    found = part(corrections_part, talk, "beilun-01")

    assert found == [correction | {"member": "wencheng-01"}]
    assert part(corrections_part, talk, "bidder-aaaaaaaa") == []


def test_former_member_sees_nothing_more_of_the_panel() -> None:
    talk = at(Phase.SCORING)
    assert part(panel_part, talk, "beilun-01") is not None

    body = {"person": "beilun-01", "ground": "recusal", "reason": "A cousin bids", "by": None}
    talk.must("officer-lin", "member.replaced", body)

    assert part(panel_part, talk, "beilun-01") is None
    assert part(votes_part, talk, "beilun-01") == []
    assert part(panel_part, talk, "wencheng-01") is not None


def test_result_is_shown_inside_from_its_first_version() -> None:
    talk = at(Phase.CONSOLIDATED)

    found = part(result_part, talk, "wencheng-01")

    assert (found["version"], found["final"], found["current"]) == (1, True, True)
    assert found["lots"]["1"]["candidates"] == ["bid-a", "bid-b", "bid-c"]
    assert part(result_part, talk, "bidder-bbbbbbbb") is None
    assert part(result_part, at(Phase.RELEASED), "officer-lin") is None
    assert part(result_part, at(Phase.REPORTED), "operator-fenghua") is None


def test_bidder_is_told_candidates_and_the_own_line_once_reported() -> None:
    found = part(result_part, at(Phase.REPORTED), "bidder-bbbbbbbb")

    assert found["lots"]["1"]["candidates"] == ["bid-a", "bid-b", "bid-c"]
    assert found["lots"]["1"]["bids"].keys() == {"bid-b"}
    assert found["lots"]["1"]["bids"]["bid-b"]["total"] == "75.50"


def test_signatures_tell_three_ways_to_sign() -> None:
    talk = at(Phase.CONSOLIDATED)
    talk.confirm("fenghua-01", "dissent", "The design is overrated")
    talk.must("wencheng-01", "refusal.noted", {"person": "beilun-01", "note": "left"})

    found = part(signatures_part, talk, "officer-lin")

    assert [(one["member"], one["stance"], one["by"]) for one in found] == [
        ("fenghua-01", "dissent", "fenghua-01"),
        ("beilun-01", "refuse", "wencheng-01"),
    ]
    assert part(signatures_part, at(Phase.RELEASED), "officer-lin") == []


@pytest.mark.parametrize("phase", [Phase.CONFIRMED, Phase.REPORTED])
def test_report_is_shown_once_issued(phase: Phase) -> None:
    talk = at(phase)
    found = part(report_part, talk, "officer-lin")

    assert (found is None) == (phase is Phase.CONFIRMED)
    if found is not None:
        assert found["digest"] == talk.session.results.versions[-1].body.digest


def test_bidder_learns_of_the_report_once_it_is_delivered() -> None:
    talk = at(Phase.CONFIRMED)
    issued = talk.must("venue/fenghua", "report.issued", talk.reporting())

    assert issued.counted
    assert part(report_part, talk, "officer-lin") is not None
    assert part(report_part, talk, "bidder-bbbbbbbb") is None
    assert part(report_part, at(Phase.REPORTED), "bidder-bbbbbbbb") is not None
