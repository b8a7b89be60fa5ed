"""The panel that a tender asks for: seats by discipline and by venue.

Decided here: the shape of `panel` in `bideval-tender/1`. Not decided here: who fills the seats
(`bideval.draw`), and whether the rulebook allows such a panel (`tender`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.draw.pool import is_discipline
from bideval.draw.seats import MAX_FALLBACKS, SeatPlan, check_fallbacks
from bideval.terms.errors import InputError
from bideval.terms.fields import Fields, text

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_MEMBERS = 99
"""Seats of one panel."""

MAX_MINUTES = 24 * 60
"""Minutes that custodians may have for opening."""

TITLE_LIMIT = 300
"""Characters of a title or a name."""


@dataclass(frozen=True, slots=True)
class Discipline:
    """A discipline that experts are drawn for; `fallback` lists who may stand in for it."""

    id: str
    name: str
    members: int
    fallback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VenueSeats:
    """How many experts are drawn for one venue."""

    venue: str
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPlan:
    """The panel wanted: `members` in all, of whom `representatives` come from the purchaser.

    `weighted` lets experts have weights; `answer_minutes` is how long an invited expert may take.
    """

    members: int
    representatives: int
    disciplines: tuple[Discipline, ...]
    seats: tuple[VenueSeats, ...]
    weighted: bool = False
    answer_minutes: int | None = None

    @property
    def drawn(self) -> int:
        """How many are drawn from the pool."""
        return self.members - self.representatives

    @property
    def classes(self) -> frozenset[str]:
        """Every discipline and every class that may stand in for one."""
        names = {name for one in self.disciplines for name in (one.id, *one.fallback)}
        return frozenset(names)

    def seat_plan(self) -> SeatPlan:
        """Return what the draw has to fill."""
        return SeatPlan(
            {one.id: one.members for one in self.disciplines},
            {one.venue: one.members for one in self.seats},
            {one.id: one.fallback for one in self.disciplines if one.fallback},
        )


def parse_panel(body: Fields) -> PanelPlan:
    """Read the `panel` of a tender; raises `InputError` at the exact path."""
    members = body.integer("members", least=1, most=MAX_MEMBERS)
    plan = PanelPlan(
        members=members,
        representatives=body.integer("representatives", most=members),
        disciplines=_disciplines(body),
        seats=_seats(body),
        weighted=not body.absent("weighted") and body.flag("weighted"),
        answer_minutes=body.optional("answer_minutes", lambda name: _minutes(body, name)),
    )
    wanted = plan.drawn
    if sum(discipline.members for discipline in plan.disciplines) != wanted:
        raise _sum_differs(body.at("disciplines"))
    if sum(seats.members for seats in plan.seats) != wanted:
        raise _sum_differs(body.at("seats"))
    return plan


def _minutes(body: Fields, name: str) -> int:
    return body.integer(name, least=1, most=MAX_MINUTES)


def _sum_differs(field: str) -> InputError:
    return InputError("seat_sums", field=field, detail="must sum to members - representatives")


def _disciplines(body: Fields) -> tuple[Discipline, ...]:
    items = body.objects("disciplines", most=MAX_MEMBERS)
    disciplines = tuple(
        Discipline(
            _discipline_id(item),
            item.text("name", limit=TITLE_LIMIT),
            item.integer("members", most=MAX_MEMBERS),
            _fallback(item),
        )
        for item in items
    )
    refuse_twice([discipline.id for discipline in disciplines], items)
    return disciplines


def _discipline_id(item: Fields) -> str:
    """Read an id that the pool can hold, or nobody could ever be drawn for it."""
    name = item.label("id")
    if not is_discipline(name):
        detail = "must be 1 to 40 Latin letters, digits and hyphens"
        raise InputError("bad_discipline_id", field=item.at("id"), detail=detail)
    return name


def _fallback(item: Fields) -> tuple[str, ...]:
    """Read the classes that may stand in; they are words that the pool can hold, each once."""
    if item.absent("fallback"):
        return ()
    classes = tuple(item.items("fallback", _class, least=1, most=MAX_FALLBACKS))
    check_fallbacks(item.label("id"), classes, field=item.at("fallback"))
    return classes


def _class(value: object, field: str) -> str:
    return text(value, field, limit=TITLE_LIMIT)


def _seats(body: Fields) -> tuple[VenueSeats, ...]:
    items = body.objects("seats", most=MAX_MEMBERS)
    seats = tuple(
        VenueSeats(item.venue("venue"), item.integer("members", most=MAX_MEMBERS)) for item in items
    )
    refuse_twice([one.venue for one in seats], items)
    return seats


def refuse_twice(names: Sequence[str], items: Sequence[Fields]) -> None:
    """Raise InputError `duplicate_id` at the first item whose name another one has."""
    seen: set[str] = set()
    for name, item in zip(names, items, strict=True):
        if name in seen:
            raise InputError("duplicate_id", field=item.path)
        seen.add(name)


def panel_document(plan: PanelPlan) -> dict[str, object]:
    """Write a plan as it stands in a tender; what is not used is left out."""
    document: dict[str, object] = {
        "members": plan.members,
        "representatives": plan.representatives,
        "disciplines": [_discipline_document(one) for one in plan.disciplines],
        "seats": [{"venue": one.venue, "members": one.members} for one in plan.seats],
    }
    if plan.weighted:
        document["weighted"] = True
    if plan.answer_minutes is not None:
        document["answer_minutes"] = plan.answer_minutes
    return document


def _discipline_document(one: Discipline) -> dict[str, object]:
    document: dict[str, object] = {"id": one.id, "name": one.name, "members": one.members}
    return {**document, "fallback": list(one.fallback)} if one.fallback else document
