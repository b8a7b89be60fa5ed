"""Heads of records and origins as one database transaction knows them.

Decided here: that a head is read (and locked) once per transaction, that a failed work leaves no
trace in what the next work sees, and that changed heads are written once before the commit.
Not decided here: which heads may follow which; see the records.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select, update

from bideval.ledger.line import chain_start
from bideval.ledger.tree import Frontier
from bideval.ports import OriginHead, RecordHead
from bideval.store.lines import awaited, owed
from bideval.store.tables import head, origin_head
from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_HEAD = select(head).where(head.c.session == bindparam("session"))
_LOCK_HEAD = _HEAD.with_for_update()
_LOCK_FREE_HEAD = _HEAD.with_for_update(nowait=True)
_ORIGIN = select(origin_head.c.n, origin_head.c.chain).where(
    origin_head.c.session == bindparam("session"), origin_head.c.origin == bindparam("origin")
)
_PUT_HEAD = (
    update(head)
    .where(head.c.session == bindparam("which"))
    .values(size=bindparam("new_size"), frontier=bindparam("new_frontier"))
)
_ADD_ORIGIN = insert(origin_head)
_PUT_ORIGIN = (
    update(origin_head)
    .where(origin_head.c.session == bindparam("which"), origin_head.c.origin == bindparam("whose"))
    .values(n=bindparam("new_n"), chain=bindparam("new_chain"))
)


@dataclass(slots=True)
class RecordEdge:
    """The mutable right edge of one record."""

    main: str
    epoch: int
    frontier: Frontier
    changed: bool = False
    awaiting: str | None = None
    """The column as it is stored."""
    stopped: str | None = None
    _found: tuple[object, RecordHead] | None = None
    """The head as it was last asked for, and what it was made of."""

    def copy(self) -> RecordEdge:
        return replace(self, frontier=self.frontier.copy())

    def head(self, session: str) -> RecordHead:
        """Return the head; made once for each size, because a work asks for it again and again."""
        edge = self.frontier
        made_of = (session, edge.size, self.epoch, self.awaiting, self.stopped)
        if self._found is not None and self._found[0] == made_of:
            return self._found[1]
        root, state = edge.root(), edge.to_bytes()
        names, lines = awaited(self.awaiting), owed(self.awaiting)
        found = RecordHead(
            session, self.main, edge.size, root, state, self.epoch, names, self.stopped, lines
        )
        self._found = made_of, found
        return found


@dataclass(frozen=True, slots=True)
class OriginEdge:
    """An origin's head, with the number that the database row holds (0: no row)."""

    head: OriginHead
    stored_n: int


class Heads:
    """What is known of heads: a work's own view over the view of the whole transaction."""

    def __init__(
        self, connection: Connection, below: Heads | None = None, *, waits: bool = True
    ) -> None:
        """`waits` False: a head that another process has locked is an error, not a wait."""
        self._connection = connection
        self._below = below
        self._lock = _LOCK_HEAD if waits else _LOCK_FREE_HEAD
        self._records: dict[str, RecordEdge] = {}
        self._origins: dict[tuple[str, str], OriginEdge] = {}

    def for_one_work(self, *, waits: bool = True) -> Heads:
        return Heads(self._connection, self, waits=waits)

    def absorb(self, work: Heads) -> None:
        """Take over what a successful work has seen and changed."""
        self._records.update(work._records)
        self._origins.update(work._origins)

    def record(self, session: str) -> RecordEdge | None:
        """Return the edge that this view may change, read and locked at first need."""
        edge = self._records.get(session)
        if edge is None:
            edge = self._below.peek(session) if self._below else None
            edge = edge.copy() if edge else self._locked(session)
            if edge is not None:
                self._records[session] = edge
        return edge

    def peek(self, session: str) -> RecordEdge | None:
        return self._records.get(session)

    def peek_origin(self, session: str, origin: str) -> OriginEdge | None:
        own = self._origins.get((session, origin))
        return own or (self._below.peek_origin(session, origin) if self._below else None)

    def origin(self, session: str, origin: str) -> OriginHead:
        return self._origin_edge(session, origin).head

    def origins(self, session: str) -> dict[str, OriginHead]:
        """Return the heads that this transaction has seen or changed, by origin."""
        found = self._below.origins(session) if self._below else {}
        own = {name: edge.head for (of, name), edge in self._origins.items() if of == session}
        return {name: known for name, known in (found | own).items() if known.n}

    def move_origin(self, session: str, origin: str, new: OriginHead) -> None:
        stored_n = self._origin_edge(session, origin).stored_n
        self._origins[session, origin] = OriginEdge(new, stored_n)

    def write(self) -> None:
        """Write changed heads; only called on the view of the whole transaction."""
        for session, edge in self._records.items():
            if edge.changed:
                self._write_record(session, edge)
        for (session, origin), known in self._origins.items():
            if known.head.n != known.stored_n:
                self._write_origin(session, origin, known)

    def _origin_edge(self, session: str, origin: str) -> OriginEdge:
        known_edge = self.peek_origin(session, origin)
        if known_edge is not None:
            return known_edge
        self.record(session)  # the lock of the record covers its origins
        row = self._connection.execute(_ORIGIN, {"session": session, "origin": origin}).first()
        known = OriginHead(row.n, row.chain) if row else OriginHead(0, chain_start(session, origin))
        edge = OriginEdge(known, known.n)
        self._origins[session, origin] = edge
        return edge

    def _locked(self, session: str) -> RecordEdge | None:
        row = self._connection.execute(self._lock, {"session": session}).first()
        if row is None:
            return None
        frontier = Frontier.from_bytes(row.frontier)
        if frontier.size != row.size:
            raise FaultError("record_damaged", field=session, detail="head and frontier differ")
        return RecordEdge(row.main, row.epoch, frontier, awaiting=row.awaiting, stopped=row.stopped)

    def _write_record(self, session: str, edge: RecordEdge) -> None:
        self._connection.execute(
            _PUT_HEAD,
            {
                "which": session,
                "new_size": edge.frontier.size,
                "new_frontier": edge.frontier.to_bytes(),
            },
        )
        edge.changed = False

    def _write_origin(self, session: str, origin: str, edge: OriginEdge) -> None:
        n, chain = edge.head.n, edge.head.chain
        if edge.stored_n:
            values = {"which": session, "whose": origin, "new_n": n, "new_chain": chain}
            self._connection.execute(_PUT_ORIGIN, values)
        else:
            row = {"session": session, "origin": origin, "n": n, "chain": chain}
            self._connection.execute(_ADD_ORIGIN, row)
        self._origins[session, origin] = OriginEdge(edge.head, n)
