"""Writing a result."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from bideval.scoring.engine import consolidate
from bideval.scoring.explanation import Step
from bideval.scoring.findings import Finding, FindingKind
from bideval.scoring.method import RoundWhen
from bideval.scoring.result import BidResult, Result, finding_document, result_document

LINE = BidResult(
    bid="A",
    valid=True,
    evaluated_price=Decimal("90.00"),
    price_score=Fraction("25.5"),
    panel_mean=Fraction(40),
    objective=Fraction("3.125"),
    total=Decimal("68.63"),
    rank=1,
)


def result_of(method, *lines, **changes):
    return Result(
        method=method,
        bids=lines,
        candidates=("A",),
        explanations=(),
        **{"final": True, "benchmark_price": Decimal("90.00"), "findings": (), **changes},
    )


def test_scores_are_padded_and_the_exact_objective_keeps_its_digits(changed):
    assert result_document(result_of(changed().method, LINE)) == {
        "format": "bideval-result/1",
        "final": True,
        "benchmark_price": "90.00",
        "bids": {
            "A": {
                "valid": True,
                "evaluated_price": "90.00",
                "price_score": "25.50",
                "panel_mean": "40.00",
                "objective": "3.125",
                "total": "68.63",
                "rank": 1,
            }
        },
        "candidates": ["A"],
        "findings": [],
    }


@pytest.mark.parametrize(
    ("places", "price_score", "total"), [(0, "26", "69"), (3, "25.500", "68.630")]
)
def test_places_of_the_method_decide_the_padding(changed, places, price_score, total):
    method = changed().method
    method = replace(method, rounding=replace(method.rounding, places=places))
    line = replace(
        LINE,
        price_score=Fraction("25.5") if places else Fraction(26),
        total=Decimal("68.63") if places else Decimal(69),
    )
    written = result_document(result_of(method, line))["bids"]["A"]
    assert (written["price_score"], written["total"]) == (price_score, total)


def test_total_only_shows_no_unrounded_scores(changed):
    method = changed().method
    method = replace(method, rounding=replace(method.rounding, when=RoundWhen.TOTAL_ONLY))
    written = result_document(result_of(method, LINE))["bids"]["A"]
    assert (written["price_score"], written["panel_mean"]) == (None, None)
    assert (written["objective"], written["total"]) == ("3.125", "68.63")


def test_an_invalid_bid_has_no_numbers(changed):
    line = BidResult(bid="D", valid=False)
    assert result_document(result_of(changed().method, line))["bids"] == {
        "D": {"valid": False, "rank": None}
    }


def test_lowest_price_gives_no_scores(changed):
    method = changed({"method/type": "lowest_price"}).method
    line = BidResult(bid="A", valid=True, evaluated_price=Decimal("90.00"), rank=1)
    written = result_document(result_of(method, line, benchmark_price=None))
    assert written["bids"] == {"A": {"valid": True, "evaluated_price": "90.00", "rank": 1}}
    assert written["benchmark_price"] is None


def test_what_was_not_reached_is_null(changed):
    line = replace(LINE, panel_mean=None, objective=None, total=None, rank=None)
    assert result_document(result_of(changed().method, line, final=False))["bids"]["A"] == {
        "valid": True,
        "evaluated_price": "90.00",
        "price_score": "25.50",
        "panel_mean": None,
        "objective": None,
        "total": None,
        "rank": None,
    }


@pytest.mark.parametrize(
    ("finding", "document"),
    [
        (
            Finding(kind=FindingKind.OVER_CEILING, bid="A"),
            {"kind": "over_ceiling", "bid": "A"},
        ),
        (
            Finding(kind=FindingKind.OBJECTIVE_INCONSISTENT, bid="A", criterion="c"),
            {"kind": "objective_inconsistent", "bid": "A", "criterion": "c"},
        ),
        (
            Finding(kind=FindingKind.OFF_STEP, bid="A", criterion="c", member="M"),
            {"kind": "off_step", "bid": "A", "criterion": "c", "member": "M"},
        ),
    ],
)
def test_a_finding_has_the_keys_of_its_kind(finding, document):
    assert finding_document(finding) == document


def test_numbers_are_explained_by_bid_and_step(changed):
    result = consolidate(changed())
    (total,) = result.explain("A", Step.TOTAL)
    assert total.inputs == (("panel_mean", "39"), ("objective", "18"), ("price_score", "22.5"))
    assert [one.subject for one in result.explain("A", Step.MEMBER_TOTAL)] == ["M1", "M3", "M4"]
    assert result.explain("Z", Step.TOTAL) == ()
