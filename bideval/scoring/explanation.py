"""Why a number is what it is: its inputs, formula, rounding and article.

Decided here: what an explanation holds and which article stands behind which step.
Not decided here: words for people; `step` and the names of inputs are keys that pages translate,
formulas are plain arithmetic over those names.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from bideval.scoring.case import Category
from bideval.scoring.method import Rounding, RoundWhen
from bideval.terms.decimals import RoundingMode, exact_decimal, plain, round_exact

if TYPE_CHECKING:
    from decimal import Decimal

MONEY_PLACES = 2
"""Evaluated prices and benchmarks are rounded half up to fen, whatever the method says."""


class Step(StrEnum):
    """The named steps, in the order in which they are taken."""

    EVALUATED_PRICE = "evaluated_price"
    BENCHMARK_PRICE = "benchmark_price"
    DEVIATION = "deviation"
    PRICE_SCORE = "price_score"
    PRICE_SCORE_BONUS = "price_score_bonus"
    MEMBER_TOTAL = "member_total"
    CRITERION_MEAN = "criterion_mean"
    CRITERION_SCORE = "criterion_score"
    PANEL_MEAN = "panel_mean"
    OBJECTIVE = "objective"
    TOTAL = "total"
    RANK = "rank"


_DOCUMENTS = "tender documents (no national rule)"
_PROCUREMENT = {
    Step.EVALUATED_PRICE: "Order 87 art. 55; Cai Ku 2020-46 art. 9",
    Step.BENCHMARK_PRICE: "Order 87 art. 55",
    Step.PRICE_SCORE: "Order 87 art. 55",
    Step.MEMBER_TOTAL: "Order 87 art. 55",
    Step.PANEL_MEAN: "Order 87 art. 55; tender documents",
    Step.CRITERION_MEAN: "Order 87 art. 55; tender documents",
    Step.CRITERION_SCORE: "Order 87 art. 55; tender documents",
    Step.OBJECTIVE: "Order 87 art. 64",
    Step.TOTAL: "Order 87 art. 55",
    Step.RANK: "Order 87 art. 56, 57",
}
_WORKS = {
    Step.EVALUATED_PRICE: "Cai Ku 2020-46 art. 9",
    Step.PRICE_SCORE_BONUS: "Cai Ku 2020-46 art. 9",
    Step.RANK: "Regulation art. 53",
}


def article(step: Step, category: Category) -> str:
    """Return the rule behind a step; where no rule is written, the tender documents decide."""
    rules = _WORKS if category is Category.WORKS else _PROCUREMENT
    return rules.get(step, _DOCUMENTS)


@dataclass(frozen=True, kw_only=True)
class Quantum:
    """One way to round: to `places` digits after the point."""

    mode: RoundingMode
    places: int

    def round(self, value: Fraction) -> Decimal:
        """Round an exact value."""
        return round_exact(value, self.places, mode=self.mode)

    def __str__(self) -> str:  # type: ignore[explicit-override]  # needs Python 3.12
        return f"{self.mode} to {self.places} places"


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One number of a result: `value` is exact, `rounded` what rounding left of it, if any.

    `bid` is None for what concerns all bids; `subject` names the criterion or member of a partial
    number. `inputs` are pairs of a name and a decimal text, in the order of the formula.
    """

    step: Step
    bid: str | None
    formula: str
    inputs: tuple[tuple[str, str], ...]
    value: Fraction
    article: str
    quantum: Quantum | None = None
    subject: str | None = None

    @property
    def rounded(self) -> Decimal | None:
        """The value as rounded at this step, or None where the step does not round."""
        return None if self.quantum is None else self.quantum.round(self.value)

    @property
    def rounding(self) -> str:
        """How this step rounds, for people."""
        return "exact" if self.quantum is None else str(self.quantum)

    @property
    def left(self) -> Fraction:
        """What later steps use: the rounded value, or the exact one where nothing rounds."""
        return self.value if self.rounded is None else Fraction(self.rounded)


MONEY = Quantum(mode=RoundingMode.HALF_UP, places=MONEY_PLACES)


def step_quantum(rounding: Rounding) -> Quantum | None:
    """Return how every step of the method rounds, or None where the total alone does."""
    return total_quantum(rounding) if rounding.when is RoundWhen.EACH_STEP else None


def total_quantum(rounding: Rounding) -> Quantum:
    """Return how the method rounds totals."""
    return Quantum(mode=rounding.mode, places=rounding.places)


def amount(value: Fraction | Decimal) -> str:
    """Write an input of a formula: as a plain decimal where it ends, else as a fraction."""
    if isinstance(value, Fraction):
        exact = exact_decimal(value)
        return str(value) if exact is None else plain(exact)
    text = plain(value)
    return text.rstrip("0").rstrip(".") if "." in text else text
