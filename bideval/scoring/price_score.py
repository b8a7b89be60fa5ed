"""Deviation, price score and the bonus on it: second half of step 3 of the result.

Decided here: what an evaluated price scores against the benchmark, by either formula.
Not decided here: the benchmark itself (`benchmark`), and which formula the law allows where
(`rulebooks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from bideval.scoring.benchmark import lowest_price, reduced_mean
from bideval.scoring.explanation import Explanation, Quantum, Step, amount, article, step_quantum
from bideval.scoring.method import LowestPriceFormula
from bideval.scoring.preference import preference_of
from bideval.terms.decimals import RoundingMode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from bideval.scoring.case import Bid, Case
    from bideval.scoring.method import MeanBenchmarkFormula, PriceFormula


@dataclass(frozen=True, kw_only=True)
class PriceScores:
    """The benchmark, each competing bid's final price score, and how all of it came about."""

    benchmark: Explanation | None
    scores: Mapping[str, Explanation]
    explanations: tuple[Explanation, ...]


NO_PRICE_SCORES = PriceScores(benchmark=None, scores={}, explanations=())


def score_prices(case: Case, prices: Mapping[str, Explanation]) -> PriceScores:
    """Score the evaluated prices of the competing bids.

    Without a price formula, or without a competing bid, there is nothing to score.
    Raises `InputError` where the formula cannot be applied: see `benchmark`.
    """
    formula = case.method.price
    if formula is None or not prices:
        return NO_PRICE_SCORES
    if isinstance(formula, LowestPriceFormula):
        benchmark = lowest_price(case, prices)
    else:
        benchmark = reduced_mean(case, prices, formula=formula)
    chains = {
        bid.id: tuple(_Comparison(case, bid, prices[bid.id].left, benchmark.left).steps(formula))
        for bid in case.bids
        if bid.id in prices
    }
    return PriceScores(
        benchmark=benchmark,
        scores={bid: chain[-1] for bid, chain in chains.items()},
        explanations=(benchmark, *(one for chain in chains.values() for one in chain)),
    )


@dataclass(frozen=True)
class _Comparison:
    """One bid's evaluated price beside the benchmark."""

    case: Case
    bid: Bid
    price: Fraction
    benchmark: Fraction

    def steps(self, formula: PriceFormula) -> Iterator[Explanation]:
        """Yield the steps to the bid's price score, which is the last one."""
        if isinstance(formula, LowestPriceFormula):
            score = self._in_proportion(formula)
        else:
            deviation = self._deviation(formula)
            yield deviation
            score = self._less_deviation(formula, deviation.left)
        yield score
        preference = preference_of(self.bid, self.case.method)
        if preference is not None and preference.score_bonus_percent is not None:
            yield self._with_bonus(score.left, preference.score_bonus_percent)

    def _in_proportion(self, formula: LowestPriceFormula) -> Explanation:
        return Explanation(
            step=Step.PRICE_SCORE,
            bid=self.bid.id,
            formula="benchmark_price / evaluated_price × max",
            inputs=(*self._prices(), ("max", amount(formula.max))),
            value=self.benchmark / self.price * Fraction(formula.max),
            article=article(Step.PRICE_SCORE, self.case.tender.category),
            quantum=step_quantum(self.case.method.rounding),
        )

    def _deviation(self, formula: MeanBenchmarkFormula) -> Explanation:
        return Explanation(
            step=Step.DEVIATION,
            bid=self.bid.id,
            formula="(evaluated_price − benchmark_price) / benchmark_price × 100",
            inputs=self._prices(),
            value=(self.price - self.benchmark) / self.benchmark * 100,
            article=article(Step.DEVIATION, self.case.tender.category),
            quantum=Quantum(mode=RoundingMode.HALF_UP, places=formula.deviation_places),
        )

    def _less_deviation(self, formula: MeanBenchmarkFormula, deviation: Fraction) -> Explanation:
        above = deviation > 0
        per_percent = formula.over_per_percent if above else formula.under_per_percent
        cost = abs(deviation) * Fraction(per_percent)
        return Explanation(
            step=Step.PRICE_SCORE,
            bid=self.bid.id,
            formula="the greater of floor and max − |deviation| × per_percent",
            inputs=(
                ("floor", amount(formula.floor)),
                ("max", amount(formula.max)),
                ("deviation", amount(deviation)),
                ("per_percent", amount(per_percent)),
            ),
            value=max(Fraction(formula.max) - cost, Fraction(formula.floor)),
            article=article(Step.PRICE_SCORE, self.case.tender.category),
            quantum=step_quantum(self.case.method.rounding),
        )

    def _with_bonus(self, score: Fraction, percent: Decimal) -> Explanation:
        return Explanation(
            step=Step.PRICE_SCORE_BONUS,
            bid=self.bid.id,
            formula="price_score × (1 + score_bonus_percent / 100)",
            inputs=(("price_score", amount(score)), ("score_bonus_percent", amount(percent))),
            value=score * (1 + Fraction(percent) / 100),
            article=article(Step.PRICE_SCORE_BONUS, self.case.tender.category),
            quantum=step_quantum(self.case.method.rounding),
        )

    def _prices(self) -> tuple[tuple[str, str], ...]:
        return (
            ("evaluated_price", amount(self.price)),
            ("benchmark_price", amount(self.benchmark)),
        )
