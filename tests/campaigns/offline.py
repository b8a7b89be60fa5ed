"""Three days without a line: a venue goes on alone, and everything arrives when the line is back.

    python -m tests.campaigns.offline --count 6 --seed 1

One evaluation for each injury. A venue's line is cut at a seeded moment between check-in and the
signatures; then 72 hours pass in steps of six, on the clocks of all venues and people at once,
while experts go on and a supervisor at each venue writes without pause. Log-ins run out on the way.
The time from the line's return until every venue holds everything is measured. Needs root.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from dataclasses import replace
from types import MappingProxyType

from tests.campaigns import private
from tests.campaigns.injuries import STEPS, now
from tests.campaigns.judging import Slowest
from tests.campaigns.lines import LineSite
from tests.campaigns.site import MAIN, NAMES, command
from tests.campaigns.venues import VenueServer

HOURS = 72
STEP_HOURS = 6
STEP_S = 1.0
"""Real seconds of work between two steps of the clocks."""
LATE_STEPS = (
    "declaration.signed",
    "chair.voted",
    "responsiveness.voted",
    "marks.dealt",
    "mark.sealed",
    "scoresheet.signed",
    "mark.corrected",
    "result.confirmed",
)


class Clock:
    """The milliseconds that everybody's clock is ahead, in a file that the servers look into."""

    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._ahead = mmap.mmap(file.fileno(), 8)

    @property
    def ahead_ms(self):
        return struct.unpack("<q", self._ahead[:8])[0]

    def pass_hours(self, hours):
        self._ahead[:8] = struct.pack("<q", self.ahead_ms + hours * 3_600_000)


class OfflineSite(LineSite):
    """Venues that are alone for days."""

    per_run = 1
    steps = MappingProxyType({step: STEPS[step] for step in LATE_STEPS})

    def __init__(self, folder, **more):
        super().__init__(folder, **more)
        self.clock = None
        self.figures = {
            "hours offline": 0,
            "entries made meanwhile": 0,
            "at the venue that was alone": 0,
            "slowest catch-up s": Slowest(0.0),
        }

    def prepare(self, plans):
        super().prepare(plans)
        self.clock = Clock(self.folder / "clock")
        honest = self.devices.now_ms
        self.devices = replace(self.devices, now_ms=lambda: honest() + self.clock.ahead_ms)

    def server(self, plan):
        planted, namespace = self.planted.get(plan.id, ""), self.wires.namespace(plan.id)
        return VenueServer(plan, planted=planted, namespace=namespace, clock=self.clock.path)

    def inflict(self, injury):
        venue = injury.victim
        before = self.held()
        self.wires.cut(venue)
        for _ in range(HOURS // STEP_HOURS):
            self.clock.pass_hours(STEP_HOURS)
            time.sleep(STEP_S)
        self.check(now())
        after = self.held()
        self.wires.heal(venue)
        took = self.catch_up()
        self.figures["slowest catch-up s"] += Slowest(took)
        self.figures["hours offline"] += HOURS
        fresh = {
            name: len(after[name].entries.keys() - before[name].entries.keys()) for name in after
        }
        other = next(name for name in NAMES if name not in {venue, MAIN})
        self.figures["at the venue that was alone"] += fresh[venue]
        self.figures["entries made meanwhile"] += fresh[venue] + fresh[other]


def make_site(folder, **more):
    return OfflineSite(folder, **more)


if __name__ == "__main__":
    private.enter()
    sys.exit(command(__doc__, make_site, count=6))
