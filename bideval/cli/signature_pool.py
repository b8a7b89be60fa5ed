"""Signatures on all cores: the entries of a record, checked in the order in which they come.

Decided here: how many at once, how far the fold may run ahead of the checks, and that a small
record stays in this process. The answer never depends on the number of processes.
Not decided here: what a right signature is (`bideval.audit.replay.first_forged`).
"""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from bideval.audit.replay import first_forged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bideval.audit.replay import Checker, Job

    Checked = deque[tuple[int, Future[int | None]]]
    """Chunks under way, oldest first: the index of the first job, and the answer to come."""

CHUNK = 500
"""Signatures per task: some 60 ms, far more than handing them over takes."""

ALONE = 4_000
"""Up to so many signatures, half a second, other processes cost more than they save."""

PARENT_LOOK_S = 1.0
"""Seconds between two looks whether the process that asks is still there."""

AHEAD = 4
"""Chunks per process that wait or are checked: what bounds the memory."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def checker(jobs: int) -> Checker:
    """Return what checks signatures with `jobs` processes beside this one; 1: in this one."""
    return first_forged if jobs == 1 else partial(first_forged_in_pool, workers=jobs)


def first_forged_in_pool(jobs: Iterable[Job], *, workers: int) -> int | None:
    """As `first_forged`, with `workers` processes as soon as there is enough to do."""
    stream = iter(jobs)
    few = list(islice(stream, ALONE + 1))
    if len(few) <= ALONE:
        return first_forged(few)
    with ProcessPoolExecutor(workers, initializer=_end_with_parent) as pool:
        found = _first_forged_in(pool, chain(few, stream), workers)
        pool.shutdown(cancel_futures=True)
        return found


@contextlib.contextmanager
def ready_checker(jobs: int) -> Iterator[Checker]:
    """Hold `jobs` processes ready to check signatures; 1: this one alone.

    They begin at once, before the caller has threads: a fork beside those may inherit a held lock.
    """
    if jobs == 1:
        yield first_forged
        return
    with ProcessPoolExecutor(jobs, initializer=_end_with_parent) as pool:
        pool.submit(cores).result()
        yield partial(_first_forged_in, pool, workers=jobs)
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """End this process when the one that asks is killed.

    It would wait for ever: its siblings hold the other end of the pipe that it reads.
    """
    born_to = os.getppid()

    def watch() -> None:
        while os.getppid() == born_to:
            time.sleep(PARENT_LOOK_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _first_forged_in(pool: ProcessPoolExecutor, jobs: Iterable[Job], workers: int) -> int | None:
    under_way: Checked = deque()
    with without_collector():
        for start, part in _chunks(jobs):
            under_way.append((start, pool.submit(first_forged, part)))
            found = _settle(under_way, leave=AHEAD * workers)
            if found is not None:
                return found
        return _settle(under_way, leave=0)


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Let nobody look for cycles meanwhile: a fold has none, and looking takes a fifth of it."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _chunks(jobs: Iterable[Job]) -> Iterator[tuple[int, list[Job]]]:
    stream, start = iter(jobs), 0
    while part := list(islice(stream, CHUNK)):
        yield start, part
        start += len(part)


def _settle(under_way: Checked, *, leave: int) -> int | None:
    """Wait, oldest first, until only so many chunks are under way; return what was found."""
    while len(under_way) > leave:
        start, answer = under_way.popleft()
        found = answer.result()
        if found is not None:
            return start + found
    return None
