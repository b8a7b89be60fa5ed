"""Which methods a rulebook forbids or doubts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bideval.scoring.case import Category
from bideval.scoring.method_limits import check_method, full_marks
from bideval.scoring.reading import read_case
from bideval.scoring.rulebooks import PROCUREMENT, REHEARSAL, WORKS, Breach, Severity

CASES = Path(__file__).parents[2] / "data" / "cases"
MEAN = {
    "formula": "mean_benchmark",
    "max": "60",
    "drop": {"high": 1, "low": 1, "when_at_least": 5},
    "reduction_percent": "1.5",
    "deviation_places": 2,
    "over_per_percent": "1",
    "under_per_percent": "0.5",
    "floor": "0",
}
# The document's maxima: 40 + 20 × 0.5 + 20 + 30 = 100.


def broken(case, rulebook=PROCUREMENT):
    breaches = check_method(rulebook, case.method, category=case.tender.category)
    return [(one.rule, str(one.severity), one.field) for one in breaches]


def test_the_documents_method_is_lawful_and_worth_a_hundred(changed):
    assert full_marks(changed().method) == 100
    assert broken(changed()) == []


@pytest.mark.parametrize(
    ("name", "rulebook"),
    [
        ("01-goods-deduction.json", PROCUREMENT),
        ("05-lowest-evaluated-price.json", PROCUREMENT),
        ("06b-rounding-each-step.json", PROCUREMENT),
        ("04a-works-drawn-benchmark-1.5.json", WORKS),
    ],
)
def test_worked_cases_are_lawful_in_their_line(name, rulebook):
    assert broken(read_case((CASES / name).read_bytes()), rulebook) == []


@pytest.mark.parametrize(
    ("category", "maximum", "found"),
    [
        ("goods", "30", []),
        ("goods", "29.99", ["price.weight", "method.full_marks"]),
        ("services", "10", ["method.full_marks"]),
        ("services", "7.77", ["price.weight", "method.full_marks"]),
        ("services", "0", ["price.weight", "method.full_marks"]),
    ],
)
def test_price_has_a_minimum_weight_by_category(changed, category, maximum, found):
    case = changed({"tender/category": category, "method/price/max": maximum})
    assert [rule for rule, _, _ in broken(case)] == found


def test_a_low_price_weight_is_told_in_percent(changed):
    method = changed({"method/price/max": "20"}).method
    breach = check_method(PROCUREMENT, method, category=Category.GOODS, field="tender.method")[0]
    assert breach == Breach(
        rule="price.weight",
        article="Order 87 art. 55",
        severity=Severity.ERROR,
        field="tender.method.price.max",
        detail="22.22 percent for the price, at least 30 needed",
    )


def test_price_may_go_unscored_only_with_a_reason(changed):
    case = changed({"method/price": None, "method/criteria/0/max": "70"})
    assert broken(case) == [("price.unscored", "warning", "method.price")]
    works = changed({"method/price": None, "method/criteria/0/max": "70", "method/preference": {}})
    assert broken(works, WORKS) == [("method.category", "warning", "method.type")]


def test_procurement_allows_the_lowest_price_formula_only(changed):
    case = changed({"method/price": MEAN, "method/criteria/0/max": "10"})
    assert broken(case) == [("price.formula", "error", "method.price.formula")]
    works = changed(
        {
            "tender/category": "works",
            "method/price": MEAN,
            "method/criteria/0/max": "10",
            "method/preference": {},
        }
    )
    assert broken(works, WORKS) == []


def test_maxima_that_do_not_sum_to_a_hundred_are_doubted(changed):
    (breach,) = check_method(
        PROCUREMENT, changed({"method/criteria/0/max": "41.5"}).method, category=Category.SERVICES
    )
    assert (breach.severity, breach.detail) == (
        Severity.WARNING,
        "the maxima sum to 101.5, not to 100",
    )


@pytest.mark.parametrize(
    ("kind", "percent", "found"),
    [
        ("small", "10", []),
        ("small", "20", []),
        ("small", "9.9", ["preference.deduction"]),
        ("small", "20.1", ["preference.deduction"]),
        ("joint_venture", "4", []),
        ("joint_venture", "3", ["preference.deduction"]),
    ],
)
def test_deductions_outside_their_band_are_doubted(changed, kind, percent, found):
    case = changed({f"method/preference/{kind}/deduct_percent": percent})
    assert [rule for rule, severity, _ in broken(case) if severity == "warning"] == found


def test_a_bonus_belongs_to_works(changed):
    bonus = {"method/preference": {"small": {"score_bonus_percent": "6"}}}
    place = "method.preference.small.score_bonus_percent"
    assert broken(changed(bonus)) == [("preference.bonus", "error", place)]
    works = {**bonus, "tender/category": "works"}
    assert broken(changed(works), WORKS) == [("preference.bonus", "warning", place)]
    (breach,) = check_method(WORKS, changed(works).method, category=Category.WORKS)
    assert (breach.detail, breach.article) == ("6 percent, outside 3 to 5", "Cai Ku 2020-46 art. 9")
    works["method/preference"] = {"small": {"score_bonus_percent": "5"}}
    assert broken(changed(works), WORKS) == []


@pytest.mark.parametrize(
    ("high", "low", "when", "found"),
    [(1, 1, 2, []), (1, 1, 1, ["panel_mean.trim"]), (0, 0, 0, []), (1, 0, 0, ["panel_mean.trim"])],
)
def test_trimming_must_always_leave_something(changed, high, low, when, found):
    trim = {"high": high, "low": low, "when_more_than": when}
    case = changed({"method/panel_mean/trim": trim})
    assert [rule for rule, _, _ in broken(case)] == found


@pytest.mark.parametrize(
    ("high", "low", "when", "found"),
    [(1, 1, 3, []), (1, 1, 2, ["price.drop"]), (0, 0, 0, []), (1, 0, 0, ["price.drop"])],
)
def test_dropping_must_always_leave_something(changed, high, low, when, found):
    drop = {"high": high, "low": low, "when_at_least": when}
    case = changed(
        {
            "tender/category": "works",
            "method/price": {**MEAN, "drop": drop},
            "method/criteria/0/max": "10",
            "method/preference": {},
        }
    )
    assert [rule for rule, _, _ in broken(case, WORKS)] == found


def test_lowest_price_has_no_weights_to_check(changed):
    case = changed({"method/type": "lowest_price", "method/price/max": "1"})
    assert broken(case) == []
    case = changed({"method/type": "lowest_price", "tender/category": "works"})
    assert broken(case) == [("method.category", "warning", "method.type")]


def test_a_rehearsal_has_no_limits(changed):
    case = changed({"method/price": None, "tender/category": "works"})
    assert broken(case, REHEARSAL) == []
