"""Rooms of experts who are about to score: the sessions whose marks are timed.

Decided here: how many sessions N seats at several venues are spread over, the smallest such
session, how far it is brought, and that every mark is sealed and signed before anything is timed.
Not decided here: when marks are sent and what is measured (`bench_lanes`).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from typing_extensions import override

from bideval.evidence.encoding import b64u
from bideval.evidence.padding import MARK_SIZE, pad_to_size
from bideval.evidence.sealing import Purpose, age_encrypt
from bideval.rehearsal.autopilot import Expert
from bideval.rehearsal.case_meeting import OFFICERS, CasePlay, bids_of, pool_of, tender_of
from bideval.rehearsal.meeting import Meeting, MeetingPlan
from bideval.rehearsal.script import make_script
from bideval.scoring.case import parse_case
from bideval.terms.identifiers import Role

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from bideval.rehearsal.autopilot import Task
    from bideval.rehearsal.client import Desk, View
    from bideval.rehearsal.persona import Devices
    from bideval.rehearsal.script import CaseScript
    from bideval.rehearsal.servers import VenuePlan
    from bideval.scoring.case import Case

ROOM = 25
"""Seats of one session: a venue with hundreds of experts holds many sessions, and seating costs the
square of a panel, because everybody is told what everybody does."""
AT_ONCE = 3
"""Sessions that are brought to scoring at the same time."""
PREPARE_S = 300.0
"""Seconds for the experts of one session to seal their marks, on a very busy machine."""
CRITERION = "quality"
TOP_MARK = 100


@dataclass(frozen=True, slots=True)
class Seat:
    """An expert's desk with signed marks that nobody has seen yet."""

    desk: Desk
    session: str
    marks: Sequence[str]


class WaitingPlay(CasePlay):
    """People who come as far as scoring and then wait."""

    def __init__(self, script: CaseScript) -> None:
        super().__init__(script)
        self.scoring = asyncio.Event()

    @override
    def begin(self) -> None:
        """Note that marks would count now."""
        self.scoring.set()

    @override
    def wants(self, _person: str, task: Task, _view: View) -> bool:
        """Do everything but score."""
        return bool(task["task"] != "sign_sheet")


def bench_case(seats: int) -> Case:
    """Return a case of one bid and one criterion with that many members."""
    members = [f"m{number}" for number in range(seats)]
    document: dict[str, object] = {
        "format": "bideval-case/1",
        "title": "bench",
        "tender": {"category": "services"},
        "method": {
            "type": "comprehensive",
            "rounding": {"mode": "half_up", "places": 2, "when": "each_step"},
            "panel_mean": {"over": "member_total", "trim": None},
            "criteria": [
                {"id": CRITERION, "name": CRITERION, "kind": "subjective", "max": str(TOP_MARK)}
            ],
            "price": {"formula": "lowest_price", "max": "10"},
            "ties": ["evaluated_price"],
            "candidates": 1,
        },
        "members": [{"id": member} for member in members],
        "bids": [{"id": "a", "price": "1.00"}],
        "scoresheets": [{"member": member, "marks": {"a": {CRITERION: "1"}}} for member in members],
    }
    return parse_case(document)


def room_sizes(seats: int) -> list[int]:
    """Return the seats of each session: as few sessions as hold them, as even as can be."""
    rooms = -(-seats // ROOM)
    return [seats // rooms + (number < seats % rooms) for number in range(rooms)]


def room_plan(
    number: int, seats: int, venues: Sequence[VenuePlan], codes: Mapping[str, str]
) -> tuple[MeetingPlan, CaseScript]:
    """Return the meeting that seats `seats` experts, spread over all venues.

    Meetings are numbered from 1. Nobody sits in two of them: a venue bounds the open pages of one
    person.
    """
    case = bench_case(seats)
    names = [venue.id for venue in venues]
    script = make_script(case, names)
    plan = MeetingPlan(
        session=f"bench-{number}",
        title="bench",
        rulebook="rehearsal/1",
        venues=venues,
        officers=OFFICERS,
        tender=tender_of(case, script, names),
        bids=bids_of(case, script),
        pool=pool_of(script),
        codes=codes,
        seats_taken=(number - 1) * ROOM,
    )
    return plan, script


@contextlib.asynccontextmanager
async def scoring_rooms(
    rooms: Sequence[tuple[MeetingPlan, CaseScript]], devices: Devices, marks: int
) -> AsyncIterator[list[Seat]]:
    """Bring all sessions to scoring, send officials away, and give the seats with their marks.

    Nobody looks at the sessions while the marks are timed, except the seats themselves.
    """
    async with contextlib.AsyncExitStack() as stack:
        first = Meeting(rooms[0][0], WaitingPlay(rooms[0][1]), devices, stack, _silent)
        seats = await _fill(first, marks)
        officials = {
            name: desk for name, desk in first.desks.items() if desk.persona.role is not Role.EXPERT
        }
        places = asyncio.Semaphore(AT_ONCE)

        async def fill(plan: MeetingPlan, script: CaseScript) -> list[Seat]:
            async with places:
                play = WaitingPlay(script)
                meeting = Meeting(plan, play, devices, stack, _silent, desks=officials.copy())
                return await _fill(meeting, marks)

        async with asyncio.TaskGroup() as group:
            filling = [group.create_task(fill(*room)) for room in rooms[1:]]
        yield seats + [seat for task in filling for seat in task.result()]


async def _fill(meeting: Meeting, marks: int) -> list[Seat]:
    """Hold a meeting until everybody may score, then let all but the experts go."""
    play = cast("WaitingPlay", meeting.play)
    holding = asyncio.ensure_future(meeting.hold())
    ready = asyncio.ensure_future(play.scoring.wait())
    await asyncio.wait((holding, ready), return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if holding.done():
        holding.result()
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    experts = [
        Expert(desk, meeting.plan.session, play)
        for desk in meeting.desks.values()
        if desk.persona.role is Role.EXPERT
    ]
    async with asyncio.timeout(PREPARE_S):
        return [await _prepare(expert, marks) for expert in experts]


async def _prepare(expert: Expert, marks: int) -> Seat:
    view = await expert.desk.view(expert.session)
    _identity, seal = expert.deal(Purpose.MARKS, view)
    await expert.say("marks.dealt", {"seal": seal})
    bid = view["responsiveness"][0]["bid"]
    criterion = view["tender"]["method"]["criteria"][0]["id"]
    about = {"bid": bid, "criterion": criterion}
    recipient = str(seal["recipient"])
    signed = [_mark(expert, recipient, about, counter) for counter in range(1, marks + 1)]
    return Seat(expert.desk, expert.session, signed)


def _mark(expert: Expert, recipient: str, about: Mapping[str, str], counter: int) -> str:
    item: dict[str, Any] = {**about, "counter": counter}
    plain = pad_to_size({**item, "mark": str(counter % TOP_MARK)}, MARK_SIZE)
    body = {**item, "recipient": recipient, "ciphertext": b64u(age_encrypt(recipient, plain))}
    desk = expert.desk
    return desk.persona.entry(expert.session, "mark.sealed", body, devices=desk.devices)


def _silent(_event: str, _facts: Mapping[str, object]) -> None:
    """Tell nobody."""
