"""The watch: what only one process of a venue does at a time.

Decided here: the process that holds the lock holds the links to other venues and does the venue's
duties; every second it is asked whether it still does, and the others whether they do now. A peer
that reaches another process is handed on. Two processes that both believe to keep it, because one
was stopped for a while, do no harm: everything that follows is written once, in the database.
Not decided here: how the lock is held (store), what duties there are (steward).
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from bideval.actions.hearing import remember_words
from bideval.actions.peer_lines import begin_lines, correct_lines
from bideval.link.relay import Relay
from bideval.ports import PeerLine
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    import socket

    from starlette.websockets import WebSocket

    from bideval.actions.caretaker import Caretaker
    from bideval.actions.steward import Steward
    from bideval.actions.venue import Venue
    from bideval.link.hub import LinkHub
    from bideval.ports import Event, WatchLock

LOOK_S: Final = 1.0
"""Seconds between two looks at the lock: about as long a venue is without a watch at most."""
CUT_TOPIC: Final = "demo.cut-line"
"""How a rehearsal's wish to cut a line gets to the process that holds it."""

_LOG = logging.getLogger("bideval.link")


class Watch:
    """Whether this process keeps the watch, and what it does then."""

    def __init__(  # what is done on watch, and by whom
        self,
        venue: Venue,
        steward: Steward,
        caretaker: Caretaker,
        *,
        lock: WatchLock,
        hub: LinkHub,
        door: socket.socket | None = None,
    ) -> None:
        """`door`: where links are taken that reached other processes of this venue."""
        self._venue = venue
        self._steward = steward
        self._caretaker = caretaker
        self._lock = lock
        self._hub = hub
        self._door = door
        self._relay = None if door is None else Relay(_address(door))
        self._keeping: asyncio.Task[None] | None = None

    @property
    def kept(self) -> bool:
        """Whether this process keeps the watch now."""
        return self._keeping is not None

    async def endpoint(self, websocket: WebSocket) -> None:
        """Serve a connection that a peer opens, or hand it on; to be mounted at /link."""
        if self.kept or self._relay is None:
            await self._hub.endpoint(websocket)
        else:
            await self._relay.endpoint(websocket)

    def cut_line(self, peer: str, seconds: float) -> None:
        """Take the line to a peer down for so long, for a rehearsal; on the event loop only."""
        if self.kept:
            self._hub.cut(peer, seconds)
        else:
            self._venue.devices.fanout.send_on(CUT_TOPIC, {"peer": peer, "seconds": int(seconds)})

    async def run(self) -> None:
        """Look every second, until cancelled; then let another process take the watch at once."""
        try:
            while True:
                await asyncio.sleep(LOOK_S)
                await self.look()
        finally:
            await self._end()
            await asyncio.to_thread(self._lock.leave)

    async def look(self) -> None:
        """Take the watch if it is to be had, or notice that it is lost."""
        if self._keeping is not None and self._keeping.done():
            _LOG.error("the watch has ended by a fault", exc_info=self._keeping.exception())
            await self._end()
        held = await asyncio.to_thread(self._lock.take)
        if held and not self.kept:
            await self._begin()
        elif not held and self.kept:
            _LOG.warning("the watch is lost to another process")
            await self._end()
        elif self.kept and self._venue.shared:
            await asyncio.to_thread(self._correct_lines)

    async def _begin(self) -> None:
        try:
            await asyncio.to_thread(self._take_over)
        except BidevalError:
            _LOG.warning("the watch could not begin", exc_info=True)
            self._steward.leave_watch()
            await asyncio.to_thread(self._lock.leave)
            return
        self._keeping = asyncio.get_running_loop().create_task(self._keep())

    def _take_over(self) -> None:
        with self._venue.devices.store.read() as reader:
            remember_words(self._venue, reader)  # what the watch before heard
        self._steward.take_watch()
        begin_lines(self._venue)
        self._caretaker.begin()
        self._steward.tick()

    def _correct_lines(self) -> None:
        states = self._hub.states().items()
        held = {peer: PeerLine(peer, up=one.up, since_ms=one.since_ms) for peer, one in states}
        with suppress(BidevalError):  # the next look comes
            correct_lines(self._venue, held)

    async def _keep(self) -> None:
        if self._venue.shared:
            _LOG.warning("this process keeps the watch")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hub.run())
            if self._door is not None:
                group.create_task(self._hub.serve_door(self._door))
                group.create_task(self._cut_for_others())

    async def _end(self) -> None:
        self._steward.leave_watch()
        keeping, self._keeping = self._keeping, None
        if keeping is None:
            return
        keeping.cancel()
        with suppress(asyncio.CancelledError, Exception):  # told when it was looked at
            await keeping
        self._hub.leave_all()

    async def _cut_for_others(self) -> None:
        async with self._venue.devices.fanout.subscribe(CUT_TOPIC) as wishes:
            async for wish in wishes:
                self._cut(wish)

    def _cut(self, wish: Event) -> None:
        peer, seconds = wish.data.get("peer"), wish.data.get("seconds")
        if isinstance(peer, str) and isinstance(seconds, int) and peer in self._venue.peers:
            self._hub.cut(peer, float(seconds))


def _address(door: socket.socket) -> str:
    return f"ws://127.0.0.1:{door.getsockname()[1]}/link"
