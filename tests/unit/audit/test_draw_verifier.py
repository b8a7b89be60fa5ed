"""The draw's own verification: numbered steps, ended by the first that fails."""

from __future__ import annotations

import pytest

from bideval.audit.draw_verifier import BEFORE, DRAW, verify_draw
from bideval.session.names import Phase
from bideval.terms.errors import InputError
from tests.unit.audit.hearing import POOL, SESSION, at, bundle_of, lines_of, position, rewritten


def test_steps_are_those_of_the_specification() -> None:
    verdict = verify_draw(bundle_of(at(Phase.ARCHIVED)))
    assert (verdict.ok, verdict.session) == (True, SESSION)
    assert [(step.n, step.name) for step in verdict.steps] == list(
        enumerate((*BEFORE, *DRAW), start=1)
    )
    assert verdict.steps[-1].detail == "6 names opened"
    assert verdict.document()["ok"] is True


def last_step(data: bytes) -> tuple[int, str, bool]:
    verdict = verify_draw(data)
    assert not verdict.ok
    return len(verdict.steps), verdict.steps[-1].name, verdict.steps[-1].ok


def test_first_step_that_fails_ends_it() -> None:
    talk = at(Phase.DRAWN)
    good = bundle_of(talk)
    assert last_step(good[:-20] + b"0" * 20) == (1, "container", False)
    forged = rewritten(talk, position(talk, "draw.computed"), seed="00" * 32)
    assert last_step(bundle_of(talk, lines=forged)) == (2, "signatures", False)
    shuffled = lines_of(talk)
    shuffled[-2:] = shuffled[:-3:-1]
    assert last_step(bundle_of(talk, lines=shuffled))[1:] == ("fold", False)
    files = {name: content for name, content in talk.files.items() if content != POOL}
    assert last_step(bundle_of(talk, files=files)) == (4, "pool", False)


def test_bundle_without_a_draw_is_no_verdict() -> None:
    with pytest.raises(InputError) as raised:
        verify_draw(bundle_of(at(Phase.OPENED)))
    assert raised.value.code == "no_draw"


def test_something_else_is_no_verdict() -> None:
    with pytest.raises(InputError) as raised:
        verify_draw(b"something else")
    assert raised.value.code == "not_a_bundle"
