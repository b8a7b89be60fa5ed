"""Writing one entry into a record at the venue where its author is.

Decided here: the order of things: read, verify, and then in one writer work: has it been said
before, may it be said, number, chain, keep, place (at main). The answer leaves after the commit.
Not decided here: what may be said (`Session.admit`) and who holds the key (the fold names it).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.awaited import refuse_while_awaiting
from bideval.actions.folds import known_line, read_apart, taken_apart
from bideval.actions.naming import name_files, named_files
from bideval.actions.quota import check_session_quota
from bideval.ledger.entry import verify_entry
from bideval.ledger.line import Line, chain_next, chain_start, encode_line
from bideval.ledger.receipt import Receipt, receipt_place, sign_receipt
from bideval.ledger.tree import leaf_hash
from bideval.ports import StoredLine
from bideval.terms.errors import BidevalError, EvidenceError, InputError, RefusedError
from bideval.terms.identifiers import VENUE_LOG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.actions.folds import Fold
    from bideval.actions.spread import Kept
    from bideval.actions.venue import Venue
    from bideval.evidence.signing import PublicKey
    from bideval.ledger.entry import Entry
    from bideval.ports import Transaction


@dataclass(frozen=True, slots=True)
class Saved:
    """What an author learns: who has the entry, and the venue's signature; no number of a line."""

    entry: str
    origin: str
    saved: Kept
    receipt: str
    fresh: bool


def append_own(venue: Venue, jws: str, *, author: str, session: str) -> Saved:
    """Write the entry that `author` sent; the same bytes again get the same answer.

    Raises InputError (malformed), EvidenceError (not signed by the author's key), RefusedError
    (`not_the_author`, `id_reused`, or whatever the session refuses).
    """
    return write_entry(venue, *_checked(venue, jws, author=author, session=session))


def append_several(
    venue: Venue, several: Sequence[str], *, author: str, session: str
) -> list[Saved]:
    """Write what `author` sent together, in this order and in one commit.

    As many from the first on as are not refused: what the first refused one leaves behind it would
    have been said after it, and waits for the author. Raises as `append_own` does, but only for the
    very first; so whoever sends the rest again learns why it was not written.
    """
    checked: list[tuple[Entry, PublicKey]] = []
    for jws in several:
        try:
            checked.append(_checked(venue, jws, author=author, session=session))
        except (InputError, RefusedError, EvidenceError):
            if not checked:
                raise
            break
    return write_entries(venue, checked)


def _checked(venue: Venue, jws: str, *, author: str, session: str) -> tuple[Entry, PublicKey]:
    """Return the entry with the key that signed it; nothing of it is written yet."""
    entry = taken_apart(jws)
    if entry.session != session:
        raise InputError("other_session", field="session", rule="entry.session")
    if entry.author != author:
        raise RefusedError("not_the_author", field="author", detail="signed in as somebody else")
    if entry.session.startswith(VENUE_LOG):
        raise InputError("bad_session_id", field="session", detail="a venue log is not a session")
    key = _key_for(venue, entry)
    verify_entry(entry, key)
    _check_files(venue, entry)
    check_session_quota(venue, entry)
    return entry, key


def _key_for(venue: Venue, entry: Entry) -> PublicKey:
    """Return the author's key; main may not have placed yet what enrolled it here."""
    try:
        with venue.book.settled(entry.session) as record:
            return record.key_for(entry)
    except EvidenceError:
        with venue.book.reading(entry.session) as fold:
            return fold.key_for(entry)


def _check_files(venue: Venue, entry: Entry) -> None:
    """What an entry names must be here whole: a receipt for a bid is one for its file too."""
    files = venue.devices.files
    for named in named_files(entry):
        if not files.has(named.sha256) or files.size(named.sha256) != named.size:
            raise RefusedError("file_missing", field=named.field, rule="order20/27")


def write_entry(venue: Venue, entry: Entry, key: PublicKey) -> Saved:
    """Keep a verified entry and answer with its receipt.

    `key` is the one that verified the entry; the writer compares it with the key that counts then.
    """
    return write_entries(venue, [(entry, key)])[0]


def write_entries(venue: Venue, checked: Sequence[tuple[Entry, PublicKey]]) -> list[Saved]:
    """Keep verified entries of one session in one work, up to the first that is refused.

    Raises what the very first is refused with.
    """

    def work(tx: Transaction) -> list[tuple[StoredLine, bool]]:
        kept: list[tuple[StoredLine, bool]] = []
        for entry, key in checked:
            try:
                kept.append(_keep_once(venue, tx, entry, key))
            except _NotAdmittedError as refused:
                if not kept:
                    raise refused.reason from None
                break
        return kept

    weight = sum(len(entry.jws) for entry, _ in checked)
    kept = venue.devices.store.write(work, weight=weight).result()
    fresh = [stored for stored, new in kept if new]
    if fresh:
        venue.book.refresh(checked[0][0].session, own=fresh[-1].n, wrote=fresh)
    return [saved(venue, stored, fresh=new) for stored, new in kept]


class _NotAdmittedError(Exception):
    """An entry that is refused before anything of it was written."""

    def __init__(self, reason: BidevalError) -> None:
        super().__init__(reason.code)
        self.reason = reason


def _keep_once(
    venue: Venue, tx: Transaction, entry: Entry, key: PublicKey
) -> tuple[StoredLine, bool]:
    """In a work: return the kept line, and whether it is new."""
    try:
        fold = venue.book.ahead(entry.session, tx)
        said = _known(fold, tx, entry)
        if said is not None:
            return _said_before(said, entry), False
        _admit(venue, tx, fold, entry, key)
    except (InputError, RefusedError, EvidenceError) as reason:
        raise _NotAdmittedError(reason) from None
    return _keep_admitted(venue, tx, fold, entry), True


def _known(fold: Fold, tx: Transaction, entry: Entry) -> StoredLine | None:
    """Return the line with this author's id; the store is asked only where the fold has one."""
    if (entry.author, entry.id) not in fold.session.entry_ids:
        return None
    return tx.known(entry.session, entry.author, entry.id)


def saved(venue: Venue, stored: StoredLine, *, fresh: bool = False) -> Saved:
    """Describe a kept line to its author."""
    return Saved(
        entry=stored.entry_hash,
        origin=stored.origin,
        saved=venue.spread.state_of(stored),
        receipt=_receipt(venue, stored),
        fresh=fresh,
    )


def keep_line(venue_id: str, tx: Transaction, entry: Entry, *, place: bool) -> StoredLine:
    """Number, chain, keep and (at main) place an entry of this venue; used by its log too."""
    head = tx.origin_head(entry.session, venue_id)
    line = Line(venue_id, head.n + 1, entry.jws)
    raw = encode_line(line)
    before = head.chain if head.n else chain_start(entry.session, venue_id)
    chain = chain_next(before, raw)
    tx.add_line(entry.session, line, entry=entry, chain=chain)
    position = tx.place(entry.session, venue_id, line.n, leaf_hash(raw)) if place else None
    return stored_line(entry.session, raw, entry, chain=chain, position=position)


def stored_line(
    session: str, raw: bytes, entry: Entry, *, chain: bytes, position: int | None
) -> StoredLine:
    """Describe a line as the store will, once it is written."""
    line = known_line(raw)
    return StoredLine(
        session=session,
        origin=line.origin,
        n=line.n,
        position=position,
        author=entry.author,
        entry_id=entry.id,
        entry_hash=read_apart(entry.jws).hash,
        kind=entry.kind,
        line=raw,
        chain=chain,
    )


def _said_before(said: StoredLine, entry: Entry) -> StoredLine:
    if known_line(said.line).jws != entry.jws:
        raise RefusedError(
            "id_reused", field="id", rule="idempotency", detail="id with other bytes"
        )
    return said


def admit_and_keep(venue: Venue, tx: Transaction, entry: Entry, key: PublicKey) -> StoredLine:
    """In a work: ask the session, then number, keep, place and fold the entry."""
    fold = venue.book.ahead(entry.session, tx)
    _admit(venue, tx, fold, entry, key)
    return _keep_admitted(venue, tx, fold, entry)


def _admit(venue: Venue, tx: Transaction, fold: Fold, entry: Entry, key: PublicKey) -> None:
    """Raise, with nothing changed, where the fold does not take the entry."""
    head = tx.head(entry.session)
    refuse_while_awaiting(head)
    venue.findings.refuse(entry.session, head)
    if entry.author != venue.actor and fold.session.key_for(entry) != key:
        raise EvidenceError("unknown_key", field="kid", detail="the author's key has changed")
    now, reading = venue.now_ms(), read_apart(entry.jws)
    fold.session.admit(entry, venue.id, now=now, reading=reading)


def _keep_admitted(venue: Venue, tx: Transaction, fold: Fold, entry: Entry) -> StoredLine:
    head = tx.head(entry.session)
    main = head is not None and head.main == venue.id
    stored = keep_line(venue.id, tx, entry, place=main)
    name_files(tx, entry)
    fold.take_own(stored)
    return stored


def _receipt(venue: Venue, stored: StoredLine) -> str:
    """The author's own instant is the receipt's, so that the same entry gets the same receipt."""
    receipt = Receipt(
        session=stored.session,
        origin=stored.origin,
        entry=stored.entry_hash,
        place=receipt_place(stored.chain),
        at=taken_apart(known_line(stored.line).jws).at,
    )
    return sign_receipt(venue.devices.keys.signing_key, receipt)
