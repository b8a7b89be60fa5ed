"""What of an event goes to whom."""

from __future__ import annotations

import pytest

from bideval.actions.visitor import Visitor
from bideval.pages.context import LivePages
from bideval.pages.live import events_for
from bideval.ports import Event
from bideval.terms.identifiers import Role

EXPERT = Visitor("fenghua-01", Role.EXPERT, "kid", "s-1")


def event(**data):
    return Event("session.s-1", data)


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        (event(type="head", size=None), [{"type": "head", "size": None}]),
        (event(type="head", size=7), [{"type": "head", "size": 7}]),
        (event(type="phase"), [{"type": "phase"}]),
        (
            event(type="line", venue="wencheng", state="up", since=1),
            [{"type": "line", "venue": "wencheng", "state": "up", "since": 1}],
        ),
        (
            event(type="saved", author="fenghua-01", entry="e", saved="here"),
            [{"type": "saved", "entry": "e", "saved": "here"}],
        ),
        (event(type="saved", author="fenghua-02", entry="e", saved="here"), []),
        (event(type="something else", secret="x"), []),
        (event(), []),
        (Event("session.s-1", lagging=True), [{"type": "head", "size": None}]),
    ],
)
def test_event_is_told_as_far_as_it_may_be(told, heard):
    assert events_for(told, EXPERT) == heard


def test_person_has_a_number_of_pages():
    pages = LivePages()
    assert [pages.enter("a", 2) for _ in range(3)] == [True, True, False]
    assert pages.enter("b", 2)
    pages.leave("a")
    assert pages.enter("a", 2)
