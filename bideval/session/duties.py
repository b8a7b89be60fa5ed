"""What a venue's server must do next, as far as its own copy of the record tells.

Decided here: which duties there are and when each is due. Not decided here: how they are done;
actions do them, one entry each, and a duty is gone as soon as its entry counts.
Officers, supervisors and experts are people; their tasks are in `view`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.evidence.sealing import Purpose
from bideval.session.acts.bids import due
from bideval.session.acts.panel import OPEN_SEATS
from bideval.session.kinds import KINDS
from bideval.session.names import ENDED, Phase, SeatState
from bideval.session.phases import CONDITIONS, missing, moves_from, needs_order
from bideval.session.unsealing import spoilt_nonces
from bideval.terms.identifiers import venue_actor

if TYPE_CHECKING:
    from collections.abc import Set

    from bideval.session.standing import Standing
    from bideval.terms.instants import Instant

QUIET = frozenset({"mark.sealed"})
"""Kinds that no duty of a venue follows from; there are a thousand of them in a session."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that a venue's server must do."""


@dataclass(frozen=True, slots=True)
class Join(Duty):
    """Write `venue.joined`."""


@dataclass(frozen=True, slots=True)
class CloseBids(Duty):
    """Write `bids.closed`: the deadline has passed."""


@dataclass(frozen=True, slots=True)
class AnnounceBid(Duty):
    """Open a bid and write `bid.opened`, or `bid.unopenable` with what is wrong."""

    bid: str


@dataclass(frozen=True, slots=True)
class MarkUnopenable(Duty):
    """Write `bid.unopenable`, shares missing: the minutes for opening are over."""

    bid: str


@dataclass(frozen=True, slots=True)
class SealNonce(Duty):
    """Commit to a nonce: write `nonce.sealed`."""


@dataclass(frozen=True, slots=True)
class ComputeDraw(Duty):
    """Open all nonces and write `draw.computed`."""


@dataclass(frozen=True, slots=True)
class NoteNoAnswer(Duty):
    """Write `invitation.answered`, no answer: the minutes for answering are over."""

    blinded: str


@dataclass(frozen=True, slots=True)
class SupplementDraw(Duty):
    """Write `draw.supplemented` for the seat that the blinded expert has left."""

    blinded: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseShare(Duty):
    """Release the venue's own share of a seal."""

    purpose: Purpose
    recipient: str


@dataclass(frozen=True, slots=True)
class TestShare(Duty):
    """Open the venue's own share of a seal that has just come (`to_test`)."""

    __test__ = False  # a duty, not a case of the tests

    recipient: str


@dataclass(frozen=True, slots=True)
class MovePhase(Duty):
    """Write `phase.moved`; `order` is the officer's order where there is one."""

    to: Phase
    order: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Consolidate(Duty):
    """Open the marks, compute and write this version of the result."""

    version: int


@dataclass(frozen=True, slots=True)
class IssueReport(Duty):
    """Make the report and write `report.issued`."""


@dataclass(frozen=True, slots=True)
class NoteExpired(Duty):
    """Write `pause.expired`: the limit of the fault has passed."""

    due: Instant


@dataclass(frozen=True, slots=True)
class NoteVenueAbsent(Duty):
    """Write `venue.absent`."""

    venue: str


@dataclass(frozen=True, slots=True)
class NoteVenueReturned(Duty):
    """Write `venue.returned`."""

    venue: str


NOBODY_ABSENT: frozenset[str] = frozenset()


def duties(
    session: Standing, venue: str, now_ms: Instant, *, absent: Set[str] = NOBODY_ABSENT
) -> list[Duty]:
    """Return what the server of `venue` must do now, most urgent first.

    `absent` holds the branches whose line is down at this moment; only main is asked for them.
    """
    if venue not in session.people.venues:
        return []
    found: list[Duty] = []
    if session.phase not in ENDED and venue not in session.people.joined:
        found.append(Join())
    found += _shares(session, venue)
    if session.phase in ENDED:
        return found
    if venue == session.main:
        found += _lines(session, absent)
    if session.paused:
        return found + (_paused(session, now_ms) if venue == session.main else [])
    found += _nonce(session, venue)
    if venue == session.main:
        found += _mains(session, now_ms)
    return found


def _shares(session: Standing, venue: str) -> list[Duty]:
    """Return the shares that this venue keeps and whose date has come."""
    if session.phase not in KINDS["share.released"].phases:
        return []
    actor = venue_actor(venue)
    wrong = {(one.recipient, one.custodian) for one in session.sharing.wrong}
    return [
        ReleaseShare(secret.purpose, recipient)
        for recipient, secret in session.sharing.seals.items()
        if actor in secret.seal.custodians
        and (recipient, actor) not in session.sharing.shares
        and (recipient, actor) not in wrong
        and (recipient, actor) not in session.sharing.refused
        and due(session, secret)
        and not (secret.purpose is Purpose.NONCE and _holds_back(session, actor))
    ]


def _holds_back(session: Standing, actor: str) -> bool:
    """Whether a nonce stands of which this custodian cannot open its share.

    Nothing is revealed before that is settled: its author could wait for the others' nonces first.
    """
    nonces = session.panel.nonces.values()
    return any((nonce.seal.recipient, actor) in session.sharing.refused for nonce in nonces)


def to_test(session: Standing, venue: str) -> list[str]:
    """Return the seals of which this venue keeps a share that it should open for itself already.

    So that a bad deal comes to light while its author can still seal again, not at the release.
    """
    if session.phase in ENDED or venue not in session.people.venues:
        return []
    actor, sharing = venue_actor(venue), session.sharing
    nonces = {nonce.seal.recipient for nonce in session.panel.nonces.values()}
    return [
        recipient
        for recipient, secret in sharing.seals.items()
        if (secret.purpose is Purpose.MARKS or recipient in nonces)
        and actor in secret.seal.custodians
        and not {(recipient, actor)} & (sharing.shares.keys() | sharing.refused.keys())
    ]


def _lines(session: Standing, absent: Set[str]) -> list[Duty]:
    noted = session.people.absent
    branches = [venue for venue in session.people.venues if venue != session.main]
    lost: list[Duty] = [
        NoteVenueAbsent(venue) for venue in branches if venue in absent and venue not in noted
    ]
    back = [NoteVenueReturned(venue) for venue in branches if venue in noted.keys() - absent]
    return [*lost, *back]


def _nonce(session: Standing, venue: str) -> list[Duty]:
    if session.phase is not Phase.OPENED or session.panel.pool is None:
        return []
    actor = venue_actor(venue)
    panel = session.panel
    silent = actor in session.committers() and actor not in panel.nonces
    return [SealNonce()] if silent and panel.may_commit(actor) else []


def _mains(session: Standing, now_ms: Instant) -> list[Duty]:
    return [
        *_bids(session, now_ms),
        *_draw(session, now_ms),
        *_result(session),
        *_move(session),
    ]


def _bids(session: Standing, now_ms: Instant) -> list[Duty]:
    if session.phase is not Phase.PREPARED or session.tender is None:
        return []
    if not session.bidding.closed:
        return [CloseBids()] if now_ms >= session.tender.deadline else []
    found: list[Duty] = []
    for bid in session.bids_to_open():
        if session.sharing.enough(bid.seal.recipient):
            found.append(AnnounceBid(bid.id))
        elif now_ms >= session.opening_ends():
            found.append(MarkUnopenable(bid.id))
    return found


def _draw(session: Standing, now_ms: Instant) -> list[Duty]:
    if session.phase not in KINDS["draw.supplemented"].phases:
        return []
    panel = session.panel
    if panel.drawn:
        return _seats(session, now_ms)
    if session.phase is not Phase.OPENED or session.plan.panel.drawn == 0:
        return []
    nonces = panel.nonces.values()
    revealed = all(session.sharing.enough(nonce.seal.recipient) for nonce in nonces)
    ready = session.all_committed() and revealed and not spoilt_nonces(session)
    return [ComputeDraw()] if ready else []


def _seats(session: Standing, now_ms: Instant) -> list[Duty]:
    found: list[Duty] = []
    for seat in session.panel.seats.values():
        ends = session.answer_ends(seat)
        if seat.state in OPEN_SEATS:
            found.append(SupplementDraw(seat.item.blinded, seat.state.value))
        elif seat.state is SeatState.DRAWN and ends is not None and now_ms >= ends:
            found.append(NoteNoAnswer(seat.item.blinded))
    return found


def _result(session: Standing) -> list[Duty]:
    if session.phase is Phase.CONFIRMED and session.results.report is None:
        return [IssueReport()]
    if session.phase not in KINDS["result.consolidated"].phases:
        return []
    if session.result_is_current() or CONDITIONS["marks_opened"](session):
        return []
    return [Consolidate(len(session.results.versions) + 1)]


def _move(session: Standing) -> list[Duty]:
    """Return the move that an officer ordered, or else the one that makes itself; at most one."""
    order = session.procedure.order()
    if order is not None and not missing(session, order.to):
        return [MovePhase(order.to, order.entry, order.reason)]
    for to in moves_from(session.phase):
        if not needs_order(session, to) and not missing(session, to):
            waived = to in ENDED
            reason = "too few bids are left" if waived else ""
            return [MovePhase(to, None, reason)]
    return []


def _paused(session: Standing, now_ms: Instant) -> list[Duty]:
    """Return what main owes while the session stands still: its end, or that a limit has passed."""
    fault = session.procedure.fault
    over = fault is not None and fault.expired is None and fault.has_expired(now_ms)
    noted: list[Duty] = [NoteExpired(fault.due)] if over and fault and fault.due else []
    return noted + _broken_off(session)


def _broken_off(session: Standing) -> list[Duty]:
    """Return the ordered end of a session that stands still: failed, or formed anew."""
    order = session.procedure.order()
    if order is None or order.to not in {Phase.FAILED, Phase.RE_FORMED}:
        return []
    return [MovePhase(order.to, order.entry, order.reason)]
