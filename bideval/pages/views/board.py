"""The board: venues and their lines, members and how far they are. Never a mark, never a name.

Decided here: what is gathered. Not decided here: the procedure (session).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.pages.views.desk import (
    MemberKey,
    NextMove,
    VenueRow,
    member_keys,
    next_move,
    venue_rows,
)
from bideval.pages.views.faults import pauses_of
from bideval.session.names import ENDED, Phase

if TYPE_CHECKING:
    from bideval.session.panel import Member, NotedAnswer
    from bideval.session.people import Rekey
    from bideval.session.procedure import Pause, Warned
    from bideval.session.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """The supervisor's board: venues, lines, members' progress; never a mark."""

    venues: tuple[BoardVenue, ...]
    move: NextMove | None
    continues: str
    pauses: tuple[Pause, ...]
    warnings: tuple[Warned, ...]
    has_tender: bool
    may_warn: bool
    keys: tuple[MemberKey, ...]
    rekeys: tuple[Rekey, ...]
    answers: tuple[NotedAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMember:
    """One member as the board shows them."""

    id: str
    seat: str
    declared: bool
    chair: bool
    done: int
    items: int
    signed: bool
    confirmed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardVenue:
    """One venue with its members."""

    row: VenueRow
    members: tuple[BoardMember, ...]


def board_view(session: Standing, *, may_warn: bool) -> BoardView:
    """Gather the board."""
    seated = session.panel.seated()
    return BoardView(
        venues=tuple(
            BoardVenue(
                row=row,
                members=tuple(
                    _board_member(session, one) for one in seated if one.venue == row.venue.id
                ),
            )
            for row in venue_rows(session)
        ),
        move=next_move(session),
        continues=session.continues.session if session.continues else "",
        pauses=pauses_of(session),
        warnings=tuple(reversed(session.procedure.warnings)),
        has_tender=session.tender is not None,
        may_warn=may_warn,
        keys=member_keys(session) if may_warn else (),
        rekeys=tuple(session.people.rekeys.values()),
        answers=unwitnessed(session) if may_warn else (),
    )


def unwitnessed(session: Standing, venue: str | None = None) -> tuple[NotedAnswer, ...]:
    """Return the answers that rest on main's word alone, of one venue's seats or of all."""
    if session.phase in ENDED:
        return ()
    answers = session.panel.answers.values()
    return tuple(one for one in answers if one.on_mains_word and venue in {None, one.venue})


def _board_member(session: Standing, member: Member) -> BoardMember:
    scoring = session.procedure.reached(Phase.SCORING)
    done, items = session.progress(member.id) if scoring else (0, 0)
    confirmation = session.results.confirmations.get(member.id)
    person = session.people.persons.get(member.id)
    return BoardMember(
        id=member.id,
        seat=(person.seat if person else None) or "",
        declared=member.declared,
        chair=session.panel.chair == member.id,
        done=done,
        items=items,
        signed=scoring and session.marks.sheet(member.id) is not None,
        confirmed=confirmation.stance.value if confirmation else "",
    )
