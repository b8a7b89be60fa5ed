"""Many seeds of a simulated province: nothing lost, doubled or reordered, and all of it arrives."""

from __future__ import annotations

import pytest

from tests.simulation.scenario import play

pytestmark = pytest.mark.timeout(300)

SEEDS_PER_TEST = 10


@pytest.mark.parametrize("first", range(0, 300, SEEDS_PER_TEST))
def test_province_settles_whatever_breaks(first):
    for seed in range(first, first + SEEDS_PER_TEST):
        play(seed)


def test_same_seed_replays_exactly():
    runs = [play(8) for _ in range(2)]
    traces = [
        (world.steps, [(venue.connections, venue.faults) for venue in world.venues.values()])
        for world in runs
    ]
    assert traces[0] == traces[1]


def test_faults_really_happen():
    worlds = [play(seed, drop=0.01) for seed in range(20)]
    kinds = {
        fault.kind.value
        for world in worlds
        for venue in world.venues.values()
        for fault in venue.faults
    }
    assert sorted(kinds) == ["deadline", "gap", "no_progress", "order", "silence", "storage"]
