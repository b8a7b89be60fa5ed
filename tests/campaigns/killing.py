"""Kill -9: servers of main and branches, people's clients, and the database server.

    python -m tests.campaigns.killing --count 60 --seed 1 [--database postgresql]

Whole evaluations at three venues; processes are killed at seeded moments of all phases. A killed
server's database is read before the server comes again; a killed client has only its journal and
sends the same bytes. With PostgreSQL the database server (all its processes) is killed too.
"""

from __future__ import annotations

import sys

from tests.campaigns import private
from tests.campaigns.injuries import CLIENT, STEPS
from tests.campaigns.postgresql import Cluster
from tests.campaigns.site import NAMES, Site, command

DATABASE = "database"


class KillingSite(Site):
    """Venues whose processes are killed and started again."""

    victims = (*NAMES, CLIENT)

    def __init__(self, folder, **more):
        super().__init__(folder, **more)
        self.cluster = None
        if self.database == "postgresql" and not self.planted:
            self.victims = (*NAMES, CLIENT, DATABASE)
        if CLIENT in self.planted:
            self.steps = {"supervisor.warned": STEPS["supervisor.warned"]}

    def prepare(self, plans):
        if self.database == "postgresql":
            self.cluster = Cluster(self.folder / "postgresql")
            self.stack.callback(self.cluster.end)
            self.cluster.create()
            self.cluster.start()
            for plan in plans:
                self.cluster.serve(plan)

    def inflict(self, injury):
        before = self.cut_off()
        if injury.victim == DATABASE:
            self.cluster.kill()
            self.cluster.start()
            self.check(before)
            return
        server = self.servers[injury.victim]
        server.kill()
        self.check(before)
        server.start()
        self.check(before)


def make_site(folder, **more):
    return KillingSite(folder, **more)


if __name__ == "__main__":
    private.enter(needed=False)
    sys.exit(command(__doc__, make_site, count=60, databases=("sqlite", "postgresql")))
