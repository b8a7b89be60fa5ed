"""Many draws on all cores.

Decided here: portions, processes and when progress is told. Whatever the number of cores, the same
draws are made: their numbers decide, not who makes them.
Not decided here: what a draw is and what is counted (`bideval.draw.uniformity`).
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.cli.signature_pool import cores
from bideval.draw.uniformity import Tally, honest_draw, tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.draw.pool import Pool, PoolRow
    from bideval.draw.seats import SeatPlan

PORTION_TICKETS = 200_000
"""Tickets of one portion: about a second of one core."""
TOLD = 20
"""Times that progress is told of a long simulation."""


@dataclass(frozen=True, slots=True)
class _Setting:
    rows: tuple[PoolRow, ...]
    root: bytes
    plan: SeatPlan
    seed: bytes


_SETTING: list[_Setting] = []
"""What this process draws with: sent once, not with every portion."""


def simulate(
    pool: Pool, plan: SeatPlan, *, seed: str, draws: int, progress: Callable[[int, int], None]
) -> Tally:
    """Return the count of so many draws; raises what the first draw raises."""
    setting = _Setting(pool.eligible, pool.root, plan, seed.encode())
    counts = _portion_of(setting, range(1))
    size = max(1, PORTION_TICKETS // max(1, len(setting.rows)))
    portions = [range(at, min(at + size, draws)) for at in range(1, draws, size)]
    if len(portions) == 1:
        counts.merge(_portion_of(setting, portions[0]))
        return counts
    told = 0
    with ProcessPoolExecutor(cores(), initializer=_keep, initargs=(setting,)) as workers:
        for job in as_completed([workers.submit(_portion, portion) for portion in portions]):
            counts.merge(job.result())
            if counts.draws * TOLD // draws > told:
                told = counts.draws * TOLD // draws
                progress(counts.draws, draws)
    return counts


def _keep(setting: _Setting) -> None:
    _SETTING[:] = [setting]


def _portion(numbers: range) -> Tally:
    return _portion_of(_SETTING[0], numbers)


def _portion_of(setting: _Setting, numbers: range) -> Tally:
    return tally(honest_draw(setting.rows, setting.root, setting.plan, setting.seed), numbers)
