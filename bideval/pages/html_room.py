"""How a page of a session is opened: who may enter, what stands around it, what its scripts know.

Decided here: a visitor who is not signed in is sent to the sign-in page; a role that has no such
room is refused; the fold is held still while the view is made, and not longer.
Not decided here: what a page shows (views).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bideval.actions.visitor import Visitor
from bideval.pages.access import brake_person, check_session, may_prove
from bideval.pages.context import Site, site_of, who
from bideval.pages.errors import tell_denied
from bideval.pages.rendering import page
from bideval.pages.views.faults import pause_view, sealed
from bideval.pages.views.frame import (
    ROOMS,
    Frame,
    context_of,
    left_panel,
    lines_down,
    rooms_of,
    steps_of,
)
from bideval.session.names import ENDED
from bideval.session.state import Session
from bideval.terms.errors import RefusedError
from bideval.terms.identifiers import Role

EXPERTS = frozenset({Role.EXPERT})
BEHIND_WORK = dict.fromkeys(("declare", "chair", "responsiveness", "score", "correct"), EXPERTS)
"""Pages that a member reaches from the task list."""


AFTER_LEAVING = frozenset({"work", "score"})
"""What a former member still finds: the news; and the sheet, whose open page has to hear it too."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: its view, more for its scripts, more for its template."""

    view: object
    context: Mapping[str, object] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)


Build = Callable[[Session, Visitor], Shown]


@dataclass(frozen=True, slots=True)
class Door:
    """One request at the door of a page."""

    request: Request
    site: Site
    visitor: Visitor | None

    def show(self, session: str, name: str, build: Build) -> Response:
        """Render the page `name` of a session for this visitor."""
        visitor = self.visitor
        if visitor is None:
            tell_denied(self.request, RefusedError("not_signed_in", rule=f"access.{name}"))
            return to_sign_in(self.request)
        if visitor.role not in roles_of(name):
            raise RefusedError("role_not_allowed", rule=f"access.{name}")
        brake_person(self.request, visitor)
        with self.site.venue.book.reading(session) as fold:
            check_session(fold, visitor)
            if left_panel(fold, visitor.person) is not None and name not in AFTER_LEAVING:
                return RedirectResponse(f"/sessions/{session}/work", status_code=303)
            shown = build(fold, visitor)
            frame = self._frame(fold, visitor, shown.context)
        return page(self.request, name, {"frame": frame, "view": shown.view, **shown.more})

    def _frame(self, fold: Session, visitor: Visitor, more: Mapping[str, object]) -> Frame:
        venue = self.site.venue
        person = fold.people.persons.get(visitor.person)
        base = context_of(fold, visitor, venue.id, self._head(fold))
        left = left_panel(fold, visitor.person)
        rooms = rooms_of(visitor.role, fold.session_id)
        open_yet = fold.phase not in ENDED
        return Frame(
            venue=venue.id,
            venue_name=venue.name,
            demo=self.site.demo,
            person=visitor.person,
            role=visitor.role,
            seat=(person.seat if person else None) or "",
            session=fold.session_id,
            title=fold.title,
            phase=fold.phase,
            pause=pause_view(fold, venue.now_ms()),
            sealed=sealed(fold),
            lines=lines_down(fold, venue.id, self.site.lines_down()) if open_yet else (),
            faulted=venue.devices.store.state == "faulted",
            findings=venue.findings.of(fold.session_id),
            stopped_by=tuple(venue.findings.elsewhere(fold.session_id)),
            may_prove=may_prove(fold, visitor.role, venue.now_ms()),
            left=left,
            steps=steps_of(fold.phase, closed=fold.bidding.closed),
            rooms=tuple(one for one in rooms if left is None or one.name in AFTER_LEAVING),
            context={**base, **more},
        )

    def _head(self, fold: Session) -> dict[str, object] | None:
        """The head that an author has seen; nobody is told it while it would count bids."""
        if not fold.bidding.closed:
            return None
        head = self.site.venue.book.head(fold.session_id)
        return {"size": head.size, "root": head.root.hex()}

    def bare_frame(self) -> Frame:
        """The frame of a page outside sessions."""
        venue, visitor = self.site.venue, self.visitor
        return Frame(
            venue=venue.id,
            venue_name=venue.name,
            demo=self.site.demo,
            person=visitor.person if visitor else "",
            role=visitor.role if visitor else None,
            faulted=venue.devices.store.state == "faulted",
            context={"venue": venue.id, "kid": visitor.kid if visitor else None}
            | ({"actor": visitor.person, "role": visitor.role.value} if visitor else {}),
        )


def roles_of(name: str) -> frozenset[Role]:
    """The roles that may enter a page of a session."""
    if name in BEHIND_WORK:
        return BEHIND_WORK[name]
    return ROOMS[name][1]


def to_sign_in(request: Request) -> RedirectResponse:
    """Send somebody unknown to the sign-in page."""
    return RedirectResponse(f"/?next={quote(request.url.path)}", status_code=303)


async def door_of(request: Request) -> Door:
    """Return the door for this request."""
    return Door(request, site_of(request), await who(request))


TheDoor = Annotated[Door, Depends(door_of)]
