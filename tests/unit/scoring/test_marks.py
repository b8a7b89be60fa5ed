"""The marks that count."""

from __future__ import annotations

from decimal import Decimal

from bideval.scoring.marks import Marks
from bideval.scoring.method import CriterionKind


def test_void_marks_appear_nowhere(changed):
    marks = Marks.of(changed())
    assert list(marks.sheets) == ["M1", "M3", "M4"]
    assert marks.row("A", "design") == {
        "M1": Decimal(30),
        "M3": Decimal("31.5"),
        "M4": Decimal(33),
    }


def test_absent_is_not_zero(changed):
    marks = Marks.of(changed({"scoresheets/2/marks/B/service": None, "scoresheets/3": ...}))
    assert marks.row("B", "service") == {"M1": Decimal(0), "M3": None, "M4": None}
    assert marks.present("B", "service") == {"M1": Decimal(0)}
    assert marks.present("C", "service") == {}


def test_whole_rows_leave_out_members_with_a_gap(changed):
    case = changed({"scoresheets/2/marks/B/service": None})
    marks, criteria = Marks.of(case), case.method.of_kind(CriterionKind.SUBJECTIVE)
    assert marks.whole("B", criteria) == {
        "M1": [Decimal("20.5"), Decimal(0)],
        "M4": [Decimal(21), Decimal(9)],
    }
    assert marks.whole("B", ()) == {"M1": [], "M3": [], "M4": []}
