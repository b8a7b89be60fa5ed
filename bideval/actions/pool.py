"""The pool of a session: imported, blinded, and sealed into the record.

Decided here: what is stored of an expert (an age ciphertext to this venue, a salt, no name in
clear), and that the file in the record names nobody. Nothing is written before the whole table was
found good; a million experts pass through in portions.
Not decided here: the table's form (pool_table), the reasons of exclusion, the file's form and the
draw (bideval.draw).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from bideval.actions.authoring import say
from bideval.actions.pool_table import Room, check_table, table_rows
from bideval.draw.exclusions import exclusion_of
from bideval.draw.identity import Identity, Private, identity_document
from bideval.draw.pool import ELIGIBLE, SALT_BYTES, Pool, PoolRow, make_pool, pool_lines
from bideval.draw.room import room_for
from bideval.evidence.agefile import age_encrypt
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.sealing import Purpose
from bideval.ports import KeptFile, PoolExpert
from bideval.session.barring import bars_of
from bideval.session.names import Phase
from bideval.terms.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from bideval.actions.pool_table import TableRow
    from bideval.actions.venue import Venue
    from bideval.actions.visitor import Visitor
    from bideval.draw.exclusions import Bars
    from bideval.ports import FileFacts, Transaction
    from bideval.session.state import Session

MEDIA_TYPE = "text/tab-separated-values"
ROWS_AT_ONCE = 2_000
"""Pool rows per work, so that others' writes get their turn in between."""
FILE_LIMIT = 256 << 20
"""Bytes of a pool file: two million rows of about 120 bytes."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What came of an import."""

    count: int
    eligible: int
    root: str
    excluded: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Rules:
    """What turns a row of the table into a row of the pool."""

    session: str
    bars: Bars
    weighted: bool


def import_pool(
    venue: Venue,
    visitor: Visitor,
    session: str,
    table: BinaryIO,
    excluded_names: Sequence[str] = (),
) -> Sealed:
    """Import a table, seal the blinded pool into the record, and keep identities encrypted.

    `table` is read twice. Raises TableError, RefusedError `pool_is_sealed`, or what the session
    refuses.
    """
    with venue.book.reading(session) as fold:
        _check_time(venue, fold)
        weighted = fold.plan.panel.weighted
        rules = _Rules(session, bars_of(fold, excluded_names), weighted)
        room = _room(fold)
    check_table(table, room)
    pool = make_pool(_kept_rows(venue, rules, table))
    facts = venue.devices.files.put(pool_lines(pool.rows), limit=FILE_LIMIT)
    kept = KeptFile(facts.sha256, facts.size, MEDIA_TYPE, visitor.person, venue.now_ms())
    venue.devices.store.write(lambda tx: tx.add_file(kept)).result()
    say(venue, session, "pool.sealed", _body(pool, facts), about=())
    return Sealed(len(pool.rows), _eligible(pool), pool.root.hex(), pool.excluded)


def _body(pool: Pool, facts: FileFacts) -> dict[str, object]:
    return {
        "file": {"sha256": facts.sha256, "size": facts.size},
        "root": pool.root.hex(),
        "count": len(pool.rows),
        "eligible": _eligible(pool),
        "excluded": pool.excluded,
    }


def _eligible(pool: Pool) -> int:
    return sum(row.eligible for row in pool.rows)


def _check_time(venue: Venue, fold: Session) -> None:
    """The bidders must be known, or nobody could be kept out for working at one."""
    if fold.main != venue.id:
        raise RefusedError("not_main", field="session", rule="pool.main")
    if fold.panel.pool is not None:
        raise RefusedError("pool_is_sealed", field="session", rule="pool.once")
    if fold.phase is not Phase.OPENED:
        raise RefusedError("pool_too_early", field="session", rule="198号 art. 16")


def _room(fold: Session) -> Room:
    """Return what the entry of the draw holds; raises where no draw of so many could be written."""
    drawn = fold.plan.panel.drawn
    cells = room_for(drawn, len(fold.custody(Purpose.IDENTITY).custodians))
    if cells <= 0:
        raise RefusedError("too_many_drawn", field="tender.panel.members", rule="spec/draw")
    return Room(drawn, cells)


def _kept_rows(venue: Venue, rules: _Rules, table: BinaryIO) -> Iterator[PoolRow]:
    """Keep the experts portion by portion and yield what the record shows of each."""
    rows = table_rows(table)
    while portion := [_blind(venue, rules, row) for row in islice(rows, ROWS_AT_ONCE)]:
        _keep_some(venue, [expert for expert, _ in portion])
        yield from (row for _, row in portion)


def _keep_some(venue: Venue, experts: Sequence[PoolExpert]) -> None:
    def work(tx: Transaction) -> None:
        tx.add_pool(experts)

    venue.devices.store.write(work).result()


def _blind(venue: Venue, rules: _Rules, row: TableRow) -> tuple[PoolExpert, PoolRow]:
    identity, private = identity_of_row(row, venue.devices.entropy.token, weighted=rules.weighted)
    status = exclusion_of(identity, private, rules.bars)
    leaf = identity.leaf
    document = canonical_bytes(identity_document(identity, private))
    expert = PoolExpert(
        session=rules.session,
        blinded=leaf.hex(),
        salt=identity.salt,
        discipline=row.discipline,
        venue=row.venue,
        status=ELIGIBLE if status == ELIGIBLE else "excluded",
        sealed=age_encrypt(venue.devices.keys.recipient, document),
        exclusion=None if status == ELIGIBLE else status,
    )
    return expert, PoolRow(leaf, row.discipline, row.venue, status, identity.weight)


def identity_of_row(
    row: TableRow, token: Callable[[int], bytes], *, weighted: bool
) -> tuple[Identity, Private]:
    """Return a row's identity with fresh random bytes; weights count only where they are asked."""
    private = Private(
        id_tail=row.id_tail,
        phone=row.phone,
        former=row.former,
        relatives=row.relatives,
        projects=row.projects,
        blind=token(SALT_BYTES),
    )
    identity = Identity(
        name=row.name,
        employer=row.employer,
        title=row.title,
        discipline=row.discipline,
        venue=row.venue,
        weight=int(row.weight or 1) if weighted else 1,
        salt=token(SALT_BYTES),
        private=private.digest,
    )
    return identity, private
