"""A session of a main and a branch venue, held by rehearsed people but for the branch's experts.

Those have browsers. Everybody else does what their task list says, in a thread beside the test.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from bideval.cli.workshop import open_workshop
from bideval.rehearsal.bid_paper import bid_pdf
from bideval.rehearsal.example_play import VENUES, ExamplePlay, example_bids, example_tender
from bideval.rehearsal.example_pool import example_pool
from bideval.rehearsal.meeting import Meeting, MeetingPlan
from bideval.rehearsal.servers import running, write_settings
from bideval.rehearsal.stage import first_accounts, plan_venues
from bideval.settings import load_settings
from bideval.store.record_store import SqlRecordStore
from tests.databases import venue_database_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from bideval.rehearsal.client import View
    from bideval.rehearsal.servers import VenuePlan
    from bideval.rehearsal.stage import Workshop
    from tests.end_to_end.line import Line

MAIN, BRANCH = "fenghe", "wencheng"
SESSION = "fenghe-2026-0117"
RULEBOOK = "rehearsal/2"
PATIENCE_S = 500.0
"""Seconds that rehearsed people wait for the ones with browsers, on a very busy machine."""
ARRIVAL_S = 30.0
"""Seconds for the last lines to reach the branch, likewise."""


@dataclass(frozen=True, slots=True)
class TwoVenues:
    """Two running venues, and the rehearsed people's part of the meeting."""

    main: VenuePlan
    branch: VenuePlan
    meeting: Future[View]
    held: Held

    def say_as_lead(self, kind: str, body: dict[str, object]) -> None:
        """Let the rehearsed officer who runs the procedure sign something."""
        lead = self.held.meeting.lead
        said = asyncio.run_coroutine_threadsafe(lead.say(SESSION, kind, body), self.held.loop)
        said.result(timeout=60)


@dataclass(slots=True)
class Held:
    """The meeting once it is held, and the loop of its thread."""

    meeting: BranchMeeting = field(init=False)
    loop: asyncio.AbstractEventLoop = field(init=False)


class BranchPlay(ExamplePlay):
    """The example with a panel of three."""

    @override
    def chair(self, view: View) -> str:
        return f"{MAIN}-01"


class BranchMeeting(Meeting):
    """A meeting whose branch experts check in by themselves."""

    @override
    async def _check_in(self, plan: VenuePlan) -> None:
        if plan.id != BRANCH:
            await super()._check_in(plan)

    @override
    async def _wait(self, ready: Callable[[View], bool], what: str) -> View:
        return await self.lead.wait(self.plan.session, ready, what=what, patience_s=PATIENCE_S)


@contextlib.contextmanager
def two_venues(
    folder: Path, *, line: Line | None = None, rulebook: str = RULEBOOK, branch_seats: int = 2
) -> Iterator[TwoVenues]:
    """Start both venues and let the meeting begin; stop everything at the end.

    With a `line`, the venues reach one another through it and in no other way.
    """
    workshop = open_workshop()
    plans = plan_venues({venue: VENUES[venue] for venue in (MAIN, BRANCH)}, folder)
    venues = [
        replace(plan, database_url=venue_database_url(place)) for place, plan in enumerate(plans)
    ]
    write_settings(venues, workshop.make_keys, demo=True)
    if line is not None:
        line.lay(*venues)
    codes = first_accounts(venues, workshop)
    with ThreadPoolExecutor(1) as threads, running(venues):
        plan = _plan(venues, codes, rulebook, branch_seats)
        held = Held()
        meeting = threads.submit(asyncio.run, _hold(plan, workshop, held))
        meeting.add_done_callback(_tell_failure)
        yield TwoVenues(venues[0], venues[1], meeting, held)


def check_both_hold_the_same(venues: TwoVenues) -> None:
    """Ask both databases beside their servers: one record, to the last byte and the same root."""
    urls = [load_settings(plan.settings_file).database for plan in (venues.main, venues.branch)]
    assert urls[0] != urls[1]
    with _database_at(urls[0]) as at_main, _database_at(urls[1]) as at_branch:
        end = time.monotonic() + ARRIVAL_S
        while (held := _held(at_main)) != (there := _held(at_branch)) and time.monotonic() < end:
            time.sleep(0.1)
    assert held == there
    assert held.size == len(held.lines) > 0


@dataclass(frozen=True, slots=True)
class _Held:
    """A session's record in one database."""

    size: int
    root: bytes
    lines: list[bytes]


def _held(store: SqlRecordStore) -> _Held:
    with store.read() as reader:
        head = reader.head(SESSION)
        assert head is not None
        lines = reader.lines(SESSION, 0, head.size + 1)
        return _Held(head.size, head.root, [bytes(one.line) for one in lines])


@contextlib.contextmanager
def _database_at(url: str) -> Iterator[SqlRecordStore]:
    store = SqlRecordStore(url, checkpoints=False)
    try:
        yield store
    finally:
        store.close()


def _tell_failure(meeting: Future[View]) -> None:
    if (error := meeting.exception()) is not None:
        traceback.print_exception(error)


async def _hold(plan: MeetingPlan, workshop: Workshop, held: Held) -> View:
    async with contextlib.AsyncExitStack() as stack:
        meeting = BranchMeeting(plan, BranchPlay(), workshop.devices, stack, _tell_nobody)
        held.meeting, held.loop = meeting, asyncio.get_running_loop()
        return await meeting.hold()


def _tell_nobody(_event: str, _facts: object) -> None:
    """The browsers show what happens."""


def _plan(
    venues: list[VenuePlan], codes: dict[str, str], rulebook: str, branch_seats: int
) -> MeetingPlan:
    tender = example_tender() | {"panel": _panel(branch_seats), "custody": _custody()}
    return MeetingPlan(
        session=SESSION,
        title=tender["title"],
        rulebook=rulebook,
        venues=venues,
        officers=2,
        tender=tender,
        bids=example_bids([bid_pdf(0)] * 5)[:2],
        pool=example_pool([MAIN, BRANCH]),
        codes=codes,
    )


def _panel(branch_seats: int) -> dict[str, Any]:
    disciplines = [
        {"id": "property", "name": "物业管理", "members": 2},
        {"id": "finance", "name": "财务会计", "members": 1},
    ]
    seats = [
        {"venue": MAIN, "members": 3 - branch_seats},
        {"venue": BRANCH, "members": branch_seats},
    ]
    return {"members": 3, "representatives": 0, "disciplines": disciplines, "seats": seats}


def _custody() -> dict[str, Any]:
    venues = {
        "threshold": 2,
        "custodians": [f"venue/{MAIN}", f"venue/{BRANCH}", "supervisor-1"],
    }
    officers = {"threshold": 2, "custodians": ["officer-1", "officer-2"]}
    return {"bids": officers, "marks": venues, "identities": venues, "nonces": venues}
