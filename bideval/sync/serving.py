"""Chunks that the peer asks us for.

Decided here: one read at a time, answers in the order of the questions, a bounded number of open
questions. Not decided here: whether the peer may have the file; the host decides when it reads.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from bideval.sync import limits
from bideval.sync.effects import FaultKind, ReadFile
from bideval.sync.faults import LinkFault
from bideval.sync.messages import Absent, Chunk

if TYPE_CHECKING:
    from bideval.sync.messages import Want

SERVED_WANTS: Final = 4 * limits.OUTSTANDING_WANTS
"""A peer that asks again after its deadline may have some questions open twice."""


class Serving:
    """The peer's open questions for chunks on one link."""

    def __init__(self) -> None:
        self._queue: deque[Want] = deque()
        self._reading: Want | None = None
        self._unsent: set[tuple[bytes, int]] = set()

    def wanted(self, want: Want) -> None:
        """Take a question; the same one that is still open is not taken twice.

        Raises LinkFault when too many are open.
        """
        key = (want.sha256, want.offset)
        if key in self._unsent:
            return
        if len(self._unsent) >= SERVED_WANTS:
            raise LinkFault(FaultKind.LIMIT, "too many chunks wanted")
        self._unsent.add(key)
        self._queue.append(want)

    def next_read(self) -> ReadFile | None:
        """Return the next read; None while one is under way."""
        if self._reading is not None or not self._queue:
            return None
        want = self._reading = self._queue.popleft()
        return ReadFile(want.session, want.sha256, want.offset, want.length)

    def read(self, sha256: bytes, offset: int, data: bytes | None) -> Chunk | Absent | None:
        """Return the answer for the peer; None when nobody asked."""
        want = self._reading
        if want is None or (want.sha256, want.offset) != (sha256, offset):
            return None
        self._reading = None
        if data is None or len(data) != want.length:
            return Absent(sha256, offset)
        return Chunk(sha256, offset, data)

    def left(self, message: Chunk | Absent) -> None:
        """Note that an answer has gone to the socket."""
        self._unsent.discard((message.sha256, message.offset))
