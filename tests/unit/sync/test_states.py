"""The table of a link's states."""

from __future__ import annotations

from typing import get_args

import pytest

from bideval.sync import messages
from bideval.sync.states import HEARD, MOVES, Event, State, moved
from bideval.terms.errors import FaultError


def test_link_goes_from_connecting_to_established_in_order():
    state = State.CONNECTING
    path = []
    for event in (Event.START, Event.PEER_HELLO, Event.PEER_PROVED):
        state = moved(state, event)
        path.append(state)
    assert path == [State.HELLO_SENT, State.PROVING, State.ESTABLISHED]


def test_every_living_state_can_be_lost_and_closed_is_the_end():
    lost = {state: MOVES.get((state, Event.LOST)) for state in State}
    assert lost.pop(State.CLOSED) is None
    assert set(lost.values()) == {State.CLOSED}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_move_that_is_not_in_the_table_is_an_error(state, event):
    if (state, event) in MOVES:
        assert moved(state, event) is MOVES[state, event]
        return
    with pytest.raises(FaultError) as caught:
        moved(state, event)
    assert (caught.value.code, caught.value.detail) == (
        "link_move",
        f"no move from {state} by {event}",
    )


def test_every_message_is_heard_in_exactly_one_state():
    heard = sorted(kind.__name__ for kinds in HEARD.values() for kind in kinds)
    assert heard == sorted(kind.__name__ for kind in get_args(messages.Message))
    assert set(HEARD) == set(State)
