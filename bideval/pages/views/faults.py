"""Pauses as everybody sees them: since when, until when a fault may last, what was decided.

Decided here: what is gathered, and what an officer finds to do in a pause.
Not decided here: limits and what may follow them (session).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.session.names import ENDED, Phase
from bideval.session.rulebook import AfterLimit

if TYPE_CHECKING:
    from bideval.session.procedure import Pause
    from bideval.session.standing import Standing
    from bideval.terms.instants import Instant


NAME_LIMIT = 64
"""Characters of a session's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseView:
    """The pause that lasts: `over` once its limit has passed, by main's note or this venue's clock.

    `after` is what may follow a fault beyond its limit; empty where no limit runs.
    """

    by: str
    reason: str
    since: Instant
    fault_since: Instant | None
    due: Instant | None
    after: str
    over: bool

    @property
    def may_resume(self) -> bool:
        """Whether anybody may still let this panel go on."""
        return not self.over or self.after == AfterLimit.TENDERER_DECIDES

    @property
    def needs_decision(self) -> bool:
        """Whether the tenderer has to decide that the session goes on."""
        return self.over and self.after == AfterLimit.TENDERER_DECIDES


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultDesk:
    """What an officer needs for faults, where the rulebook has rules for them.

    `begun` is when a fault may have begun: since when a line is down; `successor` a free name for
    the session of a new panel.
    """

    begun: Instant | None
    successor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The end of a session that a new panel evaluates again."""

    successor: str
    reason: str
    at: Instant


def pause_view(session: Standing, now_ms: Instant) -> PauseView | None:
    """Return the pause that lasts in a session that goes on, or None."""
    pause = session.procedure.pause
    if pause is None or session.phase in ENDED:
        return None
    fault = pause.fault
    limit = fault.limit if fault else None
    return PauseView(
        by=pause.by,
        reason=pause.reason,
        since=pause.since,
        fault_since=fault.since if fault else None,
        due=fault.due if fault else None,
        after=limit.after.value if limit else "",
        over=fault is not None and limit is not None and fault.has_expired(now_ms),
    )


def fault_desk(session: Standing) -> FaultDesk | None:
    """Return what the desk offers for faults; None under rules that know none."""
    if session.meeting.faults is None:
        return None
    absent = session.people.absent.values()
    return FaultDesk(begun=min(absent, default=None), successor=next_name(session.session_id))


def next_name(name: str) -> str:
    """Return a name for the session that follows `name`: `x`, `x-2`, `x-3`."""
    stem, _, number = name.rpartition("-")
    if stem and len(number) == 1 and number.isdecimal() and number not in "01":
        return f"{stem}-{int(number) + 1}"
    return f"{name[: NAME_LIMIT - 2]}-2"


def sealed(session: Standing) -> Sealed | None:
    """Return how the session ended, if for a new panel."""
    if session.phase is not Phase.RE_FORMED:
        return None
    last = session.procedure.moves[-1]
    return Sealed(successor=session.procedure.successor() or "", reason=last.reason, at=last.at)


def pauses_of(session: Standing) -> tuple[Pause, ...]:
    """Return the pauses that are over, the latest first; the session's end is the end of all."""
    ended = session.phase in ENDED
    pauses = reversed(session.procedure.pauses)
    return tuple(one for one in pauses if ended or one.until is not None)
