"""A session as a conversation: real signed entries, real seals, real shares, fixed seeds.

    talk = Conversation()
    talk.until(Phase.SCORING)
    outcome = talk.say("wencheng-01", "mark.sealed", {...})

Main is `fenghua`, branches are `wencheng` and `beilun`; officers `officer-lin`, `officer-zhao`,
`officer-qian`; bidders `bidder-aaaaaaaa` and so on; the supervisor `supervisor-gu`; five experts on
drawn seats. `script` holds what experts would mark; every helper writes entries and nothing else.
"""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from bideval.draw.tickets import nonce_commitment
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u, hex_digest
from bideval.evidence.jws import sign_compact
from bideval.evidence.padding import MARK_SIZE, SCORESHEET_STEP, pad_to_size, pad_to_step
from bideval.evidence.sealing import (
    Custodian,
    Purpose,
    age_encrypt,
    deal_seal,
    new_age_identity,
    open_share,
)
from bideval.evidence.signing import SigningKey, new_signing_key
from bideval.ledger.entry import entry_payload, parse_entry, sign_entry, verify_entry
from bideval.ledger.line import Line
from bideval.session.caseform import consolidation
from bideval.session.names import Phase
from bideval.session.state import Outcome, Session
from bideval.session.unsealing import open_marks

SESSION = "fh-2026-0117"
MAIN = "fenghua"
BRANCHES = ("wencheng", "beilun")
VENUES = (MAIN, *BRANCHES)
OFFICERS = ("officer-lin", "officer-zhao", "officer-qian")
BIDDERS = ("bidder-aaaaaaaa", "bidder-bbbbbbbb", "bidder-cccccccc")
SUPERVISOR = "supervisor-gu"
EXPERTS = ("fenghua-01", "fenghua-02", "wencheng-01", "wencheng-02", "beilun-01")
DEADLINE = 1_795_312_800_000  # 2026-11-22T10:00:00+08:00
MINUTE = 60_000

CRITERIA = ("design", "service", "record")
MARKS = {
    "bid-a": {"design": "30", "service": "15", "record": "10"},
    "bid-b": {"design": "25.5", "service": "12", "record": "8"},
    "bid-c": {"design": "20", "service": "10", "record": "6"},
}
SHEETS = {
    "bid-a": {"price": "1080000.00", "size": "large"},
    "bid-b": {"price": "1000000.00", "size": "small"},
    "bid-c": {"price": "960000.00", "size": "medium"},
}
BID_OF = dict(zip(BIDDERS, SHEETS, strict=True))


def method() -> dict[str, Any]:
    """Return the method of the tender: 70 points for marks, 30 for the price."""
    return {
        "type": "comprehensive",
        "rounding": {"mode": "half_up", "places": 2, "when": "each_step"},
        "panel_mean": {"over": "member_total", "trim": None},
        "criteria": [
            {"id": "design", "name": "设计", "kind": "subjective", "max": "40", "step": "0.5"},
            {"id": "service", "name": "服务", "kind": "subjective", "max": "20", "step": "0.5"},
            {"id": "record", "name": "业绩", "kind": "objective", "max": "10", "step": "1"},
        ],
        "price": {"formula": "lowest_price", "max": "30"},
        "preference": {"small": {"deduct_percent": "10"}},
        "ties": ["evaluated_price"],
        "candidates": 3,
    }


def tender(**changes: Any) -> dict[str, Any]:
    """Return a tender document; `changes` replace top members."""
    venues = [f"venue/{venue}" for venue in VENUES]
    watch = {"threshold": 2, "custodians": [venues[0], venues[1], SUPERVISOR]}
    document = {
        "format": "bideval-tender/1",
        "number": "FH-2026-0117",
        "title": "Town library equipment",
        "procuring_entity": "Fenghua Library",
        "agent": "Fenghua Trading Centre",
        "category": "goods",
        "budget": "1200000.00",
        "ceiling": "1200000.00",
        "deadline": "2026-11-22T10:00:00.000+08:00",
        "lots": [{"id": "1", "title": "Shelves and desks"}],
        "method": method(),
        "requirements": [{"id": "r1", "text": "Guarantee of two years", "clause": "3.1"}],
        "documents": [
            {
                "name": "tender.pdf",
                "sha256": hex_digest(b"tender"),
                "size": 6,
                "media_type": "application/pdf",
            }
        ],
        "panel": {
            "members": 5,
            "representatives": 0,
            "disciplines": [
                {"id": "A08", "name": "Furniture", "members": 3},
                {"id": "A02", "name": "Devices", "members": 2},
            ],
            "seats": [
                {"venue": "fenghua", "members": 2},
                {"venue": "wencheng", "members": 2},
                {"venue": "beilun", "members": 1},
            ],
        },
        "custody": {
            "bids": {"threshold": 2, "custodians": list(OFFICERS)},
            "marks": watch,
            "identities": watch,
            "nonces": watch,
        },
        "decryption_minutes": 30,
    }
    return document | changes


FIRST_RULES = "procurement/1"
"""The rules that most tests are told by; faults have limits only in later versions."""


@dataclass
class Actor:
    """Somebody with a key and, where needed, an age identity."""

    id: str
    venue: str
    key: SigningKey
    identity: str
    recipient: str


@dataclass
class Conversation:
    """Entries said so far, and the session that they make."""

    session: Session = field(default_factory=lambda: Session(SESSION))
    lines: list[Line] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    actors: dict[str, Actor] = field(default_factory=dict)
    now: int = DEADLINE - 60 * MINUTE
    document: dict[str, Any] = field(default_factory=tender)
    rulebook: str = FIRST_RULES
    packages: dict[str, Any] = field(
        default_factory=lambda: {k: dict(v) for k, v in SHEETS.items()}
    )
    script: dict[str, Any] = field(default_factory=dict)
    votes: dict[tuple[str, str], str] = field(default_factory=dict)
    identities: dict[str, str] = field(default_factory=dict)
    said: int = 0

    # Saying things

    def actor(self, name: str, venue: str = MAIN, *, generation: int = 0) -> Actor:
        """Return somebody's keys; `generation` counts re-enrolments."""
        known = self.actors.get(name)
        if known is not None and not generation:
            return known
        seed = hashlib.sha256(f"{name} {generation}".encode()).digest()
        identity, recipient = new_age_identity()
        if known is not None:
            identity, recipient = known.identity, known.recipient
        key = new_signing_key("Ed25519", seed)
        self.actors[name] = Actor(name, venue, key, identity, recipient)
        return self.actors[name]

    def entry(self, author: str, kind: str, body: dict[str, Any], **changes: Any) -> str:
        """Return a signed entry that nobody has heard yet."""
        actor = self.actors[author]
        self.now += 1_000
        self.said += 1
        salt = f"{author} {kind} {self.said}".encode()
        members: dict[str, Any] = {
            "session": SESSION,
            "author": author,
            "kind": kind,
            "id": b64u(hashlib.sha256(salt).digest()[:16]),
            "at": self.now,
            "body": body,
        }
        return sign_entry(changes.pop("key", actor.key), entry_payload(**(members | changes)))

    def hear(self, jws: str, origin: str, n: int | None = None) -> Outcome:
        """Put an entry into the record, as main would, and fold it."""
        known = self.session.chains.get(origin, [b""])
        line = Line(origin, len(known) if n is None else n, jws)
        entry = parse_entry(jws)
        verify_entry(entry, self.session.key_for(entry))
        outcome = self.session.apply(line, entry)
        self.lines.append(line)
        self.outcomes.append(outcome)
        return outcome

    def say(self, author: str, kind: str, body: dict[str, Any], **changes: Any) -> Outcome:
        """Sign an entry and put it into the record at its author's venue."""
        return self.hear(self.entry(author, kind, body, **changes), self.actors[author].venue)

    def must(self, author: str, kind: str, body: dict[str, Any], **changes: Any) -> Outcome:
        """As `say`; the entry has to count."""
        outcome = self.say(author, kind, body, **changes)
        assert (kind, outcome.void_code) == (kind, None)
        return outcome

    # Founding and people

    def founding(self) -> dict[str, Any]:
        """Return the body of the founding entry."""
        venues = []
        for venue in VENUES:
            actor = self.actor(f"venue/{venue}", venue)
            venues.append(
                {
                    "id": venue,
                    "name": venue.title(),
                    "suite": "Ed25519",
                    "public": b64u(actor.key.public.raw),
                    "recipient": actor.recipient,
                    "url": f"wss://{venue}.example",
                }
            )
        return {
            "title": "Town library equipment",
            "rulebook": self.rulebook,
            "main": MAIN,
            "venues": venues,
        }

    def found(self) -> None:
        """Found the session; the branches join."""
        self.must("venue/fenghua", "session.founded", self.founding())
        for venue in BRANCHES:
            body = {"founding": self.session.founding.hex()}
            self.must(f"venue/{venue}", "venue.joined", body)

    def enrolment(self, name: str, role: str, venue: str, **changes: Any) -> dict[str, Any]:
        """Return the body of an enrolment with its proof of possession."""
        actor = self.actors[name]
        recipient = actor.recipient if role in {"officer", "supervisor"} else None
        claim = {
            "session": SESSION,
            "venue": venue,
            "person": name,
            "role": role,
            "recipient": recipient,
        }
        seat = {"venue": venue, "name": name} if role == "expert" else None
        body = {
            "person": name,
            "role": role,
            "suite": "Ed25519",
            "public": b64u(actor.key.public.raw),
            "recipient": recipient,
            "proof": sign_compact(actor.key, "bideval-proof/1", canonical_bytes(claim)),
            "replaces": None,
            "seat": seat,
            "ticket": None,
            "checked_by": None,
        }
        return body | changes

    def enrol(self, name: str, role: str, venue: str = MAIN, **changes: Any) -> Outcome:
        """Enrol somebody at a venue."""
        self.actor(name, venue)
        body = self.enrolment(name, role, venue, **changes)
        return self.say(f"venue/{venue}", "person.enrolled", body)

    def people(self) -> None:
        """Enrol officers, bidders, the supervisor, one operator for each venue."""
        for name in OFFICERS:
            self.enrol(name, "officer")
        for name in BIDDERS:
            self.enrol(name, "bidder")
        self.enrol(SUPERVISOR, "supervisor")
        for venue in VENUES:
            self.enrol(f"operator-{venue}", "operator", venue)

    # Bids

    def deal(self, purpose: Purpose) -> dict[str, Any]:
        """Return a seal for the custody of a purpose; its identity is kept in `identities`."""
        custody = self.session.custody(purpose)
        identity, seal = deal_seal(
            session=SESSION,
            purpose=purpose,
            custodians=[Custodian(one.actor, one.recipient) for one in custody.custodians],
            threshold=custody.threshold,
        )
        self.identities[str(seal["recipient"])] = identity
        return seal

    def bid(self, bid: str, lot: str = "1") -> dict[str, Any]:
        """Return the body of a sealed bid."""
        return {
            "bid": bid,
            "lot": lot,
            "ciphertext": {"sha256": hex_digest(bid.encode()), "size": len(bid)},
            "seal": self.deal(Purpose.BID),
        }

    def manifest(self, bid: str, **changes: Any) -> dict[str, Any]:
        """Return the manifest that a bid's package has."""
        known = self.session.bidding.bids[bid]
        sheet = {
            "bidder_name": f"{bid} Ltd",
            "price": "1000000.00",
            "size": "large",
            "small_share_percent": None,
            "brand": None,
            "duration": "60 days",
            "remarks": "",
        }
        document = {
            "session": SESSION,
            "bid": bid,
            "lot": known.lot,
            "bidder": known.bidder,
            "sheet": sheet | self.packages.get(bid, {}),
            "files": [],
        }
        return document | changes

    def share(self, custodian: str, recipient: str) -> dict[str, Any]:
        """Return the body of a share's release, opened with the custodian's own identity."""
        secret = self.session.sharing.seals[recipient]
        share = open_share(
            secret.seal,
            session=SESSION,
            custodian=custodian,
            identity=self.actors[custodian].identity,
        )
        return {"recipient": recipient, "custodian": custodian, "share": b64u(share)}

    def release(self, recipient: str) -> None:
        """Release as many shares of a seal as it needs."""
        secret = self.session.sharing.seals[recipient]
        for custodian in secret.seal.custodians[: secret.seal.threshold]:
            if (recipient, custodian) not in self.session.sharing.shares:
                self.must(custodian, "share.released", self.share(custodian, recipient))

    def publish(self) -> None:
        """Publish the tender."""
        self.must(OFFICERS[0], "tender.published", {"tender": self.document})

    def seal_bids(self) -> None:
        """Let every bidder seal a bid."""
        for bidder, bid in BID_OF.items():
            self.must(bidder, "bid.sealed", self.bid(bid))

    def close(self) -> Outcome:
        """Close the box after the deadline."""
        self.now = max(self.now, DEADLINE)
        body = {"vector": self.session.closing_vector()}
        return self.must("venue/fenghua", "bids.closed", body)

    def open_bid(self, bid: str) -> None:
        """Release shares of a bid and announce it."""
        self.release(self.session.bidding.bids[bid].seal.recipient)
        body = {
            "bid": bid,
            "sha256": hex_digest(f"plain {bid}".encode()),
            "manifest": self.manifest(bid),
        }
        self.must("venue/fenghua", "bid.opened", body)

    # Moving

    def order(self, to: Phase, reason: str = "go on", **more: Any) -> Outcome:
        """Let an officer order a move."""
        body = {"from": self.session.phase.value, "to": to.value, "reason": reason, **more}
        return self.say(OFFICERS[0], "phase.ordered", body)

    def moving(self, to: Phase, **changes: Any) -> dict[str, Any]:
        """Return the body of a move."""
        body = {
            "from": self.session.phase.value,
            "to": to.value,
            "vector": self.session.closing_vector(),
            "order": None,
            "reason": "moved",
        }
        return body | changes

    def move(self, to: Phase, *, ordered: bool = False) -> None:
        """Move on, by an officer's order where one is needed."""
        order = self.order(to).entry if ordered else None
        self.must("venue/fenghua", "phase.moved", self.moving(to, order=order))

    # The draw

    def pool(self) -> dict[str, Any]:
        """Return the body of a pool snapshot."""
        return {
            "file": {"sha256": hex_digest(b"pool"), "size": 4},
            "root": hex_digest(b"root"),
            "count": 30,
            "eligible": 28,
        }

    def nonce(self, committer: str = "venue/fenghua") -> dict[str, Any]:
        """Return the body of a nonce that fits if `committer` says it."""
        seal = self.deal(Purpose.NONCE)
        nonce = hashlib.sha256(committer.encode()).digest()
        return {
            "commitment": nonce_commitment(SESSION, committer, nonce).hex(),
            "ciphertext": b64u(age_encrypt(str(seal["recipient"]), nonce)),
            "seal": seal,
        }

    def names(self) -> dict[str, Any]:
        """Return the sealed names of a draw."""
        seal = self.deal(Purpose.IDENTITY)
        ciphertext = age_encrypt(str(seal["recipient"]), b"names")
        return {"ciphertext": b64u(ciphertext), "seal": seal}

    def seat(self, number: int, *, turn: int = 0) -> dict[str, Any]:
        """Return a drawn seat; `turn` counts the tickets it has had."""
        venue = EXPERTS[number - 1][:-3]
        disciplines = ["A08", "A08", "A08", "A02", "A02"]
        return {
            "seat": number,
            "blinded": hex_digest(f"expert {number} {turn}".encode()),
            "discipline": disciplines[number - 1],
            "venue": venue,
            "ticket": f"{turn:02x}" + hex_digest(f"ticket {number}".encode())[2:],
            "for_venue": b64u(age_encrypt(self.actors[f"venue/{venue}"].recipient, b"name")),
        }

    def drawing(self) -> dict[str, Any]:
        """Return the body of the draw."""
        return {
            "seed": hex_digest(b"seed"),
            "panel": [self.seat(number) for number in range(1, 6)],
            "names": self.names(),
        }

    def draw(self) -> None:
        """Fix the pool, commit, reveal, draw."""
        self.must("venue/fenghua", "pool.sealed", self.pool())
        for committer in self.session.committers():
            self.must(committer, "nonce.sealed", self.nonce(committer))
        for nonce in list(self.session.panel.nonces.values()):
            self.release(nonce.seal.recipient)
        self.must("venue/fenghua", "draw.computed", self.drawing())

    def check_in(self, name: str, number: int, *, turn: int = 0) -> Outcome:
        """Check an expert in on a drawn seat."""
        blinded = self.seat(number, turn=turn)["blinded"]
        return self.enrol(name, "expert", name[:-3], ticket=blinded)

    def declare(self, name: str) -> Outcome:
        """Let a member accept the discipline and not withdraw."""
        body = {"discipline": True, "recusal": "none", "reason": ""}
        return self.must(name, "declaration.signed", body)

    def elect(self, candidate: str) -> None:
        """Let everybody vote for one candidate."""
        for name in self.session.member_ids():
            body = {"round": self.session.panel.round, "candidate": candidate}
            self.must(name, "chair.voted", body)

    # Opinions and marks

    def vote(self, name: str, bid: str) -> Outcome:
        """Let a member vote on a bid as `votes` has it; responsive otherwise."""
        verdict = self.votes.get((name, bid), "responsive")
        bad = verdict == "unresponsive"
        body = {
            "bid": bid,
            "verdict": verdict,
            "requirement": "r1" if bad else None,
            "reason": "no guarantee" if bad else "",
        }
        return self.must(name, "responsiveness.voted", body)

    def count(self, name: str) -> int:
        """Return the next counter of a seat."""
        return self.session.marks.counters.get(name, 0) + 1

    def deal_marks(self, name: str) -> str:
        """Let a member deal the seal of the own marks; return its recipient."""
        seal = self.deal(Purpose.MARKS)
        self.must(name, "marks.dealt", {"seal": seal})
        return str(seal["recipient"])

    def marks_of(self, name: str) -> dict[str, Any]:
        """Return what a member marks."""
        return self.script.get(name, MARKS)

    def mark(
        self, name: str, recipient: str, item: tuple[str, str], **changes: Any
    ) -> dict[str, Any]:
        """Return the body of one sealed mark; `changes` replace members of the plaintext."""
        bid, criterion = item
        counter = self.count(name)
        plain = {
            "bid": bid,
            "criterion": criterion,
            "counter": counter,
            "mark": self.marks_of(name).get(bid, {}).get(criterion),
        }
        ciphertext = age_encrypt(recipient, pad_to_size(plain | changes, MARK_SIZE))
        return {
            "bid": bid,
            "criterion": criterion,
            "counter": counter,
            "recipient": recipient,
            "ciphertext": b64u(ciphertext),
        }

    def sheet(self, name: str, recipient: str, **changes: Any) -> dict[str, Any]:
        """Return the body of a scoresheet; `changes` replace members of the plaintext."""
        bids = {bid for bid, _ in self.session.items()}
        plain = {
            "format": "bideval-scoresheet/1",
            "session": SESSION,
            "member": name,
            "marks": {bid: row for bid, row in self.marks_of(name).items() if bid in bids},
        }
        padded = pad_to_step(plain | changes, SCORESHEET_STEP)
        return {
            "recipient": recipient,
            "counter": self.count(name),
            "ciphertext": b64u(age_encrypt(recipient, padded)),
        }

    def score(self, name: str, *, items: int | None = None) -> str:
        """Let a member deal, seal marks (the first `items` of them) and sign the sheet."""
        recipient = self.deal_marks(name)
        for item in self.session.items()[:items]:
            self.must(name, "mark.sealed", self.mark(name, recipient, item))
        self.must(name, "scoresheet.signed", self.sheet(name, recipient))
        return recipient

    def release_marks(self) -> None:
        """Release enough shares of every sheet that counts."""
        for recipient in self.session.needed_recipients():
            self.release(recipient)

    # The result

    def consolidate(self) -> dict[str, Any]:
        """Let main write the next version; return its body."""
        body = dict(consolidation(self.session, open_marks(self.session)).body)
        self.must("venue/fenghua", "result.consolidated", body)
        return body

    def confirm(self, name: str, stance: str = "agree", reasons: str = "") -> Outcome:
        """Let a member sign the current version."""
        current = self.session.results.current
        assert current is not None
        body = {"digest": current.body.digest, "stance": stance, "reasons": reasons}
        return self.must(name, "result.confirmed", body)

    def reporting(self) -> dict[str, Any]:
        """Return the body of the report's issue."""
        current = self.session.results.current
        assert current is not None
        return {
            "file": {"sha256": hex_digest(b"report"), "size": 6},
            "digest": current.body.digest,
            "head": {"size": self.session.size, "root": hex_digest(b"root")},
        }

    # The whole course

    def until(self, phase: Phase) -> Conversation:
        """Go the whole course up to and including a phase."""
        for reached, step in self.course().items():
            if not (self.session.size and self.session.procedure.reached(reached)):
                step()
            if reached is phase:
                break
        return self

    def fork(self) -> Conversation:
        """Return a conversation that goes its own way from here."""
        containers = {
            name: copy.copy(value)
            for name, value in vars(self).items()
            if isinstance(value, dict | list)
        }
        containers["packages"] = copy.deepcopy(self.packages)
        return replace(self, session=self.session.copy(), **containers)

    def course(self) -> dict[Phase, Any]:
        """Return the step that leads to each phase."""
        return {
            Phase.PREPARED: self.prepare,
            Phase.OPENED: self.to_opened,
            Phase.DRAWN: self.to_drawn,
            Phase.CHECKED_IN: self.to_checked_in,
            Phase.DECLARED: self.to_declared,
            Phase.CHAIRED: self.to_chaired,
            Phase.RESPONSIVENESS: self.to_responsiveness,
            Phase.SCORING: self.to_scoring,
            Phase.RELEASED: self.to_released,
            Phase.CONSOLIDATED: self.to_consolidated,
            Phase.CONFIRMED: self.to_confirmed,
            Phase.REPORTED: self.to_reported,
            Phase.ARCHIVED: self.to_archived,
        }

    def prepare(self) -> None:
        """Found, enrol, publish, seal three bids."""
        self.found()
        self.people()
        self.publish()
        self.seal_bids()

    def to_opened(self) -> None:
        """Close the box and open every bid."""
        self.close()
        for bid in [bid.id for bid in self.session.bids_to_open()]:
            self.open_bid(bid)
        self.move(Phase.OPENED, ordered=True)

    def to_drawn(self) -> None:
        """Draw the panel."""
        self.draw()
        self.move(Phase.DRAWN, ordered=True)

    def to_checked_in(self) -> None:
        """Check all experts in."""
        for number, name in enumerate(EXPERTS, start=1):
            assert self.check_in(name, number).counted
        self.move(Phase.CHECKED_IN)

    def to_declared(self) -> None:
        """Let everybody declare."""
        for name in EXPERTS:
            self.declare(name)
        self.move(Phase.DECLARED)

    def to_chaired(self) -> None:
        """Elect the first expert of the branch."""
        self.elect("wencheng-01")
        self.move(Phase.CHAIRED)

    def to_responsiveness(self) -> None:
        """Start responsiveness."""
        self.move(Phase.RESPONSIVENESS, ordered=True)

    def to_scoring(self) -> None:
        """Vote on every bid."""
        for name in self.session.member_ids():
            for bid in self.session.reviewed_bids():
                self.vote(name, bid.id)
        self.move(Phase.SCORING, ordered=True)

    def to_released(self) -> None:
        """Mark everything; the last sheet closes scoring."""
        for name in self.session.member_ids():
            if self.session.marks.sheet(name) is None:
                self.score(name, items=2)
        self.move(Phase.RELEASED)

    def to_consolidated(self) -> None:
        """Release the marks and consolidate."""
        self.release_marks()
        self.consolidate()
        self.move(Phase.CONSOLIDATED)

    def to_confirmed(self) -> None:
        """Let everybody agree."""
        for name in self.session.member_ids():
            self.confirm(name)
        self.move(Phase.CONFIRMED)

    def to_reported(self) -> None:
        """Issue the report."""
        self.must("venue/fenghua", "report.issued", self.reporting())
        self.move(Phase.REPORTED, ordered=True)

    def to_archived(self) -> None:
        """Publish the names and archive."""
        for secret in list(self.session.sharing.seals.values()):
            if secret.purpose is Purpose.IDENTITY:
                self.release(secret.recipient)
        self.move(Phase.ARCHIVED, ordered=True)


def at(phase: Phase, rulebook: str = FIRST_RULES) -> Conversation:
    """Return a conversation that has just reached a phase, cheaply."""
    return _reached(phase, rulebook).fork()


@cache
def _reached(phase: Phase, rulebook: str) -> Conversation:
    course = list(Conversation().course())
    earlier = course[: course.index(phase)]
    start = _reached(earlier[-1], rulebook).fork() if earlier else Conversation(rulebook=rulebook)
    return start.until(phase)
