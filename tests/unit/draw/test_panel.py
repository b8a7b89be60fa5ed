"""Lowest tickets, within the seats that the tender asks for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bideval.draw.panel import draw_panel, next_expert
from bideval.draw.pool import ELIGIBLE, PoolRow
from bideval.draw.seats import SeatPlan
from bideval.draw.tickets import ticket
from bideval.terms.errors import RefusedError

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


def test_fall_back_classes_are_not_used_while_the_discipline_suffices() -> None:
    rows = rows_of({("law", "a"): 2, ("tax", "a"): 50})
    plan = SeatPlan({"law": 2}, {"a": 2}, {"law": ["tax"]})
    panel = draw_panel(rows, SEED, plan)
    assert [(one.discipline, one.row.discipline) for one in panel] == [("law", "law")] * 2
    assert panel == draw_panel(rows, SEED, SeatPlan({"law": 2}, {"a": 2}))


def test_fall_back_class_fills_the_seats_that_are_short_and_no_more() -> None:
    rows = rows_of({("law", "a"): 1, ("law", "b"): 1, ("tax", "a"): 9, ("tax", "b"): 9})
    plan = SeatPlan({"law": 4}, {"a": 3, "b": 1}, {"law": ["tax"]})
    panel = draw_panel(rows, SEED, plan)
    assert Counter((one.discipline, one.row.discipline) for one in panel) == {
        ("law", "law"): 2,
        ("law", "tax"): 2,
    }
    assert Counter(one.row.region for one in panel) == {"a": 3, "b": 1}
    assert [one.ticket for one in panel] == sorted(one.ticket for one in panel)


def test_class_that_stands_in_fills_the_seats_of_its_own_discipline_first() -> None:
    rows = rows_of({("tax", "a"): 5})
    plan = SeatPlan({"law": 2, "tax": 2}, {"a": 4}, {"law": ["audit", "tax"]})
    panel = draw_panel(rows, SEED, plan)
    assert [one.discipline for one in panel] == ["tax", "tax", "law", "law"]
    assert [one.stratum for one in panel] == [None, None, "law", "law"]


def test_next_expert_comes_from_the_first_class_that_has_one() -> None:
    rows = rows_of({("law", "a"): 1, ("tax", "a"): 2, ("audit", "a"): 1, ("tax", "b"): 5})
    classes = ("law", "tax", "audit")
    taken: set[bytes] = set()
    followers = []
    for _ in range(4):
        followers.append(next_expert(rows, SEED, rows[0], taken, classes=classes))
        taken.add(followers[-1].row.leaf)
    assert [one.row.discipline for one in followers] == ["law", "tax", "tax", "audit"]
    assert [one.stratum for one in followers] == [None, "law", "law", "law"]
    assert followers[1].ticket < followers[2].ticket
    with pytest.raises(RefusedError) as caught:
        next_expert(rows, SEED, rows[0], taken, classes=classes)
    assert caught.value.field == "law/a"


def test_weight_counts_as_so_many_tickets() -> None:
    light, heavy = row(1, ("law", "a")), replace(row(2, ("law", "a")), weight=100)
    plan = SeatPlan({"law": 1}, {"a": 1})
    seeds = [number.to_bytes(32, "big") for number in range(300)]
    won = Counter(draw_panel([light, heavy], seed, plan)[0].row.weight for seed in seeds)
    assert won == {100: 295, 1: 5}


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
