"""Responsiveness: each member's verdict on each bid, and the majority (Order 87 art. 50, 61).

Decided here: how votes become a verdict. Not decided here: who may vote when.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.session.bodies.marks import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One member's verdict on one bid."""

    bid: str
    member: str
    verdict: Verdict
    requirement: str | None
    reason: str
    position: int


@dataclass(slots=True)
class Opinions:
    """The last vote of each member on each bid."""

    votes: dict[tuple[str, str], Vote] = field(default_factory=dict)

    def cast(self, vote: Vote) -> None:
        """Take a vote; it replaces the member's earlier one on the bid."""
        self.votes[vote.bid, vote.member] = vote

    def on(self, bid: str, members: Iterable[str]) -> list[Vote]:
        """Return the votes of these members on a bid, in their order."""
        votes = (self.votes.get((bid, member)) for member in members)
        return [vote for vote in votes if vote is not None]

    def verdict(self, bid: str, members: list[str]) -> Verdict | None:
        """Return what the panel holds: None until all have voted; a rejection needs a majority."""
        votes = self.on(bid, members)
        if not members or len(votes) < len(members):
            return None
        against = sum(vote.verdict is Verdict.UNRESPONSIVE for vote in votes)
        return Verdict.UNRESPONSIVE if 2 * against > len(members) else Verdict.RESPONSIVE
