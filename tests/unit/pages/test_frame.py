"""What stands around every page."""

from __future__ import annotations

import pytest

from bideval.pages.html_room import roles_of
from bideval.pages.views.frame import ROOMS, going_on, rooms_of, steps_of
from bideval.session.names import COURSE, Phase
from bideval.terms.identifiers import Role


@pytest.mark.parametrize(
    ("phase", "now"),
    [
        (Phase.PREPARED, Phase.PREPARED),
        (Phase.OPENED, Phase.DRAWN),
        (Phase.CHAIRED, Phase.RESPONSIVENESS),
        (Phase.RESPONSIVENESS, Phase.RESPONSIVENESS),
        (Phase.SCORING, Phase.SCORING),
        (Phase.RELEASED, Phase.CONSOLIDATED),
        (Phase.CONSOLIDATED, Phase.CONFIRMED),
        (Phase.REPORTED, Phase.REPORTED),
    ],
)
def test_step_that_is_going_on_follows_what_is_reached(phase: Phase, now: Phase) -> None:
    assert going_on(phase) is now


@pytest.mark.parametrize("phase", [phase for phase in COURSE if phase is not Phase.ARCHIVED])
def test_steps_have_one_that_is_going_on(phase: Phase) -> None:
    states = [step.state for step in steps_of(phase)]

    assert states.count("now") == 1
    assert states == sorted(states, key=["done", "now", "todo"].index)


def test_steps_say_opening_once_the_box_is_closed() -> None:
    now = [step.phase for step in steps_of(Phase.PREPARED, closed=True) if step.state == "now"]

    assert now == [Phase.OPENED]


def test_steps_of_an_ended_session_have_none_going_on() -> None:
    ends = {end: {step.state for step in steps_of(end)} for end in (Phase.ARCHIVED, Phase.FAILED)}

    assert ends == {Phase.ARCHIVED: {"done"}, Phase.FAILED: {"todo"}}


def test_bidders_have_no_room_that_shows_the_panel() -> None:
    names = [room.name for room in rooms_of(Role.BIDDER, "s-001")]

    assert names == ["tender", "seal", "opening", "report"]


def test_experts_have_no_room_that_shows_others_progress() -> None:
    names = [room.name for room in rooms_of(Role.EXPERT, "s-001")]

    assert names == ["tender", "work", "result", "confirm", "report"]


def test_sheet_is_for_experts_alone() -> None:
    assert roles_of("score") == frozenset({Role.EXPERT})
    assert roles_of("desk") == ROOMS["desk"][1]
