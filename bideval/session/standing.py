"""Where a session stands: the parts of the fold together, and what follows from several of them.

Decided here: which bids are evaluated, which members count, whose shares and marks are awaited.
Not decided here: which entries count (`bideval.session.state`) and which moves exist (`phases`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from bideval.evidence.sealing import Custodian, Purpose
from bideval.scoring.rulebooks import counted_bidders
from bideval.session.bidding import Bidding
from bideval.session.bodies.marks import Verdict
from bideval.session.marks import Marks
from bideval.session.opinions import Opinions
from bideval.session.panel import Panel
from bideval.session.people import People
from bideval.session.procedure import Procedure
from bideval.session.results import Results
from bideval.session.sharing import Sharing
from bideval.terms.errors import FaultError
from bideval.terms.identifiers import Role, acting_venue, venue_actor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bideval.scoring.rulebooks import Rulebook
    from bideval.session.bidding import Bid
    from bideval.session.bodies.people import Continued
    from bideval.session.names import Phase
    from bideval.session.panel import DrawnSeat
    from bideval.session.people import Person
    from bideval.session.rulebook import MeetingRules
    from bideval.session.tender import Lot, Tender
    from bideval.terms.instants import Instant


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Custody:
    """Who keeps shares for a purpose, in custody order, and how many shares open."""

    threshold: int
    custodians: tuple[Custodian, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidLine:
    """A line that does not count, and why."""

    position: int
    origin: str
    n: int
    kind: str
    code: str


class Place(NamedTuple):
    """Where an entry stands in the record, and why it does not count if it does not."""

    position: int
    origin: str
    n: int
    kind: str
    void: str | None = None


MINUTE_MS = 60_000

PARTS = (People, Bidding, Sharing, Panel, Opinions, Marks, Results, Procedure)
"""The parts of the fold; each is a dataclass of containers that hold frozen values."""


class Standing:
    """The fold of a record so far. Everything here is read; `state.Session` alone writes."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.size = 0
        self.title = ""
        self.rules: tuple[Rulebook, MeetingRules] | None = None
        self.founding: bytes = b""
        self.continues: Continued | None = None
        self.people = People()
        self.tender: Tender | None = None
        self.tender_entry: Place | None = None
        self.bidding = Bidding()
        self.sharing = Sharing()
        self.panel = Panel()
        self.opinions = Opinions()
        self.marks = Marks()
        self.results = Results()
        self.procedure = Procedure()
        self.places: dict[str, Place] = {}
        self.chains: dict[str, list[bytes]] = {}
        self.entry_ids: set[tuple[str, str]] = set()
        self.void_lines: list[VoidLine] = []
        self._kept: dict[tuple[object, ...], Any] | None = {}

    def _once(self, key: tuple[object, ...], find: Callable[[], T]) -> T:
        """Return what `find` finds, found once until an entry counts that may change it.

        While an entry is being counted nothing is kept, because half of it may have been done.
        """
        if self._kept is None:
            return find()
        if key not in self._kept:
            self._kept[key] = find()
        found: T = self._kept[key]
        return found

    @property
    def phase(self) -> Phase:
        """What the session has reached."""
        return self.procedure.phase

    @property
    def paused(self) -> bool:
        """Whether the session stands still."""
        return self.procedure.paused

    def box_is_open(self) -> bool:
        """Whether bids may come: until it is closed, nothing may tell how long the record is."""
        return self.tender is not None and not self.bidding.closed

    @property
    def main(self) -> str:
        """The id of the main venue."""
        return self.people.main

    @property
    def main_actor(self) -> str:
        """The actor id of the main venue."""
        return venue_actor(self.people.main)

    @property
    def rulebook(self) -> Rulebook:
        """The limits of the law; there are some as soon as the session is founded."""
        return self._founded_rules()[0]

    @property
    def meeting(self) -> MeetingRules:
        """The rules of the meeting itself."""
        return self._founded_rules()[1]

    def _founded_rules(self) -> tuple[Rulebook, MeetingRules]:
        if self.rules is None:
            raise FaultError("not_founded")
        return self.rules

    @property
    def plan(self) -> Tender:
        """The tender where one must have been published."""
        if self.tender is None:
            raise FaultError("no_tender")
        return self.tender

    def person_by_kid(self, kid: str) -> Person | None:
        """Return the person whose present key this is."""
        owner = self.people.owners.get(kid)
        if owner is None or kid in self.people.closed or acting_venue(owner.actor):
            return None
        return self.people.persons[owner.actor]

    def custody(self, purpose: Purpose) -> Custody:
        """Return the custody of a purpose with recipients; a seal must match it exactly."""
        plan = self.plan.custody[purpose]
        custodians = tuple(
            Custodian(actor, self.people.recipient(actor) or "") for actor in plan.custodians
        )
        return Custody(plan.threshold, custodians)

    def opening_ends(self) -> Instant:
        """Return when the minutes for opening are over; raises `FaultError` before the closing."""
        closing = self.bidding.closing
        if closing is None:
            raise FaultError("not_closed")
        return closing.at + self.plan.decryption_minutes * MINUTE_MS

    def closing_vector(self) -> dict[str, dict[str, object]]:
        """Return what this record has of every venue, as a closing entry's body says it."""
        return {
            origin: {"n": len(chains) - 1, "chain": chains[-1].hex()}
            for origin, chains in self.chains.items()
        }

    def void(self, place: Place, entry: str, code: str) -> None:
        """Note that an entry does not count, at once or because its seal does not open."""
        self.places[entry] = Place(
            position=place.position, origin=place.origin, n=place.n, kind=place.kind, void=code
        )
        self.void_lines.append(
            VoidLine(
                position=place.position,
                origin=place.origin,
                n=place.n,
                kind=place.kind,
                code=code,
            )
        )

    # The draw

    def committers(self) -> list[str]:
        """Return who commits to a nonce: every venue, and the supervisors who keep nonce shares."""
        custodians = self.plan.custody[Purpose.NONCE].custodians
        supervisors = {person.id for person in self.people.of(Role.SUPERVISOR)}
        venues = [venue.actor for venue in self.people.venues.values()]
        return venues + [actor for actor in custodians if actor in supervisors]

    def all_committed(self) -> bool:
        """Return whether every committer's nonce is sealed in the record."""
        return all(actor in self.panel.nonces for actor in self.committers())

    # The panel

    def answer_ends(self, seat: DrawnSeat) -> Instant | None:
        """Return until when an invited expert may answer; None where the tender sets no time."""
        minutes = self.plan.panel.answer_minutes
        return None if minutes is None else seat.invited_at + minutes * MINUTE_MS

    def vacancies(self) -> int:
        """Return how many members are not seated."""
        return self.plan.panel.members - len(self.panel.seated())

    def member_ids(self) -> list[str]:
        """Return the members whose opinions count now."""
        return self._once(
            ("members",), lambda: [member.id for member in self.panel.counting()]
        ).copy()

    def may_note_refusal(self, author: str, member: str) -> bool:
        """Return whether `author` may note that `member` does not sign (Order 12 art. 43)."""
        chair = self.panel.chair
        if author == chair:
            return True
        return self.meeting.members_note_chair and member == chair and author in self.member_ids()

    def panel_complete(self) -> bool:
        """Return whether every seat has a member who has declared."""
        return len(self.member_ids()) == self.plan.panel.members

    # Bids and responsiveness

    def lots_to_open(self) -> list[Lot]:
        """Return the lots with enough live bids to be opened at all (Order 87 art. 41)."""
        live = Counter(bid.lot for bid in self.bidding.live())
        return [lot for lot in self.plan.lots if live[lot.id] >= self.rulebook.minimum_bidders]

    def bids_to_open(self) -> list[Bid]:
        """Return the bids that wait for opening."""
        if not self.bidding.closed:
            return []
        lots = {lot.id for lot in self.lots_to_open()}
        return [bid for bid in self.bidding.sealed() if bid.lot in lots]

    def lots_opened(self) -> list[Lot]:
        """Return the lots with enough opened bids to go on (Order 87 art. 41, 43)."""
        least = self.rulebook.minimum_bidders
        return [lot for lot in self.plan.lots if competing(self.bidding.opened(lot.id)) >= least]

    def reviewed_bids(self) -> list[Bid]:
        """Return the bids whose responsiveness the panel decides, in label order."""
        return self._once(("reviewed",), self._reviewed_bids).copy()

    def _reviewed_bids(self) -> list[Bid]:
        lots = {lot.id for lot in self.lots_opened()}
        return [bid for bid in self.bidding.opened() if bid.lot in lots]

    def markable(self) -> frozenset[str]:
        """Return the ids of the bids that the panel reviews and has not rejected."""
        return self._once(("markable",), self._markable)

    def _markable(self) -> frozenset[str]:
        bids = (bid.id for bid in self.reviewed_bids())
        return frozenset(bid for bid in bids if not self.rejected(bid))

    def rejected(self, bid: str) -> bool:
        """Return whether a majority of all seats holds the bid unresponsive."""
        return self._once(("rejected", bid), lambda: self._rejected(bid))

    def _rejected(self, bid: str) -> bool:
        votes = self.opinions.on(bid, self.member_ids())
        against = sum(vote.verdict is Verdict.UNRESPONSIVE for vote in votes)
        return 2 * against > self.plan.panel.members

    def verdict(self, bid: str) -> Verdict | None:
        """Return what the panel holds of a bid; None until every member has voted."""
        if not self.panel_complete():
            return None
        return self.opinions.verdict(bid, self.member_ids())

    def over_ceiling(self, bid: Bid) -> bool:
        """Return whether the price as bid is above the ceiling (Order 87 art. 63)."""
        ceiling = self.plan.ceiling
        return (
            ceiling is not None
            and bid.manifest is not None
            and (bid.manifest.sheet.price > ceiling)
        )

    def left(self, lot: str) -> list[Bid]:
        """Return the bids of a lot that are neither rejected nor above the ceiling."""
        bids = self.bidding.opened(lot)
        return [bid for bid in bids if not self.rejected(bid.id) and not self.over_ceiling(bid)]

    def lots_evaluated(self) -> list[Lot]:
        """Return the lots with enough bids left after responsiveness."""
        least = self.meeting.minimum_responsive
        return [lot for lot in self.lots_opened() if competing(self.left(lot.id)) >= least]

    def evaluated_bids(self) -> list[Bid]:
        """Return the bids that are marked, in label order."""
        return self._once(("evaluated",), self._evaluated_bids).copy()

    def _evaluated_bids(self) -> list[Bid]:
        bids = [bid for lot in self.lots_evaluated() for bid in self.left(lot.id)]
        return sorted(bids, key=lambda bid: bid.label or 0)

    # Marks and result

    def criterion_ids(self) -> frozenset[str]:
        """Return the criteria by which the panel marks."""
        return self._once(
            ("criteria",), lambda: frozenset(one.id for one in self.plan.method.criteria)
        )

    def items(self) -> list[tuple[str, str]]:
        """Return what each member marks: (bid, criterion), in label and tender order."""
        criteria = [criterion.id for criterion in self.plan.method.criteria]
        return [(bid.id, criterion) for bid in self.evaluated_bids() for criterion in criteria]

    def progress(
        self, member: str, items: Sequence[tuple[str, str]] | None = None
    ) -> tuple[int, int]:
        """Return how many items a member has marked, and how many there are.

        Who asks for all members hands in `items`, so that they are worked out once.
        """
        known = self.items() if items is None else items
        marked = self.marks.last_marks(member)
        return sum(item in marked for item in known), len(known)

    def needed_recipients(self) -> list[str]:
        """Return the seals that the counting sheets were encrypted to."""
        sheets = (self.marks.sheet(member) for member in self.member_ids())
        recipients = [sheet.recipient for sheet in sheets if sheet is not None]
        return list(dict.fromkeys(recipients))

    def result_is_current(self) -> bool:
        """Return whether the latest version takes every correction into account."""
        current = self.results.current
        corrections = self.marks.corrections
        if current is None:
            return False
        return not corrections or corrections[-1].position < current.position


def competing(bids: Sequence[Bid]) -> int:
    """Count bids as the law does: bids of one brand are one (Order 87 art. 31)."""
    sheets = [bid.manifest.sheet for bid in bids if bid.manifest is not None]
    return counted_bidders([sheet.brand for sheet in sheets])
