"""The demonstration page: everybody who has an account at this venue, one press away.

Decided here: how people are grouped, and in which room each begins to look.
Not decided here: that there is such a page at all (app), and signing in (actions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.pages.names import N_
from bideval.session.names import ENDED
from bideval.terms.identifiers import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.actions.venue import Venue
    from bideval.ports import Account
    from bideval.session.standing import Standing

GROUPS = (
    (N_("Procuring side"), (Role.OFFICER,)),
    (N_("Experts"), (Role.EXPERT,)),
    (N_("Bidders"), (Role.BIDDER,)),
    (N_("Venue and supervision"), (Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR)),
)
"""Sides in the order in which visitors ask for them."""

BEGIN = {
    Role.OFFICER: "desk",
    Role.EXPERT: "work",
    Role.BIDDER: "opening",
    Role.OPERATOR: "checkin",
    Role.SUPERVISOR: "board",
    Role.AUDITOR: "record",
}
END = {Role.OFFICER: "report", Role.EXPERT: "result", Role.SUPERVISOR: "record"}
"""Where a role begins to look when its session has ended, if elsewhere."""

NEWCOMERS = {
    **{f"officer-demo-{at}": Role.OFFICER for at in (1, 2, 3)},
    **{f"bidder-demo000{at}": Role.BIDDER for at in (1, 2, 3)},
    "operator-demo": Role.OPERATOR,
    "supervisor-demo": Role.SUPERVISOR,
    "auditor-demo": Role.AUDITOR,
}
"""People whom the page makes on demand, with keys of their own: they can hold another session."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody whom a visitor can be."""

    person: str
    role: Role


@dataclass(frozen=True, slots=True)
class DemoGroup:
    """People of one side."""

    title: str
    people: tuple[DemoPerson, ...]


@dataclass(frozen=True, slots=True)
class DemoView:
    """Everybody there is, and everybody who can come."""

    groups: tuple[DemoGroup, ...]
    newcomers: tuple[DemoPerson, ...]


def demo_view(venue: Venue) -> DemoView:
    """Gather the people of this venue from its accounts."""
    with venue.devices.store.read() as reader:
        accounts = reader.accounts()
    found = sorted({(one.person, one.role) for one in accounts if one.closed_ms is None})
    people = [DemoPerson(person, Role(role)) for person, role in found]
    return DemoView(
        groups=tuple(group for title, roles in GROUPS if (group := _group(title, roles, people))),
        newcomers=tuple(DemoPerson(person, role) for person, role in NEWCOMERS.items()),
    )


def _group(title: str, roles: Sequence[Role], people: Sequence[DemoPerson]) -> DemoGroup | None:
    members = tuple(one for one in people if one.role in roles and one.person not in NEWCOMERS)
    return DemoGroup(title, members) if members else None


def first_page(venue: Venue, account: Account) -> str:
    """Return where somebody begins to look: a session in which that key takes part."""
    role = Role(account.role)
    for name in reversed(venue.book.sessions()):
        with venue.book.reading(name) as fold:
            person = fold.people.persons.get(account.person)
            if role in BEGIN and person is not None and person.kid == account.kid:
                return _room(fold, role)
    return "/"


def _room(fold: Standing, role: Role) -> str:
    ended = END if fold.phase in ENDED else {}
    return f"/sessions/{fold.session_id}/{ended.get(role, BEGIN[role])}"
