"""A session that is watched: what its venues write, say, answer and export, moment by moment.

Decided here: what is marked and what is kept.
Not decided here: what must not be in it (test_canary).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from bideval.cli.backup import backup_venue
from bideval.cli.workshop import open_workshop
from bideval.evidence.encoding import unb64u
from bideval.evidence.sealing import age_decrypt, combine_shares, parse_seal
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.rehearsal.example_play import VENUES, ExamplePlay, example_bids, example_tender
from bideval.rehearsal.example_pool import example_pool
from bideval.rehearsal.meeting import Meeting, MeetingPlan
from bideval.rehearsal.servers import write_settings
from bideval.rehearsal.stage import first_accounts, plan_venues
from bideval.settings import load_settings
from tests.integration.rehearsal.canary import files_below
from tests.integration.rehearsal.scratch_watch import ScratchWatch
from tests.integration.rehearsal.tap import tapped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from bideval.rehearsal.client import Desk, View
    from bideval.rehearsal.servers import VenuePlan
    from bideval.terms.identifiers import Role

MAIN, BRANCH = "fenghe", "wencheng"
SESSION = "fenghe-2026-0300"
OFFER = "canary-offer-5b1f77c2"
REMARK = "canary-remark-e09d4a61"
NAME = "canary{:04d}zq"
POOL_BYTES = 2 << 20
"""Bytes of the pool's table: twice what servers of forms commonly keep in memory."""
SEALED, OPENING, COMMITTED, SCORED = "sealed", "opening", "committed", "first sheet signed"
ROOMS = (
    "", "/tender", "/desk", "/opening", "/draw", "/checkin", "/board", "/work", "/declare",
    "/chair", "/responsiveness", "/score", "/correct", "/result",
    "/confirm", "/record", "/report", "/seal",
)  # fmt: skip
EXPORTS = ("", "/bundle", "/report.pdf")
EVERYWHERE = ("/", "/healthz", "/metrics", "/api/venue", "/api/me", "/api/sessions", "/demo")
READY = "is ready at"
START_S = 90.0


class MarkedPlay(ExamplePlay):
    """The example, with marks that nothing else in the world looks like."""

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[str, bytes] = {}

    @override
    def chair(self, view: View) -> str:
        return f"{MAIN}-01"

    @override
    def marks(self, person: str, view: View) -> dict[str, dict[str, str | None]]:
        sheet = super().marks(person, view)
        for bid, row in sheet.items():
            for criterion in row:
                if criterion.startswith("T"):
                    mark = f"5.{1_234_567 + 7_919 * len(self.given)}"
                    self.given[f"{person} {bid} {criterion}"] = mark.encode()
                    row[criterion] = mark
        return sheet


@dataclass(slots=True)
class Seen:
    """What was seen by stage and place; `stage` is the present one."""

    stage: str = SEALED
    copies: dict[str, dict[str, bytes]] = field(default_factory=dict)
    requests: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    answers: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    wires: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    scratch: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))

    def hear(self, between: str, way: str, said: bytes) -> None:
        """Keep what a venue says to another, word after word."""
        said_before = self.wires[self.stage].get(f"{between} {way}", b"")
        self.wires[self.stage][f"{between} {way}"] = said_before + said

    def find(self, where: str, content: bytes) -> None:
        """Keep what lay in a temporary file."""
        kept = self.scratch[self.stage]
        kept[f"{where} {len(kept)}"] = content


@dataclass(slots=True)
class Watched(Meeting):
    """A meeting that ends at the first signed sheet, and keeps what lay around and was answered."""

    seen: Seen = field(default_factory=Seen)
    signed: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @override
    async def hold(self) -> View:
        await self._gather()
        async with self.tasks:
            await self._hand_in(await self._publish())
            await self.look(SEALED)
            self.seen.stage = OPENING
            self._start_officials()
            self.tasks.create_task(self._panel())
            return await self._wait(lambda _view: False, "the end of the test")

    @override
    async def _desk(self, person: str, role: Role, plan: VenuePlan) -> Desk:
        desk = await Meeting._desk(self, person, role, plan)
        _listen(desk, self)
        return desk

    async def look(self, stage: str) -> None:
        """Keep copies of everything, ask for every page, and go on to the next stage."""
        if stage in self.seen.copies:
            return
        self.seen.copies[stage] = {}
        one_of_each = {
            (desk.url, person.split("-")[0]): desk for person, desk in self.desks.items()
        }
        for desk in one_of_each.values():
            for page in self._addresses():
                await desk._client.get(page)
        await self._receipts()
        for plan in self.plan.venues:
            copy = plan.folder.with_name(f"{plan.id}-{len(self.seen.copies)}")
            await asyncio.to_thread(shutil.copytree, plan.folder, copy)
            backup = copy / "export.backup"
            await asyncio.to_thread(backup_venue, load_settings(plan.settings_file), backup)
            found = files_below(copy)
            self.seen.copies[stage] |= {f"{plan.id}: {name}": one for name, one in found.items()}

    def _addresses(self) -> Iterator[str]:
        yield from EVERYWHERE
        yield from (f"/sessions/{SESSION}{room}" for room in ROOMS)
        yield from (f"/api/sessions/{SESSION}{export}" for export in EXPORTS)

    async def _receipts(self) -> None:
        """Ask for the receipts of the newest entries, also of those that are not one's own."""
        database = next(self.plan.venues[0].folder.glob("**/*.sqlite"))
        with contextlib.closing(sqlite3.connect(database)) as opened:
            asked = "select entry_hash from line where session = ? order by rowid desc limit 12"
            hashes = [row[0] for row in opened.execute(asked, (SESSION,))]
        bidder = next(one for name, one in self.desks.items() if name.startswith("bidder"))
        for desk in (self.lead, bidder):
            for entry in hashes:
                for part in ("", "/receipt", "/kept"):
                    await desk._client.get(f"/api/sessions/{SESSION}/entries/{entry}{part}")


def _listen(desk: Desk, meeting: Watched) -> None:
    """Keep what this person asks and is told; look when the moment has come."""
    live, say, seen = desk.live, desk.say, meeting.seen
    desk._client.event_hooks = _hooks(desk.person, seen)

    async def listen(session: str) -> AsyncIterator[dict[str, Any]]:
        async for told in live(session):
            heard = seen.answers[seen.stage]
            heard[f"{desk.person}: live {len(heard)}"] = json.dumps(told).encode()
            yield told

    async def speak(session: str, kind: str, body: dict[str, Any]) -> Any:
        if kind == "nonce.sealed":
            meeting.seen.stage = COMMITTED
            await meeting.look(COMMITTED)
        if kind != "scoresheet.signed":
            return await say(session, kind, body)
        if meeting.signed:
            await asyncio.Event().wait()  # with a sheet missing nothing is released
        meeting.signed = True
        await say(session, kind, body)
        meeting.seen.stage = SCORED
        await meeting.look(SCORED)
        meeting.ended.set()
        return {}

    desk.live, desk.say = listen, speak


def _hooks(person: str, seen: Seen) -> dict[str, list[Callable[[Any], Awaitable[None]]]]:
    """Return what keeps every request and every answer."""

    async def sent(request: Any) -> None:
        content = await request.aread()
        asked = seen.requests[seen.stage]
        asked[f"{person}: {request.url.path} {len(asked)}"] = content

    async def keep(response: Any) -> None:
        content = await response.aread()
        heard = seen.answers[seen.stage]
        heard[f"{person}: {response.request.url.path} {len(heard)}"] = content

    return {"request": [sent], "response": [keep]}


def _plan(venues: list[VenuePlan], codes: dict[str, str]) -> MeetingPlan:
    tender = example_tender()
    for criterion in tender["method"]["criteria"]:
        if criterion["id"].startswith("T"):
            criterion["step"] = "0.0000001"
    disciplines = [{"id": "property", "name": "物业管理", "members": 3}]
    seats = [{"venue": MAIN, "members": 1}, {"venue": BRANCH, "members": 2}]
    tender["panel"] = {
        "members": 3,
        "representatives": 0,
        "disciplines": disciplines,
        "seats": seats,
    }
    keepers = {
        "threshold": 2,
        "custodians": [f"venue/{MAIN}", f"venue/{BRANCH}", "supervisor-1"],
    }
    officers = {"threshold": 2, "custodians": ["officer-1", "officer-2"]}
    tender["custody"] = {
        "bids": officers,
        "marks": keepers,
        "identities": keepers,
        "nonces": keepers,
    }
    offer = f"%PDF-1.7 {OFFER}".encode()
    bids = [
        replace(bid, sheet=bid.sheet._replace(remarks=REMARK))
        for bid in example_bids([offer] * 5)[:2]
    ]
    return MeetingPlan(
        session=SESSION,
        title=tender["title"],
        rulebook="rehearsal/1",
        venues=venues,
        officers=2,
        tender=tender,
        bids=bids,
        pool=_marked_pool(),
        codes=codes,
    )


def _marked_pool() -> str:
    """Return a table of megabytes: an empty row, which an import passes over, behind each expert.

    What is larger than a server keeps in memory waits somewhere else.
    """
    head, *rows = example_pool([MAIN, BRANCH]).splitlines()
    empty = "," * (POOL_BYTES // len(rows))
    named = (f"{NAME.format(at)},{row.partition(',')[2]}" for at, row in enumerate(rows))
    return "\n".join([head, *(line for row in named for line in (row, empty)), ""])


@dataclass(frozen=True, slots=True)
class Held:
    """What a session left behind: what was seen, and the secrets that were in it."""

    seen: Seen
    marks: dict[str, bytes]
    nonces: dict[str, bytes]
    names: dict[str, bytes]
    looks: int


def hold_watched(folder: Path) -> Held:
    """Hold the session below `folder` until the first sheet is signed; return all that was seen."""
    workshop = open_workshop()
    venues = plan_venues({venue: VENUES[venue] for venue in (MAIN, BRANCH)}, folder)
    write_settings(venues, workshop.make_keys, demo=True)
    for plan in venues:
        text = plan.settings_file.read_text()
        assert 'log_level = "warning"' in text
        plan.settings_file.write_text(text.replace('"warning"', '"debug"', 1))
    codes = first_accounts(venues, workshop)
    play, seen = MarkedPlay(), Seen()
    temporary = {plan.id: folder / f"tmp-{plan.id}" for plan in venues}
    watch = ScratchWatch(temporary.values(), [plan.folder for plan in venues], seen.find)
    with _tapped(venues, seen), _servers(venues, temporary, watch):
        asyncio.run(_hold(_plan(venues, codes), play, seen))
    watch.stop()
    experts = range(_marked_pool().count(NAME[:6]))
    names = {f"expert {at}": NAME.format(at).encode() for at in experts}
    database = next((folder / f"{MAIN}-3").glob("**/*.sqlite"))
    return Held(seen, play.given, _nonces(database), names, watch.looks)


@contextlib.contextmanager
def _tapped(venues: list[VenuePlan], seen: Seen) -> Iterator[None]:
    """Let every venue call the others through a tap."""
    with contextlib.ExitStack() as stack:
        for plan in venues:
            text = plan.settings_file.read_text()
            for other in venues:
                if other is not plan:
                    hear = partial(seen.hear, f"{plan.id} calls {other.id}")
                    port = stack.enter_context(tapped(other.port, hear))
                    text = text.replace(f":{other.port}/link", f":{port}/link")
            plan.settings_file.write_text(text)
        yield


@contextlib.contextmanager
def _servers(
    venues: list[VenuePlan], temporary: dict[str, Path], watch: ScratchWatch
) -> Iterator[None]:
    """Run the venues' servers, each with a folder of its own for temporary files."""
    running = []
    try:
        for plan in venues:
            temporary[plan.id].mkdir()
            log = plan.log_file.open("ab")
            command = [sys.executable, "-m", "bideval.cli", "serve", "--config"]
            environment = os.environ | {"TMPDIR": str(temporary[plan.id])}
            server = subprocess.Popen(
                [*command, str(plan.settings_file)],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
            )
            running.append((server, log))
        watch.follow([server.pid for server, _ in running])
        end = time.monotonic() + START_S
        while not all(READY in plan.log_file.read_text() for plan in venues):
            assert time.monotonic() < end
            time.sleep(0.05)
        yield
    finally:
        for server, log in running:
            server.terminate()
            server.wait(30)
            log.close()


async def _hold(plan: MeetingPlan, play: MarkedPlay, seen: Seen) -> None:
    devices = open_workshop().devices
    async with contextlib.AsyncExitStack() as stack:
        meeting = Watched(plan, play, devices, stack, _quiet, seen=seen)
        held = asyncio.create_task(meeting.hold())
        ended = asyncio.create_task(meeting.ended.wait())
        await asyncio.wait({held, ended}, return_when=asyncio.FIRST_COMPLETED)
        if held.done():
            held.result()
        await _dismiss()


async def _dismiss() -> None:
    """Cancel whatever goes on, until nothing does: a task may lose a cancellation.

    A client that is dismissed while it calls leaves a coroutine that never ran, which is no fault.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        await _cancel_all()
        gc.collect()


async def _cancel_all() -> None:
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=1.0)


def _quiet(_event: str, _facts: object) -> None:
    """Nobody is told."""


def _nonces(database: Path) -> dict[str, bytes]:
    """Return the nonces of the draw, opened with the shares that the record has by now."""
    with contextlib.closing(sqlite3.connect(database)) as opened:
        rows = opened.execute("select line from line where session = ?", (SESSION,)).fetchall()
    entries = [parse_entry(parse_line(bytes(row[0])).jws) for row in rows]
    shares: dict[str, dict[str, bytes]] = defaultdict(dict)
    for entry in entries:
        if entry.kind == "share.released":
            shares[str(entry.body["recipient"])][entry.author] = unb64u(str(entry.body["share"]))
    found = {}
    for entry in entries:
        if entry.kind == "nonce.sealed":
            seal = parse_seal(entry.body["seal"], "seal")
            identity = combine_shares(seal, shares[seal.recipient])
            found[entry.author] = age_decrypt(identity, unb64u(str(entry.body["ciphertext"])))
    return found
