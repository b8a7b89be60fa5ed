"""Pauses, the clock of a fault, and what may follow when its limit has passed (RULES 2.2).

Decided here: since when a fault counts, whose time says that its limit has passed, who may let a
session go on. Not decided here: the limits (`rulebook`) and the move to a new panel (`course`).
Each function raises what voids the entry, or returns what counting it does.

No clock orders anything here: a limit has passed once main's note of it is in the record, or for
an entry whose own author says a later time. docs/adr/0160 says what a lying clock can do.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bideval.session.act import refused
from bideval.session.bodies.parts import read_reason
from bideval.session.procedure import Fault, Pause
from bideval.session.rulebook import AfterLimit
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.session.act import Act
    from bideval.session.bodies.course import PauseExpired, SessionPaused, SessionResumed
    from bideval.session.standing import Standing
    from bideval.terms.instants import Instant


def pause(session: Standing, act: Act, body: SessionPaused) -> Callable[[], None]:
    """An officer or main stops the session; for a fault, saying since when."""
    stopped = Pause(
        by=act.actor,
        reason=body.reason,
        since=act.entry.at,
        position=act.position,
        fault=_fault(session, act, body),
    )
    return partial(session.procedure.pauses.append, stopped)


def _fault(session: Standing, act: Act, body: SessionPaused) -> Fault | None:
    faults = session.meeting.faults
    if faults is None or body.fault is None:
        return None
    since = Fields(body.fault, "body.fault").instant("since")
    if since > act.entry.at:
        raise refused("fault_ahead", field="body.fault.since", rule="session/faults")
    return Fault(since=since, limit=faults.limit_in(session.phase))


def resume(session: Standing, act: Act, body: SessionResumed) -> Callable[[], None]:
    """An officer or main lets the session go on, as far as the rules let it."""
    decision = decision_to_resume(session, body, act.entry.at)
    pauses = session.procedure.pauses
    ended = replace(
        pauses[-1],
        until=act.entry.at,
        resumed_by=act.actor,
        resume_reason=body.reason,
        decision=decision,
    )
    return partial(pauses.__setitem__, -1, ended)


def decision_to_resume(session: Standing, body: SessionResumed, now: Instant) -> str:
    """Return the tenderer's decision that lets the session go on at `now`; empty without need.

    Raises `RefusedError`: `not_paused`; `limit_passed` where only a new panel may go on;
    `decision_missing` where the tenderer decides and has not (RULES 2.2).
    """
    if not session.paused:
        raise refused("not_paused")
    fault = session.procedure.fault
    if fault is None or fault.limit is None or not fault.has_expired(now):
        return ""
    if fault.limit.after is AfterLimit.NEW_PANEL:
        raise refused("limit_passed", rule="session/faults")
    if not body.decision:
        raise refused("decision_missing", field="body.decision", rule="session/faults")
    return read_reason(Fields({"decision": body.decision}, "body"), "decision")


def expire(session: Standing, act: Act, body: PauseExpired) -> Callable[[], None]:
    """Main notes that the limit of the fault has passed, by main's clock."""
    if not session.paused:
        raise refused("not_paused")
    pauses = session.procedure.pauses
    fault = pauses[-1].fault
    if fault is None or fault.due is None:
        raise refused("no_limit")
    if fault.expired is not None:
        raise refused("already_expired")
    if body.due != fault.due:
        raise refused("due_differs", field="body.due", rule="session/faults")
    if act.entry.at < fault.due:
        raise refused("before_limit", field="at", rule="session/faults")
    over = replace(pauses[-1], fault=replace(fault, expired=act.entry.at))
    return partial(pauses.__setitem__, -1, over)
