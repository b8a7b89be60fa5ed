"""Marked secrets of a running session stand nowhere before the day on which they may be read.

Two venues hold a session with logs at debug level. At three moments everything that lies in the
venues' folders is copied (databases, write-ahead logs, logs, files, scratch) and every page is
asked for by everybody; all answers and live events are kept too. Afterwards all of it is searched
for what was secret at that moment, in every form of `canary.forms`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import shutil
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from bideval.cli.workshop import open_workshop
from bideval.evidence.encoding import unb64u
from bideval.evidence.sealing import age_decrypt, combine_shares, parse_seal
from bideval.ledger.entry import parse_entry
from bideval.ledger.line import parse_line
from bideval.rehearsal.example_play import VENUES, ExamplePlay, example_bids, example_tender
from bideval.rehearsal.example_pool import example_pool
from bideval.rehearsal.meeting import Meeting, MeetingPlan
from bideval.rehearsal.servers import running, write_settings
from bideval.rehearsal.stage import first_accounts, plan_venues
from tests.integration.rehearsal.canary import files_below, leaks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bideval.rehearsal.client import Desk, View
    from bideval.rehearsal.servers import VenuePlan
    from bideval.terms.identifiers import Role

MAIN, BRANCH = "fenghe", "wencheng"
SESSION = "fenghe-2026-0300"
OFFER = "canary-offer-5b1f77c2"
REMARK = "canary-remark-e09d4a61"
NAME = "canary{:04d}zq"
SEALED, OPENING, COMMITTED, SCORED = "sealed", "opening", "committed", "first sheet signed"
PAGES = ("", "/desk", "/opening", "/draw", "/board", "/work", "/record", "/report", "/seal")

pytestmark = pytest.mark.timeout(400)


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
class Watched(Meeting):
    """A meeting that ends at the first signed sheet, and keeps what lay around and was answered."""

    copies: dict[str, dict[str, bytes]] = field(default_factory=dict)
    answers: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    stage: str = SEALED
    signed: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @override
    async def hold(self) -> View:
        await self._gather()
        async with self.tasks:
            await self._hand_in(await self._publish())
            await self.look(SEALED)
            self.stage = OPENING
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
        if stage in self.copies:
            return
        self.copies[stage] = {}
        for desk in list(self.desks.values()):
            for page in PAGES:
                await desk._client.get(f"/sessions/{SESSION}{page}")
            await desk._client.get(f"/api/sessions/{SESSION}/bundle")
        for plan in self.plan.venues:
            copy = plan.folder.with_name(f"{plan.id}-{len(self.copies)}")
            await asyncio.to_thread(shutil.copytree, plan.folder, copy)
            found = files_below(copy)
            self.copies[stage] |= {f"{plan.id}: {name}": one for name, one in found.items()}


def _listen(desk: Desk, meeting: Watched) -> None:
    """Keep every answer and live event that this person gets; look when the moment has come."""
    live, say = desk.live, desk.say

    async def keep(response: Any) -> None:
        content = await response.aread()
        heard = meeting.answers[meeting.stage]
        heard[f"{desk.person}: {response.request.url.path} {len(heard)}"] = content

    async def listen(session: str) -> AsyncIterator[dict[str, Any]]:
        async for told in live(session):
            heard = meeting.answers[meeting.stage]
            heard[f"{desk.person}: live {len(heard)}"] = json.dumps(told).encode()
            yield told

    async def speak(session: str, kind: str, body: dict[str, Any]) -> Any:
        if kind == "nonce.sealed":
            meeting.stage = COMMITTED
            await meeting.look(COMMITTED)
        if kind != "scoresheet.signed":
            return await say(session, kind, body)
        if meeting.signed:
            await asyncio.Event().wait()  # with a sheet missing nothing is released
        meeting.signed = True
        await say(session, kind, body)
        meeting.stage = SCORED
        await meeting.look(SCORED)
        meeting.ended.set()
        return {}

    desk._client.event_hooks = {"request": [], "response": [keep]}
    desk.live, desk.say = listen, speak


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
    head, *rows = example_pool([MAIN, BRANCH]).splitlines()
    named = [f"{NAME.format(at)},{row.partition(',')[2]}" for at, row in enumerate(rows)]
    return "\n".join([head, *named, ""])


@dataclass(frozen=True, slots=True)
class Held:
    """What a session left behind: copies and answers by stage, and the marks that were given."""

    copies: dict[str, dict[str, bytes]]
    answers: dict[str, dict[str, bytes]]
    marks: dict[str, bytes]
    nonces: dict[str, bytes]
    names: dict[str, bytes]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    folder = tmp_path_factory.mktemp("canary")
    workshop = open_workshop()
    venues = plan_venues({venue: VENUES[venue] for venue in (MAIN, BRANCH)}, folder)
    write_settings(venues, workshop.make_keys, demo=True)
    for plan in venues:
        text = plan.settings_file.read_text()
        assert 'log_level = "warning"' in text
        plan.settings_file.write_text(text.replace('"warning"', '"debug"', 1))
    codes = first_accounts(venues, workshop)
    play = MarkedPlay()
    with running(venues):
        copies, answers = {}, defaultdict(dict)
        asyncio.run(_hold(_plan(venues, codes), play, copies, answers))
    names = {f"expert {at}": NAME.format(at).encode() for at in range(len(_marked_pool().split()))}
    database = next((folder / f"{MAIN}-3").glob("**/*.sqlite"))
    return Held(copies, answers, play.given, _nonces(database), names)


async def _hold(
    plan: MeetingPlan, play: MarkedPlay, copies: dict[str, Any], answers: dict[str, Any]
) -> None:
    devices = open_workshop().devices
    async with contextlib.AsyncExitStack() as stack:
        meeting = Watched(plan, play, devices, stack, _quiet, copies=copies, answers=answers)
        held = asyncio.create_task(meeting.hold())
        seen = asyncio.create_task(meeting.ended.wait())
        await asyncio.wait({held, seen}, return_when=asyncio.FIRST_COMPLETED)
        if held.done():
            held.result()
        await _dismiss()


async def _dismiss() -> None:
    """Cancel whatever goes on, until nothing does: a task may lose a cancellation."""
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


def branch_only(places: dict[str, bytes]) -> dict[str, bytes]:
    return {name: one for name, one in places.items() if name.startswith(f"{BRANCH}: ")}


def test_the_session_was_really_watched(held: Held) -> None:
    assert sorted(held.copies) == sorted([SEALED, COMMITTED, SCORED])
    kinds = {name.rpartition(".")[2] for name in held.copies[SCORED]}
    assert {"log", "sqlite", "sqlite-wal"} <= kinds
    assert sorted(held.nonces) == ["supervisor-1", f"venue/{MAIN}", f"venue/{BRANCH}"]
    assert len(held.marks) >= 10
    assert any(name.partition(": ")[2].startswith("live") for name in held.answers[COMMITTED])


def test_nobody_finds_a_bid_before_the_opening(held: Held) -> None:
    secrets = {"offer": OFFER.encode(), "remark": REMARK.encode()}
    assert leaks(held.copies[SEALED], secrets) == []
    assert leaks(held.answers[SEALED], secrets) == []


def test_nobody_finds_a_nonce_before_all_have_committed(held: Held) -> None:
    places = held.copies[SEALED] | held.copies[COMMITTED]
    assert leaks(places, held.nonces) == []
    assert leaks(held.answers[SEALED], held.nonces) == []


def test_nobody_finds_a_mark_before_the_release(held: Held) -> None:
    assert leaks(held.copies[SCORED], held.marks) == []
    for answers in held.answers.values():
        assert leaks(answers, held.marks) == []


def test_a_branch_finds_no_name_of_an_expert_who_does_not_come_to_it(held: Held) -> None:
    places = branch_only(held.copies[SCORED])
    found = {leak.secret for leak in leaks(places, held.names)}
    assert len(found) <= 2  # those who sit there
    logs = {name: one for name, one in held.copies[SCORED].items() if name.endswith(".log")}
    assert leaks(logs, held.names) == []


def test_nobody_but_the_operators_is_told_a_name(held: Held) -> None:
    for answers in held.answers.values():
        told = {name: one for name, one in answers.items() if not name.startswith("operator-")}
        assert leaks(told, held.names) == []


# The search itself finds what is there


TEXT = "专家甲乙 canary-5b1f77c2"


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize(
    "write",
    [
        lambda before, text: before.encode() + text.encode() + b"<",
        lambda before, text: base64.b64encode(f"{before}{text}<>".encode()),
        lambda before, text: base64.urlsafe_b64encode(f"{before}{text}<>".encode()),
        lambda before, text: f"{before}{text}<".encode().hex().encode(),
        lambda before, text: f"{before}{text}<".encode().hex().upper().encode(),
        lambda before, text: f"{before}{text}<".encode("utf-16-le"),
        lambda before, text: f"{before}{text}<".encode("utf-16-be"),
        lambda before, text: json.dumps(before + text + "<").encode(),
    ],
    ids=["raw", "base64", "base64url", "hex", "HEX", "utf-16-le", "utf-16-be", "json"],
)
def test_a_planted_secret_is_found_however_it_is_written(
    write: Callable[[str, str], bytes], before: int
) -> None:
    place = {"log": b"event: " + write("?" * before, TEXT)}
    assert {leak.secret for leak in leaks(place, {"planted": TEXT.encode()})} == {"planted"}
    other = TEXT.replace("canary", "canari")
    assert leaks({"log": write("?" * before, other)}, {"planted": TEXT.encode()}) == []


def test_a_leak_planted_in_what_the_session_left_is_found(held: Held) -> None:

    mark = next(iter(held.marks.values()))
    line = b'{"event": "sheet", "body": "' + base64.urlsafe_b64encode(b'{"mark":"' + mark + b'"}')
    copies = held.copies[SCORED]
    log = next(name for name in copies if name.endswith(".log"))
    wal = next(name for name in copies if name.endswith("-wal"))
    twin = copies | {log: copies[log] + line, wal: copies[wal] + mark.decode().encode("utf-16-le")}
    found = leaks(twin, held.marks)
    assert {(one.place, one.form.partition(" ")[0]) for one in found} == {
        (log, "base64"),
        (wal, "utf-16-le"),
    }
