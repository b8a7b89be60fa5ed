"""Which limits of a rulebook a method breaks, and whether it can always be applied.

Decided here: price weights, formulas, preference bands, and trimming that could leave nothing.
Not decided here: the numbers (`rulebooks`), and what becomes of a breach.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from bideval.scoring.explanation import amount
from bideval.scoring.method import LowestPriceFormula, MeanBenchmarkFormula, MethodType
from bideval.scoring.rulebooks import Breach, Severity
from bideval.terms.decimals import RoundingMode, plain, round_exact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from bideval.scoring.case import Category
    from bideval.scoring.method import Method, PriceFormula
    from bideval.scoring.rulebooks import Band, MethodLimits, Rulebook

FULL_MARKS = 100
"""What all weights sum to (Order 87 art. 55: 100 points)."""


def check_method(
    rulebook: Rulebook, method: Method, *, category: Category, field: str = "method"
) -> list[Breach]:
    """Return what a rulebook forbids or doubts about a method; `field` is the method's own place.

    Bands of preferences only warn: local rules exceed them, and answer for it.
    """
    if rulebook.method is None:
        return []
    check = _Check(rulebook.method, method, category, field)
    breaches = [*check.of_category(), *check.of_preferences()]
    if method.type is MethodType.LOWEST_PRICE:
        return breaches
    return [*breaches, *check.of_price(), *check.of_weights(), *check.of_trimming()]


def full_marks(method: Method) -> Fraction:
    """Return the points of a perfect bid, without bonus: price and every maximum × factor."""
    price = Fraction(method.price.max) if method.price else Fraction(0)
    return price + sum(Fraction(one.max) * Fraction(one.factor) for one in method.criteria)


@dataclass(frozen=True)
class _Check:
    limits: MethodLimits
    method: Method
    category: Category
    field: str

    def of_category(self) -> Iterator[Breach]:
        if self.category not in self.limits.categories:
            names = ", ".join(self.limits.categories)
            detail = f"{self.category} under a rulebook for {names}"
            yield self._doubt("method.category", "type", detail)

    def of_price(self) -> Iterator[Breach]:
        formula = self.method.price
        minimum = self.limits.price_weight.get(self.category)
        if formula is None:
            if minimum is not None:
                detail = "the price is not scored; lawful only where the state fixes it"
                yield self._doubt("price.unscored", "price", detail)
            return
        if self.limits.lowest_price_formula_only and not isinstance(formula, LowestPriceFormula):
            detail = "the benchmark must be the lowest price, and no price may be dropped"
            yield self._offence("price.formula", "price.formula", detail)
        if minimum is not None:
            yield from self._of_price_weight(formula, minimum)

    def _of_price_weight(self, formula: PriceFormula, minimum: Decimal) -> Iterator[Breach]:
        whole, price = full_marks(self.method), Fraction(formula.max)
        if price * 100 < Fraction(minimum) * whole:
            share = round_exact(price / whole * 100, 2, mode=RoundingMode.HALF_UP)
            detail = f"{plain(share)} percent for the price, at least {plain(minimum)} needed"
            yield self._offence("price.weight", "price.max", detail)

    def of_weights(self) -> Iterator[Breach]:
        whole = full_marks(self.method)
        if whole != FULL_MARKS:
            detail = f"the maxima sum to {amount(whole)}, not to {FULL_MARKS}"
            yield self._doubt("method.full_marks", "criteria", detail)

    def of_preferences(self) -> Iterator[Breach]:
        granted = {"small": self.method.small, "joint_venture": self.method.joint_venture}
        for kind, preference in granted.items():
            if preference is not None:
                yield from self._of_deduction(kind, preference.deduct_percent)
                yield from self._of_bonus(kind, preference.score_bonus_percent)

    def _of_deduction(self, kind: str, percent: Decimal | None) -> Iterator[Breach]:
        band = self.limits.deduct_percent[kind]
        if percent is not None and not band.holds(percent):
            place = f"preference.{kind}.deduct_percent"
            yield self._doubt("preference.deduction", place, _outside(percent, band))

    def _of_bonus(self, kind: str, percent: Decimal | None) -> Iterator[Breach]:
        band = self.limits.score_bonus_percent.get(kind)
        place = f"preference.{kind}.score_bonus_percent"
        if percent is not None and band is None:
            detail = "a bonus on the price score is not known here, only a deduction"
            yield self._offence("preference.bonus", place, detail)
        elif percent is not None and band is not None and not band.holds(percent):
            yield self._doubt("preference.bonus", place, _outside(percent, band))

    def of_trimming(self) -> Iterator[Breach]:
        trim, formula = self.method.panel_mean.trim, self.method.price
        if trim is not None and trim.high + trim.low > trim.when_more_than:
            detail = f"may leave nothing of {trim.when_more_than + 1} values"
            yield self._offence("panel_mean.trim", "panel_mean.trim", detail)
        drop = formula.drop if isinstance(formula, MeanBenchmarkFormula) else None
        if drop is not None and drop.high + drop.low >= max(drop.when_at_least, 1):
            detail = f"may leave nothing of {max(drop.when_at_least, 1)} prices"
            yield self._offence("price.drop", "price.drop", detail)

    def _offence(self, rule: str, place: str, detail: str) -> Breach:
        return self._breach(rule, place, detail, severity=Severity.ERROR)

    def _doubt(self, rule: str, place: str, detail: str) -> Breach:
        return self._breach(rule, place, detail, severity=Severity.WARNING)

    def _breach(self, rule: str, place: str, detail: str, *, severity: Severity) -> Breach:
        of_preference = rule.startswith("preference.")
        return Breach(
            rule=rule,
            article=self.limits.preference_article if of_preference else self.limits.article,
            severity=severity,
            field=f"{self.field}.{place}",
            detail=detail,
        )


def _outside(percent: Decimal, band: Band) -> str:
    return f"{plain(percent)} percent, outside {plain(band.low)} to {plain(band.high)}"
