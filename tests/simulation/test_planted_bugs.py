"""The simulator finds what it is for."""

from __future__ import annotations

import pytest

from tests.simulation.bugs import PLANTED
from tests.simulation.scenario import play

pytestmark = pytest.mark.timeout(300)

SEEDS = 60
DROP = 0.01


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_planted_bug_is_caught(name, monkeypatch):
    PLANTED[name](monkeypatch)
    caught = []
    for seed in range(SEEDS):
        try:
            play(seed, drop=DROP)
        except (AssertionError, LookupError) as error:
            caught = [seed, str(error)]
            break
    assert caught, f"{SEEDS} seeds have not found it"
