"""A store that takes no write while the clock cannot be trusted.

Decided here: when civil time has moved against the machine's steady clock by more than
`CLOCK_LIMIT_MS` since the store was opened, nothing is written any more: deadlines are met by civil
time, and a clock that jumps would close a box or end a pause that is not over. The works that stand
in the queue are refused too. Writing goes on when the clock is back where it was and the records
were verified. An operator confirms another time by starting the server again, which then trusts it.
Not decided here: who looks at the clock besides writers (the caretaker, once a second).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, TypeVar

from bideval.ports import FaultNotice
from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from contextlib import AbstractContextManager

    from bideval.ports import Clock, Reader, RecordStore, StoreState, Transaction

T = TypeVar("T")

CLOCK_LIMIT_MS: Final = 5_000
"""How far a clock may be put right in one server's life: more than a time service slews in weeks,
less than any deadline may be off."""

BREACH = "clock_breach"


def clock_step(trusted_ms: int, civil_ms: int, steady_ms: int) -> int:
    """Return by how many milliseconds civil time is off; 0 within the limit.

    `trusted_ms` is civil time less steady time when the clock was last trusted; both go on at the
    same rate, whatever a time service slews, unless somebody sets the clock or the machine sleeps.
    """
    step = civil_ms - steady_ms - trusted_ms
    return step if abs(step) > CLOCK_LIMIT_MS else 0


class SteadyStore:
    """A `RecordStore` over another one; it trusts the clock as it is when it is opened."""

    def __init__(self, store: RecordStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._trusted_ms = clock.now_ms() - clock.monotonic_ms()
        self._breached = False
        self._lock = threading.Lock()
        self._tell: list[Callable[[FaultNotice], None]] = []

    @property
    def state(self) -> StoreState:
        """`faulted` from the first look at a clock that has jumped, too."""
        return "faulted" if self._look() or self._breached else self._store.state

    def write(self, work: Callable[[Transaction], T], *, weight: int = 0) -> Future[T]:
        """Queue a work; it fails with FaultError `clock_breach` if the clock has jumped by then."""

        def guarded(tx: Transaction) -> T:
            self._refuse()
            return work(tx)

        return self._store.write(guarded, weight=weight)

    def read(self) -> AbstractContextManager[Reader]:
        return self._store.read()

    def on_fault(self, tell: Callable[[FaultNotice], None]) -> None:
        self._store.on_fault(tell)
        self._tell.append(tell)

    def reopen_and_verify(self, verify: Callable[[Reader], None]) -> None:
        step = self._look()
        if step:
            raise FaultError(BREACH, detail=f"the clock is off by {step} ms")
        if self._store.state == "faulted" or not self._breached:
            self._store.reopen_and_verify(verify)
        else:
            with self._store.read() as reader:
                verify(reader)
        self._breached = False

    def close(self) -> None:
        self._store.close()

    def _refuse(self) -> None:
        step = self._look()
        if step or self._breached:
            raise FaultError(BREACH, detail=f"the clock is off by {step} ms")

    def _look(self) -> int:
        """Return by how much the clock is off now; the first time that it is, say so."""
        step = clock_step(self._trusted_ms, self._clock.now_ms(), self._clock.monotonic_ms())
        if not step:
            return 0
        with self._lock:
            first, self._breached = not self._breached, True
        if first:
            for tell in self._tell:
                tell(FaultNotice(f"{BREACH}: {step} ms", 0))
        return step
