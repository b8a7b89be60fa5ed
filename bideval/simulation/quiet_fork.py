"""A main that tells one of its two branches another story than the other, and then nothing more.

Decided here: what it does, step by step: it lets one branch have more, forgets that, goes on
without it until its record is longer again, and only then speaks to the other branch. So no head
that the other branch can show fits into the copy of the one that was left behind.
Not decided here: when it begins (course), and that it must be found (course).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.simulation.memory_store import Image
    from bideval.simulation.province import Place, World

EVER_MS = 10**9
LOOK_MS = 200
BEFORE = 4
"""Lines of the record that both branches have alike, at least."""


class QuietFork:
    """One such lie of the venue `main`, of a session with two branches."""

    def __init__(
        self, world: World, session: str, *, main: Place, branches: list[Place], latest_ms: int
    ) -> None:
        self._world = world
        self._session = session
        self._main = main
        self._left, self._other = branches
        self._latest_ms = latest_ms
        self._backup: Image

    def begin(self, warn: Callable[[], None]) -> None:
        """Wait for a record, and let only one branch have what comes; `warn` writes at main."""
        record = self._main.disk.image.records.get(self._session)
        if record is None or len(record.order) < BEFORE or not self._main.up:
            self._later(lambda: self.begin(warn))
            return
        self._backup = self._main.disk.image.copy()
        self._world.cut(self._main.id, self._other.id, EVER_MS)
        warn()
        self._forget(len(record.order), warn)

    def _forget(self, before: int, warn: Callable[[], None]) -> None:
        """Go back once that branch has more, and speak to it no more."""
        if self._size_at(self._left) <= before:
            if not self._later(lambda: self._forget(before, warn)):
                self._world.cut(self._main.id, self._other.id, 0)
            return
        self._world.oracle.liars.add(self._main.id)
        self._world.oracle.forked.add(self._session)
        self._world.cut(self._main.id, self._left.id, EVER_MS)
        self._main.crash_now("restart", downtime=300)
        self._main.disk.image = self._backup
        self._world.say(f"{self._main.id} LIES: it goes on without {self._left.id}")
        self._world.later(LOOK_MS, lambda: self._go_on(warn))

    def _go_on(self, warn: Callable[[], None]) -> None:
        """Write on, and speak to the other branch when there is more than the one has."""
        warn()
        if self._size_at(self._main) <= self._size_at(self._left):
            self._world.later(LOOK_MS, lambda: self._go_on(warn))
            return
        self._world.cut(self._main.id, self._other.id, 0)
        if self._differs():
            self._world.seen["main forks and goes quiet"] += 1

    def _differs(self) -> bool:
        """Tell whether there are two stories; the very same act may have been said again."""
        left = self._left.disk.image.records[self._session].leaves
        return left != self._main.disk.image.records[self._session].leaves[: len(left)]

    def _size_at(self, place: Place) -> int:
        return place.size_of(self._session)[0]

    def _later(self, work: Callable[[], object]) -> bool:
        if self._world.now >= self._latest_ms:
            return False
        self._world.later(LOOK_MS, work)
        return True
