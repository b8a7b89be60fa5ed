"""Main's signed heads, which two branches of a session show each other.

Decided here: only the newest head of a session leaves, not more often than the limits say; what
arrives is judged one by one, and of each session only the newest waits; one that main has not
signed ends the connection.
Not decided here: which sessions two branches share, and what a head proves; the host knows both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.sync import limits, messages
from bideval.sync.effects import Effect, FaultKind, HeadArrived
from bideval.sync.faults import LinkFault
from bideval.sync.outbox import Outbox, Priority

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.sync.notes import CheckpointNote


class ShownHeads:
    """The heads that go over one link between branches, in both directions."""

    def __init__(self, *, outbox: Outbox, emit: Callable[[Effect], None]) -> None:
        self._outbox = outbox
        self._emit = emit
        self._unsent: dict[str, CheckpointNote] = {}
        self._sent_at: dict[str, int] = {}
        self._waiting: dict[str, messages.Head] = {}
        self._asking: messages.Head | None = None

    def show(self, session: str, note: CheckpointNote, now: int) -> None:
        """Send a head of main's that we hold; it waits while one of the session has just left."""
        self._unsent[session] = note
        self.tick(now)

    def tick(self, now: int) -> None:
        """Send what has waited long enough."""
        for session, note in list(self._unsent.items()):
            sent_at = self._sent_at.get(session)
            if sent_at is not None and now - sent_at < limits.HEAD_MS:
                continue
            del self._unsent[session]
            self._sent_at[session] = now
            message = messages.Head(session, note.size, note.note)
            self._outbox.put(Priority.NOTES, ("head", session), message)

    def arrived(self, head: messages.Head) -> None:
        """Take a head from the peer.

        Raises LinkFault when heads of more sessions wait than two venues share.
        """
        if head.session not in self._waiting and len(self._waiting) >= limits.SESSIONS:
            raise LinkFault(FaultKind.LIMIT, "too many heads")
        self._waiting[head.session] = head
        self._judge()

    def checked(self, session: str, size: int, *, signed: bool) -> None:
        """Take our host's answer.

        Raises LinkFault when main has not signed what the peer has shown.
        """
        asked = self._asking
        if asked is None or (asked.session, asked.size) != (session, size):
            return
        self._asking = None
        if not signed:
            raise LinkFault(FaultKind.AUTHENTICATION, f"{session}: main has not signed this head")
        self._judge()

    def __len__(self) -> int:
        return len(self._waiting)

    def _judge(self) -> None:
        if self._asking is not None or not self._waiting:
            return
        self._asking = self._waiting.pop(next(iter(self._waiting)))
        self._emit(HeadArrived(self._asking.session, self._asking.size, self._asking.note))
