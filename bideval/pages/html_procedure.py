"""Pages of the procedure: desk, tender, sealing, opening hall, draw, check-in, board.

Decided here: which view belongs to which route. Not decided here: what the views hold.
"""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.responses import Response

from bideval.actions.checkin import Expected, expected_experts
from bideval.actions.visitor import Visitor
from bideval.evidence.sealing import Purpose
from bideval.pages.html_room import Shown, TheDoor
from bideval.pages.names import N_
from bideval.pages.views.bids import custody_context, opening_view, seal_view, tender_view
from bideval.pages.views.board import board_view, unwitnessed
from bideval.pages.views.desk import desk_view, discipline_name
from bideval.pages.views.draw import draw_view
from bideval.pages.views.record import criterion_notes
from bideval.pages.views.shares import due_shares
from bideval.session.names import ENDED
from bideval.session.panel import NotedAnswer
from bideval.session.state import Session
from bideval.terms.identifiers import Role

router = APIRouter(include_in_schema=False)


@router.get("/sessions/{session}/desk")
def desk(session: str, door: TheDoor) -> Response:
    def build(fold: Session, visitor: Visitor) -> Shown:
        view = desk_view(fold, door.site.venue.now_ms())
        return Shown(view, more={"shares": due_shares(fold, visitor.person)})

    return door.show(session, "desk", build)


@router.get("/sessions/{session}/tender")
def tender(session: str, door: TheDoor) -> Response:
    def build(fold: Session, visitor: Visitor) -> Shown:
        notes = criterion_notes(fold, door.site.venue.devices.store)
        return Shown(tender_view(fold, notes, may_publish=visitor.role is Role.OFFICER))

    return door.show(session, "tender", build)


@router.get("/sessions/{session}/seal")
def seal(session: str, door: TheDoor) -> Response:
    def build(fold: Session, visitor: Visitor) -> Shown:
        custody = custody_context(fold, Purpose.BID) if fold.tender else None
        view = seal_view(fold, visitor.person, door.site.venue.now_ms())
        return Shown(view, context={"custody": custody})

    return door.show(session, "seal", build)


@router.get("/sessions/{session}/opening")
def opening(session: str, door: TheDoor) -> Response:
    def build(fold: Session, visitor: Visitor) -> Shown:
        view = opening_view(
            fold,
            visitor.person,
            may_object=visitor.role is Role.BIDDER,
            may_answer=visitor.role is Role.OFFICER,
        )
        shares = [one for one in due_shares(fold, visitor.person) if one.purpose is Purpose.BID]
        return Shown(view, more={"shares": shares})

    return door.show(session, "opening", build)


@router.get("/sessions/{session}/draw")
def draw(session: str, door: TheDoor) -> Response:
    def build(fold: Session, visitor: Visitor) -> Shown:
        custody = custody_context(fold, Purpose.NONCE) if fold.tender else None
        shares = [one for one in due_shares(fold, visitor.person) if one.purpose is Purpose.NONCE]
        view = draw_view(fold, visitor.person)
        return Shown(view, context={"nonce_custody": custody}, more={"shares": shares})

    return door.show(session, "draw", build)


@router.get("/sessions/{session}/board")
def board(session: str, door: TheDoor) -> Response:
    def build(fold: Session, visitor: Visitor) -> Shown:
        view = board_view(fold, may_warn=visitor.role is Role.SUPERVISOR)
        return Shown(view, more={"shares": due_shares(fold, visitor.person)})

    return door.show(session, "board", build)


IDENTITY_WORDS = {
    "telephone": N_("Telephone"),
    "phone": N_("Telephone"),
    "employer": N_("Employer"),
    "title": N_("Professional title"),
}
"""What an identity's members are called; what is not here is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRow:
    """One expected expert, as the operator sees them at the door."""

    blinded: str
    discipline: str
    state: str
    person: str
    suggested: str
    identity: dict[str, str]
    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInView:
    """The door of one venue; `open` until the session has ended."""

    open: bool
    expected: tuple[ExpectedRow, ...]
    representatives: bool
    representative_seat: str
    answers: tuple[NotedAnswer, ...]


@router.get("/sessions/{session}/checkin")
def checkin(session: str, door: TheDoor) -> Response:
    venue = door.site.venue

    def build(fold: Session, visitor: Visitor) -> Shown:
        experts = expected_experts(venue, session)
        rows = tuple(_expected(fold, venue.id, one) for one in experts)
        plan = fold.tender.panel if fold.tender else None
        from_purchaser = plan is not None and plan.representatives > 0 and fold.main == venue.id
        return Shown(
            CheckInView(
                open=fold.phase not in ENDED,
                expected=rows,
                representatives=from_purchaser,
                representative_seat=f"{venue.id}-{len(experts) + 1:02}",
                answers=unwitnessed(fold, venue.id) if _may_sign(fold, visitor) else (),
            )
        )

    return door.show(session, "checkin", build)


def _may_sign(fold: Session, visitor: Visitor) -> bool:
    """Whether the visitor's key is in the record, so that the page can offer signing."""
    person = fold.people.persons.get(visitor.person)
    return person is not None and person.kid == visitor.kid


def free_seat(fold: Session, venue: str, number: int) -> str:
    """Suggest a name for a drawn seat: its number, or the next after all who have been here.

    A seat's name is the person's for ever: who comes in a member's place gets another.
    """
    natural = f"{venue}-{number:02}"
    if natural not in fold.people.persons:
        return natural
    taken = [one for one in fold.people.persons if one.startswith(f"{venue}-")]
    after = max(len(fold.panel.seats), len(taken))
    free = (f"{venue}-{at:02}" for at in range(after + 1, 2 * after + 2))
    return next(name for name in free if name not in taken)


def _expected(fold: Session, venue: str, one: Expected) -> ExpectedRow:
    identity = {name: str(value) for name, value in one.identity.items()}
    details = tuple(
        (word, identity[name]) for name, word in IDENTITY_WORDS.items() if identity.get(name)
    )
    return ExpectedRow(
        blinded=one.blinded,
        discipline=discipline_name(fold, one.discipline),
        state=one.state,
        person=one.person or "",
        suggested=free_seat(fold, venue, one.seat),
        identity={"name": identity.get("name", "—")},
        details=details,
    )
