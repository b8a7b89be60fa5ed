"""Who sits on the panel: the lowest tickets that fill the seats.

Decided here: how tickets meet the seats that a tender asks for, by discipline and by venue (the
off-site share), when a fall-back class may fill a discipline's seat, and who comes next when
somebody declines, recuses or falls out.
Not decided here: where the seed comes from (`tickets`), who was excluded (`exclusions`), and how
seats are counted (`seats`).

Rule: go through the eligible experts by rising ticket and take each one whose class and venue
still have a seat, provided that the rest can still be filled from those that follow. Every party
that has the pool file and the seed finds the same panel (Order 87 art. 48; 198号 art. 12).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from heapq import heapify, heappop
from typing import TYPE_CHECKING

from bideval.draw.seats import Seats, substitutions
from bideval.draw.tickets import Lots
from bideval.terms.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set

    from bideval.draw.pool import PoolRow
    from bideval.draw.seats import Cell, SeatPlan

_TICKET_BYTES = 32
_INDEX_BYTES = 4


@dataclass(frozen=True, slots=True)
class DrawnExpert:
    """A pool row that won a seat, with the 32-byte ticket that won it.

    `stratum` is the discipline whose seat it is where that is not the row's own.
    """

    row: PoolRow
    ticket: bytes
    stratum: str | None = None

    @property
    def discipline(self) -> str:
        """The discipline whose seat this is."""
        return self.stratum or self.row.discipline


def draw_panel(rows: Iterable[PoolRow], seed: bytes, plan: SeatPlan) -> tuple[DrawnExpert, ...]:
    """Return the panel, by rising ticket.

    Raises RefusedError `pool_too_small` when the seats cannot all be filled; `field` names the
    discipline or venue that is short.
    """
    eligible = [row for row in rows if row.eligible]
    supply = Counter(_cell(row) for row in eligible)
    shares = substitutions(plan, supply)
    wanted = Seats.of(shares, plan.venues)
    panel: list[DrawnExpert] = []
    hopeless: set[Cell] = set()
    queue = by_ticket(eligible, seed)
    while len(panel) < plan.size:
        ticket, row = next(queue)
        cell = _cell(row)
        supply[cell] -= 1
        if cell in hopeless or not wanted.free_for(cell):
            continue
        if not wanted.without(cell).can_be_filled(supply):
            hopeless.add(cell)
            continue
        wanted.take(cell)
        hopeless.clear()
        panel.append(DrawnExpert(row, ticket, _stratum(row, shares)))
    return tuple(panel)


def next_expert(
    rows: Iterable[PoolRow],
    seed: bytes,
    leaving: PoolRow,
    taken: Set[bytes],
    *,
    classes: Sequence[str] = (),
) -> DrawnExpert:
    """Return who follows `leaving`: the next ticket of the same venue and of the first class left.

    `classes` are the discipline of the seat and its fall-back classes in their order; without them
    only the leaving expert's own. `taken` holds the leaves that were drawn before, whatever became
    of them. Raises RefusedError `pool_exhausted` when nobody is left (198号 art. 17: then select
    with consent, or form anew).
    """
    classes = classes or (leaving.discipline,)
    free: dict[str, list[PoolRow]] = {name: [] for name in classes}
    for row in rows:
        here = row.eligible and row.region == leaving.region and row.leaf not in taken
        if here and row.discipline in free:
            free[row.discipline].append(row)
    for name in classes:
        for ticket, row in by_ticket(free[name], seed):
            return DrawnExpert(row, ticket, None if name == classes[0] else classes[0])
    raise RefusedError(
        "pool_exhausted",
        field=f"{classes[0]}/{leaving.region}",
        rule="198号 art. 17",
        detail="nobody of this discipline and venue is left in the pool",
    )


def by_ticket(rows: Sequence[PoolRow], seed: bytes) -> Iterator[tuple[bytes, PoolRow]]:
    """Yield every row with its ticket, by rising ticket; equal tickets by rising leaf.

    A heap, because a panel takes a few out of what may be a million.
    """
    lots = Lots(seed)
    queue = [
        lots.ticket(row.leaf, row.weight) + row.leaf + index.to_bytes(_INDEX_BYTES, "big")
        for index, row in enumerate(rows)
    ]
    heapify(queue)
    while queue:
        entry = heappop(queue)
        yield entry[:_TICKET_BYTES], rows[int.from_bytes(entry[-_INDEX_BYTES:], "big")]


def _cell(row: PoolRow) -> Cell:
    return row.discipline, row.region


def _stratum(row: PoolRow, shares: dict[Cell, int]) -> str | None:
    """Take one seat of the row's class: of its own discipline first, then in the plan's order."""
    own = (row.discipline, row.discipline)
    open_seats = [share for share, seats in shares.items() if seats and share[1] == own[1]]
    share = own if shares.get(own) else open_seats[0]
    shares[share] -= 1
    return None if share == own else share[0]
