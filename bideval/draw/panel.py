"""Who sits on the panel: the lowest tickets that fill the seats.

Decided here: how tickets meet the seats that a tender asks for, by discipline and by venue (the
off-site share), and who comes next when somebody declines, recuses or falls out.
Not decided here: where the seed comes from (`bideval.draw.tickets`) and who was excluded.

Rule: go through the eligible experts by rising ticket and take each one whose discipline and venue
still have a seat, provided that the rest can still be filled from those that follow. Every party
that has the pool file and the seed finds the same panel (Order 87 art. 48; 198号 art. 12).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from bideval.draw.tickets import ticket
from bideval.terms.errors import InputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Set

    from bideval.draw.pool import PoolRow

MAX_SEATS = 99
"""Seats of one panel: far above the largest committee on record, low enough to stay instant."""

MAX_DISCIPLINES = 8
"""Disciplines of one panel; whether seats can be filled is checked for every set of them."""


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """How many experts are wanted: per discipline and per venue; both sums are equal.

    Raises InputError when a count is negative, the sums differ, or there are no seats or too many.
    """

    disciplines: Mapping[str, int]
    venues: Mapping[str, int]

    def __post_init__(self) -> None:
        for name, counts in (("disciplines", self.disciplines), ("venues", self.venues)):
            if any(count < 0 for count in counts.values()):
                raise InputError("seat_count", field=name, detail="a count is negative")
        if sum(self.disciplines.values()) != sum(self.venues.values()):
            raise InputError(
                "seat_sums", field="venues", detail="seats by venue and by discipline differ"
            )
        if len(self.disciplines) > MAX_DISCIPLINES:
            raise InputError(
                "seat_disciplines", field="disciplines", detail=f"at most {MAX_DISCIPLINES}"
            )
        if not 1 <= self.size <= MAX_SEATS:
            raise InputError("seat_sums", field="venues", detail=f"must be 1 to {MAX_SEATS} seats")

    @property
    def size(self) -> int:
        """The number of seats."""
        return sum(self.venues.values())


@dataclass(frozen=True, slots=True)
class DrawnExpert:
    """A pool row that won a seat, with the 32-byte ticket that won it."""

    row: PoolRow
    ticket: bytes


def draw_panel(rows: Iterable[PoolRow], seed: bytes, plan: SeatPlan) -> tuple[DrawnExpert, ...]:
    """Return the panel, by rising ticket.

    Raises RefusedError `pool_too_small` when the seats cannot all be filled; `field` names the
    discipline or venue that is short.
    """
    queue = _by_ticket(rows, seed)
    supply = Counter(_cell(drawn.row) for drawn in queue)
    wanted = _Seats(dict(plan.disciplines), dict(plan.venues))
    _refuse_shortage(wanted, supply)
    panel: list[DrawnExpert] = []
    hopeless: set[tuple[str, str]] = set()
    for drawn in queue:
        cell = _cell(drawn.row)
        supply[cell] -= 1
        if cell in hopeless or not wanted.free_for(cell):
            continue
        if not wanted.without(cell).can_be_filled(supply):
            hopeless.add(cell)
            continue
        wanted.take(cell)
        hopeless.clear()
        panel.append(drawn)
        if len(panel) == plan.size:
            break
    return tuple(panel)


def next_expert(
    rows: Iterable[PoolRow], seed: bytes, leaving: PoolRow, taken: Set[bytes]
) -> DrawnExpert:
    """Return who follows `leaving`: the next ticket of the same discipline and venue.

    `taken` holds the leaves that were drawn before, whatever became of them. Raises RefusedError
    `pool_exhausted` when nobody is left (198号 art. 17: then select with consent, or form anew).
    """
    cell = _cell(leaving)
    free = (row for row in rows if _cell(row) == cell and row.leaf not in taken)
    queue = _by_ticket(free, seed)
    if not queue:
        raise RefusedError(
            "pool_exhausted",
            field="/".join(cell),
            rule="198号 art. 17",
            detail="nobody of this discipline and venue is left in the pool",
        )
    return queue[0]


def _by_ticket(rows: Iterable[PoolRow], seed: bytes) -> list[DrawnExpert]:
    drawn = (DrawnExpert(row, ticket(seed, row.leaf)) for row in rows if row.eligible)
    return sorted(drawn, key=lambda expert: (expert.ticket, expert.row.leaf))


def _cell(row: PoolRow) -> tuple[str, str]:
    return row.discipline, row.region


@dataclass(slots=True)
class _Seats:
    """The seats that are still free, by discipline and by venue."""

    disciplines: dict[str, int]
    venues: dict[str, int]

    def free_for(self, cell: tuple[str, str]) -> bool:
        """Whether a seat of this discipline and a seat at this venue are free."""
        discipline, venue = cell
        return bool(self.disciplines.get(discipline)) and bool(self.venues.get(venue))

    def take(self, cell: tuple[str, str]) -> None:
        """Give one seat away."""
        self.disciplines[cell[0]] -= 1
        self.venues[cell[1]] -= 1

    def without(self, cell: tuple[str, str]) -> _Seats:
        """Return the seats as they would be after giving one to `cell`."""
        after = _Seats(dict(self.disciplines), dict(self.venues))
        after.take(cell)
        return after

    def can_be_filled(self, supply: Mapping[tuple[str, str], int]) -> bool:
        """Whether `supply` (experts per discipline and venue) could fill every seat.

        Max-flow min-cut on the two sides: a set of disciplines must find its seats among the
        venues, each of which offers at most its seats and at most the supply of that set.
        """
        names = [name for name, count in self.disciplines.items() if count]
        return all(
            sum(self.disciplines[name] for name in chosen) <= self._room_for(chosen, supply)
            for size in range(1, len(names) + 1)
            for chosen in combinations(names, size)
        )

    def _room_for(self, chosen: Sequence[str], supply: Mapping[tuple[str, str], int]) -> int:
        return sum(
            min(seats, sum(supply.get((name, venue), 0) for name in chosen))
            for venue, seats in self.venues.items()
        )


def _refuse_shortage(wanted: _Seats, supply: Mapping[tuple[str, str], int]) -> None:
    if wanted.can_be_filled(supply):
        return
    short = _shortest(wanted, supply)
    raise RefusedError(
        "pool_too_small",
        field=short,
        rule="198号 art. 12",
        detail="the pool cannot fill the seats of this discipline or venue",
    )


def _shortest(wanted: _Seats, supply: Mapping[tuple[str, str], int]) -> str:
    for axis, counts in ((0, wanted.disciplines), (1, wanted.venues)):
        for name, count in sorted(counts.items()):
            if sum(units for cell, units in supply.items() if cell[axis] == name) < count:
                return name
    return "disciplines × venues"
