"""A backup of everything that a venue holds, made beside the running server.

Decided here: what goes in (all records with the venue's log, checkpoints, proofs, what other venues
have signed, accounts, pools, seats, files) and what does not (keys, codes, log-ins, caches). One
snapshot of the database; files are only ever added, so every file that it names is there.
Not decided here: the form (backup_file).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.backup_file import (
    BLOCK_LINES,
    Origin,
    RecordFacts,
    RecordSource,
    Rows,
    write_backup,
)
from bideval.audit.container import SectionSource
from bideval.ports import StoreError
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bideval.evidence.signing import PublicKey
    from bideval.ports import FileStore, KeptFile, Reader, StoredCheckpoint

READ_BYTES = 1 << 20


def back_up(
    reader: Reader, files: FileStore, *, venue: str, public: PublicKey, now_ms: int
) -> Iterator[bytes]:
    """Return the backup piece by piece; `reader` stays open until its end."""
    sessions = reader.sessions()
    rows = _rows(reader, sessions)
    origin = Origin(
        venue=venue,
        suite=public.suite,
        public=public.raw,
        made_at=instant_text(now_ms),
        sessions=len(sessions),
    )
    return write_backup(
        origin,
        (_record(reader, session) for session in sessions),
        rows=rows,
        files=(_file(files, kept) for kept in rows.files if files.has(kept.sha256)),
    )


def _record(reader: Reader, session: str) -> RecordSource:
    head = reader.head(session)
    if head is None:
        raise StoreError("unknown_session", field=session)
    pending = reader.unplaced(session, 1 << 30)
    facts = RecordFacts(
        session=session,
        main=head.main,
        epoch=head.epoch,
        size=head.size,
        root=head.root,
        pending=len(pending),
    )
    return RecordSource(
        facts,
        list(_checkpoints(reader, session)),
        reader.conflicts(session),
        _blocks(reader, session, [one.line for one in pending]),
        reader.words(session),
    )


def _checkpoints(reader: Reader, session: str) -> Iterator[StoredCheckpoint]:
    """Yield checkpoints, the smallest first."""
    covered = 0
    while (found := reader.checkpoint_covering(session, covered)) is not None:
        yield found
        covered = found.size


def _blocks(reader: Reader, session: str, pending: list[bytes]) -> Iterator[list[bytes]]:
    start = 0
    while page := reader.lines(session, start, BLOCK_LINES):
        yield [one.line for one in page]
        start += len(page)
    if pending:
        yield pending


def _rows(reader: Reader, sessions: list[str]) -> Rows:
    uses = [use for session in sessions for use in reader.session_files(session)]
    kept = (reader.file(sha256) for sha256 in sorted({use.sha256 for use in uses}))
    return Rows(
        accounts=reader.accounts(),
        pool=[one for session in sessions for one in reader.pool(session)],
        seats=[one for session in sessions for one in reader.seats(session)],
        deliveries=[one for session in sessions for one in reader.deliveries(session)],
        uses=uses,
        files=[one for one in kept if one is not None],
    )


def _file(files: FileStore, kept: KeptFile) -> SectionSource:
    return SectionSource(f"file/{kept.sha256}", kept.size, kept.sha256, _pieces(files, kept.sha256))


def _pieces(files: FileStore, sha256: str) -> Iterator[bytes]:
    with files.open(sha256) as content:
        while piece := content.read(READ_BYTES):
            yield piece
