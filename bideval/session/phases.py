"""The course of a session as one table, and the conditions that its moves need.

Decided here: which moves exist, whether an officer must order them, what must hold, and for whom
the session waits. A move that is not in `MOVES` is an error. docs/spec/phases.md is drawn from it.
Not decided here: who makes a move when (`duties`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.session.names import ENDED, LIVE, Phase
from bideval.session.panel import FILLED
from bideval.session.unsealing import spoilt_nonces
from bideval.terms.identifiers import venue_actor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bideval.session.standing import Standing

PHASES = tuple(Phase)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One allowed move; `waived_by` names a condition that makes the order unnecessary."""

    needs_order: bool
    needs: tuple[str, ...] = ()
    waived_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a move still lacks, and whom the session waits for (actor ids)."""

    condition: str
    detail: str
    waiting_for: tuple[str, ...]


def _automatic(*needs: str) -> Move:
    return Move(needs_order=False, needs=needs)


def _ordered(*needs: str) -> Move:
    return Move(needs_order=True, needs=needs)


MOVES: dict[tuple[Phase, Phase], Move] = {
    (Phase.PREPARED, Phase.OPENED): _ordered("bids_closed", "bids_settled", "enough_bids"),
    (Phase.OPENED, Phase.DRAWN): _ordered("draw_computed", "seats_filled"),
    (Phase.DRAWN, Phase.CHECKED_IN): _automatic("all_checked_in"),
    (Phase.CHECKED_IN, Phase.DECLARED): _automatic("all_checked_in", "all_declared"),
    (Phase.DECLARED, Phase.CHAIRED): _automatic("chair_elected"),
    (Phase.CHAIRED, Phase.RESPONSIVENESS): _ordered("all_declared", "chair_elected"),
    (Phase.RESPONSIVENESS, Phase.SCORING): _ordered(
        "chair_elected", "responsiveness_decided", "enough_responsive"
    ),
    (Phase.SCORING, Phase.RELEASED): _automatic(
        "chair_elected", "responsiveness_decided", "all_sheets_in"
    ),
    (Phase.RELEASED, Phase.CONSOLIDATED): _automatic("marks_opened", "result_final"),
    (Phase.CONSOLIDATED, Phase.CONFIRMED): _automatic("result_final", "all_confirmed"),
    (Phase.CONFIRMED, Phase.REPORTED): _ordered("report_issued"),
    (Phase.REPORTED, Phase.ARCHIVED): _ordered(),
    (Phase.RELEASED, Phase.ARCHIVED): _ordered("result_not_final"),
    **{(phase, Phase.FAILED): _ordered() for phase in LIVE},
    (Phase.PREPARED, Phase.FAILED): Move(needs_order=True, waived_by="too_few_bids"),
    (Phase.RESPONSIVENESS, Phase.FAILED): Move(needs_order=True, waived_by="too_few_responsive"),
    **{
        (phase, Phase.RE_FORMED): _ordered()
        for phase in LIVE[LIVE.index(Phase.OPENED) : LIVE.index(Phase.REPORTED)]
    },
}
"""Every move there is. Order 87 art. 43, 44, 49; RULES 2.4."""


def bids_closed(session: Standing) -> list[Missing]:
    """The deadline has passed and main has closed the box."""
    if session.tender is None:
        return _lacking("bids_closed", "no tender is published", ())
    if session.bidding.closed:
        return []
    return _lacking("bids_closed", "the box is not closed", (session.main_actor,))


def bids_settled(session: Standing) -> list[Missing]:
    """Every bid of a lot to be opened is opened, or noted as one that cannot be."""
    lacking: list[Missing] = []
    for bid in session.bids_to_open():
        enough = session.sharing.enough(bid.seal.recipient)
        waiting = [session.main_actor] if enough else session.sharing.missing(bid.seal.recipient)
        lacking += _lacking("bids_settled", f"bid {bid.position} is not opened", waiting)
    return lacking


def enough_bids(session: Standing) -> list[Missing]:
    """At least one lot has as many opened bids as the rulebook asks."""
    if session.tender is not None and session.lots_opened():
        return []
    return _lacking("enough_bids", "no lot has enough opened bids", ())


def too_few_bids(session: Standing) -> list[Missing]:
    """The box is closed, everything in it is settled, and no lot has enough bids."""
    lacking = bids_closed(session) + bids_settled(session)
    if lacking or enough_bids(session):
        return lacking
    return _lacking("too_few_bids", "a lot has enough opened bids", ())


def draw_computed(session: Standing) -> list[Missing]:
    """The draw has been computed, if anybody is to be drawn."""
    if session.panel.drawn or session.plan.panel.drawn == 0:
        return []
    spoilt = spoilt_nonces(session)
    if spoilt:
        return _lacking("draw_computed", "a nonce is not the committed one", spoilt)
    silent = [one for one in session.committers() if one not in session.panel.nonces]
    waiting = silent or [session.main_actor]
    return _lacking("draw_computed", "the draw is not computed", waiting)


def seats_filled(session: Standing) -> list[Missing]:
    """No drawn seat is without an expert: declined, silent or left."""
    lacking = []
    for number, seat in sorted(session.panel.seats.items()):
        if seat.state not in FILLED:
            detail = f"seat {number} has nobody"
            lacking += _lacking("seats_filled", detail, (session.main_actor,))
    return lacking


def all_checked_in(session: Standing) -> list[Missing]:
    """Every seat of the panel has a member, declared or not."""
    vacancies = session.vacancies()
    if vacancies == 0:
        return []
    seated = {member.seat for member in session.panel.seated()}
    empty = [seat for number, seat in session.panel.seats.items() if number not in seated]
    venues = dict.fromkeys(venue_actor(seat.item.venue) for seat in empty)
    detail = f"{vacancies} members are not checked in"
    return _lacking("all_checked_in", detail, tuple(venues) or (session.main_actor,))


def all_declared(session: Standing) -> list[Missing]:
    """Every seat has a member who accepted the discipline and does not withdraw."""
    waiting = [member.id for member in session.panel.seated() if not member.declared]
    lacking = all_checked_in(session)
    if waiting:
        lacking += _lacking("all_declared", "declarations are not signed", waiting)
    return lacking


def chair_elected(session: Standing) -> list[Missing]:
    """The panel has a chair (Order 87 art. 45)."""
    if session.panel.chair is not None:
        return []
    voted = session.panel.votes(session.panel.round)
    waiting = [one for one in session.member_ids() if one not in voted]
    return _lacking("chair_elected", f"round {session.panel.round} is open", waiting)


def responsiveness_decided(session: Standing) -> list[Missing]:
    """All have declared, and every member has voted on every bid under review."""
    lacking = all_declared(session)
    votes = session.opinions.votes
    bids = [bid.id for bid in session.reviewed_bids()]
    waiting = [
        member for member in session.member_ids() if any((bid, member) not in votes for bid in bids)
    ]
    if waiting:
        lacking += _lacking("responsiveness_decided", "members have not voted", waiting)
    return lacking


def enough_responsive(session: Standing) -> list[Missing]:
    """At least one lot has as many responsive bids as the rulebook asks."""
    if session.lots_evaluated():
        return []
    return _lacking("enough_responsive", "no lot has enough responsive bids", ())


def too_few_responsive(session: Standing) -> list[Missing]:
    """Responsiveness is decided, and no lot has enough bids left."""
    lacking = responsiveness_decided(session)
    if lacking or enough_responsive(session):
        return lacking
    return _lacking("too_few_responsive", "a lot has enough responsive bids", ())


def all_sheets_in(session: Standing) -> list[Missing]:
    """All have declared, and each has a scoresheet that counts, if there is anything to mark."""
    lacking = all_declared(session)
    waiting = without_sheet(session) if session.items() else []
    if waiting:
        lacking += _lacking("all_sheets_in", "scoresheets are not signed", waiting)
    return lacking


def without_sheet(session: Standing) -> list[str]:
    """Return the members who count and have no sheet in the record."""
    return [one for one in session.member_ids() if session.marks.sheet(one) is None]


def marks_opened(session: Standing) -> list[Missing]:
    """Enough shares of every sheet that counts are in the record, or it can never be opened."""
    waiting: dict[str, None] = {}
    for recipient in session.needed_recipients():
        if not session.sharing.enough(recipient) and not session.sharing.lost(recipient):
            waiting.update(dict.fromkeys(session.sharing.missing(recipient)))
    if not waiting:
        return []
    return _lacking("marks_opened", "shares of the marks are missing", waiting)


def result_final(session: Standing) -> list[Missing]:
    """The latest version is final and takes every correction into account."""
    current = session.results.current
    if current is None or not session.result_is_current():
        return _lacking("result_final", "a consolidation is due", (session.main_actor,))
    if current.body.final:
        return []
    return _lacking("result_final", "findings stop the result", session.member_ids())


def result_not_final(session: Standing) -> list[Missing]:
    """Findings stop the latest version, which under later rulebooks has every correction in it."""
    current = session.results.current
    if current is None or current.body.final:
        return _lacking("result_not_final", "no result with findings", ())
    if session.meeting.archive_corrected and not session.result_is_current():
        return _lacking("result_not_final", "a consolidation is due", (session.main_actor,))
    return []


def all_confirmed(session: Standing) -> list[Missing]:
    """Every member has a stance on the current version, or a noted refusal."""
    results = session.results
    settled = {*results.confirmations, *results.refusals}
    waiting = [one for one in session.member_ids() if one not in settled]
    if not waiting:
        return []
    return _lacking("all_confirmed", "members have not signed", waiting)


def report_issued(session: Standing) -> list[Missing]:
    """The report is in the record."""
    if session.results.report is not None:
        return []
    return _lacking("report_issued", "the report is not issued", (session.main_actor,))


CONDITIONS: dict[str, Callable[[Standing], list[Missing]]] = {
    function.__name__: function
    for function in (
        bids_closed,
        bids_settled,
        enough_bids,
        too_few_bids,
        draw_computed,
        seats_filled,
        all_checked_in,
        all_declared,
        chair_elected,
        responsiveness_decided,
        enough_responsive,
        too_few_responsive,
        all_sheets_in,
        marks_opened,
        result_final,
        result_not_final,
        all_confirmed,
        report_issued,
    )
}
"""The conditions by name; an empty list means that the condition holds."""


def holds(session: Standing, condition: str) -> bool:
    """Return whether a condition holds."""
    return not CONDITIONS[condition](session)


def missing(session: Standing, to: Phase) -> list[Missing]:
    """Return what the move from the present phase to `to` still lacks, the order aside.

    Raises `KeyError` where there is no such move.
    """
    move = MOVES[session.phase, to]
    lacking = [one for name in move.needs for one in CONDITIONS[name](session)]
    return list(dict.fromkeys(lacking))


def needs_order(session: Standing, to: Phase) -> bool:
    """Return whether the move waits for an officer's order."""
    move = MOVES[session.phase, to]
    waived = move.waived_by is not None and holds(session, move.waived_by)
    return move.needs_order and not waived


def moves_from(phase: Phase) -> list[Phase]:
    """Return where the table leads from a phase, in table order."""
    return [to for leaving, to in MOVES if leaving is phase]


def next_phase(phase: Phase) -> Phase | None:
    """Return the next phase of a session that goes well; None at its end."""
    onward = [to for to in moves_from(phase) if to not in ENDED or phase is Phase.REPORTED]
    return onward[0] if onward else None


def mermaid() -> str:
    """Return the diagram of the course, for the docs; failing and re-forming are drawn once."""
    lines = ["stateDiagram-v2", f"    [*] --> {Phase.PREPARED}"]
    for (leaving, to), move in MOVES.items():
        if to in {Phase.FAILED, Phase.RE_FORMED} and move.waived_by is None:
            continue
        words = (["order"] if move.needs_order else []) + list(move.needs)
        words = [f"order or {move.waived_by}"] if move.waived_by else words
        lines.append(f"    {leaving} --> {to}: {', '.join(words)}")
    return "\n".join([*lines, f"    {Phase.ARCHIVED} --> [*]", ""])


def _lacking(condition: str, detail: str, waiting_for: Iterable[str]) -> list[Missing]:
    return [Missing(condition=condition, detail=detail, waiting_for=tuple(waiting_for))]
