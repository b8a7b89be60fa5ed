"""The pool of a session: imported, blinded, and sealed into the record.

Decided here: who is excluded and by which reason, what is stored of an expert (an age ciphertext to
this venue, a salt, no name in clear), and that the file in the record names nobody.
Not decided here: the table's form (pool_table), the file's form and the draw (bideval.draw).

Reasons: `employer_is_bidder` (198号 art. 16), `named_by_party` (a name that a party gave for
kinship or interest), `venue_not_taking_part`, `discipline_not_wanted`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.authoring import say
from bideval.actions.pool_table import PoolRow, read_table
from bideval.draw import pool as draw_pool
from bideval.draw.pool import ELIGIBLE, SALT_BYTES, encode_pool, parse_pool, pool_leaf
from bideval.evidence.agefile import age_encrypt
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u
from bideval.ports import KeptFile, PoolExpert
from bideval.session.names import Phase
from bideval.terms.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bideval.actions.venue import Venue
    from bideval.actions.visitor import Visitor
    from bideval.ports import FileFacts, Transaction
    from bideval.session.state import Session

MEDIA_TYPE = "text/tab-separated-values"
ROWS_AT_ONCE = 5_000
"""Pool rows per work, so that others' writes get their turn in between."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What came of an import."""

    count: int
    eligible: int
    root: str
    excluded: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Bars:
    """What keeps an expert out of this session."""

    venues: frozenset[str]
    disciplines: frozenset[str]
    bidders: frozenset[str]
    names: frozenset[str]

    def reason(self, row: PoolRow) -> str:
        """Return the code of the first bar that applies, or `eligible`."""
        if row.venue not in self.venues:
            return "venue_not_taking_part"
        if row.discipline not in self.disciplines:
            return "discipline_not_wanted"
        if row.employer and row.employer in self.bidders:
            return "employer_is_bidder"
        return "named_by_party" if row.name in self.names else ELIGIBLE


def import_pool(
    venue: Venue, visitor: Visitor, session: str, text: str, excluded_names: Sequence[str] = ()
) -> Sealed:
    """Import a table, seal the blinded pool into the record, and keep identities encrypted.

    Raises TableError, RefusedError `pool_is_sealed`, or what the session refuses.
    """
    with venue.book.reading(session) as fold:
        _check_time(venue, fold)
        bars = _bars(fold, excluded_names)
    rows = read_table(text)
    experts = list(_blind(venue, session, rows, bars))
    data = encode_pool([_public(expert) for expert in experts])
    pool = parse_pool(data)
    facts = venue.devices.files.put([data], limit=len(data))
    _keep(venue, visitor, experts, facts)
    body = {
        "file": {"sha256": facts.sha256, "size": facts.size},
        "root": pool.root.hex(),
        "count": len(pool.rows),
        "eligible": len(pool.eligible),
    }
    say(venue, session, "pool.sealed", body, about=())
    excluded = Counter(expert.exclusion for expert in experts if expert.exclusion)
    return Sealed(len(pool.rows), len(pool.eligible), pool.root.hex(), dict(excluded))


def _check_time(venue: Venue, fold: Session) -> None:
    """The bidders must be known, or nobody could be kept out for working at one."""
    if fold.main != venue.id:
        raise RefusedError("not_main", field="session", rule="pool.main")
    if fold.panel.pool is not None:
        raise RefusedError("pool_is_sealed", field="session", rule="pool.once")
    if fold.phase is not Phase.OPENED:
        raise RefusedError("pool_too_early", field="session", rule="198号 art. 16")


def _bars(fold: Session, excluded_names: Sequence[str]) -> _Bars:
    opened = [bid.manifest for bid in fold.bidding.opened() if bid.manifest is not None]
    return _Bars(
        venues=frozenset(fold.people.venues),
        disciplines=frozenset(one.id for one in fold.plan.panel.disciplines),
        bidders=frozenset(manifest.sheet.bidder_name for manifest in opened),
        names=frozenset(name.strip() for name in excluded_names if name.strip()),
    )


def _blind(
    venue: Venue, session: str, rows: Sequence[PoolRow], bars: _Bars
) -> Iterator[PoolExpert]:
    recipient = venue.devices.keys.recipient
    for row in rows:
        salt = venue.devices.entropy.token(SALT_BYTES)
        leaf = pool_leaf(salt, f"{row.name}/{row.id_tail}", row.discipline, row.venue)
        reason = bars.reason(row)
        yield PoolExpert(
            session=session,
            blinded=leaf.hex(),
            salt=salt,
            discipline=row.discipline,
            venue=row.venue,
            status="eligible" if reason == ELIGIBLE else "excluded",
            sealed=age_encrypt(recipient, identity_document(row, salt)),
            exclusion=None if reason == ELIGIBLE else reason,
        )


def identity_document(row: PoolRow, salt: bytes) -> bytes:
    """Return an expert's identity, for the venue that checks him or her in.

    With the salt in it, whoever may read it sees that it is the one that was drawn.
    """
    expert = {
        "name": row.name,
        "id_tail": row.id_tail,
        "employer": row.employer,
        "phone": row.phone,
        "title": row.title,
        "discipline": row.discipline,
        "venue": row.venue,
    }
    return canonical_bytes({**expert, "salt": b64u(salt)})


def _public(expert: PoolExpert) -> draw_pool.PoolRow:
    return draw_pool.PoolRow(
        bytes.fromhex(expert.blinded),
        expert.discipline,
        expert.venue,
        expert.exclusion or ELIGIBLE,
    )


def _keep(venue: Venue, visitor: Visitor, experts: Sequence[PoolExpert], facts: FileFacts) -> None:
    kept = KeptFile(facts.sha256, facts.size, MEDIA_TYPE, visitor.person, venue.now_ms())
    store = venue.devices.store
    store.write(lambda tx: tx.add_file(kept)).result()
    for start in range(0, len(experts), ROWS_AT_ONCE):
        _keep_some(venue, experts[start : start + ROWS_AT_ONCE])


def _keep_some(venue: Venue, experts: Sequence[PoolExpert]) -> None:
    def work(tx: Transaction) -> None:
        tx.add_pool(experts)

    venue.devices.store.write(work).result()
