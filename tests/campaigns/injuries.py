"""When an evaluation is injured: seeded moments, spread over everything that people and venues do.

A moment is a *step* (what somebody is just about to send, or a phase that has just begun), which
time it comes, and a pause of a few milliseconds after it. The steps are dealt like cards, so that
a campaign comes to every one of them before it comes to one again.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass

STEPS = {
    "enrol": 13,
    "codes": 6,
    "sessions": 1,
    "join": 10,
    "files": 3,
    "tender.published": 1,
    "bid.sealed": 3,
    "phase opened": 1,
    "share.released": 6,
    "pool": 1,
    "nonce.sealed": 1,
    "phase drawn": 1,
    "invitations": 3,
    "checkin": 3,
    "phase checked_in": 1,
    "declaration.signed": 3,
    "phase declared": 1,
    "chair.voted": 3,
    "phase chaired": 1,
    "phase responsiveness": 1,
    "responsiveness.voted": 9,
    "phase scoring": 1,
    "marks.dealt": 3,
    "mark.sealed": 18,
    "scoresheet.signed": 3,
    "phase released": 1,
    "mark.corrected": 1,
    "phase consolidated": 1,
    "result.confirmed": 3,
    "phase confirmed": 1,
    "phase reported": 1,
    "phase.ordered": 3,
    "supervisor.warned": 20,
}
"""Steps of the campaign's evaluation, and how often each comes at the least."""

LONGEST_PAUSE_S = 0.25
CLIENT = "client"
"""The victim who is the person just sending something."""


@dataclass(frozen=True)
class Injury:
    """Hurt `victim` so long after `step` has come for the `turn`-th time (from 1)."""

    step: str
    turn: int
    pause_s: float
    victim: str


def deal(seed, count, victims, steps=STEPS):
    """Return `count` injuries for a seed: every step comes before any comes again."""
    chances = random.Random(f"campaign {seed}")
    deck, hurt, dealt = [], [], []
    while len(dealt) < count:
        deck = deck or chances.sample(sorted(steps), len(steps))
        hurt = hurt or chances.sample(list(victims), len(victims))
        step = deck.pop()
        victim = hurt.pop()
        if victim == CLIENT and step.startswith("phase "):
            # Nobody is sending anything then; somebody soon will.
            step = "supervisor.warned"
        turn = chances.randint(1, STEPS[step])
        dealt.append(Injury(step, turn, chances.uniform(0, LONGEST_PAUSE_S), victim))
    return dealt


class Surgeon:
    """Hurts as planned, one after another; `inflict` runs in a thread and takes the injury."""

    def __init__(self, plan, inflict):
        self._due = list(plan)
        self._inflict = inflict
        self._came = Counter()
        self._one_at_a_time = asyncio.Lock()
        self._tasks = set()
        self._broken = asyncio.Event()
        self.phase = "gathering"
        self.done = []
        """(phase, injury) of what was inflicted."""

    async def came(self, step):
        """Learn that somebody takes a step; return the injury if it is that person who dies.

        Whoever takes it waits until earlier injuries are over, so that each comes at its moment.
        """
        dying, begun = self._begin(step)
        for one in begun:
            await one.wait()
        return dying

    def told(self, step):
        """Learn that a step has come that nobody takes."""
        self._begin(step)

    def _begin(self, step):
        self._came[step] += 1
        dying, begun = None, []
        for injury in [one for one in self._due if self._is_now(one, step)]:
            self._due.remove(injury)
            if injury.victim == CLIENT:
                dying = injury
                self.done.append((self.phase, injury))
            else:
                begun.append(asyncio.Event())
                # Kept until `finish`, which waits for every one.
                self._tasks.add(asyncio.ensure_future(self._hurt(injury, begun[-1])))
        return dying, begun

    def _is_now(self, injury, step):
        return injury.step == step and injury.turn == self._came[step]

    async def _hurt(self, injury, begun):
        async with self._one_at_a_time:
            begun.set()
            await asyncio.sleep(injury.pause_s)
            if self._broken.is_set():
                return
            self.done.append((self.phase, injury))
            try:
                await asyncio.to_thread(self._inflict, injury)
            finally:
                if sys.exc_info()[0] is not None:
                    self._broken.set()

    async def watch(self):
        """Raise as soon as an injury has found something wrong, or could not be mended."""
        await self._broken.wait()
        await self.finish()

    async def finish(self):
        """Wait until all that was begun is done; raises what went wrong."""
        while self._tasks:
            await asyncio.gather(*self._tasks)
            self._tasks = {one for one in self._tasks if not one.done()}

    @property
    def missed(self):
        """What was planned for moments that did not come."""
        return list(self._due)


def now():
    """The instant by which acknowledgements and injuries are put in order."""
    return time.monotonic_ns()
