"""Orders, moves, results, signatures under results, the report.

Decided here: whether a move is in the table and what it needs is there; which version is signed.
Not decided here: the table (`phases`) and the numbers of a result (`bideval.scoring`).
Each function raises what voids the entry, or returns what counting it does.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import hex_digest
from bideval.session.act import refused
from bideval.session.acts.bids import check_vector
from bideval.session.acts.panel import counting_member
from bideval.session.names import Phase
from bideval.session.phases import CONDITIONS, MOVES, missing, needs_order
from bideval.session.procedure import Moved, Order, Stamped
from bideval.session.results import Confirmation, Refusal, ResultVersion
from bideval.terms.identifiers import session_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.session.act import Act
    from bideval.session.bodies.course import (
        PhaseMoved,
        PhaseOrdered,
        RecordStamped,
        RefusalNoted,
        ReportIssued,
        ResultConfirmed,
        ResultConsolidated,
    )
    from bideval.session.standing import Standing


def order_phase(session: Standing, act: Act, body: PhaseOrdered) -> Callable[[], None]:
    """An officer orders a move that waits for an order; main makes it when all is there."""
    _check_table(session, body.leaving, body.to)
    if not MOVES[body.leaving, body.to].needs_order:
        raise refused("no_order_needed", field="body.to")
    _check_reason(session, body)
    order = Order(
        entry=act.hash,
        officer=act.actor,
        leaving=body.leaving,
        to=body.to,
        reason=body.reason,
        position=act.position,
        successor=_successor(session, body),
    )
    return partial(session.procedure.orders.__setitem__, act.hash, order)


def _check_reason(session: Standing, body: PhaseOrdered) -> None:
    """Who ends a session whose findings stop the result says why (RULES 2.4)."""
    without_result = (body.leaving, body.to) == (Phase.RELEASED, Phase.ARCHIVED)
    if without_result and session.meeting.archive_reason and not body.reason:
        raise refused("reason_missing", field="body.reason", rule="session/moves")


def _successor(session: Standing, body: PhaseOrdered) -> str | None:
    """Return the session that a new panel will evaluate in; the order to form one names it."""
    if session.meeting.faults is None or body.to is not Phase.RE_FORMED:
        return None
    if body.successor is None:
        raise refused("successor_missing", field="body.successor", rule="session/faults")
    successor = session_id(body.successor, field="body.successor")
    if successor == session.session_id:
        raise refused("same_session", field="body.successor", rule="session/faults")
    return successor


def _check_table(session: Standing, leaving: Phase, to: Phase) -> None:
    if session.paused and to not in {Phase.FAILED, Phase.RE_FORMED}:
        raise refused("session_paused")
    if leaving is not session.phase:
        raise refused("other_phase", field="body.from")
    if (leaving, to) not in MOVES:
        raise refused("no_such_move", field="body.to", rule="session/moves")


def move_phase(session: Standing, act: Act, body: PhaseMoved) -> Callable[[], None]:
    """Main moves on; the closing vector says that all of the record before was taken in."""
    _check_table(session, body.leaving, body.to)
    _check_order(session, body)
    if missing(session, body.to):
        raise refused("conditions_missing", field="body.to", rule="session/moves")
    check_vector(session, act, body.vector)
    moved = Moved(
        leaving=body.leaving,
        to=body.to,
        vector=body.vector,
        order=body.order,
        reason=body.reason,
        at=act.entry.at,
        position=act.position,
    )
    return partial(session.procedure.move, moved)


def _check_order(session: Standing, body: PhaseMoved) -> None:
    if body.order is None:
        if needs_order(session, body.to):
            raise refused("order_missing", field="body.order")
        return
    order = session.procedure.orders.get(body.order)
    if order is None or (order.leaving, order.to) != (body.leaving, body.to):
        raise refused("order_missing", field="body.order")


def consolidate(session: Standing, act: Act, body: ResultConsolidated) -> Callable[[], None]:
    """Main computes the next version; whatever was signed under the last one is void."""
    if CONDITIONS["marks_opened"](session):
        raise refused("too_early")
    if body.version != len(session.results.versions) + 1:
        raise refused("version_differs", field="body.version")
    if body.lots.keys() != {lot.id for lot in session.lots_evaluated()}:
        raise refused("lots_differ", field="body.lots")
    if body.digest != hex_digest(canonical_bytes(body.lots)):
        raise refused("digest_differs", field="body.digest")
    return partial(session.results.consolidate, ResultVersion(body, act.position))


def _check_current(session: Standing, digest: str) -> None:
    current = session.results.current
    if current is None or current.body.digest != digest:
        raise refused("digest_differs", field="body.digest")
    if not session.result_is_current() or not current.body.final:
        raise refused("not_final", field="body.digest")


def confirm(session: Standing, act: Act, body: ResultConfirmed) -> Callable[[], None]:
    """A member signs the current version: agreeing, dissenting with reasons, or refusing."""
    member = counting_member(session, act)
    _check_current(session, body.digest)
    confirmation = Confirmation(
        member=member.id,
        digest=body.digest,
        stance=body.stance,
        reasons=body.reasons,
        position=act.position,
    )
    return partial(session.results.confirm, confirmation)


def note_refusal(session: Standing, act: Act, body: RefusalNoted) -> Callable[[], None]:
    """The chair notes that a member does not sign, a member that the chair does not.

    The committee notes it in writing (Order 12 art. 43).
    """
    if not session.may_note_refusal(act.actor, body.person):
        raise refused("not_chair")
    if body.person not in session.member_ids():
        raise refused("not_seated", field="body.person")
    if body.person in session.results.confirmations:
        raise refused("already_signed", field="body.person")
    refusal = Refusal(
        member=body.person,
        by=act.actor,
        digest=session.results.versions[-1].body.digest,
        note=body.note,
        position=act.position,
    )
    return partial(session.results.refusals.__setitem__, body.person, refusal)


def issue_report(session: Standing, act: Act, body: ReportIssued) -> Callable[[], None]:
    """Main issues the report of the confirmed result."""
    if session.results.report is not None:
        raise refused("report_known")
    _check_current(session, body.digest)
    if body.head.size > act.position:
        raise refused("head_ahead", field="body.head.size")

    def count() -> None:
        session.results.report = body

    return count


def stamp_record(session: Standing, act: Act, body: RecordStamped) -> Callable[[], None]:
    """A venue adds a time stamp over a head that the record had."""
    if body.head.size > act.position:
        raise refused("head_ahead", field="body.head.size")
    stamped = Stamped(
        by=act.origin,
        size=body.head.size,
        root=body.head.root,
        response=body.response,
        position=act.position,
    )
    return partial(session.procedure.stamps.append, stamped)
