"""The verification of a bundle as numbered steps (docs/spec/bundle.md).

Decided here: which steps there are, in which order, and that the first failure ends them: nothing
is returned half-checked. Not decided here: what each step looks at.

The auditor runs the functions that the venues ran; no server, no clock, no network is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.audit import bid_checks, checks, draw_checks, result_checks
from bideval.audit.bundle import read_bundle
from bideval.audit.replay import first_forged, replay
from bideval.ledger.checkpoint import checkpoint_origin
from bideval.ledger.tree import tree_root
from bideval.terms.errors import BidevalError, EvidenceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.audit.bundle import Bundle
    from bideval.audit.replay import Checker, Replay

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


@dataclass(frozen=True, slots=True)
class Step:
    """One step that was taken: `ok` false for the last one if it failed."""

    n: int
    name: str
    ok: bool
    detail: str


@dataclass(slots=True)
class Verdict:
    """What the verification found; `result` is null where the session has none."""

    ok: bool = False
    steps: list[Step] = field(default_factory=list)
    origin: str | None = None
    entries: int = 0
    root: str | None = None
    cosigned_by: list[str] = field(default_factory=list)
    result: object = None

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
            "result": self.result,
        }


def verify_bundle(data: bytes | memoryview, *, checker: Checker = first_forged) -> Verdict:
    """Take the steps until one fails; `checker` may verify signatures on several cores.

    Raises InputError where `data` is not a bundle at all.
    """
    verdict = Verdict()
    try:
        bundle = read_bundle(data)
    except EvidenceError as fault:
        _note(verdict, CONTAINER, ok=False, detail=str(fault))
        return verdict
    except BidevalError as fault:
        if fault.code == "not_a_bundle":
            raise
        _note(verdict, CONTAINER, ok=False, detail=str(fault))
        return verdict
    _note(verdict, CONTAINER, ok=True, detail=f"{len(bundle.files)} files, every byte covered")
    run = replay(bundle.manifest.session, bundle.lines)
    _take_steps(verdict, _steps(bundle, run, checker))
    if verdict.ok:
        _state_facts(verdict, bundle, run)
    return verdict


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
            _note(verdict, name, ok=False, detail=str(fault))
            return
        _note(verdict, name, ok=True, detail=detail)
    verdict.ok = True


def _note(verdict: Verdict, name: str, *, ok: bool, detail: str) -> None:
    verdict.steps.append(Step(STEPS.index(name) + 1, name, ok, detail))


def _state_facts(verdict: Verdict, bundle: Bundle, run: Replay) -> None:
    verdict.origin = checkpoint_origin(run.session.session_id)
    verdict.entries = len(run.entries)
    verdict.root = tree_root(run.leaves).hex()
    verdict.cosigned_by = sorted(checks.cosigners(bundle, run))
    verdict.result = result_checks.stated_result(run)
