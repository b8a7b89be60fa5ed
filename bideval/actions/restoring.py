"""A venue's own backup becomes its store again.

Decided here: only into an empty store, only by the venue that made the backup, only after every
byte and signature of it has been checked, and all of it or nothing. Each record begins a new epoch
and waits for the other venues' word before it is written: a backup is always older than the disk
that was lost, and what it lacks must come back, not be said again differently.
Not decided here: how the rest comes back (sync for a branch's copy, recovering for main's).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.checking_backup import check_record, lines_from
from bideval.actions.naming import name_files
from bideval.actions.venue_log import note
from bideval.audit.replay import first_forged
from bideval.ledger.line import chain_next, chain_start
from bideval.ledger.tree import leaf_hash
from bideval.terms.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bideval.actions.backup_file import Backup, Rows, SavedRecord
    from bideval.actions.venue import Venue
    from bideval.audit.replay import Checker
    from bideval.ports import Transaction
    from bideval.session.people import People

PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back of one record, and whose word is awaited."""

    session: str
    size: int
    root: str
    pending: int
    epoch: int
    awaiting: tuple[str, ...]


def restore(venue: Venue, backup: Backup, *, checker: Checker = first_forged) -> list[Restored]:
    """Put a backup of this venue into its empty store; return what came back.

    `checker` verifies the signatures.

    Raises RefusedError `store_not_empty` or `other_venue`, EvidenceError where the backup is not
    what was signed; then nothing is kept but files, which are harmless.
    """
    _check_fits(venue, backup)
    awaited: dict[str, tuple[str, ...]] = {}
    for saved in backup.records:
        checked = check_record(saved, backup.origin, checker=checker)
        fold = checked.fold
        awaited[saved.facts.session] = others(fold.people, venue.id) if fold else ()
    keep_files(venue, backup.files)

    def work(tx: Transaction) -> list[Restored]:
        found = [_restore(tx, saved, awaited[saved.facts.session]) for saved in backup.records]
        _restore_rows(tx, backup.rows, backup.files)
        return found

    restored = venue.devices.store.write(work).result()
    note_restored(venue, backup)
    return restored


def others(people: People, venue_id: str) -> tuple[str, ...]:
    """Return whose word a venue awaits: as main everybody's, as branch main's."""
    if people.main != venue_id:
        return (people.main,)
    return tuple(sorted(set(people.venues) - {venue_id}))


def note_restored(venue: Venue, backup: Backup) -> None:
    """Say in the venue's log that this is a copy, and of when."""
    log = venue.log
    with venue.devices.store.read() as reader:
        fresh = reader.head(log) is None
    if fresh:
        venue.devices.store.write(lambda tx: tx.found(log, venue.id)).result()
    body = {"made_at": backup.origin.made_at, "made_by": backup.origin.venue}
    note(venue, "store.restored", body).result()


def keep_files(venue: Venue, files: Mapping[str, memoryview]) -> None:
    """Keep files of a backup; each is checked against its name."""
    for sha256, data in files.items():
        if not venue.devices.files.has(sha256):
            venue.devices.files.put(_pieces(data), limit=len(data), expected=sha256)


def write_lines(tx: Transaction, saved: SavedRecord, start: int, *, pending: bool) -> None:
    """Keep and place the lines of a checked record from a position on.

    Raises StoreError `fork` where another line with the same number is kept already.
    """
    session, size = saved.facts.session, saved.facts.size
    for position, raw, line, entry in lines_from(saved, start):
        if position >= size and not pending:
            return
        held = tx.origin_head(session, line.origin)
        before = held.chain if held.n else chain_start(session, line.origin)
        if tx.add_line(session, line, entry=entry, chain=chain_next(before, raw)):
            name_files(tx, entry)
        if position < size:
            tx.place(session, line.origin, line.n, leaf_hash(raw))


def write_checkpoints(tx: Transaction, saved: SavedRecord) -> None:
    """Keep the checkpoints and cosignatures of a checked record."""
    session = saved.facts.session
    for one in saved.checkpoints:
        tx.add_checkpoint(session, one.size, one.note)
        for name, line in one.cosignatures.items():
            tx.add_cosignature(session, one.size, name, line)


def _check_fits(venue: Venue, backup: Backup) -> None:
    keys = venue.devices.keys
    if (backup.origin.venue, backup.origin.public) != (venue.id, keys.public.raw):
        detail = f"a backup of {backup.origin.venue}, or of another key of this venue"
        raise RefusedError("other_venue", field="from", detail=detail)
    with venue.devices.store.read() as reader:
        if reader.sessions():
            detail = "the database has records; a backup is put into an empty one only"
            raise RefusedError("store_not_empty", field="database_url", detail=detail)


def _restore(tx: Transaction, saved: SavedRecord, awaiting: tuple[str, ...]) -> Restored:
    facts = saved.facts
    epoch = facts.epoch + 1
    tx.found(facts.session, facts.main, epoch=epoch)
    write_lines(tx, saved, 0, pending=True)
    write_checkpoints(tx, saved)
    for conflict in saved.conflicts:
        tx.add_conflict(conflict)
    for word in saved.words:
        tx.put_word(word)
    tx.await_venues(facts.session, awaiting)
    root = facts.root.hex()
    return Restored(facts.session, facts.size, root, facts.pending, epoch, awaiting)


def _restore_rows(tx: Transaction, rows: Rows, files: Mapping[str, memoryview]) -> None:
    for account in rows.accounts:
        tx.add_account(account)
    tx.add_pool(rows.pool)
    for seat in rows.seats:
        tx.put_seat(seat)
    for delivery in rows.deliveries:
        tx.add_delivery(delivery)
    for use in rows.uses:
        tx.name_file(use)
    for kept in rows.files:
        if kept.sha256 in files:
            tx.add_file(kept)


def _pieces(data: memoryview) -> Iterable[bytes]:
    for start in range(0, len(data), PIECE_BYTES):
        yield bytes(data[start : start + PIECE_BYTES])
