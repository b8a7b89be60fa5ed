"""Putting a proof of misbehaviour together out of what is kept here.

Decided here: which of the kept statements stands against a new one; that a new one is on the disk
first, and is looked at again at the next start. Everything is judged by `audit.misbehaviour` before
it counts, so that nothing here can accuse an honest venue.
Not decided here: what happens then (findings).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bideval.actions.acknowledged import left_out
from bideval.actions.checkpoints import root_at
from bideval.actions.findings import keep_finding
from bideval.actions.folds import known_line, taken_apart
from bideval.actions.hearing import OTHER_WORD, keep_other_word, read_other_word
from bideval.actions.peering import quarantine
from bideval.actions.statements import (
    OF_A_STREAM,
    OF_THE_RECORD,
    Head,
    agrees_here,
    held_head,
    omission,
    other_head,
)
from bideval.audit.misbehaviour import Misbehaviour
from bideval.ledger.checkpoint import open_checkpoint
from bideval.ports import Rate
from bideval.sync.words import RECORD, Said
from bideval.terms.errors import BidevalError, FaultError, RefusedError
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from bideval.actions.statements import Evidence
    from bideval.actions.venue import Venue
    from bideval.actions.verifying import Verified
    from bideval.ledger.entry import Entry
    from bideval.ports import Conflict
    from bideval.sync.words import Vouch

T = TypeVar("T")

NOT_COSIGNED = ("other_root", "omission")
"""Codes of checkpoints that are kept because they are not cosigned."""

ACCUSATIONS = Rate(acts=120, window_ms=3_600_000)
"""Attempts at a proof about one session: each may read the whole record."""

OFFERED = Rate(acts=600, window_ms=3_600_000)
"""Words of one peer about one session that are compared with what is long past here."""


def attempt(venue: Venue, key: Hashable, work: Callable[[], T]) -> T:
    """Do what keeps something that was found, now, or as soon as the store writes again.

    Raises FaultError when it is not done now. Nothing of it is begun while the store writes
    nothing: attempts are counted.
    """

    def whole() -> T:
        if venue.devices.store.state == "faulted":
            raise FaultError("storage_fault", detail="nothing is written now")
        return work()

    return venue.unkept.attempt(key, whole)


def accuse_speaker(venue: Venue, peer: str, said: Said) -> bool:
    """A peer vouches for what we do not hold, or cannot take: see whether that can be proven."""

    def accuse() -> bool:
        keep_other_word(venue, peer, said)
        return _accuse_speaker(venue, said)

    return attempt(venue, ("word", said), accuse)


def accuse_lines(venue: Venue, peer: str, said: Said, code: str) -> None:
    """What a peer has sent cannot be taken: prove it, if that can be, and keep the lines.

    The signed word is on the disk first: the lines alone prove nothing.
    """

    def accuse() -> None:
        keep_other_word(venue, peer, said)
        _accuse_speaker(venue, said)
        lines = b"\n".join(said.lines)
        quarantine(venue, said.word.session, peer, said.first, code=code, proof=lines)

    attempt(venue, ("lines", said), accuse)


def refuse_checkpoint(
    venue: Venue, peer: str, session: str, head: tuple[int, str], code: str
) -> None:
    """Main's checkpoint (size, note) is not cosigned: keep it, and prove what it proves."""

    def accuse() -> None:
        size, note = head
        quarantine(venue, session, peer, size, code=code, proof=note.encode())
        accuse_main(venue, session, note)

    attempt(venue, ("checkpoint", session, head), accuse)


def compare_word(venue: Venue, peer: str, word: Vouch) -> bool:
    """Hold against our copy what a peer has signed of lines long past."""
    if not venue.devices.limiter.allow(f"offered:{peer}:{word.session}", OFFERED):
        return False
    if agrees_here(venue, word) is not False:
        return False
    return accuse_speaker(venue, peer, Said(word))


def accuse_doubted(venue: Venue, session: str) -> bool:
    """A larger head is known: see whether it proves wrong what could not be proven before."""

    def accuse() -> bool:
        return any(_still_doubted(venue, said) for said in venue.findings.doubted(session))

    return attempt(venue, ("doubted", session), accuse)


def _still_doubted(venue: Venue, said: Said) -> bool:
    if agrees_here(venue, said.word):
        venue.findings.believe(said)
        return False
    return _accuse_speaker(venue, said)


def accuse_omission(venue: Venue, session: str) -> bool:
    """The record has grown: see whether it holds what main has signed to stand in it."""
    return attempt(venue, ("omission", session), lambda: _accuse_omission(venue, session))


def _accuse_omission(venue: Venue, session: str) -> bool:
    with venue.devices.store.read() as reader:
        held = held_head(venue, reader, session)
        missing = left_out(venue, reader, session, held.n) if held else None
        if held is None or missing is None:
            return False
        evidence = omission(venue, reader, missing, held, reader.leaves(session, 0, held.n))
    return _keep(venue, session, "omission", evidence)


def _accuse_speaker(venue: Venue, said: Said) -> bool:
    session = said.word.session
    if not venue.devices.limiter.allow(f"accuse:{session}", ACCUSATIONS):
        return False
    rules = OF_THE_RECORD if said.word.stream == RECORD else OF_A_STREAM
    for what, evidence_of in rules.items():
        with venue.devices.store.read() as reader:
            evidence = evidence_of(venue, reader, said)
        if _keep(venue, session, what, evidence):
            return True
    venue.findings.doubt(said)
    return False


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
        said = read_other_word(conflict.session, conflict.proof)
        return isinstance(said, Said) and _accuse_speaker(venue, said)
    if conflict.code in NOT_COSIGNED:
        return accuse_main(venue, conflict.session, conflict.proof.decode())
    return False


def accuse_main(venue: Venue, session: str, note: str) -> bool:
    """Main's checkpoint could not be cosigned: see whether main has said otherwise before."""
    with venue.book.reading(session) as fold:
        key = fold.people.venues[fold.people.main].key
    try:
        stated = open_checkpoint(note, session, key)
        head = Head(stated.size, {"checkpoint": note})
        with venue.devices.store.read() as reader:
            if root_at(reader, session, stated.size) != stated.root:
                evidence = other_head(venue, reader, session, head)
                return _keep(venue, session, "two_heads", evidence)
            missing = left_out(venue, reader, session, stated.size)
            if missing is None:
                return False
            leaves = reader.leaves(session, 0, stated.size)
            evidence = omission(venue, reader, missing, head, leaves)
    except FaultError:
        raise
    except BidevalError:
        return False
    return _keep(venue, session, "omission", evidence)


def accuse_key(venue: Venue, session: str, lines: Sequence[bytes]) -> bool:
    """Look among arrived lines for an entry whose author had seen that the key is closed."""
    with venue.book.settled(session) as fold:  # a closing counts from its place in the record
        closed = dict(fold.people.closed)
    if not closed:
        return False
    for raw in lines:
        entry = taken_apart(known_line(raw).jws)
        if entry.kid in closed and entry.seen_size > closed[entry.kid]:
            return attempt(venue, ("key", entry.jws), partial(_accuse_key, venue, session, entry))
    return False


def _accuse_key(venue: Venue, session: str, entry: Entry) -> bool:
    with venue.devices.store.read() as reader:
        record = reader.lines(session, 0, entry.seen_size)
    lines = [stored.line.decode("ascii") for stored in record]
    return _keep(venue, session, "closed_key", {"lines": lines, "entry": entry.jws})


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
