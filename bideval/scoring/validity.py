"""Which bids compete: step 1 of the result.

Decided here: a bid marked invalid, or priced above the ceiling, takes no part in anything.
Not decided here: why the committee found a bid invalid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bideval.scoring.case import Bid, Case


def is_over_ceiling(case: Case, bid: Bid) -> bool:
    """Say whether the price as bid, not as evaluated, is above the ceiling.

    Order 87 art. 63; Regulation art. 51(5). A bid at the ceiling is not above it.
    """
    ceiling = case.tender.ceiling
    return ceiling is not None and bid.price > ceiling


def competing_bids(case: Case) -> tuple[Bid, ...]:
    """Return the valid bids, in the order of the case."""
    return tuple(bid for bid in case.bids if bid.valid and not is_over_ceiling(case, bid))
