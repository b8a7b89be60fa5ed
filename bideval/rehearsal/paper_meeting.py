"""A meeting of any length on paper: a whole session whose entries are mostly sealed marks.

Decided here: who takes part (a panel of 27 at three venues, three to thirty bids), what each of
them says, and that every mark is sealed again and again until the record is as long as asked.
Not decided here: how it is signed, sealed and folded (`paper_record`).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from bideval.draw.identity import Identity, Private, identity_document
from bideval.draw.panel import draw_panel
from bideval.draw.pool import PoolRow, encode_pool, parse_pool
from bideval.draw.tickets import draw_seed, nonce_commitment
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u, hex_digest
from bideval.evidence.padding import MARK_SIZE, SCORESHEET_STEP, pad_to_size, pad_to_step
from bideval.evidence.sealing import Purpose, age_encrypt
from bideval.opening.package import (
    Manifest,
    PackageFile,
    manifest_document,
    write_package,
)
from bideval.opening.sheet import parse_sheet
from bideval.rehearsal.paper_record import BRANCHES, FOUNDED_MS, MAIN, SESSION, VENUES, PaperRecord
from bideval.session.caseform import consolidation
from bideval.session.names import Phase
from bideval.session.unsealing import open_marks
from bideval.terms.errors import FaultError
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from bideval.draw.panel import DrawnExpert

SEATS = 9
"""Members at each venue."""
MEMBERS = SEATS * len(VENUES)
CRITERIA = tuple(f"criterion-{number:02d}" for number in range(1, 11))
LARGEST_MARK = 7
DISCIPLINE = "A08"
RESERVE = 5
"""Experts per venue in the pool who are not drawn."""

FEWEST_BIDS, MOST_BIDS = 3, 30
ENTRIES_PER_BID = 3_000
OFFICERS = ("officer-1", "officer-2", "officer-3")
MAIN_ACTOR = f"venue/{MAIN}"
DEADLINE_MS = FOUNDED_MS + 3_600_000

OFFER = b"%PDF-1.7 an offer on paper"
REPORT = b"%PDF-1.7 a report on paper"


def bids_for(entries: int) -> int:
    """Return how many bids a record of so many entries has."""
    return max(FEWEST_BIDS, min(MOST_BIDS, entries // ENTRIES_PER_BID))


def fixed_entries(bids: int) -> int:
    """Return how many entries there are beside the sealed marks."""
    venues, officers = len(VENUES), len(OFFICERS)
    before = 1 + len(BRANCHES) + officers + 1  # founding, joining, officers, the tender
    each_bid = 1 + 1 + 2 + 1 + MEMBERS  # enrolled, sealed, two shares, opened, votes
    drawing = 1 + 1 + 3 * venues + 1  # closed, pool, nonces with two shares each, draw
    each_member = 1 + 1 + 1 + 1 + 1 + 2 + 1  # seat, declaration, chair, seal, sheet, shares, stance
    ending = 1 + 1 + 2  # result, report, two shares of the names
    ordered, automatic = 6, 6
    moves = 2 * ordered + automatic
    return before + bids * each_bid + drawing + MEMBERS * each_member + ending + moves


LEAST = fixed_entries(FEWEST_BIDS)
"""Entries of a session in which no mark was sealed before the sheets."""


def paper_record(entries: int, seed: str) -> PaperRecord:
    """Return the record of a finished session of so many entries, from `LEAST` on."""
    record = PaperRecord(seed)
    bids = bids_for(entries)
    _found(record, bids)
    _open(record)
    experts = _draw(record)
    _seat(record, experts)
    _mark(record, entries - fixed_entries(bids))
    _finish(record)
    if len(record.lines) != entries:
        raise FaultError("paper_length", detail=f"{len(record.lines)} entries, not {entries}")
    return record


def _move(record: PaperRecord, to: Phase, *, ordered: bool = True) -> None:
    leaving = record.session.phase.value
    order = None
    if ordered:
        body = {"from": leaving, "to": to.value, "reason": "go on"}
        order = record.say(OFFICERS[0], "phase.ordered", body)
    vector = record.session.closing_vector()
    move = {"from": leaving, "to": to.value, "vector": vector, "order": order, "reason": ""}
    record.say(MAIN_ACTOR, "phase.moved", move)


# Tender and bids


def _found(record: PaperRecord, bids: int) -> None:
    venues = [
        {
            "id": venue,
            "name": venue,
            "suite": "Ed25519",
            "public": b64u(record.key(f"venue/{venue}").public.raw),
            "recipient": record.recipient(f"venue/{venue}"),
            "url": f"wss://{venue}.invalid",
        }
        for venue in VENUES
    ]
    body = {"title": "paper", "rulebook": "procurement/1", "main": MAIN, "venues": venues}
    record.say(MAIN_ACTOR, "session.founded", body)
    for venue in BRANCHES:
        joined = {"founding": record.session.founding.hex()}
        record.say(f"venue/{venue}", "venue.joined", joined)
    for officer in OFFICERS:
        record.enrol(officer, "officer")
    record.say(OFFICERS[0], "tender.published", {"tender": _tender()})
    for number in range(1, bids + 1):
        _seal_bid(record, number)


def _tender() -> dict[str, object]:
    officers = {"threshold": 2, "custodians": list(OFFICERS)}
    venues = {"threshold": 2, "custodians": [f"venue/{venue}" for venue in VENUES]}
    return {
        "format": "bideval-tender/1",
        "number": "PAPER",
        "title": "paper",
        "procuring_entity": "nobody",
        "category": "goods",
        "budget": None,
        "ceiling": None,
        "deadline": instant_text(DEADLINE_MS),
        "lots": [{"id": "1", "title": "paper"}],
        "method": _method(),
        "requirements": [{"id": "r1", "text": "none", "clause": ""}],
        "documents": [],
        "panel": {
            "members": MEMBERS,
            "representatives": 0,
            "disciplines": [{"id": DISCIPLINE, "name": DISCIPLINE, "members": MEMBERS}],
            "seats": [{"venue": venue, "members": SEATS} for venue in VENUES],
        },
        "custody": {"bids": officers, "marks": venues, "identities": venues, "nonces": venues},
        "decryption_minutes": 30,
    }


def _method() -> dict[str, object]:
    criterion = {"kind": "subjective", "max": str(LARGEST_MARK), "step": "1"}
    return {
        "type": "comprehensive",
        "rounding": {"mode": "half_up", "places": 2, "when": "each_step"},
        "panel_mean": {"over": "member_total", "trim": None},
        "criteria": [{"id": name, "name": name, **criterion} for name in CRITERIA],
        "price": {"formula": "lowest_price", "max": "30"},
        "preference": {},
        "ties": ["evaluated_price"],
        "candidates": 3,
    }


def _seal_bid(record: PaperRecord, number: int) -> None:
    bid, bidder = f"bid-{number:08d}", f"bidder-{number:08d}"
    record.enrol(bidder, "bidder")
    seal = record.deal(Purpose.BID)
    target = io.BytesIO()
    write_package(target, _manifest(bid, number), [io.BytesIO(OFFER)])
    ciphertext = record.keep(age_encrypt(str(seal["recipient"]), target.getvalue()))
    body = {"bid": bid, "lot": "1", "ciphertext": ciphertext, "seal": seal}
    record.say(bidder, "bid.sealed", body)


def _manifest(bid: str, number: int) -> Manifest:
    sheet = {
        "bidder_name": bid,
        "price": f"{1_000_000 + number}.00",
        "size": "large",
        "small_share_percent": None,
        "brand": None,
        "duration": "60 days",
        "remarks": "",
    }
    offer = PackageFile("offer.pdf", len(OFFER), hex_digest(OFFER), "application/pdf")
    bidder = f"bidder-{number:08d}"
    return Manifest(SESSION, bid, "1", bidder, parse_sheet(sheet, "sheet"), (offer,))


def _open(record: PaperRecord) -> None:
    record.now_ms = max(record.now_ms, DEADLINE_MS)
    record.say(MAIN_ACTOR, "bids.closed", {"vector": record.session.closing_vector()})
    for number, bid in enumerate(record.session.bids_to_open(), start=1):
        record.release(bid.seal.recipient)
        manifest = _manifest(bid.id, number)
        target = io.BytesIO()
        write_package(target, manifest, [io.BytesIO(OFFER)])
        digest = hex_digest(target.getvalue())
        body = {"bid": bid.id, "sha256": digest, "manifest": manifest_document(manifest)}
        record.say(MAIN_ACTOR, "bid.opened", body)
    _move(record, Phase.OPENED)


# The panel


def _identity(record: PaperRecord, venue: str, number: int) -> Identity:
    salt = record.digest(f"expert {venue} {number}")[:16]
    private = Private(id_tail=f"{number:06d}", blind=salt)
    return Identity(
        name=f"expert {number}",
        employer="",
        title="",
        discipline=DISCIPLINE,
        venue=venue,
        weight=1,
        salt=salt,
        private=private.digest,
    )


def _draw(record: PaperRecord) -> list[tuple[str, str]]:
    """Draw the panel; return the venue and the blinded id of each seat."""
    people = [_identity(record, venue, n) for venue in VENUES for n in range(SEATS + RESERVE)]
    content = encode_pool([PoolRow(one.leaf, DISCIPLINE, one.venue, "eligible") for one in people])
    pool = parse_pool(content)
    count = len(pool.rows)
    body = {"file": record.keep(content), "root": pool.root.hex(), "count": count}
    record.say(MAIN_ACTOR, "pool.sealed", body | {"eligible": count, "excluded": {}})
    nonces = {actor: record.digest(f"nonce {actor}") for actor in record.session.committers()}
    for actor, nonce in nonces.items():
        _commit(record, actor, nonce)
    for sealed in list(record.session.panel.nonces.values()):
        record.release(sealed.seal.recipient)
    seed = draw_seed(SESSION, pool.root, nonces)
    drawn = list(draw_panel(pool.rows, seed, record.session.plan.panel.seat_plan()))
    known = {one.leaf.hex(): identity_document(one) for one in people}
    names = _names(record, [known[one.row.blinded] for one in drawn])
    items = [_item(record, seat, one) for seat, one in enumerate(drawn, start=1)]
    record.say(MAIN_ACTOR, "draw.computed", {"seed": seed.hex(), "panel": items, "names": names})
    _move(record, Phase.DRAWN)
    return [(one.row.region, one.row.blinded) for one in drawn]


def _commit(record: PaperRecord, actor: str, nonce: bytes) -> None:
    seal = record.deal(Purpose.NONCE)
    body = {
        "commitment": nonce_commitment(SESSION, actor, nonce).hex(),
        "ciphertext": b64u(age_encrypt(str(seal["recipient"]), nonce)),
        "seal": seal,
    }
    record.say(actor, "nonce.sealed", body)


def _names(record: PaperRecord, identities: list[dict[str, object]]) -> dict[str, object]:
    seal = record.deal(Purpose.IDENTITY)
    sealed = age_encrypt(str(seal["recipient"]), canonical_bytes(identities))
    return {"ciphertext": b64u(sealed), "seal": seal}


def _item(record: PaperRecord, seat: int, drawn: DrawnExpert) -> dict[str, object]:
    venue = record.recipient(f"venue/{drawn.row.region}")
    return {
        "seat": seat,
        "blinded": drawn.row.blinded,
        "discipline": drawn.row.discipline,
        "venue": drawn.row.region,
        "ticket": drawn.ticket.hex(),
        "for_venue": b64u(age_encrypt(venue, b"name")),
    }


def _seat(record: PaperRecord, experts: list[tuple[str, str]]) -> None:
    for seat, (venue, blinded) in enumerate(experts, start=1):
        record.enrol(f"{venue}-{seat:02d}", "expert", ticket=blinded, venue=venue)
    _move(record, Phase.CHECKED_IN, ordered=False)
    members = list(record.session.panel.members)
    for member in members:
        body = {"discipline": True, "recusal": "none", "reason": ""}
        record.say(member, "declaration.signed", body)
    _move(record, Phase.DECLARED, ordered=False)
    for member in members:
        record.say(member, "chair.voted", {"round": 1, "candidate": members[0]})
    _move(record, Phase.CHAIRED, ordered=False)
    _move(record, Phase.RESPONSIVENESS)
    vote = {"verdict": "responsive", "requirement": None, "reason": ""}
    for member in members:
        for bid in record.session.reviewed_bids():
            record.say(member, "responsiveness.voted", {"bid": bid.id, **vote})
    _move(record, Phase.SCORING)


# Marks and the result


def _mark(record: PaperRecord, marks: int) -> None:
    members = record.session.member_ids()
    recipients: dict[str, str] = {}
    for member in members:
        seal = record.deal(Purpose.MARKS)
        record.say(member, "marks.dealt", {"seal": seal})
        recipients[member] = str(seal["recipient"])
    items = record.session.items()
    for number in range(marks):
        member = members[number % len(members)]
        item = items[number // len(members) % len(items)]
        _seal_mark(record, member, recipients[member], item)
    for member in members:
        _sign_sheet(record, member, recipients[member])
    _move(record, Phase.RELEASED, ordered=False)


def _opinion(member: str, bid: str, criterion: str) -> str:
    return str((int(member[-2:]) + int(bid[-8:]) + int(criterion[-2:])) % (LARGEST_MARK + 1))


def _counter(record: PaperRecord, member: str) -> int:
    return record.session.marks.counters.get(member, 0) + 1


def _seal_mark(record: PaperRecord, member: str, recipient: str, item: tuple[str, str]) -> None:
    bid, criterion = item
    named = {"bid": bid, "criterion": criterion, "counter": _counter(record, member)}
    plain = pad_to_size(named | {"mark": _opinion(member, *item)}, MARK_SIZE)
    sealed = {"recipient": recipient, "ciphertext": b64u(age_encrypt(recipient, plain))}
    record.say(member, "mark.sealed", named | sealed)


def _sign_sheet(record: PaperRecord, member: str, recipient: str) -> None:
    marks: dict[str, dict[str, str]] = {}
    for bid, criterion in record.session.items():
        marks.setdefault(bid, {})[criterion] = _opinion(member, bid, criterion)
    plain = {
        "format": "bideval-scoresheet/1",
        "session": SESSION,
        "member": member,
        "marks": marks,
    }
    sealed = age_encrypt(recipient, pad_to_step(plain, SCORESHEET_STEP))
    body = {
        "recipient": recipient,
        "counter": _counter(record, member),
        "ciphertext": b64u(sealed),
    }
    record.say(member, "scoresheet.signed", body)


def _finish(record: PaperRecord) -> None:
    session = record.session
    for recipient in session.needed_recipients():
        record.release(recipient)
    body = consolidation(session, open_marks(session)).body
    record.say(MAIN_ACTOR, "result.consolidated", body)
    _move(record, Phase.CONSOLIDATED, ordered=False)
    for member in session.member_ids():
        stance = {"digest": body["digest"], "stance": "agree", "reasons": ""}
        record.say(member, "result.confirmed", stance)
    _move(record, Phase.CONFIRMED, ordered=False)
    report = {"file": record.keep(REPORT), "digest": body["digest"], "head": record.head()}
    record.say(MAIN_ACTOR, "report.issued", report)
    _move(record, Phase.REPORTED)
    for names in session.panel.names:
        record.release(names.seal.recipient)
    _move(record, Phase.ARCHIVED)
