"""Lowest tickets, within the seats that the tender asks for."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.draw.panel import SeatPlan, draw_panel, next_expert
from bideval.draw.pool import ELIGIBLE, PoolRow
from bideval.draw.tickets import ticket
from bideval.terms.errors import InputError, RefusedError

SEED = b"\x05" * 32


def row(number: int, cell: tuple[str, str], status: str = ELIGIBLE) -> PoolRow:
    return PoolRow(number.to_bytes(32, "big"), *cell, status)


def rows_of(counts: dict[tuple[str, str], int]) -> list[PoolRow]:
    cells = [cell for cell, count in counts.items() for _ in range(count)]
    return [row(number, cell) for number, cell in enumerate(cells, start=1)]


def test_lowest_tickets_win_within_one_stratum() -> None:
    rows = rows_of({("property", "fenghua"): 50})
    panel = draw_panel(rows, SEED, SeatPlan({"property": 5}, {"fenghua": 5}))
    lowest = sorted(rows, key=lambda item: ticket(SEED, item.leaf))[:5]
    assert [drawn.row for drawn in panel] == lowest
    assert [drawn.ticket for drawn in panel] == [ticket(SEED, item.leaf) for item in lowest]


def test_panel_does_not_depend_on_the_order_of_the_list() -> None:
    rows = rows_of({("property", "fenghua"): 30, ("property", "wencheng"): 30})
    plan = SeatPlan({"property": 5}, {"fenghua": 3, "wencheng": 2})
    assert draw_panel(rows, SEED, plan) == draw_panel(list(reversed(rows)), SEED, plan)


def test_seats_by_discipline_and_by_venue_are_both_kept() -> None:
    rows = rows_of({(d, v): 9 for d in ("law", "property") for v in ("fenghua", "wencheng")})
    plan = SeatPlan({"property": 4, "law": 1}, {"fenghua": 3, "wencheng": 2})
    panel = draw_panel(rows, SEED, plan)
    assert Counter(drawn.row.discipline for drawn in panel) == Counter(plan.disciplines)
    assert Counter(drawn.row.region for drawn in panel) == Counter(plan.venues)


def test_excluded_expert_is_never_drawn() -> None:
    rows = [row(1, ("law", "a"), "kinship"), row(2, ("law", "a"))]
    assert [d.row for d in draw_panel(rows, SEED, SeatPlan({"law": 1}, {"a": 1}))] == [rows[1]]


def test_ticket_that_would_leave_a_seat_empty_is_passed_over() -> None:
    scarce = row(9, ("law", "b"))
    plenty = [row(number, ("property", "b")) for number in range(10, 60)]
    home = [row(number, ("property", "a")) for number in range(60, 70)]
    plan = SeatPlan({"law": 1, "property": 1}, {"a": 1, "b": 1})
    panel = draw_panel([scarce, *plenty, *home], SEED, plan)
    assert {drawn.row.discipline for drawn in panel} == {"law", "property"}
    assert scarce in [drawn.row for drawn in panel]


@pytest.mark.parametrize(
    ("counts", "field"),
    [
        ({("law", "a"): 5, ("law", "b"): 5}, "property"),
        ({("law", "a"): 5, ("property", "a"): 5}, "b"),
        ({("law", "b"): 9, ("property", "b"): 9, ("tax", "a"): 9}, "a"),
    ],
)
def test_pool_that_cannot_fill_the_seats_is_refused_by_name(
    counts: dict[tuple[str, str], int], field: str
) -> None:
    plan = SeatPlan({"law": 1, "property": 1}, {"a": 1, "b": 1})
    with pytest.raises(RefusedError) as caught:
        draw_panel([r for r in rows_of(counts) if r.discipline != "tax"], SEED, plan)
    assert (caught.value.code, caught.value.field) == ("pool_too_small", field)


def test_shortage_of_a_combination_is_refused_too() -> None:
    rows = rows_of({("law", "a"): 1, ("tax", "a"): 1, ("property", "b"): 5, ("property", "a"): 5})
    plan = SeatPlan({"law": 1, "tax": 1, "property": 1}, {"a": 1, "b": 2})
    with pytest.raises(RefusedError) as caught:
        draw_panel(rows, SEED, plan)
    assert caught.value.field == "disciplines × venues"


@pytest.mark.parametrize(
    ("disciplines", "venues", "field"),
    [
        ({"law": -1}, {"a": -1}, "disciplines"),
        ({"law": 1}, {"a": -1}, "venues"),
        ({"law": 1}, {"a": 2}, "venues"),
        ({}, {}, "venues"),
        ({"law": 100}, {"a": 100}, "venues"),
        ({f"d{number}": 1 for number in range(9)}, {"a": 9}, "disciplines"),
    ],
)
def test_seat_plan_that_does_not_add_up_is_refused(
    disciplines: dict[str, int], venues: dict[str, int], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        SeatPlan(disciplines, venues)
    assert caught.value.field == field


def test_next_expert_is_the_next_ticket_of_the_same_stratum() -> None:
    rows = rows_of({("law", "a"): 20, ("law", "b"): 20})
    panel = draw_panel(rows, SEED, SeatPlan({"law": 2}, {"a": 1, "b": 1}))
    leaving = next(drawn.row for drawn in panel if drawn.row.region == "a")
    others = [item for item in rows if item.region == "a" and item != leaving]
    expected = min(others, key=lambda item: ticket(SEED, item.leaf))
    assert next_expert(rows, SEED, leaving, {leaving.leaf}).row == expected


def test_next_expert_of_an_exhausted_stratum_is_refused() -> None:
    only = row(1, ("law", "a"))
    with pytest.raises(RefusedError) as caught:
        next_expert([only, row(2, ("law", "b"))], SEED, only, {only.leaf})
    assert (caught.value.code, caught.value.field) == ("pool_exhausted", "law/a")


CELLS = [(d, v) for d in ("law", "property", "tax") for v in ("a", "b", "c")]
COUNTS = st.fixed_dictionaries({cell: st.integers(0, 3) for cell in CELLS})
SEATS = st.lists(st.sampled_from(CELLS), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(counts=COUNTS, seats=SEATS, seed=st.binary(min_size=32, max_size=32))
def test_panel_is_the_first_one_that_a_full_search_by_ticket_finds(
    counts: dict[tuple[str, str], int], seats: list[tuple[str, str]], seed: bytes
) -> None:
    rows = rows_of(counts)
    plan = SeatPlan(Counter(d for d, _ in seats), Counter(v for _, v in seats))
    queue = sorted(rows, key=lambda item: ticket(seed, item.leaf))
    fitting = (
        chosen
        for chosen in combinations(queue, plan.size)
        if Counter(item.discipline for item in chosen) == Counter(plan.disciplines)
        and Counter(item.region for item in chosen) == Counter(plan.venues)
    )
    expected = next(fitting, None)
    if expected is None:
        with pytest.raises(RefusedError):
            draw_panel(rows, seed, plan)
    else:
        assert tuple(drawn.row for drawn in draw_panel(rows, seed, plan)) == expected
