"""The verification as a whole: honest bundles pass, and no changed bit does."""

from __future__ import annotations

import random
from functools import cache

import pytest

from bideval.audit.verifier import STEPS, Step, verify_bundle
from bideval.evidence.encoding import b64u
from bideval.ledger.tree import leaf_hash, tree_root
from bideval.session.names import Phase
from bideval.terms.errors import InputError
from tests.unit.audit.hearing import (
    SESSION,
    at,
    bundle_of,
    failure,
    lines_of,
    position,
    rewritten,
)

FLIPS = 2_000


@cache
def _founded() -> bytes:
    return bundle_of(at(Phase.PREPARED))


def test_honest_bundle_passes_every_step() -> None:
    talk = at(Phase.ARCHIVED)
    root = tree_root([leaf_hash(line) for line in lines_of(talk)]).hex()
    current = talk.session.results.current
    assert current is not None

    verdict = verify_bundle(bundle_of(talk))

    assert [(step.n, step.name, step.ok) for step in verdict.steps] == [
        (n, name, True) for n, name in enumerate(STEPS, start=1)
    ]
    assert verdict.document() == {
        "ok": True,
        "steps": [
            {"n": step.n, "name": step.name, "ok": True, "detail": step.detail}
            for step in verdict.steps
        ],
        "origin": f"bideval/session/{SESSION}",
        "entries": len(talk.lines),
        "root": root,
        "cosigned_by": ["beilun", "wencheng"],
        "keys": {
            venue: b64u(talk.actors[f"venue/{venue}"].key.public.raw)
            for venue in ("fenghua", "beilun", "wencheng")
        },
        "result": dict(current.body.lots["1"]),
        "phase": "archived",
        "final": True,
        "against": None,
    }


@pytest.mark.parametrize("phase", [*Phase][:13])
def test_bundle_of_every_phase_passes(phase: Phase) -> None:
    verdict = verify_bundle(bundle_of(at(phase)))

    assert (verdict.ok, len(verdict.steps)) == (True, len(STEPS))
    assert (verdict.phase, verdict.final) == (phase.value, phase is Phase.ARCHIVED)


def test_first_failure_ends_the_steps_and_nothing_is_stated() -> None:
    talk = at(Phase.PREPARED)
    lines = rewritten(talk, position(talk, "bid.sealed"), lot="2")

    verdict = verify_bundle(bundle_of(talk, lines=lines, main="wencheng"))

    assert verdict.steps[-1] == Step(
        2,
        "signatures",
        ok=False,
        detail="entry 14 (fenghua 11, bid.sealed): is not signed by its author's enrolled key",
        code="signature",
    )
    facts = (verdict.ok, verdict.origin, verdict.entries, verdict.root, verdict.result)
    assert facts == (False, None, 0, None, None)
    assert verdict.cosigned_by == []


def test_checker_of_the_caller_is_asked() -> None:
    verdict = verify_bundle(_founded(), checker=lambda jobs, _lines: len(list(jobs)) - 1)

    last = len(at(Phase.PREPARED).lines) - 1
    assert verdict.steps[-1].name == "signatures"
    assert verdict.steps[-1].detail.startswith(f"entry {last} (")


@pytest.mark.parametrize("data", [b"", b"\n", b"PK\x03\x04", b"bideval-bundle/2\n"])
def test_what_is_no_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        verify_bundle(data)

    assert caught.value.code == "not_a_bundle"


def test_cut_bundle_fails_at_the_container() -> None:
    data = _founded()

    assert failure(data[:-1])[0] == "container"
    assert failure(data + b"\n")[0] == "container"
    assert failure(data[: len(data) // 2])[0] == "container"


def test_no_flipped_bit_passes() -> None:
    data = _founded()
    start = len(b"bideval-bundle/1\n")
    places = random.Random(20261122).sample(range(start * 8, len(data) * 8), FLIPS)

    for place in places:
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        assert failure(bytes(flipped))[0] == "container"


def test_no_changed_entry_passes_in_an_intact_container() -> None:
    talk = at(Phase.PREPARED)
    lines = lines_of(talk)

    for place in range(len(lines)):
        changed = [*lines]
        changed[place] = lines[place][:-2] + (b"AA" if lines[place][-2:] != b"AA" else b"BA")
        assert failure(bundle_of(talk, lines=changed))[0] in {"signatures", "fold"}


def test_other_main_cannot_be_claimed() -> None:
    data = bundle_of(at(Phase.PREPARED), main="beilun")

    assert failure(data) == ("tree", "manifest.main: is not the venue that founded the session")
