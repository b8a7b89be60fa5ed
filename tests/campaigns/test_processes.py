"""Several processes of one venue: a short campaign, and a whole evaluation through harmed ones.

Longer campaigns are `python -m tests.campaigns.processes`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import databases
from tests.campaigns import processes, writing

CASE = Path(__file__).parents[1] / "data" / "cases" / "07-replaced-member.json"
VENUES = ("main", "branch-1")
LIMIT_S = 570

pytestmark = pytest.mark.timeout(LIMIT_S + 20)


def test_harmed_processes_of_one_venue_lose_and_double_nothing(tmp_path):
    # The hang first: a process that is stopped before it serves is given the time of a start.
    kinds = ("hung", "process", "nats", "keeper", "roll")
    with contextlib.ExitStack() as stack:
        urls = stack.enter_context(writing.postgresql_urls())
        nats = stack.enter_context(processes.nats_server())
        shape = {"workers": 2, "pause_s": 0.05}
        found, done = processes.campaign(tmp_path, urls, nats, harms=kinds, seed=20261129, **shape)
    assert (found.lost, found.doubled, len(found.roots)) == ([], [], 1)
    assert done == dict.fromkeys(kinds, 1)
    assert found.acknowledged > 0


class Rehearsal:
    """The processes of a rehearsal's main venue, by what they log."""

    def __init__(self, folder, nats):
        self._log = folder / "venues" / "main" / "server.log"
        self._nats = nats
        self._parent = 0
        self.harmed = []

    def harm(self, told):
        """Harm them when the rehearsal has come so far; once each."""
        acts = {
            " sealed: ": self.kill_keeper,
            " opened: ": self.kill_another,
            " pool: ": self._nats.stop,
            " replaced: ": self.replace_all,  # while marks are given
        }
        for stage, act in acts.items():
            if stage in told and stage not in self.harmed:
                self.harmed.append(stage)
                act()

    def kill_keeper(self):
        keeper = self.keeper()
        if not self._parent:
            status = Path(f"/proc/{keeper}/stat").read_text("ascii")
            self._parent = int(status.rpartition(")")[2].split()[1])
        os.kill(keeper, signal.SIGKILL)

    def kill_another(self):
        others = set(processes.children_of(self._parent)) - {self.keeper()}
        os.kill(min(others), signal.SIGKILL)

    def replace_all(self):
        self._nats.start()
        os.kill(self._parent, signal.SIGHUP)

    def keeper(self):
        return int(processes.WATCH.findall(self._log.read_text("utf-8"))[-1])


def test_evaluation_goes_through_harmed_processes_to_a_verified_bundle(tmp_path):
    words = [sys.executable, "-m", "bideval.cli", "rehearse", CASE, "--json", "--out", tmp_path]
    shape = ["--venues", "2", "--workers", "3", "--database", databases.rehearsal_database(VENUES)]
    with processes.nats_server() as nats:
        rehearsal = Rehearsal(tmp_path, nats)
        with subprocess.Popen(
            [*map(str, words), *shape, "--nats", nats.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as rehearsing:
            said = []
            for line in rehearsing.stderr:
                said.append(line)
                rehearsal.harm(line)
            document = rehearsing.stdout.read()
    assert rehearsing.returncode == 0, said[-20:]
    assert len(rehearsal.harmed) == 4
    found = json.loads(document)
    assert (found["verified"], found["venues"]) == (True, 2)
