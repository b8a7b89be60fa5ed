"""The receiving end of one stream: what fits, what is being committed, what is durable.

Decided here: a gap is an error and never skipped; what is here already is ignored, unless the
sender signs that it is something else; lines that are not what the sender has signed are not taken;
one commit at a time; only durable lines are acknowledged.
Not decided here: whether entries are authentic and may count; the commit decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.sync import limits
from bideval.sync.effects import Commit, FaultKind
from bideval.sync.faults import LinkFault, SessionFault
from bideval.sync.trails import Direction, Mark
from bideval.sync.words import RECORD, Said, Vouch
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from bideval.sync.messages import Lines
    from bideval.sync.trails import Trail


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
        self._signature = b""
        self._committing: Commit | None = None

    def word(self, batch: Lines) -> Vouch:
        """Return what the sender of a batch has signed with it."""
        stream = RECORD if self.direction is Direction.DOWN else self._origin
        return Vouch(self.session, stream, _last(batch), batch.digest, batch.signature)

    def received(self, batch: Lines) -> bool:
        """Take a batch; False when all of it is here already and wants only our mark again.

        The batch's signature was checked. Raises LinkFault for a gap, an exceeded limit or lines
        that are not those that were signed; SessionFault, with what was signed, when that is not
        what we have of the same lines, or is no line of that stream.
        """
        if sum(map(len, batch.lines)) > limits.BATCH_BYTES:
            raise LinkFault(FaultKind.LIMIT, f"{self.session}: batch too large")
        known = self._trail.n + 1 - batch.first
        if known < 0:
            detail = f"{self.session}: expected {self._trail.n + 1}, got {batch.first}"
            raise LinkFault(FaultKind.GAP, detail)
        fresh = batch.lines[known:]
        if not fresh:
            self._compare(batch)
            return False
        self._check_window(fresh)
        self._follow(batch, known)
        return True

    def remembers(self, n: int) -> bool:
        """Whether it is known here what the first `n` lines come to."""
        return n in self._marks or n == self._trail.n

    def next_commit(self) -> Commit | None:
        """Return all that waits as one commit; None while one is under way or nothing waits."""
        if self._committing is not None or not self._pending:
            return None
        mark = self._trail.mark()
        lines = tuple(self._pending)
        self._pending = []
        first = self.durable.n + 1
        self._committing = Commit(
            self.session, self.direction, self._origin, first, lines, mark, self._signature
        )
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

    def _said(self, batch: Lines) -> Said:
        return Said(self.word(batch), batch.first, tuple(batch.lines))

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

    def _compare(self, batch: Lines) -> None:
        """Look whether a batch that is here already was signed as what it is here."""
        n = _last(batch)
        tip = self._trail.mark()
        held = tip.digest if n == tip.n else self._marks.get(n)
        if held is not None and held != batch.digest:
            raise self._fork(batch, Mark(n, held))

    def _follow(self, batch: Lines, known: int) -> None:
        """Take the lines of a batch that are new here; they must be what was signed."""
        fresh = batch.lines[known:]
        trail, wrong = self._trail.copy(), ""
        try:
            for line in fresh:
                trail.extend(line)
        except EvidenceError as error:
            wrong = str(error)
        after = self._trail.after(fresh) if wrong else trail.mark()
        if after.digest != batch.digest:
            if known:
                raise self._fork(batch, after)
            detail = f"{self.session}: up to {after.n} other lines than were signed"
            raise LinkFault(FaultKind.LINES, detail)
        if wrong:
            raise SessionFault(
                FaultKind.LINES,
                self.session,
                wrong,
                held=self._trail.mark(),
                said=self._said(batch),
            )
        self._trail = trail
        self._signature = batch.signature
        self._pending.extend(fresh)
        self.held_bytes += sum(map(len, fresh))

    def _fork(self, batch: Lines, held: Mark) -> SessionFault:
        return SessionFault(
            FaultKind.FORK,
            self.session,
            f"signed as other lines up to {held.n}",
            stated=Mark(held.n, batch.digest),
            held=held,
            said=self._said(batch),
        )


def _last(batch: Lines) -> int:
    return batch.first + len(batch.lines) - 1
