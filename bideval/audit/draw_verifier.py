"""The draw of a bundle as numbered steps, for whoever wants to know only whether it was fair.

Decided here: which steps stand before those of the draw, so that nothing forged enters it.
Not decided here: what the steps look at (`checks`, `draw_checks`), and all else that a bundle must
hold (`verifier`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.audit import checks
from bideval.audit.bundle import read_bundle
from bideval.audit.draw_checks import draw_steps
from bideval.audit.replay import Replay, first_forged
from bideval.audit.verifier import Step
from bideval.terms.errors import BidevalError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.audit.replay import Checker

BEFORE = ("container", "signatures", "fold")
DRAW = ("pool", "exclusions", "nonces", "seed", "panel", "supplements", "names")


@dataclass(slots=True)
class DrawVerdict:
    """What was found: the steps that were taken, the last one false if it failed."""

    session: str | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every step was taken and held."""
        return len(self.steps) == len(BEFORE) + len(DRAW) and self.steps[-1].ok

    def document(self) -> dict[str, object]:
        """Return the object that `bideval draw verify --json` prints."""
        steps = [
            {"n": step.n, "name": step.name, "ok": step.ok, "detail": step.detail}
            for step in self.steps
        ]
        return {"ok": self.ok, "session": self.session, "steps": steps}


def verify_draw(data: bytes | memoryview, *, checker: Checker = first_forged) -> DrawVerdict:
    """Take the steps until one fails; `checker` may verify signatures on several cores.

    Raises InputError where `data` is no bundle, or one of a session that has drawn nobody.
    """
    verdict = DrawVerdict()
    try:
        bundle = read_bundle(data)
    except BidevalError as fault:
        if fault.code == "not_a_bundle":
            raise
        verdict.steps.append(Step(1, BEFORE[0], ok=False, detail=str(fault)))
        return verdict
    run = Replay(bundle.manifest.session, bundle.lines)
    verdict.session = bundle.manifest.session
    steps: list[tuple[str, Callable[[], str]]] = [
        (BEFORE[0], lambda: f"{len(bundle.files)} files, every byte covered"),
        (BEFORE[1], lambda: checks.check_signatures(run, checker)),
        (BEFORE[2], lambda: checks.check_fold(run)),
    ]
    if not _take(verdict, steps):
        return verdict
    drawing = draw_steps(bundle, run)
    if not drawing:
        raise InputError("no_draw", field="file", detail="nobody is drawn in this bundle")
    _take(verdict, drawing)
    return verdict


def _take(verdict: DrawVerdict, steps: list[tuple[str, Callable[[], str]]]) -> bool:
    for name, step in steps:
        number = len(verdict.steps) + 1
        try:
            verdict.steps.append(Step(number, name, ok=True, detail=step()))
        except BidevalError as fault:
            verdict.steps.append(Step(number, name, ok=False, detail=str(fault)))
            return False
    return True
