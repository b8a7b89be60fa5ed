"""Records in the database: their heads, and what may be added.

Decided here: that numbers of an origin have no gaps, that its chain continues, that an author's
entry id and an entry itself occur once per session, and that places follow one another.
Not decided here: whether an entry is signed, by whom, and whether it may be said; the caller has
asked the core before.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from bideval.ledger.entry import entry_hash
from bideval.ledger.line import chain_next, chain_start, encode_line
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.ports import Conflict, OriginHead, RecordHead, StoredLine, StoreError
from bideval.store import tables as t
from bideval.store.lines import PLACED, VOUCH, LineReading, awaited, awaiting_text, owed
from bideval.store.people import put_where
from bideval.store.rows import send_rows
from bideval.sync.words import Placed

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection, Insert, Select

    from bideval.ledger.entry import Entry
    from bideval.ledger.line import Line
    from bideval.ports import Owed
    from bideval.store.heads import Heads, RecordEdge
    from bideval.sync.words import Word

    Row = dict[str, Any]
    Columns = Any
    """A table's columns by name."""

ROWS_AT_ONCE = 1_000
"""Rows of one work that wait at most to be sent together: a few megabytes."""

_HEAD = select(t.head).where(t.head.c.session == bindparam("session"))
_ORIGIN_HEADS = (
    select(t.origin_head)
    .where(t.origin_head.c.session == bindparam("session"))
    .order_by(t.origin_head.c.origin)
)
_ADD_LINE = insert(t.line)
_ADD_PLACE = insert(t.place)
_ADD_CHECKPOINT = insert(t.checkpoint)
_ADD_COSIGNATURE = insert(t.cosignature)
_WORD_DIGEST = select(t.word.c.digest).where(
    *(t.word.c[name] == bindparam(name) for name in ("session", "stream", "kind", "n"))
)


def stored_origin_heads(connection: Connection, session: str) -> dict[str, OriginHead]:
    """Return the heads of all origins that the database holds."""
    rows = connection.execute(_ORIGIN_HEADS, {"session": session})
    return {row.origin: OriginHead(row.n, row.chain) for row in rows}


class RecordReading(LineReading):
    """Questions about records, over one connection, without locks."""

    def head(self, session: str) -> RecordHead | None:
        row = self._connection.execute(_HEAD, {"session": session}).first()
        if row is None:
            return None
        root = Frontier.from_bytes(row.frontier).root()
        names, lines = awaited(row.awaiting), owed(row.awaiting)
        state, epoch, stopped = row.frontier, row.epoch, row.stopped
        return RecordHead(session, row.main, row.size, root, state, epoch, names, stopped, lines)

    def origin_head(self, session: str, origin: str) -> OriginHead:
        known = self.origin_heads(session)
        return known.get(origin) or OriginHead(0, chain_start(session, origin))

    def origin_heads(self, session: str) -> dict[str, OriginHead]:
        return stored_origin_heads(self._connection, session)


class RecordWriting(LineReading):
    """What may be added to records, inside one savepoint of a transaction."""

    def __init__(self, connection: Connection, heads: Heads) -> None:
        super().__init__(connection)
        self._heads = heads
        self._fresh: dict[tuple[str, str, int], bytes] = {}
        """Leaves of lines that this work added and has not placed."""
        self._lines: list[Row] = []
        self._places: list[Row] = []

    def settle(self) -> None:
        """Send the rows that wait: before anything is read again, and at the end of the work.

        Rows that go together cost a third of rows that go one by one.
        """
        lines, self._lines = self._lines, []
        places, self._places = self._places, []
        self._send(_ADD_LINE, lines, "reused_id")
        self._send(_ADD_PLACE, places, "already_placed")

    def head(self, session: str) -> RecordHead | None:
        edge = self._heads.record(session)
        return None if edge is None else edge.head(session)

    def origin_head(self, session: str, origin: str) -> OriginHead:
        return self._heads.origin(session, origin)

    @override
    def known(self, session: str, author: str, entry_id: str) -> StoredLine | None:
        self._heads.record(session)
        return super().known(session, author, entry_id)

    @override
    def leaves(self, session: str, start: int, limit: int) -> list[bytes]:
        self.settle()
        return super().leaves(session, start, limit)

    def origin_heads(self, session: str) -> dict[str, OriginHead]:
        self._heads.record(session)
        known = stored_origin_heads(self._connection, session) | self._heads.origins(session)
        return dict(sorted(known.items()))

    def found(self, session: str, main: str, *, epoch: int = 1) -> None:
        if self._heads.record(session) is not None:
            raise StoreError("already_founded", field="session")
        row = {"session": session, "main": main, "size": 0, "epoch": epoch}
        self._connection.execute(insert(t.head), row | {"frontier": Frontier().to_bytes()})

    def raise_epoch(self, session: str) -> int:
        edge = self._edge(session)
        edge.epoch += 1
        statement = update(t.head).where(t.head.c.session == session).values(epoch=edge.epoch)
        self._connection.execute(statement)
        return edge.epoch

    def await_venues(
        self, session: str, venues: Collection[str], *, owed: Collection[Owed] = ()
    ) -> None:
        edge = self._edge(session)
        edge.awaiting = awaiting_text(venues, owed)
        chosen = update(t.head).where(t.head.c.session == session)
        self._connection.execute(chosen.values(awaiting=edge.awaiting))

    def stop(self, session: str, sha256: str) -> bool:
        edge = self._edge(session)
        if edge.stopped is not None:
            return False
        edge.stopped = sha256
        statement = update(t.head).where(t.head.c.session == session).values(stopped=sha256)
        self._connection.execute(statement)
        return True

    def add_line(self, session: str, line: Line, *, entry: Entry, chain: bytes) -> bool:
        self._growing_edge(session)
        before = self._heads.origin(session, line.origin)
        data = encode_line(line)
        if line.n <= before.n:
            self._check_same(session, line, data)
            return False
        if line.n != before.n + 1:
            raise StoreError("gap", field="n", detail=f"after {before.n} came {line.n}")
        if chain_next(before.chain, data) != chain:
            raise StoreError("bad_chain", field="chain")
        self._lines.append(_line_row(session, line, entry, data, chain))
        self._heads.move_origin(session, line.origin, OriginHead(line.n, chain))
        self._fresh[session, line.origin, line.n] = leaf_hash(data)
        self._settle_many()
        return True

    def place(self, session: str, origin: str, n: int, leaf: bytes) -> int:
        edge = self._growing_edge(session)
        if self._leaf_to_place(session, origin, n) != leaf:
            raise StoreError("bad_leaf", field="leaf")
        position = edge.frontier.size
        self._places.append(
            {"session": session, "position": position, "origin": origin, "n": n, "leaf": leaf}
        )
        edge.frontier.add(leaf)
        edge.changed = True
        self._settle_many()
        return position

    def add_checkpoint(self, session: str, size: int, note: str) -> bool:
        self._edge(session)
        kept = self.checkpoint(session, size=size)
        if kept is not None and kept.note != note:
            raise StoreError("other_checkpoint", field="size")
        if kept is None:
            row = {"session": session, "size": size, "note": note}
            self._connection.execute(_ADD_CHECKPOINT, row)
        return kept is None

    def add_cosignature(self, session: str, size: int, venue: str, line: str) -> bool:
        self._edge(session)
        kept = self.checkpoint(session, size=size)
        if kept is None:
            raise StoreError("unknown_checkpoint", field="size")
        if venue in kept.cosignatures:
            return False
        row = {"session": session, "size": size, "venue": venue, "line": line}
        self._connection.execute(_ADD_COSIGNATURE, row)
        return True

    def add_conflict(self, conflict: Conflict) -> bool:
        digest = hashlib.sha256(conflict.proof).hexdigest()
        asked = select(t.conflict.c.n).where(
            t.conflict.c.session == conflict.session, t.conflict.c.digest == digest
        )
        if self._connection.execute(asked).first() is not None:
            return False
        row = {name: getattr(conflict, name) for name in Conflict.__slots__}
        self._connection.execute(insert(t.conflict), row | {"digest": digest})
        return True

    def put_word(self, word: Word) -> bool:
        row = {
            "session": word.session,
            "stream": word.stream,
            "kind": PLACED if isinstance(word, Placed) else VOUCH,
            "n": word.n,
            "digest": word.digest,
            "size": word.size if isinstance(word, Placed) else 0,
            "signature": word.signature,
        }
        changed = put_where(self._connection, t.word, row, _outweighs)
        if not changed and self._is_other(row):
            raise StoreError("other_word", field="n", detail=f"other lines up to {word.n}")
        return changed

    def _is_other(self, row: Row) -> bool:
        """Whether the kept word of this key is about as many lines with another digest."""
        digest = self._connection.execute(_WORD_DIGEST, row).scalar()
        return digest is not None and digest != row["digest"]

    def _edge(self, session: str) -> RecordEdge:
        edge = self._heads.record(session)
        if edge is None:
            raise StoreError("unknown_session", field="session")
        return edge

    def _growing_edge(self, session: str) -> RecordEdge:
        edge = self._edge(session)
        if edge.stopped is not None:
            raise StoreError("session_stopped", field="session")
        return edge

    def _check_same(self, session: str, line: Line, data: bytes) -> None:
        kept = self.origin_lines(session, line.origin, line.n, 1)
        if kept[0].line != data:
            raise StoreError("fork", field="n", detail=f"{line.origin} {line.n} is another line")

    def _settle_many(self) -> None:
        if len(self._lines) + len(self._places) >= ROWS_AT_ONCE:
            self.settle()

    def _send(self, statement: Insert, rows: list[Row], code: str) -> None:
        """Send rows whose keys the database may refuse: `code` says what is there already."""
        if not rows:
            return
        try:
            send_rows(self._connection, statement, rows)
        except IntegrityError:
            raise StoreError(code, detail="another row has this key") from None

    def _leaf_to_place(self, session: str, origin: str, n: int) -> bytes:
        fresh = self._fresh.pop((session, origin, n), None)
        if fresh is not None:
            return fresh
        kept = self.origin_lines(session, origin, n, 1)
        if not kept or kept[0].n != n:
            raise StoreError("unknown_line", field="n")
        if kept[0].position is not None:
            raise StoreError("already_placed", field="n")
        return leaf_hash(kept[0].line)

    @override
    def _one(self, statement: Select[Any], **asked: object) -> StoredLine | None:
        self.settle()
        return super()._one(statement, **asked)

    @override
    def _many(self, statement: Select[Any], **asked: object) -> list[StoredLine]:
        self.settle()
        return super()._many(statement, **asked)


def _outweighs(new: Columns, kept: Columns) -> ColumnElement[bool]:
    """Say in SQL what `sync.words.outweighs` says: two processes may write at once."""
    same = and_(new.n == kept.n, new.digest == kept.digest)
    return or_(new.n > kept.n, and_(same, new.size < kept.size))


def _line_row(session: str, line: Line, entry: Entry, data: bytes, chain: bytes) -> Row:
    return {
        "session": session,
        "origin": line.origin,
        "n": line.n,
        "author": entry.author,
        "entry_id": entry.id,
        "entry_hash": entry_hash(line.jws),
        "kind": entry.kind,
        "line": data,
        "chain": chain,
    }
