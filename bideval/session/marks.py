"""Sealed marks and scoresheets, and corrections after release.

Decided here: which sheet of a member is the last one, and how far each member is.
Not decided here: what is inside them (`bideval.session.unsealing`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from bideval.session.bodies.marks import CorrectionGround


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedMark:
    """One mark, sealed."""

    member: str
    bid: str
    criterion: str
    counter: int
    recipient: str
    ciphertext: bytes
    position: int
    entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One signed scoresheet, sealed."""

    member: str
    counter: int
    recipient: str
    ciphertext: bytes
    position: int
    entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction after release."""

    member: str
    bid: str
    criterion: str
    before: Decimal | None
    after: Decimal | None
    ground: CorrectionGround
    reason: str
    position: int
    entry: str


@dataclass(slots=True)
class Marks:
    """Everything sealed in scoring, in record order, and what was corrected after."""

    marks: list[SealedMark] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    corrections: list[Correction] = field(default_factory=list)

    def sheet(self, member: str) -> Sheet | None:
        """Return a member's last sheet."""
        own = [one for one in self.sheets if one.member == member]
        return own[-1] if own else None

    def drop(self, recipient: str) -> list[SealedMark | Sheet]:
        """Take out everything that was sealed to a recipient, and return it."""
        spoilt: list[SealedMark | Sheet] = []
        spoilt += [mark for mark in self.marks if mark.recipient == recipient]
        spoilt += [sheet for sheet in self.sheets if sheet.recipient == recipient]
        self.marks = [mark for mark in self.marks if mark.recipient != recipient]
        self.sheets = [sheet for sheet in self.sheets if sheet.recipient != recipient]
        return spoilt

    def last_marks(self, member: str) -> dict[tuple[str, str], SealedMark]:
        """Return a member's last sealed mark for each (bid, criterion)."""
        return {(mark.bid, mark.criterion): mark for mark in self.marks if mark.member == member}

    def corrected(self, member: str, *, bid: str, criterion: str) -> Correction | None:
        """Return the last correction of a mark."""
        key = (member, bid, criterion)
        found = [one for one in self.corrections if (one.member, one.bid, one.criterion) == key]
        return found[-1] if found else None
