"""`bideval bench`: measure this machine under a stated load.

Decided here: arguments, the servers that take part, what is printed.
Not decided here: what a round is and how it is timed (`bideval.rehearsal.bench_lanes`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import websockets

from bideval.cli import bench_sustained, bench_verify
from bideval.cli.workshop import open_workshop
from bideval.rehearsal.bench_echo import force
from bideval.rehearsal.bench_lanes import (
    EchoLane,
    SessionLane,
    figures,
    payload,
    percentile,
    ratios,
    run_rounds,
)
from bideval.rehearsal.bench_room import room_plan, room_sizes, scoring_rooms
from bideval.rehearsal.bench_wire import KeptConnection, processor_s
from bideval.rehearsal.servers import running, write_settings
from bideval.rehearsal.stage import first_accounts, plan_venues
from bideval.terms.errors import BidevalError, FaultError, InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Iterator, Sequence

    from bideval.rehearsal.bench_room import Seat
    from bideval.rehearsal.servers import VenuePlan

MEASURED = 0
FAILED = 1

VENUES = {"main": "main", "branch": "branch"}
ECHOES = {
    "echo": "/echo",
    "echo, a disk force each": "/each",
    "echo, grouped forces": "/group",
}
"""What is measured beside the session: name to path of the echoing server."""
MIN_SEATS = 2
MAX_SEATS = 1_000
MAX_MARKS = 10_000
LONGEST_SPREAD_S = 60.0
WARM_UP = 2
"""Marks per seat that are sent before anything is counted: connections and caches are made."""
DISK_SAMPLES = 200
STOP_S = 10.0
SENT = (
    "every seat has one kept HTTP connection (POST /api/entries) and one live WebSocket to its "
    "own venue; saved here: the answer; saved by the session: the live event"
)


@dataclass(frozen=True, slots=True)
class Load:
    """How many seats send how many marks each, and over how long each round is spread."""

    seats: int
    marks: int
    spread_s: float


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser("bench", help="measure this machine under a stated load")
    what = parser.add_subparsers(required=True, metavar="WHAT")
    path = what.add_parser(
        "score-path",
        help="time marks from submission to saved here and saved by the session",
        description="Time signed marks through a main and a branch venue, against echoing "
        "servers with the same clients and payloads in the same run. Close other programs first.",
    )
    path.add_argument("--seats", type=int, default=30, metavar="N", help="experts (default 30)")
    path.add_argument("--marks", type=int, default=20, metavar="M", help="marks each (default 20)")
    path.add_argument(
        "--spread",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="over how long one mark of every seat is spread (default 1); 0: all at once",
    )
    path.add_argument("--out", type=Path, metavar="DIR", help="work here, and keep it")
    path.add_argument("--json", action="store_true", help="print the figures as JSON")
    path.set_defaults(measure=_score_path)
    bench_verify.describe(what)
    bench_sustained.describe(what)


def run(args: argparse.Namespace) -> int:
    """Measure what was asked for."""
    code: int = args.measure(args)
    return code


def _score_path(args: argparse.Namespace) -> int:
    # A stop from outside must stop the servers too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    load = Load(args.seats, args.marks, args.spread)
    wrong = _wrong(load)
    if wrong is not None:
        raise InputError("out_of_range", field=wrong[0], detail=wrong[1])
    try:
        with _folder(args.out) as folder:
            document = _measure(load, folder)
    except (BidevalError, TimeoutError, OSError, ExceptionGroup) as error:
        sys.stderr.write(f"bideval bench: {_first(error)}\n")
        return FAILED
    # Printed for people and pipes, never hashed or signed.
    print(json.dumps(document, indent=1) if args.json else _table(document))  # noqa: TID251
    return MEASURED


def _wrong(load: Load) -> tuple[str, str] | None:
    ranges = {
        "--seats": (load.seats, MIN_SEATS, MAX_SEATS),
        "--marks": (load.marks, 1, MAX_MARKS),
        "--spread": (load.spread_s, 0, LONGEST_SPREAD_S),
    }
    for option, (value, least, most) in ranges.items():
        if not least <= value <= most:
            return option, f"must be from {least} to {most}"
    return None


@contextlib.contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    if wanted is not None:
        wanted.mkdir(parents=True, exist_ok=True)
        yield wanted.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="bideval-bench-") as made:
        yield Path(made)


def _measure(load: Load, folder: Path) -> dict[str, Any]:
    workshop = open_workshop()
    venues = plan_venues(VENUES, folder / "venues")
    write_settings(venues, workshop.make_keys, demo=True)
    codes = first_accounts(venues, workshop)
    with _echo_server(folder) as (port, echo), running(venues) as servers:
        pids = {**dict(zip(VENUES, servers, strict=True)), "echo": echo}
        return asyncio.run(_hold(load, folder, venues, codes, port, pids))


async def _hold(  # what was made ready for it
    load: Load,
    folder: Path,
    venues: Sequence[VenuePlan],
    codes: dict[str, str],
    port: int,
    pids: dict[str, int],
) -> dict[str, Any]:
    rooms = [
        room_plan(number, size, venues, codes)
        for number, size in enumerate(room_sizes(load.seats), start=1)
    ]
    devices = open_workshop().devices
    sys.stderr.write(f"bideval bench: seating {load.seats} experts in {len(rooms)} sessions\n")
    async with (
        scoring_rooms(rooms, devices, WARM_UP + load.marks) as seats,
        _lanes(seats, port) as lanes,
    ):
        sys.stderr.write("bideval bench: measuring\n")
        await run_rounds(lanes, load.seats, range(WARM_UP), spread_s=load.spread_s)
        disk = _disk(folder, payload(seats[0], 0).encode())
        turns = range(WARM_UP, WARM_UP + load.marks)
        before = {name: processor_s(pid) for name, pid in pids.items()}
        samples = await run_rounds(lanes, load.seats, turns, spread_s=load.spread_s)
        spent = {name: processor_s(pid) - before[name] for name, pid in pids.items()}
        disk += _disk(folder, payload(seats[0], 0).encode())
    table = figures(dict(sorted(samples.items())))
    return {
        "seats": load.seats,
        "sessions": len(rooms),
        "marks": load.marks,
        "spread_s": load.spread_s,
        "venues": list(VENUES),
        "payload_bytes": len(payload(seats[0], -1)),
        "sent": SENT,
        "fdatasync_p50_ms": round(percentile(disk, 50) * 1000, 3),
        "processor_ms": _per_mark(spent, load.seats * load.marks),
        "figures": table,
        "ratios": ratios(table, list(ECHOES)),
    }


def _per_mark(spent: dict[str, float], marks: int) -> dict[str, float]:
    """Return processor milliseconds for each mark; the echo echoes every mark three times."""
    echoes = spent.pop("echo") / len(ECHOES)
    found = {f"venue {name}": seconds for name, seconds in spent.items()} | {"echo": echoes}
    return {name: round(seconds * 1000 / marks, 3) for name, seconds in found.items()}


@contextlib.asynccontextmanager
async def _lanes(seats: Sequence[Seat], port: int) -> AsyncIterator[list[SessionLane | EchoLane]]:
    async with contextlib.AsyncExitStack() as stack:
        kept = [KeptConnection(seat.desk.url, seat.desk.cookies) for seat in seats]
        session = SessionLane(seats, [await stack.enter_async_context(one) for one in kept])
        echoes = []
        for name, path in ECHOES.items():
            address = f"ws://127.0.0.1:{port}{path}"
            sockets = [
                await stack.enter_async_context(
                    websockets.connect(address, compression=None, proxy=None)
                )
                for _ in seats
            ]
            echoes.append(EchoLane(name, seats, sockets))
        listening = asyncio.TaskGroup()
        await stack.enter_async_context(listening)
        ready = [asyncio.Event() for _ in seats]
        ears = [
            listening.create_task(session.listen(number, ready[number]))
            for number in range(len(seats))
        ]
        for one in ready:
            await one.wait()
        yield [session, *echoes]
        for ear in ears:
            ear.cancel()


def _disk(folder: Path, data: bytes) -> list[float]:
    """Return how many seconds the disk takes to have a payload, again and again."""
    spent = []
    with (folder / "disk").open("ab", buffering=0) as file:
        for _ in range(DISK_SAMPLES // 2):
            begun = time.perf_counter()
            force(file, data)
            spent.append(time.perf_counter() - begun)
    return spent


@contextlib.contextmanager
def _echo_server(folder: Path) -> Iterator[tuple[int, int]]:
    """Run the echoing servers, all in one process of their own; give their port and its id."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bideval.rehearsal.bench_echo", os.fspath(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603  # our own program
        try:
            line = server.stdout.readline() if server.stdout else ""
            if not line:
                raise FaultError("server_not_ready", field="echo", detail="does not start")
            yield int(line), server.pid
        finally:
            server.terminate()
            server.wait(STOP_S)


def _table(document: dict[str, Any]) -> str:
    width = max(len(name) for name in [*document["figures"], *document["ratios"]])
    lines = [
        f"{document['seats']} seats in {document['sessions']} sessions at "
        f"{len(document['venues'])} venues, {document['marks']} marks "
        f"each, one of every seat spread over {document['spread_s']} s; "
        f"{document['payload_bytes']} bytes per mark",
        f"sent: {document['sent']}",
        f"fdatasync of this disk, p50: {document['fdatasync_p50_ms']} ms",
        "",
        f"{'milliseconds':<{width}} {'p50':>9} {'p99':>9} {'samples':>8}",
    ]
    for name, one in document["figures"].items():
        lines.append(
            f"{name:<{width}} {one['p50_ms']:>9.2f} {one['p99_ms']:>9.2f} {one['samples']:>8}"
        )
    spent = ", ".join(f"{name} {ms:.2f}" for name, ms in document["processor_ms"].items())
    lines += ["", f"processor milliseconds per mark: {spent}"]
    lines += ["", f"{'ratio':<{width}} {'p50':>9} {'p99':>9}"]
    for name, one in document["ratios"].items():
        lines.append(f"{name:<{width}} {one['p50']:>9.2f} {one['p99']:>9.2f}")
    return "\n".join(lines)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
