"""A branch comes back after an outage: 100,000 entries over the link, beside a JetStream mirror.

    python -m benchmarks.catch_up [--entries 100000] [--without-nats]

Ours: main holds a session of so many signed entries, and its server runs; the branch's server
starts with an empty database. Timed from the moment that the branch serves until its own disk has
the whole record, every signature, chain and rule checked. NATS: a server holds a stream of as many
messages with the same bytes; a second server with a mirror of it starts. Timed likewise; nothing is
checked there. Both on this machine, one after the other; processor seconds are of all processes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nats
from nats.js.api import ExternalStream, StorageType, StreamConfig, StreamSource

from benchmarks.recovery import SESSION, fill
from benchmarks.two_plans import filling, two_plans
from bideval.cli.migrate import migrate_venue
from bideval.rehearsal.bench_wire import processor_s
from bideval.rehearsal.servers import free_ports, running
from bideval.settings import load_settings
from bideval.store.record_store import SqlRecordStore

LOOK_S = 0.05
PATIENCE_S = 1_800.0
PUBLISHED_AT_ONCE = 1_000
READY_S = 30.0
START_S = 900.0
"""Seconds that main may take to verify its whole record before it serves, on a busy machine."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--without-nats", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    logging.getLogger("nats").setLevel(logging.CRITICAL)  # it says that a server is not up yet
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), args.entries, with_nats=not args.without_nats)
    print(json.dumps(found, indent=1) if args.json else table(found))


def measure(folder: Path, entries: int, *, with_nats: bool):
    """Return what both took; the ratio is ours by theirs, less than 1 where we are faster."""
    ours, messages = catch_up(folder / "ours", entries)
    found = {"entries": len(messages), "bytes": sum(map(len, messages)), "venue": ours}
    if with_nats:
        found["nats"] = asyncio.run(mirror(folder / "nats", messages))
        found["ratio"] = {
            name: round(ours[name] / found["nats"][name], 2) for name in ("seconds", "processors_s")
        }
    return found


def catch_up(folder: Path, entries: int):
    """Return what the branch took, and the lines that it got."""
    main_plan, branch_plan = two_plans(folder)
    with filling(main_plan) as venue:
        fill(venue, entries)
        lines = list(all_lines(venue.devices.store))
    branch = load_settings(branch_plan.settings_file)
    migrate_venue(branch)
    store = SqlRecordStore(branch.database, checkpoints=False)
    try:
        with (
            running([main_plan], start_s=START_S) as mains,
            running([branch_plan]) as branches,
        ):
            pids = [*mains, *branches]
            began, before = time.perf_counter(), sum(map(processor_s, pids))
            wait_for(lambda: size_of(store) >= len(lines))
            spent = time.perf_counter() - began
            return cost(spent, sum(map(processor_s, pids)) - before, len(lines)), lines
    finally:
        store.close()


def all_lines(store):
    start = 0
    with store.read() as reader:
        while page := reader.lines(SESSION, start, 5_000):
            yield from (one.line for one in page)
            start += len(page)


def size_of(store) -> int:
    with store.read() as reader:
        head = reader.head(SESSION)
    return 0 if head is None else head.size


async def mirror(folder: Path, messages):
    """Return what a mirror of a stream with these messages takes."""
    ports = free_ports(4)
    hub = settings_of(folder / "hub", "hub", ports[0], f"leafnodes {{ port: {ports[1]} }}")
    remote = f'leafnodes {{ remotes: [ {{ url: "nats://127.0.0.1:{ports[1]}" }} ] }}'
    leaf = settings_of(folder / "leaf", "leaf", ports[2], remote)
    with server(hub) as hub_process:
        there = await connected(ports[0])
        source = there.jetstream()
        config = StreamConfig(name="record", subjects=["record"], storage=StorageType.FILE)
        await source.add_stream(config)
        for start in range(0, len(messages), PUBLISHED_AT_ONCE):
            part = messages[start : start + PUBLISHED_AT_ONCE]
            await asyncio.gather(*(source.publish("record", one, timeout=READY_S) for one in part))
        with server(leaf) as leaf_process:
            here = await connected(ports[2])
            copy = here.jetstream()
            pids = [hub_process.pid, leaf_process.pid]
            began, before = time.perf_counter(), sum(map(processor_s, pids))
            origin = StreamSource(name="record", external=ExternalStream(api="$JS.hub.API"))
            await copy.add_stream(StreamConfig(name="copy", mirror=origin, storage="file"))
            await mirrored(copy, len(messages))
            spent = time.perf_counter() - began
            found = cost(spent, sum(map(processor_s, pids)) - before, len(messages))
            await here.close()
        await there.close()
    return found


async def mirrored(copy, size: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if (await copy.stream_info("copy")).state.messages >= size:
            return
        await asyncio.sleep(LOOK_S)
    raise TimeoutError("the mirror did not catch up")


def settings_of(folder: Path, name: str, port: int, leafnodes: str) -> Path:
    folder.mkdir(parents=True)
    path = folder / "nats.conf"
    path.write_text(
        f'server_name: {name}\nhost: "127.0.0.1"\nport: {port}\n'
        f'jetstream {{ store_dir: "{folder}", domain: {name} }}\n{leafnodes}\n'
    )
    return path


@contextlib.contextmanager
def server(settings: Path):
    program = shutil.which("nats-server", path=Path(sys.executable).parent) or "nats-server"
    command = [program, "-c", str(settings), "-l", str(settings.with_suffix(".log"))]
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(READY_S)


async def connected(port: int):
    deadline = time.monotonic() + READY_S
    while True:
        try:
            return await nats.connect(f"nats://127.0.0.1:{port}", allow_reconnect=False)
        except (OSError, nats.errors.Error):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(LOOK_S)


def wait_for(reached) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError("the branch did not catch up")
        time.sleep(LOOK_S)


def cost(seconds: float, processors_s: float, entries: int):
    return {
        "seconds": round(seconds, 3),
        "processors_s": round(max(processors_s, 0.01), 3),
        "entries_per_s": round(entries / seconds),
        "processor_us_per_entry": round(processors_s * 1e6 / entries),
    }


def table(found) -> str:
    lines = [f"{found['entries']} entries, {found['bytes'] / 1e6:.0f} MB"]
    for name in ("venue", "nats"):
        if name in found:
            one = found[name]
            lines.append(
                f"{name:<6} {one['seconds']:>9.1f} s {one['entries_per_s']:>8} entries/s "
                f"{one['processors_s']:>8.1f} s of processors "
                f"{one['processor_us_per_entry']:>6} us/entry"
            )
    if "ratio" in found:
        lines.append(f"venue / nats: {found['ratio']}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
