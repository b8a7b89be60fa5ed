"""What the law limits, as data with a version: committee, bidders, weights, preferences, time.

Decided here: the numbers of each rule set, and which of them a committee or a field of bidders
breaks. A published row never changes: a session is judged for ever by the version it was opened
with, and new numbers get a new version.
Not decided here: which limits a method breaks (`method_limits`), and how a breach is answered:
`error` forbids, `warning` asks for a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from bideval.scoring.case import Category
from bideval.terms.decimals import shown
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Severity(StrEnum):
    """How strongly a breach speaks."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Breach:
    """One broken limit: a stable rule id, the article behind it, where, and the numbers."""

    rule: str
    article: str
    severity: Severity
    field: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class CommitteeLimits:
    """Who may sit together; budgets in yuan, `large_budget` included in what is large."""

    minimum: int
    odd: bool
    expert_share: Fraction
    large_budget: Decimal | None
    large_minimum: int
    representative_may_chair: bool
    article: str


@dataclass(frozen=True, kw_only=True)
class Band:
    """Percentages that a preference may have, both ends included."""

    low: Decimal
    high: Decimal

    def holds(self, value: Decimal) -> bool:
        """Say whether a percentage is inside."""
        return self.low <= value <= self.high


@dataclass(frozen=True, kw_only=True)
class MethodLimits:
    """What a method may be; bands by the preference's name in the case format."""

    categories: tuple[Category, ...]
    price_weight: Mapping[Category, Decimal]
    lowest_price_formula_only: bool
    deduct_percent: Mapping[str, Band]
    score_bonus_percent: Mapping[str, Band]
    article: str
    preference_article: str


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """One version of one rule set; None where it sets no limits."""

    id: str
    committee: CommitteeLimits | None
    minimum_bidders: int
    bidders_article: str
    method: MethodLimits | None
    extension_share: Fraction = Fraction(1, 3)
    extension_article: str = "Regulation art. 48"
    majority_share: Fraction = Fraction(1, 2)
    majority_article: str = "Order 87 art. 61"


def _band(low: str, high: str) -> Band:
    return Band(low=Decimal(low), high=Decimal(high))


PROCUREMENT = Rulebook(
    id="procurement/1",
    committee=CommitteeLimits(
        minimum=5,
        odd=True,
        expert_share=Fraction(2, 3),
        large_budget=Decimal("10000000.00"),
        large_minimum=7,
        representative_may_chair=False,
        article="Order 87 art. 45, 47, 86",
    ),
    minimum_bidders=3,
    bidders_article="Order 87 art. 31, 41, 43, 44",
    method=MethodLimits(
        categories=(Category.GOODS, Category.SERVICES),
        price_weight={Category.GOODS: Decimal(30), Category.SERVICES: Decimal(10)},
        lowest_price_formula_only=True,
        deduct_percent={"small": _band("10", "20"), "joint_venture": _band("4", "6")},
        score_bonus_percent={},
        article="Order 87 art. 55",
        preference_article="Cai Ku 2022-19",
    ),
)
"""Government procurement of goods and services."""

WORKS = Rulebook(
    id="works/1",
    committee=CommitteeLimits(
        minimum=5,
        odd=True,
        expert_share=Fraction(2, 3),
        large_budget=None,
        large_minimum=5,
        representative_may_chair=True,
        article="Tendering Law art. 37; Order 12 art. 9",
    ),
    minimum_bidders=3,
    bidders_article="Regulation art. 44",
    method=MethodLimits(
        categories=(Category.WORKS,),
        price_weight={},
        lowest_price_formula_only=False,
        deduct_percent={"small": _band("3", "5"), "joint_venture": _band("1", "2")},
        score_bonus_percent={"small": _band("3", "5"), "joint_venture": _band("1", "2")},
        article="tender documents",
        preference_article="Cai Ku 2020-46 art. 9",
    ),
)
"""Works under the Tendering Law: the method is what the tender documents say."""

REHEARSAL = Rulebook(
    id="rehearsal/1",
    committee=None,
    minimum_bidders=1,
    bidders_article="no rule",
    method=None,
)
"""No limits of committee, bidders or method: any case may be pushed through the system."""

CURRENT = (
    replace(PROCUREMENT, id="procurement/2"),
    replace(WORKS, id="works/2"),
    replace(REHEARSAL, id="rehearsal/2"),
    replace(REHEARSAL, id="drill/1"),
)
"""What sessions are founded with now: the numbers above, and rules for faults of the meeting
(`bideval.session.rulebook`), which the first versions did not have. `drill/1` has the same limits
as a rehearsal and so short ones for faults that a venue can practise them within minutes.
"""

RULEBOOKS: Mapping[str, Rulebook] = {
    book.id: book for book in (PROCUREMENT, WORKS, REHEARSAL, *CURRENT)
}


def find_rulebook(name: str, *, field: str = "rulebook") -> Rulebook:
    """Return a rulebook by its versioned id; raises `InputError` at `field` for an unknown one."""
    book = RULEBOOKS.get(name)
    if book is None:
        detail = f"must be one of {', '.join(RULEBOOKS)}, not {shown(name)}"
        raise InputError("unknown_value", field=field, detail=detail)
    return book


def check_committee(
    rulebook: Rulebook, members: int, *, experts: int, budget: Decimal | None
) -> list[Breach]:
    """Return what is wrong with a committee of `members`, `experts` of them experts.

    `budget` in yuan, or None where it is not known; Order 87 art. 86 counts the limit itself in.
    """
    limits = rulebook.committee
    if limits is None:
        return []
    breaches = []
    large = budget is not None and limits.large_budget is not None and budget >= limits.large_budget
    minimum = limits.large_minimum if large else limits.minimum
    if members < minimum:
        detail = f"{members} members, at least {minimum} needed"
        breaches.append(_committee_breach(limits, "committee.size", detail))
    if limits.odd and members % 2 == 0:
        detail = f"{members} members, an odd number needed"
        breaches.append(_committee_breach(limits, "committee.odd", detail))
    if experts < limits.expert_share * members:
        detail = f"{experts} experts of {members} members, {limits.expert_share} needed"
        breaches.append(_committee_breach(limits, "committee.experts", detail))
    return breaches


def check_chair(rulebook: Rulebook, *, is_representative: bool) -> list[Breach]:
    """Return what is wrong with a chair who is, or is not, the purchaser's representative."""
    limits = rulebook.committee
    if limits is None or limits.representative_may_chair or not is_representative:
        return []
    detail = "the purchaser's representative must not be chair"
    return [_committee_breach(limits, "committee.chair", detail)]


def _committee_breach(limits: CommitteeLimits, rule: str, detail: str) -> Breach:
    return Breach(
        rule=rule,
        article=limits.article,
        severity=Severity.ERROR,
        field="committee",
        detail=detail,
    )


def counted_bidders(brands: Sequence[str | None]) -> int:
    """Count bidders by brand: bids of one brand count as one (Order 87 art. 31).

    `brands` has one item for each bid; None is a bid without a (core) brand, which counts alone.
    """
    unbranded = sum(1 for brand in brands if brand is None)
    return len({brand for brand in brands if brand is not None}) + unbranded


def check_bidders(rulebook: Rulebook, brands: Sequence[str | None]) -> list[Breach]:
    """Return what is wrong with the number of bidders that are left."""
    count = counted_bidders(brands)
    if count >= rulebook.minimum_bidders:
        return []
    return [
        Breach(
            rule="bidders.minimum",
            article=rulebook.bidders_article,
            severity=Severity.ERROR,
            field="bids",
            detail=f"{count} bidders, at least {rulebook.minimum_bidders} needed",
        )
    ]


def must_extend(rulebook: Rulebook, members: int, *, votes: int) -> bool:
    """Say whether `votes` of `members` for more time oblige: more than one third (of 5, two)."""
    return votes > rulebook.extension_share * members


def has_majority(rulebook: Rulebook, members: int, *, votes: int) -> bool:
    """Say whether `votes` of `members` decide a joint determination: more than half."""
    return votes > rulebook.majority_share * members
