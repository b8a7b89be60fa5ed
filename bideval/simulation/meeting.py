"""A whole evaluation in a simulated province: bids, draw, panel, marks, result, report.

Decided here: who takes part, what they say, and what may happen among them: an expert declines, a
member is replaced, somebody misreads a mark, somebody never signs, an officer pauses the session, a
custodian tries to open early. The truth (prices, names, marks) is known here alone; the oracle
compares what the venues show and compute with it.
Not decided here: how tasks are done (attendees), what must hold (oracle, secrecy, proceedings).
"""

from __future__ import annotations

import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bideval.actions.accounts import Enrolment
from bideval.actions.checkin import check_in, enrol
from bideval.actions.files import note_file
from bideval.actions.invitations import note_answer
from bideval.actions.pool import import_pool
from bideval.opening.package import Manifest, write_package
from bideval.opening.sheet import BidderSize, OpeningSheet
from bideval.session.names import ENDED, Phase
from bideval.simulation.attendees import Bidder, Expert, Officer, Operator, Supervisor
from bideval.simulation.secrecy import Secrets
from bideval.terms.identifiers import Role
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from bideval.simulation.attendees import Attendee
    from bideval.simulation.province import Place, World

DISCIPLINE = "A08"
LOT = "1"
BIDS = 3
OFFICERS = 3
TOO_FEW = 0
BEFORE_DEADLINE_MS = 6_000
POOL_PER_VENUE = 8
CRITERIA = ("c1", "c2")
"""One that members judge, one that they count alike."""
LARGEST = 60
OBJECTIVE = 10
FIRST_LOOK_MS = 500
BID_LIMIT = 1 << 20
SEATS = {2: (2, 1), 3: (1, 1, 1)}
"""Members of the panel at main and at each branch, by the number of venues."""


class Meeting:
    """One evaluation; `truth` is what its people mean."""

    def __init__(self, world: World, main: Place, session: str) -> None:
        self.world = world
        self.main = main
        self.session = session
        self.chance = world.chances
        self.lead = "officer-1"
        self.silent: set[str] = set()
        self.misread: dict[str, tuple[str, str]] = {}
        """Members who first give a wrong objective mark: bid, and what they give."""
        self.truth: dict[tuple[str, str, str], str] = {}
        """What each member means by seat name, bid and criterion."""
        self.secrets = Secrets()
        self.attendees: list[Attendee] = []
        self._venues = [main, *(one for one in world.places.values() if one is not main)]
        self._seated: dict[str, int] = {}
        self._answered: set[str] = set()
        self._declines = self.chance.random() < 0.3
        self._few = self.chance.random() < 0.15
        self._pauses_at_the_draw = self.chance.random() < 0.4
        self._quiet = self.chance.random() < 0.2
        self._mistaken = self.chance.random() < 0.3
        self._prices = [f"{self.chance.randrange(10**8, 10**9)}.{n}7" for n in range(BIDS)]
        self._pool = self._make_pool()

    @property
    def over(self) -> bool:
        """Whether the session has ended and everybody's venue knows."""
        return self.phase in ENDED and all(not one.waiting for one in self.attendees)

    @property
    def phase(self) -> Phase:
        """How far main's record has come."""
        return self.world.oracle.proceedings.phase

    def begin(self) -> None:
        """Let everybody come, and plan what may happen."""
        people: list[Attendee] = [
            Officer(self, self.main, f"officer-{n}", Role.OFFICER) for n in range(1, OFFICERS + 1)
        ]
        people += [
            Bidder(self, self.main, f"bidder-{n:08d}", Role.BIDDER)
            for n in range(1, (TOO_FEW if self._few else BIDS) + 1)
        ]
        people.append(Supervisor(self, self.main, "supervisor-1", Role.SUPERVISOR))
        people += [
            Operator(self, place, f"operator-{place.id}", Role.OPERATOR) for place in self._venues
        ]
        for one in people:
            one.open_account()
        self.attendees = people
        for number, price in enumerate(self._prices, start=1):
            bid = f"bid-{number:03d}"
            self.secrets.of_bid(bid, f"bidder-{number:08d}", price, self._bidder_name(number))
        for one in people:
            self.world.later(self.chance.randrange(FIRST_LOOK_MS), one.attend)
        officers = [one for one in people if isinstance(one, Officer)]
        for officer in officers[1:]:
            self.world.later(self.chance.randrange(2_000, 9_000), officer.hurry)
        if self.chance.random() < 0.4:
            self.world.later(self.chance.randrange(3_000, 25_000), self._pause)
        if self._few:  # what a branch says that does not hear of the end
            self.world.later(4_000, lambda: self._cut_off(self._venues[-1]))

    # What is said.

    def tender(self, now_ms: int) -> dict[str, Any]:
        """Return the tender; its deadline is soon, by the clock of the venue."""
        seats = SEATS[len(self._venues)]
        authorities = [*(f"venue/{one.id}" for one in self._venues), "supervisor-1"]
        sealed = {"threshold": 2, "custodians": authorities}
        officers = [f"officer-{n}" for n in range(1, OFFICERS + 1)]
        subjective = {"id": CRITERIA[0], "name": "design", "kind": "subjective", "step": "0.000001"}
        objective = {"id": CRITERIA[1], "name": "record", "kind": "objective", "step": "1"}
        return {
            "format": "bideval-tender/1",
            "number": "SIMULATED",
            "title": "Beds",
            "procuring_entity": "simulation",
            "agent": "",
            "category": "goods",
            "budget": None,
            "ceiling": None,
            "deadline": instant_text(now_ms + BEFORE_DEADLINE_MS),
            "lots": [{"id": LOT, "title": "Beds"}],
            "method": {
                "type": "comprehensive",
                "rounding": {"mode": "half_up", "places": 2, "when": "each_step"},
                "panel_mean": {"over": "member_total", "trim": None},
                "criteria": [
                    {**subjective, "max": str(LARGEST)},
                    {**objective, "max": str(OBJECTIVE)},
                ],
                "price": {"formula": "lowest_price", "max": "30"},
                "preference": {},
                "ties": ["evaluated_price"],
                "candidates": BIDS,
            },
            "requirements": [{"id": "r1", "text": "beds", "clause": ""}],
            "documents": [],
            "panel": {
                "members": sum(seats),
                "representatives": 0,
                "disciplines": [{"id": DISCIPLINE, "name": "beds", "members": sum(seats)}],
                "seats": [
                    {"venue": place.id, "members": count}
                    for place, count in zip(self._venues, seats, strict=True)
                ],
            },
            "custody": {
                "bids": {"threshold": 2, "custodians": officers},
                "marks": sealed,
                "identities": sealed,
                "nonces": sealed,
            },
            "decryption_minutes": 30,
        }

    def bid_of(self, bidder: str) -> str:
        """Return the name of a bidder's bid."""
        return f"bid-{int(bidder[-8:]):03d}"

    def package(self, bidder: str, lot: str) -> bytes:
        """Return the plaintext of a bid."""
        number = int(bidder[-8:])
        sheet = OpeningSheet(
            bidder_name=self._bidder_name(number),
            price=Decimal(self._prices[number - 1]),
            size=BidderSize.LARGE,
            small_share_percent=None,
            brand=None,
            duration="60 days",
            remarks="",
        )
        manifest = Manifest(self.session, self.bid_of(bidder), lot, bidder, sheet, ())
        target = io.BytesIO()
        write_package(target, manifest, [])
        return target.getvalue()

    def bring(self, place: Place, data: bytes, person: str) -> dict[str, object]:
        """Bring a file in at a venue, as an upload does."""
        facts = place.venue.devices.files.put([data], limit=BID_LIMIT)
        note_file(place.venue, facts, media_type="application/octet-stream", added_by=person)
        return {"sha256": facts.sha256, "size": facts.size}

    def sheet(self, member: str, bids: list[str]) -> dict[str, dict[str, str | None]]:
        """Return a member's marks; they are secrets from now on."""
        rows: dict[str, dict[str, str | None]] = {}
        for number, bid in enumerate(bids):
            mark = f"{self.chance.randrange(10, LARGEST)}.{self.chance.randrange(10**5, 10**6 - 1)}"
            mark = mark[:-1] + "7"  # a zero at the end would be dropped
            self.secrets.of_mark(mark)
            self.truth[member, bid, CRITERIA[0]] = mark
            self.truth[member, bid, CRITERIA[1]] = str(number + 1)
            rows[bid] = {CRITERIA[0]: mark, CRITERIA[1]: str(number + 1)}
        if self._mistaken and bids and not self.misread:
            self.world.seen["mark misread"] += 1
            self.misread[member] = (bids[0], "9")
            self.truth[member, bids[0], CRITERIA[1]] = "9"
            rows[bids[0]][CRITERIA[1]] = "9"
        return rows

    def correct(self, member: str, bid: str, criterion: str) -> str:
        """Return what a member means when asked again."""
        if self.misread.get(member, ("", ""))[0] == bid and criterion == CRITERIA[1]:
            self.truth[member, bid, criterion] = "1"
            self.world.seen["mark corrected"] += 1
        return self.truth[member, bid, criterion]

    # What the lead and the operators do beside their tasks.

    def lead_on(self) -> None:
        """Do what no task list asks an officer for: the pool, and answers to invitations."""
        venue = self.main.venue
        lead = self.attendees[0].visitor
        with venue.book.reading(self.session) as fold:
            wants_pool = fold.phase is Phase.OPENED and fold.panel.pool is None and not fold.paused
            asked = [
                one.item.blinded
                for one in fold.panel.seats.values()
                if one.state.value == "drawn" and one.item.blinded not in self._answered
            ]
            paused = fold.paused
        if wants_pool:
            import_pool(venue, lead, self.session, io.BytesIO(self._pool.encode()))
            if self._pauses_at_the_draw:
                self.world.later(self.chance.randrange(150), self._pause)
        for blinded in [] if paused else asked:
            declines, self._declines = self._declines, False
            answer = "declined" if declines else "accepted"
            note_answer(venue, self.session, blinded=blinded, answer=answer, by=lead.person)
            self._answered.add(blinded)
            self.world.seen["expert declined"] += declines

    def seat_some(self, operator: Operator) -> None:
        """Check in one accepted expert of the operator's venue and hand out the seat."""
        place = operator.place
        with place.venue.book.reading(self.session) as fold:
            waiting = [
                one.item.blinded
                for one in fold.panel.seats.values()
                if one.item.venue == place.id and one.state.value == "accepted"
            ]
            paused = fold.paused
        if not waiting or paused:
            return
        self._seated[place.id] = self._seated.get(place.id, 0) + 1
        name = f"{place.id}-{self._seated[place.id]:02d}"
        code = check_in(
            place.venue, operator.visitor, self.session, blinded=waiting[0], seat=name
        ).code
        expert = Expert(self, place, name, Role.EXPERT)
        public = expert.key.public
        enrolment = Enrolment(
            code, public.suite, public.raw, expert.recipient, expert.proof(self.session)
        )
        enrol(place.venue, enrolment)
        chairs = min(self.world.names)  # everybody votes for the first by name
        if self._quiet and not self.silent and place.id != chairs:
            self.silent.add(name)
        self.attendees.append(expert)
        self.world.later(FIRST_LOOK_MS, expert.attend)
        self.world.say(f"{name} is seated")
        if self.chance.random() < 0.15:
            self.world.later(self.chance.randrange(2_000, 12_000), lambda: self._replace(name))

    # What may happen.

    def _cut_off(self, branch: Place) -> None:
        for place in self._venues[:-1]:
            self.world.cut(place.id, branch.id, 12_000)

    def _replace(self, person: str) -> None:
        """Take a member off, whatever that member has done by now."""
        if not self.main.up or self.phase not in {Phase.RESPONSIVENESS, Phase.SCORING}:
            if self.phase not in ENDED and not self.world.oracle.proceedings.reached("released"):
                self.world.later(1_000, lambda: self._replace(person))
            return
        body = {"person": person, "ground": "illness", "reason": "fell ill", "by": None}
        self.world.seen["member replaced"] += 1
        self.attendees[0].say("member.replaced", body)
        gone = next(one for one in self.attendees if one.name == person)
        self.world.later(self.chance.randrange(1_000, 8_000), lambda: self._insist(gone))

    def _insist(self, gone: Attendee) -> None:
        """Go on as if nothing had been: the one who was replaced votes once more."""
        if self.phase in {Phase.RESPONSIVENESS, Phase.SCORING} and not gone.waiting:
            self.world.seen["replaced member insists"] += 1
            words = {"bid": self.bid_of("bidder-00000001"), "verdict": "responsive"}
            gone.say("responsiveness.voted", {**words, "requirement": None, "reason": ""})

    def _pause(self) -> None:
        if not self.main.up or self.phase in ENDED:
            return
        self.world.seen["session paused"] += 1
        self.attendees[1].say("session.paused", {"reason": "a fault"})
        self.world.later(self.chance.randrange(1_000, 6_000), self._resume)

    def _resume(self) -> None:
        if self.phase in ENDED:
            return
        if not self.main.up or self.attendees[1].waiting:
            self.world.later(1_000, self._resume)
        elif self.world.oracle.proceedings.paused:
            self.attendees[1].say("session.resumed", {"reason": "mended"})
            self.world.later(3_000, self._resume)

    def _bidder_name(self, number: int) -> str:
        return f"Bidder of {self._prices[number - 1][:7]} & Sons"

    def _make_pool(self) -> str:
        rows = ["name,id_tail,discipline,venue"]
        for place in self._venues:
            for number in range(POOL_PER_VENUE):
                name = f"Doctor {place.id.title()} {self.chance.randrange(10**8, 10**9)}"
                self.secrets.of_expert(name, place.id)
                rows.append(f"{name},{number:06d},{DISCIPLINE},{place.id}")
        return "\n".join([*rows, ""])
