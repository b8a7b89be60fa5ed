"""Lines: what venues say to each other is cut, lost, refused, one-way or slow, for a while.

    python -m tests.campaigns.lines --count 40 --seed 1

Each venue runs in a network namespace of its own. At seeded moments one venue's line is cut
(nftables), hears but is not heard, answers with resets, loses a part of its packets, flaps, or lets
only some kilobits through (tc). Evaluations must go on as far as they can and come to their end.
Needs root.
"""

from __future__ import annotations

import random
import sys
import time

from tests.campaigns import private
from tests.campaigns.injuries import now
from tests.campaigns.judging import Slowest
from tests.campaigns.site import MAIN, NAMES, Site, command
from tests.campaigns.venues import PlacedPlan, VenueServer
from tests.campaigns.wires import Wires

PORT = 8080
HURT_S = (0.5, 6.0)
LOST_PERCENT = 40
SLOW_KILOBITS = 64
FLAPS = 5
CATCH_UP_S = 90.0
KINDS = ["cut", "cut", "deafen", "refuse", "lose", "throttle", "flap"]


class LineSite(Site):
    """Venues in namespaces, on lines that fail."""

    def __init__(self, folder, **more):
        super().__init__(folder, **more)
        self.wires = None
        self.figures = {"slowest catch-up s": Slowest(0.0)}

    def plans(self):
        self.wires = Wires(NAMES)
        self.stack.callback(self.wires.end)
        return [
            PlacedPlan(name, title, self.folder / name, PORT, host=self.wires.seat_address(name))
            for name, title in NAMES.items()
        ]

    def write_settings(self, plans, make_keys):
        super().write_settings(plans, make_keys)
        for plan in plans:
            text = plan.settings_file.read_text("utf-8")
            text = text.replace('host = "127.0.0.1"', 'host = "0.0.0.0"\nbehind_proxy = true')
            for name in NAMES:
                # Every card names its venue's address after its id.
                before, card, after = text.partition(f'id = "{name}"')
                here, there = "ws://127.0.0.1:", f"ws://{self.wires.address(name)}:"
                text = before + card + after.replace(here, there, 1)
            plan.settings_file.write_text(text, "utf-8")

    def server(self, plan):
        planted = self.planted.get(plan.id, "")
        return VenueServer(plan, planted=planted, namespace=self.wires.namespace(plan.id))

    def inflict(self, injury):
        chances = random.Random(repr(injury))
        kind = chances.choice(KINDS)
        self.hurt(kind, injury.victim, chances.uniform(*HURT_S))
        self.figures[kind] = self.figures.get(kind, 0) + 1
        took = self.catch_up()
        self.figures["slowest catch-up s"] += Slowest(took)

    def hurt(self, kind, venue, seconds):
        """Hurt a venue's line for so long, and compare with what was promised meanwhile."""
        wires = self.wires
        match kind:
            case "lose":
                wires.lose(venue, LOST_PERCENT)
            case "throttle":
                wires.throttle(venue, SLOW_KILOBITS)
            case "flap":
                for _ in range(FLAPS):
                    wires.cut(venue)
                    time.sleep(seconds / FLAPS / 2)
                    self.check(now())
                    wires.heal(venue)
                    time.sleep(seconds / FLAPS / 2)
            case _:
                getattr(wires, kind)(venue)
        if kind != "flap":
            time.sleep(seconds)
            self.check(now())
            wires.heal(venue)

    def catch_up(self):
        """Wait until all that any venue held at the end of the hurt is at all; return the time."""
        began = time.monotonic()
        wanted = set()
        for one in self.held().values():
            wanted |= one.entries.keys()
        while any(wanted - one.entries.keys() for one in self.held().values()):
            assert time.monotonic() < began + CATCH_UP_S, self._behind(wanted)
            time.sleep(0.2)
        return time.monotonic() - began

    def _behind(self, wanted):
        missing = {name: len(wanted - one.entries.keys()) for name, one in self.held().items()}
        return f"after {CATCH_UP_S:.0f} s the venues still lack {missing} (main is {MAIN})"


def make_site(folder, **more):
    return LineSite(folder, **more)


if __name__ == "__main__":
    private.enter()
    sys.exit(command(__doc__, make_site, count=40))
