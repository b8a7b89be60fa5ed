"""Whether this venue's own records are what they were: before it writes, and on demand.

Decided here: chains, leaves, root and fold are computed again from the lines and compared with what
the store keeps of them. With `signatures`, every signature too.
Not decided here: what an auditor checks of a bundle (audit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.ledger.entry import parse_entry, verify_entry
from bideval.ledger.line import chain_next, chain_start, parse_line
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.session.state import Session
from bideval.terms.errors import EvidenceError, FaultError
from bideval.terms.identifiers import VENUE_LOG

if TYPE_CHECKING:
    from bideval.ports import RecordReader, StoredLine

PAGE_LINES = 500


@dataclass(frozen=True, slots=True)
class Verified:
    """What a record came to.

    `late`: where in it entries stand that were signed with a key which was closed before.
    """

    session: str
    size: int
    root: str
    pending: int
    late: tuple[int, ...] = ()


def verify_all(reader: RecordReader, *, signatures: bool = False) -> list[Verified]:
    """Verify every record; raises FaultError `record_differs` at the first that is not whole."""
    return [verify_record(reader, one, signatures=signatures) for one in reader.sessions()]


def verify_record(reader: RecordReader, session: str, *, signatures: bool = False) -> Verified:
    """Compute a record again and compare it with the store's own heads."""
    head = reader.head(session)
    if head is None:
        raise _differs(session, "no head")
    replay = _Replay(session, signatures=signatures)
    start = 0
    while page := reader.lines(session, start, PAGE_LINES):
        for stored in page:
            replay.placed(stored)
        start += len(page)
    if (replay.frontier.size, replay.frontier.root()) != (head.size, head.root):
        raise _differs(session, "root")
    pending = reader.unplaced(session, PAGE_LINES)
    for stored in pending:
        replay.chain(stored)
    for origin, known in reader.origin_heads(session).items():
        if len(pending) < PAGE_LINES and replay.heads.get(origin) != (known.n, known.chain):
            raise _differs(session, f"chain of {origin}")
    return Verified(session, head.size, head.root.hex(), len(pending), replay.late())


class _Replay:
    def __init__(self, session: str, *, signatures: bool) -> None:
        self.frontier = Frontier()
        self.heads: dict[str, tuple[int, bytes]] = {}
        self._session = session
        self._signatures = signatures
        self._fold = None if session.startswith(VENUE_LOG) else Session(session)

    def placed(self, stored: StoredLine) -> None:
        self.chain(stored)
        self.frontier.add(leaf_hash(stored.line))
        if self._fold is None:
            return
        line = parse_line(stored.line)
        entry = parse_entry(line.jws)
        try:
            if self._signatures:
                verify_entry(entry, self._fold.key_for(entry))
            self._fold.apply(line, entry)
        except EvidenceError as wrong:
            raise _differs(self._session, wrong.code) from None

    def late(self) -> tuple[int, ...]:
        voids = self._fold.void_lines if self._fold else []
        return tuple(one.position for one in voids if one.code == "key_closed")

    def chain(self, stored: StoredLine) -> None:
        start = (0, chain_start(self._session, stored.origin))
        n, chain = self.heads.get(stored.origin, start)
        chain = chain_next(chain, stored.line)
        if stored.n != n + 1 or stored.chain != chain:
            raise _differs(self._session, f"{stored.origin} {stored.n}")
        self.heads[stored.origin] = (stored.n, chain)


def _differs(session: str, what: str) -> FaultError:
    return FaultError("record_differs", field=session, detail=f"{session}: {what}")
