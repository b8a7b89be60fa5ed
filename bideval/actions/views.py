"""Sessions as visitors see them: the list, and the view of one.

Decided here: who sees a session without a key in it (the venue's own staff), and what of it.
Not decided here: what people with a key see (session.view).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.ports import Projection
from bideval.session.caseform import corrected_marks
from bideval.session.names import Phase
from bideval.session.tender import tender_document
from bideval.session.unsealing import OpenedMarks, open_marks
from bideval.session.view import view_for
from bideval.terms.identifiers import Role

if TYPE_CHECKING:
    from bideval.actions.venue import Venue
    from bideval.actions.visitor import Visitor
    from bideval.session.state import Session

MARK_READERS = frozenset({Role.OFFICER, Role.EXPERT, Role.SUPERVISOR})
"""Roles whose view shows opened marks after release."""


def session_view(venue: Venue, visitor: Visitor, fold: Session) -> dict[str, object]:
    """Return what the visitor sees of a session that is held still."""
    person = fold.people.persons.get(visitor.person)
    if person is None or person.kid != visitor.kid:
        return outside_view(fold)
    view = view_for(fold, visitor.person, opened=_opened(venue, visitor, fold))
    if view["head"] is not None:
        head = venue.book.head(fold.session_id)
        view["head"] = {"size": head.size, "root": head.root.hex()}
    return view


def outside_view(fold: Session) -> dict[str, object]:
    """Return what somebody without a key in the session sees of it: that it is there."""
    return {
        "session": fold.session_id,
        "title": fold.title,
        "main": fold.main,
        "phase": fold.phase.value,
        "venues": [{"id": one.id, "name": one.name} for one in fold.people.venues.values()],
        "tender": tender_document(fold.tender) if fold.tender else None,
        "me": None,
        "head": None,
    }


def _opened(venue: Venue, visitor: Visitor, fold: Session) -> OpenedMarks | None:
    if visitor.role not in MARK_READERS or not fold.procedure.reached(Phase.RELEASED):
        return None
    return venue.book.derive("marks", fold, opened_marks)


def opened_marks(fold: Session) -> OpenedMarks:
    """Return the marks after release, corrections applied."""
    return corrected_marks(fold, open_marks(fold))


def list_sessions(venue: Venue, visitor: Visitor) -> list[dict[str, object]]:
    """Return the sessions of this venue that the visitor may know of, the last changed first."""
    with venue.devices.store.read() as reader:
        found = reader.projections()
    return [_line(one) for one in found if _knows(visitor, one)]


def _knows(visitor: Visitor, projection: Projection) -> bool:
    if visitor.session is not None:
        return visitor.session == projection.session
    staff = {Role.OFFICER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR}
    return visitor.role in staff or bool(projection.data.get("published"))


def _line(projection: Projection) -> dict[str, object]:
    return {
        "session": projection.session,
        "title": projection.title,
        "phase": projection.phase,
        "main": projection.data.get("main"),
    }


def project(venue: Venue, session: str) -> Projection:
    """Return the cached line of a session, made from its fold."""
    head = venue.book.head(session)
    with venue.book.settled(session) as fold:
        return projection(fold, head.size, head.root.hex(), now_ms=venue.now_ms())


def projection(fold: Session, size: int, root: str, *, now_ms: int) -> Projection:
    """Return the cached line of the record that this fold is of."""
    return Projection(
        session=fold.session_id,
        title=fold.title,
        phase=fold.phase.value,
        size=size,
        root=root,
        updated_ms=now_ms,
        data={"main": fold.main, "published": fold.tender is not None},
    )
