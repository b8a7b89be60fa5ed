"""Ranks, ties and gaps."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bideval.scoring.explanation import Step
from bideval.scoring.method import MethodType, TieBreak
from bideval.scoring.ranking import Contender, competition_ranks, rank_contenders


def contender(case, bid, total, subjective, evaluated="90"):
    return Contender(
        bid=replace(case.bids[0], id=bid),
        evaluated_price=Fraction(evaluated),
        total=Fraction(total),
        subjective=Fraction(subjective),
    )


def ranks(case, *contenders):
    return {one.bid: one.value for one in rank_contenders(case, contenders)}


def test_higher_totals_come_first_and_lower_keys_break_ties(changed):
    case = changed()
    assert ranks(
        case,
        contender(case, "low", "80", "50", "10"),
        contender(case, "dear", "90", "50", "100"),
        contender(case, "cheap", "90", "50", "99.99"),
    ) == {"low": 3, "dear": 2, "cheap": 1}


def test_the_chain_is_followed_in_its_order(changed):
    case = changed({"method/ties": ["subjective", "evaluated_price"]})
    assert ranks(
        case,
        contender(case, "a", "90", "50", "100"),
        contender(case, "b", "90", "51", "200"),
        contender(case, "c", "90", "50", "99"),
    ) == {"a": 3, "b": 1, "c": 2}


def test_the_bid_price_breaks_ties_lower_first(changed):
    case = changed({"method/ties": ["bid_price"]})
    one = contender(case, "a", "90", "50")
    other = replace(one, bid=replace(one.bid, id="b", price=one.bid.price - 1))
    assert ranks(case, one, other) == {"a": 2, "b": 1}


def test_what_stays_equal_shares_its_rank_and_leaves_a_gap(changed):
    case = changed({"method/ties": []})
    assert ranks(
        case,
        contender(case, "a", "80", "1", "1"),
        contender(case, "b", "90", "2", "2"),
        contender(case, "c", "90", "3", "3"),
        contender(case, "d", "95", "4", "4"),
    ) == {"a": 4, "b": 2, "c": 2, "d": 1}


def test_lowest_price_ignores_totals_and_the_chain(changed):
    case = changed({"method/type": "lowest_price"})
    one = contender(case, "a", "1", "1", "90")
    other = replace(one, bid=replace(one.bid, id="b", price=one.bid.price - 1))
    assert ranks(case, one, other, contender(case, "c", "99", "1", "91")) == {
        "a": 1,
        "b": 1,
        "c": 3,
    }
    assert case.method.type is MethodType.LOWEST_PRICE


def test_ranks_are_explained_by_what_was_compared(changed):
    case = changed({"method/ties": ["subjective", "bid_price"]})
    (explained,) = rank_contenders(case, [contender(case, "a", "90.5", "25/3")])
    assert (explained.step, explained.bid, explained.left) == (Step.RANK, "a", 1)
    assert explained.inputs == (("total", "90.5"), ("subjective", "25/3"), ("bid_price", "120"))
    lowest = replace(case, method=replace(case.method, type=MethodType.LOWEST_PRICE))
    (explained,) = rank_contenders(lowest, [contender(case, "a", "90.5", "1", "70.5")])
    assert explained.inputs == (("evaluated_price", "70.5"),)


@pytest.mark.parametrize("tie", TieBreak)
def test_every_link_names_its_own_number(changed, tie):
    one = contender(changed(), "a", "90", "50", "99")
    expected = {"evaluated_price": 99, "bid_price": 120, "subjective": 50}
    assert one.tie_value(tie) == expected[tie]


@given(st.dictionaries(st.text(max_size=3), st.tuples(st.fractions() | st.integers(0, 3))))
def test_a_rank_is_one_more_than_the_number_ahead(keys):
    assert competition_ranks(keys) == {
        name: 1 + sum(other < key for other in keys.values()) for name, key in keys.items()
    }
