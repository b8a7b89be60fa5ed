"""The draw, computed again from the pool and the nonces.

Decided here: step `draw` of docs/spec/bundle.md.
Not decided here: how a panel comes out of tickets (`bideval.draw`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.audit.name_checks import check_names
from bideval.audit.replay import located
from bideval.draw.panel import draw_panel, next_expert
from bideval.draw.pool import parse_pool
from bideval.draw.seats import SeatPlan
from bideval.draw.tickets import check_nonce, draw_seed
from bideval.evidence.sealing import age_decrypt, combine_shares
from bideval.session.bodies.panel import DrawComputed, DrawSupplemented
from bideval.session.kinds import KINDS
from bideval.terms.errors import BidevalError, EvidenceError
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from bideval.audit.bundle import Bundle
    from bideval.audit.replay import Replay
    from bideval.draw.panel import DrawnExpert
    from bideval.draw.pool import Pool
    from bideval.session.bodies.panel import DrawnSeatBody


def check_draw(bundle: Bundle, run: Replay) -> str:
    """The panel and every supplement are what pool, nonces and the rule give; nobody else sits."""
    computed = run.of_kind("draw.computed")
    if not computed:
        return "not reached"
    position, entry = computed[0]
    body = KINDS[entry.kind].read(Fields(entry.body, "body"))
    if not isinstance(body, DrawComputed):
        raise _wrong(run.where(position), "is not a draw")
    try:
        pool, seed = _pool(bundle, run), _seed(run)
        plan = run.session.plan.panel
        wanted = SeatPlan(
            {one.id: one.members for one in plan.disciplines},
            {one.venue: one.members for one in plan.seats},
        )
        drawn = draw_panel(pool.rows, seed, wanted)
    except BidevalError as fault:
        raise located(fault, run.where(position)) from None
    if body.seed != seed.hex():
        raise _wrong(run.where(position), "the seed is not that of the revealed nonces")
    if [_seen(item) for item in body.panel] != [_of(one) for one in drawn]:
        raise _wrong(run.where(position), "the panel is not the one of the lowest tickets")
    supplements = _check_supplements(run, pool, seed, {one.row.leaf for one in drawn})
    facts = f"{len(drawn)} of {len(pool.eligible)} eligible experts, {supplements} supplements"
    return f"{facts}, {check_names(run)}"


def _check_supplements(run: Replay, pool: Pool, seed: bytes, taken: set[bytes]) -> int:
    rows = {row.blinded: row for row in pool.rows}
    supplements = run.of_kind("draw.supplemented")
    for position, entry in supplements:
        body = KINDS[entry.kind].read(Fields(entry.body, "body"))
        if not isinstance(body, DrawSupplemented) or body.leaving not in rows:
            raise _wrong(run.where(position), "replaces somebody who is not in the pool")
        try:
            expected = next_expert(pool.rows, seed, rows[body.leaving], taken)
        except BidevalError as fault:
            raise located(fault, run.where(position)) from None
        if _seen(body.item) != _of(expected):
            raise _wrong(run.where(position), "the newcomer does not hold the next ticket")
        taken.add(expected.row.leaf)
    return len(supplements)


def _pool(bundle: Bundle, run: Replay) -> Pool:
    sealed = run.session.panel.pool
    if sealed is None or sealed.file.sha256 not in bundle.files:
        raise EvidenceError("file_missing", field="pool", detail="the pool is not in the bundle")
    pool = parse_pool(bytes(bundle.files[sealed.file.sha256]))
    facts = (pool.root.hex(), len(pool.rows), len(pool.eligible))
    if facts != (sealed.root, sealed.count, sealed.eligible):
        raise EvidenceError("pool_differs", field="pool", detail="is not the sealed one")
    return pool


def _seed(run: Replay) -> bytes:
    session = run.session
    nonces: dict[str, bytes] = {}
    for actor, sealed in session.panel.nonces.items():
        identity = combine_shares(sealed.seal, session.sharing.of(sealed.seal.recipient))
        nonces[actor] = age_decrypt(identity, sealed.ciphertext)
        check_nonce(session.session_id, actor, nonces[actor], bytes.fromhex(sealed.commitment))
    if set(nonces) != set(session.committers()):
        raise EvidenceError("nonces_missing", field="nonces", detail="somebody is left out")
    root = session.panel.pool.root if session.panel.pool else ""
    return draw_seed(session.session_id, bytes.fromhex(root), nonces)


def _seen(item: DrawnSeatBody) -> tuple[str, str, str, str]:
    return item.blinded, item.discipline, item.venue, item.ticket


def _of(drawn: DrawnExpert) -> tuple[str, str, str, str]:
    return drawn.row.blinded, drawn.row.discipline, drawn.row.region, drawn.ticket.hex()


def _wrong(region: str, detail: str) -> EvidenceError:
    return EvidenceError("draw_differs", field=region, detail=detail)
