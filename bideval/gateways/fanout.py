"""Wake-ups inside one server process.

Decided here: that publishing never waits, and that a slow subscriber loses its hints as a whole
and is told so: an event only says "read again", so nothing true is lost.
Not decided here: what a topic means; how several processes wake each other.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from bideval.ports import Event

if TYPE_CHECKING:
    from types import TracebackType

    from bideval.ports import Json

WAITING_EVENTS = 256
"""Events that wait for one subscriber; at one more, all give way to a `lagging` event."""


class LocalFanout:
    """A `Fanout` for the tasks and threads of one process."""

    def __init__(self, *, waiting: int = WAITING_EVENTS) -> None:
        self._waiting = waiting
        self._lock = threading.Lock()
        self._topics: defaultdict[str, set[LocalSubscription]] = defaultdict(set)

    def publish(self, topic: str, data: Json | None = None) -> None:
        event = Event(topic, data or {})
        with self._lock:
            told = list(self._topics.get(topic, ()))
        for subscription in told:
            subscription.offer(event)

    def send_on(self, topic: str, data: Json | None = None) -> None:
        """There is no other process."""

    def subscribe(self, *topics: str) -> LocalSubscription:
        subscription = LocalSubscription(self, topics, self._waiting)
        with self._lock:
            for topic in topics:
                self._topics[topic].add(subscription)
        return subscription

    def hears(self, beginning: str) -> bool:
        with self._lock:
            return any(topic.startswith(beginning) for topic in self._topics)

    def leave(self, subscription: LocalSubscription, topics: tuple[str, ...]) -> None:
        with self._lock:
            for topic in topics:
                self._topics[topic].discard(subscription)
                if not self._topics[topic]:
                    del self._topics[topic]


class LocalSubscription:
    """A bounded queue that belongs to the event loop in which it was made."""

    def __init__(self, fanout: LocalFanout, topics: tuple[str, ...], waiting: int) -> None:
        self._fanout = fanout
        self._topics = topics
        self._limit = waiting
        self._loop = asyncio.get_running_loop()
        self._events: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._closed = False

    def offer(self, event: Event) -> None:
        """Hand over an event from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._take, event)
        except RuntimeError:
            self.close()  # the loop is gone, and its subscriber with it

    def __aiter__(self) -> LocalSubscription:
        return self

    async def __anext__(self) -> Event:
        while not self._events and not self._closed:
            self._wake.clear()
            await self._wake.wait()
        if not self._events:
            raise StopAsyncIteration
        return self._events.popleft()

    async def __aenter__(self) -> LocalSubscription:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._fanout.leave(self, self._topics)
            self._wake.set()

    def _take(self, event: Event) -> None:
        lagging = bool(self._events) and self._events[-1].lagging
        if self._closed or lagging:
            return
        if len(self._events) == self._limit:
            self._events.clear()
            event = Event(event.topic, lagging=True)
        self._events.append(event)
        self._wake.set()
