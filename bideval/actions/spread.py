"""How far an entry has spread: *saved here*, or *saved by the session*.

Decided here: an entry is saved by the session once main and at least one other venue have it on
disk. What main got from a branch is; what main wrote itself is when a branch has acknowledged or
cosigned a record that holds it. A branch's entry is when main has given it its place.
Not decided here: how acknowledgements travel (link).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.ports import StoredLine

    Told = Callable[[str, int, int], None]

Kept = Literal["here", "session"]


class Spread:
    """Per session, how much of the record another venue is known to have. Thread-safe."""

    def __init__(self, venue: str) -> None:
        self._venue = venue
        self._sizes: dict[str, int] = {}
        self._up: dict[str, int] = {}
        self._lock = threading.Lock()
        self._told: list[Told] = []

    def on_growth(self, told: Told) -> None:
        """Call `told(session, before, after)` when more of the record is known to be elsewhere."""
        self._told.append(told)

    def size(self, session: str) -> int:
        """Return how many lines of the record some other venue has."""
        return self._sizes.get(session, 0)

    def elsewhere(self, session: str, size: int) -> None:
        """Note that another venue has the first `size` lines of the record."""
        with self._lock:
            before = self._sizes.get(session, 0)
            self._sizes[session] = max(before, size)
        if size > before:
            for told in self._told:
                told(session, before, size)

    def at_main(self, session: str, n: int) -> None:
        """Note that main has the first `n` lines that this branch wrote."""
        with self._lock:
            self._up[session] = max(self._up.get(session, 0), n)

    def state_of(self, stored: StoredLine) -> Kept:
        """Return how far a line of this venue's store has spread."""
        if stored.origin != self._venue:
            return "session"
        if stored.position is not None and stored.position < self.size(stored.session):
            return "session"
        return "session" if stored.n <= self._up.get(stored.session, 0) else "here"
