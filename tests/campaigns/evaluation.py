"""One whole evaluation at real servers: who takes part, what they say, and its end.

Decided here: the case, and that somebody at every venue writes all the time beside it.
Not decided here: how people meet faults (`people`), who is hurt when (`injuries`) and what must be
true in the end (`judging`).
"""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bideval.audit.bundle import read_bundle
from bideval.ledger.note import parse_note
from bideval.rehearsal.case_meeting import CasePlay, bids_of, pool_of, tender_of
from bideval.rehearsal.client import AnswerError
from bideval.rehearsal.meeting import Meeting, MeetingPlan
from bideval.rehearsal.persona import new_persona
from bideval.rehearsal.script import make_script
from bideval.scoring.reading import read_case
from bideval.terms.identifiers import Role
from tests.campaigns.people import PAUSE_S

SESSION = "campaign"
OFFICERS = 3
WRITING_S = 0.5
"""Seconds between two words of a supervisor who writes all the time."""
BUNDLE_S = 90.0
"""Seconds after the end until every venue's bundle has every signature."""
SLACK_PER_INJURY_MS = 12_000
"""Milliseconds that a deadline waits for each injury during the handing in of bids."""

CASE = {
    "format": "bideval-case/1",
    "title": "Three bids, three members, one slip of the pen",
    "tender": {"category": "goods", "ceiling": "1200000.00"},
    "method": {
        "type": "comprehensive",
        "rounding": {"mode": "half_up", "places": 2, "when": "each_step"},
        "panel_mean": {"over": "member_total", "trim": None},
        "absent_marks": "refuse",
        "criteria": [
            {"id": "design", "name": "Design", "kind": "subjective", "max": "40"},
            {"id": "record", "name": "Record", "kind": "objective", "max": "30"},
        ],
        "price": {"formula": "lowest_price", "max": "30"},
        "preference": {},
        "ties": ["evaluated_price"],
        "candidates": 3,
    },
    "bids": [
        {"id": "A", "price": "1080000.00", "size": "large"},
        {"id": "B", "price": "1000000.00", "size": "large"},
        {"id": "C", "price": "960000.00", "size": "large"},
    ],
    "members": [{"id": "M1"}, {"id": "M2"}, {"id": "M3"}],
    "scoresheets": [
        {
            "member": member,
            "marks": {
                "A": {"design": design, "record": "25"},
                "B": {"design": "31", "record": "20"},
                "C": {"design": "28", "record": "22"},
            },
        }
        for member, design in (("M1", "35"), ("M2", "33"), ("M3", "36"))
    ],
}


class CampaignPlay(CasePlay):
    """The people of the case; one mistakes an objective mark and corrects it."""

    def __init__(self, script):
        super().__init__(script)
        self._wrong = None

    def wants(self, person, task, view):
        """Do not give up what a correction can still mend."""
        if task["task"] == "order_phase":
            return (view["phase"], task["to"]) != ("released", "archived")
        return super().wants(person, task, view)

    def marks(self, person, view):
        sheet = super().marks(person, view)
        if self._wrong is None:
            self._wrong = (person, min(sheet), "c02", sheet[min(sheet)]["c02"])
        mistaken, bid, criterion, _ = self._wrong
        if person != mistaken:
            return sheet
        return {**sheet, bid: {**sheet[bid], criterion: "1"}}

    def correction(self, person, finding):
        mistaken, bid, criterion, true = self._wrong
        if (person, finding["bid"], finding["criterion"]) != (mistaken, bid, criterion):
            return None
        return true, "objective", "read again"


class InjuredMeeting(Meeting):
    """A meeting of patient people."""

    who = None

    async def _desk(self, person, role, plan):
        persona = new_persona(person, role, self.devices)
        about = {"journal": self.who.journal, "surgeon": self.who.surgeon}
        desk = self.who.desk_type(plan.url, plan.id, persona, self.devices, **about)
        self.desks[person] = await self.stack.enter_async_context(desk)
        return desk


@dataclass
class Ending:
    """How an evaluation ended: its last phase and each venue's bundle."""

    phase: str
    bundles: dict


def meeting_plan(plans, codes, injuries):
    """Return the plan of the campaign's evaluation at these venues."""
    case = read_case(json.dumps(CASE).encode())
    names = [plan.id for plan in plans]
    script = make_script(case, names)
    handing = [one for one in injuries if one.step in {"files", "tender.published", "bid.sealed"}]
    plan = MeetingPlan(
        session=SESSION,
        title=script.title,
        rulebook="rehearsal/1",
        venues=plans,
        officers=OFFICERS,
        tender=tender_of(case, script, names),
        bids=bids_of(case, script),
        pool=pool_of(script),
        codes=codes,
        slack_ms=3_000 + SLACK_PER_INJURY_MS * len(handing),
    )
    return plan, CampaignPlay(script)


async def hold(plan, play, devices, *, who, limit_s):
    """Hold the evaluation; return its end with the bundle of every venue.

    `who` has the journal, the surgeon and the type of the people's desks.
    """
    surgeon = who.surgeon

    def tell(event, facts):
        if event == "published":
            surgeon.phase = "tender"
        elif event == "sealed":
            surgeon.phase = "sealing"
        elif event == "phase" and facts["phase"] not in {surgeon.phase, "prepared"}:
            surgeon.phase = facts["phase"]
            surgeon.told(f"phase {facts['phase']}")

    async with asyncio.timeout(limit_s), AsyncExitStack() as stack:
        meeting = InjuredMeeting(plan, play, devices, stack, tell)
        meeting.who = who
        auditors = [await _auditor(meeting, venue) for venue in plan.venues]
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(surgeon.watch())
            writing = [group.create_task(_write(meeting, surgeon, venue)) for venue in plan.venues]
            view = await meeting.hold()
            await asyncio.gather(*writing)
            await surgeon.finish()
            watching.cancel()
        bundles = {}
        for number, desk in enumerate(auditors):
            # A branch keeps main's signature and its own, main everybody's.
            wanted = min(2, len(plan.venues)) if number else len(plan.venues)
            bundles[desk.venue] = await _bundle(desk, wanted)
    return Ending(view["phase"], bundles)


async def _auditor(meeting, venue):
    """Return somebody at a venue who may fetch its bundle."""
    name = f"auditor-{venue.id}"
    desk = await meeting._desk(name, Role.AUDITOR, venue)
    await desk.enrol(meeting.plan.codes[name])
    return desk


async def _write(meeting, surgeon, venue):
    """Have a supervisor at a venue who writes without pause until the result stands."""
    session, name = meeting.plan.session, f"supervisor-{venue.id}"
    desk = await meeting._desk(name, Role.SUPERVISOR, venue)
    await desk.enrol(meeting.plan.codes[name])
    while True:
        try:
            await desk.join(session)
        except AnswerError:  # the session has not come here yet
            await asyncio.sleep(PAUSE_S)
        else:
            break
    number = 0
    while surgeon.phase not in {"consolidated", "confirmed", "reported", "archived"}:
        number += 1
        await desk.say(session, "supervisor.warned", {"text": f"{venue.id} {number}"})
        await asyncio.sleep(WRITING_S)


async def _bundle(desk, signatures):
    """Return the bundle once so many venues have signed its end."""
    clock = asyncio.get_running_loop().time
    end = clock() + BUNDLE_S
    while True:
        try:
            bundle = await desk.fetch(f"/api/sessions/{SESSION}/bundle")
        except AnswerError as refused:
            if refused.code != "not_covered" or clock() > end:
                raise
        else:
            signed = parse_note(read_bundle(bundle).checkpoint).signatures
            if len(signed) >= signatures:
                return bundle
            if clock() > end:
                raise TimeoutError(f"{desk.venue}: only {len(signed)} have signed the end")
        await asyncio.sleep(0.3)
