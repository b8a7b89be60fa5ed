"""The benchmark price."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bideval.scoring.benchmark import lowest_price, reduced_mean
from bideval.scoring.preference import evaluated_price
from bideval.scoring.validity import competing_bids
from bideval.terms.errors import InputError

MEAN = {
    "formula": "mean_benchmark",
    "max": "60",
    "drop": {"high": 1, "low": 1, "when_at_least": 5},
    "reduction_percent": "0",
    "deviation_places": 2,
    "over_per_percent": "1",
    "under_per_percent": "0.5",
    "floor": "0",
}


def priced(changed, *prices, **formula):
    bids = [{"id": f"B{number}", "price": price} for number, price in enumerate(prices)]
    case = changed(
        {"bids": bids, "tender/ceiling": None, "method/price": {**MEAN, **formula}},
    )
    return case, {bid.id: evaluated_price(bid, case) for bid in competing_bids(case)}


def mean_of(changed, *prices, **formula):
    case, evaluated = priced(changed, *prices, **formula)
    benchmark = reduced_mean(case, evaluated, formula=case.method.price)
    names = [name for name, _ in benchmark.inputs]
    return format(benchmark.rounded, "f"), [one for one in names if one.startswith("evaluated")]


def test_lowest_price_looks_at_evaluated_prices_of_competing_bids(changed):
    case = changed({"bids/0/price": "95.00", "bids/1/price": "100.00"})
    prices = {bid.id: evaluated_price(bid, case) for bid in competing_bids(case)}
    benchmark = lowest_price(case, prices)
    assert (benchmark.bid, benchmark.rounded) == (None, 90)
    assert benchmark.inputs == (("evaluated_price A", "95"), ("evaluated_price B", "90"))


@pytest.mark.parametrize("price", ["0", "0.00", "0.004"])
def test_lowest_price_refuses_an_evaluated_price_of_zero(changed, price):
    case, prices = priced(changed, "5", price, "7")
    with pytest.raises(InputError) as caught:
        lowest_price(case, prices)
    assert (caught.value.field, caught.value.code) == ("bids[1].price", "division_by_zero")


def test_a_zero_price_of_a_bid_out_of_the_race_does_no_harm(changed):
    case, prices = priced(changed, "0", "7")
    del prices["B0"]
    assert lowest_price(case, prices).rounded == 7


@pytest.mark.parametrize(
    ("prices", "benchmark", "kept"),
    [
        (["1", "2", "3", "10"], "4.00", 4),
        (["1", "2", "3", "10", "100"], "5.00", 3),
        (["100", "1", "10", "2", "3", "5"], "5.00", 4),
        (["7", "7", "7", "7", "7"], "7.00", 3),
        (["1", "2"], "1.50", 2),
        (["8"], "8.00", 1),
        (["1", "1", "2"], "1.33", 3),
        (["0.01", "0.02"], "0.02", 2),
    ],
)
def test_mean_drops_extremes_where_there_are_enough(changed, prices, benchmark, kept):
    value, names = mean_of(changed, *prices)
    assert (value, len(names)) == (benchmark, kept)


def test_mean_is_of_evaluated_prices_as_rounded(changed):
    # 1.01 and 1.00 make 1.005; unrounded they would make 1.0045 and a benchmark of 1.00.
    assert mean_of(changed, "1.005", "1.004")[0] == "1.01"


def test_of_equal_prices_only_as_many_as_asked_are_dropped(changed):
    value, names = mean_of(changed, "1", "1", "4", "9", "9", "9")
    assert (value, names) == ("5.75", [f"evaluated_price B{index}" for index in (1, 2, 3, 4)])


def test_without_drop_all_prices_count(changed):
    assert mean_of(changed, "1", "2", "3", "4", "40", drop=None)[0] == "10.00"


@pytest.mark.parametrize(
    ("drop", "benchmark"),
    [
        ({"high": 0, "low": 0, "when_at_least": 0}, "16.67"),
        ({"high": 1, "low": 0, "when_at_least": 3}, "5.00"),
        ({"high": 0, "low": 2, "when_at_least": 3}, "40.00"),
    ],
)
def test_drop_may_be_one_sided(changed, drop, benchmark):
    assert mean_of(changed, "1", "9", "40", drop=drop)[0] == benchmark


@pytest.mark.parametrize(("high", "low"), [(2, 1), (3, 0), (0, 3), (9, 0), (0, 9)])
def test_dropping_everything_is_refused(changed, high, low):
    drop = {"high": high, "low": low, "when_at_least": 3}
    with pytest.raises(InputError) as caught:
        mean_of(changed, "1", "9", "40", drop=drop)
    assert str(caught.value) == "method.price.drop: leaves nothing of 3 prices to average"


def test_reduction_is_taken_off_the_exact_mean_then_rounded_half_up(changed):
    value, _ = mean_of(changed, "1", "1", "2", reduction_percent="1.5", drop=None)
    assert value == "1.31"
    case, prices = priced(changed, "1", "1", "2", reduction_percent="1.5", drop=None)
    benchmark = reduced_mean(case, prices, formula=case.method.price)
    assert benchmark.value == Fraction(4, 3) * Fraction(985, 1000)
    assert benchmark.inputs[-2:] == (("mean", "4/3"), ("reduction_percent", "1.5"))


def test_a_benchmark_of_zero_is_refused(changed):
    with pytest.raises(InputError) as caught:
        mean_of(changed, "0", "0.004", "0")
    assert (caught.value.field, caught.value.code) == ("method.price", "division_by_zero")
