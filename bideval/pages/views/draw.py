"""The draw ceremony: what was fixed before, what came out, how to recompute it.

Decided here: nothing but the order of showing. Nobody's name is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.pages.views.actors import actor_name
from bideval.pages.views.desk import SeatRow, seat_row

if TYPE_CHECKING:
    from bideval.session.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawView:
    """The ceremony: inputs, commitments, seed, tickets."""

    pool_root: str
    pool_count: int
    pool_eligible: int
    commitments: tuple[Commitment, ...]
    seed: str
    seats: tuple[TicketRow, ...]
    may_commit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """One committer: the commitment, and whether it can be opened already."""

    actor: str
    commitment: str
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """One drawn ticket."""

    seat: SeatRow
    ticket: str


def draw_view(session: Standing, person: str) -> DrawView:
    """Gather the ceremony; before there is a tender nobody can commit."""
    panel = session.panel
    committers = session.committers() if session.tender is not None else []
    return DrawView(
        pool_root=panel.pool.root if panel.pool else "",
        pool_count=panel.pool.count if panel.pool else 0,
        pool_eligible=panel.pool.eligible if panel.pool else 0,
        commitments=tuple(_commitment(session, actor) for actor in committers),
        seed=panel.seed or "",
        seats=tuple(
            TicketRow(seat=seat_row(session, seat), ticket=seat.item.ticket)
            for _, seat in sorted(panel.seats.items())
        ),
        may_commit=person in committers and person not in panel.nonces and panel.pool is not None,
    )


def _commitment(session: Standing, actor: str) -> Commitment:
    nonce = session.panel.nonces.get(actor)
    name = actor_name(session, actor)
    if nonce is None:
        return Commitment(actor=name, commitment="", opened=False)
    opened = session.sharing.enough(nonce.seal.recipient)
    return Commitment(actor=name, commitment=nonce.commitment, opened=opened)
