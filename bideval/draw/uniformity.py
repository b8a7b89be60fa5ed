"""Whether many draws treat everybody alike: χ² for every stratum, with a bound on its p-value.

Decided here: what is counted of a draw, the statistics, and how improbable is too improbable. All
of it in whole numbers, fractions and decimals of a stated precision.
Not decided here: how draws are made; any function that draws can be put to this test.

A stratum is a class at a venue. Experts of equal weight are exchangeable in it: how often each was
drawn is compared with the mean. Where weights differ, who is first of the stratum is compared with
the weights, because later places depend on the earlier ones.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from bideval.draw.panel import draw_panel
from bideval.draw.tickets import draw_seed
from bideval.evidence.encoding import tagged_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bideval.draw.pool import PoolRow
    from bideval.draw.seats import Cell, SeatPlan

    Draw = Callable[[int], Sequence[PoolRow]]
    """Returns who is drawn in the draw of this number, first to last."""

SIMULATION_TAG = "bideval/draw-simulation/v1"
SESSION = "simulation"
LEAST_EXPECTED = 5
"""Times that everybody must be expected to be drawn before χ² says anything."""
BIASED_BELOW = Decimal("0.000001")
"""Strata with a smaller p-value are called biased: one in a million honest ones is."""

_DIGITS = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)


@dataclass(slots=True)
class Tally:
    """What was counted: who was drawn, who was first, and how many of a stratum at once."""

    draws: int = 0
    drawn: Counter[bytes] = field(default_factory=Counter)
    first: Counter[bytes] = field(default_factory=Counter)
    seats: Counter[tuple[Cell, int]] = field(default_factory=Counter)

    def add(self, panel: Sequence[PoolRow]) -> None:
        """Count one draw."""
        self.draws += 1
        taken: Counter[Cell] = Counter()
        for row in panel:
            cell = (row.discipline, row.region)
            if not taken[cell]:
                self.first[row.leaf] += 1
            taken[cell] += 1
            self.drawn[row.leaf] += 1
        self.seats.update(taken.items())

    def merge(self, other: Tally) -> None:
        """Count the draws of another tally too."""
        self.draws += other.draws
        self.drawn.update(other.drawn)
        self.first.update(other.first)
        self.seats.update(other.seats)


@dataclass(frozen=True, slots=True)
class Finding:
    """One stratum: χ² with its degrees of freedom, and `p_bound`, which p does not exceed.

    `counted` says what was compared: `drawn` or `first`. `p_bound` is None where there is nothing
    to compare: one expert, nobody ever drawn, everybody always drawn, or too few draws.
    """

    stratum: Cell
    experts: int
    seats: int
    counted: str
    least: int
    most: int
    statistic: Fraction = Fraction(0)
    freedom: int = 0
    p_bound: Decimal | None = None

    @property
    def biased(self) -> bool:
        """Whether an honest draw practically never looks like this."""
        return self.p_bound is not None and self.p_bound < BIASED_BELOW


def honest_draw(rows: Sequence[PoolRow], root: bytes, plan: SeatPlan, seed: bytes) -> Draw:
    """Return the draw as sessions make it, with nonces that follow from `seed` and the number."""

    def draw(number: int) -> list[PoolRow]:
        nonce = tagged_hash(SIMULATION_TAG, seed, str(number).encode())
        drawn = draw_panel(rows, draw_seed(SESSION, root, {SESSION: nonce}), plan)
        return [one.row for one in drawn]

    return draw


def tally(draw: Draw, numbers: Iterable[int]) -> Tally:
    """Count the draws of these numbers."""
    found = Tally()
    for number in numbers:
        found.add(draw(number))
    return found


def findings(rows: Iterable[PoolRow], counts: Tally) -> list[Finding]:
    """Return the finding of every stratum that has eligible experts, ordered by name."""
    strata: dict[Cell, list[PoolRow]] = {}
    for row in rows:
        if row.eligible:
            strata.setdefault((row.discipline, row.region), []).append(row)
    return [_finding(cell, strata[cell], counts) for cell in sorted(strata)]


def _finding(cell: Cell, rows: Sequence[PoolRow], counts: Tally) -> Finding:
    at_once = {k: times for (one, k), times in counts.seats.items() if one == cell}
    seats = sum(k * times for k, times in at_once.items())
    alike = len({row.weight for row in rows}) == 1
    found = [(counts.drawn if alike else counts.first)[row.leaf] for row in rows]
    plain = Finding(cell, len(rows), seats, "drawn" if alike else "first", min(found), max(found))
    if alike:
        statistic = _drawn_statistic(found, at_once)
    else:
        statistic = _first_statistic(found, [row.weight for row in rows], sum(at_once.values()))
    if statistic is None:
        return plain
    freedom = len(rows) - 1
    return Finding(
        cell,
        plain.experts,
        seats,
        plain.counted,
        plain.least,
        plain.most,
        statistic,
        freedom,
        p_value_bound(statistic, freedom),
    )


def _drawn_statistic(found: Sequence[int], at_once: dict[int, int]) -> Fraction | None:
    """Return χ² of how often each was drawn, without replacement within a draw.

    One draw of k out of n gives each count the variance (k/n)(1 - k/n) and each pair of them the
    covariance -1/(n-1) of that; scaled by it the squared deviations have n-1 degrees of freedom.
    """
    n = len(found)
    variance = sum(
        (times * Fraction(k, n) * (1 - Fraction(k, n)) for k, times in at_once.items()),
        Fraction(0),
    )
    mean = Fraction(sum(found), n)
    if variance == 0 or mean < LEAST_EXPECTED:
        return None
    deviations = sum(((one - mean) ** 2 for one in found), Fraction(0))
    return deviations * (n - 1) / (n * variance)


def _first_statistic(found: Sequence[int], weights: Sequence[int], draws: int) -> Fraction | None:
    """Return χ² of who was first against the weights."""
    expected = [Fraction(draws * weight, sum(weights)) for weight in weights]
    if min(expected) < LEAST_EXPECTED:
        return None
    pairs = zip(found, expected, strict=True)
    return sum(((one - mean) ** 2 / mean for one, mean in pairs), Fraction(0))


def p_value_bound(statistic: Fraction, freedom: int) -> Decimal:
    """Return P(χ² >= statistic), exactly for an even number of degrees of freedom.

    For an odd number that of one degree more, which is larger: χ² of k+1 degrees is χ² of k and
    something that is never negative. With m = freedom/2 and h = statistic/2 it is the Poisson sum
    exp(-h) · (1 + h + … + h^(m-1)/(m-1)!).
    """
    half = _DIGITS.divide(Decimal(statistic.numerator), Decimal(2 * statistic.denominator))
    term = total = Decimal(1)
    for j in range(1, (freedom + 1) // 2):
        term = _DIGITS.divide(_DIGITS.multiply(term, half), Decimal(j))
        total = _DIGITS.add(total, term)
    return _DIGITS.multiply(total, _DIGITS.exp(-half))
