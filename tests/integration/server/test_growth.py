"""Telling authors that another venue has their entries: counted, where somebody hears and not."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bideval.actions.founding import NewSession, found_session
from bideval.actions.telling import author_topic, tell_growth
from bideval.gateways.fanout import LocalFanout

SESSION = "fh-2026-0400"


class Counted(LocalFanout):
    """A fan-out that counts what is published."""

    told = 0

    def publish(self, topic, data=None):
        self.told += 1
        super().publish(topic, data)


@pytest.fixture
def venue(unserved):
    house, _ = unserved
    found_session(
        house.venue, NewSession(id=SESSION, title="Beds", rulebook="rehearsal/1", branches=[])
    )
    return replace(house.venue, devices=replace(house.venue.devices, fanout=Counted()))


def test_nothing_is_read_or_told_where_nobody_hears(venue):
    tell_growth(venue, SESSION, 0, 1)
    assert venue.devices.fanout.told == 0


def test_each_line_is_told_where_an_author_hears(venue):
    async def told():
        async with venue.devices.fanout.subscribe(author_topic(SESSION, venue.actor)) as heard:
            tell_growth(venue, SESSION, 0, 1)
            return (await anext(heard)).data["saved"]

    assert (asyncio.run(told()), venue.devices.fanout.told) == ("here", 1)
