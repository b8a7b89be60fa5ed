"""How many seeds each planted mistake needs until the simulation finds it.

    python -m tests.simulation.teeth [--most 10000] [NAME ...]

Mistakes of the house (`planted`) are looked for by `bideval simulate`, those of the protocol's
machine alone (`bugs`) by the older simulator of links. Seeds that cannot meet a mistake (no disk is
lost in them, no evaluation held) are counted and not run.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass

import pytest

from bideval.simulation.course import QUIET_SEEDS, holds_a_meeting, play
from tests.simulation import scenario
from tests.simulation.bugs import PLANTED
from tests.simulation.planted import (
    HOUSE,
    OF_BACKUPS,
    OF_EVALUATIONS,
    OF_FORGERIES,
    OF_QUIET_FORKS,
)

MOST = 10_000
STEPS = 25_000
DROP = 0.01


@dataclass(frozen=True)
class Bite:
    """A planted mistake was found: after how many seeds of a campaign, and in which words."""

    seeds: int
    words: str


def may_meet(name, seed):
    """Tell whether a seed can meet a mistake of the house at all."""
    if name in OF_EVALUATIONS:
        return holds_a_meeting(seed)
    if name in OF_BACKUPS:
        return seed % 10 in (3, 5)
    if name in OF_FORGERIES:
        return seed % 10 == 7
    if name in OF_QUIET_FORKS:
        return seed % 40 == QUIET_SEEDS
    return True


def bite(name, most=MOST, *, first=0):
    """Return after how many seeds from `first` a planted mistake is found; None if it is not."""
    with pytest.MonkeyPatch.context() as patch:
        (HOUSE.get(name) or PLANTED[name])(patch)
        look = _found_by_simulate if name in HOUSE else _found_by_links
        for seed in range(first, first + most):
            if name in HOUSE and not may_meet(name, seed):
                continue
            words = look(seed)
            if words is not None:
                return Bite(seed + 1, " ".join(words.split())[:110])
    return None


def _found_by_simulate(seed):
    try:
        return play(seed, steps=STEPS).violation
    except LookupError as wrong:  # a torn disk may end in one
        return repr(wrong)


def _found_by_links(seed):
    try:
        scenario.play(seed, drop=DROP)
    except (AssertionError, LookupError) as wrong:
        return repr(wrong)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=MOST)
    parser.add_argument("names", nargs="*", default=[*sorted(HOUSE), *sorted(PLANTED)])
    args = parser.parse_args()
    loose = 0
    for name in args.names:
        began = time.perf_counter()
        found = bite(name, args.most)
        loose += found is None
        told = "NOT FOUND" if found is None else f"{found.seeds} | {found.words}"
        sys.stdout.write(f"{name} | {told} | {time.perf_counter() - began:.1f} s\n")
        sys.stdout.flush()
    return 1 if loose else 0


if __name__ == "__main__":
    sys.exit(main())
