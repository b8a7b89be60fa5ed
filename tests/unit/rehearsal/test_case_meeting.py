"""A case as a meeting: the tender, the bids, the pool, and people who say what the case says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from bideval.rehearsal.case_meeting import (
    RESERVE,
    CasePlay,
    bids_of,
    check_case,
    pool_of,
    tender_of,
)
from bideval.rehearsal.script import UNRESPONSIVE, make_script
from bideval.scoring.method import MethodType
from bideval.terms.errors import InputError
from tests.unit.rehearsal.cases import case

VENUES = ["main", "branch-1"]
SEATED = 30
"""Experts of a rehearsal that one draw holds, with two venues and the supervisor as custodians."""


def play_of(paper) -> CasePlay:
    return CasePlay(make_script(paper, VENUES))


def view(*members: str, done: bool = False, verdict: str | None = "responsive") -> dict:
    return {
        "responsiveness": [{"bid": "bid-001", "verdict": verdict}],
        "panel": {"members": [_seated(person, done=done) for person in members]},
    }


def _seated(person: str, *, done: bool) -> dict:
    return {"person": person, "state": "seated", "done": done, "declared": True}


def test_tender_seats_the_panel_where_the_script_does():
    paper = case(members=["a", "b", "c"])

    tender = tender_of(paper, make_script(paper, VENUES), VENUES)

    assert tender["panel"]["members"] == 3
    assert tender["panel"]["seats"] == [
        {"venue": "main", "members": 2},
        {"venue": "branch-1", "members": 1},
    ]
    assert tender["ceiling"] == "90.00"
    assert [one["id"] for one in tender["method"]["criteria"]] == ["c01"]


def priced(paper, amount, **method):
    first, *others = paper.bids
    bids = (first, *(replace(bid, price=Decimal(amount)) for bid in others))
    return replace(paper, bids=bids, method=replace(paper.method, **method))


@pytest.mark.parametrize(
    "paper",
    [
        priced(case(bids=["x", "y"]), "0"),
        priced(case(bids=["x", "y"], invalid="y"), "0.00"),
        priced(case(bids=["x", "y"]), "0", type=MethodType.LOWEST_PRICE, price=None),
    ],
    ids=["formula", "invalid", "lowest price"],
)
def test_price_of_zero_that_no_session_opens_is_refused_before_it_begins(paper):
    with pytest.raises(InputError) as caught:
        check_case(paper, make_script(paper, VENUES), len(VENUES))
    assert str(caught.value) == (
        "bids[1].price: must be above 0 for a session that compares prices"
    )


def test_price_of_zero_is_held_where_prices_are_not_compared():
    paper = priced(case(bids=["x", "y"]), "0", price=None)
    check_case(paper, make_script(paper, VENUES), len(VENUES))


def test_ceiling_and_panel_that_no_tender_may_have_are_refused_before_it_begins():
    paper = case()
    ceiling = replace(paper, tender=replace(paper.tender, ceiling=Decimal("0.00")))
    with pytest.raises(InputError, match=r"^tender\.ceiling: must be above 0 for a session$"):
        check_case(ceiling, make_script(ceiling, VENUES), len(VENUES))

    largest, larger = (
        case(members=[f"m{n}" for n in range(count)]) for count in (SEATED, SEATED + 1)
    )
    check_case(largest, make_script(largest, VENUES), len(VENUES))
    with pytest.raises(InputError, match=r"^members: .* more than one draw of a session holds$"):
        check_case(larger, make_script(larger, VENUES), len(VENUES))


def test_marks_open_with_a_majority_of_venues_and_supervisor():
    paper = case()

    custody = tender_of(paper, make_script(paper, VENUES), VENUES)["custody"]

    authorities = ["venue/main", "venue/branch-1", "supervisor-1"]
    assert custody["marks"] == {"threshold": 2, "custodians": authorities}
    assert custody["bids"]["custodians"] == ["officer-1", "officer-2", "officer-3"]


def test_every_bid_of_the_case_is_sealed_under_its_short_id():
    paper = case(bids=["x", "y"])

    sealed = bids_of(paper, make_script(paper, VENUES))

    assert [(one.id, one.sheet.bidder_name, str(one.sheet.price)) for one in sealed] == [
        ("bid-001", "bid-001", "80.00"),
        ("bid-002", "bid-002", "80.00"),
    ]


def test_pool_has_an_expert_for_everybody_who_ever_sits_and_a_reserve():
    paper = case(members=["a", {"id": "b", "replaced_by": "c"}, "c"])

    header, *rows = pool_of(make_script(paper, VENUES)).splitlines()

    assert header == "name,id_tail,discipline,venue"
    assert Counter(row.rsplit(",", 1)[1] for row in rows) == {
        "main": 1 + RESERVE,
        "branch-1": 2 + RESERVE,
    }


def test_seat_goes_from_who_leaves_to_who_follows():
    play = play_of(case(members=[{"id": "b", "replaced_by": "c"}, "c"]))

    play.take_seat(1, "main", "main-01")
    play.take_seat(1, "main", "main-02")

    assert play.script.places == {"b": "main-01", "c": "main-02"}


def test_nobody_signs_before_scoring_may_begin_or_while_a_verdict_is_open():
    play = play_of(case())
    play.take_seat(1, "main", "main-01")
    sign = {"task": "sign_sheet"}

    early = play.wants("main-01", sign, view("main-01"))
    play.begin()

    assert (early, play.wants("main-01", {"task": "declare"}, view())) == (False, True)
    assert not play.wants("main-01", sign, view("main-01", verdict=None))
    assert play.wants("main-01", sign, view("main-01"))


def test_those_who_stay_sign_after_those_who_leave():
    play = play_of(case(members=["a", {"id": "b", "replaced_by": "c"}, "c"]))
    play.take_seat(1, "main", "main-01")
    play.take_seat(2, "branch-1", "branch-1-01")
    play.begin()
    both, sign = view("main-01", "branch-1-01"), {"task": "sign_sheet"}

    assert not play.wants("main-01", sign, both)
    assert play.wants("branch-1-01", sign, both)
    assert play.leaving(both) == []
    signed = view("main-01", "branch-1-01", done=True)
    assert play.leaving(signed) == [("branch-1-01", "absent", "replaced in the case")]
    arrived = view("main-01", "branch-1-02")
    assert not play.wants("main-01", sign, view("main-01"))
    assert not play.wants("main-01", sign, arrived)  # and it is not known yet who that is
    assert play.leaving(arrived) == []
    play.take_seat(2, "branch-1", "branch-1-02")
    assert play.wants("main-01", sign, arrived)
    assert play.wants("branch-1-02", sign, arrived)


def test_those_who_stay_wait_for_every_heir_who_leaves_too():
    chain = [{"id": "b", "replaced_by": "c"}, {"id": "c", "replaced_by": "d"}, "d"]
    play = play_of(case(members=["a", *chain]))
    play.take_seat(1, "main", "main-01")
    for number in (1, 2):
        play.take_seat(2, "branch-1", f"branch-1-0{number}")
    play.begin()
    sign, now = {"task": "sign_sheet"}, view("main-01", "branch-1-02")

    assert play.wants("branch-1-02", sign, now)
    assert not play.wants("main-01", sign, view("main-01"))
    assert not play.wants("main-01", sign, now)


def test_where_everybody_leaves_the_first_seat_has_no_sheet_that_would_end_scoring():
    leaving = [{"id": "a", "replaced_by": "c"}, {"id": "b", "replaced_by": "d"}]
    play = play_of(case(members=[*leaving, "c", "d"]))
    play.take_seat(1, "main", "main-01")
    play.take_seat(2, "branch-1", "branch-1-01")
    play.begin()
    sign, both = {"task": "sign_sheet"}, view("main-01", "branch-1-01")

    assert not play.wants("main-01", sign, both)
    assert play.leaving(both) == [("main-01", "absent", "replaced in the case")]
    assert play.wants("branch-1-01", sign, both)


def test_sheet_has_the_bids_that_are_still_evaluated():
    play = play_of(case(bids=["x", "y"], invalid="y"))
    play.take_seat(1, "main", "main-01")

    assert play.vote("main-01", {"bid": "bid-001"}) == ("responsive", None, "")
    rejected = ("unresponsive", UNRESPONSIVE, "invalid in the case")
    assert play.vote("main-01", {"bid": "bid-002"}) == rejected
    assert play.marks("main-01", view()) == {"bid-001": {"c01": "7.5"}}


def test_everybody_comes_agrees_and_lets_findings_stand():
    play = play_of(case())

    said = (play.answer({}), play.stance("main-01", {}), play.correction("main-01", {}))

    assert said == ("accepted", ("agree", ""), None)


def test_first_seated_member_takes_the_chair():
    assert play_of(case()).chair(view("main-02", "branch-1-01")) == "branch-1-01"


def test_chair_is_rather_one_who_has_declared_and_stays():
    play = play_of(case(members=["a", {"id": "b", "replaced_by": "c"}, "c"]))
    play.take_seat(1, "main", "main-01")
    play.take_seat(2, "branch-1", "branch-1-01")
    both = view("main-01", "branch-1-01")

    assert play.chair(both) == "main-01"
    both["panel"]["members"][0]["declared"] = False
    assert play.chair(both) == "branch-1-01"
    both["panel"]["members"][1]["declared"] = False
    assert play.chair(both) == "main-01"
