"""Joining and enrolling; lines that break; paper and warnings.

Decided here: who may bring whom into the session, and that a key was really held.
Not decided here: shapes (`bodies.people`), and who sits where (`panel`).
Each function raises what voids the entry, or returns what counting it does.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bideval.evidence.canonical import read_json
from bideval.evidence.jws import verify_compact
from bideval.evidence.signing import public_key
from bideval.session.act import Author, refused
from bideval.session.bodies.people import read_person_enrolled
from bideval.session.names import Phase, SeatState
from bideval.session.panel import Member
from bideval.session.people import KeyOwner, Person, Rekey
from bideval.session.procedure import Warned
from bideval.terms.errors import BidevalError, InputError, RefusedError
from bideval.terms.fields import Fields
from bideval.terms.identifiers import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.evidence.signing import PublicKey
    from bideval.session.act import Act
    from bideval.session.bodies.people import (
        LineState,
        PersonEnrolled,
        RekeyAllowed,
        ReportPrinted,
        SupervisorWarned,
        VenueJoined,
    )
    from bideval.session.standing import Standing

PROOF_TYPE = "bideval-proof/1"
"""The `typ` of a proof of possession."""

PROOF_LIMIT = 2_000
"""Bytes of a proof's payload."""

BEFORE_RELEASE = frozenset(Phase) - {
    Phase.RELEASED,
    Phase.CONSOLIDATED,
    Phase.CONFIRMED,
    Phase.REPORTED,
    Phase.ARCHIVED,
}


def join(session: Standing, act: Act, body: VenueJoined) -> Callable[[], None]:
    """A branch joins once, having seen the founding line."""
    if act.origin in session.people.joined:
        raise refused("already_joined")
    if body.founding != session.founding.hex():
        raise refused("other_founding", field="body.founding")
    return partial(session.people.joined.__setitem__, act.origin, act.position)


def enrol(session: Standing, act: Act, body: PersonEnrolled) -> Callable[[], None]:
    """A venue brings in a person whose key it checked.

    Officers are enrolled by main alone; an expert by the venue of the seat, on the ticket drawn
    for that venue, or by main without a ticket where the purchaser sends a representative.
    """
    if body.role is Role.OFFICER and act.author is not Author.MAIN:
        raise refused("enrolled_elsewhere", field="body.role")
    key = _proven_key(session, act, body)
    _check_identity(session, act, body, key)
    member = _new_member(session, act, body)
    person = Person(
        id=body.person,
        role=body.role,
        venue=act.origin,
        key=key,
        recipient=body.recipient,
        seat=body.seat.name if body.seat else None,
        ticket=body.ticket,
        checked_by=body.checked_by,
        position=act.position,
    )

    def count() -> None:
        session.people.enrol(person)
        if member is not None:
            session.panel.check_in(member)

    return count


def note_refused_key(session: Standing, act: Act) -> None:
    """Keep the key of a void enrolment, so that what it signs is authentic, and void.

    Nothing is kept of an enrolment that no venue wrote, or that does not prove its key.
    """
    if act.author not in {Author.MAIN, Author.BRANCH}:
        return
    try:
        body = read_person_enrolled(Fields(act.entry.body, "body"))
        key = _proven_key(session, act, body)
    except (InputError, RefusedError):
        return
    session.people.refuse(KeyOwner(body.person, act.origin, key, body.role))


def _proven_key(session: Standing, act: Act, body: PersonEnrolled) -> PublicKey:
    """Return the key, after its holder's proof of possession (DESIGN section 4, keys)."""
    try:
        key = public_key(body.suite, body.public, field="body.public")
    except BidevalError:
        raise refused("key_refused", field="body.public") from None
    claimed = {
        "session": session.session_id,
        "venue": act.origin,
        "person": body.person,
        "role": body.role.value,
        "recipient": body.recipient,
    }
    try:
        payload = verify_compact(body.proof, key, typ=PROOF_TYPE)
        proven = read_json(payload, limit=PROOF_LIMIT)
    except BidevalError:
        raise refused("proof_refused", field="body.proof") from None
    if proven != claimed:
        raise refused("proof_refused", field="body.proof")
    return key


def _check_identity(session: Standing, act: Act, body: PersonEnrolled, key: PublicKey) -> None:
    if key.key_id in session.people.owners:
        raise refused("key_known", field="body.public")
    known = session.people.persons.get(body.person)
    if known is None:
        if body.replaces is not None:
            raise refused("key_unknown", field="body.replaces")
        return
    if body.replaces != known.kid:
        raise refused("person_known", field="body.replaces")
    same = (known.role, known.venue, known.ticket) == (body.role, act.origin, body.ticket)
    if not same:
        raise refused("person_differs", field="body.person")
    if body.recipient != known.recipient and body.person in _custodians(session):
        raise refused("recipient_differs", field="body.recipient")
    if known.role is Role.EXPERT and known.kid not in session.people.rekeys:
        raise refused("second_role_missing", field="body.replaces", rule="key.second_role")


def allow_rekey(session: Standing, act: Act, body: RekeyAllowed) -> Callable[[], None]:
    """Somebody beside the venue of the seat lets it replace a seated member's key, once.

    An officer, or a supervisor whom another venue enrolled or the tender names as a custodian, or
    the member by the old key: a venue alone cannot speak in a member's name.
    """
    if session.panel.member(body.person) is None:
        raise refused("not_seated", field="body.person")
    present = session.people.persons[body.person]
    if body.replaces != present.kid:
        raise refused("key_unknown", field="body.replaces")
    if act.author is Author.EXPERT and act.actor != body.person:
        raise refused("other_person", field="body.person", rule="key.second_role")
    named = act.actor in _custodians(session)
    if act.author is Author.SUPERVISOR and act.origin == present.venue and not named:
        raise refused("not_independent", field="author", rule="key.second_role")
    leave = Rekey(
        person=body.person,
        replaces=body.replaces,
        by=act.actor,
        reason=body.reason,
        position=act.position,
    )
    return partial(session.people.rekeys.__setitem__, body.replaces, leave)


def _custodians(session: Standing) -> set[str]:
    if session.tender is None:
        return set()
    return {actor for plan in session.tender.custody.values() for actor in plan.custodians}


def _new_member(session: Standing, act: Act, body: PersonEnrolled) -> Member | None:
    """Return the member who checks in now; None for other roles and for a new key."""
    if body.seat is None or body.person in session.people.persons:
        return None
    if body.seat.venue != act.origin:
        raise refused("seat_elsewhere", field="body.seat.venue")
    if session.phase not in BEFORE_RELEASE:
        raise refused("too_late_to_join", field="body.person")
    seat, discipline = _seat_for(session, act, body)
    return Member(
        id=body.person,
        venue=act.origin,
        seat=seat,
        discipline=discipline,
        position=act.position,
    )


def _seat_for(session: Standing, act: Act, body: PersonEnrolled) -> tuple[int | None, str | None]:
    if session.tender is None or not session.procedure.reached(Phase.DRAWN):
        raise refused("not_drawn", field="body.ticket")
    if body.ticket is None:
        seated = sum(member.representative for member in session.panel.seated())
        if act.author is not Author.MAIN or seated >= session.plan.panel.representatives:
            raise refused("no_seat", field="body.seat")
        return None, None
    seat = session.panel.seat_of(body.ticket)
    if seat is None or seat.item.venue != act.origin:
        raise refused("not_drawn", field="body.ticket")
    if seat.state not in {SeatState.DRAWN, SeatState.ACCEPTED}:
        raise refused("seat_taken", field="body.ticket")
    return seat.item.seat, seat.item.discipline


def line_lost(session: Standing, _act: Act, body: LineState) -> Callable[[], None]:
    """Main notes that a branch is away."""
    _check_branch(session, body)
    if body.venue in session.people.absent:
        raise refused("already_absent", field="body.venue")
    return partial(session.people.absent.__setitem__, body.venue, body.since)


def line_back(session: Standing, _act: Act, body: LineState) -> Callable[[], None]:
    """Main notes that a branch is back."""
    _check_branch(session, body)
    if body.venue not in session.people.absent:
        raise refused("not_absent", field="body.venue")
    return partial(session.people.absent.__delitem__, body.venue)


def _check_branch(session: Standing, body: LineState) -> None:
    if body.venue not in session.people.venues or body.venue == session.main:
        raise refused("unknown_venue", field="body.venue")


def print_report(session: Standing, act: Act, body: ReportPrinted) -> Callable[[], None]:
    """A venue notes how many copies it printed."""
    if session.results.report is None:
        raise refused("no_report")
    copies = session.results.printed.get(act.origin, 0) + body.copies
    return partial(session.results.printed.__setitem__, act.origin, copies)


def warn(session: Standing, act: Act, body: SupervisorWarned) -> Callable[[], None]:
    """A supervisor warns; the warning is always taken."""
    warned = Warned(by=act.actor, text=body.text, at=act.entry.at, position=act.position)
    return partial(session.procedure.warnings.append, warned)
