"""The verification of a bundle as numbered steps (docs/spec/bundle.md).

Decided here: which steps there are, in which order, and that the first failure ends them: nothing
is returned half-checked. Two more follow for who kept something: another venue's bundle, receipts.
Not decided here: what each step looks at.

The auditor runs the functions that the venues ran; no server, no clock, no network is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.audit import bid_checks, checks, draw_checks, result_checks
from bideval.audit.bundle import read_bundle
from bideval.audit.comparison import check_against, compare, describe
from bideval.audit.kept_receipts import check_kept
from bideval.audit.replay import Replay, first_forged
from bideval.audit.stamp_checks import check_stamps
from bideval.audit.succession import check_succession
from bideval.evidence.encoding import b64u
from bideval.ledger.checkpoint import checkpoint_origin
from bideval.session.names import ENDED
from bideval.terms.errors import BidevalError, EvidenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bideval.audit.bundle import Bundle
    from bideval.audit.comparison import Comparison
    from bideval.audit.replay import Checker
    from bideval.audit.stamp_checks import Judge

CONTAINER = "container"
STEPS = (
    CONTAINER,
    "signatures",
    "fold",
    "tree",
    "cosignatures",
    "bids",
    "draw",
    "result",
    "confirmations",
    "report",
)
"""The names of the steps; a step's number is its place, from 1."""

AGAINST, RECEIPTS, STAMPS = "against", "receipts", "stamps"
ASKED = (AGAINST, RECEIPTS, STAMPS)
"""Steps 11 to 13, taken where there is something to hold against the bundle."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step that was taken: `ok` false for the last one if it failed, `code` says by what."""

    n: int
    name: str
    ok: bool
    detail: str
    code: str | None = None


@dataclass(slots=True)
class Verdict:
    """What the verification found; `result` is null where the session has none.

    `phase` is how far the record goes and `final` whether it ends there: a record cut at a
    checkpoint that the branches co-signed is true as far as it goes. `keys` are the venues' public
    keys (base64url), main first, to be compared with the cards that the venues have published.
    """

    ok: bool = False
    steps: list[Step] = field(default_factory=list)
    origin: str | None = None
    entries: int = 0
    root: str | None = None
    cosigned_by: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    result: object = None
    phase: str | None = None
    final: bool = False
    against: Comparison | None = None

    def document(self) -> dict[str, object]:
        """Return the object that `bideval verify --json` prints."""
        return {
            "ok": self.ok,
            "steps": [
                {"n": step.n, "name": step.name, "ok": step.ok, "detail": step.detail}
                for step in self.steps
            ],
            "origin": self.origin,
            "entries": self.entries,
            "root": self.root,
            "cosigned_by": self.cosigned_by,
            "keys": self.keys,
            "result": self.result,
            "phase": self.phase,
            "final": self.final,
            "against": None if self.against is None else self.against.document(),
        }


def verify_bundle(
    data: bytes | memoryview,
    *,
    checker: Checker = first_forged,
    against: bytes | memoryview | None = None,
    receipts: Mapping[str, bytes] | None = None,
    stamp_judge: Judge | None = None,
) -> Verdict:
    """Take the steps until one fails; `checker` may verify signatures on several cores.

    `against` is another bundle of the session, or one of the session that it continues or that
    continues it; `receipts` maps a receipt's name to its bytes;
    `stamp_judge` says whether a time stamp is good, for who trusts an authority.
    Raises InputError where `data` or `against` is not a bundle at all.
    """
    verdict = Verdict()
    bundle, other = _read(data), None if against is None else _read(against)
    if isinstance(bundle, BidevalError):
        _note_fault(verdict, CONTAINER, bundle)
        return verdict
    _note(verdict, CONTAINER, f"{len(bundle.files)} files, every byte covered")
    run = Replay(bundle.manifest.session, bundle.lines)
    steps = _steps(bundle, run, checker)
    if other is not None:
        steps.append((AGAINST, lambda: _check_against(verdict, (bundle, run), other, checker)))
    if receipts:
        steps.append((RECEIPTS, lambda: _check_receipts(run, receipts)))
    if stamp_judge is not None:
        steps.append((STAMPS, lambda: check_stamps(run, stamp_judge)))
    _take_steps(verdict, steps)
    if verdict.ok:
        _state_facts(verdict, bundle, run)
    return verdict


def _read(data: bytes | memoryview) -> Bundle | BidevalError:
    """Return the bundle, or what is wrong with it; raise InputError where it is none at all."""
    try:
        return read_bundle(data)
    except BidevalError as fault:
        if fault.code == "not_a_bundle":
            raise
        return fault


def _steps(bundle: Bundle, run: Replay, checker: Checker) -> list[tuple[str, Callable[[], str]]]:
    return [
        ("signatures", lambda: checks.check_signatures(run, checker)),
        ("fold", lambda: checks.check_fold(run)),
        ("tree", lambda: checks.check_tree(bundle, run)),
        ("cosignatures", lambda: checks.check_cosignatures(bundle, run)),
        ("bids", lambda: bid_checks.check_bids(bundle, run)),
        ("draw", lambda: draw_checks.check_draw(bundle, run)),
        ("result", lambda: result_checks.check_result(run)),
        ("confirmations", lambda: checks.check_confirmations(run)),
        ("report", lambda: checks.check_report(bundle, run)),
    ]


def _take_steps(verdict: Verdict, steps: list[tuple[str, Callable[[], str]]]) -> None:
    for name, step in steps:
        try:
            detail = step()
        except BidevalError as fault:
            _note_fault(verdict, name, fault)
            return
        _note(verdict, name, detail)
    verdict.ok = True


def _note(verdict: Verdict, name: str, detail: str) -> None:
    verdict.steps.append(Step(_number(name), name, ok=True, detail=detail))


def _note_fault(verdict: Verdict, name: str, fault: BidevalError) -> None:
    step = Step(_number(name), name, ok=False, detail=str(fault), code=fault.code)
    verdict.steps.append(step)


def _number(name: str) -> int:
    return (*STEPS, *ASKED).index(name) + 1


def _check_against(
    verdict: Verdict,
    here: tuple[Bundle, Replay],
    other: Bundle | BidevalError,
    checker: Checker,
) -> str:
    """Fold the other bundle as far as its tree, then compare the two records, or their link."""
    try:
        if isinstance(other, BidevalError):
            raise other
        run = Replay(other.manifest.session, other.lines)
        checks.check_signatures(run, checker)
        checks.check_fold(run)
        checks.check_tree(other, run)
    except BidevalError as fault:
        detail = f"the other bundle does not hold: {fault}"
        raise EvidenceError("other_fails", field=AGAINST, detail=detail) from None
    if run.session.session_id != here[1].session.session_id:
        return check_succession(here[1], run)
    verdict.against = compare(here, (other, run))
    return describe(check_against(here, (other, run), verdict.against))


def _check_receipts(run: Replay, receipts: Mapping[str, bytes]) -> str:
    found = []
    for name, data in receipts.items():
        try:
            found.append(check_kept(run, data))
        except BidevalError as fault:
            detail = f"{fault.field}: {fault.detail or fault.code}"
            raise EvidenceError(fault.code, field=name, detail=detail) from None
    return "; ".join(found)


def _state_facts(verdict: Verdict, bundle: Bundle, run: Replay) -> None:
    verdict.origin = checkpoint_origin(run.session.session_id)
    verdict.entries = run.size
    verdict.root = run.root().hex()
    verdict.cosigned_by = sorted(checks.cosigners(bundle, run))
    venues = run.session.people.venues
    ordered = sorted(venues, key=lambda venue: (venue != run.session.main, venue))
    verdict.keys = {venue: b64u(venues[venue].key.raw) for venue in ordered}
    verdict.result = result_checks.stated_result(run)
    verdict.phase = run.session.phase.value
    verdict.final = run.session.phase in ENDED
