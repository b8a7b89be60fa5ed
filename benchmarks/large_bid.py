"""How much memory venue servers need for a large bid: uploaded, mirrored to a branch, opened.

    python benchmarks/large_bid.py --megabytes 200

Two venues run as processes of their own; rehearsed people seal two bids, one of them with a file of
the stated size, and open both. The figures are the kernel's: the resident set before the upload
(VmRSS) and its peak since (VmHWM, reset by clear_refs). Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from bideval.cli.workshop import open_workshop
from bideval.rehearsal.example_play import VENUES, ExamplePlay, example_bids, example_tender
from bideval.rehearsal.meeting import Meeting, MeetingPlan
from bideval.rehearsal.servers import running, write_settings
from bideval.rehearsal.stage import first_accounts, plan_venues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bideval.rehearsal.autopilot import Autopilot
    from bideval.rehearsal.client import View
    from bideval.rehearsal.servers import VenuePlan

MEGABYTE = 1_000_000
SESSION = "fenghe-2026-0200"
MAIN, BRANCH = "fenghe", "wencheng"
PATIENCE_S = 180.0
LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Figures:
    """Resident bytes of one process: before a step, and the peak within it."""

    process: str
    before: int
    peak: int

    @property
    def grown(self) -> int:
        return self.peak - self.before


@dataclass(slots=True)
class OpeningOnly(Meeting):
    """A meeting that ends when the bids are open and every venue has taken them apart."""

    content: str = ""
    before: dict[str, int] = field(default_factory=dict)
    pilots: list[asyncio.Task[None]] = field(default_factory=list)

    @override
    async def hold(self) -> View:
        await self._gather()
        async with self.tasks:
            self.before = {plan.id: reset_peak(server_of(plan.folder)) for plan in self.plan.venues}
            await self._hand_in(await self._publish())
            self._start_officials()
            view = await self._wait(lambda view: view["phase"] != "prepared", "opening")
            await self._everywhere_open()
            for pilot in self.pilots:
                pilot.cancel()
        return view

    @override
    def _run(self, pilot: Autopilot) -> None:
        self.pilots.append(self.tasks.create_task(pilot.run()))

    async def _everywhere_open(self) -> None:
        """Wait until every venue's file store has the file that was inside the bid."""
        async with asyncio.timeout(PATIENCE_S):
            waiting = {plan.folder for plan in self.plan.venues}
            while waiting:
                await asyncio.sleep(LOOK_S)
                waiting = {one for one in waiting if not any(one.glob(f"**/{self.content}"))}


def server_of(folder: Path) -> Path:
    """Return the folder in /proc of the process that has the database of a venue's folder open."""
    databases = {str(path) for path in folder.glob("**/*.sqlite")}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if databases & {str(opened.readlink()) for opened in (process / "fd").iterdir()}:
                return process
    raise LookupError(folder)


def resident(process: Path, name: str) -> int:
    lines = (process / "status").read_text().splitlines()
    line = next(line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def reset_peak(process: Path) -> int:
    """Forget the peak of a process; return what is resident now, in bytes."""
    (process / "clear_refs").write_text("5")
    return resident(process, "VmRSS")


def measure(size: int, folder: Path) -> list[Figures]:
    """Return what both servers needed for a bid with a file of `size` bytes."""
    workshop = open_workshop()
    venues = plan_venues({venue: VENUES[venue] for venue in (MAIN, BRANCH)}, folder)
    write_settings(venues, workshop.make_keys, demo=True)
    codes = first_accounts(venues, workshop)
    content = random.Random(200).randbytes(size)
    plan = _plan(venues, codes, content)
    digest = hashlib.sha256(content).hexdigest()
    with running(venues):
        before = asyncio.run(_hold(plan, digest))
        return [
            Figures(one.id, before[one.id], resident(server_of(one.folder), "VmHWM"))
            for one in venues
        ]


async def _hold(plan: MeetingPlan, digest: str) -> dict[str, int]:
    devices = open_workshop().devices
    async with contextlib.AsyncExitStack() as stack:
        meeting = OpeningOnly(plan, ExamplePlay(), devices, stack, _quiet, content=digest)
        await meeting.hold()
        return meeting.before


def _quiet(_event: str, _facts: object) -> None:
    """Only memory is told."""


def _plan(venues: list[VenuePlan], codes: dict[str, str], content: bytes) -> MeetingPlan:
    small, large = example_bids([b"%PDF-1.7 a short bid"] * 5)[:2]
    large = replace(large, files=(("design.bin", content, "application/octet-stream"),))
    tender = example_tender() | {"panel": _panel(), "custody": _custody()}
    return MeetingPlan(
        session=SESSION,
        title=tender["title"],
        rulebook="rehearsal/1",
        venues=venues,
        officers=2,
        tender=tender,
        bids=[large, small],
        pool="",
        codes=codes,
    )


def _panel() -> dict[str, Any]:
    disciplines = [{"id": "property", "name": "物业管理", "members": 3}]
    seats = [{"venue": MAIN, "members": 1}, {"venue": BRANCH, "members": 2}]
    return {"members": 3, "representatives": 0, "disciplines": disciplines, "seats": seats}


def _custody() -> dict[str, Any]:
    custodians = [f"venue/{MAIN}", f"venue/{BRANCH}", "supervisor-1"]
    venues = {"threshold": 2, "custodians": custodians}
    officers = {"threshold": 2, "custodians": ["officer-1", "officer-2"]}
    return {"bids": officers, "marks": venues, "identities": venues, "nonces": venues}


def lines(size: int, figures: list[Figures], seconds: float) -> Iterator[str]:
    yield f"a bid with a file of {size / MEGABYTE:.0f} MB, two venues, {seconds:.1f} s in all"
    yield "resident MB            before    peak   grown"
    for one in figures:
        values = (f"{value / MEGABYTE:8.1f}" for value in (one.before, one.peak, one.grown))
        yield f"{one.process:<20}{''.join(values)}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure servers with a large bid.")
    parser.add_argument("--megabytes", type=int, default=200, metavar="N")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    args = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(args.megabytes * MEGABYTE, Path(folder))
    if args.json:
        print(json.dumps({one.process: [one.before, one.peak] for one in figures}))
    else:
        print("\n".join(lines(args.megabytes * MEGABYTE, figures, time.monotonic() - began)))


if __name__ == "__main__":
    main()
