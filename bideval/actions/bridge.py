"""Between threads and the event loop.

Decided here: actions are plain functions in threads; where a device is asynchronous, they wait for
it here. Signatures of others are verified in a small pool, because they, not the codec, are the
bound (110 µs each).
Not decided here: what is waited for.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

T = TypeVar("T")
Item = TypeVar("Item")

STOPPING = "store_closed"
"""Code of what was not done because the server stops: no failure, it is done after the start."""
VERIFIERS = 4
"""Threads that verify: the lock of the interpreter is released for part of each check."""


class Bridge:
    """The loop of the server and the pool of verifiers."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool = ThreadPoolExecutor(VERIFIERS, thread_name_prefix="verify")

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

    def each(self, check: Callable[[Item], None], items: Sequence[Item]) -> None:
        """Do a check on every item; raise what the first failing one raised."""
        if len(items) == 1:
            check(items[0])  # waking a thread would cost as much as the check
            return
        for _ in self._pool.map(check, items):
            pass

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
