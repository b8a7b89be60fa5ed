"""What each role may see of a session, as JSON for `GET /api/sessions/{id}`.

Decided here: who sees what from when on (DESIGN section 2). Before the box is closed nobody but the
bidder learns that there is a bid, not even from the size of the record; marks are nowhere before
release, and then only if the caller hands them in opened; an expert sees of the others that they
are done, not how far they are; a bidder sees nothing of the panel. No expert's name is anywhere.
Not decided here: words and layout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.evidence.sealing import Purpose
from bideval.session.phases import missing, moves_from, needs_order, next_phase
from bideval.session.procedure import fault_document
from bideval.session.tasks import tasks_of
from bideval.session.tender import tender_document
from bideval.session.view_bids import bids_part, objections_part, shares_part
from bideval.session.view_panel import (
    corrections_part,
    draw_part,
    inside,
    marks_part,
    member_part,
    panel_part,
    report_part,
    result_part,
    seats_part,
    signatures_part,
    votes_part,
)
from bideval.terms.errors import RefusedError
from bideval.terms.identifiers import Role
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from bideval.session.people import Person
    from bideval.session.standing import Standing
    from bideval.session.unsealing import OpenedMarks

    Json = dict[str, object]


def view_for(
    session: Standing,
    actor: str,
    *,
    root: str | None = None,
    opened: OpenedMarks | None = None,
) -> dict[str, object]:
    """Return what the person `actor` may see; raises `RefusedError` for anybody without a key here.

    `root` is the record's root in hex, shown with its size where counts may be seen; `opened` are
    the marks after release, as `caseform.corrected_marks` leaves them.
    """
    person = session.people.persons.get(actor)
    if person is None:
        raise RefusedError("not_in_session", field="session")
    return {
        **_frame(session, person, root),
        "bids": bids_part(session, person),
        "objections": objections_part(session, person),
        "shares": shares_part(session, person),
        "draw": draw_part(session, person),
        "seats": seats_part(session, person),
        "panel": panel_part(session, person),
        "responsiveness": votes_part(session, person),
        "marks": marks_part(session, person, opened),
        "corrections": corrections_part(session, person),
        "result": result_part(session, person),
        "signatures": signatures_part(session, person),
        "report": report_part(session, person),
    }


def _frame(session: Standing, person: Person, root: str | None) -> Json:
    return {
        "session": session.session_id,
        "title": session.title,
        "rulebook": session.rulebook.id,
        "main": session.main,
        "phase": session.phase.value,
        "paused": _pause(session),
        "head": {"size": session.size, "root": root} if session.bidding.closed else None,
        "venues": _venues(session),
        "me": _me(session, person),
        "tasks": tasks_of(session, person),
        "tender": tender_document(session.tender) if session.tender else None,
        "custody": _custody(session),
        "next": _next(session, person),
        "course": _course(session),
        "continues": session.continues.session if session.continues else None,
        "successor": session.procedure.successor(),
        "warnings": _warnings(session, person),
    }


def _pause(session: Standing) -> Json | None:
    pause = session.procedure.pause
    if pause is None:
        return None
    return {
        "by": pause.by,
        "reason": pause.reason,
        "since": instant_text(pause.since),
        "limit_ms": session.meeting.pause_limit_ms,
        "fault": fault_document(pause.fault) if pause.fault else None,
    }


def _venues(session: Standing) -> list[Json]:
    people = session.people
    return [
        {
            "id": venue.id,
            "name": venue.name,
            "main": venue.id == people.main,
            "joined": venue.id in people.joined,
            "absent_since": _instant(people.absent.get(venue.id)),
        }
        for venue in people.venues.values()
    ]


def _instant(instant: int | None) -> str | None:
    return None if instant is None else instant_text(instant)


def _me(session: Standing, person: Person) -> Json:
    member = session.panel.members.get(person.id)
    return {
        "person": person.id,
        "role": person.role.value,
        "venue": person.venue,
        "kid": person.kid,
        "member": member_part(session, member, own=True) if member else None,
        "counter": session.marks.counters.get(person.id, 0),
    }


def _custody(session: Standing) -> Json | None:
    if session.tender is None:
        return None
    return {purpose.custody: _one_custody(session, purpose) for purpose in Purpose}


def _one_custody(session: Standing, purpose: Purpose) -> Json:
    custody = session.custody(purpose)
    custodians = [
        {"actor": custodian.actor, "recipient": custodian.recipient}
        for custodian in custody.custodians
    ]
    return {"threshold": custody.threshold, "custodians": custodians}


def _next(session: Standing, person: Person) -> Json | None:
    """Return the next phase, what it still lacks, and for whom everybody waits."""
    to = next_phase(session.phase)
    if to is None or not inside(session, person):
        return None
    order = session.procedure.order()
    return {
        "to": to.value,
        "needs_order": needs_order(session, to),
        "ordered": order is not None and order.to is to,
        "missing": [
            {
                "condition": one.condition,
                "detail": one.detail,
                "waiting_for": list(one.waiting_for),
            }
            for one in missing(session, to)
        ],
        "possible": [phase.value for phase in moves_from(session.phase)],
    }


def _course(session: Standing) -> list[Json]:
    """Return the moves that were made; instants are main's own."""
    return [
        {
            "from": move.leaving.value,
            "to": move.to.value,
            "at": instant_text(move.at),
            "reason": move.reason,
        }
        for move in session.procedure.moves
    ]


def _warnings(session: Standing, person: Person) -> list[Json]:
    if person.role is Role.BIDDER:
        return []
    return [
        {"by": one.by, "text": one.text, "at": instant_text(one.at)}
        for one in session.procedure.warnings
    ]
