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
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), args.entries, iter(args.database_url))


def measure(folder: Path, entries: int, urls) -> None:
    plain = plan(folder, "fenghua", next(urls, ""))
    # A session needs a branch; the copy of a branch is the same record.
    settings = with_peer(plain, folder)
    house = opened_house(settings)
    fill(house.venue, entries)
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
        say(name, timed(lambda h=house, a=act: a(h.venue, path)), entries)
        house.close()
    house = build_house(settings)
    say("rebuild", timed(lambda: rebuild(house.venue)), entries)
    say("start (serve)", timed(lambda: start_venue(house.venue)), entries)
    house.close()


def put_back(venue, path):
    with opened(path) as data:
        return restore(venue, read_backup(data))


def take_back(venue, path):
    with opened(path) as data:
        [found] = recover(venue, [read_backup(data)])
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
    say("made", 0.0, entries)


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
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def say(name, seconds, entries):
    rate = f", {entries / seconds:.0f} entries/s" if seconds else ""
    print(f"{name}: {entries} entries, {seconds:.1f} s{rate}", flush=True)


if __name__ == "__main__":
    main()
