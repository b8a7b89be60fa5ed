"""The record as a list: who wrote what when, what does not count, who cosigned.

Decided here: how many entries a page has and what of an entry is shown. Bodies are not: sealed or
not, they are in the bundle. Not decided here: verification (audit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.session.names import Phase

if TYPE_CHECKING:
    from bideval.ports import RecordReader, StoredLine
    from bideval.session.standing import Standing

PAGE = 200
"""Entries of one page: a screen that scrolls, a query that does not hurt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One entry."""

    position: int
    author: str
    kind: str
    origin: str
    n: int
    at: int
    hash: str
    void: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One page of the record, and what stands over all of it."""

    size: int
    root: str
    checkpoint: int
    cosigners: tuple[str, ...]
    contradicted: bool
    voids: int
    bundle: bool
    entries: tuple[EntryRow, ...]
    previous: int | None
    next: int | None


def record_view(session: Standing, reader: RecordReader, start: int) -> RecordView:
    """Gather one page of the record from `start`."""
    name = session.session_id
    head = reader.head(name)
    size = head.size if head else 0
    checkpoint = reader.checkpoint(name)
    lines = reader.lines(name, start, PAGE)
    return RecordView(
        size=size,
        root=head.root.hex() if head else "",
        checkpoint=checkpoint.size if checkpoint else 0,
        cosigners=tuple(sorted(checkpoint.cosignatures)) if checkpoint else (),
        contradicted=bool(reader.conflicts(name)),
        voids=len(session.void_lines),
        bundle=session.phase is Phase.ARCHIVED,
        entries=tuple(_row(session, stored) for stored in lines),
        previous=max(start - PAGE, 0) if start > 0 else None,
        next=start + PAGE if start + PAGE < size else None,
    )


def _row(session: Standing, stored: StoredLine) -> EntryRow:
    entry = parse_entry(parse_line(stored.line).jws)
    place = session.places.get(stored.entry_hash)
    return EntryRow(
        position=stored.position if stored.position is not None else -1,
        author=stored.author,
        kind=stored.kind,
        origin=stored.origin,
        n=stored.n,
        at=entry.at,
        hash=stored.entry_hash,
        void=(place.void if place else None) or "",
    )
