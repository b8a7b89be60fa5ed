"""The panel: pool, nonces, drawn seats, members, declarations, the chair.

Decided here: who sits where and whose entries count, and how the ballots for the chair come out.
Not decided here: whether the draw is right (`bideval.draw`), and when each act is allowed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bideval.session.names import MemberState, SeatState

if TYPE_CHECKING:
    from bideval.session.bodies.panel import (
        Answer,
        DrawnSeatBody,
        NonceSealed,
        PoolSealed,
        ReplacementGround,
        SealedNames,
    )
    from bideval.terms.instants import Instant

NONCE_TRIES = 3
"""Nonces that one committer may seal; whoever loses them all keeps the session from its draw."""

FILLED = frozenset({SeatState.DRAWN, SeatState.ACCEPTED, SeatState.CHECKED_IN})
"""Seats that have somebody, as far as anybody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSeat:
    """A drawn seat and its present ticket; `invited_at` is when the ticket was written down."""

    item: DrawnSeatBody
    invited_at: Instant = 0
    state: SeatState = SeatState.DRAWN
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An expert who checked in; `seat` is the drawn seat, None for a purchaser's representative."""

    id: str
    venue: str
    seat: int | None
    discipline: str | None
    position: int
    state: MemberState = MemberState.SEATED
    declared: bool = False
    ground: ReplacementGround | None = None
    reason: str = ""
    left_at: int | None = None
    replaced_by: str | None = None

    @property
    def representative(self) -> bool:
        """Whether the purchaser sent this member; such a member is never the chair."""
        return self.seat is None

    @property
    def counts(self) -> bool:
        """Whether this member's opinions count now."""
        return self.state is MemberState.SEATED and self.declared


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One vote for the chair."""

    round: int
    voter: str
    candidate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedAnswer:
    """An answer to an invitation as main noted it, and who beside main heard it."""

    entry: str
    blinded: str
    venue: str
    answer: Answer
    witness: str | None = None
    how: str = ""
    independent: bool = False

    @property
    def on_mains_word(self) -> bool:
        """Whether nobody but main says that an expert who was drawn does not come."""
        return self.answer.value != "accepted" and not self.independent


@dataclass(slots=True)
class Panel:
    """Seats by number, members by person id; `spoilt` names the committers of lost nonces."""

    pool: PoolSealed | None = None
    nonces: dict[str, NonceSealed] = field(default_factory=dict)
    spoilt: list[str] = field(default_factory=list)
    seed: str | None = None
    seats: dict[int, DrawnSeat] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    names: list[SealedNames] = field(default_factory=list)
    answers: dict[str, NotedAnswer] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    ballots: list[Ballot] = field(default_factory=list)
    round: int = 1
    chair: str | None = None

    @property
    def drawn(self) -> bool:
        """Whether the draw has been computed."""
        return self.seed is not None

    def seated(self) -> list[Member]:
        """Return the members on a seat now, in seat order; representatives last."""
        members = [one for one in self.members.values() if one.state is MemberState.SEATED]
        return sorted(members, key=lambda one: (one.seat is None, one.seat or 0, one.position))

    def counting(self) -> list[Member]:
        """Return the members whose opinions count now."""
        return [member for member in self.seated() if member.counts]

    def member(self, person: str) -> Member | None:
        """Return the member that is seated under this id, or None."""
        member = self.members.get(person)
        return member if member and member.state is MemberState.SEATED else None

    def seat_of(self, blinded: str) -> DrawnSeat | None:
        """Return the seat whose present ticket this blinded expert holds."""
        found = (seat for seat in self.seats.values() if seat.item.blinded == blinded)
        return next(found, None)

    def spoil_nonce(self, actor: str, recipient: str) -> None:
        """Take out a nonce whose seal cannot open, if it is the present one."""
        nonce = self.nonces.get(actor)
        if nonce is not None and nonce.seal.recipient == recipient:
            del self.nonces[actor]
            self.spoilt.append(actor)

    def may_commit(self, actor: str) -> bool:
        """Return whether a committer who has no nonce may seal one: not after three lost ones."""
        return self.spoilt.count(actor) < NONCE_TRIES

    def fill(self, item: DrawnSeatBody, *, at: Instant) -> None:
        """Give a seat to a drawn ticket."""
        self.seats[item.seat] = DrawnSeat(item=item, invited_at=at)
        self.spent.add(item.blinded)

    def answer(self, seat: DrawnSeat, answer: Answer, entry: str) -> None:
        """Take the answer to an invitation."""
        self.answers[entry] = NotedAnswer(
            entry=entry, blinded=seat.item.blinded, venue=seat.item.venue, answer=answer
        )
        self.seats[seat.item.seat] = replace(seat, state=SeatState(answer.value))

    def check_in(self, member: Member) -> None:
        """Seat a member; a predecessor who has no successor yet gets this one."""
        self.members[member.id] = member
        self._succeed(member)
        if member.seat is not None:
            seat = self.seats[member.seat]
            self.seats[member.seat] = replace(seat, state=SeatState.CHECKED_IN, person=member.id)

    def _succeed(self, newcomer: Member) -> None:
        for gone in self.members.values():
            open_end = gone.state is not MemberState.SEATED and gone.replaced_by is None
            if open_end and gone.seat == newcomer.seat:
                self.members[gone.id] = replace(gone, replaced_by=newcomer.id)
                return

    def vacate(
        self, person: str, *, state: MemberState, ground: ReplacementGround, reason: str, at: int
    ) -> None:
        """Take a member off the seat; the opinions stay in the record and count no more."""
        member = self.members[person]
        self.members[person] = replace(
            member, state=state, ground=ground, reason=reason, left_at=at
        )
        if member.seat is not None:
            seat = self.seats[member.seat]
            self.seats[member.seat] = replace(seat, state=SeatState.VACATED)
        if self.chair == person:
            self.chair, self.round = None, self.round + 1

    def declare(self, person: str) -> None:
        """Note that a member accepted the discipline and has nothing to withdraw for."""
        self.members[person] = replace(self.members[person], declared=True)

    def votes(self, round_: int) -> dict[str, str]:
        """Return the votes that count in a round: voter to candidate."""
        electors = {member.id for member in self.counting()}
        return {
            ballot.voter: ballot.candidate
            for ballot in self.ballots
            if ballot.round == round_ and {ballot.voter, ballot.candidate} <= electors
        }

    def settle_chair(self, seats: int) -> None:
        """Elect the chair once all `seats` have voted in this round; a tie opens the next round."""
        votes = self.votes(self.round)
        if self.chair is not None or not votes or len(votes) < seats:
            return
        (best, most), *others = Counter(votes.values()).most_common()
        if others and others[0][1] == most:
            self.round += 1
        else:
            self.chair = best
