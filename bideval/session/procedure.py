"""The procedure so far: phase, pauses, orders, moves with their closing vectors.

Decided here: what the present phase is and whether the session is paused.
Not decided here: which moves exist and what they need (`bideval.session.phases`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.session.names import Phase
from bideval.terms.instants import LAST_INSTANT, instant_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.session.bodies.parts import OriginHead
    from bideval.session.rulebook import FaultLimit
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
    successor: str | None = None


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
class Fault:
    """What stopped the session, where its rulebook has limits for faults.

    `since` is when it began, as the author of the pause states it; `limit` is None in phases
    without one; `expired` is when main noted, by its own clock, that the limit had passed.
    """

    since: Instant
    limit: FaultLimit | None
    expired: Instant | None = None

    @property
    def due(self) -> Instant | None:
        """When the limit passes, never after the last instant; None where there is none."""
        if self.limit is None:
            return None
        return min(self.since + self.limit.limit_ms, LAST_INSTANT)

    def has_expired(self, now: Instant) -> bool:
        """Return whether the limit has passed: main noted it, or whoever says `now` does."""
        return self.expired is not None or (self.due is not None and now >= self.due)


def fault_document(fault: Fault) -> dict[str, object]:
    """Write a fault as data: since when, until when, what may follow, what main noted."""
    due, expired = fault.due, fault.expired
    return {
        "since": instant_text(fault.since),
        "limit_ms": fault.limit.limit_ms if fault.limit else None,
        "due": None if due is None else instant_text(due),
        "after": fault.limit.after.value if fault.limit else None,
        "expired": None if expired is None else instant_text(expired),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A pause; `until` is None while it lasts. Instants are the authors' own.

    `decision` is why the tenderer lets a session go on after the limit of its fault.
    """

    by: str
    reason: str
    since: Instant
    position: int
    until: Instant | None = None
    resumed_by: str | None = None
    resume_reason: str = ""
    fault: Fault | None = None
    decision: str = ""


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

    @property
    def pause(self) -> Pause | None:
        """The pause that lasts, or None."""
        return self.pauses[-1] if self.paused else None

    @property
    def fault(self) -> Fault | None:
        """The fault that the session stands still for, or None."""
        return self.pause.fault if self.pause else None

    def successor(self) -> str | None:
        """Return the session in which a new panel evaluates again, once this one has ended."""
        if self.phase is not Phase.RE_FORMED or self.moves[-1].order is None:
            return None
        return self.orders[self.moves[-1].order].successor

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
