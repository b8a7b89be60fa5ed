"""Whose word is awaited before a session is written here, and the refusal that follows.

Decided here: a copy that was put back is not written, by nobody, while somebody is awaited.
Not decided here: who is awaited and when the word has come (confirming).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bideval.ports import RecordHead


class Awaited:
    """What the database says of awaited venues, in memory. Thread-safe."""

    def __init__(self) -> None:
        self._venues: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()

    def venues(self, session: str) -> frozenset[str]:
        """Return whose word is awaited for a session; normally nobody's."""
        return self._venues.get(session, frozenset())

    def set(self, session: str, venues: Iterable[str]) -> None:
        with self._lock:
            self._venues[session] = frozenset(venues)


def refuse_while_awaiting(head: RecordHead | None) -> None:
    """Raise FaultError `awaiting_venues` where this copy may lack what others hold."""
    if head is not None and head.awaiting:
        detail = f"put back; waits for {', '.join(head.awaiting)}"
        raise FaultError("awaiting_venues", field="session", detail=detail)
