"""Step 2: who is granted what, and the evaluated price."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bideval.scoring.explanation import Step
from bideval.scoring.preference import evaluated_price, preference_of


@pytest.mark.parametrize(
    ("size", "share", "granted"),
    [
        ("large", None, None),
        ("medium", None, None),
        ("small", None, "small"),
        ("micro", None, "small"),
        ("large", "29.99", None),
        ("large", "30", "joint_venture"),
        ("medium", "100", "joint_venture"),
        ("small", "35", "small"),
        ("micro", "0", "small"),
    ],
)
def test_size_and_share_decide_the_preference(changed, size, share, granted):
    case = changed({"bids/0/size": size, "bids/0/small_share_percent": share})
    expected = None if granted is None else getattr(case.method, granted)
    assert preference_of(case.bids[0], case.method) is expected


def test_a_small_bidder_never_gets_the_joint_venture_preference(changed):
    case = changed(
        {
            "method/preference/small": ...,
            "bids/1/small_share_percent": "50",
        }
    )
    assert preference_of(case.bids[1], case.method) is None
    assert evaluated_price(case.bids[1], case).rounded == 100


@pytest.mark.parametrize(
    ("price", "percent", "expected"),
    [
        ("1000000.00", "10", "900000.00"),
        ("0.05", "10", "0.05"),
        ("0.15", "10", "0.14"),
        ("1.05", "10", "0.95"),
        ("0.00", "10", "0.00"),
        ("100", "0", "100.00"),
        ("33.333", "0", "33.33"),
        ("33.335", "0", "33.34"),
        ("0.01", "99.9", "0.00"),
    ],
)
def test_deduction_rounds_half_up_to_fen(changed, price, percent, expected):
    case = changed(
        {
            "bids/1/price": price,
            "method/preference/small/deduct_percent": percent,
            "method/rounding": {"mode": "half_even", "places": 0, "when": "total_only"},
        }
    )
    assert format(evaluated_price(case.bids[1], case).rounded, "f") == expected


def test_a_preference_without_deduction_leaves_the_price(changed):
    case = changed({"method/preference/small": {"score_bonus_percent": "3"}})
    assert evaluated_price(case.bids[1], case).left == 100


def test_the_deduction_is_explained(changed):
    case = changed({"bids/1/price": "0.15"})
    explained = evaluated_price(case.bids[1], case)
    assert (explained.step, explained.bid) == (Step.EVALUATED_PRICE, "B")
    assert explained.inputs == (("price", "0.15"), ("deduct_percent", "10"))
    assert explained.value == Fraction("0.135")
    assert explained.rounding == "half_up to 2 places"
    assert explained.article == "Order 87 art. 55; Cai Ku 2020-46 art. 9"
