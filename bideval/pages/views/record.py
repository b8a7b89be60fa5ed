"""The record as a list: who wrote what when, what does not count, who cosigned.

Decided here: how many entries a page has and what of an entry is shown. Bodies are not: sealed or
not, they are in the bundle. Not decided here: verification (audit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.pages.views.actors import actor_names
from bideval.session.kinds import KINDS
from bideval.session.names import ENDED, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bideval.ports import RecordReader, RecordStore, StoredLine
    from bideval.session.standing import Standing

PAGE = 200
"""Entries of one page: a screen that scrolls, a query that does not hurt."""


NOTE_LIMIT = 1_000
"""Characters of a rule that are shown beside a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One entry."""

    position: int
    author: str
    kind: str
    known: bool
    origin: str
    n: int
    at: int
    hash: str
    void: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One page of the record, and what stands over all of it; `hidden` while the box is open."""

    hidden: bool = False
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
    """Gather one page of the record from `start`; nothing of it while the box is open.

    Even authors and numbers of entries would tell who bids, and how many do.
    """
    if session.phase is Phase.PREPARED and not session.bidding.closed:
        return _NOTHING_YET
    name = session.session_id
    head = reader.head(name)
    size = head.size if head else 0
    checkpoint = reader.checkpoint(name)
    lines = reader.lines(name, start, PAGE)
    return RecordView(
        size=size,
        root=head.root.hex() if head else "",
        checkpoint=checkpoint.size if checkpoint else 0,
        cosigners=_cosigners(session, checkpoint.cosignatures) if checkpoint else (),
        contradicted=reader.contradicted(name),
        voids=len(session.void_lines),
        bundle=session.phase in ENDED,
        entries=tuple(_row(session, stored) for stored in lines),
        previous=max(start - PAGE, 0) if start > 0 else None,
        next=start + PAGE if start + PAGE < size else None,
    )


def _cosigners(session: Standing, venues: Iterable[str]) -> tuple[str, ...]:
    """Return the venues that signed too, by name, in the order of their ids."""
    return actor_names(session, (f"venue/{one}" for one in sorted(venues)))


_NOTHING_YET = RecordView(
    hidden=True,
    size=0,
    root="",
    checkpoint=0,
    cosigners=(),
    contradicted=False,
    voids=0,
    bundle=False,
    entries=(),
    previous=None,
    next=None,
)


def _row(session: Standing, stored: StoredLine) -> EntryRow:
    entry = parse_entry(parse_line(stored.line).jws)
    place = session.places.get(stored.entry_hash)
    return EntryRow(
        position=stored.position if stored.position is not None else -1,
        author=stored.author,
        kind=stored.kind,
        known=stored.kind in KINDS,
        origin=stored.origin,
        n=stored.n,
        at=entry.at,
        hash=stored.entry_hash,
        void=(place.void if place else None) or "",
    )


def criterion_notes(session: Standing, store: RecordStore) -> dict[str, dict[str, str]]:
    """What the published tender says of each criterion in words: `rule` and `group`.

    The method keeps what decides numbers; these words are in the entry only.
    """
    place = session.tender_entry
    if place is None:
        return {}
    with store.read() as reader:
        stored = reader.origin_lines(session.session_id, place.origin, place.n, 1)
    if not stored:
        return {}
    body = parse_entry(parse_line(stored[0].line).jws).body
    criteria = cast("dict[str, Any]", body)["tender"]["method"]["criteria"]
    return {one["id"]: _words(one) for one in criteria}


def _words(criterion: dict[str, Any]) -> dict[str, str]:
    return {
        name: criterion[name]
        for name in ("rule", "group")
        if isinstance(criterion.get(name), str) and len(criterion[name]) <= NOTE_LIMIT
    }
