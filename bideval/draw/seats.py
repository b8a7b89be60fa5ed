"""The seats that a tender asks for, and whether a pool can fill them.

Decided here: what a seat plan may be, how many seats a supply can fill, and which seats go to
fall-back classes when a discipline is short (docs/spec/draw.md, 6).
Not decided here: who gets a seat (`panel`). Tickets play no part here: numbers of experts decide.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from bideval.draw.pool import is_discipline
from bideval.terms.errors import InputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Cell: TypeAlias = tuple[str, str]
"""A class of experts and a venue; in shares: a discipline of the plan and the class that fills."""

MAX_SEATS = 99
"""Seats of one panel: far above the largest committee on record, low enough to stay instant."""

MAX_FALLBACKS = 8
"""Fall-back classes of one discipline."""


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """How many experts are wanted: per discipline and per venue; both sums are equal.

    `fallbacks` lists for a discipline the classes that may fill its seats when it is short, best
    first. Raises InputError when a count is negative, the sums differ, there are no seats or too
    many, or a list of fall-back classes is too long, names a class twice or the discipline itself.
    """

    disciplines: Mapping[str, int]
    venues: Mapping[str, int]
    fallbacks: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, counts in (("disciplines", self.disciplines), ("venues", self.venues)):
            if any(count < 0 for count in counts.values()):
                raise InputError("seat_count", field=name, detail="a count is negative")
        if sum(self.disciplines.values()) != sum(self.venues.values()):
            raise InputError(
                "seat_sums", field="venues", detail="seats by venue and by discipline differ"
            )
        if not 1 <= self.size <= MAX_SEATS:
            raise InputError("seat_sums", field="venues", detail=f"must be 1 to {MAX_SEATS} seats")
        for name in self.fallbacks:
            check_fallbacks(name, self.fallbacks[name], field=f"fallbacks.{name}")

    @property
    def size(self) -> int:
        """The number of seats."""
        return sum(self.venues.values())

    def classes(self, discipline: str) -> tuple[str, ...]:
        """Return the discipline and the classes that may stand in for it, best first."""
        return (discipline, *self.fallbacks.get(discipline, ()))


def check_fallbacks(discipline: str, classes: Sequence[str], *, field: str) -> None:
    """Raise InputError `bad_fallback` unless the classes may stand in for the discipline."""
    known = {discipline, *classes}
    if len(known) != len(classes) + 1 or len(classes) > MAX_FALLBACKS:
        detail = f"must name at most {MAX_FALLBACKS} other classes, each once"
        raise InputError("bad_fallback", field=field, detail=detail)
    if not all(is_discipline(name) for name in classes):
        detail = "must be 1 to 40 Latin letters, digits and hyphens"
        raise InputError("bad_fallback", field=field, detail=detail)


@dataclass(slots=True)
class Seats:
    """The seats that are still free, by class and by venue."""

    classes: dict[str, int]
    venues: dict[str, int]

    @classmethod
    def of(cls, shares: Mapping[Cell, int], venues: Mapping[str, int]) -> Seats:
        """Return all seats of the shares: a class may fill seats of several disciplines."""
        classes: Counter[str] = Counter()
        for (_, name), seats in shares.items():
            classes[name] += seats
        return cls(dict(classes), dict(venues))

    def free_for(self, cell: Cell) -> bool:
        """Whether a seat of this class and a seat at this venue are free."""
        name, venue = cell
        return bool(self.classes.get(name)) and bool(self.venues.get(venue))

    def take(self, cell: Cell) -> None:
        """Give one seat away."""
        self.classes[cell[0]] -= 1
        self.venues[cell[1]] -= 1

    def without(self, cell: Cell) -> Seats:
        """Return the seats as they would be after giving one to `cell`."""
        after = Seats(dict(self.classes), dict(self.venues))
        after.take(cell)
        return after

    def can_be_filled(self, supply: Mapping[Cell, int]) -> bool:
        """Whether `supply` (experts per class and venue) could fill every seat."""
        return self._is_plenty(supply) or self.filled(supply) == sum(self.classes.values())

    def _is_plenty(self, supply: Mapping[Cell, int]) -> bool:
        """Whether every cell could fill all seats that it could be asked for; mostly it can."""
        for name, seats in self.classes.items():
            for venue, room in self.venues.items():
                if supply.get((name, venue), 0) < min(seats, room):
                    return False
        return True

    def filled(self, supply: Mapping[Cell, int]) -> int:
        """Return the largest number of seats that `supply` could fill."""
        flow = _Flow(dict(self.venues), supply)
        return sum(flow.seat_up_to(name, seats) for name, seats in self.classes.items())


class _Flow:
    """Seats handed out one by one, moved to other venues where that makes room for one more."""

    def __init__(self, rooms: dict[str, int], supply: Mapping[Cell, int]) -> None:
        self._rooms = rooms
        self._supply = supply
        self._given: Counter[Cell] = Counter()
        self._names: list[str] = []

    def seat_up_to(self, name: str, seats: int) -> int:
        """Seat as many of a class as go, at most `seats`; return how many did."""
        self._names.append(name)
        for number in range(seats):
            if not self.seat(name, set()):
                return number
        return seats

    def seat(self, name: str, tried: set[str]) -> bool:
        """Seat one more of a class, if need be by moving others; `tried` holds venues."""
        for venue, room in self._rooms.items():
            if venue in tried or self._given[name, venue] >= self._supply.get((name, venue), 0):
                continue
            tried.add(venue)
            if room:
                self._rooms[venue] -= 1
            elif not any(self._moves(other, venue, tried) for other in self._names):
                continue
            self._given[name, venue] += 1
            return True
        return False

    def _moves(self, other: str, venue: str, tried: set[str]) -> bool:
        if not self._given[other, venue] or not self.seat(other, tried):
            return False
        self._given[other, venue] -= 1
        return True


def substitutions(plan: SeatPlan, supply: Mapping[Cell, int]) -> dict[Cell, int]:
    """Return how many seats of each discipline each class fills: its own unless that is short.

    While seats stay empty, the first discipline of the plan and the first of its classes that fill
    one seat more take it over. Raises RefusedError `pool_too_small` when nothing helps.
    """
    shares = {(name, name): seats for name, seats in plan.disciplines.items() if seats}
    while not (wanted := Seats.of(shares, plan.venues)).can_be_filled(supply):
        move = _helping(plan, shares, supply, wanted.filled(supply))
        if move is None:
            raise RefusedError(
                "pool_too_small",
                field=_shortest(wanted, supply),
                rule="198号 art. 12",
                detail="the pool cannot fill the seats of this discipline or venue",
            )
        shares = _moved(shares, move)
    return shares


def _helping(
    plan: SeatPlan, shares: Mapping[Cell, int], supply: Mapping[Cell, int], filled: int
) -> Cell | None:
    moves = (
        (discipline, name)
        for discipline in plan.disciplines
        if shares.get((discipline, discipline))
        for name in plan.classes(discipline)[1:]
    )
    for move in moves:
        if Seats.of(_moved(shares, move), plan.venues).filled(supply) > filled:
            return move
    return None


def _moved(shares: Mapping[Cell, int], move: Cell) -> dict[Cell, int]:
    own = (move[0], move[0])
    return {**shares, own: shares[own] - 1, move: shares.get(move, 0) + 1}


def _shortest(wanted: Seats, supply: Mapping[Cell, int]) -> str:
    for axis, counts in ((0, wanted.classes), (1, wanted.venues)):
        for name, count in sorted(counts.items()):
            if sum(units for cell, units in supply.items() if cell[axis] == name) < count:
                return name
    return "disciplines × venues"
