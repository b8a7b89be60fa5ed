"""Putting a proof of misbehaviour together out of what is kept here.

Decided here: which of the kept statements stands against a new one; that a new one is on the disk
first, and is looked at again at the next start. Everything is judged by `audit.misbehaviour` before
it counts, so that nothing here can accuse an honest venue.
Not decided here: what happens then (findings).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.acknowledged import left_out
from bideval.actions.checkpoints import root_at
from bideval.actions.findings import keep_finding
from bideval.actions.hearing import OTHER_WORD, keep_other_word, read_other_word
from bideval.audit.contradictions import hexes, placed_document, vouch_document
from bideval.audit.misbehaviour import Misbehaviour
from bideval.ledger.checkpoint import open_checkpoint
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import chain_start, parse_line
from bideval.ledger.tree import consistency_path
from bideval.sync.words import RECORD, Vouch
from bideval.terms.errors import BidevalError, RefusedError
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.actions.venue import Venue
    from bideval.actions.verifying import Verified
    from bideval.ledger.entry import Entry
    from bideval.ports import Conflict, RecordReader
    from bideval.sync.words import Placed, Word

    Evidence = dict[str, object]

NOT_COSIGNED = ("other_root", "omission")
"""Codes of checkpoints that are kept because they are not cosigned."""


def accuse_speaker(venue: Venue, peer: str, word: Word) -> bool:
    """A peer vouched for other lines than we hold: see whether it has said otherwise before."""
    if not isinstance(word, Vouch):
        return False
    keep_other_word(venue, peer, word)
    return _accuse_speaker(venue, word)


def accuse_doubted(venue: Venue, session: str) -> bool:
    """A larger head is known: see whether it proves wrong what could not be proven before."""
    return any(_accuse_speaker(venue, word) for word in venue.findings.doubted(session))


def _accuse_speaker(venue: Venue, word: Vouch) -> bool:
    proven = _two_heads(venue, word) if word.stream == RECORD else _two_chains(venue, word)
    if not proven:
        venue.findings.doubt(word)
    return proven


def _two_heads(venue: Venue, word: Vouch) -> bool:
    with venue.devices.store.read() as reader:
        statement = (word.n, vouch_document(word))
        evidence = _other_head(venue, reader, word.session, statement)
    return _keep(venue, word.session, "two_heads", evidence)


def _two_chains(venue: Venue, word: Vouch) -> bool:
    before = venue.findings.vouched(word.session, word.stream)
    if before is None or before.n != word.n:
        return False
    evidence: Evidence = {
        "venue": word.stream,
        "first": vouch_document(before),
        "second": vouch_document(word),
    }
    return _keep(venue, word.session, "two_chains", evidence)


def accuse_again(venue: Venue, records: Sequence[Verified]) -> None:
    """At the start, prove what was kept and not yet proven: the server may have died between."""
    for record in records:
        if venue.findings.stopped(record.session):
            continue
        with venue.devices.store.read() as reader:
            kept = reader.conflicts(record.session)
            late = [reader.lines(record.session, at, 1)[0].line for at in record.late]
        if any(_accuse_kept(venue, conflict) for conflict in kept):
            continue
        if late:
            accuse_key(venue, record.session, late)


def _accuse_kept(venue: Venue, conflict: Conflict) -> bool:
    if conflict.code == OTHER_WORD:
        word = read_other_word(conflict.session, conflict.proof)
        return isinstance(word, Vouch) and _accuse_speaker(venue, word)
    if conflict.code in NOT_COSIGNED:
        return accuse_main(venue, conflict.session, conflict.proof.decode())
    return False


def accuse_main(venue: Venue, session: str, note: str) -> bool:
    """Main's checkpoint could not be cosigned: see whether main has said otherwise before."""
    with venue.book.reading(session) as fold:
        key = fold.people.venues[fold.people.main].key
    try:
        stated = open_checkpoint(note, session, key)
        with venue.devices.store.read() as reader:
            statement: Evidence = {"checkpoint": note}
            if root_at(reader, session, stated.size) != stated.root:
                evidence = _other_head(venue, reader, session, (stated.size, statement))
                return _keep(venue, session, "two_heads", evidence)
            missing = left_out(venue, reader, session, stated.size)
            if missing is None:
                return False
            evidence = _omission(venue, reader, session, missing, statement, stated.size)
    except BidevalError:
        return False
    return _keep(venue, session, "omission", evidence)


def accuse_key(venue: Venue, session: str, lines: Sequence[bytes]) -> bool:
    """Look among arrived lines for an entry whose author had seen that the key is closed."""
    with venue.book.reading(session) as fold:
        closed = dict(fold.people.closed)
    if not closed:
        return False
    for raw in lines:
        entry = parse_entry(parse_line(raw).jws)
        if entry.kid in closed and entry.seen_size > closed[entry.kid]:
            return _accuse_key(venue, session, entry)
    return False


def _accuse_key(venue: Venue, session: str, entry: Entry) -> bool:
    with venue.devices.store.read() as reader:
        record = reader.lines(session, 0, entry.seen_size)
    lines = [stored.line.decode("ascii") for stored in record]
    return _keep(venue, session, "closed_key", {"lines": lines, "entry": entry.jws})


def _other_head(
    venue: Venue, reader: RecordReader, session: str, new: tuple[int, Evidence]
) -> Evidence | None:
    """Set the new head against a larger one of main's that is our own copy's head too."""
    size, statement = new
    held = _held_head(venue, reader, session)
    if held is None or held[0] < size:
        return None
    leaves = reader.leaves(session, 0, held[0])
    return {
        "first": statement,
        "second": held[1],
        "root": root_at(reader, session, size).hex(),
        "path": hexes(consistency_path(leaves, size, held[0])),
    }


def _held_head(venue: Venue, reader: RecordReader, session: str) -> tuple[int, Evidence] | None:
    """Return the largest head that main has signed and that we found to be ours."""
    said = venue.findings.vouched(session, RECORD)
    stored = reader.checkpoint(session)
    heads: list[tuple[int, Evidence]] = []
    if said is not None:
        heads.append((said.n, vouch_document(said)))
    if stored is not None:
        heads.append((stored.size, {"checkpoint": stored.note}))
    return max(heads, key=lambda head: head[0], default=None)


def _omission(  # which word, where from, under which head
    venue: Venue,
    reader: RecordReader,
    session: str,
    missing: tuple[Placed, int],
    head: Evidence,
    size: int,
) -> Evidence:
    said, n = missing
    before = reader.origin_lines(session, venue.id, n - 1, 1) if n > 1 else []
    chain = before[0].chain if before else chain_start(session, venue.id)
    lines = reader.origin_lines(session, venue.id, n, said.n - n + 1)
    return {
        "venue": venue.id,
        "placed": placed_document(said),
        "before": chain.hex(),
        "lines": [stored.line.decode("ascii") for stored in lines],
        "leaves": hexes(reader.leaves(session, 0, size)),
        "head": head,
    }


def _keep(venue: Venue, session: str, what: str, evidence: Evidence | None) -> bool:
    if evidence is None:
        return False
    with venue.devices.store.read() as reader:
        first = reader.lines(session, 0, 1)
    if not first:
        raise RefusedError("unknown_session", field="session")
    found = Misbehaviour(
        session=session,
        what=what,
        founding=first[0].line.decode("ascii"),
        found_by=venue.id,
        found_at=instant_text(venue.now_ms()),
        evidence=evidence,
    )
    return keep_finding(venue, found)
