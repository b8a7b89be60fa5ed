"""A whole session with nothing made up, as bundles of it need: real packages, pool, nonces, draw.

    talk = at(Phase.ARCHIVED)
    data = bundle_of(talk)

`Hearing` is a `Conversation` whose every secret opens to what the record says. A fraud is played by
giving a hearing another method (`talk.drawing = ...`) or by giving `bundle_of` other lines; the
rest is signed again with the true keys, as a dishonest venue would.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bideval.audit.bundle import FileSource, Manifest, write_bundle
from bideval.audit.verifier import verify_bundle
from bideval.draw.identity import Identity, Private, identity_document
from bideval.draw.panel import DrawnExpert, draw_panel, next_expert
from bideval.draw.pool import PoolRow, encode_pool, parse_pool
from bideval.draw.seats import SeatPlan
from bideval.draw.tickets import draw_seed, nonce_commitment
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u, hex_digest
from bideval.evidence.sealing import Purpose, age_encrypt
from bideval.ledger.checkpoint import sign_checkpoint
from bideval.ledger.cosignature import cosign, with_cosignature
from bideval.ledger.entry import entry_payload, parse_entry, sign_entry
from bideval.ledger.line import Line, encode_line, parse_line
from bideval.ledger.note import parse_note
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.opening.package import PackageFile, parse_manifest, write_package
from bideval.session.file_names import named_files
from bideval.session.names import Phase
from bideval.terms.errors import BidevalError
from tests.unit.session.conversation import (
    BID_OF,
    BIDDERS,
    BRANCHES,
    EXPERTS,
    MAIN,
    SESSION,
    VENUES,
    Conversation,
)

DISCIPLINES = ("A08", "A02")
REPORT = b"%PDF-1.7 the report"
OFFER = b"%PDF-1.7 the offer"
BIDDER_OF = {bid: bidder for bidder, bid in BID_OF.items()} | {"bid-d": BIDDERS[1]}
TIME_S = 1_795_320_000


IDENTITIES: dict[str, dict[str, Any]] = {}
"""Who stands behind each leaf of the pool, as main keeps it."""


def _row(venue: str, discipline: str, number: int) -> PoolRow:
    salt = hashlib.sha256(f"{venue} {discipline} {number}".encode()).digest()[:16]
    private = Private(id_tail=f"{number:06d}", blind=salt)
    identity = Identity(
        name=f"expert {venue} {number}",
        employer="" if number else "bid-a Ltd",
        title="engineer",
        discipline=discipline,
        venue=venue,
        weight=1,
        salt=salt,
        private=private.digest,
    )
    IDENTITIES[identity.leaf.hex()] = identity_document(identity)
    status = "eligible" if number else "employer_is_bidder"
    return PoolRow(identity.leaf, discipline, venue, status)


POOL = encode_pool(
    [_row(venue, one, number) for venue in VENUES for one in DISCIPLINES for number in range(5)]
)
ROWS = parse_pool(POOL).rows


@dataclass
class Hearing(Conversation):
    """A conversation and the files that its entries name."""

    files: dict[str, bytes] = field(default_factory=dict)

    def keep(self, content: bytes) -> dict[str, Any]:
        """Keep a file and return how entries name it."""
        self.files[hex_digest(content)] = content
        return {"sha256": hex_digest(content), "size": len(content)}

    # Bids

    def bid(self, bid: str, lot: str = "1") -> dict[str, Any]:
        """Seal a package with one file in it."""
        seal = self.deal(Purpose.BID)
        ciphertext = self.keep(age_encrypt(str(seal["recipient"]), self.package(bid)))
        return {"bid": bid, "lot": lot, "ciphertext": ciphertext, "seal": seal}

    def manifest(self, bid: str, **changes: Any) -> dict[str, Any]:
        """Return the manifest of a bid, sealed or not yet."""
        sheet = {
            "bidder_name": f"{bid} Ltd",
            "small_share_percent": None,
            "brand": None,
            "duration": "60 days",
            "remarks": "",
        }
        offer = PackageFile("offer.pdf", len(OFFER), hex_digest(OFFER), "application/pdf")
        document = {
            "session": SESSION,
            "bid": bid,
            "lot": "1",
            "bidder": BIDDER_OF[bid],
            "sheet": sheet | self.packages[bid],
            "files": [offer._asdict()],
        }
        return document | changes

    def package(self, bid: str) -> bytes:
        """Return the plaintext of a bid."""
        target = io.BytesIO()
        write_package(target, parse_manifest(self.manifest(bid)), [io.BytesIO(OFFER)])
        return target.getvalue()

    def announcement(self, bid: str) -> dict[str, Any]:
        """Return what main announces of an opened bid."""
        digest = hex_digest(self.package(bid))
        return {"bid": bid, "sha256": digest, "manifest": self.manifest(bid)}

    def open_bid(self, bid: str) -> None:
        """Release shares of a bid and announce it."""
        self.release(self.session.bidding.bids[bid].seal.recipient)
        self.must("venue/fenghua", "bid.opened", self.announcement(bid))

    # The draw

    def pool(self) -> dict[str, Any]:
        """Return the body of the pool snapshot."""
        pool = parse_pool(POOL)
        return {
            "file": self.keep(POOL),
            "root": pool.root.hex(),
            "count": len(pool.rows),
            "eligible": len(pool.eligible),
            "excluded": pool.excluded,
        }

    def nonce_of(self, actor: str) -> dict[str, Any]:
        """Return the body of an actor's committed nonce."""
        seal = self.deal(Purpose.NONCE)
        return {
            "commitment": nonce_commitment(SESSION, actor, _nonce(actor)).hex(),
            "ciphertext": b64u(age_encrypt(str(seal["recipient"]), _nonce(actor))),
            "seal": seal,
        }

    def seed(self) -> bytes:
        """Return the seed that pool and nonces give."""
        nonces = {actor: _nonce(actor) for actor in self.session.committers()}
        return draw_seed(SESSION, parse_pool(POOL).root, nonces)

    def drawn(self) -> list[DrawnExpert]:
        """Return who is drawn, by rising ticket."""
        panel = self.session.plan.panel
        plan = SeatPlan(
            {one.id: one.members for one in panel.disciplines},
            {one.venue: one.members for one in panel.seats},
        )
        return list(draw_panel(ROWS, self.seed(), plan))

    def next_for(self, leaving: DrawnExpert) -> DrawnExpert:
        """Return who follows somebody who declined."""
        taken = {one.row.leaf for one in self.drawn()}
        return next_expert(ROWS, self.seed(), leaving.row, taken)

    def item(self, number: int, drawn: DrawnExpert) -> dict[str, Any]:
        """Return a drawn seat as the record has it."""
        recipient = self.actors[f"venue/{drawn.row.region}"].recipient
        return {
            "seat": number,
            "blinded": drawn.row.blinded,
            "discipline": drawn.row.discipline,
            "venue": drawn.row.region,
            "ticket": drawn.ticket.hex(),
            "for_venue": b64u(age_encrypt(recipient, b"name")),
        }

    def identities_of(self, drawn: list[DrawnExpert]) -> list[dict[str, Any]]:
        """Return the names of the drawn, as they are published after the result."""
        return [IDENTITIES[one.row.blinded] for one in drawn]

    def names_of(self, drawn: list[DrawnExpert]) -> dict[str, Any]:
        """Return the sealed names of the drawn."""
        seal = self.deal(Purpose.IDENTITY)
        plain = canonical_bytes(self.identities_of(drawn))
        return {"ciphertext": b64u(age_encrypt(str(seal["recipient"]), plain)), "seal": seal}

    def drawing(self) -> dict[str, Any]:
        """Return the body of the draw."""
        drawn = self.drawn()
        panel = [self.item(number, one) for number, one in enumerate(drawn, start=1)]
        return {"seed": self.seed().hex(), "panel": panel, "names": self.names_of(drawn)}

    def draw(self) -> None:
        """Fix the pool, commit, reveal, draw; the first expert declines and is followed."""
        self.must("venue/fenghua", "pool.sealed", self.pool())
        for committer in self.session.committers():
            self.must(committer, "nonce.sealed", self.nonce_of(committer))
        for nonce in list(self.session.panel.nonces.values()):
            self.release(nonce.seal.recipient)
        self.must("venue/fenghua", "draw.computed", self.drawing())

    def supplement(self) -> None:
        """Let the first expert decline; the next ticket gets the seat."""
        leaving = self.drawn()[0]
        answer = {"blinded": leaving.row.blinded, "answer": "declined"}
        self.must("venue/fenghua", "invitation.answered", answer)
        following = self.next_for(leaving)
        body = {
            "reason": "declined",
            "for": leaving.row.blinded,
            "panel": self.item(1, following),
            "names": self.names_of([following]),
        }
        self.must("venue/fenghua", "draw.supplemented", body)

    def to_checked_in(self) -> None:
        """Follow the one who declined, and check everybody in on a seat of the own venue."""
        self.supplement()
        seats = [seat.item for seat in self.session.panel.seats.values()]
        for name in EXPERTS:
            seat = next(one for one in seats if one.venue == name[:-3])
            seats.remove(seat)
            assert self.enrol(name, "expert", seat.venue, ticket=seat.blinded).counted
        self.move(Phase.CHECKED_IN)

    # The report

    def reporting(self) -> dict[str, Any]:
        """Return the body of the report's issue, with the head of this moment."""
        root = tree_root([leaf_hash(encode_line(line)) for line in self.lines]).hex()
        head = {"size": len(self.lines), "root": root}
        return super().reporting() | {"file": self.keep(REPORT), "head": head}


def _nonce(actor: str) -> bytes:
    return hashlib.sha256(f"nonce of {actor}".encode()).digest()


def at(phase: Phase) -> Hearing:
    """Return a hearing that has just reached a phase, cheaply."""
    reached = _reached(phase).fork()
    assert isinstance(reached, Hearing)
    return reached


@cache
def _reached(phase: Phase) -> Conversation:
    course = list(Hearing().course())
    earlier = course[: course.index(phase)]
    start = _reached(earlier[-1]).fork() if earlier else Hearing()
    return start.until(phase)


# Bundles


def lines_of(talk: Conversation) -> list[bytes]:
    """Return the lines in record order."""
    return [encode_line(line) for line in talk.lines]


def note_of(talk: Conversation, lines: list[bytes], *, branches: tuple[str, ...] = BRANCHES) -> str:
    """Return the checkpoint of the lines, signed by main and by the branches named."""
    root = tree_root([leaf_hash(line) for line in lines])
    note = sign_checkpoint(talk.actors["venue/fenghua"].key, SESSION, len(lines), root)
    for venue in branches:
        key = talk.actors[f"venue/{venue}"].key
        note = with_cosignature(note, cosign(key, venue, parse_note(note).body, TIME_S))
    return note


def bundle_of(
    talk: Hearing,
    *,
    lines: list[bytes] | None = None,
    note: str | None = None,
    files: dict[str, bytes] | None = None,
    **changes: Any,
) -> bytes:
    """Return the bundle of a hearing; the checkpoint signs the lines unless another is given."""
    lines = lines_of(talk) if lines is None else lines
    files = talk.files if files is None else files
    members: dict[str, Any] = {
        "session": SESSION,
        "main": MAIN,
        "exported_by": MAIN,
        "made_at": "2026-11-23T10:00:00.000+08:00",
        "size": len(lines),
        "root": tree_root([leaf_hash(line) for line in lines]).hex(),
        "files": {name: len(content) for name, content in files.items()},
        "absent": sorted(named_by(lines) - files.keys()),
    }
    sources = [FileSource(name, len(files[name]), (files[name],)) for name in sorted(files)]
    note = note_of(talk, lines) if note is None else note
    return b"".join(
        write_bundle(Manifest(**members | changes), lines, checkpoint=note, files=sources)
    )


def named_by(lines: list[bytes]) -> set[str]:
    """Return the files that the lines name, as far as they can be read."""
    named = set()
    for line in lines:
        try:
            entry = parse_entry(parse_line(line).jws)
        except BidevalError:
            continue
        named |= {file.sha256 for file in named_files(entry)}
    return named


def position(talk: Conversation, kind: str, *, last: bool = False) -> int:
    """Return where the first (or last) entry of a kind is."""
    found = [at for at, line in enumerate(talk.lines) if parse_entry(line.jws).kind == kind]
    return found[-1] if last else found[0]


def rewritten(
    talk: Conversation, place: int, key_of: str | None = None, **body: Any
) -> list[bytes]:
    """Return the lines with another body at one place.

    The old signature is kept, or it is signed anew with the key of `key_of`.
    """
    line = talk.lines[place]
    entry = parse_entry(line.jws)
    payload = entry_payload(
        session=entry.session,
        author=entry.author,
        kind=entry.kind,
        id=entry.id,
        at=entry.at,
        body=dict(entry.body) | body,
    )
    key = talk.actors[key_of or entry.author].key
    head, content, signature = sign_entry(key, payload).split(".")
    if key_of is None:
        head, _, signature = line.jws.split(".")
    lines = lines_of(talk)
    lines[place] = encode_line(Line(line.origin, line.n, f"{head}.{content}.{signature}"))
    return lines


def failure(data: bytes) -> tuple[str, str]:
    """Return the step at which a verification ends, and what it found; it must not succeed."""
    verdict = verify_bundle(data)
    last = verdict.steps[-1]
    assert (verdict.ok, last.ok) == (False, False)
    assert all(step.ok for step in verdict.steps[:-1])
    return last.name, last.detail
