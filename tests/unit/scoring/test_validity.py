"""Step 1: who competes."""

from __future__ import annotations

import pytest

from bideval.scoring.validity import competing_bids, is_over_ceiling


@pytest.mark.parametrize(
    ("ceiling", "over"),
    [("120.00", False), ("119.99", True), ("120.0", False), ("0", True), (None, False)],
)
def test_only_above_the_ceiling_is_over_it(changed, ceiling, over):
    case = changed({"tender/ceiling": ceiling})
    assert is_over_ceiling(case, case.bids[0]) is over


def test_the_price_as_bid_meets_the_ceiling_not_the_evaluated_one(changed):
    case = changed({"tender/ceiling": "99.99"})
    assert is_over_ceiling(case, case.bids[1]) is True


def test_competing_bids_are_the_valid_ones_below_the_ceiling(changed):
    assert [bid.id for bid in competing_bids(changed())] == ["A", "B"]
    assert [bid.id for bid in competing_bids(changed({"bids/0/valid": False}))] == ["B"]
    assert [bid.id for bid in competing_bids(changed({"tender/ceiling": "110"}))] == ["B"]
    nobody = changed({"tender/ceiling": "110", "bids/1/valid": False})
    assert competing_bids(nobody) == ()
