"""The caretaker: what follows from every commit, a moment later.

Decided here: checkpoints and the cached lines of sessions are made at most every `PAUSE_S`, and
pages are told as seldom that a record has grown, however many commits there were; after a storage
fault the store is opened anew, verified, and only then written again. Of several processes of a
venue each tells its own pages and links; the one that keeps the watch does the rest.
Not decided here: what a checkpoint says (checkpoints), and what is verified (verifying).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bideval.actions.checkpoints import state_record
from bideval.actions.lookout import Lookout
from bideval.actions.telling import (
    is_hushed,
    link_topic,
    tell_growth,
    tell_head,
    tell_news,
    tell_others,
    tell_storage,
)
from bideval.actions.venue_log import note
from bideval.actions.verifying import verify_all
from bideval.actions.views import project
from bideval.session.duties import QUIET
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.actions.steward import Steward
    from bideval.actions.venue import Venue
    from bideval.ports import FaultNotice, Json, Reader, StoredLine

log = structlog.get_logger("bideval.actions")

PAUSE_S = 0.15
"""Seconds between two checkpoints of a busy record."""
LONGEST_PAUSE_S = 1.0
"""The same while nothing but marks comes: they are saved by the session without a checkpoint."""
TICK_S = 1.0
"""Seconds between two looks at the clock: a deadline is met within that."""
EXPIRY_S = 600
"""Seconds between two clearings of expired codes, challenges and log-ins."""


class Caretaker:
    """Runs beside the server of one venue."""

    def __init__(self, venue: Venue, steward: Steward) -> None:
        self._venue = venue
        self._steward = steward
        self._lookout = Lookout(venue)
        self._changed: dict[str, bool] = {}
        """Sessions to be followed up, and whether their pages are to be told."""
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        self._told_faulted = False
        venue.book.on_news(self.news)
        venue.book.on_written(partial(tell_others, venue))
        venue.spread.on_growth(self.growth)
        venue.awaiting.on_end(self.freed)
        venue.devices.store.on_fault(self.fault)

    def news(self, session: str, lines: Sequence[StoredLine]) -> None:
        """After a commit, from any thread."""
        tell_news(self._venue, session, lines)
        quiet = all(stored.kind in QUIET for stored in lines)
        self.touch(session, tell=not is_hushed(self._venue, session, lines), soon=not quiet)
        if not quiet:
            self._steward.wake(session)

    def growth(self, session: str, before: int, after: int) -> None:
        """After another venue has more of a record."""
        tell_growth(self._venue, session, before, after)

    def freed(self, session: str) -> None:
        """After the last venue has confirmed a copy that was put back: it may be stated again."""
        self.touch(session, tell=True)
        self._steward.wake(session)

    def fault(self, notice: FaultNotice) -> None:
        """After a storage fault; the store takes no writes now."""
        code = "clock_breach" if notice.detail.startswith("clock_breach") else "storage_fault"
        log.error("storage fault", code=code, works=notice.lost_works)

    def touch(self, session: str, *, tell: bool, soon: bool = True) -> None:
        """Ask for a checkpoint and a fresh line in the lists, and for news to pages.

        What is not to be `soon` waits longer the busier the venue is, at most `LONGEST_PAUSE_S`.
        """
        with self._lock:
            self._changed[session] = tell or self._changed.get(session, False)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)
            if soon:
                self._loop.call_soon_threadsafe(self._urgent.set)

    def begin(self) -> None:
        """Ask for the checkpoints that a server which died after a commit did not make."""
        for session in self._venue.book.sessions():
            with self._venue.devices.store.read() as reader:
                head, newest = reader.head(session), reader.checkpoint(session)
            if head is None or head.main != self._venue.id:
                continue
            if newest is None or newest.size < head.size:
                self.touch(session, tell=False)

    async def run(self) -> None:
        """Run until cancelled."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._tick())
            group.create_task(self._expire())
            if self._venue.shared:
                group.create_task(self._lookout.run())

    async def _follow(self) -> None:
        clock = asyncio.get_running_loop().time
        pause_s, done_at = PAUSE_S, 0.0
        while True:
            await self._wake.wait()
            busy = clock() - done_at < pause_s
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s) if busy else PAUSE_S
            await self._calm(pause_s)
            self._wake.clear()
            self._urgent.clear()
            with self._lock:
                changed, self._changed = self._changed, {}
            for session, tell in sorted(changed.items()):
                await self._guarded(session, tell=tell)
            done_at = clock()

    async def _calm(self, pause_s: float) -> None:
        """Wait so long, but not longer than `PAUSE_S` for what is urgent."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s - PAUSE_S):
                await self._urgent.wait()
        await asyncio.sleep(PAUSE_S)

    async def _guarded(self, session: str, *, tell: bool) -> None:
        try:
            await asyncio.to_thread(self.follow_up, session, tell=tell)
        except BidevalError as fault:
            log.warning("follow-up failed", session=session, code=fault.code)
            self.touch(session, tell=False)
            await asyncio.sleep(TICK_S)

    def follow_up(self, session: str, *, tell: bool) -> None:
        """Tell the pages, state the record, tell the links, renew the cached line."""
        if tell:
            tell_head(self._venue, session)
        if not self._steward.on_watch:
            return
        projection = project(self._venue, session)
        stated = state_record(self._venue, session, also=lambda tx: tx.put_projection(projection))
        if stated is not None:
            hint: Json = {"type": "checkpoint", "session": session}
            self._venue.devices.fanout.publish(link_topic(), hint)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            faulted = self._faulted()
            try:
                await asyncio.to_thread(self.reopen if faulted else self._look)
            except BidevalError as fault:
                log.warning("tried again in a moment", code=fault.code)
            self._tell_storage()

    def _faulted(self) -> bool:
        return self._venue.devices.store.state == "faulted"

    def _tell_storage(self) -> None:
        """Tell the pages when the venue has ceased to save, or saves again."""
        faulted = self._faulted()
        if faulted is not self._told_faulted:
            self._told_faulted = faulted
            tell_storage(self._venue, faulted=faulted)

    def _look(self) -> None:
        self._venue.unkept.again()
        if self._venue.shared:
            self._lookout.look()
        if self._steward.on_watch:
            self._steward.tick()

    def reopen(self) -> None:
        """Open the store again if it is whole; write down that it was not."""
        store = self._venue.devices.store
        try:
            store.reopen_and_verify(_verify)
        except BidevalError as fault:
            log.warning("storage does not come back", code=fault.code)
            return
        log.warning("storage is back")
        self._venue.unkept.again()
        note(self._venue, "storage.faulted", {"resumed": True}).result()

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRY_S)
            if self._steward.on_watch:
                await asyncio.to_thread(self._drop_expired, self._venue.now_ms())

    def _drop_expired(self, now: int) -> None:
        try:
            self._venue.devices.store.write(lambda tx: tx.drop_expired(now)).result()
        except BidevalError as fault:
            log.warning("clearing failed", code=fault.code)


def _verify(reader: Reader) -> None:
    verify_all(reader)
