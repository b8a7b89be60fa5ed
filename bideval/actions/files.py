"""Files of a venue: received, found, and read by whom.

Decided here: which file a role may read, by what the file is for and how far the session is.
Not decided here: how bytes lie on the disk (file store) and how they travel between venues (link).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.naming import BID, CONTENT, DOCUMENT, POOL, REPORT
from bideval.ports import KeptFile
from bideval.session.names import BidState, Phase
from bideval.terms.errors import RefusedError
from bideval.terms.identifiers import Role

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

    from bideval.actions.venue import Venue
    from bideval.actions.visitor import Visitor
    from bideval.ports import FileFacts, FileUse
    from bideval.session.state import Session

PUBLIC_PURPOSES = frozenset({DOCUMENT})
"""What everybody who takes part may read."""

PDF = "application/pdf"

WATCHERS = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.AUDITOR})


async def receive_file(
    venue: Venue,
    visitor: Visitor,
    sha256: str,
    chunks: AsyncIterable[bytes],
) -> FileFacts:
    """Keep a file that arrives piece by piece; the digest in the address must be its own."""
    limit = upload_limit(venue, visitor)
    return await venue.devices.files.put_stream(chunks, limit=limit, expected=sha256)


def upload_limit(venue: Venue, visitor: Visitor) -> int:
    """Return how many bytes one upload of this visitor may have."""
    limits = venue.limits
    return limits.bid_bytes if visitor.role is Role.BIDDER else limits.document_bytes


def note_file(venue: Venue, facts: FileFacts, *, media_type: str, added_by: str) -> None:
    """Note a file whose bytes are on disk."""
    kept = KeptFile(facts.sha256, facts.size, media_type, added_by, venue.now_ms())
    venue.devices.store.write(lambda tx: tx.add_file(kept)).result()


def may_read(venue: Venue, visitor: Visitor, sha256: str) -> KeptFile:
    """Return the file's row if this visitor may read it.

    Raises RefusedError `unknown_file` for files that are not here and, in the same words, for
    files that this visitor may not know of.
    """
    with venue.devices.store.read() as reader:
        kept = reader.file(sha256)
        uses = reader.file_uses(sha256)
    if kept is None:
        raise _unknown_file()
    if kept.added_by == visitor.person:
        return kept
    if any(_allowed(venue, visitor, use) for use in uses):
        return kept
    raise _unknown_file()


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as the reading screen gets it."""

    sha256: str
    media_type: str


def bid_file(venue: Venue, visitor: Visitor, session: str, *, bid: str, index: int) -> Shown:
    """Return the viewing copy of a file of an opened bid.

    Raises RefusedError `not_opened` before the opening, `unknown_file` for a wrong index,
    `not_seated` for anybody but a member of this panel.
    """
    with venue.book.reading(session) as fold:
        if visitor.session != session or fold.panel.member(visitor.person) is None:
            raise RefusedError("not_seated", field="session", rule="order87/62")
        found = fold.bidding.bids.get(bid)
        if found is None or found.state is not BidState.OPENED or found.manifest is None:
            raise RefusedError("not_opened", field="bid", rule="order20/27")
        contents = found.manifest.files
    if not 0 <= index < len(contents):
        raise _unknown_file()
    content = contents[index]
    if content.media_type != PDF:
        return Shown(content.sha256, content.media_type)
    copy = venue.bridge.wait(_viewing_copy(venue, content.sha256))
    return Shown(copy, PDF)


async def _viewing_copy(venue: Venue, sha256: str) -> str:
    copy = await venue.devices.viewing.viewing_copy(sha256)
    return copy.facts.sha256


def _allowed(venue: Venue, visitor: Visitor, use: FileUse) -> bool:
    if visitor.session is not None and visitor.session != use.session:
        return False
    with venue.book.reading(use.session) as fold:
        return _may(fold, visitor, use)


def _may(fold: Session, visitor: Visitor, use: FileUse) -> bool:
    enrolled = fold.people.persons.get(visitor.person)
    known = enrolled is not None and enrolled.kid == visitor.kid
    if not known and visitor.role is not Role.AUDITOR:
        return False
    if use.purpose in PUBLIC_PURPOSES:
        return True
    if use.purpose == BID:
        return visitor.role in WATCHERS and fold.bidding.closed
    if use.purpose == POOL:
        return visitor.role in WATCHERS
    if use.purpose == REPORT:
        return visitor.role is not Role.BIDDER or fold.procedure.reached(Phase.REPORTED)
    return use.purpose == CONTENT and visitor.role in WATCHERS and fold.phase is Phase.ARCHIVED


def _unknown_file() -> RefusedError:
    return RefusedError("unknown_file", field="sha256", rule="access.file")
