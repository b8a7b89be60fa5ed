"""Who may call which route: one table.

Decided here: roles per route. A route that the table does not name cannot be called by anybody.
Not decided here: what a person may do within a session (the session says), and which files of it
somebody may read (actions.files).
"""

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection

from bideval.actions.visitor import Visitor
from bideval.pages.context import site_of, who, who_in_thread
from bideval.session.standing import Standing
from bideval.terms.errors import RefusedError
from bideval.terms.identifiers import Role

EVERYBODY = frozenset(Role)
"""Whoever is signed in."""

PUBLIC = None
"""Whoever can reach the server, signed in or not."""

OFFICERS = frozenset({Role.OFFICER})
HOSTS = frozenset({Role.OFFICER, Role.OPERATOR})
WATCHERS = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR})
PARTIES = frozenset({Role.OFFICER, Role.BIDDER, Role.SUPERVISOR, Role.OPERATOR})
UPLOADERS = frozenset({Role.OFFICER, Role.BIDDER, Role.OPERATOR})

TABLE: dict[str, frozenset[Role] | None] = {
    "venue": PUBLIC,
    "enrol": PUBLIC,
    "enrol_code": PUBLIC,
    "login_challenge": PUBLIC,
    "login": PUBLIC,
    "logout": PUBLIC,
    "healthz": PUBLIC,
    "me": EVERYBODY,
    "codes": HOSTS,
    "sessions": EVERYBODY,
    "found_session": OFFICERS,
    "join_session": PARTIES,
    "session": EVERYBODY,
    "entries": EVERYBODY,
    "entry": EVERYBODY,
    "put_file": UPLOADERS,
    "get_file": EVERYBODY,
    "bid_file": frozenset({Role.EXPERT}),
    "pool": HOSTS,
    "expected": frozenset({Role.OPERATOR}),
    "check_in": frozenset({Role.OPERATOR}),
    "invitations": HOSTS,
    "printed": HOSTS,
    "bundle": WATCHERS,
    "misbehaviour": WATCHERS | {Role.OPERATOR},
    "report": frozenset(Role) - {Role.BIDDER},
    "receipt": EVERYBODY,
    "kept_receipt": EVERYBODY,
    "live": EVERYBODY,
}
"""Route name to roles; DESIGN section 2."""

VENUE_STAFF = frozenset({Role.OFFICER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR})
"""Who sees the sessions of the venue without being enrolled in each."""


def allow(route: str) -> Callable[[HTTPConnection], Awaitable[Visitor | None]]:
    """Return the dependency that lets the route's roles in and nobody else."""
    roles = TABLE[route]

    async def check(connection: HTTPConnection) -> Visitor | None:
        visitor = await who(connection)
        return visitor if roles is PUBLIC else _admitted(connection, visitor, route)

    return check


def _admitted(connection: HTTPConnection, visitor: Visitor | None, route: str) -> Visitor:
    if visitor is None:
        raise RefusedError("not_signed_in", rule=f"access.{route}")
    if visitor.role not in (TABLE[route] or ()):
        raise RefusedError("role_not_allowed", rule=f"access.{route}")
    brake_person(connection, visitor)
    return visitor


def signed_in(route: str) -> Callable[[HTTPConnection], Awaitable[Visitor]]:
    """As `allow`, for routes that need somebody."""
    check = allow(route)

    async def known(connection: HTTPConnection) -> Visitor:
        visitor = await check(connection)
        if visitor is None:
            raise RefusedError("not_signed_in", rule=f"access.{route}")
        return visitor

    return known


def signed_in_here(connection: HTTPConnection, route: str) -> Visitor:
    """As `signed_in`, for a route that is in a thread already and saves a change of threads."""
    return _admitted(connection, who_in_thread(connection), route)


def brake_person(connection: HTTPConnection, visitor: Visitor, *, acts: int = 1) -> None:
    """Count so many acts of a person; RefusedError `too_many_requests` over the rate."""
    venue = site_of(connection).venue
    name = f"person:{visitor.person}"
    for _ in range(acts):
        if not venue.devices.limiter.allow(name, venue.limits.requests):
            raise RefusedError("too_many_requests", rule="limits.requests")


def check_session(fold: Standing, visitor: Visitor) -> None:
    """Raise RefusedError `unknown_session` for a session that this visitor has no part in.

    The words are those for a session that does not exist, so that asking tells nothing.
    """
    if not takes_part(fold, visitor):
        raise RefusedError("unknown_session", field="session", rule="access.session")


def takes_part(fold: Standing, visitor: Visitor) -> bool:
    """Whether the visitor sees this session at all."""
    if visitor.session is not None:
        return visitor.session == fold.session_id
    person = fold.people.persons.get(visitor.person)
    if person is not None and person.kid == visitor.kid:
        return True
    if visitor.role in VENUE_STAFF:
        return True
    return fold.tender is not None and visitor.role in {Role.BIDDER, Role.SUPERVISOR}


def may_prove(fold: Standing, role: Role, now_ms: int) -> bool:
    """Whether a role gets proofs of misbehaviour; none before the deadline while the box is open.

    A proof names sizes of the record, which would count bids.
    """
    counting = fold.box_is_open() and now_ms < fold.plan.deadline
    return role in (TABLE["misbehaviour"] or ()) and not counting
