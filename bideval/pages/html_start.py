"""Pages outside sessions: sign-in and my sessions, enrolment, seat check, language, demonstration.

Decided here: routes and the list of sessions. Not decided here: signing in itself (api_people).
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import RedirectResponse, Response

from bideval.actions.accounts import invite
from bideval.actions.visitor import Visitor
from bideval.pages.access import takes_part
from bideval.pages.context import Body, TheSite, json_body
from bideval.pages.html_room import Door, TheDoor
from bideval.pages.language import COOKIE, COOKIE_SECONDS, LANGUAGES
from bideval.pages.rendering import page
from bideval.pages.views.demo import NEWCOMERS, demo_view
from bideval.pages.views.frame import rooms_of
from bideval.pages.views.panel import next_task
from bideval.scoring.rulebooks import CURRENT
from bideval.session.names import Phase
from bideval.session.state import Session
from bideval.terms.errors import RefusedError
from bideval.terms.identifiers import Role

router = APIRouter(include_in_schema=False)

JOINING = frozenset({Role.OFFICER, Role.BIDDER, Role.SUPERVISOR, Role.OPERATOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One session in the list."""

    id: str
    title: str
    phase: Phase
    url: str
    next: str
    joined: bool
    may_join: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedSession:
    """A session that a new panel evaluates again, for the form that begins its successor."""

    id: str
    title: str
    rulebook: str
    successor: str
    branches: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    """The sessions of a visitor, and what an officer needs to begin one."""

    sessions: tuple[SessionRow, ...]
    may_found: bool
    may_join: bool
    rulebooks: tuple[str, ...]
    after: EndedSession | None
    peers: tuple[str, ...]


@router.get("/")
def home(door: TheDoor, after: Annotated[str, Query(max_length=64)] = "") -> Response:
    venue, visitor = door.site.venue, door.visitor
    rows: tuple[SessionRow, ...] = ()
    if visitor is not None:
        rows = tuple(row for name in venue.book.sessions() if (row := _row(door, visitor, name)))
    view = HomeView(
        sessions=rows,
        may_found=visitor is not None and visitor.role is Role.OFFICER,
        may_join=visitor is not None and visitor.role in JOINING,
        rulebooks=tuple(book.id for book in CURRENT),
        after=_ended(door, visitor, after) if visitor is not None and after else None,
        peers=tuple(venue.peers),
    )
    return page(door.request, "home", {"frame": door.bare_frame(), "view": view})


def _ended(door: Door, visitor: Visitor, name: str) -> EndedSession | None:
    """Return the ended session that a new one continues, if the visitor took part in it."""
    if name not in door.site.venue.book.sessions():
        return None
    with door.site.venue.book.reading(name) as fold:
        successor = fold.procedure.successor()
        if successor is None or not takes_part(fold, visitor):
            return None
        return EndedSession(
            id=name,
            title=fold.title,
            rulebook=fold.rulebook.id,
            successor=successor,
            branches=tuple(one for one in fold.people.venues if one != door.site.venue.id),
        )


def _row(door: Door, visitor: Visitor, name: str) -> SessionRow | None:
    with door.site.venue.book.reading(name) as fold:
        if not takes_part(fold, visitor):
            return None
        return _session_row(fold, visitor)


def _session_row(fold: Session, visitor: Visitor) -> SessionRow:
    person = fold.people.persons.get(visitor.person)
    joined = person is not None and person.kid == visitor.kid
    rooms = rooms_of(visitor.role, fold.session_id)
    return SessionRow(
        id=fold.session_id,
        title=fold.title,
        phase=fold.phase,
        url=rooms[0].url if rooms else "/",
        next=next_task(fold, visitor.person) if joined else "",
        joined=joined or visitor.role not in JOINING,
        may_join=not joined and visitor.role in JOINING,
    )


@router.get("/enrol")
def enrol(door: TheDoor) -> Response:
    return page(door.request, "enrol", {"frame": door.bare_frame(), "view": None})


@router.get("/seat-check")
def seat_check(door: TheDoor) -> Response:
    return page(door.request, "seat_check", {"frame": door.bare_frame(), "view": None})


@router.get("/lang/{language}")
def choose_language(
    language: str, site: TheSite, back: Annotated[str, Query(max_length=300)] = "/"
) -> Response:
    """Remember a language and go back; only to a page of this server."""
    if language not in LANGUAGES:
        raise RefusedError("not_found")
    own = back.startswith("/") and not back.startswith(("//", "/\\"))
    response = RedirectResponse(back if own else "/", status_code=303)
    response.set_cookie(
        COOKIE, language, max_age=COOKIE_SECONDS, path="/", secure=site.secure, samesite="strict"
    )
    return response


class DemoBody(Body):
    person: str


@router.get("/demo")
def demo(door: TheDoor) -> Response:
    _only_in_demonstrations(door.site.demo)
    view = demo_view(door.site.venue)
    return page(door.request, "demo", {"frame": door.bare_frame(), "view": view})


@router.post("/demo/code", status_code=201)
def demo_code(
    site: TheSite, body: Annotated[DemoBody, Depends(json_body(DemoBody))]
) -> dict[str, str]:
    """Give a code for one of the demonstration's newcomers; there are none elsewhere."""
    _only_in_demonstrations(site.demo)
    role = NEWCOMERS.get(body.person)
    if role is None:
        raise RefusedError("not_found", field="person")
    return {"code": invite(site.venue, body.person, role)}


def _only_in_demonstrations(demo: bool) -> None:  # noqa: FBT001  # a setting, passed on
    if not demo:
        raise RefusedError("not_found")
