"""The devices of a simulated venue: clock, entropy, keys, wake-ups, threads that are none.

Decided here: everything comes from the seed, and everything happens at once, in one thread.
Not decided here: when anything happens (world).
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import logging
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from structlog.testing import capture_logs

from bideval.evidence.signing import PublicKey, SigningKey, new_signing_key
from bideval.ports import Event
from bideval.simulation.ideal import identity_text, recipient_text

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping

    from bideval.ports import Json

T = TypeVar("T")
Item = TypeVar("Item")

START_MS = 1_795_312_800_000
"""The civil time at which every simulation begins."""


class WorldTime:
    """The one clock of a world."""

    def __init__(self) -> None:
        self.now = 0


class VenueClock:
    """A venue's clock: civil time that may be wrong and jump, timers that are neither."""

    def __init__(self, time: WorldTime) -> None:
        self._time = time
        self.skew_ms = 0

    def now_ms(self) -> int:
        return START_MS + self._time.now + self.skew_ms

    def monotonic_ms(self) -> int:
        return self._time.now


class SeededEntropy:
    """Bytes out of the world's chances."""

    def __init__(self, chances: random.Random) -> None:
        self._chances = chances

    def token(self, size: int) -> bytes:
        return self._chances.randbytes(size)


class FixedKeys:
    """The same keys for a venue in every world, so that signatures are computed once."""

    def __init__(self, venue: str) -> None:
        self.signing_key = signing_key(venue)
        self.identity, self.recipient = age_keys(venue)

    @property
    def public(self) -> PublicKey:
        return self.signing_key.public


@cache
def signing_key(name: str) -> SigningKey:
    """Return the key of a venue or person; the same in all worlds."""
    return new_signing_key("Ed25519", name.encode().ljust(32, b"."))


@cache
def age_keys(name: str) -> tuple[str, str]:
    """Return the identity of somebody and its recipient; the same in all worlds."""
    identity = identity_text(name.encode())
    return identity, recipient_text(identity)


class Hints:
    """A fan-out that hands every event to whoever the world names."""

    def __init__(self, told: Callable[[Event], None]) -> None:
        self._told = told

    def publish(self, topic: str, data: Json | None = None) -> None:
        self._told(Event(topic, data or {}))

    def send_on(self, topic: str, data: Json | None = None) -> None:
        """A simulated venue is one process."""

    def hears(self, _beginning: str) -> bool:
        """The world hears everything."""
        return True


class OneThread:
    """A bridge without threads."""

    def each(self, check: Callable[[Item], None], items: Iterable[Item]) -> None:
        for item in items:
            check(item)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return at_once(work)


class PlainPress:
    """Prints reports as the words that they are made of."""

    async def report(self, content: Mapping[str, object]) -> bytes:
        return repr(content).encode()


@cache
def scratch_folder() -> Path:
    """Return a folder for plaintexts of bids, of this process."""
    folder = tempfile.TemporaryDirectory(prefix="bideval-simulation-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise RuntimeError("a host call has waited in a simulation")


@contextmanager
def quiet_logs() -> Iterator[None]:
    """Say nothing of what goes wrong on purpose."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with capture_logs():
            yield
    finally:
        logging.disable(before)


@contextmanager
def collected_between_worlds() -> Iterator[None]:
    """Look for garbage between worlds only: a world is one heap that dies at once."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def threads_at_once() -> Iterator[None]:
    """Let what the shell would do in threads happen at once, in the world's own order."""

    async def inline(work: Callable[..., Any], /, *args: Any, **named: Any) -> Any:  # noqa: ANN401  # as asyncio
        return work(*args, **named)

    before = asyncio.to_thread
    asyncio.to_thread = inline
    try:
        yield
    finally:
        asyncio.to_thread = before
