"""A record on paper verifies like one that was held, and is the same for the same seed."""

from __future__ import annotations

import pytest

from bideval.audit.verifier import verify_bundle
from bideval.rehearsal.paper_record import LEAST, paper_bundle, paper_record


def bundle(entries: int, seed: str = "1") -> bytes:
    return b"".join(paper_bundle(paper_record(entries, seed)))


@pytest.mark.parametrize("entries", [LEAST, LEAST + 1, 200])
def test_paper_passes_every_step_and_nothing_in_it_is_void(entries: int) -> None:
    verdict = verify_bundle(bundle(entries))

    assert (verdict.ok, verdict.entries) == (True, entries)
    assert verdict.steps[2].detail == "phase prepared, 0 void entries kept"
    assert verdict.cosigned_by == ["branch-a", "branch-b"]


def test_paper_is_the_same_for_the_same_seed() -> None:
    assert bundle(60) == bundle(60)
    assert bundle(60) != bundle(60, "2")
