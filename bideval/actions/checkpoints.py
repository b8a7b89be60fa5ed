"""Main states what the record is, branches state that theirs is the same.

Decided here: when a checkpoint is signed, what a branch checks and keeps before it cosigns, what
main checks and keeps of a cosignature.
Not decided here: formats (ledger) and how notes travel (link).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.acknowledged import check_acknowledged
from bideval.actions.telling import tell_others
from bideval.ledger.checkpoint import checkpoint_body, open_checkpoint, sign_checkpoint
from bideval.ledger.cosignature import cosign, verify_cosignature
from bideval.ledger.note import parse_note
from bideval.ledger.tree import Frontier
from bideval.ports import StoredCheckpoint
from bideval.terms.errors import EvidenceError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.actions.venue import Venue
    from bideval.evidence.signing import PublicKey
    from bideval.ports import RecordReader, Transaction

PAGE_LEAVES = 5_000
"""Leaves read at once when an older root has to be computed."""


def state_record(
    venue: Venue, session: str, *, also: Callable[[Transaction], None] | None = None
) -> StoredCheckpoint | None:
    """Sign and keep a checkpoint of the present record; None unless it has grown, or elsewhere.

    `also` is written in the same commit, whether there is a checkpoint or not.
    """

    def work(tx: Transaction) -> StoredCheckpoint | None:
        if also is not None:
            also(tx)
        return _state(venue, tx, session)

    return venue.devices.store.write(work).result()


def _state(venue: Venue, tx: Transaction, session: str) -> StoredCheckpoint | None:
    if venue.findings.stopped(session):
        return None
    head = tx.head(session)
    if head is None or head.main != venue.id or head.size == 0 or head.awaiting or head.stopped:
        return None
    latest = tx.checkpoint(session)
    if latest is not None and latest.size == head.size:
        return None
    key = venue.devices.keys.signing_key
    note = sign_checkpoint(key, session, head.size, head.root)
    tx.add_checkpoint(session, head.size, note)
    return StoredCheckpoint(session, head.size, note, {})


def answer_checkpoint(venue: Venue, session: str, note: str) -> tuple[int, str]:
    """Compare main's checkpoint with our own record and cosign it; return size and our line.

    Our cosignature is on disk before it is returned. Raises EvidenceError `other_root` when main
    states another record than it sent us, and `omission` when it lacks a line that main has placed.
    """
    with venue.book.settled(session) as fold:
        main = fold.people.venues[fold.people.main]
    stated = open_checkpoint(note, session, main.key)

    def work(tx: Transaction) -> tuple[int, str]:
        venue.findings.refuse(session, tx.head(session))
        if root_at(tx, session, stated.size) != stated.root:
            raise EvidenceError("other_root", field="root", detail="main's record is not ours")
        check_acknowledged(venue, tx, session, stated.size)
        known = tx.checkpoint(session, size=stated.size)
        held = known.cosignatures.get(venue.id) if known else None
        if held is not None:
            return stated.size, held
        key, seconds = venue.devices.keys.signing_key, venue.now_ms() // 1000
        line = cosign(key, venue.id, checkpoint_body(stated), seconds)
        tx.add_checkpoint(session, stated.size, note)
        tx.add_cosignature(session, stated.size, venue.id, line)
        return stated.size, line

    return venue.devices.store.write(work).result()


def take_cosignature(venue: Venue, session: str, peer: str, size: int, line: str) -> None:
    """Check and keep a branch's cosignature; from then on the branch is known to have the record.

    Raises EvidenceError when it is not by that branch over our checkpoint of that size.
    """
    key = _key_of(venue, session, peer)

    def work(tx: Transaction) -> None:
        checkpoint = tx.checkpoint(session, size=size)
        if checkpoint is None:
            raise EvidenceError("unknown_checkpoint", field="size", detail="no such checkpoint")
        verify_cosignature(line, peer, key, body=parse_note(checkpoint.note).body)
        tx.add_cosignature(session, size, peer, line)

    venue.devices.store.write(work).result()
    venue.spread.elsewhere(session, size)
    tell_others(venue, session)


def root_at(reader: RecordReader, session: str, size: int) -> bytes:
    """Return the root of the first `size` lines of our own copy."""
    head = reader.head(session)
    if head is None or head.size < size:
        raise EvidenceError("unknown_size", field="size", detail="our copy is shorter")
    if head.size == size:
        return head.root
    frontier = Frontier()
    while frontier.size < size:
        limit = min(PAGE_LEAVES, size - frontier.size)
        for leaf in reader.leaves(session, frontier.size, limit):
            frontier.add(leaf)
    return frontier.root()


def _key_of(venue: Venue, session: str, peer: str) -> PublicKey:
    with venue.book.settled(session) as fold:
        found = fold.people.venues.get(peer)
    if found is None:
        raise RefusedError("unknown_venue", field="venue", detail="not a venue of this session")
    return found.key
