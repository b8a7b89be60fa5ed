"""Whose word is awaited before a session is written here, and the refusal that follows.

Decided here: a copy that was put back is not written, by nobody, while somebody is awaited; the one
exception are lines that main owes a place, once everybody was heard, the narrowest place first.
Not decided here: who is awaited, when the word has come, and what is owed (confirming).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bideval.ports import RecordHead


class Awaited:
    """What the database says of awaited venues, in memory. Thread-safe."""

    def __init__(self) -> None:
        self._venues: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()
        self._told: list[Callable[[str], None]] = []

    def on_end(self, told: Callable[[str], None]) -> None:
        """Call `told(session)` when nobody is awaited any more for a session that has waited."""
        self._told.append(told)

    def venues(self, session: str) -> frozenset[str]:
        """Return whose word is awaited for a session; normally nobody's."""
        return self._venues.get(session, frozenset())

    def set(self, session: str, venues: Iterable[str]) -> None:
        with self._lock:
            before = self._venues.get(session)
            now = self._venues[session] = frozenset(venues)
        if before and not now:
            for told in self._told:
                told(session)


def owed_upto(head: RecordHead | None, origin: str) -> int | None:
    """Return up to which of its lines a branch's turn lasts; None: nobody is owed anything.

    Raises FaultError `awaiting_venues` while it is not the branch's turn.
    """
    turn = head.owed[0] if head is not None and head.owed else None
    everybody_heard = head is not None and len(head.owed) == len(head.awaiting)
    if turn is not None and everybody_heard and turn.venue == origin:
        return turn.n
    refuse_while_awaiting(head)
    return None


def refuse_while_awaiting(head: RecordHead | None) -> None:
    """Raise FaultError `awaiting_venues` where this copy may lack what others hold."""
    if head is not None and head.awaiting:
        detail = f"put back; waits for {', '.join(head.awaiting)}"
        raise FaultError("awaiting_venues", field="session", detail=detail)
