"""Honest draws pass the test of uniformity, and each way to cheat a little fails it."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from bideval.draw.panel import draw_panel
from bideval.draw.pool import ELIGIBLE, PoolRow
from bideval.draw.seats import SeatPlan
from bideval.draw.uniformity import (
    BIASED_BELOW,
    Finding,
    Tally,
    findings,
    honest_draw,
    p_value_bound,
    tally,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.draw.uniformity import Draw

SEED = b"\x07" * 32
ROOT = b"\x08" * 32
DRAWS = 2_000


def pool(counts: dict[tuple[str, str], int], weights: Sequence[int] = (1,)) -> list[PoolRow]:
    cells = [cell for cell, count in counts.items() for _ in range(count)]
    return [
        PoolRow(hashlib.sha256(b"%d" % n).digest(), *cell, ELIGIBLE, weights[n % len(weights)])
        for n, cell in enumerate(cells)
    ]


STRATA = {("law", "a"): 9, ("law", "b"): 6, ("tax", "a"): 7, ("tax", "b"): 8}
PLAN = SeatPlan({"law": 3, "tax": 2}, {"a": 3, "b": 2})
ONE = {("law", "a"): 30}
THREE = SeatPlan({"law": 3}, {"a": 3})


def judge(rows: list[PoolRow], draw: Draw, draws: int = DRAWS) -> list[Finding]:
    return findings(rows, tally(draw, range(draws)))


@pytest.mark.parametrize("weights", [(1,), (1, 2, 3)], ids=["alike", "weighted"])
def test_honest_draw_is_uniform_in_every_stratum(weights: tuple[int, ...]) -> None:
    rows = pool(STRATA, weights)
    found = judge(rows, honest_draw(rows, ROOT, PLAN, SEED))
    assert [one.stratum for one in found] == sorted(STRATA)
    assert [one.experts for one in found] == [9, 6, 7, 8]
    assert sum(one.seats for one in found) == 5 * DRAWS
    assert [one.biased for one in found] == [False] * 4
    assert all(one.p_bound is not None and one.p_bound > Decimal("0.001") for one in found)


def byte(number: int, at: int) -> int:
    return hashlib.sha256(b"%d %d" % (number, at)).digest()[0]


def modulo_bias(rows: list[PoolRow]) -> Draw:
    """Takes one random byte modulo how many are left: 256 is no multiple of 30."""

    def draw(number: int) -> list[PoolRow]:
        left = list(rows)
        return [left.pop(byte(number, at) % len(left)) for at in range(3)]

    return draw


def off_by_one(rows: list[PoolRow]) -> Draw:
    """Shuffles as Fisher and Yates did, but nobody may stay in place."""

    def draw(number: int) -> list[PoolRow]:
        order = list(rows)
        for at in range(3):
            whole = int.from_bytes(hashlib.sha256(b"%d %d" % (number, at)).digest(), "big")
            other = at + 1 + whole % (len(order) - at - 1)
            order[at], order[other] = order[other], order[at]
        return order[:3]

    return draw


def short_nonce(rows: list[PoolRow]) -> Draw:
    """Draws honestly from nonces of one byte."""

    seeds = [hashlib.sha256(bytes([nonce])).digest() for nonce in range(256)]
    panels = [[one.row for one in draw_panel(rows, seed, THREE)] for seed in seeds]
    return lambda number: panels[byte(number, 0)]


def ignored_weights(rows: list[PoolRow]) -> Draw:
    """Draws honestly from a pool in which the weights were forgotten."""
    plain = [PoolRow(row.leaf, row.discipline, row.region, row.status) for row in rows]
    return honest_draw(plain, ROOT, THREE, SEED)


@pytest.mark.parametrize("cheat", [modulo_bias, off_by_one, short_nonce])
def test_biased_draw_is_found(cheat: type[Draw]) -> None:
    rows = pool(ONE)
    honest = judge(rows, honest_draw(rows, ROOT, THREE, SEED))
    cheated = judge(rows, cheat(rows), 10 * DRAWS)  # type: ignore[arg-type]  # one of the above
    assert [one.biased for one in (*honest, *cheated)] == [False, True]


def test_what_a_million_draws_find_and_twenty_thousand_do_not() -> None:
    """Ten random bits modulo thirty: four experts in thirty come 35 times where others do 34."""
    rows = pool(ONE)

    def draw(number: int) -> list[PoolRow]:
        whole = int.from_bytes(hashlib.sha256(b"%d" % number).digest()[:2], "big")
        return [rows[whole % 1024 % 30]]

    found = [judge(rows, draw, draws)[0].biased for draws in (20_000, 1_000_000)]
    assert found == [False, True]


def test_draw_that_forgets_the_weights_is_found() -> None:
    rows = pool(ONE, (1, 2, 3))
    honest = judge(rows, honest_draw(rows, ROOT, THREE, SEED))
    cheated = judge(rows, ignored_weights(rows))
    assert [one.biased for one in (*honest, *cheated)] == [False, True]
    assert {one.counted for one in (*honest, *cheated)} == {"first"}


def test_tallies_of_parts_make_the_whole() -> None:
    rows = pool(STRATA)
    draw = honest_draw(rows, ROOT, PLAN, SEED)
    whole, parts = tally(draw, range(40)), Tally()
    for part in (range(15), range(15, 40)):
        parts.merge(tally(draw, part))
    assert parts == whole
    assert (whole.draws, whole.drawn.total()) == (40, 200)


@pytest.mark.parametrize(
    ("counts", "weights", "draws"),
    [
        ({("law", "a"): 3}, (1,), 100),
        ({("law", "a"): 30}, (1,), 10),
        ({("law", "a"): 30}, (1, 2), 10),
    ],
    ids=["everybody is always drawn", "too few draws", "too few draws for the weights"],
)
def test_nothing_is_said_where_nothing_can_be_compared(
    counts: dict[tuple[str, str], int], weights: tuple[int, ...], draws: int
) -> None:
    rows = pool(counts, weights)
    (one,) = judge(rows, honest_draw(rows, ROOT, THREE, SEED), draws)
    assert (one.p_bound, one.biased, one.freedom) == (None, False, 0)


def test_excluded_experts_have_no_stratum() -> None:
    rows = pool(ONE)
    left_out = PoolRow(bytes(32), "law", "b", "kin_of_bidder")
    assert [one.stratum for one in findings([*rows, left_out], Tally())] == [("law", "a")]


@pytest.mark.parametrize(
    ("statistic", "freedom", "p"),
    [
        ("18.307", 10, "0.0500"),
        ("29.588", 10, "0.0010"),
        ("124.342", 100, "0.0500"),
        ("149.449", 100, "0.0010"),
        ("0", 4, "1.0000"),
        ("5.991", 2, "0.0500"),
        ("5.991", 1, "0.0500"),
    ],
)
def test_p_value_is_that_of_the_published_tables(statistic: str, freedom: int, p: str) -> None:
    found = p_value_bound(Fraction(statistic), freedom)
    assert found.quantize(Decimal("0.0001")) == Decimal(p)


def test_p_value_of_a_large_stratum_is_computed_without_overflow() -> None:
    assert p_value_bound(Fraction(30_000), 20_000) < Decimal("1e-300") < BIASED_BELOW
