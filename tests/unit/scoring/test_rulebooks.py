"""Limits of committees and bidders (worked example 8 and its neighbours)."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from decimal import Decimal

import pytest

from bideval.scoring.rulebooks import (
    CURRENT,
    PROCUREMENT,
    REHEARSAL,
    RULEBOOKS,
    WORKS,
    Band,
    Breach,
    Severity,
    check_bidders,
    check_chair,
    check_committee,
    counted_bidders,
    find_rulebook,
    has_majority,
    must_extend,
)
from bideval.terms.errors import InputError


def rules(breaches):
    return [breach.rule for breach in breaches]


def committee(members, experts, budget="9999999.99", rulebook=PROCUREMENT):
    amount = None if budget is None else Decimal(budget)
    return rules(check_committee(rulebook, members, experts=experts, budget=amount))


@pytest.mark.parametrize(
    ("members", "experts", "broken"),
    [
        (5, 4, []),
        (5, 5, []),
        (5, 3, ["committee.experts"]),
        (7, 5, []),
        (7, 4, ["committee.experts"]),
        (9, 6, []),
        (9, 5, ["committee.experts"]),
        (11, 8, []),
        (11, 7, ["committee.experts"]),
        (6, 6, ["committee.odd"]),
        (3, 3, ["committee.size"]),
        (4, 2, ["committee.size", "committee.odd", "committee.experts"]),
        (0, 0, ["committee.size", "committee.odd"]),
    ],
)
def test_committee_is_odd_large_and_expert_enough(members, experts, broken):
    assert committee(members, experts) == broken


@pytest.mark.parametrize(
    ("budget", "members", "broken"),
    [
        ("9999999.99", 5, []),
        ("10000000.00", 5, ["committee.size"]),
        ("10000000.00", 7, []),
        ("99999999", 6, ["committee.size", "committee.odd"]),
        (None, 5, []),
    ],
)
def test_the_limit_of_large_budgets_counts_as_large(budget, members, broken):
    assert committee(members, members, budget) == broken


def test_works_know_no_large_budget_and_rehearsals_no_committee_rule():
    assert committee(5, 4, "99999999.00", WORKS) == []
    assert committee(5, 3, "1.00", WORKS) == ["committee.experts"]
    assert committee(2, 0, "99999999.00", REHEARSAL) == []


def test_a_breach_tells_rule_article_and_numbers():
    (breach,) = check_committee(PROCUREMENT, 5, experts=3, budget=None)
    assert breach == Breach(
        rule="committee.experts",
        article="Order 87 art. 45, 47, 86",
        severity=Severity.ERROR,
        field="committee",
        detail="3 experts of 5 members, 2/3 needed",
    )


@pytest.mark.parametrize(
    ("rulebook", "is_representative", "broken"),
    [
        (PROCUREMENT, True, ["committee.chair"]),
        (PROCUREMENT, False, []),
        (WORKS, True, []),
        (REHEARSAL, True, []),
    ],
)
def test_the_purchasers_representative_may_not_chair_in_procurement(
    rulebook, is_representative, broken
):
    assert rules(check_chair(rulebook, is_representative=is_representative)) == broken


@pytest.mark.parametrize(
    ("brands", "count"),
    [
        (["X", "X", "Y", "Z"], 3),
        (["X", "X", "Y"], 2),
        ([None, None, None], 3),
        (["X", None, "X", None], 3),
        ([], 0),
    ],
)
def test_bids_of_one_brand_count_as_one_bidder(brands, count):
    assert counted_bidders(brands) == count


@pytest.mark.parametrize(
    ("rulebook", "brands", "broken"),
    [
        (PROCUREMENT, ["X", "X", "Y", "Z"], []),
        (PROCUREMENT, ["X", "X", "Y"], ["bidders.minimum"]),
        (WORKS, [None, None], ["bidders.minimum"]),
        (REHEARSAL, ["X"], []),
        (REHEARSAL, [], ["bidders.minimum"]),
    ],
)
def test_fewer_than_the_minimum_of_bidders_is_a_breach(rulebook, brands, broken):
    assert rules(check_bidders(rulebook, brands)) == broken


@pytest.mark.parametrize(
    ("members", "votes", "extend"),
    [(5, 1, False), (5, 2, True), (7, 2, False), (7, 3, True), (9, 3, False), (9, 4, True)],
)
def test_more_than_a_third_can_force_more_time(members, votes, extend):
    assert must_extend(PROCUREMENT, members, votes=votes) is extend


@pytest.mark.parametrize(
    ("members", "votes", "majority"), [(5, 2, False), (5, 3, True), (4, 2, False), (4, 3, True)]
)
def test_a_majority_is_more_than_half(members, votes, majority):
    assert has_majority(PROCUREMENT, members, votes=votes) is majority


def test_a_band_includes_its_ends():
    band = Band(low=Decimal(10), high=Decimal(20))
    values = ("9.99", "10", "20.0", "20.01")
    assert [band.holds(Decimal(value)) for value in values] == [False, True, True, False]


def test_rulebooks_are_found_by_versioned_id():
    later = [book.id for book in CURRENT]
    assert list(RULEBOOKS) == ["procurement/1", "works/1", "rehearsal/1", *later]
    assert later == ["procurement/2", "works/2", "rehearsal/2", "drill/1"]
    assert find_rulebook("works/1") is WORKS
    with pytest.raises(InputError) as caught:
        find_rulebook("works/9", field="body.rulebook")
    assert str(caught.value) == (
        "body.rulebook: must be one of procurement/1, works/1, rehearsal/1, procurement/2, "
        "works/2, rehearsal/2, drill/1, not 'works/9'"
    )


def test_second_versions_have_the_numbers_of_the_first():
    first = {"procurement/2": PROCUREMENT, "works/2": WORKS}
    for book in CURRENT:
        assert book == replace(first.get(book.id, REHEARSAL), id=book.id)


def test_rulebooks_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        PROCUREMENT.minimum_bidders = 2


def test_the_published_rows_say_what_they_always_said():
    limits = PROCUREMENT.method
    assert {str(category): weight for category, weight in limits.price_weight.items()} == {
        "goods": 30,
        "services": 10,
    }
    bands = {
        book.id: {kind: (band.low, band.high) for kind, band in book.method.deduct_percent.items()}
        for book in (PROCUREMENT, WORKS)
    }
    assert bands == {
        "procurement/1": {"small": (10, 20), "joint_venture": (4, 6)},
        "works/1": {"small": (3, 5), "joint_venture": (1, 2)},
    }
