"""How many seeds each planted mistake needs until `simulate` finds it.

python -m tests.simulation.teeth [--most 300] [NAME ...]
"""

from __future__ import annotations

import argparse
import sys

import pytest

from bideval.simulation.course import play
from tests.simulation.planted import HOUSE

BACKUPS = [seed for seed in range(3, 1_000) if seed % 20 in (3, 5)]
"""Seeds in which a disk is lost after others have got more than its backup has."""
SEEDS = {
    **dict.fromkeys(
        (
            "accept_while_waiting",
            "claim_to_hold_any_mark",
            "hear_everybody",
            "never_hear",
            "restore_without_waiting",
        ),
        BACKUPS,
    ),
    "leave_the_last_checkpoint_undone": range(80, 1_000),
    "trust_foreign_lines": range(7, 1_000, 10),
}
"""Where to look for mistakes that only some seeds can meet."""


def first_seed(name, most):
    """Return the first seed that finds a planted mistake, with the words; None if none does."""
    with pytest.MonkeyPatch.context() as patch:
        HOUSE[name](patch)
        for seed in SEEDS.get(name, range(most)):
            try:
                violation = play(seed, steps=15_000).violation
            except LookupError as wrong:  # a torn disk may end in one
                violation = repr(wrong)
            if violation is not None:
                return seed, violation
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=300)
    parser.add_argument("names", nargs="*", default=sorted(HOUSE))
    args = parser.parse_args()
    for name in args.names or sorted(HOUSE):
        sys.stdout.write(f"{name} {first_seed(name, args.most)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
