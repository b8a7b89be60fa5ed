"""Who comes before whom: step 8 of the result.

Decided here: the order by total or price, the tie-break chain, shared ranks with gaps.
Not decided here: a draw among bids that stay equal; nothing is ever ordered by name or time.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from bideval.scoring.explanation import Explanation, Step, amount, article
from bideval.scoring.method import MethodType, TieBreak

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bideval.scoring.case import Bid, Case

    Key = tuple[Fraction, ...]


@dataclass(frozen=True, kw_only=True)
class Contender:
    """What ranking looks at: prices as evaluated and as bid, and the scores as rounding left them.

    Under lowest price there are no scores: `total` and `subjective` are then zero for all.
    """

    bid: Bid
    evaluated_price: Fraction
    total: Fraction = Fraction(0)
    subjective: Fraction = Fraction(0)

    def tie_value(self, tie: TieBreak) -> Fraction:
        """Return the number that a link of the chain compares."""
        if tie is TieBreak.EVALUATED_PRICE:
            return self.evaluated_price
        if tie is TieBreak.BID_PRICE:
            return Fraction(self.bid.price)
        return self.subjective


def rank_contenders(case: Case, contenders: Sequence[Contender]) -> tuple[Explanation, ...]:
    """Rank the contenders (Order 87 art. 56, 57); `value` of each explanation is the rank."""
    if case.method.type is MethodType.LOWEST_PRICE:
        keys: dict[str, Key] = {one.bid.id: (one.evaluated_price,) for one in contenders}
        formula = "1 + number of lower evaluated prices"
    else:
        keys = {one.bid.id: _key(one, case.method.ties) for one in contenders}
        formula = "1 + number of bids ahead by total, then by the tie-break chain"
    ranks = competition_ranks(keys)
    return tuple(
        Explanation(
            step=Step.RANK,
            bid=one.bid.id,
            formula=formula,
            inputs=_inputs(case, one),
            value=Fraction(ranks[one.bid.id]),
            article=article(Step.RANK, case.tender.category),
        )
        for one in contenders
    )


def competition_ranks(keys: Mapping[str, Key]) -> dict[str, int]:
    """Rank by ascending key; equal keys share a rank and leave a gap (1, 2, 2, 4)."""
    first: dict[Key, int] = {}
    for position, key in enumerate(sorted(keys.values()), start=1):
        first.setdefault(key, position)
    return {name: first[key] for name, key in keys.items()}


def _key(contender: Contender, ties: Sequence[TieBreak]) -> Key:
    """Return what sorts the better bid first: high totals and means, low prices."""
    values = (
        -contender.tie_value(tie) if tie is TieBreak.SUBJECTIVE else contender.tie_value(tie)
        for tie in ties
    )
    return (-contender.total, *values)


def _inputs(case: Case, contender: Contender) -> tuple[tuple[str, str], ...]:
    if case.method.type is MethodType.LOWEST_PRICE:
        return (("evaluated_price", amount(contender.evaluated_price)),)
    ties = ((str(tie), amount(contender.tie_value(tie))) for tie in case.method.ties)
    return (("total", amount(contender.total)), *ties)
