"""The states of a link and the moves between them; what a peer may say in each.

Decided here: two tables. A move that is not in MOVES is our own fault and raises; a message that
is not in HEARD is the peer's fault and closes the link.
Not decided here: what is done at a move; see the machine.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bideval.sync import messages
from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from collections.abc import Mapping


class State(StrEnum):
    """Where one connection stands."""

    CONNECTING = "connecting"
    HELLO_SENT = "hello_sent"
    PROVING = "proving"
    ESTABLISHED = "established"
    CLOSING = "closing"
    CLOSED = "closed"


class Event(StrEnum):
    """What moves a link."""

    START = "start"
    PEER_HELLO = "peer_hello"
    PEER_PROVED = "peer_proved"
    SHUT = "shut"
    LOST = "lost"


MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.CONNECTING, Event.START): State.HELLO_SENT,
    (State.CONNECTING, Event.LOST): State.CLOSED,
    (State.HELLO_SENT, Event.PEER_HELLO): State.PROVING,
    (State.HELLO_SENT, Event.SHUT): State.CLOSING,
    (State.HELLO_SENT, Event.LOST): State.CLOSED,
    (State.PROVING, Event.PEER_PROVED): State.ESTABLISHED,
    (State.PROVING, Event.SHUT): State.CLOSING,
    (State.PROVING, Event.LOST): State.CLOSED,
    (State.ESTABLISHED, Event.SHUT): State.CLOSING,
    (State.ESTABLISHED, Event.LOST): State.CLOSED,
    (State.CLOSING, Event.LOST): State.CLOSED,
}

_ESTABLISHED: Final[frozenset[type]] = frozenset(
    (
        messages.Marks,
        messages.Refuse,
        messages.Lines,
        messages.Ack,
        messages.Vouched,
        messages.PlacedWord,
        messages.Checkpoint,
        messages.Cosign,
        messages.Head,
        messages.Told,
        messages.Proof,
        messages.Want,
        messages.Chunk,
        messages.Absent,
        messages.Ping,
        messages.Pong,
    )
)

HEARD: Final[Mapping[State, frozenset[type]]] = {
    State.CONNECTING: frozenset(),
    State.HELLO_SENT: frozenset((messages.Hello,)),
    State.PROVING: frozenset((messages.Prove,)),
    State.ESTABLISHED: _ESTABLISHED,
    State.CLOSING: frozenset(),
    State.CLOSED: frozenset(),
}


def moved(state: State, event: Event) -> State:
    """Return the state after `event`.

    Raises FaultError `link_move` when the table has no such move.
    """
    try:
        return MOVES[state, event]
    except KeyError:
        raise FaultError("link_move", detail=f"no move from {state} by {event}") from None
