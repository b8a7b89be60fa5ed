"""Whether this venue's own records are what they were: before it writes, and on demand.

Decided here: chains, leaves, root and fold are computed again from the lines and compared with what
the store keeps of them. With a checker, every signature too.
Not decided here: what an auditor checks of a bundle (audit).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.ledger.entry import parse_entry
from bideval.ledger.line import chain_next, chain_start, parse_line
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.session.state import Session
from bideval.terms.errors import EvidenceError, FaultError
from bideval.terms.identifiers import VENUE_LOG

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bideval.audit.replay import Checker, Job, RecordLines
    from bideval.ports import RecordReader, StoredLine

PAGE_LINES = 500


@dataclass(frozen=True, slots=True)
class Verified:
    """What a record came to; a venue's log has no fold."""

    session: str
    size: int
    root: str
    pending: int
    fold: Session | None = field(compare=False, repr=False)

    @property
    def late(self) -> tuple[int, ...]:
        """Where in it entries stand that were signed with a key which was closed before."""
        voids = self.fold.void_lines if self.fold else []
        return tuple(one.position for one in voids if one.code == "key_closed")


def verify_all(reader: RecordReader) -> list[Verified]:
    """Verify every record; raises FaultError `record_differs` at the first that is not whole."""
    return [verify_record(reader, one) for one in reader.sessions()]


def verify_record(
    reader: RecordReader, session: str, *, checker: Checker | None = None
) -> Verified:
    """Compute a record again and compare it with the store's own heads.

    With a `checker`, which may use several cores, every signature too; a venue's log has none that
    are looked at here. Raises FaultError `record_differs`.
    """
    head = reader.head(session)
    if head is None:
        raise _differs(session, "no head")
    replay = _Replay(reader, session)
    forged = replay.verify(checker or _unasked)
    if forged is not None:
        raise _differs(session, f"signature of line {forged}")
    if (replay.frontier.size, replay.frontier.root()) != (head.size, head.root):
        raise _differs(session, "root")
    for origin, known in reader.origin_heads(session).items():
        if replay.pending < PAGE_LINES and replay.heads.get(origin) != (known.n, known.chain):
            raise _differs(session, f"chain of {origin}")
    return Verified(session, head.size, head.root.hex(), replay.pending, replay.fold)


def _unasked(jobs: Iterable[Job], _lines: RecordLines | None = None, /) -> None:
    """Take the lines without asking for signatures: they were checked when the lines came."""
    for _job in jobs:
        pass


class _Replay:
    def __init__(self, reader: RecordReader, session: str) -> None:
        self.frontier = Frontier()
        self.heads: dict[str, tuple[int, bytes]] = {}
        self.fold = None if session.startswith(VENUE_LOG) else Session(session)
        self.pending = 0
        self._reader = reader
        self._session = session
        self._fault: FaultError | None = None

    def verify(self, checker: Checker) -> int | None:
        """Take all lines; return the index of the first that is not signed as it must be."""
        forged = checker(self._jobs())
        if forged is None and self._fault is not None:
            raise self._fault
        return forged

    def _jobs(self) -> Iterator[Job]:
        """Yield what must have been signed and by which key; a fault ends it and is kept."""
        try:
            yield from self._placed()
            yield from self._behind()
        except FaultError as fault:
            self._fault = fault

    def _placed(self) -> Iterator[Job]:
        start = 0
        while page := self._reader.lines(self._session, start, PAGE_LINES):
            for stored in page:
                self._follow(stored)
                self.frontier.add(leaf_hash(stored.line))
                yield from self._fold(self.fold, stored)
            start += len(page)

    def _behind(self) -> Iterator[Job]:
        """What main has not placed yet is folded behind the record."""
        pending = self._reader.unplaced(self._session, PAGE_LINES)
        self.pending = len(pending)
        behind = self.fold.copy() if self.fold is not None and pending else None
        for stored in pending:
            self._follow(stored)
            yield from self._fold(behind, stored)

    def _fold(self, fold: Session | None, stored: StoredLine) -> Iterator[Job]:
        if fold is None:
            return
        line = parse_line(stored.line)
        entry = parse_entry(line.jws)
        try:
            yield line.jws, fold.key_for(entry)
            fold.apply(line, entry)
        except EvidenceError as wrong:
            raise _differs(self._session, wrong.code) from None

    def _follow(self, stored: StoredLine) -> None:
        start = (0, chain_start(self._session, stored.origin))
        n, chain = self.heads.get(stored.origin, start)
        chain = chain_next(chain, stored.line)
        if stored.n != n + 1 or stored.chain != chain:
            raise _differs(self._session, f"{stored.origin} {stored.n}")
        self.heads[stored.origin] = (stored.n, chain)


def _differs(session: str, what: str) -> FaultError:
    return FaultError("record_differs", field=session, detail=f"{session}: {what}")
