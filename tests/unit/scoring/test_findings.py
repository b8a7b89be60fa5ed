"""What stops consolidation, and what does not."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest

from bideval.scoring.findings import (
    Finding,
    FindingKind,
    ceiling_findings,
    mark_fault,
    mark_findings,
)
from bideval.scoring.method import Criterion, CriterionKind

SKIP = {"method/absent_marks": "skip"}


def found(case):
    return [(one.kind.value, one.bid, one.criterion, one.member) for one in mark_findings(case)]


def missing(bid, criterion, *members):
    return [("missing_mark", bid, criterion, member) for member in members]


@pytest.mark.parametrize(
    ("low", "high", "step", "mark", "fault"),
    [
        ("0", "20", "0.5", "0", None),
        ("0", "20", "0.5", "20.0", None),
        ("0", "20", "0.5", "20.5", "out_of_range"),
        ("0", "20", "0.5", "20.25", "out_of_range"),
        ("0", "20", "0.5", "-0.5", "out_of_range"),
        ("0", "20", "0.5", "7.25", "off_step"),
        ("0", "20", "0.3", "20", "off_step"),
        ("0", "20", "0.1", "0.3", None),
        ("0", "20", None, "7.123456", None),
        ("1", "10", "2", "3", None),
        ("1", "10", "2", "4", "off_step"),
        ("-5", "0", "2.5", "-2.5", None),
    ],
)
def test_one_mark_is_judged_by_range_then_step(low, high, step, mark, fault):
    criterion = Criterion(
        id="c",
        name="c",
        kind=CriterionKind.SUBJECTIVE,
        min=Decimal(low),
        max=Decimal(high),
        step=None if step is None else Decimal(step),
    )
    assert mark_fault(Decimal(mark), criterion) == fault


def test_a_clean_case_has_no_findings(changed):
    assert (found(changed()), ceiling_findings(changed())) == ([], ())


def test_over_ceiling_is_found_also_on_invalid_bids_and_does_not_stop(changed):
    case = changed({"tender/ceiling": "99", "bids/0/valid": False})
    findings = ceiling_findings(case)
    assert findings == (
        Finding(kind=FindingKind.OVER_CEILING, bid="A"),
        Finding(kind=FindingKind.OVER_CEILING, bid="B"),
    )
    assert [one.stops for one in findings] == [False, False]


def test_each_fault_names_bid_criterion_and_member_in_order(changed):
    case = changed(
        {
            "scoresheets/0/marks/B/design": "41",
            "scoresheets/2/marks/A/design": "31.25",
            "scoresheets/3/marks/A/service": None,
            "scoresheets/3/marks/A/record": "17.5",
        }
    )
    assert found(case) == [
        ("off_step", "A", "design", "M3"),
        ("missing_mark", "A", "service", "M4"),
        ("off_step", "A", "record", "M4"),
        ("objective_inconsistent", "A", "record", None),
        ("out_of_range", "B", "design", "M1"),
    ]
    assert [one.stops for one in mark_findings(case)] == [True] * 5


def test_objective_marks_agree_by_value_not_by_writing(changed):
    assert found(changed({"scoresheets/0/marks/A/record": "18.000"})) == []


def test_an_out_of_range_objective_mark_is_also_inconsistent(changed):
    assert found(changed({"scoresheets/0/marks/A/record": "21"})) == [
        ("out_of_range", "A", "record", "M1"),
        ("objective_inconsistent", "A", "record", None),
    ]


def test_an_absent_objective_mark_is_missing_not_inconsistent(changed):
    case = changed({"scoresheets/0/marks/A/record": None})
    assert found(case) == missing("A", "record", "M1")


def test_marks_of_bids_out_of_the_race_raise_nothing(changed):
    wild = {"scoresheets/0/marks/A/design": "99", "scoresheets/2/marks/A/record": None}
    assert found(changed({**wild, "bids/0/valid": False})) == []
    assert found(changed({**wild, "tender/ceiling": "110"})) == []


def test_void_marks_raise_nothing(changed):
    assert found(changed({"scoresheets/1/marks/A/design": "99"})) == []


def test_a_member_without_a_sheet_misses_every_mark(changed):
    case = changed({"scoresheets/0": ...})
    assert found(case) == [
        one
        for bid, criterion in product("AB", ("design", "service", "record"))
        for one in missing(bid, criterion, "M1")
    ]


def test_skip_forgives_while_somebody_has_a_whole_sheet(changed):
    case = changed({**SKIP, "scoresheets/0/marks": {}, "scoresheets/2/marks/A/service": None})
    assert found(case) == []


def test_skip_by_member_total_needs_one_member_with_every_subjective_mark(changed):
    gaps = {
        "scoresheets/0/marks/A/design": None,
        "scoresheets/2/marks/A/service": None,
        "scoresheets/3/marks/A/design": None,
    }
    case = changed({**SKIP, **gaps})
    assert found(case) == missing("A", "design", "M1", "M4") + missing("A", "service", "M3")
    by_criterion = {**SKIP, **gaps, "method/panel_mean/over": "criterion"}
    assert found(changed(by_criterion)) == []


def test_skip_by_criterion_needs_one_mark_for_each(changed):
    gaps = {f"scoresheets/{sheet}/marks/B/service": None for sheet in (0, 2, 3)}
    case = changed({**SKIP, **gaps, "method/panel_mean/over": "criterion"})
    assert found(case) == missing("B", "service", "M1", "M3", "M4")


@pytest.mark.parametrize("over", ["member_total", "criterion"])
def test_skip_needs_one_objective_mark(changed, over):
    gaps = {f"scoresheets/{sheet}/marks/B/record": None for sheet in (0, 2)}
    base = {**SKIP, **gaps, "method/panel_mean/over": over}
    assert found(changed(base)) == []
    case = changed({**base, "scoresheets/3/marks/B/record": None})
    assert found(case) == missing("B", "record", "M1", "M3", "M4")


def test_skip_still_finds_wrong_marks(changed):
    assert found(changed({**SKIP, "scoresheets/0/marks/A/design": "41"})) == [
        ("out_of_range", "A", "design", "M1")
    ]
