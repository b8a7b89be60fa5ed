"""One look at a session for everybody at a desk who waits for news of it.

Decided here: when a person looks again: at once when a phase begins or something is said after a
silence, otherwise after a moment, and later and later while looks bring nothing to do.
Not decided here: what is asked (the client) and what follows from a view.

People at one desk share a look, and whoever asks gets one that began after the question.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    View = dict[str, Any]

LOOK_S = 0.7
"""Seconds after which a waiting client looks again although nobody told it to."""
LONGEST_LOOK_S = 2.8
"""The same after several looks that brought nothing: whatever comes is told, unless it is lost."""
CALM_S = 0.1
"""Seconds between two looks at the least."""
LONGEST_CALM_S = 1.0
"""Seconds between two looks in a room where much is said that changes nothing for this person."""
LONGEST_GROWTH = 16
SILENCE_S = 0.5
"""Seconds without news after which the next news is worth a look at once."""


class Lookout:
    """Looks at one session of one desk while somebody waits for its view."""

    def __init__(self, look: Callable[[], Awaitable[View]]) -> None:
        self._look = look
        self._asked: list[asyncio.Future[View]] = []
        self._wanted = asyncio.Event()
        self._heard = asyncio.Event()
        self._urgent = asyncio.Event()
        self._heard_at = 0.0
        self._known: object = None
        self._growth = 1
        """How much longer than after a change the next pause is."""

    def hear(self, event: str) -> None:
        """Take a live event of the session: the record has grown, or a phase has begun."""
        if event not in {"phase", "head"}:
            return
        now = asyncio.get_running_loop().time()
        if event == "phase" or now - self._heard_at >= SILENCE_S:
            self._urgent.set()
        self._heard_at = now
        self._heard.set()

    async def views(self) -> AsyncIterator[View]:
        """Give views for ever, each from a look that began after it was asked for."""
        while True:
            asked: asyncio.Future[View] = asyncio.get_running_loop().create_future()
            self._asked.append(asked)
            self._wanted.set()
            yield await asked

    async def run(self) -> None:
        """Look until cancelled; what a look raises goes to those who asked for it."""
        while True:
            await self._wanted.wait()
            if self._known is not None:
                calm_s = min(LONGEST_CALM_S, self._growth * CALM_S)
                look_s = min(LONGEST_LOOK_S, self._growth * LOOK_S)
                await _within(self._urgent, calm_s)
                await _within(self._heard, look_s - calm_s)
            for event in (self._wanted, self._urgent, self._heard):
                event.clear()
            asked, self._asked = self._asked, []
            await self._answer(asked)

    async def _answer(self, asked: list[asyncio.Future[View]]) -> None:
        try:
            view = await self._look()
        except Exception as error:  # noqa: BLE001  # told to everybody who asked
            for one in _open(asked):
                one.set_exception(error)
            return
        known = (view["phase"], view.get("tasks"))
        self._growth = min(LONGEST_GROWTH, 2 * self._growth) if known == self._known else 1
        self._known = known
        for one in _open(asked):
            one.set_result(view)


def _open(asked: list[asyncio.Future[View]]) -> list[asyncio.Future[View]]:
    return [one for one in asked if not one.done()]


async def _within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but not longer than that."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
