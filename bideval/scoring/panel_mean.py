"""What the panel thinks of a bid: steps 4 and 5 of the result.

Decided here: the mean over members, by totals or by criterion, its trimming, and the objective
part that all members share. Not decided here: whether the marks may be used at all (`findings`);
these functions are for marks without findings.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from bideval.scoring.explanation import Explanation, Step, amount, article, step_quantum
from bideval.scoring.method import CriterionKind, MeanOver
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from bideval.scoring.case import Case
    from bideval.scoring.marks import Marks
    from bideval.scoring.method import Criterion


def panel_mean(case: Case, marks: Marks, *, bid: str) -> tuple[Explanation, ...]:
    """Return the steps to a bid's panel mean, which is the last one.

    Raises `InputError` where trimming leaves nothing to average.
    """
    opinion = _Opinion(case, marks, bid)
    by_total = case.method.panel_mean.over is MeanOver.MEMBER_TOTAL
    if by_total and case.method.of_kind(CriterionKind.SUBJECTIVE):
        return tuple(opinion.by_member())
    return tuple(opinion.by_criterion())


def objective_part(case: Case, marks: Marks, *, bid: str) -> Explanation:
    """Return the sum of mark × factor over the objective criteria, on which members agree."""
    criteria = case.method.of_kind(CriterionKind.OBJECTIVE)
    marked = [
        (criterion, next(iter(marks.present(bid, criterion.id).values()))) for criterion in criteria
    ]
    parts = [Fraction(mark) * Fraction(criterion.factor) for criterion, mark in marked]
    return Explanation(
        step=Step.OBJECTIVE,
        bid=bid,
        formula="sum of mark × factor",
        inputs=tuple(_factored(criterion, mark) for criterion, mark in marked),
        value=sum(parts, Fraction(0)),
        article=article(Step.OBJECTIVE, case.tender.category),
    )


def _factored(criterion: Criterion, mark: Decimal) -> tuple[str, str]:
    return f"mark {criterion.id}", f"{amount(mark)} × {amount(criterion.factor)}"


@dataclass(frozen=True)
class _Opinion:
    """The panel's marks for one bid."""

    case: Case
    marks: Marks
    bid: str

    def by_member(self) -> Iterator[Explanation]:
        """Yield the totals of the members who have one, then their mean."""
        totals = tuple(self._member_totals())
        yield from totals
        kept = self._kept({str(total.subject): total.value for total in totals})
        yield self._explain(
            Step.PANEL_MEAN,
            formula="mean of the kept member totals",
            inputs=tuple((f"member_total {name}", amount(value)) for name, value in kept.items()),
            value=_mean(kept),
        )

    def by_criterion(self) -> Iterator[Explanation]:
        """Yield each criterion's mean and score, then the sum of the scores."""
        scores = []
        for criterion in self.case.method.of_kind(CriterionKind.SUBJECTIVE):
            mean = self._criterion_mean(criterion)
            yield mean
            scores.append(self._criterion_score(criterion, mean.left))
            yield scores[-1]
        yield self._explain(
            Step.PANEL_MEAN,
            formula="sum of criterion scores",
            inputs=tuple((f"criterion_score {one.subject}", amount(one.left)) for one in scores),
            value=sum((score.left for score in scores), Fraction(0)),
        )

    def _member_totals(self) -> Iterator[Explanation]:
        criteria = self.case.method.of_kind(CriterionKind.SUBJECTIVE)
        for member, row in self.marks.whole(self.bid, criteria).items():
            marked = list(zip(criteria, row, strict=True))
            parts = [Fraction(mark) * Fraction(criterion.factor) for criterion, mark in marked]
            yield Explanation(
                step=Step.MEMBER_TOTAL,
                bid=self.bid,
                subject=member,
                formula="sum of mark × factor",
                inputs=tuple(_factored(criterion, mark) for criterion, mark in marked),
                value=sum(parts, Fraction(0)),
                article=article(Step.MEMBER_TOTAL, self.case.tender.category),
            )

    def _criterion_mean(self, criterion: Criterion) -> Explanation:
        present = self.marks.present(self.bid, criterion.id)
        kept = self._kept({member: Fraction(mark) for member, mark in present.items()})
        return self._explain(
            Step.CRITERION_MEAN,
            subject=criterion.id,
            formula="mean of the kept marks",
            inputs=tuple((f"mark {member}", amount(mark)) for member, mark in kept.items()),
            value=_mean(kept),
        )

    def _criterion_score(self, criterion: Criterion, mean: Fraction) -> Explanation:
        return self._explain(
            Step.CRITERION_SCORE,
            subject=criterion.id,
            formula="criterion_mean × factor",
            inputs=(("criterion_mean", amount(mean)), ("factor", amount(criterion.factor))),
            value=mean * Fraction(criterion.factor),
        )

    def _explain(
        self,
        step: Step,
        *,
        formula: str,
        inputs: tuple[tuple[str, str], ...],
        value: Fraction,
        subject: str | None = None,
    ) -> Explanation:
        return Explanation(
            step=step,
            bid=self.bid,
            subject=subject,
            formula=formula,
            inputs=inputs,
            value=value,
            article=article(step, self.case.tender.category),
            quantum=step_quantum(self.case.method.rounding),
        )

    def _kept(self, values: Mapping[str, Fraction]) -> dict[str, Fraction]:
        """Return the values that trimming leaves, in order; of equal ones the earlier is lower."""
        trim = self.case.method.panel_mean.trim
        if trim is None or len(values) <= trim.when_more_than:
            return dict(values)
        ascending = sorted(values, key=lambda name: values[name])
        kept = set(ascending[trim.low : max(len(values) - trim.high, 0)])
        if not kept:
            detail = f"leaves nothing of {len(values)} values to average"
            raise InputError("nothing_left", field="method.panel_mean.trim", detail=detail)
        return {name: value for name, value in values.items() if name in kept}


def _mean(values: Mapping[str, Fraction]) -> Fraction:
    return sum(values.values(), Fraction(0)) / len(values)
