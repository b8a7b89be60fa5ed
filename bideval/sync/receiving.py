"""The receiving end of one stream: what fits, what is being committed, what is durable.

Decided here: a gap is an error and never skipped; what is here already is ignored; the digest
after a batch must be ours; one commit at a time; only durable lines are acknowledged.
Not decided here: whether entries are authentic and may count; the commit decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.sync import limits
from bideval.sync.effects import Commit, FaultKind
from bideval.sync.faults import LinkFault, SessionFault
from bideval.sync.trails import Mark
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from bideval.sync.messages import Lines
    from bideval.sync.trails import Direction, Trail


class ReceivingStream:
    """The peer's lines of one session on their way to our disk; `trail` stands at our mark."""

    def __init__(self, session: str, *, direction: Direction, origin: str, trail: Trail) -> None:
        self.session = session
        self.direction = direction
        self.durable: Mark = trail.mark()
        self.held_bytes = 0
        self._marks: dict[int, bytes] = {self.durable.n: self.durable.digest}
        self._origin = origin
        self._trail = trail
        self._pending: list[bytes] = []
        self._committing: Commit | None = None

    def received(self, batch: Lines) -> bool:
        """Take a batch; False when all of it is here already and wants only our mark again.

        Raises LinkFault for a gap or an exceeded limit, SessionFault when lines or digest do not
        follow from what we have.
        """
        if sum(map(len, batch.lines)) > limits.BATCH_BYTES:
            raise LinkFault(FaultKind.LIMIT, f"{self.session}: batch too large")
        known = self._trail.n + 1 - batch.first
        if known < 0:
            detail = f"{self.session}: expected {self._trail.n + 1}, got {batch.first}"
            raise LinkFault(FaultKind.GAP, detail)
        fresh = batch.lines[known:]
        if not fresh:
            return False
        self._check_window(fresh)
        self._follow(fresh, batch.digest)
        return True

    def next_commit(self) -> Commit | None:
        """Return all that waits as one commit; None while one is under way or nothing waits."""
        if self._committing is not None or not self._pending:
            return None
        mark = self._trail.mark()
        lines = tuple(self._pending)
        self._pending = []
        first = self.durable.n + 1
        self._committing = Commit(self.session, self.direction, self._origin, first, lines, mark)
        return self._committing

    def committed(self, n: int, digest: bytes) -> bool:
        """Take storage's answer: it holds `n` lines with that digest; False if nothing was asked.

        `n` may be beyond the commit when another connection brought more.
        Raises LinkFault when it is not what was asked for.
        """
        commit = self._committing
        if commit is None:
            return False
        if n < commit.mark.n or (n == commit.mark.n and digest != commit.mark.digest):
            raise LinkFault(FaultKind.STORAGE, f"{self.session}: {n} is not what was committed")
        self._committing = None
        self.durable = commit.mark
        self._remember(commit.mark)
        self.held_bytes -= sum(map(len, commit.lines))
        return True

    def digest_at(self, n: int) -> bytes | None:
        """Return what our first `n` lines come to, None where that is not remembered.

        Raises LinkFault for more lines than are durable here.
        """
        if n > self.durable.n:
            raise LinkFault(FaultKind.ORDER, f"{self.session}: word about {n}, not held")
        return self._marks.get(n)

    def _remember(self, mark: Mark) -> None:
        """Keep the marks of the last commits: a word about one of them may be on its way."""
        self._marks[mark.n] = mark.digest
        if len(self._marks) > limits.MARKS_REMEMBERED:
            del self._marks[min(self._marks)]

    def _check_window(self, fresh: list[bytes]) -> None:
        size = self.held_bytes + sum(map(len, fresh))
        count = self._trail.n - self.durable.n + len(fresh)
        if count > limits.WINDOW_LINES or size > limits.WINDOW_BYTES:
            raise LinkFault(FaultKind.LIMIT, f"{self.session}: window exceeded")

    def _follow(self, fresh: list[bytes], digest: bytes) -> None:
        trail = self._trail.copy()
        try:
            for line in fresh:
                trail.extend(line)
        except EvidenceError as error:
            raise SessionFault(
                FaultKind.LINES, self.session, str(error), held=self._trail.mark()
            ) from None
        mark = trail.mark()
        if mark.digest != digest:
            detail = f"another digest after line {mark.n}"
            raise SessionFault(
                FaultKind.FORK, self.session, detail, stated=Mark(mark.n, digest), held=mark
            )
        self._trail = trail
        self._pending.extend(fresh)
        self.held_bytes += sum(map(len, fresh))
