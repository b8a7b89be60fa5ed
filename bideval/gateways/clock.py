"""The machine's clocks.

Decided here: civil time is the machine's own (kept right by the operating system).
Not decided here: what a difference between venues means.
"""

from __future__ import annotations

import time


class SystemClock:
    """A `Clock` over the operating system."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000
