"""The draw, computed again from the bundle alone, step by step.

Decided here: the steps of docs/spec/draw.md 9, which are step `draw` of docs/spec/bundle.md.
Not decided here: how a panel comes out of tickets (`bideval.draw`), and the opened names
(`name_checks`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from bideval.audit.name_checks import check_names
from bideval.audit.replay import located
from bideval.draw.exclusions import check_statuses
from bideval.draw.panel import draw_panel, next_expert
from bideval.draw.pool import parse_pool
from bideval.draw.tickets import check_nonce, draw_seed
from bideval.evidence.sealing import age_decrypt, combine_shares
from bideval.session.barring import bars_of
from bideval.session.kinds import KINDS
from bideval.terms.errors import BidevalError, EvidenceError
from bideval.terms.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.audit.bundle import Bundle
    from bideval.audit.replay import Replay
    from bideval.draw.panel import DrawnExpert
    from bideval.draw.pool import Pool
    from bideval.session.bodies.panel import (
        DrawComputed,
        DrawnSeatBody,
        DrawSupplemented,
        NonceSealed,
        PoolSealed,
    )

Step = tuple[str, "Callable[[], str]"]


def draw_steps(bundle: Bundle, run: Replay) -> list[Step]:
    """Return the steps by name, to be taken in this order; none if nothing was drawn."""
    computed = run.of_kind("draw.computed")
    if not computed:
        return []
    position, entry = computed[0]
    body = cast("DrawComputed", KINDS[entry.kind].read(Fields(entry.body, "body")))
    check = _DrawCheck(bundle, run, run.where(position), body)
    steps: list[Step] = [
        ("pool", check.pool_file),
        ("exclusions", check.exclusions),
        ("nonces", check.nonces_opened),
        ("seed", check.seed_stated),
        ("panel", check.panel),
        ("supplements", check.supplements),
        ("names", lambda: check_names(run)),
    ]
    return [(name, _at(run.where(position), step)) for name, step in steps]


def check_draw(bundle: Bundle, run: Replay) -> str:
    """The panel and every supplement are what pool, nonces and the rule give; nobody else sits."""
    said = {name: step() for name, step in draw_steps(bundle, run)}
    if not said:
        return "not reached"
    return f"{said['panel']}, {said['supplements']}, {said['names']}"


def _at(region: str, step: Callable[[], str]) -> Callable[[], str]:
    """Return the step as one that locates its findings at the draw, unless they say where."""

    def take() -> str:
        try:
            return step()
        except BidevalError as fault:
            if (fault.field or "").startswith("entry "):
                raise
            raise located(fault, region) from None

    return take


@dataclass(slots=True)
class _DrawCheck:
    """What the steps hand on to one another."""

    bundle: Bundle
    run: Replay
    region: str
    body: DrawComputed
    pool: Pool | None = None
    nonces: dict[str, bytes] = field(default_factory=dict)
    seed: bytes = b""
    taken: set[bytes] = field(default_factory=set)

    def pool_file(self) -> str:
        sealed = self.run.session.panel.pool
        if sealed is None or sealed.file.sha256 not in self.bundle.files:
            raise EvidenceError(
                "file_missing", field="pool", detail="the pool is not in the bundle"
            )
        self.pool = pool = parse_pool(self.bundle.files[sealed.file.sha256])
        _hold_against(sealed, pool)
        if not self.run.session.plan.panel.weighted and any(row.weight != 1 for row in pool.rows):
            raise EvidenceError("pool_differs", field="pool", detail="has weights nobody asked for")
        return f"bideval-pool/{pool.version}, {len(pool.rows)} experts, root {pool.root.hex()}"

    def exclusions(self) -> str:
        pool = self._pool
        if pool.version > 1:
            check_statuses(pool.rows, bars_of(self.run.session))
        counts = [f"{count} {reason}" for reason, count in pool.excluded.items()]
        return ", ".join([f"{len(pool.eligible)} eligible", *counts])

    def nonces_opened(self) -> str:
        panel, committers = self.run.session.panel, self.run.session.committers()
        if set(panel.nonces) != set(committers):
            raise EvidenceError("nonces_missing", field="nonces", detail="somebody is left out")
        self.nonces = {actor: self._nonce(actor, panel.nonces[actor]) for actor in committers}
        return f"opened and as committed: {', '.join(committers)}"

    def _nonce(self, actor: str, sealed: NonceSealed) -> bytes:
        session = self.run.session
        try:
            identity = combine_shares(sealed.seal, session.sharing.of(sealed.seal.recipient))
            nonce = age_decrypt(identity, sealed.ciphertext)
            check_nonce(session.session_id, actor, nonce, bytes.fromhex(sealed.commitment))
        except BidevalError as fault:
            raise fault if fault.field == actor else located(fault, actor) from None
        return nonce

    def seed_stated(self) -> str:
        self.seed = draw_seed(self.run.session.session_id, self._pool.root, self.nonces)
        if self.body.seed != self.seed.hex():
            raise _wrong(self.region, "the seed is not that of the revealed nonces")
        return self.body.seed

    def panel(self) -> str:
        drawn = draw_panel(self._pool.rows, self.seed, self.run.session.plan.panel.seat_plan())
        if [_seen(item) for item in self.body.panel] != [_of(one) for one in drawn]:
            raise _wrong(self.region, "the panel is not the one of the lowest tickets")
        self.taken = {one.row.leaf for one in drawn}
        standing_in = sum(one.stratum is not None for one in drawn)
        facts = f"{len(drawn)} of {len(self._pool.eligible)} eligible experts"
        return facts + (f", {standing_in} of fall-back classes" if standing_in else "")

    def supplements(self) -> str:
        supplements = self.run.of_kind("draw.supplemented")
        for position, entry in supplements:
            read = KINDS[entry.kind].read(Fields(entry.body, "body"))
            _at(self.run.where(position), lambda: self._follower(cast("DrawSupplemented", read)))()  # noqa: B023  # called at once
        return f"{len(supplements)} supplements{self._words()}"

    def _words(self) -> str:
        """Return the answers for which a seat went on and nobody but main vouches."""
        answers = self.run.session.panel.answers.values()
        alone = [f"{one.answer} of {one.blinded[:8]}" for one in answers if one.on_mains_word]
        return f" (on main's word alone: {', '.join(alone)})" if alone else ""

    def _follower(self, body: DrawSupplemented) -> str:
        rows = self._pool.rows
        # The fold saw to it that he holds a seat, and the steps before that he is in the pool.
        leaving = next(row for row in rows if row.blinded == body.leaving)
        classes = self.run.session.plan.panel.seat_plan().classes(body.item.discipline)
        expected = next_expert(rows, self.seed, leaving, self.taken, classes=classes)
        if _seen(body.item) != _of(expected):
            raise EvidenceError("draw_differs", detail="the newcomer does not hold the next ticket")
        self.taken.add(expected.row.leaf)
        return expected.row.blinded

    @property
    def _pool(self) -> Pool:
        assert self.pool is not None, "the step before has read it"  # noqa: S101  # our own order
        return self.pool


def _hold_against(sealed: PoolSealed, pool: Pool) -> None:
    facts = (pool.root.hex(), len(pool.rows), len(pool.eligible))
    stated = sealed.excluded is not None
    differs = facts != (sealed.root, sealed.count, sealed.eligible)
    if differs or stated != (pool.version > 1) or (stated and sealed.excluded != pool.excluded):
        raise EvidenceError("pool_differs", field="pool", detail="is not the sealed one")


def _seen(item: DrawnSeatBody) -> tuple[str, str, str | None, str, str]:
    return item.blinded, item.discipline, item.class_, item.venue, item.ticket


def _of(drawn: DrawnExpert) -> tuple[str, str, str | None, str, str]:
    row = drawn.row
    class_ = None if drawn.stratum is None else row.discipline
    return row.blinded, drawn.discipline, class_, row.region, drawn.ticket.hex()


def _wrong(region: str, detail: str) -> EvidenceError:
    return EvidenceError("draw_differs", field=region, detail=detail)
