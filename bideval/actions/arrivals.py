"""What other venues send: lines going up to main, the ordered record coming down to a branch.

Decided here: how a batch is verified (outside the writer) and written (all of it in
one work, or none). An authentic line that may not count is kept and flagged by the fold; what is
not authentic is refused as a whole and is a fault of the link.
Not decided here: cursors, windows and retries (sync).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.appending import stored_line
from bideval.actions.awaited import owed_upto
from bideval.actions.confirming import settle_owed
from bideval.actions.folds import known_line, taken_apart
from bideval.actions.naming import name_files
from bideval.evidence.encoding import b64u, unb64u
from bideval.evidence.signing import PublicKey, public_key
from bideval.ledger.entry import Entry, verify_entry
from bideval.ledger.line import Line, chain_next, chain_start
from bideval.ledger.tree import leaf_hash
from bideval.ports import StoreError
from bideval.terms.errors import EvidenceError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.actions.folds import Fold
    from bideval.actions.venue import Venue
    from bideval.ports import OriginHead, RecordHead, StoredLine, Transaction
    from bideval.sync.words import Vouch

COPIED_LINES = 16
"""Lines of a batch from which on a copy of the writer's fold costs less than folding them again."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One line of a batch, taken apart, with the key that its signature fits."""

    raw: bytes
    line: Line
    entry: Entry
    key: PublicKey


def commit_up(
    venue: Venue, session: str, lines: Sequence[bytes], *, word: Vouch
) -> tuple[OriginHead, int]:
    """Main keeps and places a branch's own next lines; return their head, our size.

    `word` is the branch's, verified, for its lines up to the last of these; it is kept with them.
    Lines that are here already, byte for byte, are skipped. Raises EvidenceError for anything that
    is not authentic or contradicts what is kept or signed, StoreError for a gap, FaultError
    `awaiting_venues` at a copy that was put back: then lines that are owed their places may be kept
    all the same.
    """
    origin, first = word.stream, word.n - len(lines) + 1
    batch = _verified(venue, session, lines)
    numbers = [(one.line.origin, one.line.n) for one in batch]
    if numbers != [(origin, first + index) for index in range(len(batch))]:
        raise EvidenceError(
            "wrong_origin", field="origin", detail="not the branch's own next lines"
        )

    while True:
        placed = _place_up(venue, session, batch, word=word)
        rest = [one for one in batch if one.line.n > placed.origin.n]
        if not rest:
            return placed.origin, placed.size
        if len(rest) == len(batch):
            raise StoreError("gap", field="n", detail=f"after {placed.origin.n}")
        batch = rest


@dataclass(frozen=True, slots=True)
class _Placed:
    """What main holds of a branch's lines after a work, and how large the record is."""

    origin: OriginHead
    size: int
    awaiting: tuple[str, ...] | None
    """Who is awaited still, where this work has placed what was owed."""


def _place_up(venue: Venue, session: str, batch: Sequence[Arrival], *, word: Vouch) -> _Placed:
    """Keep and place all of a batch; at a copy that was put back, as much of it as is owed."""
    origin = word.stream

    def work(tx: Transaction) -> tuple[_Placed, list[StoredLine], Fold | None]:
        if _leads(tx, session) != venue.id:
            raise EvidenceError("wrong_main", field="main", detail="this venue does not lead it")
        before = tx.head(session)
        venue.findings.refuse(session, before)
        upto = owed_upto(before, origin)
        fold = venue.book.ahead(session, tx)
        held = tx.origin_head(session, origin).n
        kept = []
        for arrival in batch:
            if arrival.line.n <= held:
                _check_same(tx.origin_lines(session, origin, arrival.line.n, 1), arrival)
            elif upto is None or arrival.line.n <= upto:
                kept.append(_keep(tx, session, fold, arrival))
        left = None if upto is None else settle_owed(tx, session)
        after, own = tx.head(session), tx.origin_head(session, origin)
        _keep_word(tx, word, own.n, own.chain)
        return _Placed(own, after.size if after else 0, left), kept, _copied(fold, kept)

    weight = sum(len(arrival.raw) for arrival in batch)
    placed, kept, done = venue.devices.store.write(work, weight=weight).result()
    if placed.awaiting is not None:
        venue.awaiting.set(session, placed.awaiting)
    venue.book.refresh(session, wrote=kept, after=done)
    if placed.origin.n == word.n:
        venue.findings.hear(word)
    return placed


def commit_down(
    venue: Venue, session: str, main: str, lines: Sequence[bytes], *, word: Vouch
) -> RecordHead:
    """A branch keeps the next lines of the record, in main's order; return its head.

    `word` is main's, verified, for the record up to the last of these lines; it is kept with them.
    Own lines that come back must be the bytes that were sent. The first line of a session that is
    not known here founds it, if it names this venue with its own key and the sender as main.
    """
    batch = _verified(venue, session, lines)
    start = word.n - len(lines)

    def work(tx: Transaction) -> tuple[RecordHead, list[StoredLine], Fold | None]:
        before = tx.head(session)
        venue.findings.refuse(session, before)
        if before is None and batch:
            check_founding(venue, main, batch[0].entry)
            tx.found(session, main)
        head = tx.head(session)
        if head is None or head.main != main:
            raise EvidenceError("wrong_main", field="main", detail="another venue leads it")
        if start > head.size:
            raise EvidenceError("gap", field="start", detail="not the next position")
        fold = venue.book.ahead(session, tx)
        kept = []
        for position, arrival in enumerate(batch, start):
            if position < head.size:
                _check_same(tx.lines(session, position, 1), arrival)
            else:
                kept.append(_keep(tx, session, fold, arrival))
        after = tx.head(session) or head
        _keep_word(tx, word, after.size, after.root)
        return after, kept, _copied(fold, kept)

    weight = sum(len(line) for line in lines)
    head, kept, done = venue.devices.store.write(work, weight=weight).result()
    venue.book.refresh(session, wrote=kept, after=done)
    venue.findings.hear(word)
    venue.spread.elsewhere(session, head.size)
    return head


def _copied(fold: Fold, kept: Sequence[StoredLine]) -> Fold | None:
    """At the end of a work: return what readers may see once it is on the disk, if that saves work.

    A copy: the writer goes on with the fold, and what it takes later may never come to the disk.
    """
    return fold.copy() if len(kept) >= COPIED_LINES else None


def _keep_word(tx: Transaction, word: Vouch, n: int, digest: bytes) -> None:
    """Keep what the sender has signed of just the lines that are here; it must be that."""
    if n != word.n:
        return
    if digest != word.digest:
        raise EvidenceError("not_vouched", field="lines", detail="are not those that were signed")
    tx.put_word(word)


def _leads(tx: Transaction, session: str) -> str:
    head = tx.head(session)
    if head is None:
        raise RefusedError("unknown_session", field="session")
    return head.main


def check_founding(venue: Venue, main: str, entry: Entry) -> None:
    """Raise EvidenceError unless the founding names the sender as main and us as we are."""
    body = entry.body
    venues = body.get("venues")
    cards = venues if isinstance(venues, list) else []
    own = next(
        (card for card in cards if isinstance(card, dict) and card.get("id") == venue.id), {}
    )
    ours = (b64u(venue.devices.keys.public.raw), venue.devices.keys.recipient)
    if entry.kind != "session.founded" or body.get("main") != main or venue.id == main:
        raise EvidenceError("bad_founding", field="main", detail="the sender is not its main venue")
    if (own.get("public"), own.get("recipient")) != ours:
        raise EvidenceError(
            "bad_founding", field="venues", detail="does not name this venue's keys"
        )


def _keep(tx: Transaction, session: str, fold: Fold, arrival: Arrival) -> StoredLine:
    """Keep, place and fold one line; an own line that comes back is placed only."""
    line, entry = arrival.line, arrival.entry
    if entry.session != session:
        raise EvidenceError("wrong_session", field="session", detail="a line of another session")
    head = tx.origin_head(session, line.origin)
    chain = head.chain
    if line.n <= head.n:
        _check_same(tx.origin_lines(session, line.origin, line.n, 1), arrival)
    else:
        _check_key(fold, arrival)
        before = head.chain if head.n else chain_start(session, line.origin)
        chain = chain_next(before, arrival.raw)
        tx.add_line(session, line, entry=entry, chain=chain)
        name_files(tx, entry)
    position = tx.place(session, line.origin, line.n, leaf_hash(arrival.raw))
    stored = stored_line(session, arrival.raw, entry, chain=chain, position=position)
    fold.take_placed([stored])
    return stored


def _check_same(held: Sequence[StoredLine], arrival: Arrival) -> None:
    """A line that we hold already must be these very bytes; anything else is a fork."""
    if not held or held[0].line != arrival.raw:
        raise EvidenceError("fork", field="n", detail="another line with this number is kept")


def _check_key(fold: Fold, arrival: Arrival) -> None:
    """The key that fitted must be the one that speaks for the author at this very place."""
    if fold.ordered.key_for(arrival.entry) != arrival.key:
        raise EvidenceError(
            "unknown_key", field="kid", detail="the key does not speak for the author"
        )


def _verified(venue: Venue, session: str, lines: Sequence[bytes]) -> list[Arrival]:
    """Take the lines apart and verify each signature under a key that the record knows.

    In this thread: the library holds the interpreter's lock while it verifies, so that more threads
    only wait for one another.
    """
    taken = [(raw, line, taken_apart(line.jws)) for raw in lines for line in (known_line(raw),)]
    known = known_keys(venue, session, [entry for _, _, entry in taken])
    batch = [Arrival(raw, line, entry, _key(known, entry)) for raw, line, entry in taken]
    for one in batch:
        verify_entry(one.entry, one.key)
    return batch


def _key(known: dict[str, PublicKey], entry: Entry) -> PublicKey:
    found = known.get(entry.kid)
    if found is None:
        raise EvidenceError("unknown_key", field="kid", detail="no enrolment of this key")
    return found


def known_keys(venue: Venue, session: str, entries: Sequence[Entry]) -> dict[str, PublicKey]:
    """Return keys by id: those that the record has, and those that this batch brings in."""
    brought = [key for entry in entries for key in _brought(entry)]
    keys = {key.key_id: key for key in brought}
    try:
        with venue.book.settled(session) as fold:
            owners = {entry.kid: fold.people.owner_of(entry.kid) for entry in entries}
            keys.update({kid: owner.key for kid, owner in owners.items() if owner is not None})
    except RefusedError:
        return keys
    return keys


def _brought(entry: Entry) -> list[PublicKey]:
    """Return the keys that an entry brings in; the fold decides later whom they speak for."""
    if entry.kind == "person.enrolled":
        parts: list[object] = [entry.body]
    elif entry.kind == "session.founded":
        venues = entry.body.get("venues")
        parts = list(venues) if isinstance(venues, list) else []
    else:
        return []
    return [_read_key(part) for part in parts if isinstance(part, dict)]


def _read_key(part: dict[str, object]) -> PublicKey:
    suite, public = part.get("suite"), part.get("public")
    if not isinstance(suite, str) or not isinstance(public, str):
        raise EvidenceError("unknown_key", field="public", detail="an enrolment without a key")
    return public_key(suite, unb64u(public, field="public"))
