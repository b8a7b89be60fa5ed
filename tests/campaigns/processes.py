"""A venue of several processes, harmed while people write: nothing acknowledged is lost or doubled.

    python -m tests.campaigns.processes --harms 40 [--seed 1] [--workers 3]

The main venue runs as several processes on PostgreSQL with a NATS server; a branch as one process.
Supervisors at both write without pause and send the same bytes again until an entry is confirmed.
Meanwhile, at random moments: a process is killed, the one that keeps the watch is killed or stopped
for a while, one that does not keep it hangs for good (its parent must replace it), all are replaced
one after the other (SIGHUP), the first successor of such a roll hangs before it serves (the roll
must be given up, and the old processes stay), NATS is stopped for a while, or the whole venue is
killed with its parent and started again. In the end both records are read from the databases and
judged as in the campaign of writing. `--planted BUG` gives the parent a bug of `planted.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from bideval.cli.workshop import open_workshop
from bideval.rehearsal.servers import READY, free_ports, write_settings
from bideval.rehearsal.stage import plan_venues
from tests.campaigns import writing

NATS_SERVER = Path(sysconfig.get_path("scripts")) / "nats-server"
WATCH = re.compile(r'"event": "this process keeps the watch".*"pid": (\d+)')
ROLLED = '"event": "rolling restart is done"'
GIVEN_UP = '"event": "rolling restart is given up"'
ONCE = ("stopped", "hung", "nats", "roll", "vain_roll", "venue")
KINDS = ("process", "process", "keeper", "keeper", *ONCE)
START_S = 240.0
"""Seconds in which a process must have come up, on a very busy machine."""
READY_S, SILENT_S = 120, 8
"""What the parent is told to wait for a process to serve, and for its signs of life."""
ACT_S = 200.0
"""Seconds in which the parent must have dealt with a process that hangs."""


class Nats:
    """A NATS server that can be away for a while."""

    def __init__(self):
        [self._port] = free_ports(1)
        self._process = None

    @property
    def url(self):
        return f"nats://127.0.0.1:{self._port}"

    def start(self):
        command = [NATS_SERVER, "--addr", "127.0.0.1", "--port", str(self._port)]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdout=quiet, stderr=quiet)

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def nats_server():
    """Run a NATS server."""
    server = Nats()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def children_of(pid):
    """Return the pids of the children of a process."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(number) for number in listed.split()]


class Processes(writing.Server):
    """A venue of several processes: a parent and its children."""

    def close(self):
        """Let go of everything, also of a process that hangs while its parent waits for it."""
        running = self.process is not None and self.process.is_alive()
        for pid in self.children() if running else ():
            if _state(pid) == "T":
                os.kill(pid, signal.SIGKILL)
        super().close()

    def await_answer(self, began):
        """Wait until all processes serve: one that ends before ends the venue's start."""
        super().await_answer(began)
        writing.until(self._is_up, f"{self.id} to be ready", patience_s=START_S)

    def launch(self):
        self._before = self.told().count(READY) if self.plan.log_file.exists() else 0
        super().launch()

    def _is_up(self):
        return self.told().count(READY) > self._before

    def children(self):
        """Return the pids of the server processes that run now."""
        return children_of(self.process.pid)

    def keeper(self):
        """Return the pid of the process that keeps the watch, None while none does."""
        kept = WATCH.findall(self.told())
        pid = int(kept[-1]) if kept else None
        return pid if pid in self.children() else None

    def told(self):
        """Return what the processes have logged."""
        return self.plan.log_file.read_text("utf-8", errors="replace")

    def hang(self, pid):
        """Let a process stop for good; its parent must put another in its place."""
        count = len(self.children())
        os.kill(pid, signal.SIGSTOP)
        gone = "a process that hangs to be killed"
        writing.until(lambda: not _runs(pid), gone, patience_s=ACT_S)
        self.await_children(count)

    def roll_in_vain(self):
        """Restart, while the first successor hangs before it serves; nobody may be gone then."""
        before, given_up = set(self.children()), self.told().count(GIVEN_UP)
        os.kill(self.process.pid, signal.SIGHUP)
        writing.until(lambda: set(self.children()) - before, "a successor")
        [successor] = set(self.children()) - before
        os.kill(successor, signal.SIGSTOP)
        vain = "the roll to be given up"
        writing.until(lambda: self.told().count(GIVEN_UP) > given_up, vain, patience_s=ACT_S)
        assert set(self.children()) == before

    def roll(self):
        """Restart the processes one after the other, and wait until that is done."""
        before, rolled = set(self.children()), self.told().count(ROLLED)
        os.kill(self.process.pid, signal.SIGHUP)
        patience_s = START_S * (len(before) + 1)
        writing.until(
            lambda: self.told().count(ROLLED) > rolled, "a rolling restart", patience_s=patience_s
        )
        assert not before & set(self.children())

    def await_children(self, count):
        """Wait until as many processes run as there should be."""
        writing.until(
            lambda: len(self.children()) == count, "all processes to run", patience_s=START_S
        )


@dataclass
class Harm:
    """What may be done to the venue, and how often it was."""

    server: Processes
    nats: Nats
    chances: random.Random
    workers: int
    done: Counter = field(default_factory=Counter)

    def do(self, kind):
        """Do harm of that kind."""
        getattr(self, f"harm_{kind}")()
        self.done[kind] += 1

    def harm_process(self):
        """Kill a process."""
        writing.until(self.server.children, "a process")
        self._signal(self.chances.choice(self.server.children()), signal.SIGKILL)

    def harm_keeper(self):
        """Kill the process that keeps the watch."""
        self._signal(self._keeper(), signal.SIGKILL)

    def harm_stopped(self):
        """Stop the process that keeps the watch for longer than its lock is asked for."""
        pid = self._keeper()
        self._signal(pid, signal.SIGSTOP)
        time.sleep(self.chances.uniform(0.5, 4))
        self._signal(pid, signal.SIGCONT)

    def harm_hung(self):
        """Let a process that does not keep the watch hang."""
        self.server.await_children(self.workers)
        self.server.hang(min(set(self.server.children()) - {self._keeper()}))

    def harm_vain_roll(self):
        """Restart with a successor that does not get ready."""
        self.server.await_children(self.workers)
        self.server.roll_in_vain()

    def harm_nats(self):
        """Take NATS away."""
        self.nats.stop()
        time.sleep(self.chances.uniform(0.5, 4))
        self.nats.start()

    def harm_roll(self):
        """Restart one after the other."""
        self.server.await_children(self.workers)
        self.server.roll()

    def harm_venue(self):
        """Kill the parent; its children must let the port go."""
        orphans = self.server.children()
        self.server.kill()
        writing.until(lambda: not any(map(_runs, orphans)), "the port to be let go")
        self.server.start()

    def _keeper(self):
        writing.until(lambda: self.server.keeper() is not None, "somebody to keep the watch")
        return self.server.keeper() or self.server.children()[0]

    def _signal(self, pid, number):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _runs(pid):
    return Path(f"/proc/{pid}").exists()


def _state(pid):
    """Return the letter of a process's state, "" for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return ""


def campaign(folder, url_for, nats, *, harms, seed, workers=3, pause_s=0.0, planted=""):  # noqa: PLR0913  # where, what, how
    """Do these harms, one after the other; return what was found, and how often each was done."""
    chances = random.Random(seed)
    with processes(folder, url_for, nats, workers=workers, planted=planted) as servers:
        found = writing.Found()
        main = servers[writing.MAIN]
        writers = writing.begin(servers, open_workshop(), seed, at_main=3, pause_s=pause_s)
        harm = Harm(main, nats, chances, workers)
        try:
            for kind in harms:
                time.sleep(chances.uniform(0.2, 2))
                harm.do(kind)
            main.await_children(workers)
        except AssertionError:
            writing.dismiss(writers)
            raise
        plans = [server.plan for server in servers.values()]
        writing.end(plans, writers, found)
    writing.judge(plans, writers, found)
    return found, harm.done


@contextlib.contextmanager
def processes(folder, url_for, nats, *, workers, planted=""):
    """Run a main venue of several processes and a branch of one; yield the servers by name."""
    main, branch = (
        replace(plan, database_url=url_for(plan.id)) for plan in plan_venues(writing.NAMES, folder)
    )
    plans = [replace(main, workers=workers, nats=nats.url), branch]
    write_settings(plans, open_workshop().make_keys, demo=False)
    settings = plans[0].settings_file
    patience = f"[workers]\nready_s = {READY_S}\nsilent_s = {SILENT_S}\n"
    settings.write_text(settings.read_text("utf-8").replace("[workers]\n", patience), "utf-8")
    bugs = {plans[0].id: planted}
    servers = {plan.id: Processes(plan, planted=bugs.get(plan.id, "")) for plan in plans}
    try:
        yield servers
    finally:
        for server in servers.values():
            server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--harms", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--planted", default="", metavar="BUG")
    args = parser.parse_args()
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = stack.enter_context(writing.postgresql_urls())
        nats = stack.enter_context(nats_server())
        chances = random.Random(args.seed)
        harms = [chances.choice(KINDS) for _ in range(args.harms)]
        shape = {"workers": args.workers, "planted": args.planted}
        found, done = campaign(folder, urls, nats, harms=harms, seed=args.seed, **shape)
    sys.stdout.write(f"{found}\n{dict(done)}\n")
    return 1 if found.lost or found.doubled or len(found.roots) != 1 else 0


if __name__ == "__main__":
    sys.exit(main())
