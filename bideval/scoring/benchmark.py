"""The benchmark price (评标基准价): first half of step 3 of the result.

Decided here: which prices make the benchmark, and that it can be divided by.
Not decided here: what a bid scores against it (`price_score`).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from bideval.scoring.explanation import MONEY, Explanation, Step, amount, article
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bideval.scoring.case import Case
    from bideval.scoring.method import Drop, MeanBenchmarkFormula


def lowest_price(case: Case, prices: Mapping[str, Explanation]) -> Explanation:
    """Return the lowest evaluated price of the competing bids (Order 87 art. 55).

    Raises `InputError` at a bid whose evaluated price is zero: its score would be 0 / 0.
    """
    for index, bid in enumerate(case.bids):
        if bid.id in prices and prices[bid.id].left == 0:
            detail = "gives an evaluated price of zero, by which method.price would divide"
            raise InputError("division_by_zero", field=f"bids[{index}].price", detail=detail)
    return Explanation(
        step=Step.BENCHMARK_PRICE,
        bid=None,
        formula="lowest of the evaluated prices",
        inputs=_inputs(tuple(prices.values())),
        value=min(price.left for price in prices.values()),
        article=article(Step.BENCHMARK_PRICE, case.tender.category),
        quantum=MONEY,
    )


def reduced_mean(
    case: Case, prices: Mapping[str, Explanation], *, formula: MeanBenchmarkFormula
) -> Explanation:
    """Return the reduced mean of the evaluated prices that are not dropped.

    Raises `InputError` where nothing is left to average, or the benchmark is zero.
    """
    kept = _kept(tuple(prices.values()), formula.drop)
    mean = sum((price.left for price in kept), Fraction(0)) / len(kept)
    benchmark = Explanation(
        step=Step.BENCHMARK_PRICE,
        bid=None,
        formula="mean of the kept evaluated prices × (1 − reduction_percent / 100)",
        inputs=(
            *_inputs(kept),
            ("mean", amount(mean)),
            ("reduction_percent", amount(formula.reduction_percent)),
        ),
        value=mean * (1 - Fraction(formula.reduction_percent) / 100),
        article=article(Step.BENCHMARK_PRICE, case.tender.category),
        quantum=MONEY,
    )
    if benchmark.left == 0:
        detail = "yields a benchmark price of zero, by which it would divide"
        raise InputError("division_by_zero", field="method.price", detail=detail)
    return benchmark


def _kept(prices: Sequence[Explanation], drop: Drop | None) -> Sequence[Explanation]:
    """Return the prices to average, in order; of equal prices the earlier counts as lower."""
    if drop is None or len(prices) < drop.when_at_least:
        return prices
    ascending = sorted(prices, key=lambda price: price.left)
    kept = {price.bid for price in ascending[drop.low : max(len(prices) - drop.high, 0)]}
    if not kept:
        detail = f"leaves nothing of {len(prices)} prices to average"
        raise InputError("nothing_left", field="method.price.drop", detail=detail)
    return [price for price in prices if price.bid in kept]


def _inputs(prices: Sequence[Explanation]) -> tuple[tuple[str, str], ...]:
    return tuple((f"evaluated_price {price.bid}", amount(price.left)) for price in prices)
