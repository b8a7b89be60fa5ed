"""A venue takes records back from other venues' backups: main after its loss, or a stale copy.

Decided here: of several backups the longest record counts and all others must be its beginning, as
must be what is here; otherwise nothing is taken. A record comes back to the same root, with the
accounts of people whose keys are in it, and what no branch can know is named.
Not decided here: what comes over the link by itself: a branch's lines that main had not placed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bideval.actions.checking_backup import CheckedRecord, check_record, lines_from
from bideval.actions.checkpoints import root_at
from bideval.actions.founding import JOINING_ROLES
from bideval.actions.restoring import (
    keep_files,
    note_restored,
    others,
    write_checkpoints,
    write_lines,
)
from bideval.audit.replay import first_forged
from bideval.evidence.encoding import unb64u
from bideval.evidence.signing import public_key
from bideval.ports import Account, KeptFile
from bideval.sync.words import RECORD, Vouch
from bideval.terms.errors import EvidenceError, RefusedError
from bideval.terms.fields import Fields
from bideval.terms.identifiers import VENUE_LOG, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bideval.actions.backup_file import Backup, SavedRecord
    from bideval.actions.venue import Venue
    from bideval.audit.replay import Checker
    from bideval.ledger.entry import Entry
    from bideval.ports import Reader, Transaction
    from bideval.session.state import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What came back of one session, and what is known to be missing."""

    session: str
    source: str
    size: int
    root: str
    taken: int
    cosigned: tuple[int, tuple[str, ...]]
    seen_beyond: int
    accounts: int
    missing_files: tuple[str, ...]
    pool_lost: bool
    awaiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Copy:
    """One venue's copy of a session, checked."""

    backup: Backup
    saved: SavedRecord
    fold: Session
    checked: CheckedRecord
    heads: tuple[Vouch, ...] = ()
    """What main has signed about this record to any of the venues whose copies these are."""

    @property
    def size(self) -> int:
        return self.saved.facts.size


def recover(
    venue: Venue,
    backups: Sequence[Backup],
    *,
    session: str | None = None,
    checker: Checker = first_forged,
) -> list[Recovered]:
    """Take every session of this venue (or the one named) that the backups hold.

    `checker` verifies the signatures.

    Raises EvidenceError `fork` where two copies contradict each other, or `backup_malformed` and
    others where one is not what was signed; RefusedError `not_in_backup` where none holds anything
    of this venue. Nothing is written unless all of it can be.
    """
    names = sorted({one.facts.session for backup in backups for one in backup.records})
    chosen = [name for name in names if not name.startswith(VENUE_LOG) and session in (None, name)]
    longest = [_longest(venue, backups, name, checker) for name in chosen]
    copies = [found for found in longest if found is not None]
    if not copies:
        raise RefusedError("not_in_backup", field="from", detail="no session of this venue")
    for backup in backups:
        keep_files(venue, backup.files)

    def work(tx: Transaction) -> list[int]:
        return [_take(venue, tx, copy) for copy in copies]

    taken = venue.devices.store.write(work).result()
    for backup in backups:
        note_restored(venue, backup)
    with venue.devices.store.read() as reader:
        return [_tell(reader, copy, taken[n]) for n, copy in enumerate(copies)]


def _longest(
    venue: Venue, backups: Sequence[Backup], session: str, checker: Checker
) -> _Copy | None:
    """Return the longest copy, after all copies were found to be beginnings of it."""
    saved = [
        (backup, one)
        for backup in backups
        for one in backup.records
        if one.facts.session == session
    ]
    with venue.devices.store.read() as reader:
        head = reader.head(session)
    sizes = {one.facts.size for _, one in saved} | ({head.size} if head else set())
    copies = [
        _copy(venue, backup, one, check_record(one, backup.origin, checker=checker, roots=sizes))
        for backup, one in saved
    ]
    ours = [copy for copy in copies if copy is not None]
    if not ours:
        return None
    longest = max(ours, key=lambda copy: copy.size)
    for copy in ours:
        if longest.checked.roots.get(copy.size) != copy.saved.facts.root:
            raise _fork(session, f"{copy.backup.origin.venue} and {longest.backup.origin.venue}")
    if head is not None:
        _compare_ours(venue, session, head.size, longest)
    return replace(longest, heads=tuple(_heads(venue, ours)))


def _heads(venue: Venue, copies: Sequence[_Copy]) -> Iterator[Vouch]:
    """Yield main's words about the record: they hold it to them, whoever has heard them."""
    for copy in copies if copies[0].fold.people.main != venue.id else ():
        for word in copy.saved.words:
            if isinstance(word, Vouch) and word.stream == RECORD:
                yield word


def _compare_ours(venue: Venue, session: str, size: int, longest: _Copy) -> None:
    at = min(size, longest.size)
    with venue.devices.store.read() as reader:
        ours = root_at(reader, session, at)
    if ours != longest.checked.roots.get(at):
        raise _fork(session, f"this venue's copy and {longest.backup.origin.venue}'s")


def _copy(venue: Venue, backup: Backup, saved: SavedRecord, checked: CheckedRecord) -> _Copy | None:
    """Return the checked copy; None where the session does not name this venue with its keys."""
    fold = checked.fold
    card = None if fold is None else fold.people.venues.get(venue.id)
    if fold is None or card is None:
        return None
    keys = venue.devices.keys
    if (card.key, card.recipient) != (keys.public, keys.recipient):
        detail = f"{saved.facts.session} names other keys of this venue: restore its key files"
        raise RefusedError("other_keys", field="key_file", detail=detail)
    return _Copy(backup, saved, fold, checked)


def _take(venue: Venue, tx: Transaction, copy: _Copy) -> int:
    """Write what is not here yet; return how many lines that were."""
    session, main = copy.saved.facts.session, copy.fold.people.main
    head = tx.head(session)
    if head is None:
        tx.found(session, main, epoch=copy.saved.facts.epoch + 1)
    else:
        tx.raise_epoch(session)
    before = 0 if head is None else head.size
    write_lines(tx, copy.saved, before, pending=False)
    write_checkpoints(tx, copy.saved)
    for word in copy.heads:
        tx.put_word(word)
    _open_accounts(venue, tx, copy)
    _note_files(tx, copy)
    tx.await_venues(session, others(copy.fold.people, venue.id))
    return max(0, copy.size - before)


def _open_accounts(venue: Venue, tx: Transaction, copy: _Copy) -> None:
    """Let the people whom this venue enrolled sign in again by the keys in their browsers."""
    for _, _, line, entry in lines_from(copy.saved, 0):
        if entry.kind == "person.enrolled" and line.origin == venue.id:
            account = _account(venue, copy, entry)
            if tx.account(account.kid) is None:
                tx.add_account(account)


def _account(venue: Venue, copy: _Copy, entry: Entry) -> Account:
    body = Fields(entry.body, "body")
    suite, public = body.text("suite"), unb64u(body.text("public"))
    kid = public_key(suite, public).key_id
    role = Role(body.text("role"))
    return Account(
        kid=kid,
        person=body.text("person"),
        role=role.value,
        session=None if role in JOINING_ROLES else entry.session,
        suite=suite,
        public=public,
        recipient=None if body.absent("recipient") else body.text("recipient"),
        venue=venue.id,
        created_ms=entry.at,
        closed_ms=entry.at if kid in copy.fold.people.closed else None,
    )


def _note_files(tx: Transaction, copy: _Copy) -> None:
    rows, session = copy.backup.rows, copy.saved.facts.session
    named = {use.sha256 for use in tx.session_files(session)}
    for kept in rows.files:
        if kept.sha256 in named and kept.sha256 in copy.backup.files:
            tx.add_file(KeptFile(kept.sha256, kept.size, kept.media_type, kept.added_by, 0))


def _tell(reader: Reader, copy: _Copy, taken: int) -> Recovered:
    session = copy.saved.facts.session
    head = reader.head(session)
    size, root = (head.size, head.root.hex()) if head else (0, "")
    newest = copy.saved.checkpoints[-1] if copy.saved.checkpoints else None
    bids = copy.fold
    return Recovered(
        session=session,
        source=copy.backup.origin.venue,
        size=size,
        root=root,
        taken=taken,
        cosigned=(newest.size, tuple(sorted(newest.cosignatures))) if newest else (0, ()),
        seen_beyond=max(0, copy.checked.seen - size),
        accounts=len(reader.accounts()),
        missing_files=tuple(
            f"{use.purpose} {use.sha256}" for use in reader.missing_files(session, 1_000)
        ),
        pool_lost=_had_pool(bids) and not reader.pool(session),
        awaiting=head.awaiting if head else (),
    )


def _had_pool(fold: Session) -> bool:
    return any(place.kind == "pool.sealed" for place in fold.places.values())


def _fork(session: str, whose: str) -> EvidenceError:
    detail = f"{session}: the copies of {whose} contradict each other; nothing was written"
    return EvidenceError("fork", field=session, detail=detail)
