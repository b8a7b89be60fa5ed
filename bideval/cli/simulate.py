"""`bideval simulate`: a province in one process, with everything going wrong, seed by seed.

Decided here: arguments, how seeds are spread over processors, what is printed: a failing seed tells
its course as a conversation; rare events that no seed has reached are named.
Not decided here: what a seed does and what must hold (simulation).
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from bideval.simulation.course import RARE, play
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from bideval.simulation.course import Played

HELD = 0
BROKEN = 1
STEPS = 400_000
TOLD_FAILURES = 3
"""Failing seeds whose conversation is told; the numbers of the others are."""
LAST_WORDS = 400
ENOUGH_SEEDS = 1_000
"""From so many seeds on, a rare event that never came is a failure too."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "simulate",
        help="let venues, people, wires and disks fail in one process, seed by seed",
        description="Each seed is one course of several venues with virtual clock, wires, disks. "
        "The same seed replays exactly; one that breaks an invariant tells its course.",
        epilog="example: bideval simulate --seeds 0..1999",
    )
    parser.add_argument("--seeds", required=True, help="one seed, or A..B, both included")
    parser.add_argument("--steps", type=int, default=STEPS, help="events of one seed at most")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--tell", action="store_true", help="tell the course of every seed")


def run(args: argparse.Namespace) -> int:
    seeds = read_seeds(args.seeds)
    began = time.perf_counter()
    one = partial(play, steps=args.steps, tell=args.tell)
    if args.processes <= 1 or len(seeds) == 1:
        played = [one(seed) for seed in seeds]
    else:
        with ProcessPoolExecutor(args.processes) as pool:
            played = list(pool.map(one, seeds, chunksize=max(1, min(50, len(seeds) // 8))))
    if args.tell:
        for course in played:
            print("\n".join(course.told))
    return report(played, time.perf_counter() - began, steps=args.steps)


def read_seeds(text: str) -> range:
    """Return the seeds that `A..B` or `A` names; raises InputError `bad_seeds`."""
    match = re.fullmatch(r"([0-9]{1,12})(?:\.\.([0-9]{1,12}))?", text, re.ASCII)
    if match is None:
        raise InputError("bad_seeds", field="seeds", detail="must be A..B, such as 0..1999")
    first = int(match[1])
    last = first if match[2] is None else int(match[2])
    if last < first:
        raise InputError("bad_seeds", field="seeds", detail="the last seed is before the first")
    return range(first, last + 1)


def report(played: Iterable[Played], seconds: float, *, steps: int) -> int:
    """Tell failures, what was reached and how fast; return the exit code."""
    courses = list(played)
    broken = [course for course in courses if course.violation is not None]
    for course in broken[:TOLD_FAILURES]:
        again = play(course.seed, steps=steps, tell=True)
        print(f"--- seed {course.seed}: {course.violation}")
        print("\n".join(again.told[-LAST_WORDS:]))
        print(f"--- replay: bideval simulate --seeds {course.seed} --tell")
    if broken:
        print("broken seeds:", *(course.seed for course in broken))
    seen = sum((course.seen for course in courses), Counter())
    missing = [name for name in RARE if not seen[name]]
    print("reached:", ", ".join(f"{name} {seen[name]}" for name in RARE if seen[name]))
    if missing:
        print("never reached:", ", ".join(missing))
    hours = sum(course.simulated_ms for course in courses) / 3_600_000
    rate = len(courses) / seconds if seconds else 0.0
    print(
        f"{len(courses)} seeds, {hours:.1f} simulated hours, {seconds:.1f} s, "
        f"{rate:.1f} seeds/s, {len(broken)} broken"
    )
    return BROKEN if broken or (missing and len(courses) >= ENOUGH_SEEDS) else HELD
