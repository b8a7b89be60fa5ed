"""Consolidation: from a case to its result, in the order of the steps of `bideval-result/1`.

Decided here: the order of the steps, what each hands to the next, and when consolidation stops.
Not decided here: the steps themselves, each in its own module. Exact fractions throughout.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from bideval.scoring.explanation import Explanation, Step, amount, article, total_quantum
from bideval.scoring.findings import Finding, ceiling_findings, mark_findings
from bideval.scoring.marks import Marks
from bideval.scoring.method import MethodType
from bideval.scoring.panel_mean import objective_part, panel_mean
from bideval.scoring.preference import evaluated_price
from bideval.scoring.price_score import NO_PRICE_SCORES, PriceScores, score_prices
from bideval.scoring.ranking import Contender, rank_contenders
from bideval.scoring.result import BidResult, Result
from bideval.scoring.validity import competing_bids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.scoring.case import Bid, Case

    Prices = Mapping[str, Explanation]


def consolidate(case: Case) -> Result:
    """Evaluate a case (Order 87 art. 55 to 57; the tender documents for the rest).

    Findings do not raise: the result is then not final and ranks nobody. Raises `InputError`
    where the method cannot be applied to this case: a formula that would divide by zero, or
    trimming that leaves nothing to average.
    """
    prices = {bid.id: evaluated_price(bid, case) for bid in competing_bids(case)}
    if case.method.type is MethodType.LOWEST_PRICE:
        return _by_lowest_price(case, prices)
    return _by_scores(case, prices)


def _by_lowest_price(case: Case, prices: Prices) -> Result:
    """Rank by evaluated price alone; criteria and marks, if there are any, decide nothing."""
    contenders = [
        Contender(bid=bid, evaluated_price=prices[bid.id].left) for bid in competing_bids(case)
    ]
    return _Evaluation(
        case=case,
        prices=prices,
        findings=ceiling_findings(case),
        ranks=rank_contenders(case, contenders),
    ).result()


def _by_scores(case: Case, prices: Prices) -> Result:
    scored = score_prices(case, prices)
    findings = (*ceiling_findings(case), *mark_findings(case))
    if any(finding.stops for finding in findings):
        return _Evaluation(case=case, prices=prices, scored=scored, findings=findings).result()
    marks = Marks.of(case)
    merits = {
        bid.id: _merit(case, marks, bid=bid, price_score=scored.scores.get(bid.id))
        for bid in competing_bids(case)
    }
    contenders = [
        Contender(
            bid=merit.bid,
            evaluated_price=prices[merit.bid.id].left,
            total=merit.total.left,
            subjective=merit.panel[-1].left,
        )
        for merit in merits.values()
    ]
    return _Evaluation(
        case=case,
        prices=prices,
        scored=scored,
        findings=findings,
        merits=merits,
        ranks=rank_contenders(case, contenders),
    ).result()


@dataclass(frozen=True, kw_only=True)
class _Merit:
    """What a bid has beside its price, and the total of both."""

    bid: Bid
    panel: tuple[Explanation, ...]
    objective: Explanation
    total: Explanation


def _merit(case: Case, marks: Marks, *, bid: Bid, price_score: Explanation | None) -> _Merit:
    """Score one bid: step 4 to 6. Without a price formula the price scores nothing."""
    panel = panel_mean(case, marks, bid=bid.id)
    objective = objective_part(case, marks, bid=bid.id)
    parts = {"panel_mean": panel[-1].left, "objective": objective.left}
    if price_score is not None:
        parts["price_score"] = price_score.left
    total = Explanation(
        step=Step.TOTAL,
        bid=bid.id,
        formula=" + ".join(parts),
        inputs=tuple((name, amount(value)) for name, value in parts.items()),
        value=sum(parts.values(), Fraction(0)),
        article=article(Step.TOTAL, case.tender.category),
        quantum=total_quantum(case.method.rounding),
    )
    return _Merit(bid=bid, panel=panel, objective=objective, total=total)


@dataclass(frozen=True, kw_only=True)
class _Evaluation:
    """All steps of one case, as far as they were taken."""

    case: Case
    prices: Prices
    findings: tuple[Finding, ...]
    scored: PriceScores = NO_PRICE_SCORES
    merits: Mapping[str, _Merit] = field(default_factory=dict)
    ranks: tuple[Explanation, ...] = ()

    def result(self) -> Result:
        """Lay the steps out by bid, in the order of the case."""
        places = {str(one.bid): int(one.value) for one in self.ranks}
        recommended = self.case.method.candidates
        benchmark = self.scored.benchmark
        return Result(
            method=self.case.method,
            final=not any(finding.stops for finding in self.findings),
            benchmark_price=None if benchmark is None else benchmark.rounded,
            bids=tuple(self._line(bid, places.get(bid.id)) for bid in self.case.bids),
            candidates=tuple(
                bid
                for bid, place in sorted(places.items(), key=lambda item: item[1])
                if place <= recommended
            ),
            findings=self.findings,
            explanations=self._explanations(),
        )

    def _line(self, bid: Bid, rank: int | None) -> BidResult:
        if bid.id not in self.prices:
            return BidResult(bid=bid.id, valid=False)
        score = self.scored.scores.get(bid.id)
        merit = self.merits.get(bid.id)
        return BidResult(
            bid=bid.id,
            valid=True,
            evaluated_price=self.prices[bid.id].rounded,
            price_score=score.left if score else None,
            panel_mean=merit.panel[-1].left if merit else None,
            objective=merit.objective.left if merit else None,
            total=merit.total.rounded if merit else None,
            rank=rank,
        )

    def _explanations(self) -> tuple[Explanation, ...]:
        merits = self.merits.values()
        return (
            *self.prices.values(),
            *self.scored.explanations,
            *(one for merit in merits for one in (*merit.panel, merit.objective, merit.total)),
            *self.ranks,
        )
