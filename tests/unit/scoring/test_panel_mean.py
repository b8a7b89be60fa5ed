"""The panel's mean, its trimming, and the objective part."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bideval.scoring.explanation import Step
from bideval.scoring.marks import Marks
from bideval.scoring.panel_mean import objective_part, panel_mean
from bideval.terms.errors import InputError

BY_CRITERION = {"method/panel_mean/over": "criterion"}


def steps_of(case, bid="A"):
    return panel_mean(case, Marks.of(case), bid=bid)


def panel(changed, marks, trim=None, over="member_total", **more):
    """Give one criterion's marks by members; None is absent."""
    return changed(
        {
            "method/criteria": [{"id": "c", "kind": "subjective", "max": "100"}],
            "method/panel_mean": {"over": over, "trim": trim},
            "method/absent_marks": "skip",
            "members": [{"id": f"J{index}"} for index in range(len(marks))],
            "scoresheets": [
                {"member": f"J{index}", "marks": {"A": {"c": mark}}}
                for index, mark in enumerate(marks)
            ],
            **more,
        }
    )


def test_member_totals_are_averaged_and_rounded_once(changed):
    *totals, mean = steps_of(changed())
    # Factor 0.5 on service: 30 + 7.5, 31.5 + 8, 33 + 7.
    assert [(one.step, one.subject, one.left) for one in totals] == [
        (Step.MEMBER_TOTAL, "M1", Fraction("37.5")),
        (Step.MEMBER_TOTAL, "M3", Fraction("39.5")),
        (Step.MEMBER_TOTAL, "M4", Fraction(40)),
    ]
    assert (mean.step, mean.value, mean.left) == (Step.PANEL_MEAN, 39, 39)
    assert totals[0].inputs == (("mark design", "30 × 1"), ("mark service", "15 × 0.5"))
    assert mean.inputs[0] == ("member_total M1", "37.5")


def test_member_totals_themselves_are_never_rounded(changed):
    case = panel(changed, ["1.004", "1.004", "1.008"])
    *totals, mean = steps_of(case)
    assert [one.rounded for one in totals] == [None] * 3
    assert (mean.value, mean.left) == (Fraction("3.016") / 3, Fraction("1.01"))


def test_by_criterion_rounds_mean_then_mean_times_factor(changed):
    case = changed({**BY_CRITERION, "method/criteria/1/factor": "0.333"})
    steps = steps_of(case, "B")
    # design (20.5 + 22 + 21) / 3 = 21.1666…; service (0 + 7.25 + 9) / 3 = 5.41666…
    assert [(one.step, one.subject, one.left) for one in steps] == [
        (Step.CRITERION_MEAN, "design", Fraction("21.17")),
        (Step.CRITERION_SCORE, "design", Fraction("21.17")),
        (Step.CRITERION_MEAN, "service", Fraction("5.42")),
        (Step.CRITERION_SCORE, "service", Fraction("1.80")),
        (Step.PANEL_MEAN, None, Fraction("22.97")),
    ]
    assert steps[3].value == Fraction("5.42") * Fraction("0.333")


def test_total_only_leaves_both_ways_exact(changed):
    total_only = {"method/rounding/when": "total_only"}
    by_member = steps_of(changed(total_only), "B")[-1]
    by_criterion = steps_of(changed({**total_only, **BY_CRITERION}), "B")[-1]
    exact = Fraction("63.5") / 3 + Fraction("16.25") / 3 / 2
    assert (by_member.left, by_criterion.left) == (exact, exact)


@pytest.mark.parametrize("over", ["member_total", "criterion"])
@pytest.mark.parametrize(
    ("marks", "trim", "kept"),
    [
        (["1", "2", "3", "4", "90"], (1, 1, 4), ["2", "3", "4"]),
        (["1", "2", "3", "4", "90"], (1, 1, 5), ["1", "2", "3", "4", "90"]),
        (["90", "1", "3", "1", "2"], (1, 1, 4), ["3", "1", "2"]),
        (["5", "5", "5"], (1, 1, 0), ["5"]),
        (["1", "2", "3"], (0, 1, 2), ["2", "3"]),
        (["1", "2", "3"], (2, 0, 2), ["1"]),
        (["1", "2", "3"], (0, 0, 0), ["1", "2", "3"]),
        (["1", None, "3", "50", None], (1, 1, 2), ["3"]),
        (["1", None, "3", None, None], (1, 1, 2), ["1", "3"]),
        (["7"], (1, 1, 5), ["7"]),
    ],
)
def test_trim_leaves_out_extremes_of_the_values_that_are_there(changed, marks, trim, kept, over):
    high, low, when = trim
    trim = {"high": high, "low": low, "when_more_than": when}
    steps = steps_of(panel(changed, marks, trim, over))
    averaging = steps[-1] if over == "member_total" else steps[0]
    assert sorted(text for _, text in averaging.inputs) == sorted(kept)
    assert averaging.value == sum(Fraction(mark) for mark in kept) / len(kept)


@pytest.mark.parametrize("over", ["member_total", "criterion"])
@pytest.mark.parametrize(("high", "low"), [(1, 1), (2, 0), (0, 2), (9, 9)])
def test_trimming_everything_is_refused(changed, over, high, low):
    trim = {"high": high, "low": low, "when_more_than": 1}
    with pytest.raises(InputError) as caught:
        steps_of(panel(changed, ["1", "2"], trim, over))
    assert str(caught.value) == "method.panel_mean.trim: leaves nothing of 2 values to average"


def test_a_member_with_a_gap_has_no_total_rather_than_a_small_one(changed):
    case = changed({"method/absent_marks": "skip", "scoresheets/0/marks/A/service": None})
    *totals, mean = steps_of(case)
    assert [one.subject for one in totals] == ["M3", "M4"]
    assert mean.left == Fraction("39.75")


def test_by_criterion_uses_every_mark_that_is_there(changed):
    case = changed(
        {"method/absent_marks": "skip", "scoresheets/0/marks/A/service": None, **BY_CRITERION}
    )
    means = [one.left for one in steps_of(case) if one.step is Step.CRITERION_MEAN]
    assert means == [Fraction("31.5"), Fraction(15)]


def test_a_zero_counts_as_a_mark(changed):
    assert steps_of(panel(changed, ["0", "3"]))[-1].left == Fraction("1.5")


@pytest.mark.parametrize("over", ["member_total", "criterion"])
def test_without_subjective_criteria_the_mean_is_zero(changed, over):
    case = changed({"method/criteria": [], "method/panel_mean/over": over})
    (mean,) = steps_of(case)
    assert (mean.step, mean.left, mean.inputs) == (Step.PANEL_MEAN, 0, ())


def test_objective_part_sums_factored_marks_without_rounding(changed):
    case = changed({"method/criteria/2/factor": "0.3333"})
    part = objective_part(case, Marks.of(case), bid="A")
    assert (part.step, part.left) == (Step.OBJECTIVE, Fraction("5.9994"))
    assert (part.inputs, part.rounded) == ((("mark record", "18 × 0.3333"),), None)


def test_objective_part_takes_the_mark_of_whoever_gave_one(changed):
    case = changed({"scoresheets/0": ..., "method/absent_marks": "skip"})
    assert objective_part(case, Marks.of(case), bid="B").left == 12


def test_objective_part_without_objective_criteria_is_zero(changed):
    case = panel(changed, ["1"])
    assert objective_part(case, Marks.of(case), bid="A").left == 0
