"""What small enterprises are granted, and the evaluated price: step 2 of the result.

Decided here: which preference a bid gets and what the deduction makes of its price.
Not decided here: whether the declared size is true (the committee's) or the rate lawful
(`rulebooks`). The evaluated price ranks; the contract is at the bid price.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from bideval.scoring.case import Size
from bideval.scoring.explanation import MONEY, Explanation, Step, amount, article

if TYPE_CHECKING:
    from bideval.scoring.case import Bid, Case
    from bideval.scoring.method import Method, Preference

JOINT_VENTURE_SHARE = Decimal(30)
"""Percent of the contract that small partners must have (Cai Ku 2020-46 art. 9), included."""

SMALL_SIZES = (Size.SMALL, Size.MICRO)


def preference_of(bid: Bid, method: Method) -> Preference | None:
    """Return what the bid is granted; preferences never add up.

    A small bidder gets `small` or nothing, also where the method knows only `joint_venture`.
    """
    if bid.size in SMALL_SIZES:
        return method.small
    share = bid.small_share_percent
    shared = share is not None and share >= JOINT_VENTURE_SHARE
    return method.joint_venture if shared else None


def evaluated_price(bid: Bid, case: Case) -> Explanation:
    """Deduct the bid's preference from its price, rounded half up to fen."""
    preference = preference_of(bid, case.method)
    deduct = (preference.deduct_percent if preference else None) or Decimal(0)
    return Explanation(
        step=Step.EVALUATED_PRICE,
        bid=bid.id,
        formula="price × (1 − deduct_percent / 100)",
        inputs=(("price", amount(bid.price)), ("deduct_percent", amount(deduct))),
        value=Fraction(bid.price) * (1 - Fraction(deduct) / 100),
        article=article(Step.EVALUATED_PRICE, case.tender.category),
        quantum=MONEY,
    )
