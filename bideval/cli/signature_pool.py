"""Signatures on all cores: the entries of a record, checked in the order in which they come.

Decided here: how many at once, how far the fold may run ahead of the checks, and that a small
record stays in this process. The answer never depends on the number of processes.
Not decided here: what a right signature is (`bideval.audit.replay.first_forged`).
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from bideval.audit.replay import first_forged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bideval.audit.replay import Checker, Job, RecordLines
    from bideval.evidence.signing import PublicKey

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

FORKS = "fork" in multiprocessing.get_all_start_methods() and sys.platform == "linux"
"""Whether a process that is begun has what this one has, such as a mapped file."""

_INHERITED: list[RecordLines] = []
"""In a process of the pool: the record whose signatures it checks."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def checker(jobs: int) -> Checker:
    """Return what checks signatures with `jobs` processes beside this one; 1: in this one."""
    return first_forged_here if jobs == 1 else partial(first_forged_in_pool, workers=jobs)


def first_forged_here(jobs: Iterable[Job], _lines: RecordLines | None = None, /) -> int | None:
    """As `first_forged`, in this process, without looking for cycles."""
    with without_collector():
        return first_forged(jobs)


def first_forged_in_pool(
    jobs: Iterable[Job], lines: RecordLines | None = None, /, *, workers: int
) -> int | None:
    """As `first_forged`, with `workers` processes as soon as there is enough to do."""
    stream = iter(jobs)
    few: list[Job] = []
    if lines is None or len(lines) <= ALONE:  # else there is enough, unless a fault ends the fold
        with without_collector():
            few = list(islice(stream, ALONE + 1))
            if len(few) <= ALONE:
                return first_forged(few)
    shared = lines is not None and FORKS
    context = multiprocessing.get_context("fork" if FORKS else None)
    begin = partial(_begin, lines if shared else None)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=begin) as pool:
        found = _first_forged_in(pool, chain(few, stream), workers=workers, shared=shared)
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


def _begin(lines: RecordLines | None) -> None:
    if lines is not None:
        _INHERITED.append(lines)
    _end_with_parent()


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


def _first_forged_in(
    pool: ProcessPoolExecutor,
    jobs: Iterable[Job],
    _lines: RecordLines | None = None,
    /,
    *,
    workers: int,
    shared: bool = False,
) -> int | None:
    """Check with the processes of a pool; they may have inherited the record of all the jobs."""
    under_way: Checked = deque()
    with without_collector():
        for start, part in _chunks(jobs):
            if shared:
                keys = [key for _jws, key in part]
                answer = pool.submit(_first_forged_of_inherited, start, keys)
            else:
                answer = pool.submit(first_forged, part)
            under_way.append((start, answer))
            found = _settle(under_way, leave=AHEAD * workers)
            if found is not None:
                return found
        return _settle(under_way, leave=0)


def _first_forged_of_inherited(start: int, keys: Sequence[PublicKey]) -> int | None:
    """Check the lines from `start` on, which the process that asks has parsed."""
    lines = _INHERITED[-1]
    jobs = ((lines[position], key) for position, key in enumerate(keys, start))
    return first_forged((line.rpartition(b" ")[2].decode("ascii"), key) for line, key in jobs)


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
