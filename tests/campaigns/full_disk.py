"""Full disks: a venue's disk has no room any more, for a while.

    python -m tests.campaigns.full_disk --count 40 --seed 1 [--database postgresql]

Every venue's data folder is a small file system. At seeded moments somebody else's file takes all
of it but for a few bytes, and goes again after a moment. People are refused meanwhile and send the
same again; the server must go on by itself. Needs root.
"""

from __future__ import annotations

import random
import sys
import time

from tests.campaigns import private
from tests.campaigns.disks import fill, small_disk, unmount
from tests.campaigns.judging import Slowest
from tests.campaigns.postgresql import Cluster
from tests.campaigns.site import Site, command

SMALL_MIB = {"sqlite": 48, "postgresql": 160}
MOST_LEFT = 300_000
"""Bytes left on the full disk: from none to what a few entries need."""
FULL_S = (0.5, 3.0)
RECOVERY_S = 60.0


class FullDiskSite(Site):
    """Venues on small disks."""

    def __init__(self, folder, **more):
        super().__init__(folder, **more)
        self.places = {}
        self.clusters = {}
        self.figures = {"requests refused for storage": 0, "slowest recovery s": Slowest(0.0)}

    def prepare(self, plans):
        for plan in plans:
            place = plan.folder / ("postgresql" if self.database == "postgresql" else "data")
            small_disk(place, SMALL_MIB[self.database])
            self.stack.callback(unmount, place)
            self.places[plan.id] = place
            if self.database == "postgresql":
                options = ["min_wal_size=32MB", "max_wal_size=48MB"]
                cluster = self.clusters[plan.id] = Cluster(place, options)
                self.stack.callback(cluster.end)
                cluster.create()
                cluster.start()
                cluster.serve(plan)

    def inflict(self, injury):
        chances = random.Random(repr(injury))
        server, before = self.servers[injury.victim], self.cut_off()
        refused = self.journal.passing
        ballast = fill(self.places[injury.victim], chances.choice((0, 0, MOST_LEFT)))
        time.sleep(chances.uniform(*FULL_S))
        ballast.unlink()
        began = time.monotonic()
        if injury.victim in self.clusters:
            self.clusters[injury.victim].go_on()
        await_running(server, began + RECOVERY_S)
        took = time.monotonic() - began
        self.figures["requests refused for storage"] += self.journal.passing - refused
        self.figures["slowest recovery s"] += Slowest(took)
        self.check(before)


def await_running(server, end):
    """Wait until a server writes again; nobody helps it."""
    while server.health() != "running":
        assert time.monotonic() < end, f"{server.id} does not go on by itself:\n{server.log()}"
        time.sleep(0.1)


def make_site(folder, **more):
    return FullDiskSite(folder, **more)


if __name__ == "__main__":
    private.enter()
    sys.exit(command(__doc__, make_site, count=40, databases=("sqlite", "postgresql")))
