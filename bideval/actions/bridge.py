"""Between threads and the event loop.

Decided here: actions are plain functions in threads; where a device is asynchronous, they wait for
it here.
Not decided here: what is waited for.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, TypeVar

from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

STOPPING = "store_closed"
"""Code of what was not done because the server stops: no failure, it is done after the start."""


class Bridge:
    """The loop of the server."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the running loop; the server does so when it starts."""
        self._loop = loop

    def wait(self, work: Coroutine[object, object, T]) -> T:
        """Run an asynchronous device's answer to its end, from a thread of an action.

        Raises FaultError `store_closed` when the server stops before the end.
        """
        if self._loop is None:
            return asyncio.run(work)
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except CancelledError:
            raise FaultError(STOPPING, detail="the server stops") from None
