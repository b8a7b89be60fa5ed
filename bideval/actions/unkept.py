"""What was found out while nothing could be written is kept as soon as the store writes again.

Decided here: it is remembered in memory, in its order, so much of it; the server that stops before
has lost it, and the other venue is asked for it again by the protocol only.
Not decided here: when the store writes again (caretaker, ADR 0112 and ADR 0157).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from bideval.terms.errors import BidevalError, FaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from concurrent.futures import Future

T = TypeVar("T")

MOST = 64
"""Works that wait: each may hold the lines of one window of a link, 1 MiB."""


class Unkept:
    """Works that failed because nothing could be written. Thread-safe.

    Each may be done twice, and does nothing the second time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: dict[Hashable, Callable[[], object]] = {}

    def __len__(self) -> int:
        return len(self._works)

    def attempt(self, key: Hashable, work: Callable[[], T]) -> T:
        """Do a work now, and again later if a fault of our own prevents it, which is raised."""
        try:
            done = work()
        except FaultError:
            self._hold(key, work)
            raise
        self._drop(key, work)
        return done

    def watch(self, key: Hashable, writing: Future[object], work: Callable[[], object]) -> None:
        """Do a work again later if a write that was queued for it fails."""

        def look(future: Future[object]) -> None:
            if not future.cancelled() and isinstance(future.exception(), FaultError):
                self._hold(key, work)

        writing.add_done_callback(look)

    def again(self) -> None:
        """Do what waits, now that the store writes again; what fails once more goes on waiting."""
        for key, work in list(self._works.items()):
            try:
                self.attempt(key, work)
            except FaultError:
                continue
            except BidevalError:  # what it was about has ended meanwhile
                self._drop(key, work)

    def _hold(self, key: Hashable, work: Callable[[], object]) -> None:
        with self._lock:
            if key in self._works or len(self._works) < MOST:
                self._works[key] = work

    def _drop(self, key: Hashable, work: Callable[[], object]) -> None:
        with self._lock:
            if self._works.get(key) is work:
                del self._works[key]
