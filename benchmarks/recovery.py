"""How long it takes to bring a lost venue back: backup, restore, recover, rebuild.

    python -m benchmarks.recovery [--entries 100000] [--database-url URL]...

Makes one session of so many signed entries at a main venue, then times each command as its own
process would do it. With `--database-url` (three empty databases: main, restored, recovered) on
PostgreSQL.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

from bideval.actions.appending import keep_line
from bideval.actions.backup_file import read_backup
from bideval.actions.founding import NewSession, found_session, join_person
from bideval.actions.recovering import recover
from bideval.actions.restoring import restore
from bideval.actions.starting import start_venue
from bideval.actions.visitor import Visitor
from bideval.app import build_house
from bideval.cli.backup import backup_venue
from bideval.cli.migrate import migrate_venue
from bideval.cli.rebuild import rebuild
from bideval.cli.restore import opened
from bideval.cli.signature_pool import cores, ready_checker, without_collector
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.encoding import b64u
from bideval.evidence.jws import sign_compact
from bideval.evidence.signing import new_signing_key
from bideval.gateways.clock import SystemClock
from bideval.gateways.entropy import OsEntropy
from bideval.gateways.keyring import create_keys
from bideval.gateways.log import configure_log
from bideval.ledger.entry import entry_payload, parse_entry, sign_entry
from bideval.ports import Account
from bideval.settings import Settings
from bideval.terms.identifiers import Role

SESSION = "fh-2026-0001"
WORK = 500
KEY = new_signing_key("Ed25519", hashlib.sha256(b"benchmark").digest())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--database-url", action="append", default=[])
    args = parser.parse_args()
    configure_log(clock=SystemClock(), level="error")
    with tempfile.TemporaryDirectory() as folder, ready_checker(cores()) as checker:
        measure(Path(folder), args.entries, iter(args.database_url), checker)


def measure(folder: Path, entries: int, urls, checker) -> None:
    plain = plan(folder, "fenghua", next(urls, ""))
    # A session needs a branch; the copy of a branch is the same record.
    settings = with_peer(plain, folder)
    house = opened_house(settings)
    say("make", timed(lambda: fill(house.venue, entries)), entries)
    house.close()
    path = folder / "main.backup"
    say("backup", timed(lambda: backup_venue(settings, path)), entries)
    print(f"  {path.stat().st_size / 1e6:.0f} MB")
    for name, act in (("restore", put_back), ("recover", take_back)):
        fresh = settings.model_copy(
            update={"data_dir": folder / name, "database_url": next(urls, "")}
        )
        migrate_venue(fresh)
        house = build_house(fresh)
        say(name, timed(lambda h=house, a=act: a(h.venue, path, checker)), entries)
        house.close()
    house = build_house(settings)
    say("rebuild", timed(lambda: rebuild(house.venue, checker=checker)), entries)
    say("start (serve)", timed(lambda: start_venue(house.venue)), entries)
    house.close()


def put_back(venue, path, checker):
    with opened(path) as data, without_collector():
        return restore(venue, read_backup(data), checker=checker)


def take_back(venue, path, checker):
    with opened(path) as data, without_collector():
        [found] = recover(venue, [read_backup(data)], checker=checker)
    return found


def plan(folder, name, url):
    place = folder / name
    place.mkdir()
    keys = create_keys(place / "venue.key", place / "venue.age", OsEntropy())
    settings = Settings(
        venue={"id": name, "name": name.title()},
        data_dir=place / "data",
        key_file=place / "venue.key",
        identity_file=place / "venue.age",
        database_url=url,
    )
    (place / "card.json").write_text(
        json.dumps(
            {
                "id": name,
                "name": name.title(),
                "url": "ws://127.0.0.1:9/link",
                "public": b64u(keys.public.raw),
                "recipient": keys.recipient,
            }
        )
    )
    return settings


def with_peer(settings, folder):
    plan(folder, "wencheng", "")
    card = json.loads((folder / "wencheng" / "card.json").read_text())
    return Settings(**(settings.model_dump() | {"peers": [card]}))


def opened_house(settings):
    migrate_venue(settings)
    house = build_house(settings)
    start_venue(house.venue)
    return house


def fill(venue, entries):
    asked = NewSession(id=SESSION, title="Beds", rulebook="rehearsal/1", branches=["wencheng"])
    found_session(venue, asked)
    join(venue)
    made = 2
    while made < entries:
        count = min(WORK, entries - made)
        batch = [warning(made + index) for index in range(count)]
        venue.devices.store.write(
            lambda tx, b=batch: [keep_line(venue.id, tx, one, place=True) for one in b]
        ).result()
        made += count


def join(venue):
    recipient = venue.devices.keys.recipient
    public = KEY.public
    account = Account(
        public.key_id, "supervisor-a", "supervisor", None, public.suite, public.raw,
        recipient, venue.id, venue.now_ms(),
    )  # fmt: skip
    venue.devices.store.write(lambda tx: tx.add_account(account)).result()
    members = {
        "session": SESSION,
        "venue": venue.id,
        "person": "supervisor-a",
        "role": "supervisor",
        "recipient": recipient,
    }
    proof = sign_compact(KEY, "bideval-proof/1", canonical_bytes(members))
    visitor = Visitor("supervisor-a", Role.SUPERVISOR, public.key_id, None)
    join_person(venue, visitor, SESSION, proof)


def warning(number):
    payload = entry_payload(
        session=SESSION,
        author="supervisor-a",
        kind="supervisor.warned",
        id=b64u(hashlib.sha256(str(number).encode()).digest()[:16]),
        at=1_795_312_800_000 + number,
        body={"text": f"warning {number}, of the length that a short remark has in a session"},
    )
    return parse_entry(sign_entry(KEY, payload))


def timed(act):
    """Seconds by the clock, and of processors: this process and those that check for it."""
    began, before = time.perf_counter(), processors()
    act()
    return time.perf_counter() - began, processors() - before


def processors():
    """Seconds that processors have worked for this process and its children."""
    children = (process.pid for process in multiprocessing.active_children())
    return sum(worked(pid) for pid in (os.getpid(), *children))


def worked(pid):
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def say(name, spent, entries):
    clock, cores_s = spent
    print(
        f"{name:<14} {entries:>8} entries {clock:>8.1f} s {cores_s:>8.1f} s of cores "
        f"{cores_s / entries * 1e6:>7.0f} us/entry",
        flush=True,
    )


if __name__ == "__main__":
    main()
