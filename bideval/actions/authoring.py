"""What the venue itself says: entries signed with the venue's key.

Decided here: how such an entry is made: identifier, instant, the head that the venue has seen.
Not decided here: when a venue says what (duties, enrolment, founding).

An act that must happen once (announce this bid, move to that phase) has an identifier that follows
from what it is about. Repeating it after a crash finds the line that is there already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.appending import Saved, admit_and_keep, saved
from bideval.evidence.encoding import b64u, tagged_hash
from bideval.ledger.entry import NOTHING_SEEN, Seen, entry_payload, parse_entry, sign_entry
from bideval.terms.identifiers import ENTRY_ID_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bideval.actions.venue import Venue
    from bideval.ledger.entry import Entry
    from bideval.ports import RecordReader, StoredLine, Transaction

    Body = Mapping[str, object] | Callable[[Transaction], Mapping[str, object]]

_ACT_TAG = "bideval/act/v1"


def act_id(kind: str, *about: str) -> str:
    """Return the entry id of an act that happens once in its session."""
    parts = [part.encode() for part in (kind, *about)]
    return b64u(tagged_hash(_ACT_TAG, *parts)[:ENTRY_ID_BYTES])


def turns_of(
    reader: RecordReader, session: str, author: str, *, kind: str, about: tuple[str, ...]
) -> list[StoredLine]:
    """Return the lines in which an act that happens once was said: all but the last are void."""
    turns: list[StoredLine] = []
    while (said := reader.known(session, author, turn_id(kind, about, len(turns)))) is not None:
        turns.append(said)
    return turns


def turn_id(kind: str, about: tuple[str, ...], turn: int) -> str:
    """Return the entry id of an act's turn, counted from 0."""
    return act_id(kind, *about, f"turn {turn}") if turn else act_id(kind, *about)


def say(  # one entry: who, where, what kind, which words, once for what
    venue: Venue,
    session: str,
    kind: str,
    body: Body,
    *,
    about: tuple[str, ...] | None = None,
    also: Callable[[Transaction], None] | None = None,
) -> Saved:
    """Write an entry of this venue; with `about`, at most once for what it is about.

    A body that depends on the record's edge (a closing vector) is a function of the transaction.
    """
    entry_id = b64u(venue.devices.entropy.token(ENTRY_ID_BYTES))

    def work(tx: Transaction) -> tuple[StoredLine, bool]:
        nonlocal entry_id
        if about is not None:
            turns = turns_of(tx, session, venue.actor, kind=kind, about=about)
            if turns and not _is_void(venue, tx, turns[-1]):
                return turns[-1], False
            entry_id = turn_id(kind, about, len(turns))
        words = body(tx) if callable(body) else body
        entry = venue_entry(
            venue, session, kind, words, entry_id=entry_id, seen=seen_by(tx, session)
        )
        stored = admit_and_keep(venue, tx, entry, venue.devices.keys.public)
        if also is not None:
            also(tx)
        return stored, True

    stored, fresh = venue.devices.store.write(work).result()
    if fresh:
        venue.book.refresh(session, own=stored.n)
    return saved(venue, stored, fresh=fresh)


def _is_void(venue: Venue, tx: Transaction, said: StoredLine) -> bool:
    """Whether a line of this venue does not count, as far as this venue knows the record."""
    void = venue.book.ahead(said.session, tx).session.void_lines
    return any((one.origin, one.n) == (said.origin, said.n) for one in void)


def venue_entry(  # the members of an entry
    venue: Venue,
    session: str,
    kind: str,
    body: Mapping[str, object],
    *,
    entry_id: str,
    seen: Seen = NOTHING_SEEN,
) -> Entry:
    """Make and sign an entry of this venue, without writing it."""
    payload = entry_payload(
        session=session,
        author=venue.actor,
        kind=kind,
        id=entry_id,
        at=venue.now_ms(),
        body=body,
        seen=seen,
    )
    return parse_entry(sign_entry(venue.devices.keys.signing_key, payload))


def seen_by(reader: RecordReader, session: str) -> Seen:
    """Return the record head that an entry made now has seen."""
    head = reader.head(session)
    return NOTHING_SEEN if head is None else Seen(head.size, head.root.hex())
