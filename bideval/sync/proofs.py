"""Proofs of misbehaviour that a venue shows the other venues of a stopped session.

Decided here: each session's proof leaves once on a connection, one file at a time, not more often
than the limits say and behind everything else; what arrives is judged one by one, and a peer that
does not keep to this pace, or whose file proves nothing, loses the connection.
Not decided here: what a proof is and for whom it is; the host knows.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bideval.sync import limits, messages
from bideval.sync.effects import Effect, FaultKind, ProofArrived, ReadProof
from bideval.sync.faults import LinkFault
from bideval.sync.outbox import Outbox, Priority

if TYPE_CHECKING:
    from collections.abc import Callable


class ShownProofs:
    """The proofs that go over one link, in both directions."""

    def __init__(self, *, outbox: Outbox, emit: Callable[[Effect], None]) -> None:
        self._outbox = outbox
        self._emit = emit
        self._unsent: deque[str] = deque()
        self._known: set[str] = set()
        self._next_at: int | None = None
        self._sending = False
        self._waiting: deque[messages.Proof] = deque()
        self._asking: messages.Proof | None = None

    def show(self, session: str, now: int) -> None:
        """Have the proof of a stopped session read and sent, if it was not yet."""
        if session not in self._known and len(self._known) < limits.SESSIONS:
            self._known.add(session)
            self._unsent.append(session)
            self.tick(now)

    def tick(self, now: int) -> None:
        """Ask for the next file, when the one before has gone and the time has come."""
        due = self._next_at is None or now >= self._next_at
        if self._unsent and due and not self._sending:
            self._next_at, self._sending = now + limits.PROOF_MS, True
            self._emit(ReadProof(self._unsent.popleft()))

    def read(self, session: str, file: bytes | None) -> None:
        """Send what our host has for the peer, if anything."""
        if file is None:
            self._sending = False
        elif session in self._known:
            self._outbox.put(Priority.CHUNKS, ("proof",), messages.Proof(session, file))

    def left(self) -> None:
        """Note that a file went to the socket."""
        self._sending = False

    def arrived(self, proof: messages.Proof) -> None:
        """Take a proof from the peer; raises LinkFault when more wait than it may send."""
        if len(self._waiting) >= limits.PROOFS_WAITING:
            raise LinkFault(FaultKind.LIMIT, "too many proofs")
        self._waiting.append(proof)
        self._judge()

    def checked(self, session: str, *, proves: bool) -> None:
        """Take our host's answer; raises LinkFault for a file that proves nothing."""
        if self._asking is None or self._asking.session != session:
            return
        self._asking = None
        if not proves:
            raise LinkFault(FaultKind.AUTHENTICATION, f"{session}: the file proves nothing")
        self._judge()

    def __len__(self) -> int:
        return len(self._waiting)

    def _judge(self) -> None:
        if self._asking is None and self._waiting:
            self._asking = self._waiting.popleft()
            self._emit(ProofArrived(self._asking.session, self._asking.file))
