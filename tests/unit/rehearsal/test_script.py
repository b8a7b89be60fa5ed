"""A case is made ready for a session, and a session's result is put back into its words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bideval.rehearsal.script import TITLE_LENGTH, make_script, result_in_words_of_case
from bideval.terms.errors import InputError
from tests.unit.rehearsal.cases import case


def chains(script) -> list[tuple[str, ...]]:
    return [seat.members for seat in script.seats]


def test_members_are_spread_over_the_venues_in_turn():
    script = make_script(case(members=["a", "b", "c"]), ["main", "branch-1"])

    assert [(seat.venue, seat.members) for seat in script.seats] == [
        ("main", ("a",)),
        ("branch-1", ("b",)),
        ("main", ("c",)),
    ]


def test_replaced_member_sits_on_the_seat_of_the_one_who_follows():
    script = make_script(case(members=["a", {"id": "b", "replaced_by": "c"}, "c"]), ["main"])

    assert chains(script) == [("a",), ("b", "c")]


def test_several_replaced_one_after_another_share_a_seat():
    members = [{"id": "a", "replaced_by": "b"}, {"id": "b", "replaced_by": "c"}, "c"]

    assert chains(make_script(case(members=members), ["main"])) == [("a", "b", "c")]


def test_member_whom_nobody_follows_by_name_gets_a_free_seat():
    members = ["a", {"id": "gone", "replaced_by": None}, "c"]

    assert chains(make_script(case(members=members), ["main"])) == [("a",), ("gone", "c")]


def test_case_without_a_seated_member_cannot_be_rehearsed():
    with pytest.raises(InputError) as caught:
        make_script(replace(case(), members=()), ["main"])

    assert (caught.value.code, caught.value.field) == ("no_panel", "members")


def test_bids_and_criteria_get_short_ids_and_sheets_follow_them():
    script = make_script(case(bids=["Fenghe Co.", "Wencheng Co."], absent="Fenghe Co."), ["main"])

    assert script.bid_ids == {"Fenghe Co.": "bid-001", "Wencheng Co.": "bid-002"}
    assert script.criterion_ids == {"quality": "c01"}
    assert script.marks == {"a": {"bid-001": {"c01": None}, "bid-002": {"c01": "7.5"}}}
    assert script.signed == {"a"}


def test_invalid_bid_is_the_one_that_everybody_rejects():
    script = make_script(case(bids=["x", "y"], invalid="y"), ["main"])

    assert script.unresponsive == {"bid-002"}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("  two\nlines\tand\u2028more  ", "two lines and more"),
        ("\u0000 \n", "rehearsal"),
        ("x" * (TITLE_LENGTH + 1), "x" * TITLE_LENGTH),
    ],
    ids=["lines", "blank", "long"],
)
def test_title_becomes_one_line_of_a_session(title, expected):
    assert make_script(case(title=title), ["main"]).title == expected


def test_result_comes_back_in_the_words_and_the_order_of_the_case():
    paper = case(members=["a"], bids=["x", "y"])
    script = make_script(paper, ["main"])
    script.places["a"] = "main-01"
    finding = {"kind": "out_of_range", "bid": "bid-002", "criterion": "c01", "member": "main-01"}
    result = {
        "final": False,
        "bids": {"bid-002": {"rank": 1}, "bid-001": {"rank": 1}},
        "candidates": ["bid-002", "bid-001"],
        "findings": [finding, {"kind": "tie"}],
    }

    words = result_in_words_of_case(script, result, paper)

    assert words == {
        "final": False,
        "bids": {"x": {"rank": 1}, "y": {"rank": 1}},
        "candidates": ["x", "y"],
        "findings": [
            {"kind": "out_of_range", "bid": "y", "criterion": "quality", "member": "a"},
            {"kind": "tie"},
        ],
    }
    assert list(words["bids"]) == ["x", "y"]
