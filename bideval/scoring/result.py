"""`bideval-result/1`: what an evaluation yields, with every intermediate.

Decided here: what a result holds and how it is written as JSON.
Not decided here: how any of it is computed (`engine`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.scoring.method import Method, MethodType, RoundWhen
from bideval.terms.decimals import exact_decimal, plain

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction

    from bideval.scoring.explanation import Explanation, Step
    from bideval.scoring.findings import Finding

RESULT_FORMAT = "bideval-result/1"


@dataclass(frozen=True, kw_only=True)
class BidResult:
    """One bid's line; the scores are exact, as rounding left them; None is *there is none*."""

    bid: str
    valid: bool
    evaluated_price: Decimal | None = None
    price_score: Fraction | None = None
    panel_mean: Fraction | None = None
    objective: Fraction | None = None
    total: Decimal | None = None
    rank: int | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """A consolidated evaluation, or the findings that stop it (`final` is then false)."""

    method: Method
    final: bool
    benchmark_price: Decimal | None
    bids: tuple[BidResult, ...]
    candidates: tuple[str, ...]
    findings: tuple[Finding, ...]
    explanations: tuple[Explanation, ...]

    def explain(self, bid: str, step: Step) -> tuple[Explanation, ...]:
        """Return how a bid's number at one step came about, partial numbers in order."""
        return tuple(one for one in self.explanations if (one.bid, one.step) == (bid, step))


def result_document(result: Result) -> dict[str, object]:
    """Write a result as `bideval-result/1`; the order of bids is that of the case."""
    benchmark = result.benchmark_price
    return {
        "format": RESULT_FORMAT,
        "final": result.final,
        "benchmark_price": None if benchmark is None else plain(benchmark),
        "bids": {line.bid: _line_document(result.method, line) for line in result.bids},
        "candidates": list(result.candidates),
        "findings": [finding_document(finding) for finding in result.findings],
    }


def finding_document(finding: Finding) -> dict[str, str]:
    """Write a finding with the keys that its kind has."""
    parts = {
        "kind": str(finding.kind),
        "bid": finding.bid,
        "criterion": finding.criterion,
        "member": finding.member,
    }
    return {key: value for key, value in parts.items() if value is not None}


def _line_document(method: Method, line: BidResult) -> dict[str, object]:
    if line.evaluated_price is None:
        return {"valid": line.valid, "rank": line.rank}
    scores = {} if method.type is MethodType.LOWEST_PRICE else _scores_document(method, line)
    return {
        "valid": line.valid,
        "evaluated_price": plain(line.evaluated_price),
        **scores,
        "rank": line.rank,
    }


def _scores_document(method: Method, line: BidResult) -> dict[str, object]:
    """Write the scores; what `total_only` leaves unrounded need not end, and is null."""
    places = method.rounding.places
    rounded = method.rounding.when is RoundWhen.EACH_STEP
    return {
        "price_score": _score(line.price_score, places) if rounded else None,
        "panel_mean": _score(line.panel_mean, places) if rounded else None,
        "objective": _score(line.objective, places),
        "total": None if line.total is None else plain(line.total, places=places),
    }


def _score(value: Fraction | None, places: int) -> str | None:
    exact = None if value is None else exact_decimal(value)
    return None if exact is None else plain(exact, places=places)
