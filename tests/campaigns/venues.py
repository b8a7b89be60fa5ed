"""Venue servers of a campaign: processes that can be killed, frozen and started again.

Each server is forked from a process that has loaded the program, so that a start costs what a start
does and not what loading Python does. What a venue holds is read from its database directly, so
that no code of the product stands between the disk and the judge.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import runpy
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import forkserver
from pathlib import Path

import httpx2
import psycopg

from bideval.evidence.canonical import canonical_bytes
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.rehearsal.client import trust
from bideval.rehearsal.servers import _FORKING, PRELOADED, VenuePlan
from bideval.settings import load_settings

START_S = 120.0
"""Seconds for a server to answer after its start, on a very busy machine."""
LOOK_S = 0.05
STOP_S = 60.0
CLONE_NEWNET = 0x40000000
LOG_TAIL = 3_000
ENTRIES = "SELECT entry_hash, author, entry_id, line FROM line WHERE session = "
NOTES = "SELECT line FROM line WHERE kind IN ('key.enrolled', 'login.accepted')"
ACCOUNTS = "SELECT kid, person, 1 FROM account"
LOGINS = "SELECT kid, person, count(*) FROM login GROUP BY kid, person"


@dataclass(frozen=True)
class PlacedPlan(VenuePlan):
    """A venue that people reach at an address of its own."""

    host: str = "127.0.0.1"

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"


@dataclass
class Held:
    """What one venue's database holds of a session."""

    entries: Counter = field(default_factory=Counter)
    acts: Counter = field(default_factory=Counter)
    """How often each (author, id) occurs."""
    sayings: Counter = field(default_factory=Counter)
    """How often each `saying` occurs."""
    accounts: set = field(default_factory=set)
    """The keys that have an account."""
    unnoted: list = field(default_factory=list)
    """Accounts and log-ins of which the venue's log says nothing."""
    damage: str = ""
    """What the database says of itself when it cannot be read."""


def saying(entry):
    """What somebody said, whatever its id: the same twice is said twice."""
    return (entry.author, entry.kind, hashlib.sha256(canonical_bytes(entry.body)).hexdigest())


class VenueServer:
    """One venue's server process, which comes again.

    `namespace` is the file of a network namespace to run in, `planted` the name of a bug that the
    server is to have (`tests.campaigns.planted`), `clock` a file with the milliseconds that its
    clock is ahead.
    """

    def __init__(self, plan, *, planted="", namespace="", clock=""):
        self.plan = plan
        self.planted = planted
        self.namespace = namespace
        self.clock = clock
        self.process = None
        self.starts = []
        # What a fork is asked to run lies here, and it loads what this process was started with.
        _FORKING.set_forkserver_preload([*PRELOADED, __name__, "tests.campaigns.site"])
        forkserver.ensure_running()

    @property
    def id(self):
        return self.plan.id

    def start(self):
        """Start, wait until it answers, and note the seconds that took."""
        began = time.monotonic()
        self.launch()
        self.await_answer(began)

    def launch(self):
        words = (str(self.plan.settings_file), str(self.plan.log_file))
        more = (self.planted, str(self.namespace), str(self.clock))
        self.process = _FORKING.Process(target=_serve, args=(*words, *more), name=self.id)
        self.process.start()

    def await_answer(self, began):
        while time.monotonic() < began + START_S:
            with contextlib.suppress(httpx2.TransportError):
                if self.health() == "running":
                    self.starts.append(time.monotonic() - began)
                    return
            assert self.process.is_alive(), f"{self.id} has ended:\n{self.log()}"
            time.sleep(LOOK_S)
        raise AssertionError(f"{self.id} does not answer:\n{self.log()}")

    def health(self):
        """Return the state that the server tells of its store."""
        asked = f"{self.plan.url}/healthz"
        return httpx2.get(asked, trust_env=False, verify=trust(), timeout=5).json().get("state")

    def log(self):
        text = self.plan.log_file.read_text("utf-8", errors="replace")
        return text[-LOG_TAIL:]

    def kill(self):
        """End the process as a power cut would: no handler of its own runs."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()
        self.process.close()
        self.process = None

    def pause(self, seconds):
        os.kill(self.process.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self.process.pid, signal.SIGCONT)

    def stop(self):
        """Stop as an administrator does; kill what does not stop."""
        if self.process is None:
            return
        self.process.terminate()
        self.process.join(STOP_S)
        if self.process.is_alive():
            self.kill()
            raise AssertionError(f"{self.id} does not stop:\n{self.log()}")
        self.process.close()
        self.process = None

    def end(self):
        """Whatever has happened before, leave nothing running."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.kill()

    # What is on its disk

    def held(self, session):
        """Return what the database holds of a session, whether the server runs or not."""
        settings = load_settings(self.plan.settings_file)
        if settings.database_url:
            with psycopg.connect(settings.database_url) as connection:
                known = connection.execute("SELECT to_regclass('line')").fetchone()
                return Held() if known == (None,) else _held(connection, session, "%s")
        try:
            with _sqlite(settings.data_dir, copied=self.process is None) as connection:
                return Held() if connection is None else _held(connection, session, "?")
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:  # what cannot be read is lost
            return Held(damage=str(error))


@contextlib.contextmanager
def _sqlite(folder, *, copied):
    """Open a server's file in place, or a copy when nobody else has it open.

    Whoever opens a file after a crash repairs it; that is for the server to do.
    """
    name = "bideval.sqlite"
    with tempfile.TemporaryDirectory() as aside:
        place = Path(aside) if copied else folder
        for one in (name, f"{name}-wal") if copied else ():
            if (folder / one).exists():
                shutil.copy(folder / one, place / one)
        if not (place / name).exists():
            yield None
            return
        with contextlib.closing(sqlite3.connect(place / name, timeout=30)) as connection:
            known = "SELECT 1 FROM sqlite_master WHERE name = 'line'"
            yield connection if connection.execute(known).fetchone() else None


def _held(connection, session, place):
    connection.execute("BEGIN")  # one view of all tables
    rows = connection.execute(f"{ENTRIES}{place}", (session,)).fetchall()
    notes = Counter(
        parse_entry(parse_line(bytes(line)).jws).body["kid"]
        for (line,) in connection.execute(NOTES).fetchall()
    )
    accounts = connection.execute(ACCOUNTS).fetchall()
    kept = [*accounts, *connection.execute(LOGINS).fetchall()]
    return Held(
        Counter(entry for entry, *_ in rows),
        Counter((author, name) for _, author, name, _ in rows),
        Counter(saying(parse_entry(parse_line(bytes(line)).jws)) for *_, line in rows),
        {kid for kid, *_ in accounts},
        [f"{person} {kid}: {notes[kid]} of {n}" for kid, person, n in kept if notes[kid] < n],
    )


def _serve(settings_file, log_file, planted, namespace, clock):
    """In the forked process: enter the namespace, plant the bug, and run the command."""
    with open(log_file, "ab") as log:  # noqa: PTH123  # in a process that has nothing yet
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    if namespace:
        _enter(namespace)
    if planted or clock:
        from tests.campaigns.planted import plant  # noqa: PLC0415  # in the servers that need it

        plant(planted, clock)
    sys.argv = ["bideval", "serve", "--config", settings_file]
    runpy.run_module("bideval.cli", run_name="__main__", alter_sys=True)


def _enter(namespace):
    with open(namespace, "rb") as file:  # noqa: PTH123  # as above
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
