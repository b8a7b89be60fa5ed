"""The sending end of one stream: what to read next, what is on its way, what has arrived.

Decided here: reading happens only within credit; an acknowledgement is believed only with the
digest that we had there; without progress the stream goes back to the acknowledged mark once.
Not decided here: where lines come from and how they travel.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bideval.sync import limits
from bideval.sync.effects import FaultKind, Read
from bideval.sync.faults import LinkFault, SessionFault
from bideval.sync.messages import Lines
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.sync.credit import Credit
    from bideval.sync.trails import Direction, Mark, Trail

UNSIGNED = bytes(64)
"""In the place of a signature that is made when the batch is put into the outbox."""


class SendingStream:
    """Our lines of one session on their way to the peer.

    `trail` stands at the mark that the peer has stated and that agrees with ours.
    """

    def __init__(
        self, session: str, *, direction: Direction, trail: Trail, credit: Credit, now: int
    ) -> None:
        self.session = session
        self.direction = direction
        self._acked = trail
        self._tip = trail.copy()
        self._ends: dict[int, Trail] = {}
        self._flight: deque[tuple[int, int]] = deque()
        self._flight_bytes = 0
        self._credit = credit
        self._held = 0
        self._rewound_from = 0
        self._rewound_bytes = 0
        self._reading: Read | None = None
        self._hinted = True
        self._read_at = now
        self._moved_at = now
        self._resent = False

    @property
    def acked(self) -> int:
        """How many lines the peer has durably."""
        return self._acked.n

    @property
    def sent(self) -> int:
        """How many lines have been handed to the outbox."""
        return self._tip.n

    @property
    def ever_sent(self) -> int:
        """How many lines were handed to the outbox before any rewind."""
        return max(self._tip.n, self._rewound_from)

    @property
    def acked_mark(self) -> Mark:
        """What the peer has durably, as we hold it."""
        return self._acked.mark()

    def digest_at(self, n: int) -> bytes | None:
        """Return our digest after `n` lines that were sent and not acknowledged long ago."""
        if n == self._acked.n:
            return self._acked.mark().digest
        end = self._ends.get(n)
        return end.mark().digest if end is not None else None

    def hint(self) -> None:
        """Remember that storage may hold more."""
        self._hinted = True

    def next_read(self, now: int) -> Read | None:
        """Return what to read now; None without hint, without credit or while reading."""
        if not self._hinted or self._reading is not None:
            return None
        in_flight = self._tip.n - self._acked.n
        count = min(limits.BATCH_LINES, limits.WINDOW_LINES - in_flight)
        spare = self._credit.available + self._held - self._flight_bytes
        size = min(limits.BATCH_BYTES, limits.WINDOW_BYTES - self._flight_bytes, spare)
        if count < 1 or size < limits.LINE_BYTES:
            return None
        self._hinted = False
        self._read_at = now
        self._reading = Read(self.session, self.direction, self._tip.n + 1, count, size)
        self._settle()
        return self._reading

    def lines_read(self, first: int, lines: Sequence[bytes], now: int) -> tuple[Lines, int] | None:
        """Return the batch to sign and send, and its bytes; None for an empty or outdated answer.

        Raises SessionFault when our own storage gives lines that do not follow.
        """
        read = self._reading
        if read is None or read.first != first or first != self._tip.n + 1:
            return None
        self._reading = None
        batch, size = _fitting(lines, read)
        if batch:
            self._extend(batch)
            if not self._flight:
                self._moved_at = now
            self._flight.append((self._tip.n, size))
            self._flight_bytes += size
            self._hinted = True
        self._settle()
        if not batch:
            return None
        return Lines(self.session, first, batch, self._tip.mark().digest, UNSIGNED), size

    def acknowledged(self, n: int, digest: bytes, now: int) -> bool:
        """Take the peer's acknowledgement; True when it moves the mark.

        Raises LinkFault for what was never sent, and for another digest than it has here: it is
        not signed, so that nobody could be held to it.
        """
        if n <= self._acked.n:
            return False
        end = self._ends.get(n)
        if end is None:
            raise LinkFault(FaultKind.ORDER, f"{self.session}: {n} acknowledged, not sent")
        if end.mark().digest != digest:
            raise LinkFault(FaultKind.ORDER, f"{self.session}: {n} acknowledged as other lines")
        self._advance(end, now)
        return True

    def left(self, now: int) -> None:
        """Note that a batch has gone to the socket."""
        self._moved_at = now

    def poll(self, now: int) -> None:
        """Look into storage again when nobody has told us to for long."""
        if now - self._read_at >= limits.IDLE_POLL_MS:
            self._hinted = True

    def stalled(self, now: int) -> bool:
        """Tell whether lines are on their way and nothing has moved for too long."""
        waiting = bool(self._flight)
        return waiting and now - self._moved_at >= limits.NO_PROGRESS_MS

    def rests(self, now: int) -> bool:
        """Tell whether nothing is on its way and nothing has moved for long."""
        return not self._flight and now - self._moved_at >= limits.NO_PROGRESS_MS

    def rewind(self, now: int) -> bool:
        """Go back to the acknowledged mark; False when that was done before without progress."""
        if self._resent:
            return False
        self._resent = True
        self._rewound_from = max(self._rewound_from, self._tip.n)
        self._rewound_bytes = max(self._rewound_bytes, self._flight_bytes)
        self._tip = self._acked.copy()
        self._flight.clear()
        self._flight_bytes = 0
        self._reading = None
        self._hinted = True
        self._moved_at = now
        return True

    def end(self) -> None:
        """Give all credit back; the stream is not used afterwards."""
        self._held = self._credit.resize(self._held, 0)

    def _extend(self, batch: Sequence[bytes]) -> None:
        tip = self._tip.copy()
        try:
            for line in batch:
                tip.extend(line)
        except EvidenceError as error:
            detail = f"our own line {tip.n + 1}: {error}"
            raise SessionFault(
                FaultKind.STORAGE, self.session, detail, held=self._tip.mark()
            ) from None
        self._tip = tip
        self._ends[tip.n] = tip.copy()

    def _advance(self, end: Trail, now: int) -> None:
        self._acked = end
        self._ends = {n: trail for n, trail in self._ends.items() if n > end.n}
        while self._flight and self._flight[0][0] <= end.n:
            self._flight_bytes -= self._flight.popleft()[1]
        if self._tip.n < end.n:
            self._tip = end.copy()
            self._reading = None
            self._hinted = True
        self._resent = False
        self._moved_at = now
        self._settle()

    def _settle(self) -> None:
        """Hold what is on its way or being read; after a rewind not less than before it.

        The peer may still be committing what was sent the first time.
        """
        needed = self._flight_bytes + (self._reading.max_bytes if self._reading else 0)
        if self._acked.n >= self._rewound_from:
            self._rewound_bytes = 0
        self._held = self._credit.resize(self._held, max(needed, self._rewound_bytes))


def _fitting(lines: Sequence[bytes], read: Read) -> tuple[list[bytes], int]:
    """Return the lines that the read allows, whatever storage gave, and their bytes."""
    batch: list[bytes] = []
    size = 0
    for line in lines[: read.limit]:
        if size + len(line) > read.max_bytes:
            break
        batch.append(line)
        size += len(line)
    return batch, size
