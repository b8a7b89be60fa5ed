"""One machine on one connection: frames, timers and the host's answers are moved, nothing decided.

Decided here: the reader never waits for storage (a busy reader makes servers kill healthy links),
a frame that cannot be sent in time ends the connection, and news are told in order.
Not decided here: any rule of the protocol.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, cast

from bideval.link.asking import Asking
from bideval.link.channels import ChannelClosedError
from bideval.sync import effects as fx

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from bideval.link.channels import Channel
    from bideval.link.host import Change, LinkHost
    from bideval.ports import Clock
    from bideval.sync.machine import LinkMachine

SEND_S: Final = 15.0
"""Seconds for one frame to enter the socket: as long as a silent peer is borne with."""

LONGEST_SLEEP_MS: Final = 1_000

_LOG = logging.getLogger("bideval.link")
_NEWS = (
    fx.PeerHas,
    fx.FaultFound,
    fx.SessionRefused,
    fx.CosignatureArrived,
    fx.WordHeard,
    fx.WordOffered,
)


class _EndError(Exception):
    """Ends all tasks of a connection."""


class Register(Protocol):
    """Where connections are counted: one per peer."""

    async def came_up(self, connection: Connection) -> None:
        """Take a connection whose peer has proved itself; told before any other news of it."""
        ...

    def may_report_stranger(self) -> bool:
        """Tell whether one more fault of somebody unproved may reach the host now."""
        ...


class Connection:
    """A link in operation, from the opened WebSocket to its end."""

    def __init__(
        self,
        machine: LinkMachine,
        *,
        channel: Channel,
        host: LinkHost,
        clock: Clock,
        register: Register,
    ) -> None:
        self._machine = machine
        self._channel = channel
        self._host = host
        self._now = clock.monotonic_ms
        self._register = register
        self._asking = Asking(machine, host=host, now=self._now)
        self._status = 1001
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()
        self._listed = asyncio.Event()
        self._news: asyncio.Queue[fx.Effect | None] = asyncio.Queue()
        self._group = asyncio.TaskGroup()

    @property
    def peer(self) -> str:
        """The peer that has proved itself; empty before."""
        return self._machine.peer or ""

    def leave(self) -> None:
        """Close without blame."""
        self._machine.leave()
        self._after()

    async def run(self) -> None:
        """Serve the connection until it ends; raises nothing but cancellation."""
        async with asyncio.TaskGroup() as telling:
            telling.create_task(self._tell())
            try:
                await self._serve()
            finally:
                self._machine.lost()
                self._news.put_nowait(None)
                await self._channel.close(self._status)

    async def _serve(self) -> None:
        try:
            async with self._group as group:
                for work in (self._read, self._write, self._watch_time, self._wait_end):
                    group.create_task(work())
        except* _EndError:
            pass

    # The tasks.

    async def _read(self) -> None:
        try:
            while True:
                frame = await self._channel.receive()
                self._machine.receive(frame, self._now())
                self._after()
        except ChannelClosedError:
            self._ended.set()

    async def _write(self) -> None:
        try:
            while True:
                frame = self._machine.next_frame(self._now())
                self._after()
                if frame is None:
                    self._wake.clear()
                    await self._wake.wait()
                else:
                    async with asyncio.timeout(SEND_S):
                        await self._channel.send(frame)
        except (ChannelClosedError, TimeoutError):
            self._ended.set()

    async def _watch_time(self) -> None:
        while (due := self._machine.next_timer()) is not None:
            wait_ms = min(max(due - self._now(), 1), LONGEST_SLEEP_MS)
            await asyncio.sleep(wait_ms / 1000)
            self._machine.tick(self._now())
            self._after()

    async def _wait_end(self) -> None:
        await self._ended.wait()
        raise _EndError

    async def _tell(self) -> None:
        while (effect := await self._news.get()) is not None:
            await self._guarded(partial(self._do, effect), type(effect).__name__)

    async def _follow(self) -> None:
        """Take the host's news from now on, but give none before the sessions are listed."""
        changes = cast("AsyncGenerator[Change]", self._host.changes(self.peer))
        async with aclosing(changes):
            async for change in changes:
                await self._listed.wait()
                await self._asking.changed(change)
                self._after()

    # Effects.

    def _after(self) -> None:
        """Hand on what the machine wants, in its order; never waits."""
        for effect in self._machine.effects():
            if isinstance(effect, fx.Close):
                self._status = effect.status
                self._ended.set()
            elif isinstance(effect, (fx.Established, *_NEWS)):
                self._news.put_nowait(effect)
            else:
                self._spawn(partial(self._do, effect), type(effect).__name__)
        self._wake.set()

    def _spawn(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        guarded = self._guarded(work, name)
        try:
            self._group.create_task(guarded)
        except RuntimeError:  # the connection is ending; nobody waits for an answer
            guarded.close()

    async def _guarded(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        """Run a call of the host; what it throws costs the connection and is only logged here."""
        try:
            await work()
        except Exception:  # noqa: BLE001 (the edge of a connection)
            _LOG.exception("the host failed at %s", name)
            self._machine.broken(f"the host failed at {name}")
        self._after()

    async def _do(self, effect: fx.Effect) -> None:
        if isinstance(effect, fx.Established):
            await self._register.came_up(self)
        elif isinstance(effect, _NEWS):
            if self.peer or self._register.may_report_stranger():
                await self._asking.tell(effect)
        elif isinstance(effect, fx.NeedSessions):
            self._spawn(self._follow, "changes")
            await asyncio.sleep(0)  # so that the host subscribes us before it lists sessions
            await self._asking.ask(effect)
            self._listed.set()
        else:
            await self._asking.ask(effect)
