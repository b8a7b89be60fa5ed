"""Seats: what a plan may be, how many a pool fills, and when fall-back classes step in."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.draw.seats import MAX_FALLBACKS, SeatPlan, Seats, substitutions
from bideval.terms.errors import InputError, RefusedError


@pytest.mark.parametrize(
    ("disciplines", "venues", "field"),
    [
        ({"law": -1}, {"a": -1}, "disciplines"),
        ({"law": 1}, {"a": -1}, "venues"),
        ({"law": 1}, {"a": 2}, "venues"),
        ({}, {}, "venues"),
        ({"law": 100}, {"a": 100}, "venues"),
    ],
)
def test_seat_plan_that_does_not_add_up_is_refused(
    disciplines: dict[str, int], venues: dict[str, int], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        SeatPlan(disciplines, venues)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "classes",
    [
        ["law"],
        ["tax", "tax"],
        ["a tax"],
        [""],
        [f"c{number}" for number in range(MAX_FALLBACKS + 1)],
    ],
)
def test_fall_back_classes_are_others_and_few(classes: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        SeatPlan({"law": 1}, {"a": 1}, {"law": classes})
    assert (caught.value.code, caught.value.field) == ("bad_fallback", "fallbacks.law")


def test_classes_of_a_discipline_begin_with_itself() -> None:
    plan = SeatPlan({"law": 1}, {"a": 1}, {"law": ["tax", "audit"]})
    assert plan.classes("law") == ("law", "tax", "audit")
    assert plan.classes("tax") == ("tax",)


def test_ninety_nine_disciplines_of_one_seat_are_filled() -> None:
    names = [f"d{number}" for number in range(99)]
    seats = Seats(dict.fromkeys(names, 1), {"a": 50, "b": 49})
    one_each = {(name, "a" if number % 2 else "b"): 1 for number, name in enumerate(names)}
    assert not seats.can_be_filled(one_each)
    assert seats.filled(one_each) == 98
    assert seats.can_be_filled(one_each | {("d0", "a"): 1})


NAMES, VENUES = ("law", "tax", "audit"), ("a", "b", "c")
COUNT = st.integers(0, 4)


@settings(max_examples=300, deadline=None)
@given(
    classes=st.fixed_dictionaries(dict.fromkeys(NAMES, COUNT)),
    venues=st.fixed_dictionaries(dict.fromkeys(VENUES, COUNT)),
    supply=st.fixed_dictionaries({(n, v): COUNT for n in NAMES for v in VENUES}),
)
def test_filled_seats_are_the_smallest_cut(
    classes: dict[str, int], venues: dict[str, int], supply: dict[tuple[str, str], int]
) -> None:
    cuts = [
        sum(classes[name] for name in NAMES if name not in chosen)
        + sum(min(venues[v], sum(supply[name, v] for name in chosen)) for v in VENUES)
        for size in range(4)
        for chosen in combinations(NAMES, size)
    ]
    assert Seats(classes, venues).filled(supply) == min(cuts)


@pytest.mark.parametrize(
    ("supply", "shares"),
    [
        ({("law", "a"): 3, ("tax", "a"): 9}, {("law", "law"): 3}),
        ({("law", "a"): 2, ("tax", "a"): 9}, {("law", "law"): 2, ("law", "tax"): 1}),
        (
            {("law", "a"): 0, ("tax", "a"): 1, ("audit", "a"): 9},
            {("law", "law"): 0, ("law", "tax"): 1, ("law", "audit"): 2},
        ),
    ],
)
def test_classes_step_in_in_their_order(
    supply: dict[tuple[str, str], int], shares: dict[tuple[str, str], int]
) -> None:
    plan = SeatPlan({"law": 3}, {"a": 3}, {"law": ["tax", "audit"]})
    assert substitutions(plan, supply) == shares


def test_discipline_that_is_short_at_one_venue_only_is_short() -> None:
    plan = SeatPlan({"law": 2}, {"a": 1, "b": 1}, {"law": ["tax"]})
    supply = {("law", "a"): 9, ("tax", "a"): 9, ("tax", "b"): 1}
    assert substitutions(plan, supply) == {("law", "law"): 1, ("law", "tax"): 1}


def test_class_that_is_wanted_itself_lends_only_what_it_does_not_need() -> None:
    plan = SeatPlan({"law": 1, "tax": 2}, {"a": 3}, {"law": ["tax"], "tax": ["audit"]})
    enough = {("tax", "a"): 3}
    assert substitutions(plan, enough) == {
        ("law", "law"): 0,
        ("law", "tax"): 1,
        ("tax", "tax"): 2,
    }
    with pytest.raises(RefusedError) as caught:
        substitutions(plan, {("tax", "a"): 2, ("audit", "a"): 9})
    assert (caught.value.code, caught.value.field) == ("pool_too_small", "law")


def test_first_discipline_of_the_plan_gets_a_class_that_two_want() -> None:
    plan = SeatPlan({"law": 1, "tax": 1}, {"a": 2}, {"law": ["audit"], "tax": ["audit", "cost"]})
    supply = {("audit", "a"): 1, ("cost", "a"): 1}
    assert substitutions(plan, supply) == {
        ("law", "law"): 0,
        ("law", "audit"): 1,
        ("tax", "tax"): 0,
        ("tax", "cost"): 1,
    }
