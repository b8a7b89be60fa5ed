"""A case as a meeting: the tender, the bids, the pool and the play that give exactly its result.

Decided here: how a case on paper becomes a session whose record must lead to the same numbers.
Not decided here: how the session is held (`meeting`).
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from bideval.draw.room import cell_bytes, room_for
from bideval.opening.sheet import BidderSize, OpeningSheet
from bideval.rehearsal.meeting import SUPERVISOR, BidPlan
from bideval.rehearsal.script import DISCIPLINE, LOT, UNRESPONSIVE
from bideval.scoring.method import method_document
from bideval.session.caseform import compares_prices
from bideval.terms.decimals import plain
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bideval.rehearsal.autopilot import Task
    from bideval.rehearsal.client import View
    from bideval.rehearsal.script import CaseScript
    from bideval.scoring.case import Case

OFFICERS = 3
OPENING_THRESHOLD = 2
RESERVE = 2
"""Experts per venue beyond those who will sit: a pool is never just as large as the panel."""


def check_case(case: Case, script: CaseScript, venues: int) -> None:
    """Refuse, before a server starts, a case that may stand on paper but in no session.

    Raises `InputError` at the case's field: a price of zero where prices are compared (such a bid
    is given up instead of opened), a ceiling of zero, a panel whose draw does not fit into an entry
    (docs/spec/draw.md 3).
    """
    if case.tender.ceiling == 0:
        detail = "must be above 0 for a session"
        raise InputError("out_of_bounds", field="tender.ceiling", detail=detail)
    for index, bid in enumerate(case.bids):
        if bid.price == 0 and compares_prices(case.method):
            detail = "must be above 0 for a session that compares prices"
            raise InputError("out_of_bounds", field=f"bids[{index}].price", detail=detail)
    rows = csv.DictReader(io.StringIO(pool_of(script)))
    cells = sorted(cell_bytes(defaultdict(str, row)) for row in rows)[-len(script.seats) :]
    if sum(cells) > room_for(len(script.seats), venues + 1):
        detail = f"{len(script.seats)} seats are more than one draw of a session holds"
        raise InputError("too_many", field="members", detail=detail)


def tender_of(case: Case, script: CaseScript, venues: Sequence[str]) -> dict[str, Any]:
    """Return the tender (without its deadline) under which the case is evaluated."""
    seats = Counter(seat.venue for seat in script.seats)
    officers = [f"officer-{number}" for number in range(1, OFFICERS + 1)]
    authorities = [*(f"venue/{venue}" for venue in venues), SUPERVISOR]
    sealed = {"threshold": len(authorities) // 2 + 1, "custodians": authorities}
    ceiling = case.tender.ceiling
    return {
        "format": "bideval-tender/1",
        "number": "REHEARSAL",
        "title": script.title,
        "procuring_entity": "rehearsal",
        "agent": "",
        "category": case.tender.category,
        "budget": None,
        "ceiling": None if ceiling is None else plain(ceiling),
        "lots": [{"id": LOT, "title": script.title}],
        "method": _method(case, script),
        "requirements": [{"id": UNRESPONSIVE, "clause": "", "text": "valid in the case"}],
        "documents": [],
        "panel": {
            "members": len(script.seats),
            "representatives": 0,
            "disciplines": [{"id": DISCIPLINE, "name": DISCIPLINE, "members": len(script.seats)}],
            "seats": [{"venue": venue, "members": count} for venue, count in seats.items()],
        },
        "custody": {
            "bids": {"threshold": OPENING_THRESHOLD, "custodians": officers},
            "marks": sealed,
            "identities": sealed,
            "nonces": sealed,
        },
        "decryption_minutes": 30,
    }


def _method(case: Case, script: CaseScript) -> dict[str, Any]:
    """Return the case's method with criteria that have short ids, whatever the case calls them."""
    document = method_document(case.method)
    criteria: Any = document.get("criteria") or []
    renamed = [{**one, "id": script.criterion_ids[one["id"]]} for one in criteria]
    return {**document, "criteria": renamed} if renamed else document


def bids_of(case: Case, script: CaseScript) -> list[BidPlan]:
    """Return the bids to seal, in the order of the case."""
    return [
        BidPlan(
            id=script.bid_ids[bid.id],
            lot=LOT,
            sheet=OpeningSheet(
                bidder_name=script.bid_ids[bid.id],
                price=bid.price,
                size=BidderSize(bid.size.value),
                small_share_percent=bid.small_share_percent,
                brand=None,
                duration="-",
                remarks="",
            ),
        )
        for bid in case.bids
    ]


def pool_of(script: CaseScript) -> str:
    """Return a pool table that is large enough for every seat and every replacement."""
    wanted = Counter({seat.venue: RESERVE for seat in script.seats})
    wanted.update({seat.venue: 0 for seat in script.seats})
    for seat in script.seats:
        wanted[seat.venue] += len(seat.members)
    rows = ["name,id_tail,discipline,venue"]
    for venue, count in wanted.items():
        rows += [f"expert {venue} {n},{n:06d},{DISCIPLINE},{venue}" for n in range(count)]
    return "\n".join([*rows, ""])


class CasePlay:
    """The people of a case: they say what the case says, no more."""

    def __init__(self, script: CaseScript) -> None:
        self.script = script
        self._chains: dict[int, list[str]] = {}
        self._free = {seat: list(seat.members) for seat in script.seats}
        self._begun = False
        self._members: dict[str, str] = {}
        """Who has sat down so far; a view may show a person a moment before."""
        self._staying = {seat.members[-1] for seat in script.seats}
        self._signing = script.signed - self._keeping_open()

    def _keeping_open(self) -> set[str]:
        """Return who signs no sheet, so that the last one is not in before everybody was replaced.

        Those who stay wait for all the others. Where no seat has such a one from the beginning, the
        first seat has no sheet before its last member comes: a void one changes nothing.
        """
        if any(len(seat.members) == 1 for seat in self.script.seats):
            return set()
        return set(self.script.seats[0].members[:-1])

    def take_seat(self, seat: int, venue: str, person: str) -> None:
        """Give the next member of the seat's chain to the person."""
        if seat not in self._chains:
            chosen = next(one for one in self._free if one.venue == venue)
            self._chains[seat] = self._free.pop(chosen)
        member = self._chains[seat].pop(0)
        self._members[person] = member
        self.script.places[member] = person

    def answer(self, _seat: Mapping[str, Any]) -> str:
        """Everybody comes."""
        return "accepted"

    def begin(self) -> None:
        """Let scoring begin."""
        self._begun = True

    def wants(self, person: str, task: Task, view: View) -> bool:
        """Sign only when scoring may begin, those who leave first, the others once all stay.

        Otherwise the last sheet might be in before a member is replaced, and scoring be closed.
        Who leaves without a sheet in the case signs none.
        """
        if task["task"] != "sign_sheet":
            return True
        if not self._begun or any(one["verdict"] is None for one in view["responsiveness"]):
            return False
        if self._leaves(person):
            return self._signs(person)
        seated = [one["person"] for one in view["panel"]["members"] if one["state"] == "seated"]
        return {self._members.get(one) for one in seated} == self._staying

    def chair(self, view: View) -> str:
        """Everybody votes for the first member who has declared, rather for one who stays."""
        seated = [one for one in view["panel"]["members"] if one["state"] == "seated"]
        ready = [one for one in seated if one["declared"]] or seated
        people = [str(one["person"]) for one in ready]
        return min(people, key=lambda person: (self._leaves(person), person))

    def vote(self, _person: str, bid: dict[str, Any]) -> tuple[str, str | None, str]:
        """Reject the bids that the case calls invalid."""
        if bid["bid"] in self.script.unresponsive:
            return "unresponsive", UNRESPONSIVE, "invalid in the case"
        return "responsive", None, ""

    def marks(self, person: str, view: View) -> dict[str, dict[str, str | None]]:
        """Return the sheet of the case, for the bids that are evaluated."""
        sheet = self.script.marks.get(self._members[person], {})
        open_bids = {one["bid"] for one in view["responsiveness"] if one["verdict"] == "responsive"}
        return {bid: row for bid, row in sheet.items() if bid in open_bids}

    def correction(self, _person: str, _finding: dict[str, Any]) -> tuple[str, str, str] | None:
        """Findings of a case stand."""
        return None

    def stance(self, _person: str, _view: View) -> tuple[str, str] | None:
        """Everybody agrees."""
        return "agree", ""

    def leaving(self, view: View) -> list[tuple[str, str, str]]:
        """Take off whoever is replaced in the case, once the sheet that will be void is signed."""
        return [
            (one["person"], "absent", "replaced in the case")
            for one in view["panel"]["members"]
            if one["state"] == "seated"
            and self._leaves(one["person"])
            and (one["done"] or not self._signs(one["person"]))
        ]

    def _leaves(self, person: str) -> bool:
        return self._members.get(person, "") not in {"", *self._staying}

    def _signs(self, person: str) -> bool:
        return self._members[person] in self._signing
