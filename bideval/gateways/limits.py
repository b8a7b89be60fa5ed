"""Brakes on repeated acts, in memory.

Decided here: a token bucket per key, counted in whole numbers; buckets that are full again are
forgotten. Not decided here: which acts are braked, and how hard.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bideval.ports import Clock, Rate

KEYS = 50_000
"""Keys remembered; beyond them, full buckets are forgotten and then the oldest."""


@dataclass(slots=True)
class Bucket:
    """What a key may still do, in acts times the window's milliseconds."""

    level: int
    at_ms: int
    rate: Rate

    @property
    def full(self) -> int:
        return self.rate.acts * self.rate.window_ms

    def refill(self, now_ms: int) -> None:
        elapsed = max(0, now_ms - self.at_ms)
        self.level = min(self.full, self.level + elapsed * self.rate.acts)
        self.at_ms = now_ms


class TokenBuckets:
    """A `RateLimiter` for one server process."""

    def __init__(self, clock: Clock, *, keys: int = KEYS) -> None:
        self._clock = clock
        self._keys = keys
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, Rate], Bucket] = {}

    def allow(self, key: str, rate: Rate) -> bool:
        with self._lock:
            bucket = self._bucket(key, rate)
            if bucket.level < rate.window_ms:
                return False
            bucket.level -= rate.window_ms
            return True

    def wait_ms(self, key: str, rate: Rate) -> int:
        with self._lock:
            missing = rate.window_ms - self._bucket(key, rate).level
        return max(0, -(-missing // rate.acts))

    def _bucket(self, key: str, rate: Rate) -> Bucket:
        now_ms = self._clock.monotonic_ms()
        bucket = self._buckets.get((key, rate))
        if bucket is None:
            self._make_room(now_ms)
            bucket = Bucket(rate.acts * rate.window_ms, now_ms, rate)
            self._buckets[key, rate] = bucket
        bucket.refill(now_ms)
        return bucket

    def _make_room(self, now_ms: int) -> None:
        if len(self._buckets) < self._keys:
            return
        for name, bucket in list(self._buckets.items()):
            bucket.refill(now_ms)
            if bucket.level == bucket.full:
                del self._buckets[name]
        while len(self._buckets) >= self._keys:
            del self._buckets[next(iter(self._buckets))]
