"""A task is done once, and again where what was said turned out void."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from bideval.rehearsal.autopilot import TRIES, Expert, Officer
from bideval.rehearsal.client import AnswerError

TASK = {"task": "order_phase", "state": "todo", "to": "checked_in"}
OTHER = {"task": "order_phase", "state": "todo", "to": "declared"}


def view(*tasks, phase="panel_drawn"):
    return {"phase": phase, "tasks": list(tasks)}


class Desk:
    """A desk that tells views one after the other and keeps what is said.

    `void` says of which entries, `refused` which moves the venue refuses, `now` what it shows then.
    """

    person = "officer-1"

    def __init__(self, views, void=(), refused=(), now=None):
        self.views = views
        self.voids = dict(void)
        self.refused = refused
        self.now = now
        self.said = []
        self.asked = []

    @asynccontextmanager
    async def follow(self, _session):
        async def told():
            for one in self.views:
                yield one

        yield told()

    async def view(self, _session):
        return self.now

    async def say(self, _session, kind, body):
        what = body.get("to") or body.get("candidate")
        if what in self.refused:
            raise AnswerError("not_seated", detail="refused")
        self.said.append((kind, what))
        return {"entry": f"entry-{len(self.said)}"}

    async def void(self, _session, entry):
        self.asked.append(entry)
        return self.voids.get(entry)


class Willing:
    def wants(self, *_asked):
        return True

    def chair(self, seen):
        return next(one["person"] for one in seen["panel"]["members"] if one["state"] == "seated")


def held(desk):
    asyncio.run(Officer(desk, "s-001", Willing()).run())
    return [to for _, to in desk.said]


def test_task_that_stays_in_sight_is_done_once():
    desk = Desk([view(TASK), view(TASK), view(TASK), view(phase="archived")])
    assert held(desk) == ["checked_in"]
    assert desk.asked == ["entry-1", "entry-1"]


def test_task_whose_entry_turned_out_void_is_done_again():
    desk = Desk([view(TASK)] * 4, void={"entry-1": "session_paused"})
    assert held(desk) == ["checked_in", "checked_in"]
    assert desk.asked == ["entry-1", "entry-2", "entry-2"]


def test_other_task_is_not_held_back_by_a_void_one():
    desk = Desk([view(TASK, OTHER), view(TASK, OTHER)], void={"entry-2": "early"})
    assert held(desk) == ["checked_in", "declared", "declared"]


def test_task_that_is_gone_is_not_asked_about():
    desk = Desk([view(TASK), view()], void={"entry-1": "early"})
    assert (held(desk), desk.asked) == (["checked_in"], [])


def test_task_that_never_counts_is_given_up():
    always = {f"entry-{n}": "early" for n in range(1, 20)}
    desk = Desk([view(TASK)] * 12, void=always)
    assert held(desk) == ["checked_in"] * TRIES


def test_vote_for_somebody_who_left_is_given_again():
    def ballot(**states):
        members = [{"person": person, "state": state} for person, state in states.items()]
        tasks = view({"task": "vote_chair", "state": "todo"})
        return {**tasks, "panel": {"round": 2, "members": members}}

    before, after = ballot(a="seated", b="seated"), ballot(a="replaced", b="seated")
    desk = Desk([before, before, after, after, view(phase="archived")])

    asyncio.run(Expert(desk, "s-001", Willing()).run())

    assert desk.said == [("chair.voted", "a"), ("chair.voted", "b")]


def test_refusal_of_what_is_no_longer_asked_does_not_end_the_meeting():
    desk = Desk([view(TASK, OTHER), view(phase="archived")], refused=["checked_in"], now=view())
    assert held(desk) == ["declared"]


def test_refusal_of_what_is_still_asked_ends_the_meeting_in_the_end():
    once_less = Desk([view(TASK)] * (TRIES - 1), refused=["checked_in"], now=view(TASK))
    desk = Desk([view(TASK)] * TRIES, refused=["checked_in"], now=view(TASK))

    assert held(once_less) == []
    with pytest.raises(AnswerError):
        held(desk)
