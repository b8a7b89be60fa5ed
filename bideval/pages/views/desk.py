"""The officer's desk: the phase, what is missing, for whom all wait, what may be ordered.

Decided here: how the fold's answers are grouped for reading. Not decided here: any of the answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.pages.views.actors import actor_names
from bideval.pages.views.faults import fault_desk, pause_view, pauses_of, sealed
from bideval.session.names import ENDED, Phase
from bideval.session.phases import MOVES, missing, moves_from, needs_order, next_phase

if TYPE_CHECKING:
    from bideval.pages.views.faults import FaultDesk, PauseView, Sealed
    from bideval.session.panel import DrawnSeat, Member
    from bideval.session.people import Rekey, Venue
    from bideval.session.phases import Missing
    from bideval.session.procedure import Pause, Warned
    from bideval.session.standing import Standing
    from bideval.terms.instants import Instant

BREAKS = frozenset({Phase.FAILED, Phase.RE_FORMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that the next move needs; `waiting_for` are names of actors."""

    name: str
    holds: bool
    waiting_for: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMove:
    """The next move of a session that goes well."""

    to: Phase
    by_order: bool
    ordered: bool
    conditions: tuple[Condition, ...]

    @property
    def ready(self) -> bool:
        """Whether everything but the order is there."""
        return all(condition.holds for condition in self.conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRow:
    """One drawn seat as the officer may see it: by blinded id."""

    number: int
    venue: str
    discipline: str
    blinded: str
    state: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """The whole desk; `may_close` once findings stop the result, as the last thing to do."""

    phase: Phase
    pause: PauseView | None
    faults: FaultDesk | None
    sealed: Sealed | None
    continues: str
    pauses: tuple[Pause, ...]
    move: NextMove | None
    breaks: tuple[Phase, ...]
    may_close: bool
    has_tender: bool
    has_pool: bool
    takes_pool: bool
    pool_count: int
    seats: tuple[SeatRow, ...]
    members: tuple[Member, ...]
    warnings: tuple[Warned, ...]
    venues: tuple[VenueRow, ...]
    keys: tuple[MemberKey, ...]
    rekeys: tuple[Rekey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberKey:
    """A seated member's present key, and whether a second role lets it be replaced."""

    id: str
    kid: str
    allowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRow:
    """One venue of the session: whether it joined, and since when its line is down."""

    venue: Venue
    main: bool
    joined: bool
    absent_since: int | None


def desk_view(session: Standing, now_ms: Instant) -> DeskView:
    """Gather the desk of a session at an instant of this venue's clock."""
    procedure = session.procedure
    return DeskView(
        phase=session.phase,
        pause=pause_view(session, now_ms),
        faults=fault_desk(session),
        sealed=sealed(session),
        continues=session.continues.session if session.continues else "",
        pauses=pauses_of(session),
        move=next_move(session),
        breaks=tuple(to for to in moves_from(session.phase) if to in BREAKS),
        may_close=stuck(session) and not session.paused,
        has_tender=session.tender is not None,
        takes_pool=session.phase is Phase.OPENED,
        has_pool=session.panel.pool is not None,
        pool_count=session.panel.pool.count if session.panel.pool else 0,
        seats=tuple(seat_row(session, seat) for _, seat in sorted(session.panel.seats.items())),
        members=tuple(session.panel.seated()),
        warnings=tuple(reversed(procedure.warnings)),
        venues=venue_rows(session),
        keys=member_keys(session),
        rekeys=tuple(session.people.rekeys.values()),
    )


def member_keys(session: Standing) -> tuple[MemberKey, ...]:
    """Return the keys of the seated members, for who may allow another one."""
    if not session.procedure.reached(Phase.DRAWN) or session.phase in ENDED:
        return ()
    people = session.people
    kids = [(one.id, people.persons[one.id].kid) for one in session.panel.seated()]
    return tuple(MemberKey(id=one, kid=kid, allowed=kid in people.rekeys) for one, kid in kids)


def stuck(session: Standing) -> bool:
    """Whether findings stop the result, so that an officer could archive without one."""
    return session.phase is Phase.RELEASED and not missing(session, Phase.ARCHIVED)


def next_move(session: Standing) -> NextMove | None:
    """The next move with what it needs; None at the end of a session."""
    to = next_phase(session.phase)
    if to is None:
        return None
    lacking = missing(session, to) if session.tender is not None else []
    return NextMove(
        to=to,
        by_order=needs_order(session, to) if session.tender is not None else True,
        ordered=_ordered(session, to),
        conditions=tuple(
            _condition(session, name, lacking) for name in MOVES[session.phase, to].needs
        ),
    )


def _ordered(session: Standing, to: Phase) -> bool:
    order = session.procedure.order()
    return order is not None and order.to is to


def _condition(session: Standing, name: str, lacking: list[Missing]) -> Condition:
    own = [one for one in lacking if one.condition == name]
    waiting = actor_names(session, (actor for one in own for actor in one.waiting_for))
    return Condition(name=name, holds=not own, waiting_for=waiting)


def discipline_name(session: Standing, discipline: str) -> str:
    """What the tender calls a discipline that it draws for."""
    known = session.tender.panel.disciplines if session.tender else ()
    return next((one.name for one in known if one.id == discipline), discipline)


def seat_row(session: Standing, seat: DrawnSeat) -> SeatRow:
    """A seat with its venue and discipline as people call them."""
    venue = session.people.venues.get(seat.item.venue)
    return SeatRow(
        number=seat.item.seat,
        venue=venue.name if venue else seat.item.venue,
        discipline=discipline_name(session, seat.item.discipline),
        blinded=seat.item.blinded,
        state=seat.state.value,
        person=seat.person or "",
    )


def venue_rows(session: Standing) -> tuple[VenueRow, ...]:
    """The venues of a session, main first."""
    people = session.people
    rows = [
        VenueRow(
            venue=venue,
            main=venue.id == people.main,
            joined=venue.id in people.joined,
            absent_since=people.absent.get(venue.id),
        )
        for venue in people.venues.values()
    ]
    return tuple(sorted(rows, key=lambda row: not row.main))
