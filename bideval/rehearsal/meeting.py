"""One session from founding to archive, held by rehearsed people over running servers.

Decided here: who is invited, enrolled and joined, and in which order the acts that no task list
asks for are done: founding, publishing, sealing, the pool, invitations, check-in, replacements.
Not decided here: what is said (the play) and how a task is done (`autopilot`).
"""

from __future__ import annotations

import asyncio
import io
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from bideval.evidence.encoding import hex_digest
from bideval.evidence.sealing import Custodian, Purpose, age_encrypt, deal_seal
from bideval.opening.package import Manifest, PackageFile, write_package
from bideval.rehearsal.autopilot import ENDED, Autopilot, Expert, Officer, Play, Supervisor
from bideval.rehearsal.client import Desk
from bideval.rehearsal.persona import new_persona
from bideval.rehearsal.watch import Watch
from bideval.terms.identifiers import Role
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
    from contextlib import AsyncExitStack

    from bideval.opening.sheet import OpeningSheet
    from bideval.rehearsal.client import View
    from bideval.rehearsal.persona import Devices
    from bideval.rehearsal.servers import VenuePlan

    Body = dict[str, object]

T = TypeVar("T")

LEAD = "officer-1"
SUPERVISOR = "supervisor-1"
PATIENCE_S = 900.0
"""Seconds that anybody waits for the others before the meeting is given up."""
SLACK_MS = 1_500
"""Milliseconds between publishing and deadline beside what this machine needs."""
HANDING_FACTOR = 1
"""How much longer handing in all bids may take than what the bidders have done just before.

So the deadline follows this machine under its present load. Before publishing, every bidder makes
keys, seals, and sends five requests that write, among them the bid's file; after, only one.
"""
TOGETHER = 4
"""People who come in or seal at the same time."""


@dataclass(frozen=True, slots=True)
class BidPlan:
    """A bid to be sealed: its id, the opening sheet, and files as (name, content, media type)."""

    id: str
    lot: str
    sheet: OpeningSheet
    files: tuple[tuple[str, bytes, str], ...] = ()


class Casting(Play, Protocol):
    """The play, and who sits where."""

    def take_seat(self, seat: int, venue: str, person: str) -> None:
        """Learn that a seat of the panel is taken by a person."""

    def answer(self, seat: Mapping[str, Any]) -> str:
        """Return a drawn expert's answer to the invitation."""

    def begin(self) -> None:
        """Learn that scoring may begin (the line has been cut, if it was to be)."""

    def leaving(self, view: View) -> list[tuple[str, str, str]]:
        """Return who is to be replaced now: (person, ground, reason)."""


@dataclass(frozen=True, slots=True)
class MeetingPlan:
    """Everything that is fixed before the meeting; `codes` open the first accounts."""

    session: str
    title: str
    rulebook: str
    venues: Sequence[VenuePlan]
    officers: int
    tender: Mapping[str, Any]
    bids: Sequence[BidPlan]
    pool: str
    codes: Mapping[str, str]
    cut_line_s: float = 0.0
    seats_taken: int = 0
    """Seats of each venue that belong to other sessions: those of this one are numbered behind."""
    slack_ms: int = SLACK_MS


@dataclass(slots=True)
class Meeting:
    """A meeting under way."""

    plan: MeetingPlan
    play: Casting
    devices: Devices
    stack: AsyncExitStack
    tell: Callable[[str, Mapping[str, object]], None]
    desks: dict[str, Desk] = field(default_factory=dict)
    """Whoever sits here already has an account: of an earlier meeting at the same venues."""
    tasks: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)

    @property
    def main(self) -> VenuePlan:
        """The main venue."""
        return self.plan.venues[0]

    @property
    def lead(self) -> Desk:
        """The officer who runs the procedure."""
        return self.desks[LEAD]

    async def hold(self) -> View:
        """Hold the meeting and return the lead officer's last view."""
        await self._gather()
        async with self.tasks:
            await self._hand_in(await self._publish())
            self._start_officials()
            self.tasks.create_task(self._report_phases())
            await self._panel()
            view = await self._wait(lambda view: view["phase"] in ENDED, "end")
        self.tell("ended", {"phase": view["phase"]})
        return view

    # Everybody comes in

    async def _gather(self) -> None:
        for plan in self.plan.venues:
            await self._enter(_operator(plan), Role.OPERATOR, plan)
        await self._enter(LEAD, Role.OFFICER, self.main)
        await self._found()
        others = [f"officer-{number}" for number in range(2, self.plan.officers + 1)]
        for person in others:
            await self._invite(person, Role.OFFICER)
        await self._invite(SUPERVISOR, Role.SUPERVISOR)
        for plan in self.plan.venues:
            operator = self.desks[_operator(plan)]
            await self._session_at(operator)
            await operator.join(self.plan.session)

    async def _found(self) -> None:
        branches = [plan.id for plan in self.plan.venues[1:]]
        asked = {"id": self.plan.session, "title": self.plan.title, "branches": branches}
        await self.lead.post("/api/sessions", {**asked, "rulebook": self.plan.rulebook})
        await self.lead.join(self.plan.session)
        self.tell("founded", {"session": self.plan.session, "branches": branches})

    async def _session_at(self, desk: Desk) -> None:
        """Wait until the session has reached a branch over the link."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = await desk.get("/api/sessions")
                if any(one["session"] == self.plan.session for one in found["sessions"]):
                    return
                await asyncio.sleep(0.1)

    async def _enter(self, person: str, role: Role, plan: VenuePlan) -> None:
        if person in self.desks:
            return
        desk = await self._desk(person, role, plan)
        await desk.enrol(self.plan.codes[person])

    async def _invite(self, person: str, role: Role) -> None:
        if person not in self.desks:
            asked = {"role": str(role), "person": person}
            code = (await self.lead.post("/api/codes", asked))["code"]
            desk = await self._desk(person, role, self.main)
            await desk.enrol(code)
        await self.desks[person].join(self.plan.session)

    async def _desk(self, person: str, role: Role, plan: VenuePlan) -> Desk:
        persona = new_persona(person, role, self.devices)
        desk = Desk(plan.url, plan.id, persona, self.devices)
        self.desks[person] = await self.stack.enter_async_context(desk)
        return desk

    # Tender and bids

    async def _publish(self) -> list[tuple[Desk, Body]]:
        """Have all bidders come and seal, then publish; return what they hand in."""
        begun = self.devices.now_ms()
        sealed = await _together(
            self._come_and_seal(f"bidder-{number:08d}", bid)
            for number, bid in enumerate(self.plan.bids, start=1)
        )
        spent = self.devices.now_ms() - begun
        deadline = self.devices.now_ms() + self.plan.slack_ms + HANDING_FACTOR * spent
        tender = {**self.plan.tender, "deadline": instant_text(deadline)}
        await self.lead.say(self.plan.session, "tender.published", {"tender": tender})
        self.tell("published", {"deadline": tender["deadline"], "bidders": len(sealed)})
        return sealed

    async def _come_and_seal(self, bidder: str, bid: BidPlan) -> tuple[Desk, Body]:
        """Seal a bid to the officers whom the tender will name, and bring its file in."""
        await self._invite(bidder, Role.BIDDER)
        session, desk = self.plan.session, self.desks[bidder]
        custody = self.plan.tender["custody"]["bids"]
        recipients = [self.desks[one].persona.recipient for one in custody["custodians"]]
        _identity, seal = deal_seal(
            session=session,
            purpose=Purpose.BID,
            custodians=list(map(Custodian, custody["custodians"], recipients)),
            threshold=custody["threshold"],
        )
        package = _package(session, bidder, bid)
        ciphertext = age_encrypt(str(seal["recipient"]), package)
        sha256 = await desk.upload(ciphertext, "application/octet-stream", session=session)
        file = {"sha256": sha256, "size": len(ciphertext)}
        return desk, {"bid": bid.id, "lot": bid.lot, "ciphertext": file, "seal": seal}

    async def _hand_in(self, sealed: Sequence[tuple[Desk, Body]]) -> None:
        await _together(desk.say(self.plan.session, "bid.sealed", body) for desk, body in sealed)
        self.tell("sealed", {"bids": len(sealed)})

    # The panel

    def _start_officials(self) -> None:
        officers = [f"officer-{number}" for number in range(2, self.plan.officers + 1)]
        self._run(Officer(self.lead, self.plan.session, self.play))
        for person in officers:
            self._run(Autopilot(self.desks[person], self.plan.session, self.play))
        self._run(Supervisor(self.desks[SUPERVISOR], self.plan.session, self.play))

    def _run(self, pilot: Autopilot) -> None:
        self.tasks.create_task(pilot.run())

    async def _wait(self, ready: Callable[[View], bool], what: str) -> View:
        return await self.lead.wait(self.plan.session, ready, what=what, patience_s=PATIENCE_S)

    async def _panel(self) -> None:
        view = await self._wait(lambda view: view["phase"] != "prepared", "opening")
        self.tell("opened", {"bids": view["bids"]})
        if view["phase"] in ENDED:
            return
        await self._seal_pool()
        await self._wait(lambda view: bool(view["seats"]), "draw")
        self.tasks.create_task(self._invitations())
        for plan in self.plan.venues:
            self.tasks.create_task(self._check_in(plan))
        self.tasks.create_task(self._scoring())

    async def _report_phases(self) -> None:
        """Tell what happens as it becomes visible, and for what the next phase waits."""
        watch = Watch()
        async with self.lead.follow(self.plan.session) as views:
            async for view in views:
                for event, facts in watch.news(view):
                    self.tell(event, facts)
                if view["phase"] in ENDED:
                    return

    async def _seal_pool(self) -> None:
        path = f"/api/sessions/{self.plan.session}/pool"
        sealed = await self.lead.send_text(path, self.plan.pool, "text/csv")
        self.tell("pool", sealed)

    async def _invitations(self) -> None:
        """Note every drawn expert's answer, also of those who follow later."""
        answered: set[str] = set()
        path = f"/api/sessions/{self.plan.session}/invitations"
        async with self.lead.follow(self.plan.session) as views:
            async for view in views:
                for seat in view["seats"]:
                    if seat["state"] != "drawn" or seat["blinded"] in answered:
                        continue
                    answered.add(seat["blinded"])
                    answer = self.play.answer(seat)
                    await self.lead.post(path, {"blinded": seat["blinded"], "answer": answer})
                    self.tell("answered", {"seat": seat["seat"], "answer": answer})
                if view["phase"] in ENDED:
                    return

    async def _check_in(self, plan: VenuePlan) -> None:
        """Seat the experts of one venue as they come."""
        operator = self.desks[_operator(plan)]
        path = f"/api/sessions/{self.plan.session}/checkin"
        seated = self.plan.seats_taken
        async with operator.follow(self.plan.session) as views:
            async for view in views:
                for seat in view["seats"]:
                    if seat["state"] != "accepted":
                        continue
                    seated += 1
                    asked = {"blinded": seat["blinded"], "seat": f"{plan.id}-{seated:02d}"}
                    code = (await operator.post(path, asked))["code"]
                    await self._seat(plan, seat["seat"], asked["seat"], code)
                if view["phase"] in ENDED:
                    return

    async def _seat(self, plan: VenuePlan, seat: int, person: str, code: str) -> None:
        desk = await self._desk(person, Role.EXPERT, plan)
        await desk.enrol(code, session=self.plan.session)
        self.play.take_seat(seat, plan.id, person)
        self.tell("seated", {"person": person, "venue": plan.id})
        self._run(Expert(desk, self.plan.session, self.play))

    async def _scoring(self) -> None:
        """Cut the line if asked for, and replace whom the play takes off."""
        view = await self._wait(lambda view: view["phase"] in {"scoring", *ENDED}, "scoring")
        if view["phase"] in ENDED:
            return
        if self.plan.cut_line_s and len(self.plan.venues) > 1:
            await self._cut_line()
        self.play.begin()
        gone: set[str] = set()
        async with self.lead.follow(self.plan.session) as views:
            async for view in views:
                if view["phase"] != "scoring":
                    return
                for person, ground, reason in self.play.leaving(view):
                    if person not in gone:
                        gone.add(person)
                        body = {"person": person, "ground": ground, "reason": reason, "by": None}
                        await self.lead.say(self.plan.session, "member.replaced", body)
                        self.tell("replaced", {"person": person})

    async def _cut_line(self) -> None:
        branch = self.plan.venues[1].id
        asked = {"peer": branch, "seconds": math.ceil(self.plan.cut_line_s)}
        await self.lead.post("/demo/cut-line", asked)
        self.tell("line_cut", asked)


async def _together(acts: Iterable[Coroutine[object, object, T]]) -> list[T]:
    """Do acts of different people, `TOGETHER` of them at a time; return what each gave."""
    places = asyncio.Semaphore(TOGETHER)

    async def one(act: Coroutine[object, object, T]) -> T:
        async with places:
            return await act

    async with asyncio.TaskGroup() as group:
        done = [group.create_task(one(act)) for act in acts]
    return [act.result() for act in done]


def _operator(plan: VenuePlan) -> str:
    return f"operator-{plan.id}"


def first_codes(venues: Sequence[VenuePlan]) -> list[tuple[VenuePlan, str, Role]]:
    """Return the accounts that cannot be invited by somebody else: venue, person, role."""
    operators = [(plan, _operator(plan), Role.OPERATOR) for plan in venues]
    return [(venues[0], LEAD, Role.OFFICER), *operators]


def _package(session: str, bidder: str, bid: BidPlan) -> bytes:
    files = tuple(
        PackageFile(name, len(content), hex_digest(content), media_type)
        for name, content, media_type in bid.files
    )
    manifest = Manifest(session, bid.id, bid.lot, bidder, bid.sheet, files)
    target = io.BytesIO()
    write_package(target, manifest, [io.BytesIO(content) for _, content, _ in bid.files])
    return target.getvalue()
