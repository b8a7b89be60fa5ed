"""The parts of a view about draw, seats, panel, opinions, marks and result.

Decided here: who sees the panel and what of it. Not decided here: everything else (`view`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.evidence.encoding import b64u
from bideval.session.names import Phase
from bideval.terms.decimals import plain
from bideval.terms.identifiers import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from bideval.session.panel import DrawnSeat, Member
    from bideval.session.people import Person
    from bideval.session.results import ResultVersion
    from bideval.session.standing import Standing
    from bideval.session.unsealing import OpenedMarks

    Json = dict[str, object]

INSIDE = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.EXPERT})
"""Roles that see the panel's seats, its result and its signatures before publication."""

WATCHING = frozenset({Role.OFFICER, Role.SUPERVISOR})
"""Roles that see how far each member is; never a mark before release."""


def inside(session: Standing, person: Person) -> bool:
    """Return whether a person sees the panel: its own members no longer once they have left it."""
    if person.role is Role.EXPERT and person.id in session.panel.members:
        return session.panel.member(person.id) is not None
    return person.role in INSIDE


def draw_part(session: Standing, person: Person) -> Json | None:
    """Return how far the draw is, for those who run, watch or staff it."""
    if person.role not in {Role.OFFICER, Role.SUPERVISOR, Role.OPERATOR}:
        return None
    panel = session.panel
    pool = panel.pool
    return {
        "pool": {"root": pool.root, "count": pool.count, "eligible": pool.eligible}
        if pool
        else None,
        "committers": session.committers() if session.tender else [],
        "committed": sorted(panel.nonces),
        "seed": panel.seed,
    }


def seats_part(session: Standing, person: Person) -> list[Json]:
    """Return the drawn seats: all to officers and supervisors, an operator's own venue's to him."""
    watching = person.role in WATCHING
    return [
        _seat(seat, for_venue=not watching)
        for number, seat in sorted(session.panel.seats.items())
        if watching or (person.role is Role.OPERATOR and seat.item.venue == person.venue)
    ]


def _seat(seat: DrawnSeat, *, for_venue: bool) -> Json:
    """Return one seat; only the venue gets the name that was encrypted to it."""
    item = seat.item
    return {
        "seat": item.seat,
        "blinded": item.blinded,
        "discipline": item.discipline,
        "venue": item.venue,
        "ticket": item.ticket,
        "state": seat.state.value,
        "person": seat.person,
        "for_venue": b64u(item.for_venue) if for_venue else None,
    }


def member_part(
    session: Standing,
    member: Member,
    *,
    own: bool,
    items: Sequence[tuple[str, str]] | None = None,
) -> Json:
    """Return one member; progress only where `own`, or for who watches."""
    scoring = session.procedure.reached(Phase.SCORING)
    return {
        "person": member.id,
        "venue": member.venue,
        "seat": member.seat,
        "representative": member.representative,
        "state": member.state.value,
        "declared": member.declared,
        "chair": session.panel.chair == member.id,
        "replaced_by": member.replaced_by,
        "done": session.marks.sheet(member.id) is not None,
        "progress": list(session.progress(member.id, items)) if own and scoring else None,
    }


def panel_part(session: Standing, person: Person) -> Json | None:
    """Return the members and the chair; bidders and operators see none of it."""
    if not inside(session, person):
        return None
    panel = session.panel
    watching = person.role in WATCHING
    items = session.items() if session.procedure.reached(Phase.SCORING) else ()
    return {
        "members": [
            member_part(session, member, own=watching or member.id == person.id, items=items)
            for member in panel.members.values()
        ],
        "chair": panel.chair,
        "round": panel.round,
        "voted": sorted(panel.votes(panel.round)),
        "ballots": [
            {"round": one.round, "voter": one.voter, "candidate": one.candidate}
            for one in panel.ballots
            if panel.chair is not None or one.voter == person.id or one.round < panel.round
        ],
    }


def votes_part(session: Standing, person: Person) -> list[Json]:
    """Return each opened bid's responsiveness: one's own vote, and all once they are complete."""
    if not inside(session, person) or not session.procedure.reached(Phase.RESPONSIVENESS):
        return []
    return [_verdict(session, person, bid=bid.id) for bid in session.reviewed_bids()]


def _verdict(session: Standing, person: Person, *, bid: str) -> Json:
    verdict = session.verdict(bid)
    decided = verdict is not None
    votes = session.opinions.on(bid, session.member_ids())
    return {
        "bid": bid,
        "verdict": verdict.value if verdict else None,
        "voted": [vote.member for vote in votes],
        "votes": [
            {
                "member": vote.member,
                "verdict": vote.verdict.value,
                "requirement": vote.requirement,
                "reason": vote.reason,
            }
            for vote in votes
            if decided or vote.member == person.id
        ],
    }


def released(session: Standing) -> bool:
    """Return whether marks may be seen at all."""
    return session.procedure.reached(Phase.RELEASED)


def marks_part(session: Standing, person: Person, opened: OpenedMarks | None) -> Json | None:
    """Return all marks after release, where the caller has opened them."""
    if not inside(session, person) or opened is None or not released(session):
        return None
    return {
        member: {
            bid: {criterion: _mark(mark) for criterion, mark in row.items()}
            for bid, row in sheet.items()
        }
        for member, sheet in opened.sheets.items()
    }


def _mark(mark: Decimal | None) -> str | None:
    return None if mark is None else plain(mark)


def corrections_part(session: Standing, person: Person) -> list[Json]:
    """Return what was corrected after release, with its grounds."""
    if not inside(session, person):
        return []
    return [
        {
            "member": one.member,
            "bid": one.bid,
            "criterion": one.criterion,
            "before": _mark(one.before),
            "after": _mark(one.after),
            "ground": one.ground.value,
            "reason": one.reason,
        }
        for one in session.marks.corrections
    ]


def result_part(session: Standing, person: Person) -> Json | None:
    """Return the latest version inside; to a bidder, once reported, the own lines (art. 69)."""
    current = session.results.current
    if current is None:
        return None
    if inside(session, person):
        return {
            "version": current.body.version,
            "digest": current.body.digest,
            "final": current.body.final,
            "current": session.result_is_current(),
            "lots": {lot: dict(document) for lot, document in current.body.lots.items()},
        }
    published = session.procedure.reached(Phase.REPORTED)
    if person.role is not Role.BIDDER or not published:
        return None
    return _published(session, person, current)


def _published(session: Standing, person: Person, current: ResultVersion) -> Json:
    own = {bid.id for bid in session.bidding.opened() if bid.bidder == person.id}
    return {
        "version": current.body.version,
        "digest": current.body.digest,
        "final": current.body.final,
        "lots": {
            lot: {
                "candidates": document.get("candidates"),
                "bids": {bid: line for bid, line in _lines(document).items() if bid in own},
            }
            for lot, document in current.body.lots.items()
        },
    }


def _lines(document: object) -> Json:
    lines = document.get("bids") if isinstance(document, dict) else None
    return lines if isinstance(lines, dict) else {}


def signatures_part(session: Standing, person: Person) -> list[Json]:
    """Return every member's stance on the latest version."""
    results = session.results
    if not inside(session, person) or results.current is None:
        return []
    signed: list[Json] = [
        {"member": one.member, "stance": one.stance.value, "reasons": one.reasons, "by": one.member}
        for one in results.confirmations.values()
    ]
    refused: list[Json] = [
        {
            "member": one.member,
            "stance": "refuse",
            "reasons": one.note,
            "by": one.by,
        }
        for one in results.refusals.values()
    ]
    return signed + refused


def may_know_report(session: Standing, role: Role) -> bool:
    """Return whether a role may know of an issued report: bidders not before it is delivered."""
    return role is not Role.BIDDER or session.procedure.reached(Phase.REPORTED)


def report_part(session: Standing, person: Person) -> Json | None:
    """Return the report's file once it is issued, to bidders once it is delivered.

    Reading the file is a permission of its own.
    """
    report = session.results.report
    if report is None or not may_know_report(session, person.role):
        return None
    return {
        "file": {"sha256": report.file.sha256, "size": report.file.size},
        "digest": report.digest,
        "head": {"size": report.head.size, "root": report.head.root},
        "printed": dict(session.results.printed),
    }
