"""Sealed marks and scoresheets, and corrections after release.

Decided here: which sheet of a member is the last one, and how far each member is.
Not decided here: what is inside them (`bideval.session.unsealing`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

    from bideval.session.bodies.marks import CorrectionGround


class SealedMark(NamedTuple):
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
    """Everything sealed in scoring, in record order, and what was corrected after.

    `marks` holds the last mark of each member, bid, criterion and recipient. Of those that it
    replaced only recipient and entry are kept, in `replaced`: a lost seal voids them too.
    """

    marks: dict[tuple[str, str, str, str], SealedMark] = field(default_factory=dict)
    replaced: list[tuple[str, str]] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    corrections: list[Correction] = field(default_factory=list)

    def sheet(self, member: str) -> Sheet | None:
        """Return a member's last sheet."""
        own = [one for one in self.sheets if one.member == member]
        return own[-1] if own else None

    def add(self, mark: SealedMark) -> None:
        """Take a mark into account; it goes behind those that are there."""
        key = (mark.member, mark.bid, mark.criterion, mark.recipient)
        before = self.marks.pop(key, None)
        if before is not None:
            self.replaced.append((before.recipient, before.entry))
        self.marks[key] = mark

    def drop(self, recipient: str) -> list[str]:
        """Take out everything that was sealed to a recipient, and return its entries."""
        sealed: tuple[SealedMark | Sheet, ...] = (*self.marks.values(), *self.sheets)
        spoilt = [entry for sealed_to, entry in self.replaced if sealed_to == recipient]
        spoilt += [one.entry for one in sealed if one.recipient == recipient]
        self.replaced = [one for one in self.replaced if one[0] != recipient]
        self.marks = {key: one for key, one in self.marks.items() if one.recipient != recipient}
        self.sheets = [sheet for sheet in self.sheets if sheet.recipient != recipient]
        return spoilt

    def last_marks(self, member: str) -> dict[tuple[str, str], SealedMark]:
        """Return a member's last sealed mark for each (bid, criterion)."""
        own = (mark for mark in self.marks.values() if mark.member == member)
        return {(mark.bid, mark.criterion): mark for mark in own}

    def corrected(self, member: str, *, bid: str, criterion: str) -> Correction | None:
        """Return the last correction of a mark."""
        key = (member, bid, criterion)
        found = [one for one in self.corrections if (one.member, one.bid, one.criterion) == key]
        return found[-1] if found else None
