"""Main's signed heads, which two branches of a session show each other.

Decided here: only the newest checkpoint of a session leaves, and the newest word where none says as
much for a while, not more often than the limits say; what arrives is judged one by one, and of each
session only the newest waits; what main has not signed ends the connection.
Not decided here: which sessions two branches share, and what a head proves; the host knows both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.sync import limits, messages
from bideval.sync.effects import Effect, FaultKind, HeadArrived, ReadWord, ToldArrived
from bideval.sync.faults import LinkFault
from bideval.sync.outbox import Outbox, Priority
from bideval.sync.words import RECORD, Vouch

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.sync.messages import OfBranches
    from bideval.sync.notes import CheckpointNote

    Kind = type[OfBranches]


class ShownHeads:
    """The heads that go over one link between branches, in both directions."""

    def __init__(self, *, outbox: Outbox, emit: Callable[[Effect], None]) -> None:
        self._outbox = outbox
        self._emit = emit
        self._unsent: dict[tuple[Kind, str], OfBranches] = {}
        self._sent_at: dict[tuple[Kind, str], int] = {}
        self._shown: dict[str, int] = {}
        self._grown: dict[str, int] = {}
        self._heard: set[str] = set()
        self._waiting: dict[Kind, dict[str, OfBranches]] = {messages.Head: {}, messages.Told: {}}
        self._asking: OfBranches | None = None

    def show(self, session: str, note: CheckpointNote, now: int) -> None:
        """Send a head of main's that we hold; it waits while one of the session has just left."""
        self._send(messages.Head(session, note.size, note.note), now)

    def tell(self, word: Vouch, now: int) -> None:
        """Send main's word for our copy, likewise; where what was shown says less."""
        self._send(messages.Told(word.session, word.n, word.digest, word.signature), now)

    def grown(self, session: str, now: int) -> None:
        """Have main's word for our copy read in a while: its checkpoint mostly comes before."""
        if len(self._grown) < limits.SESSIONS:
            self._grown.setdefault(session, now)

    def tick(self, now: int) -> None:
        """Send what has waited long enough."""
        for key, message in list(self._unsent.items()):
            sent_at = self._sent_at.get(key)
            if sent_at is not None and now - sent_at < limits.HEAD_MS:
                continue
            del self._unsent[key]
            self._leave(key, message, now)
        for session, since in list(self._grown.items()):
            if now - since >= limits.HEAD_MS:
                del self._grown[session]
                self._emit(ReadWord(session))

    def arrived(self, message: OfBranches, now: int) -> None:
        """Take a head from the peer.

        Raises LinkFault when those of more sessions wait than two venues share.
        """
        waiting = self._waiting[type(message)]
        if message.session not in waiting and len(waiting) >= limits.SESSIONS:
            raise LinkFault(FaultKind.LIMIT, "too many heads")
        waiting[message.session] = message
        self._show_again(message.session, now)
        self._judge()

    def checked(self, session: str, size: int, *, signed: bool) -> None:
        """Take our host's answer about a head.

        Raises LinkFault when main has not signed what the peer has shown.
        """
        asked = self._asking
        if isinstance(asked, messages.Head) and (asked.session, asked.size) == (session, size):
            self._answered(session, signed=signed)

    def told_checked(self, session: str, n: int, *, signed: bool) -> None:
        """Take our host's answer about main's word; raises LinkFault likewise."""
        asked = self._asking
        if isinstance(asked, messages.Told) and (asked.session, asked.n) == (session, n):
            self._answered(session, signed=signed)

    def __len__(self) -> int:
        return sum(len(waiting) for waiting in self._waiting.values())

    def _show_again(self, session: str, now: int) -> None:
        """Show what we have once more: the peer may have joined the session only now."""
        if session not in self._heard and len(self._heard) < limits.SESSIONS:
            self._heard.add(session)
            self._shown.pop(session, None)
            self.grown(session, now)

    def _send(self, message: OfBranches, now: int) -> None:
        self._unsent[type(message), message.session] = message
        self.tick(now)

    def _leave(self, key: tuple[Kind, str], message: OfBranches, now: int) -> None:
        kind, session = key
        size = message.size if isinstance(message, messages.Head) else message.n
        before = self._shown.get(session, 0)
        if kind is messages.Told and size <= before:
            return
        self._shown[session] = max(size, before)
        self._sent_at[key] = now
        self._outbox.put(Priority.NOTES, (kind.__name__, session), message)

    def _answered(self, session: str, *, signed: bool) -> None:
        self._asking = None
        if not signed:
            raise LinkFault(FaultKind.AUTHENTICATION, f"{session}: main has not signed this head")
        self._judge()

    def _judge(self) -> None:
        waiting = next((one for one in self._waiting.values() if one), None)
        if self._asking is not None or waiting is None:
            return
        asked = self._asking = waiting.pop(next(iter(waiting)))
        if isinstance(asked, messages.Head):
            self._emit(HeadArrived(asked.session, asked.size, asked.note))
        else:
            word = Vouch(asked.session, RECORD, asked.n, asked.digest, asked.signature)
            self._emit(ToldArrived(word))
