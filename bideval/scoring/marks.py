"""The marks that count: those of seated members, with absent ones told apart from zero.

Decided here: a replaced member's marks are void and appear nowhere.
Not decided here: what is wrong with a mark (`findings`) or what marks add up to (`panel_mean`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from bideval.scoring.case import Case, Scoresheet
    from bideval.scoring.method import Criterion


@dataclass(frozen=True)
class Marks:
    """The sheets of the seated members, in the order of the case."""

    sheets: Mapping[str, Scoresheet]

    @classmethod
    def of(cls, case: Case) -> Marks:
        """Take the sheets that count; a member without a sheet has all marks absent."""
        return cls({member.id: case.sheet(member.id) for member in case.seated()})

    def row(self, bid: str, criterion: str) -> dict[str, Decimal | None]:
        """Return every member's mark for a bid under a criterion; None is absent."""
        return {member: sheet.mark(bid, criterion) for member, sheet in self.sheets.items()}

    def present(self, bid: str, criterion: str) -> dict[str, Decimal]:
        """Return the marks that are there."""
        row = self.row(bid, criterion)
        return {member: mark for member, mark in row.items() if mark is not None}

    def whole(self, bid: str, criteria: Iterable[Criterion]) -> dict[str, list[Decimal]]:
        """Return the marks of the members who marked the bid under every one of `criteria`."""
        names = [criterion.id for criterion in criteria]
        rows = {
            member: [sheet.marks.get(bid, {}).get(name) for name in names]
            for member, sheet in self.sheets.items()
        }
        return {
            member: [mark for mark in row if mark is not None]
            for member, row in rows.items()
            if None not in row
        }
