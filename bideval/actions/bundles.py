"""The evidence bundle of a session, as this venue exports it.

Decided here: what goes in: the record, the newest checkpoint with all cosignatures, every file that
the record names and that is here.
Not decided here: the container's form (audit.bundle).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.naming import CONTENT
from bideval.actions.receipts import cosigned_note
from bideval.actions.venue_log import note
from bideval.audit.bundle import FileSource, Manifest, write_bundle
from bideval.session.names import ENDED
from bideval.terms.errors import RefusedError
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bideval.actions.venue import Venue
    from bideval.actions.visitor import Visitor
    from bideval.ports import StoredCheckpoint

PAGE_LINES = 500
READ_BYTES = 1024 * 1024


def export_bundle(venue: Venue, visitor: Visitor, session: str) -> Iterator[bytes]:
    """Return the bundle piece by piece; RefusedError `not_archived` before the session's end."""
    with venue.book.reading(session) as fold:
        if fold.phase not in ENDED:
            raise RefusedError("not_archived", field="session", rule="bundle.end")
        main = fold.main
    checkpoint = _newest(venue, session)
    files, absent = _files(venue, session)
    with venue.devices.store.read() as reader:
        root = reader.head(session)
    if root is None:
        raise RefusedError("unknown_session", field="session")
    manifest = Manifest(
        session=session,
        main=main,
        exported_by=venue.id,
        made_at=instant_text(venue.now_ms()),
        size=root.size,
        root=root.root.hex(),
        files=files,
        absent=absent,
    )
    body = {"session": session, "actor": visitor.person, "size": root.size}
    note(venue, "bundle.exported", body).result()
    return write_bundle(
        manifest,
        _lines(venue, session, root.size),
        checkpoint=cosigned_note(checkpoint),
        files=(FileSource(one, files[one], _pieces(venue, one)) for one in sorted(files)),
    )


def _newest(venue: Venue, session: str) -> StoredCheckpoint:
    """Return the checkpoint of the whole record; the session has ended, so it comes to stand."""
    with venue.devices.store.read() as reader:
        newest, head = reader.checkpoint(session), reader.head(session)
    if newest is None or head is None or newest.size != head.size:
        raise RefusedError("not_covered", field="session", rule="bundle.checkpoint")
    return newest


def _files(venue: Venue, session: str) -> tuple[dict[str, int], list[str]]:
    with venue.devices.store.read() as reader:
        uses = [use for use in reader.session_files(session) if use.purpose != CONTENT]
    here = {use.sha256: use.size for use in uses if venue.devices.files.has(use.sha256)}
    return here, sorted({use.sha256 for use in uses} - here.keys())


def _lines(venue: Venue, session: str, size: int) -> Iterator[bytes]:
    start = 0
    while start < size:
        with venue.devices.store.read() as reader:
            page = reader.lines(session, start, min(PAGE_LINES, size - start))
        for stored in page:
            yield stored.line
        start += len(page)


def _pieces(venue: Venue, sha256: str) -> Iterator[bytes]:
    with venue.devices.files.open(sha256) as source:
        while piece := source.read(READ_BYTES):
            yield piece
