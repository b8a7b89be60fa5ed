"""Power cuts: a venue's disk keeps only what was synced.

    python -m tests.campaigns.power --count 40 --seed 1 [--database postgresql]

Every venue's data folder is an ext4 file system of its own. At seeded moments one of them ends by
`EXT4_IOC_SHUTDOWN` without flushing its journal; the server that wrote to it is killed before or
just after; the file system is mounted again, read by the judge, and the server comes back. Every
fourth cut meets all venues at once, so that nobody is left who could send anything again. Only
promises given before the cut began are held against what is left. Needs root and loop devices.
"""

from __future__ import annotations

import sys

from tests.campaigns import private
from tests.campaigns.disks import Disk
from tests.campaigns.postgresql import Cluster
from tests.campaigns.site import NAMES, Site, command

EVERYWHERE = "everywhere"
"""The victim that is all venues."""


class PowerSite(Site):
    """Venues on disks that lose power."""

    victims = (*NAMES, EVERYWHERE)

    def __init__(self, folder, **more):
        super().__init__(folder, **more)
        self.disks = {}
        self.clusters = {}

    def prepare(self, plans):
        for plan in plans:
            on = "postgresql" if self.database == "postgresql" else "data"
            disk = Disk(plan.folder / "disk.img", plan.folder / on)
            disk.make()
            self.stack.callback(disk.unmount)
            self.disks[plan.id] = disk
            if self.database == "postgresql":
                bug = self.planted.get(plan.id)
                options = ["fsync=off"] if bug == "not-synced" else []
                cluster = Cluster(disk.folder, options)
                self.clusters[plan.id] = cluster
                self.stack.callback(cluster.end)
                cluster.create()
                cluster.start()
                cluster.serve(plan)

    def inflict(self, injury):
        venues = list(NAMES) if injury.victim == EVERYWHERE else [injury.victim]
        before = self.cut_off()
        for venue in venues:
            self._cut(venue, stopped_first=injury.turn % 2 == 1)
        for venue in venues:
            self.disks[venue].remount()
            if venue in self.clusters:
                self.clusters[venue].start()
        self.check(before)
        for venue in venues:
            self.servers[venue].start()
        self.check(before)

    def _cut(self, venue, *, stopped_first):
        server, disk = self.servers[venue], self.disks[venue]
        cluster = self.clusters.get(venue)
        stop = server.kill if cluster is None else cluster.kill
        for act in (stop, disk.cut_power) if stopped_first else (disk.cut_power, stop):
            act()
        if cluster is not None:
            server.kill()


def make_site(folder, **more):
    return PowerSite(folder, **more)


if __name__ == "__main__":
    private.enter()
    sys.exit(command(__doc__, make_site, count=40, databases=("sqlite", "postgresql")))
