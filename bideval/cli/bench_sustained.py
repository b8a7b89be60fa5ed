"""`bideval bench sustained`: how many signed scores a process takes, beside bare signature checks.

Decided here: seats send mark after mark as fast as they are answered; what a venue's process has
worked for a mark, and how many of the scores that a core could only verify that comes to.
Not decided here: how the room is filled (`bideval.rehearsal.bench_room`).

Every mark comes to one venue's process as a request and to the other's over the link, and each
verifies, folds and keeps it: both figures are of all of that.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bideval.cli.workshop import open_workshop
from bideval.evidence.canonical import canonical_bytes
from bideval.evidence.jws import read_compact
from bideval.rehearsal.bench_lanes import payload
from bideval.rehearsal.bench_room import room_plan, room_sizes, scoring_rooms
from bideval.rehearsal.bench_wire import KeptConnection, processor_s
from bideval.rehearsal.servers import running, write_settings
from bideval.rehearsal.stage import first_accounts, plan_venues
from bideval.terms.errors import FaultError, InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bideval.rehearsal.bench_room import Seat
    from bideval.rehearsal.servers import VenuePlan

MAX_SEATS = 200
TOGETHER = 64
"""Marks that a venue takes in one request."""
MAX_MARKS = 250
"""Requests of one person that a venue takes at once, without its brake."""
WARM_UP = 2
CHECKS = 2_000
"""Bare signature checks that are timed, half before the scores and half after."""
VENUES = {"main": "main", "branch": "branch"}
SETTLE_S = 2.0
"""Seconds after the last answer: what follows from the marks is their cost too."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many seats send how many marks each, and how many of them in one request."""

    seats: int
    marks: int
    together: int


def describe(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command under `bideval bench`."""
    parser = what.add_parser(
        "sustained",
        help="count signed scores for each second of a core beside bare signature checks",
        description="Let seats at a main and a branch venue send sealed, signed marks as fast as "
        "they are answered, and compare what each process works for a mark with one Ed25519 check.",
    )
    parser.add_argument("--seats", type=int, default=20, metavar="N", help="experts (default 20)")
    parser.add_argument(
        "--marks", type=int, default=50, metavar="M", help="marks each (default 50)"
    )
    parser.add_argument(
        "--together",
        type=int,
        default=1,
        metavar="K",
        help="marks in one request (default 1), as pages send what waited while a line was down",
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.set_defaults(measure=run)


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    for option, value, least, most in (
        ("--seats", args.seats, 2, MAX_SEATS),
        ("--marks", args.marks, 1, MAX_MARKS),
        ("--together", args.together, 1, TOGETHER),
    ):
        if not least <= value <= most:
            raise InputError("out_of_range", field=option, detail=f"must be from {least} to {most}")
    workshop = open_workshop()
    with tempfile.TemporaryDirectory(prefix="bideval-bench-") as folder:
        venues = plan_venues(VENUES, Path(folder) / "venues")
        write_settings(venues, workshop.make_keys, demo=False)
        codes = first_accounts(venues, workshop)
        with running(venues) as servers:
            pids = dict(zip(VENUES, servers, strict=True))
            load = Load(args.seats, args.marks, args.together)
            document = asyncio.run(_hold(load, venues, codes, pids))
    # Printed for people and pipes, never hashed or signed.
    print(json.dumps(document, indent=1) if args.json else _table(document))  # noqa: TID251
    return 0


async def _hold(
    load: Load,
    venues: Sequence[VenuePlan],
    codes: dict[str, str],
    pids: dict[str, int],
) -> dict[str, Any]:
    seats, marks = load.seats, load.marks
    rooms = [
        room_plan(number, size, venues, codes)
        for number, size in enumerate(room_sizes(seats), start=1)
    ]
    devices = open_workshop().devices
    sys.stderr.write(f"bideval bench: seating {seats} experts in {len(rooms)} sessions\n")
    async with (
        scoring_rooms(rooms, devices, WARM_UP + marks) as filled,
        contextlib.AsyncExitStack() as stack,
    ):
        kept = [
            await stack.enter_async_context(KeptConnection(seat.desk.url, seat.desk.cookies))
            for seat in filled
        ]
        await _send_all(filled, kept, range(WARM_UP), load.together)
        check_s = _bare_check_s(filled[0])
        before = {name: processor_s(pid) for name, pid in pids.items()}
        sys.stderr.write("bideval bench: measuring\n")
        begun = time.perf_counter()
        await _send_all(filled, kept, range(WARM_UP, WARM_UP + marks), load.together)
        clock_s = time.perf_counter() - begun
        await asyncio.sleep(SETTLE_S)
        spent = {name: processor_s(pid) - before[name] for name, pid in pids.items()}
        check_s = (check_s + _bare_check_s(filled[-1])) / 2
    sent = seats * marks
    return {
        "seats": seats,
        "marks": marks,
        "together": load.together,
        "scores_per_s_by_the_clock": round(sent / clock_s, 1),
        "check_us": round(check_s * 1e6, 1),
        "checks_per_s_of_a_core": round(1 / check_s),
        **{f"venue {name}": _figure(seconds / sent, check_s) for name, seconds in spent.items()},
    }


async def _send_all(
    seats: Sequence[Seat], connections: Sequence[KeptConnection], turns: range, together: int
) -> None:
    """Let every seat send its marks, each request after the other, all seats at the same time."""

    async def one(seat: Seat, connection: KeptConnection) -> None:
        for first in range(turns.start, turns.stop, together):
            part = range(first, min(first + together, turns.stop))
            if together == 1:
                await connection.post("/api/entries", payload(seat, first))
                continue
            answer = await connection.post("/api/entries/several", _payload(seat, part))
            if len(json.loads(answer)["saved"]) != len(part):
                raise FaultError("bad_answer", detail="a mark was refused")

    async with asyncio.TaskGroup() as group:
        for seat, connection in zip(seats, connections, strict=True):
            group.create_task(one(seat, connection))


def _payload(seat: Seat, turns: range) -> str:
    marks = [seat.marks[turn] for turn in turns]
    return canonical_bytes({"session": seat.session, "jws": marks}).decode()


def _bare_check_s(seat: Seat) -> float:
    """Return the processor seconds of one signature check over a mark, and of nothing else."""
    compact, key = read_compact(seat.marks[-1]), seat.desk.persona.key.public
    begun = time.process_time()
    for _ in range(CHECKS // 2):
        key.verify(compact.signature, compact.signing_input)
    return (time.process_time() - begun) / (CHECKS // 2)


def _figure(score_s: float, check_s: float) -> dict[str, float]:
    return {
        "processor_us_per_score": round(score_s * 1e6),
        "scores_per_s_of_a_core": round(1 / score_s, 1),
        "share_of_checks": round(check_s / score_s, 4),
    }


def _table(document: dict[str, Any]) -> str:
    lines = [
        f"{document['seats']} seats, {document['marks']} marks each, "
        f"{document['together']} in a request: "
        f"{document['scores_per_s_by_the_clock']} scores/s by the clock",
        f"one bare check: {document['check_us']} us, "
        f"{document['checks_per_s_of_a_core']} for each second of a core",
    ]
    for name in VENUES:
        one = document[f"venue {name}"]
        lines.append(
            f"venue {name:<7} {one['processor_us_per_score']:>7} us of a core per score, "
            f"{one['scores_per_s_of_a_core']:>7} scores/s of a core, "
            f"{100 * one['share_of_checks']:.1f} % of the bare checks"
        )
    return "\n".join(lines)
