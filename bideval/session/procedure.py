"""The procedure so far: phase, pauses, orders, moves with their closing vectors.

Decided here: what the present phase is and whether the session is paused.
Not decided here: which moves exist and what they need (`bideval.session.phases`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.session.names import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.session.bodies.parts import OriginHead
    from bideval.terms.instants import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An officer's order to move on."""

    entry: str
    officer: str
    leaving: Phase
    to: Phase
    reason: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A move that main made."""

    leaving: Phase
    to: Phase
    vector: Mapping[str, OriginHead]
    order: str | None
    reason: str
    at: Instant
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A pause; `until` is None while it lasts. Instants are the authors' own."""

    by: str
    reason: str
    since: Instant
    position: int
    until: Instant | None = None
    resumed_by: str | None = None
    resume_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A supervisor's warning."""

    by: str
    text: str
    at: Instant
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """A time stamp (RFC 3161) over the record's head, which a venue got from its authority."""

    by: str
    size: int
    root: str
    response: bytes
    position: int


@dataclass(slots=True)
class Procedure:
    """Where the session stands."""

    phase: Phase = Phase.PREPARED
    orders: dict[str, Order] = field(default_factory=dict)
    moves: list[Moved] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    stamps: list[Stamped] = field(default_factory=list)

    @property
    def paused(self) -> bool:
        """Whether the session stands still."""
        return bool(self.pauses) and self.pauses[-1].until is None

    def order(self) -> Order | None:
        """Return the latest order that leaves the present phase, or None."""
        open_orders = [one for one in self.orders.values() if one.leaving is self.phase]
        return open_orders[-1] if open_orders else None

    def reached(self, phase: Phase) -> bool:
        """Return whether the session is in, or came through, a phase of its course."""
        return self.phase is phase or any(move.leaving is phase for move in self.moves)

    def move(self, moved: Moved) -> None:
        """Enter the next phase."""
        self.moves.append(moved)
        self.phase = moved.to
