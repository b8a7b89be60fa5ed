"""Experts at the door: whom this venue expects, their seats, their keys.

Decided here: names are opened for this venue's own drawn experts only, a seat gets a one-time code,
and the code turns a fresh key into an account for this session and an entry in its record.
Not decided here: who was drawn (drawing), and what a seated expert may do (session).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.accounts import (
    Enrolment,
    SignedIn,
    account_of,
    add_account,
    check_proof,
    code_hash,
    find_activation,
    give_code,
    new_code,
    open_account,
    sign_in,
)
from bideval.actions.authoring import say
from bideval.actions.founding import enrolment_body
from bideval.actions.venue_log import note_within
from bideval.draw.exclusions import exclusion_of
from bideval.draw.identity import PRIVATE, leaf_of, read_identity, read_private
from bideval.draw.pool import ELIGIBLE
from bideval.evidence.agefile import age_decrypt
from bideval.evidence.canonical import read_json
from bideval.ports import Activation, SeatBooking
from bideval.session.barring import bars_of
from bideval.session.names import SeatState
from bideval.terms.errors import EvidenceError, InputError, RefusedError
from bideval.terms.fields import Fields
from bideval.terms.identifiers import Role, person_id

if TYPE_CHECKING:
    from bideval.actions.venue import Venue
    from bideval.actions.visitor import Visitor
    from bideval.draw.exclusions import Bars
    from bideval.ports import Transaction
    from bideval.session.bodies.panel import DrawnSeatBody
    from bideval.session.panel import DrawnSeat

IDENTITY_LIMIT = 16_384
HIDDEN = frozenset({"salt", "blind", "format", "kept"})
"""Members of an identity that an operator does not need."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One expert whom this venue expects; the identity is for the operator's eyes at the door."""

    seat: int
    blinded: str
    discipline: str
    state: str
    person: str | None
    identity: dict[str, object]


@dataclass(frozen=True, slots=True)
class SeatCode:
    """The one-time code of a seat."""

    person: str
    code: str


def expected_experts(venue: Venue, session: str) -> list[Expected]:
    """Return the drawn experts of this venue with their names."""
    with venue.book.reading(session) as fold:
        seats = [one for one in fold.panel.seats.values() if one.item.venue == venue.id]
        bars = bars_of(fold) if seats else None
    return [_expected(venue, seat, bars) for seat in seats if bars is not None]


def check_in(
    venue: Venue, operator: Visitor, session: str, *, blinded: str | None, seat: str
) -> SeatCode:
    """Give a drawn expert (or, without `blinded`, a representative) a seat and its code.

    Who sits there already gets a code for a new key, for example after a fault of the seat's PC,
    once a second role has allowed it (`rekey.allowed`).
    Raises InputError `seat_name`, RefusedError `not_expected`, `seat_taken`, `second_role_missing`.
    """
    person = person_id(seat, field="seat")
    if not person.startswith(f"{venue.id}-"):
        raise InputError("seat_name", field="seat", rule="seat.venue")
    with venue.book.reading(session) as fold:
        if blinded is not None:
            _check_expected(fold.panel.seat_of(blinded), venue.id, person)
        sitting = fold.people.persons.get(person)
        if sitting is not None and sitting.ticket != blinded:
            raise RefusedError("seat_taken", field="seat", rule="seat.once")
        if sitting is not None and sitting.kid not in fold.people.rekeys:
            raise RefusedError("second_role_missing", field="seat", rule="key.second_role")
    code = new_code(venue)
    activation = Activation(
        code_hash=code_hash(code),
        person=person,
        role=Role.EXPERT,
        expires_ms=venue.now_ms() + venue.limits.code_ms,
        session=session,
        seat=person,
        ticket=blinded,
        checked_by=operator.person,
    )
    give_code(venue, activation)
    _book(venue, session, person, blinded, status="booked")
    return SeatCode(person, code)


def enrol(venue: Venue, enrolment: Enrolment) -> SignedIn:
    """Turn a code and a key into an account; a seat's code also enters the session's record."""
    activation = find_activation(venue, enrolment.code)
    if activation.session is None:
        return open_account(venue, enrolment)
    return _take_seat(venue, enrolment, activation, activation.session)


def _take_seat(
    venue: Venue, enrolment: Enrolment, activation: Activation, session: str
) -> SignedIn:
    public = check_proof(venue, enrolment, activation)
    account = account_of(venue, enrolment, activation, public)
    with venue.book.reading(session) as fold:
        earlier = fold.people.persons.get(account.person)
    body = enrolment_body(
        account,
        enrolment.proof,
        replaces=earlier.kid if earlier else None,
        seat={"venue": venue.id, "name": activation.seat or account.person},
        ticket=activation.ticket,
        checked_by=activation.checked_by,
    )

    enrolled = {"person": account.person, "role": account.role, "kid": account.kid}
    noted = {**enrolled, "suite": account.suite, "session": session}

    def open_it(tx: Transaction) -> None:
        add_account(tx, account, activation)
        note_within(venue, tx, "key.enrolled", noted)

    say(venue, session, "person.enrolled", body, about=(account.person, account.kid), also=open_it)
    _book(venue, session, account.person, activation.ticket, status="taken")
    return sign_in(venue, account)


def _book(venue: Venue, session: str, seat: str, blinded: str | None, *, status: str) -> None:
    booking = SeatBooking(session, seat, venue.id, status, venue.now_ms(), blinded)
    venue.devices.store.write(lambda tx: tx.put_seat(booking)).result()


def _check_expected(seat: DrawnSeat | None, venue: str, person: str) -> None:
    if seat is None or seat.item.venue != venue:
        raise RefusedError("not_expected", field="blinded", rule="checkin.venue")
    if seat.state is SeatState.CHECKED_IN and seat.person != person:
        raise RefusedError("seat_taken", field="blinded", rule="seat.once")
    if seat.state not in {SeatState.DRAWN, SeatState.ACCEPTED, SeatState.CHECKED_IN}:
        raise RefusedError("not_expected", field="blinded", rule="checkin.state")


def _expected(venue: Venue, seat: DrawnSeat, bars: Bars) -> Expected:
    item = seat.item
    return Expected(
        seat=item.seat,
        blinded=item.blinded,
        discipline=item.discipline,
        state=seat.state,
        person=seat.person,
        identity=_identity(venue, item, bars),
    )


def _identity(venue: Venue, item: DrawnSeatBody, bars: Bars) -> dict[str, object]:
    try:
        plain = age_decrypt(venue.devices.keys.identity, item.for_venue)
        return drawn_identity(plain, item.blinded, bars)
    except (EvidenceError, InputError):
        return {}


def drawn_identity(data: bytes, blinded: str, bars: Bars) -> dict[str, object]:
    """Return the identity in `data`, which main encrypted to this venue for a ticket.

    Raises EvidenceError `other_expert` unless it is the one whose leaf was in the pool: main could
    not know before the draw whom it would have to put in somebody's place. Raises EvidenceError
    `expert_excluded` for one who should have been kept out of the draw.
    """
    document = read_json(data, limit=IDENTITY_LIMIT, field="identity")
    if leaf_of(document).hex() != blinded:
        raise EvidenceError("other_expert", field="identity", detail="is not the drawn one's")
    body = Fields(document, "identity")
    if body.absent("format"):
        return {name: body.members[name] for name in body.members if name not in HIDDEN}
    private = read_private(document)
    reason = exclusion_of(read_identity(document), private, bars)
    if reason != ELIGIBLE:
        raise EvidenceError("expert_excluded", field="identity", rule=reason, detail=reason)
    shown = {name: value for name, value in body.members.items() if name not in HIDDEN}
    return shown | {name: getattr(private, name) for name in PRIVATE}
