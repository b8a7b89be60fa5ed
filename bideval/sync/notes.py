"""Checkpoints down, cosignatures back.

Decided here: only the newest checkpoint matters; it waits at the branch until the branch holds
that many lines; it is sent again while its cosignature is missing.
Not decided here: what a note says and whether it may be cosigned.
"""

from __future__ import annotations

from dataclasses import dataclass

from bideval.sync import limits


@dataclass(frozen=True, slots=True)
class CheckpointNote:
    """A checkpoint of a session as opaque text."""

    size: int
    note: str


class NotesDown:
    """At main: the newest checkpoint towards one branch."""

    def __init__(self) -> None:
        self.newest = 0
        self._waiting: CheckpointNote | None = None
        self._sent_at: int | None = None
        self._unanswered = 0

    def offer(self, note: CheckpointNote) -> None:
        """Replace what waits by a checkpoint of a larger record."""
        if note.size > self.newest:
            self.newest = note.size
            self._waiting = note
            self._sent_at = None

    def due(self, now: int) -> CheckpointNote | None:
        """Return the checkpoint to send now: a new one, or one not answered for long."""
        if self._waiting is None:
            return None
        if self._sent_at is not None and now - self._sent_at < limits.CHECKPOINT_RETRY_MS:
            return None
        self._sent_at = now
        self._unanswered += 1
        return self._waiting

    def expected(self) -> bool:
        """Take one cosignature for each sending; False for one more, which costs nothing."""
        if not self._unanswered:
            return False
        self._unanswered -= 1
        return True

    def answered(self, size: int) -> None:
        """Stop repeating the checkpoint of this size."""
        if self._waiting is not None and size >= self._waiting.size:
            self._waiting = None


class NotesUp:
    """At a branch: the newest checkpoint of main that is not cosigned yet."""

    def __init__(self) -> None:
        self._held: CheckpointNote | None = None
        self._asking = 0
        self._refused = 0

    def refused(self) -> bool:
        """Note that our host has refused one; True when it was one too many."""
        self._refused += 1
        return self._refused >= limits.CHECKPOINTS_REFUSED

    def arrived(self, note: CheckpointNote) -> None:
        """Keep a checkpoint, unless a newer one waits already."""
        if self._held is None or note.size >= self._held.size:
            self._held = note

    def ready(self, durable: int) -> CheckpointNote | None:
        """Return the checkpoint to judge now: covered by our disk, none other being judged."""
        if self._held is None or self._asking or self._held.size > durable:
            return None
        note, self._held = self._held, None
        self._asking = note.size
        return note

    def answered(self, size: int) -> bool:
        """Take our host's answer; False for one that nobody waits for."""
        if not size or size != self._asking:
            return False
        self._asking = 0
        return True
