"""What stands around every page: who, where, the course of the session, the rooms of a role.

Decided here: which rooms a role finds in its menu, how far the course is, what scripts are told.
Not decided here: what a role may do there (access, session).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.pages.names import N_
from bideval.session.names import COURSE, ENDED, Phase
from bideval.terms.identifiers import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.actions.stopping import Finding
    from bideval.actions.visitor import Visitor
    from bideval.pages.views.faults import PauseView, Sealed
    from bideval.session.panel import Member
    from bideval.session.standing import Standing

ROOMS: dict[str, tuple[str, frozenset[Role]]] = {
    "desk": (N_("Procedure desk"), frozenset({Role.OFFICER})),
    "tender": (
        N_("Tender"),
        frozenset({Role.OFFICER, Role.BIDDER, Role.SUPERVISOR, Role.EXPERT}),
    ),
    "seal": (N_("Seal a bid"), frozenset({Role.BIDDER})),
    "work": (N_("My tasks"), frozenset({Role.EXPERT})),
    "checkin": (N_("Check-in"), frozenset({Role.OPERATOR})),
    "board": (N_("Board"), frozenset({Role.SUPERVISOR, Role.OFFICER})),
    "opening": (N_("Opening hall"), frozenset({Role.OFFICER, Role.BIDDER, Role.SUPERVISOR})),
    "draw": (N_("Draw"), frozenset({Role.OFFICER, Role.SUPERVISOR})),
    "result": (N_("Result"), frozenset({Role.OFFICER, Role.EXPERT, Role.SUPERVISOR})),
    "confirm": (N_("Confirmation"), frozenset({Role.EXPERT})),
    "report": (
        N_("Report"),
        frozenset(Role) - {Role.ADMINISTRATOR},
    ),
    "record": (N_("Record"), frozenset({Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR})),
}
"""Rooms of a session in menu order: what each is called and who finds it."""

SHOWN_STEPS = tuple(phase for phase in COURSE if phase not in {Phase.RELEASED, Phase.ARCHIVED})
"""Phases shown in the bar: release happens between scoring and consolidation by itself."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the course: `state` is done, now or todo."""

    phase: Phase
    state: str
    number: int


@dataclass(frozen=True, slots=True)
class Room:
    """One entry of the menu."""

    name: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class LineDown:
    """A line to another venue of the session that is down, and since when."""

    venue: str
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Everything around a page's own content.

    `pause`, `sealed`, `lines` and `left` are what everybody has to see at once: that the session
    stands still, that it ended so that a new panel evaluates again, that another venue cannot be
    reached, that the visitor has left the panel; `faulted` that this venue saves nothing at the
    moment, because its storage or its clock is at fault; `findings` that misbehaviour is proven and
    the session stopped, `stopped_by` that others did so.
    """

    venue: str
    venue_name: str
    demo: bool = False
    person: str = ""
    role: Role | None = None
    seat: str = ""
    session: str = ""
    title: str = ""
    phase: Phase | None = None
    pause: PauseView | None = None
    sealed: Sealed | None = None
    findings: tuple[Finding, ...] = ()
    stopped_by: tuple[str, ...] = ()
    may_prove: bool = False
    lines: tuple[LineDown, ...] = ()
    faulted: bool = False
    left: Member | None = None
    steps: tuple[Step, ...] = ()
    rooms: tuple[Room, ...] = ()
    context: Mapping[str, object] = field(default_factory=dict)


def rooms_of(role: Role, session: str) -> tuple[Room, ...]:
    """The rooms of a role in menu order."""
    return tuple(
        Room(name, title, f"/sessions/{session}/{name}")
        for name, (title, roles) in ROOMS.items()
        if role in roles
    )


def lines_down(session: Standing, venue: str, down: Mapping[str, int]) -> tuple[LineDown, ...]:
    """The lines that matter at a venue: a branch's to main, main's to every branch."""
    people = session.people
    others = [one for one in people.venues.values() if one.id != venue and one.id in down]
    matter = others if venue == people.main else [one for one in others if one.id == people.main]
    return tuple(LineDown(one.name, down[one.id]) for one in matter)


def left_panel(session: Standing, person: str) -> Member | None:
    """A member who is no longer seated; None for everybody else."""
    member = session.panel.members.get(person)
    return member if member is not None and session.panel.member(person) is None else None


def steps_of(phase: Phase, *, closed: bool = False) -> tuple[Step, ...]:
    """The course with what is behind, what is going on and what is ahead.

    Phases say what has been reached, so the step after it is going on, except for the two
    activities, which are going on themselves. Bidding gives way to the opening when the box is
    `closed`.
    """
    if phase in ENDED:
        state = "done" if phase is Phase.ARCHIVED else "todo"
        return tuple(Step(each, state, at) for at, each in enumerate(SHOWN_STEPS, start=1))
    current = Phase.OPENED if closed and phase is Phase.PREPARED else going_on(phase)
    place = COURSE.index(current)
    return tuple(
        Step(each, _state(COURSE.index(each), place), at)
        for at, each in enumerate(SHOWN_STEPS, start=1)
    )


def going_on(phase: Phase) -> Phase:
    """The step that people work on while the session has reached `phase`."""
    if phase in {Phase.RESPONSIVENESS, Phase.SCORING, *ENDED}:
        return phase
    if phase is Phase.PREPARED:
        return Phase.PREPARED
    following = COURSE[COURSE.index(phase) + 1]
    return Phase.REPORTED if following is Phase.ARCHIVED else following


def _state(place: int, now: int) -> str:
    if place == now:
        return "now"
    return "done" if place < now else "todo"


def context_of(
    session: Standing, visitor: Visitor, venue: str, head: Mapping[str, object] | None
) -> dict[str, object]:
    """What scripts need to sign for this visitor in this session; nothing else is in it."""
    person = session.people.persons.get(visitor.person)
    return {
        "session": session.session_id,
        "actor": visitor.person,
        "role": visitor.role.value,
        "kid": person.kid if person else visitor.kid,
        "venue": venue,
        "head": dict(head) if head else None,
        "phase": session.phase.value,
        "paused": session.paused,
    }
