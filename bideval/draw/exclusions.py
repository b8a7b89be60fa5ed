"""Who may not be drawn, and by which rule: the reasons that stand in a pool row.

Decided here: the closed list of reasons, their order, and how names of organisations compare.
Not decided here: whether what an expert declared is true, and what is published of it.

Reasons of `PUBLIC` follow from the row and the tender, so that everybody computes them again. The
others follow from the identity, which the venue of the seat and, when names are opened, the auditor
judge by the same function.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from bideval.draw.pool import ELIGIBLE, PoolRow
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from bideval.draw.identity import Identity, Private

LOOK_BACK_YEARS = 3
"""Years before the deadline in which work for a bidder excludes (198号 art. 16)."""

REASONS = {
    "venue_not_taking_part": "draw/4",
    "discipline_not_wanted": "draw/4",
    "employer_is_bidder": "198号 art. 16",
    "employer_is_purchaser": "Order 87 art. 45",
    "worked_for_bidder": "198号 art. 16",
    "kin_of_bidder": "198号 art. 16",
    "took_part_before": "198号 art. 16",
    "named_by_party": "198号 art. 16",
}
"""Every reason of a pool of version 2 and its rule; the first that applies is the one written."""

PUBLIC = ("venue_not_taking_part", "discipline_not_wanted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """What keeps experts out of one session.

    Organisations are keys (`organisation_key`); `day` is the date of the deadline in China, and
    `names` are those that a party named.
    """

    venues: Set[str]
    disciplines: Set[str]
    bidders: Set[str] = frozenset()
    purchasers: Set[str] = frozenset()
    project: str = ""
    day: date = date.max
    names: Set[str] = frozenset()


def exclusion_of(identity: Identity, private: Private | None, bars: Bars) -> str:
    """Return the first reason that applies, or `eligible`.

    Without `private` the reasons that need it are not looked for. Raises ValueError for a cell of
    former employers that is malformed; the table's reader refuses such a row.
    """
    public = public_reason(identity.discipline, identity.venue, bars)
    return public or next(_reasons(identity, private, bars), ELIGIBLE)


def public_reason(discipline: str, venue: str, bars: Bars) -> str | None:
    """Return the reason that follows from discipline and venue alone, or None."""
    if venue not in bars.venues:
        return "venue_not_taking_part"
    return None if discipline in bars.disciplines else "discipline_not_wanted"


def _reasons(identity: Identity, private: Private | None, bars: Bars) -> Iterator[str]:
    employer = organisation_key(identity.employer)
    if employer and employer in bars.bidders:
        yield "employer_is_bidder"
    if employer and employer in bars.purchasers:
        yield "employer_is_purchaser"
    if private is not None:
        yield from _private_reasons(private, bars)
    if organisation_key(identity.name) in bars.names:
        yield "named_by_party"


def _private_reasons(private: Private, bars: Bars) -> Iterator[str]:
    since = years_before(bars.day, LOOK_BACK_YEARS)
    former = former_employers(private.former)
    if any(until >= since and organisation_key(name) in bars.bidders for name, until in former):
        yield "worked_for_bidder"
    if not bars.bidders.isdisjoint(map(organisation_key, listed(private.relatives))):
        yield "kin_of_bidder"
    if bars.project in listed(private.projects):
        yield "took_part_before"


def check_statuses(rows: Iterable[PoolRow], bars: Bars) -> None:
    """Hold the rows against what everybody knows.

    Raises EvidenceError `exclusion_differs` naming the leaf: a public reason that is missing or
    false, or a reason that is not on the list.
    """
    for row in rows:
        reason = public_reason(row.discipline, row.region, bars)
        private = row.status == ELIGIBLE or (row.status in REASONS and row.status not in PUBLIC)
        if row.status != reason if reason else not private:
            raise EvidenceError(
                "exclusion_differs",
                field=f"pool leaf {row.blinded}",
                rule="draw/4",
                detail=f"has status {row.status} and must have {reason or 'another one'}",
            )


def organisation_key(name: str) -> str:
    """Return what two spellings of one name have in common: no width, case or white space."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def listed(cell: str) -> list[str]:
    """Return the items of a cell, separated by `;` of either width."""
    return [item.strip() for item in cell.replace("；", ";").split(";") if item.strip()]


def former_employers(cell: str) -> list[tuple[str, date]]:
    """Return organisation and last day of each item `organisation@YYYY-MM-DD`.

    Raises ValueError for an item without a name or a date that exists.
    """
    found: list[tuple[str, date]] = []
    for item in listed(cell):
        name, _, until = unicodedata.normalize("NFKC", item).rpartition("@")
        if not name.strip() or len(until.strip()) != len("2026-11-22"):
            raise ValueError("needs organisation@YYYY-MM-DD")
        found.append((name.strip(), date.fromisoformat(until.strip())))
    return found


def years_before(day: date, years: int) -> date:
    """Return the same date `years` earlier; 29 February becomes 28 February where there is none."""
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28) if not _is_leap(day.year - years) else day
    return day.replace(year=day.year - years)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
