"""Price scores by both formulas."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bideval.scoring.explanation import Step
from bideval.scoring.preference import evaluated_price
from bideval.scoring.price_score import NO_PRICE_SCORES, score_prices
from bideval.scoring.validity import competing_bids

MEAN = {
    "formula": "mean_benchmark",
    "max": "60",
    "drop": None,
    "reduction_percent": "0",
    "deviation_places": 2,
    "over_per_percent": "1",
    "under_per_percent": "0.5",
    "floor": "0",
}


def scored(case):
    return score_prices(case, {bid.id: evaluated_price(bid, case) for bid in competing_bids(case)})


def scores(case):
    return {bid: format(one.rounded, "f") for bid, one in scored(case).scores.items()}


def test_lowest_price_scores_in_proportion(changed):
    assert scores(changed()) == {"A": "22.50", "B": "30.00"}
    assert scored(changed()).benchmark.rounded == 90


def test_invalid_bids_have_neither_score_nor_part_in_the_benchmark(changed):
    assert scores(changed({"bids/1/valid": False})) == {"A": "30.00"}


def test_without_formula_or_competition_nothing_is_scored(changed):
    assert scored(changed({"method/price": None})) is NO_PRICE_SCORES
    assert scored(changed({"bids/0/valid": False, "bids/1/valid": False})) is NO_PRICE_SCORES


def test_zero_prices_do_no_harm_without_formula(changed):
    assert scored(changed({"method/price": None, "bids/0/price": "0"})) is NO_PRICE_SCORES


@pytest.mark.parametrize(
    ("mode", "places", "expected"),
    [("half_up", 2, "28.13"), ("half_even", 2, "28.12"), ("half_up", 0, "28")],
)
def test_each_step_rounds_by_the_method(changed, mode, places, expected):
    rounding = {"mode": mode, "places": places, "when": "each_step"}
    case = changed({"bids/0/price": "96.00", "method/rounding": rounding})
    assert scores(case)["A"] == expected


def test_total_only_leaves_scores_exact(changed):
    case = changed({"bids/0/price": "97.00", "method/rounding/when": "total_only"})
    score = scored(case).scores["A"]
    assert (score.rounded, score.left) == (None, Fraction(90, 97) * 30)


def deviating(changed, price, other, **formula):
    """Price two bids whose mean is 100.00, and return the steps of the first."""
    case = changed(
        {
            "method/price": {**MEAN, **formula},
            "tender/ceiling": None,
            "bids": [{"id": "A", "price": price}, {"id": "B", "price": other}],
        }
    )
    result = scored(case)
    assert result.benchmark.rounded == 100
    return [one for one in result.explanations if one.bid == "A"]


@pytest.mark.parametrize(
    ("price", "other", "deviation", "score"),
    [
        ("110.00", "90.00", "10.00", "50.00"),
        ("90.00", "110.00", "-10.00", "55.00"),
        ("100.00", "100.00", "0.00", "60.00"),
        ("100.01", "99.99", "0.01", "59.99"),
        ("99.99", "100.01", "-0.01", "60.00"),
        ("160.00", "40.00", "60.00", "0.00"),
        ("170.00", "30.00", "70.00", "0.00"),
    ],
)
def test_deviation_costs_by_its_side(changed, price, other, deviation, score):
    steps = deviating(changed, price, other)
    assert [one.step for one in steps] == [Step.DEVIATION, Step.PRICE_SCORE]
    assert [format(one.rounded, "f") for one in steps] == [deviation, score]


@pytest.mark.parametrize(
    ("price", "other", "places", "deviation"),
    [
        ("100.05", "99.95", 1, "0.1"),
        ("99.95", "100.05", 1, "-0.1"),
        ("100.50", "99.50", 0, "1"),
        ("99.50", "100.50", 0, "-1"),
        ("100.05", "99.95", 4, "0.0500"),
    ],
)
def test_deviation_rounds_half_away_from_zero(changed, price, other, places, deviation):
    steps = deviating(changed, price, other, deviation_places=places)
    assert format(steps[0].rounded, "f") == deviation


def test_floor_holds_below_zero_too(changed):
    steps = deviating(changed, "180.00", "20.00", floor="-5.5", over_per_percent="2")
    assert format(steps[1].rounded, "f") == "-5.50"
    assert dict(steps[1].inputs) == {
        "floor": "-5.5",
        "max": "60",
        "deviation": "80",
        "per_percent": "2",
    }


def test_bonus_multiplies_the_rounded_score_and_may_exceed_the_maximum(changed):
    case = changed({"method/preference/small": {"score_bonus_percent": "3"}})
    assert scores(case) == {"A": "25.00", "B": "30.90"}
    steps = [one for one in scored(case).explanations if one.bid == "B"]
    assert [one.step for one in steps] == [Step.PRICE_SCORE, Step.PRICE_SCORE_BONUS]
    assert steps[1].inputs == (("price_score", "30"), ("score_bonus_percent", "3"))


def test_each_step_rounds_before_and_after_the_bonus(changed):
    bonus = {"method/preference/small": {"score_bonus_percent": "50"}}
    bids = {"bids/0/price": "100.00", "bids/1/price": "106.67"}
    # 100 / 106.67 × 30 = 28.12412…: 28.12 × 1.5 = 42.18, not 42.1862… = 42.19.
    assert scores(changed({**bonus, **bids}))["B"] == "42.18"
    exact = changed({**bonus, **bids, "method/rounding/when": "total_only"})
    assert scored(exact).scores["B"].left == Fraction(10000, 10667) * 45


def test_bonus_applies_to_the_mean_formula_as_well(changed):
    case = changed(
        {
            "method/price": MEAN,
            "method/preference": {"joint_venture": {"score_bonus_percent": "2"}},
            "bids/0/small_share_percent": "30",
        }
    )
    steps = [one.step for one in scored(case).explanations if one.bid == "A"]
    assert steps == [Step.DEVIATION, Step.PRICE_SCORE, Step.PRICE_SCORE_BONUS]


def test_a_bonus_of_zero_percent_is_granted_and_explained(changed):
    case = changed({"method/preference/small": {"score_bonus_percent": "0"}})
    steps = [one.step for one in scored(case).explanations if one.bid == "B"]
    assert steps == [Step.PRICE_SCORE, Step.PRICE_SCORE_BONUS]
    assert scores(case)["B"] == "30.00"


def test_scores_compare_evaluated_prices_as_rounded(changed):
    case = changed({"bids/0/price": "0.015", "bids/1/price": "0.01", "bids/1/size": "large"})
    assert scores(case) == {"A": "15.00", "B": "30.00"}
