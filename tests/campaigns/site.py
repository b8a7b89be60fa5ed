"""The venues of one evaluation, and the campaign that injures one evaluation after another.

A campaign is a `Site` with its own way of hurting. `run` deals the injuries, holds as many
evaluations as they need, and judges each.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

from bideval.cli.workshop import open_workshop
from bideval.rehearsal.servers import write_settings
from bideval.rehearsal.stage import first_accounts, plan_venues
from tests.campaigns import judging
from tests.campaigns.evaluation import SESSION, hold, meeting_plan
from tests.campaigns.injuries import CLIENT, STEPS, Surgeon, deal, now
from tests.campaigns.judging import Found
from tests.campaigns.people import ForgetfulDesk, Journal, PatientDesk
from tests.campaigns.venues import VenueServer

NAMES = {"fenghua": "Fenghua", "wencheng": "Wencheng", "taishun": "Taishun"}
MAIN = "fenghua"
PER_RUN = 6
"""Injuries of one evaluation, unless the campaign says otherwise."""
RUN_S = 420.0
"""Seconds of one evaluation; one that does not end has lost something too."""


class BrokenError(Exception):
    """A promise is broken."""


class Site:
    """Three venues in a folder; a campaign says how they are hurt.

    `planted` maps venues (or `client`) to the bug that they are to have. Who has one is hurt, and
    nobody else: so a short campaign says whether the bug can be seen.
    """

    victims = tuple(NAMES)
    per_run = PER_RUN
    limit_s = RUN_S
    desk_type = PatientDesk
    steps = STEPS

    def __init__(self, folder, *, database="sqlite", planted=None):
        self.folder = folder
        self.database = database
        self.planted = planted or {}
        self.victims = tuple(self.planted) or self.victims
        if CLIENT in self.planted:
            self.desk_type = ForgetfulDesk
        self.journal = Journal()
        self.faults = []
        self.figures = {}
        self.logs = {}
        """What the servers printed in the end, when the evaluation did not come to its own."""
        self.servers = {}
        self.stack = ExitStack()
        self.devices = None

    # What a campaign changes

    def prepare(self, plans):
        """Make ready what the venues stand on, after their settings and before their codes."""

    def server(self, plan):
        return VenueServer(plan, planted=self.planted.get(plan.id, ""))

    def plans(self):
        return plan_venues(NAMES, self.folder)

    def write_settings(self, plans, make_keys):
        write_settings(plans, make_keys, demo=False)

    def codes(self, plans, workshop):
        """Return the codes of those whom nobody else invites."""
        codes = first_accounts(plans, workshop)
        for plan in plans:
            for role in ("auditor", "supervisor"):
                name = f"{role}-{plan.id}"
                codes[name] = workshop.make_code(plan.settings_file, name, role)
        return codes

    def inflict(self, injury):
        """Hurt, check what is left, and mend."""
        raise NotImplementedError

    def relieve(self):
        """End what still hurts when the evaluation is over."""

    # What all campaigns do

    def evaluate(self, injuries):
        """Hold one evaluation with these injuries; return the injuries that came."""
        workshop = open_workshop()
        self.devices = workshop.devices
        with self.stack:
            plans = self.plans()
            self.write_settings(plans, workshop.make_keys)
            self.prepare(plans)
            codes = self.codes(plans, workshop)
            self.servers = {plan.id: self.server(plan) for plan in plans}
            for server in self.servers.values():
                self.stack.callback(server.end)
            for server in self.servers.values():
                server.start()
            surgeon = Surgeon(injuries, self.inflict)
            ended = self._hold(plans, codes, surgeon, injuries)
            if not ended:
                self.logs = {name: server.log() for name, server in self.servers.items()}
            self._judge_disks(ended=ended)
        return surgeon

    def _hold(self, plans, codes, surgeon, injuries):
        plan, play = meeting_plan(plans, codes, injuries)
        who = SimpleNamespace(journal=self.journal, surgeon=surgeon, desk_type=self.desk_type)
        try:
            ending = asyncio.run(hold(plan, play, self.devices, who=who, limit_s=self.limit_s))
        except Exception as error:  # noqa: BLE001  # whatever it was is what a campaign looks for
            self.faults.append(f"course: stopped while {surgeon.phase}: {_innermost(error)!r}")
            return False
        self.faults += judging.broken_bundles(ending, main=MAIN)
        self.faults += [f"server error: {one}" for one in self.journal.server_errors]
        return True

    def _judge_disks(self, *, ended):
        self.relieve()
        for server in self.servers.values():
            server.stop()
        held = self.held()
        self.faults += judging.broken_promises(self.journal.promised(), held, main=MAIN)
        self.faults += judging.lost_accounts(self.journal.opened(), held)
        self.faults += judging.damages(held) + judging.doubles(held) + judging.silences(held)
        if ended:  # or words were on their way
            self.faults += judging.broken_words(self.journal, held)

    def held(self):
        """Return what each venue's database holds of the session now."""
        return {name: server.held(SESSION) for name, server in self.servers.items()}

    def check(self, before):
        """Compare what was promised before an instant with what is on the disks now.

        Raises BrokenError where that differs: the evaluation ends there.
        """
        promised = self.journal.promised(before)
        held = self.held()
        broken = judging.broken_promises(promised, held, main=MAIN)
        broken += judging.lost_accounts(self.journal.opened(before), held)
        broken += judging.damages(held) + judging.silences(held)
        if broken:
            self.faults += broken
            raise BrokenError(f"{len(broken)} things are broken")

    def cut_off(self):
        """Return the instant after which promises need not survive what comes now."""
        return now()


def _innermost(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def run(make_site, *, count, seed, tell=None):
    """Run a campaign of `count` injuries; `make_site` takes a folder.

    Where a bug is planted, the first evaluation that shows it is the last.
    """
    found, began = Found(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bideval-campaign-") as folder:
        mode = 0o755  # a database server runs as somebody else
        Path(folder).chmod(mode)
        first = make_site(Path(folder))
        dealt = deal(seed, count, first.victims, first.steps)
        for start in range(0, count, first.per_run):
            injuries = dealt[start : start + first.per_run]
            place = Path(folder) / str(found.runs)
            place.mkdir()
            site = make_site(place)
            surgeon = site.evaluate(injuries)
            _count(found, site, surgeon, began)
            if tell is not None:
                tell(found)
            if site.planted and found.faults:
                break
    return found


def _count(found, site, surgeon, began):
    journal = site.journal
    found.runs += 1
    for phase, injury in surgeon.done:
        found.phases[phase] += 1
        found.injuries[injury.step] += 1
        found.victims[injury.victim] += 1
    found.missed.update(injury.step for injury in surgeon.missed)
    found.words += len(journal.words)
    found.promises += len(journal.promised()) + len(journal.opened())
    found.resent += journal.resent
    found.deaths += journal.deaths
    found.logins += journal.logins
    starts = [second for server in site.servers.values() for second in server.starts]
    found.slowest_start_s = max([found.slowest_start_s, *starts])
    found.faults += [f"run {found.runs}: {fault}" for fault in dict.fromkeys(site.faults)]
    found.seconds = time.monotonic() - began
    found.logs += [f"{name}: {text}" for name, text in site.logs.items()]
    for name, value in site.figures.items():
        found.figures[name] = found.figures.get(name, 0) + value


def command(description, make_site, *, count, databases=("sqlite",)):
    """Read the command line of a campaign, run it, print what was found; return the exit code."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--count", type=int, default=count, help=f"injuries (default {count})")
    parser.add_argument("--seed", type=int, default=1, help="the same seed deals the same injuries")
    parser.add_argument("--database", choices=databases, default=databases[0])
    parser.add_argument(
        "--planted", metavar="WHO=BUG", action="append", default=[], help="see planted.py"
    )
    parser.add_argument("--per-run", type=int, help="injuries of one evaluation")
    parser.add_argument("--limit", type=float, help=f"seconds of one evaluation ({RUN_S:.0f})")
    parser.add_argument("--steps", default="", help="injure only at these, with commas")
    args = parser.parse_args()
    steps = [step for step in args.steps.split(",") if step]
    planted = dict(one.split("=", 1) for one in args.planted)

    def make(folder):
        site = make_site(folder, database=args.database, planted=planted)
        site.per_run = args.per_run or site.per_run
        site.limit_s = args.limit or site.limit_s
        site.steps = {step: STEPS[step] for step in steps} or site.steps
        return site

    def tell(found):
        sys.stderr.write(
            f"{found.seconds:6.0f} s  {found.runs} evaluations, "
            f"{sum(found.phases.values())} injuries, {len(found.faults)} faults\n"
        )

    found = run(make, count=args.count, seed=args.seed, tell=tell)
    sys.stdout.write(found.text())
    return 1 if found.faults else 0
