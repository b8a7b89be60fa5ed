"""One session on one link: who is main of it, and its two streams and notes.

Decided here: main gets the branch's own lines and sends the record, a branch the other way round.
Not decided here: when a session begins and stops to flow; see sessions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.sync import messages
from bideval.sync.notes import CheckpointNote, NotesDown, NotesUp
from bideval.sync.receiving import ReceivingStream
from bideval.sync.trails import Direction, trail_at

if TYPE_CHECKING:
    from bideval.sync.sending import SendingStream
    from bideval.sync.words import Placed


@dataclass(frozen=True, slots=True)
class SharedSession:
    """A live session that we share with the peer, as our storage has it.

    `main`: we are its main venue; then `n` and `state` are the count and chain of the peer's own
    lines here, otherwise the size and serialised frontier of our copy of the record.
    `state` may be empty for `n` 0. `epoch` counts the lives of our copy.
    `checkpoint`: at main, the newest one if the peer's cosignature is missing.
    `size`: at main, the record's size by which the peer's `n` lines were placed; 0: not known.
    `placed`: at a branch, main's newest word about the places of our lines.
    """

    session: str
    main: bool
    n: int = 0
    state: bytes = b""
    epoch: int = 1
    checkpoint: CheckpointNote | None = None
    size: int = 0
    placed: Placed | None = None


class LinkedSession:
    """One session on this link."""

    def __init__(self, shared: SharedSession, *, peer: str, now: int) -> None:
        self.id = shared.session
        self.main = shared.main
        self.epoch = shared.epoch
        self.size = shared.size
        self._place = _stated_place(None if shared.main else shared.placed)
        self.asked_at = now
        self.sends = Direction.DOWN if self.main else Direction.UP
        gets = Direction.UP if self.main else Direction.DOWN
        trail = trail_at(gets, session=self.id, origin=peer, n=shared.n, state=shared.state)
        self.receiving = ReceivingStream(self.id, direction=gets, origin=peer, trail=trail)
        self.stated: messages.StatedMark | None = None
        self.sending: SendingStream | None = None
        self.vouched = False
        self.promised: Placed | None = None
        """At main: what it has signed to the branch about lines that it has lost."""
        self.early_word: messages.PlacedWord | None = None
        """Main's word that came before its mark was compared; the newest is enough."""
        self.placed = 0
        """At a branch: how many of its lines main has signed that it has placed."""
        self.vouched_at = now
        """When we last vouched for what the peer has."""
        self.down = NotesDown()
        self.up = NotesUp()
        if shared.checkpoint is not None:
            self.down.offer(shared.checkpoint)

    def mark(self) -> messages.StatedMark:
        """Return our durable mark for the peer."""
        mark, place = self.receiving.durable, self._place
        return messages.StatedMark(self.id, self.main, mark.n, mark.digest, self.epoch, place)


def _stated_place(word: Placed | None) -> messages.StatedPlace | None:
    if word is None:
        return None
    return messages.StatedPlace(word.n, word.digest, word.size, word.signature)
