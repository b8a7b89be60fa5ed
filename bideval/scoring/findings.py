"""What stops consolidation: marks that cannot be, that are not there, or that must agree.

Decided here: the five kinds of finding and when each is raised. Zero, absent and void are three
things: zero is a mark, absent is a finding unless it may be skipped, void raises nothing.
Not decided here: who corrects a finding, and how (Order 87 art. 64; the session).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bideval.scoring.marks import Marks
from bideval.scoring.method import AbsentMarks, CriterionKind, MeanOver
from bideval.scoring.validity import competing_bids, is_over_ceiling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from bideval.scoring.case import Case
    from bideval.scoring.method import Criterion, Method


class FindingKind(StrEnum):
    """The kinds, by their names in the result."""

    OVER_CEILING = "over_ceiling"
    OUT_OF_RANGE = "out_of_range"
    OFF_STEP = "off_step"
    MISSING_MARK = "missing_mark"
    OBJECTIVE_INCONSISTENT = "objective_inconsistent"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding; `criterion` and `member` are None where the kind does not concern them."""

    kind: FindingKind
    bid: str
    criterion: str | None = None
    member: str | None = None

    @property
    def stops(self) -> bool:
        """Say whether consolidation stops; a bid over the ceiling merely falls out."""
        return self.kind is not FindingKind.OVER_CEILING


def mark_fault(mark: Decimal, criterion: Criterion) -> FindingKind | None:
    """Judge one mark by its criterion: out of range, else off step, else nothing.

    The range includes both ends; steps are counted from `min`.
    """
    if not criterion.min <= mark <= criterion.max:
        return FindingKind.OUT_OF_RANGE
    if criterion.step is None:
        return None
    return None if _is_on_step(mark, criterion.min, step=criterion.step) else FindingKind.OFF_STEP


def _is_on_step(mark: Decimal, low: Decimal, *, step: Decimal) -> bool:
    """Say whether (mark − low) / step is whole, in bare integers: every mark passes here."""
    over, under = mark.as_integer_ratio()
    low_over, low_under = low.as_integer_ratio()
    step_over, step_under = step.as_integer_ratio()
    distance = (over * low_under - low_over * under) * step_under
    return distance % (under * low_under * step_over) == 0


def ceiling_findings(case: Case) -> tuple[Finding, ...]:
    """Find the bids above the ceiling, whether or not they were invalid already."""
    return tuple(
        Finding(kind=FindingKind.OVER_CEILING, bid=bid.id)
        for bid in case.bids
        if is_over_ceiling(case, bid)
    )


def mark_findings(case: Case) -> tuple[Finding, ...]:
    """Find what is wrong with the seated members' marks for the competing bids.

    In the order of bids, then criteria, then members; what concerns a whole criterion comes last.
    """
    marks, method = Marks.of(case), case.method
    subjective = method.of_kind(CriterionKind.SUBJECTIVE)
    found: list[Finding] = []
    for bid in competing_bids(case):
        somebody_whole = bool(marks.whole(bid.id, subjective))
        for criterion in method.criteria:
            row = marks.row(bid.id, criterion.id)
            skip = _may_skip(method, criterion, row=row, somebody_whole=somebody_whole)
            found += _row_findings(row, criterion, bid=bid.id, skip=skip)
    return tuple(found)


def _row_findings(
    row: Mapping[str, Decimal | None], criterion: Criterion, *, bid: str, skip: bool
) -> Iterator[Finding]:
    for member, mark in row.items():
        absent = None if skip else FindingKind.MISSING_MARK
        fault = absent if mark is None else mark_fault(mark, criterion)
        if fault is not None:
            yield Finding(kind=fault, bid=bid, criterion=criterion.id, member=member)
    differing = len(set(row.values()) - {None}) > 1
    if differing and criterion.kind is CriterionKind.OBJECTIVE:
        kind = FindingKind.OBJECTIVE_INCONSISTENT
        yield Finding(kind=kind, bid=bid, criterion=criterion.id)


def _may_skip(
    method: Method,
    criterion: Criterion,
    *,
    row: Mapping[str, Decimal | None],
    somebody_whole: bool,
) -> bool:
    """Say whether absent marks of this row may be skipped: only while a value is left to take.

    An absent mark never becomes a zero: where members' totals are averaged, a member who left
    out one subjective mark has no total; where nobody has one, the marks are missing.
    """
    if method.absent_marks is AbsentMarks.REFUSE:
        return False
    subjective = criterion.kind is CriterionKind.SUBJECTIVE
    if subjective and method.panel_mean.over is MeanOver.MEMBER_TOTAL:
        return somebody_whole
    return any(mark is not None for mark in row.values())
