"""Lines, places, checkpoints and conflicts in the database: the questions.

Decided here: how they are read, always in an order that does not depend on the database.
Not decided here: heads, which are read with or without a lock, and anything that is added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, select

from bideval.ports import Conflict, Edge, Owed, StoredCheckpoint, StoredLine
from bideval.store import tables as t
from bideval.sync.words import Placed, Vouch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import BindParameter, Connection, Row, Select

    from bideval.sync.words import Word

VOUCH, PLACED = "vouch", "placed"
"""The kinds of words, as the table names them."""

_PLACED = and_(
    t.place.c.session == t.line.c.session,
    t.place.c.origin == t.line.c.origin,
    t.place.c.n == t.line.c.n,
)
_LINE = select(
    t.line.c.session,
    t.line.c.origin,
    t.line.c.n,
    t.place.c.position,
    t.line.c.author,
    t.line.c.entry_id,
    t.line.c.entry_hash,
    t.line.c.kind,
    t.line.c.line,
    t.line.c.chain,
).select_from(t.line.outerjoin(t.place, _PLACED))
_SESSION: BindParameter[str] = bindparam("session")
_LIMIT: BindParameter[int] = bindparam("limit")
_KNOWN = _LINE.where(
    t.line.c.session == _SESSION,
    t.line.c.author == bindparam("author"),
    t.line.c.entry_id == bindparam("entry_id"),
)
_BY_HASH = _LINE.where(t.line.c.session == _SESSION, t.line.c.entry_hash == bindparam("hash"))
_LINES = (
    _LINE.where(t.place.c.session == _SESSION, t.place.c.position >= bindparam("start"))
    .order_by(t.place.c.position)
    .limit(_LIMIT)
)
_ORIGIN_LINES = (
    _LINE.where(
        t.line.c.session == _SESSION,
        t.line.c.origin == bindparam("origin"),
        t.line.c.n >= bindparam("first_n"),
    )
    .order_by(t.line.c.n)
    .limit(_LIMIT)
)
_UNPLACED = (
    _LINE.where(t.line.c.session == _SESSION, t.place.c.position.is_(None))
    .order_by(t.line.c.origin, t.line.c.n)
    .limit(_LIMIT)
)
_LEAVES = (
    select(t.place.c.leaf)
    .where(t.place.c.session == _SESSION, t.place.c.position >= bindparam("start"))
    .order_by(t.place.c.position)
    .limit(_LIMIT)
)
_CHECKPOINT = select(t.checkpoint).where(t.checkpoint.c.session == _SESSION)
_NEWEST_CHECKPOINT = _CHECKPOINT.order_by(t.checkpoint.c.size.desc()).limit(1)
_SIZED_CHECKPOINT = _CHECKPOINT.where(t.checkpoint.c.size == bindparam("size"))
_COSIGNATURES = (
    select(t.cosignature.c.venue, t.cosignature.c.line)
    .where(t.cosignature.c.session == _SESSION, t.cosignature.c.size == bindparam("size"))
    .order_by(t.cosignature.c.venue)
)
_CONFLICTS = select(func.count()).select_from(t.conflict)
_EDGES = (
    select(t.head.c.session, t.head.c.size, t.head.c.awaiting, t.origin_head.c.n)
    .select_from(
        t.head.outerjoin(
            t.origin_head,
            and_(
                t.origin_head.c.session == t.head.c.session,
                t.origin_head.c.origin == bindparam("origin"),
            ),
        )
    )
    .order_by(t.head.c.session)
)


def awaited(text: str | None) -> tuple[str, ...]:
    """Read the column `awaiting`: ids of venues with commas between them, or nothing.

    Behind the id of a venue that was heard stand the numbers of what it is owed.
    """
    return tuple(one.split(" ")[0] for one in text.split(",")) if text else ()


def owed(text: str | None) -> tuple[Owed, ...]:
    """Read from the column `awaiting` what is owed, in the order in which it is to be placed."""
    parts = [one.split(" ") for one in text.split(",")] if text else []
    return in_order(Owed(part[0], int(part[1]), int(part[2])) for part in parts if len(part) > 1)


def in_order(all_owed: Iterable[Owed]) -> tuple[Owed, ...]:
    """Sort what is owed: the narrowest place first."""
    return tuple(sorted(all_owed, key=lambda one: (one.size, one.venue)))


def awaiting_text(venues: Iterable[str], all_owed: Iterable[Owed]) -> str | None:
    """Write the column `awaiting`; None for nobody."""
    lines = {one.venue: f"{one.venue} {one.n} {one.size}" for one in all_owed}
    named = lines | {venue: venue for venue in venues}
    return ",".join(named[venue] for venue in sorted(named)) or None


class LineReading:
    """Questions about lines, places, checkpoints and conflicts, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sessions(self) -> list[str]:
        statement = select(t.head.c.session).order_by(t.head.c.session)
        return list(self._connection.execute(statement).scalars())

    def known(self, session: str, author: str, entry_id: str) -> StoredLine | None:
        return self._one(_KNOWN, session=session, author=author, entry_id=entry_id)

    def by_hash(self, session: str, entry_hash: str) -> StoredLine | None:
        return self._one(_BY_HASH, session=session, hash=entry_hash)

    def lines(self, session: str, start: int, limit: int) -> list[StoredLine]:
        return self._many(_LINES, session=session, start=start, limit=limit)

    def origin_lines(self, session: str, origin: str, first_n: int, limit: int) -> list[StoredLine]:
        return self._many(
            _ORIGIN_LINES, session=session, origin=origin, first_n=first_n, limit=limit
        )

    def unplaced(self, session: str, limit: int) -> list[StoredLine]:
        return self._many(_UNPLACED, session=session, limit=limit)

    def leaves(self, session: str, start: int, limit: int) -> list[bytes]:
        asked = {"session": session, "start": start, "limit": limit}
        return list(self._connection.execute(_LEAVES, asked).scalars())

    def checkpoint(self, session: str, *, size: int | None = None) -> StoredCheckpoint | None:
        if size is None:
            return self._checkpoint(_NEWEST_CHECKPOINT, session=session)
        return self._checkpoint(_SIZED_CHECKPOINT, session=session, size=size)

    def checkpoint_covering(self, session: str, position: int) -> StoredCheckpoint | None:
        statement = _CHECKPOINT.where(t.checkpoint.c.size > position)
        return self._checkpoint(statement.order_by(t.checkpoint.c.size).limit(1), session=session)

    def conflicts(self, session: str, *, at_most: int | None = None) -> list[Conflict]:
        c = t.conflict.c
        statement = (
            select(c.session, c.origin, c.n, c.code, c.proof, c.found_ms)
            .where(c.session == session)
            .order_by(c.found_ms, c.digest)
        )
        if at_most is not None:
            statement = statement.where(func.length(c.proof) <= at_most)
        return [Conflict(*row) for row in self._connection.execute(statement)]

    def contradicted(self, session: str) -> bool:
        c = t.conflict.c
        statement = select(c.digest).where(c.session == session).limit(1)
        return self._connection.execute(statement).first() is not None

    def words(self, session: str) -> list[Word]:
        c = t.word.c
        statement = select(t.word).where(c.session == session).order_by(c.stream, c.kind)
        return [_word(row) for row in self._connection.execute(statement)]

    def conflict_count(self) -> int:
        return int(self._connection.execute(_CONFLICTS).scalar_one())

    def edges(self, origin: str, *, session: str | None = None) -> list[Edge]:
        asked = _EDGES if session is None else _EDGES.where(t.head.c.session == session)
        rows = self._connection.execute(asked, {"origin": origin})
        return [Edge(row.session, row.size, row.n or 0, awaited(row.awaiting)) for row in rows]

    def _checkpoint(self, statement: Select[Any], **asked: object) -> StoredCheckpoint | None:
        row = self._connection.execute(statement, asked).first()
        if row is None:
            return None
        signed = {"session": row.session, "size": row.size}
        rows = self._connection.execute(_COSIGNATURES, signed)
        return StoredCheckpoint(row.session, row.size, row.note, {r.venue: r.line for r in rows})

    def _one(self, statement: Select[Any], **asked: object) -> StoredLine | None:
        row = self._connection.execute(statement, asked).first()
        return None if row is None else _stored(row)

    def _many(self, statement: Select[Any], **asked: object) -> list[StoredLine]:
        return [_stored(row) for row in self._connection.execute(statement, asked)]


def _word(row: Row[Any]) -> Word:
    if row.kind == PLACED:
        return Placed(row.session, row.stream, row.n, row.digest, row.size, row.signature)
    return Vouch(row.session, row.stream, row.n, row.digest, row.signature)


def _stored(row: Sequence[Any]) -> StoredLine:
    return StoredLine(*row)  # the columns of _LINE, in order
