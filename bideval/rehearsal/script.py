"""What everybody does in a rehearsed session, worked out from a case before it begins.

Decided here: who sits where, who follows whom on a seat, which words of the case are which in the
session (members have seat names there, bids have ids of their own), and the way back.
Not decided here: when it is done (`meeting`), and how (`autopilot`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.scoring.case import MemberStatus
from bideval.terms.decimals import plain
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from bideval.scoring.case import Case

DISCIPLINE = "rehearsal"
LOT = "1"
TITLE_LENGTH = 200
"""Characters of a session's title."""
UNRESPONSIVE = "R1"
"""The requirement that a bid which the case calls invalid is said to fail."""

Marks = dict[str, dict[str, str | None]]
"""Marks by bid id of the session and criterion."""


@dataclass(frozen=True, slots=True)
class SeatScript:
    """A seat: its venue, and the case's members who sit on it one after another."""

    venue: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseScript:
    """A case made ready for a session.

    `bid_ids` and `criterion_ids` map the case's ids to the session's, `marks` holds each member's
    sheet in the session's words, `unresponsive` the session's bids that every member rejects.
    """

    title: str
    seats: tuple[SeatScript, ...]
    bid_ids: Mapping[str, str]
    criterion_ids: Mapping[str, str]
    marks: Mapping[str, Marks]
    unresponsive: frozenset[str]
    signed: frozenset[str]
    places: dict[str, str] = field(default_factory=dict)
    """Where each member of the case came to sit: person id in the session."""

    def member_at(self, person: str) -> str:
        """Return the case's member who has this person id in the session."""
        return next(member for member, place in self.places.items() if place == person)


def make_script(case: Case, venues: Sequence[str]) -> CaseScript:
    """Spread the members over the venues and translate the sheets.

    Raises InputError when no member is seated: then there is nobody to hold the meeting.
    """
    chains = _seat_chains(case)
    seats = [SeatScript(venues[number % len(venues)], chain) for number, chain in enumerate(chains)]
    bid_ids = {bid.id: f"bid-{number:03d}" for number, bid in enumerate(case.bids, start=1)}
    criteria = enumerate(case.method.criteria, start=1)
    criterion_ids = {criterion.id: f"c{number:02d}" for number, criterion in criteria}
    return CaseScript(
        title=_title(case.title),
        seats=tuple(seats),
        bid_ids=bid_ids,
        criterion_ids=criterion_ids,
        marks=_marks(case, bid_ids, criterion_ids),
        unresponsive=frozenset(bid_ids[bid.id] for bid in case.bids if not bid.valid),
        signed=frozenset(sheet.member for sheet in case.scoresheets),
    )


def _seat_chains(case: Case) -> list[tuple[str, ...]]:
    """Return for every seat the members who held it; the last one is the one that counts."""
    chains = {
        member.id: [member.id] for member in case.members if member.status is MemberStatus.SEATED
    }
    if not chains:
        raise InputError(
            "no_panel", field="members", detail="nobody is seated: nothing to rehearse"
        )
    followers = {member.id: member.replaced_by for member in case.members}
    free = [seat for seat in reversed(chains) if seat not in followers.values()]
    for member in case.members:
        if member.status is MemberStatus.SEATED:
            continue
        seat = _seat_of(member.id, followers, chains)
        if seat is None:
            seat = free.pop(0) if free else next(iter(chains))
        chain, heir = chains[seat], followers[member.id]
        chain.insert(chain.index(heir) if heir in chain else 0, member.id)
    return [tuple(chain) for chain in chains.values()]


def _seat_of(
    member: str, followers: Mapping[str, str | None], chains: Mapping[str, object]
) -> str | None:
    seen = {member}
    heir = followers[member]
    while heir is not None and heir not in chains and heir not in seen:
        seen.add(heir)
        heir = followers.get(heir)
    return heir if heir in chains else None


def _title(text: str) -> str:
    """Return the case's title as a session takes it: one line, not blank, not too long."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line[:TITLE_LENGTH].strip() or "rehearsal"


def _marks(
    case: Case, bid_ids: Mapping[str, str], criterion_ids: Mapping[str, str]
) -> dict[str, Marks]:
    return {
        sheet.member: {
            bid_ids[bid.id]: {
                session: _text(sheet.mark(bid.id, criterion))
                for criterion, session in criterion_ids.items()
            }
            for bid in case.bids
        }
        for sheet in case.scoresheets
    }


def _text(mark: Decimal | None) -> str | None:
    return None if mark is None else plain(mark)


def result_in_words_of_case(
    script: CaseScript, result: Mapping[str, object], case: Case
) -> dict[str, object]:
    """Return a session's result document with the case's own ids, in the case's order."""
    bids = {session: name for name, session in script.bid_ids.items()}
    lines = _objects(result["bids"])
    ranked = {bids[name]: line for name, line in lines.items()}
    order = [bid.id for bid in case.bids]
    candidates = [bids[name] for name in _texts(result["candidates"])]
    candidates.sort(key=lambda name: (ranked[name].get("rank") or 0, order.index(name)))
    return {
        **result,
        "bids": {name: ranked[name] for name in order if name in ranked},
        "candidates": candidates,
        "findings": [_finding(script, bids, one) for one in _list(result["findings"])],
    }


def _finding(
    script: CaseScript, bids: Mapping[str, str], finding: Mapping[str, object]
) -> dict[str, object]:
    words = dict(finding)
    if "bid" in words:
        words["bid"] = bids[str(words["bid"])]
    if "criterion" in words:
        criteria = {session: name for name, session in script.criterion_ids.items()}
        words["criterion"] = criteria[str(words["criterion"])]
    if "member" in words:
        words["member"] = script.member_at(str(words["member"]))
    return words


def _objects(value: object) -> dict[str, dict[str, object]]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return value if isinstance(value, list) else []
