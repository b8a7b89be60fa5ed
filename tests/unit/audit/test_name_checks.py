"""The names of the drawn against the pool: frauds of the venue that keeps the names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bideval.audit.name_checks import _check_eligible, check_names
from bideval.audit.replay import replay
from bideval.session.bodies.panel import DrawComputed
from bideval.session.kinds import KINDS
from bideval.session.names import Phase
from bideval.terms.errors import EvidenceError, InputError
from bideval.terms.fields import Fields
from tests.unit.audit.hearing import SESSION, Hearing, at, bundle_of, failure, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable

DRAW = "entry 42 (fenghua 33, draw.computed)"
Names = list[dict[str, Any]]


def lying(change: Callable[[Names], object]) -> Hearing:
    """Return an archived hearing in which main sealed other names than those of the drawn."""
    talk = at(Phase.OPENED)
    honest = talk.identities_of
    talk.identities_of = lambda drawn: change(honest(drawn))  # type: ignore[method-assign, assignment, return-value]  # main lies
    talk.until(Phase.DRAWN)
    talk.identities_of = honest  # type: ignore[method-assign]  # the supplement is honest again
    talk.until(Phase.ARCHIVED)
    return talk


def test_opened_names_are_those_of_the_drawn() -> None:
    def found(phase: Phase) -> str:
        return check_names(replay(SESSION, lines_of(at(phase))))

    assert found(Phase.OPENED) == "0 names opened"
    assert found(Phase.CHECKED_IN) == "0 names opened, 6 still sealed"
    assert found(Phase.ARCHIVED) == "6 names opened"


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (lambda names: [names[0], names[0], *names[2:]], "seat 2: is not the expert whom"),
        (lambda names: [names[1], names[0], *names[2:]], "seat 1: is not the expert whom"),
        (lambda names: [{**names[0], "name": "a friend"}, *names[1:]], "seat 1: is not the expert"),
        (lambda names: names[:-1], "4 identities for 5 drawn experts"),
        (lambda names: {"names": names}, "are no list of identities"),
        (lambda names: [{"name": "x"} for _ in names], "are no list of identities"),
        (lambda names: [{**names[0], "kept": None}, *names[1:]], "are no list of identities"),
    ],
    ids=["twice", "swapped", "somebody else", "left out", "no list", "without salt", "kept"],
)
def test_other_names_are_found(change: Callable[[Names], object], detail: str) -> None:
    step, found = failure(bundle_of(lying(change)))

    assert step == "draw"
    assert found.startswith(f"{DRAW}: names: {detail}")


def test_drawn_expert_whom_the_tender_excludes_is_found() -> None:
    run = replay(SESSION, lines_of(at(Phase.ARCHIVED)))
    plan = run.session.plan
    run.session.tender = replace(plan, panel=replace(plan.panel, disciplines=()))

    with pytest.raises(EvidenceError) as raised:
        check_names(run)

    reason = "seat 1: should have been excluded, discipline_not_wanted"
    assert str(raised.value) == f"{DRAW}: names: {reason}"


def test_identities_of_the_first_version_state_nothing_to_judge() -> None:
    run = replay(SESSION, lines_of(at(Phase.ARCHIVED)))
    body = KINDS["draw.computed"].read(Fields(run.of_kind("draw.computed")[0][1].body, "body"))
    assert isinstance(body, DrawComputed)
    old = {"name": "Lin Yi", "id_tail": "0001", "discipline": "B99", "venue": "nowhere"}

    assert _check_eligible(run, body.panel[:1], [old]) is None
    with pytest.raises(InputError):
        _check_eligible(run, body.panel[:1], [old | {"format": "bideval-expert/1"}])
