"""Reading and writing the method of a tender."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest

from bideval.scoring.method import (
    AbsentMarks,
    Criterion,
    CriterionKind,
    Drop,
    LowestPriceFormula,
    MeanBenchmarkFormula,
    MeanOver,
    Method,
    MethodType,
    PanelMean,
    Preference,
    Rounding,
    RoundWhen,
    TieBreak,
    Trim,
    method_document,
    parse_method,
)
from bideval.terms.decimals import RoundingMode
from bideval.terms.errors import InputError

FULL = {
    "type": "comprehensive",
    "rounding": {"mode": "half_even", "places": 3, "when": "total_only"},
    "panel_mean": {"over": "criterion", "trim": {"high": 2, "low": 1, "when_more_than": 5}},
    "absent_marks": "skip",
    "criteria": [
        {
            "id": "c",
            "name": "方案",
            "kind": "subjective",
            "min": "-5",
            "max": "5",
            "factor": "1.2",
            "step": "0.25",
        },
        {"id": "o", "name": "o", "kind": "objective", "min": "0", "max": "5", "factor": "1"},
    ],
    "price": {
        "formula": "mean_benchmark",
        "max": "60",
        "drop": {"high": 1, "low": 1, "when_at_least": 5},
        "reduction_percent": "1.50",
        "deviation_places": 2,
        "over_per_percent": "1",
        "under_per_percent": "0.5",
        "floor": "-3",
    },
    "preference": {
        "small": {"deduct_percent": "10", "score_bonus_percent": "3"},
        "joint_venture": {"score_bonus_percent": "0"},
    },
    "ties": ["subjective", "bid_price"],
    "candidates": 3,
}


def test_every_part_is_read():
    assert parse_method(FULL) == Method(
        type=MethodType.COMPREHENSIVE,
        candidates=3,
        rounding=Rounding(mode=RoundingMode.HALF_EVEN, places=3, when=RoundWhen.TOTAL_ONLY),
        panel_mean=PanelMean(over=MeanOver.CRITERION, trim=Trim(high=2, low=1, when_more_than=5)),
        absent_marks=AbsentMarks.SKIP,
        criteria=(
            Criterion(
                id="c",
                name="方案",
                kind=CriterionKind.SUBJECTIVE,
                min=Decimal(-5),
                max=Decimal(5),
                factor=Decimal("1.2"),
                step=Decimal("0.25"),
            ),
            Criterion(id="o", name="o", kind=CriterionKind.OBJECTIVE, max=Decimal(5)),
        ),
        price=MeanBenchmarkFormula(
            max=Decimal(60),
            drop=Drop(high=1, low=1, when_at_least=5),
            reduction_percent=Decimal("1.5"),
            deviation_places=2,
            over_per_percent=Decimal(1),
            under_per_percent=Decimal("0.5"),
            floor=Decimal(-3),
        ),
        small=Preference(deduct_percent=Decimal(10), score_bonus_percent=Decimal(3)),
        joint_venture=Preference(score_bonus_percent=Decimal(0)),
        ties=(TieBreak.SUBJECTIVE, TieBreak.BID_PRICE),
    )


def test_document_is_the_inverse_of_parsing():
    assert method_document(parse_method(FULL)) == FULL


def test_null_trim_drop_step_and_price_are_absent():
    method = copy.deepcopy(FULL)
    method["panel_mean"]["trim"] = None
    method["price"]["drop"] = None
    method["criteria"][0]["step"] = None
    parsed = parse_method(method)
    del method["panel_mean"]["trim"], method["price"]["drop"], method["criteria"][0]["step"]
    assert parse_method(method) == parsed
    assert (parsed.panel_mean.trim, parsed.price.drop, parsed.criteria[0].step) == (None,) * 3
    assert parse_method({**FULL, "price": None}).price is None
    assert method_document(parse_method({**FULL, "price": None}))["price"] is None
    assert method_document(parsed)["price"]["drop"] is None
    assert method_document(parsed)["panel_mean"]["trim"] is None


def test_criterion_defaults():
    criterion = {"id": "c", "kind": "objective", "max": "5"}
    parsed = parse_method({**FULL, "criteria": [criterion]}).criteria
    assert parsed == (Criterion(id="c", name="c", kind=CriterionKind.OBJECTIVE, max=Decimal(5)),)
    assert (parsed[0].min, parsed[0].factor, parsed[0].step) == (0, 1, None)


def test_lowest_price_may_leave_out_or_null_what_it_does_not_use():
    parsed = parse_method({"type": "lowest_price", "candidates": 1})
    assert parsed == Method(type=MethodType.LOWEST_PRICE, candidates=1)
    nulls = dict.fromkeys(("rounding", "panel_mean", "criteria", "price", "ties"))
    assert parse_method({"type": "lowest_price", "candidates": 1, **nulls}) == parsed
    assert parse_method(method_document(parsed)) == parsed


def test_lowest_price_still_checks_what_is_there():
    with pytest.raises(InputError) as caught:
        parse_method({"type": "lowest_price", "candidates": 1, "ties": ["height"]})
    assert caught.value.field == "method.ties[0]"


def test_lowest_price_formula_has_only_a_maximum():
    parsed = parse_method({**FULL, "price": {"formula": "lowest_price", "max": "30"}})
    assert parsed.price == LowestPriceFormula(max=Decimal(30))
    assert method_document(parsed)["price"] == {"formula": "lowest_price", "max": "30"}


def test_criteria_of_a_kind_keep_their_order():
    parsed = parse_method(FULL)
    assert parsed.of_kind(CriterionKind.OBJECTIVE) == parsed.criteria[1:]
    assert parsed.of_kind(CriterionKind.SUBJECTIVE) == parsed.criteria[:1]


def test_fields_are_named_below_the_given_place():
    with pytest.raises(InputError) as caught:
        parse_method({**FULL, "candidates": 4}, field="body.tender.method")
    assert str(caught.value) == "body.tender.method.candidates: must be from 1 to 3"


@pytest.mark.parametrize("key", ["rounding", "panel_mean", "criteria", "price", "ties"])
def test_comprehensive_needs_what_decides_its_ranking(key):
    method = {name: value for name, value in FULL.items() if name != key}
    with pytest.raises(InputError) as caught:
        parse_method(method)
    assert str(caught.value) == f"method.{key}: is missing"


@pytest.mark.parametrize(
    ("path", "value", "field", "code"),
    [
        ("type", None, "type", "unknown_value"),
        ("candidates", ..., "candidates", "missing_key"),
        ("candidates", 0, "candidates", "out_of_bounds"),
        ("candidates", 4, "candidates", "out_of_bounds"),
        ("candidates", "3", "candidates", "not_a_count"),
        ("candidates", 3.0, "candidates", "not_a_count"),
        ("candidates", True, "candidates", "not_a_count"),
        ("candidates", None, "candidates", "not_a_count"),
        ("rounding", None, "rounding", "not_an_object"),
        ("rounding", [], "rounding", "not_an_object"),
        ("rounding/mode", ..., "rounding.mode", "missing_key"),
        ("rounding/mode", "up", "rounding.mode", "unknown_value"),
        ("rounding/places", ..., "rounding.places", "missing_key"),
        ("rounding/places", "2", "rounding.places", "not_a_count"),
        ("rounding/places", -1, "rounding.places", "out_of_bounds"),
        ("rounding/places", 13, "rounding.places", "out_of_bounds"),
        ("rounding/when", "never", "rounding.when", "unknown_value"),
        ("rounding/when", ..., "rounding.when", "missing_key"),
        ("panel_mean", None, "panel_mean", "not_an_object"),
        ("panel_mean/over", ..., "panel_mean.over", "missing_key"),
        ("panel_mean/over", "all", "panel_mean.over", "unknown_value"),
        ("panel_mean/trim", [], "panel_mean.trim", "not_an_object"),
        ("panel_mean/trim", False, "panel_mean.trim", "not_an_object"),
        ("panel_mean/trim/high", "1", "panel_mean.trim.high", "not_a_count"),
        ("panel_mean/trim/low", -1, "panel_mean.trim.low", "out_of_bounds"),
        (
            "panel_mean/trim/when_more_than",
            ...,
            "panel_mean.trim.when_more_than",
            "missing_key",
        ),
        ("absent_marks", None, "absent_marks", "unknown_value"),
        ("absent_marks", "zero", "absent_marks", "unknown_value"),
        ("criteria", None, "criteria", "not_a_list"),
        ("criteria", {}, "criteria", "not_a_list"),
        ("criteria/0", "c", "criteria[0]", "not_an_object"),
        ("criteria/0/id", ..., "criteria[0].id", "missing_key"),
        ("criteria/1/id", "c", "criteria[1].id", "duplicate_id"),
        ("criteria/0/name", 5, "criteria[0].name", "not_text"),
        ("criteria/0/kind", ..., "criteria[0].kind", "missing_key"),
        ("criteria/0/kind", "price", "criteria[0].kind", "unknown_value"),
        ("criteria/0/max", ..., "criteria[0].max", "missing_key"),
        ("criteria/0/max", "-5.1", "criteria[0].max", "out_of_bounds"),
        ("criteria/0/max", None, "criteria[0].max", "not_a_decimal"),
        ("criteria/0/min", 0, "criteria[0].min", "not_a_decimal"),
        ("criteria/0/min", None, "criteria[0].min", "not_a_decimal"),
        ("criteria/0/step", "0", "criteria[0].step", "out_of_bounds"),
        ("criteria/0/step", "-1", "criteria[0].step", "out_of_bounds"),
        ("criteria/0/step", 1, "criteria[0].step", "not_a_decimal"),
        ("criteria/0/factor", "-1", "criteria[0].factor", "out_of_bounds"),
        ("criteria/0/factor", 1.2, "criteria[0].factor", "not_a_decimal"),
        ("criteria/0/factor", None, "criteria[0].factor", "not_a_decimal"),
        ("price", "mean", "price", "not_an_object"),
        ("price/formula", ..., "price.formula", "missing_key"),
        ("price/formula", "highest", "price.formula", "unknown_value"),
        ("price/max", ..., "price.max", "missing_key"),
        ("price/max", "-1", "price.max", "out_of_bounds"),
        ("price/drop", 1, "price.drop", "not_an_object"),
        ("price/drop/when_at_least", None, "price.drop.when_at_least", "not_a_count"),
        ("price/reduction_percent", "100", "price.reduction_percent", "out_of_bounds"),
        ("price/reduction_percent", "-1", "price.reduction_percent", "out_of_bounds"),
        ("price/reduction_percent", ..., "price.reduction_percent", "missing_key"),
        ("price/deviation_places", "2", "price.deviation_places", "not_a_count"),
        ("price/over_per_percent", "-1", "price.over_per_percent", "out_of_bounds"),
        ("price/under_per_percent", "-1", "price.under_per_percent", "out_of_bounds"),
        ("price/floor", "60.01", "price.floor", "out_of_bounds"),
        ("price/floor", ..., "price.floor", "missing_key"),
        ("preference", None, "preference", "not_an_object"),
        ("preference/small", None, "preference.small", "not_an_object"),
        ("preference/small", {}, "preference.small", "missing_key"),
        (
            "preference/small/deduct_percent",
            "100",
            "preference.small.deduct_percent",
            "out_of_bounds",
        ),
        (
            "preference/small/deduct_percent",
            None,
            "preference.small.deduct_percent",
            "not_a_decimal",
        ),
        (
            "preference/joint_venture/score_bonus_percent",
            "-1",
            "preference.joint_venture.score_bonus_percent",
            "out_of_bounds",
        ),
        ("ties", None, "ties", "not_a_list"),
        ("ties", ["draw"], "ties[0]", "unknown_value"),
        ("ties", ["bid_price", "bid_price"], "ties[1]", "duplicate_id"),
        ("ties", ["bid_price"] * 4, "ties", "too_many"),
    ],
)
def test_malformed_method_names_field_and_fault(path, value, field, code):
    method = copy.deepcopy(FULL)
    *way, last = [int(key) if key.isdigit() else key for key in path.split("/")]
    place = method
    for key in way:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    with pytest.raises(InputError) as caught:
        parse_method(method)
    assert (caught.value.field, caught.value.code) == (f"method.{field}", code)


def test_repeated_tie_break_is_told_in_the_word_of_the_file():
    with pytest.raises(InputError) as caught:
        parse_method({**FULL, "ties": ["bid_price", "bid_price"]})
    assert str(caught.value) == "method.ties[1]: repeats 'bid_price'"


def test_a_bound_that_is_another_field_is_named():
    criterion = {"id": "c", "kind": "subjective", "min": "2.50", "max": "2"}
    with pytest.raises(InputError) as caught:
        parse_method({**FULL, "criteria": [criterion]})
    assert str(caught.value) == ("method.criteria[0].max: must not be below min, which is 2.50")
    with pytest.raises(InputError) as caught:
        parse_method({**FULL, "price": {**FULL["price"], "max": "60", "floor": "60.01"}})
    assert str(caught.value) == "method.price.floor: must not be above max, which is 60"
