"""Files, peers, pools, seats, delivery notes and projections in the database.

Decided here: how these rows are kept. They serve the work of a venue and are never evidence: what
must be proven is in the record.
Not decided here: what the rows mean; the session's fold does that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from bideval.ports import (
    DeliveryNote,
    FileUse,
    KeptFile,
    Peer,
    PeerLine,
    PoolExpert,
    Projection,
    SeatBooking,
    StoreError,
)
from bideval.store import tables as t
from bideval.store.people import insert_if_absent, put, stored_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

POOL_ROWS_AT_ONCE = 500
"""Experts of one statement: below what every database takes as parameters."""

_USES = select(t.file_use).order_by(
    t.file_use.c.session, t.file_use.c.sha256, t.file_use.c.purpose, t.file_use.c.entry_hash
)
_PROJECTION = select(t.projection).where(t.projection.c.session == bindparam("session"))
_DELIVERIES = select(
    t.delivery.c.session,
    t.delivery.c.blinded,
    t.delivery.c.channel,
    t.delivery.c.outcome,
    t.delivery.c.at_ms,
).order_by(t.delivery.c.id)


class AdministrationReading:
    """Questions about files, pools, seats and caches, over one connection."""

    _connection: Connection

    def file(self, sha256: str) -> KeptFile | None:
        row = self._connection.execute(select(t.file).where(t.file.c.sha256 == sha256)).first()
        return None if row is None else KeptFile(*row)

    def file_uses(self, sha256: str) -> list[FileUse]:
        return self._uses(_USES.where(t.file_use.c.sha256 == sha256))

    def session_files(self, session: str) -> list[FileUse]:
        return self._uses(_USES.where(t.file_use.c.session == session))

    def spare_files(self, person: str) -> tuple[int, int]:
        named = select(t.file_use.c.sha256).where(t.file_use.c.sha256 == t.file.c.sha256).exists()
        spare = select(func.count(), func.coalesce(func.sum(t.file.c.size), 0)).where(
            t.file.c.added_by == person, ~named
        )
        count, size = self._connection.execute(spare).one()
        return int(count), int(size)

    def missing_files(self, session: str, limit: int) -> list[FileUse]:
        here = select(t.file.c.sha256).where(t.file.c.sha256 == t.file_use.c.sha256).exists()
        missing = _USES.where(t.file_use.c.session == session, ~here)
        return self._uses(missing.limit(limit))

    def peer(self, venue: str) -> Peer | None:
        row = self._connection.execute(select(t.peer).where(t.peer.c.id == venue)).first()
        return None if row is None else Peer(*row)

    def peers(self) -> list[Peer]:
        rows = self._connection.execute(select(t.peer).order_by(t.peer.c.id))
        return [Peer(*row) for row in rows]

    def peer_lines(self) -> list[PeerLine]:
        rows = self._connection.execute(select(t.peer_line).order_by(t.peer_line.c.venue))
        return [PeerLine(*row) for row in rows]

    def pool(self, session: str) -> list[PoolExpert]:
        c = t.pool_expert.c
        statement = select(t.pool_expert).where(c.session == session).order_by(c.blinded)
        return [PoolExpert(*row) for row in self._connection.execute(statement)]

    def pool_expert(self, session: str, blinded: str) -> PoolExpert | None:
        c = t.pool_expert.c
        statement = select(t.pool_expert).where(c.session == session, c.blinded == blinded)
        row = self._connection.execute(statement).first()
        return None if row is None else PoolExpert(*row)

    def seats(self, session: str) -> list[SeatBooking]:
        c = t.seat_booking.c
        statement = select(t.seat_booking).where(c.session == session).order_by(c.seat)
        return [SeatBooking(*row) for row in self._connection.execute(statement)]

    def deliveries(self, session: str) -> list[DeliveryNote]:
        statement = _DELIVERIES.where(t.delivery.c.session == session)
        return [DeliveryNote(*row) for row in self._connection.execute(statement)]

    def nonce(self, session: str, holder: str) -> bytes | None:
        c = t.nonce.c
        statement = select(c.sealed).where(c.session == session, c.holder == holder)
        return self._connection.execute(statement).scalar()

    def projection(self, session: str) -> Projection | None:
        row = self._connection.execute(_PROJECTION, {"session": session}).first()
        return None if row is None else Projection(*row)

    def projections(self) -> list[Projection]:
        c = t.projection.c
        statement = select(t.projection).order_by(c.updated_ms.desc(), c.session)
        return [Projection(*row) for row in self._connection.execute(statement)]

    def _uses(self, statement: Select[Any]) -> list[FileUse]:
        return [FileUse(*row) for row in self._connection.execute(statement)]


class AdministrationWriting(AdministrationReading):
    """Changes of files, pools, seats and caches, inside one savepoint of a transaction."""

    def add_file(self, kept: KeptFile) -> bool:
        return insert_if_absent(self._connection, t.file, stored_values(kept))

    def name_file(self, use: FileUse) -> bool:
        return insert_if_absent(self._connection, t.file_use, stored_values(use))

    def put_peer(self, peer: Peer) -> None:
        put(self._connection, t.peer, stored_values(peer))

    def put_peer_line(self, line: PeerLine) -> None:
        put(self._connection, t.peer_line, stored_values(line))

    def add_pool(self, experts: Sequence[PoolExpert]) -> None:
        c = t.pool_expert.c
        rows = [stored_values(expert) for expert in experts]
        for start in range(0, len(rows), POOL_ROWS_AT_ONCE):
            some = rows[start : start + POOL_ROWS_AT_ONCE]
            session, names = some[0]["session"], [row["blinded"] for row in some]
            known = select(c.blinded).where(c.session == session, c.blinded.in_(names))
            if self._connection.execute(known).first() is not None:
                raise StoreError("exists", field=t.pool_expert.name)
            self._connection.execute(insert(t.pool_expert), some)

    def set_pool_status(
        self, session: str, blinded: str, status: str, *, exclusion: str | None = None
    ) -> None:
        c = t.pool_expert.c
        setting = update(t.pool_expert).where(c.session == session, c.blinded == blinded)
        changed = self._connection.execute(setting.values(status=status, exclusion=exclusion))
        if changed.rowcount != 1:
            raise StoreError("unknown", field="blinded")

    def put_seat(self, booking: SeatBooking) -> None:
        put(self._connection, t.seat_booking, stored_values(booking))

    def add_delivery(self, note: DeliveryNote) -> None:
        self._connection.execute(insert(t.delivery), stored_values(note))

    def put_nonce(self, session: str, holder: str, sealed: bytes) -> None:
        if self.nonce(session, holder) is not None:
            raise StoreError("exists", field="nonce")
        row = {"session": session, "holder": holder, "sealed": sealed}
        self._connection.execute(insert(t.nonce), row)

    def put_projection(self, projection: Projection) -> None:
        kept = self.projection(projection.session)
        if kept is None or kept.size <= projection.size:
            put(self._connection, t.projection, stored_values(projection))

    def clear_projections(self) -> int:
        return self._connection.execute(delete(t.projection)).rowcount
