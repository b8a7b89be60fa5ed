"""Mistakes that are easily made in such a protocol, as switches; each must be caught.

A simulator that finds nothing proves nothing until it has found what was put there.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from bideval.sync import effects as fx
from bideval.sync import limits, messages
from bideval.sync.fetching import Fetching
from bideval.sync.notes import CheckpointNote, NotesDown, NotesUp
from bideval.sync.outbox import Priority
from bideval.sync.receiving import ReceivingStream
from bideval.sync.sending import SendingStream
from bideval.sync.sessions import SessionTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest import MonkeyPatch  # noqa: PT013 (a type only)


def acknowledge_before_commit(patch: MonkeyPatch) -> None:
    """Acknowledge what has been received instead of what is durable."""
    original = SessionTable._on_lines

    def on_lines(self, message):
        original(self, message)
        found = self._sessions.get(message.session)
        if found is not None:
            mark = found.receiving._trail.mark()
            ack = messages.Ack(found.id, mark.n, mark.digest)
            self._outbox.put(Priority.ACKNOWLEDGE, ("ack", found.id), ack)

    patch.setattr(SessionTable, "_on_lines", on_lines)


def believe_in_what_was_sent(patch: MonkeyPatch) -> None:
    """Take lines as saved by the peer once they are sent."""
    original = SessionTable.lines_read

    def lines_read(self, session, first, lines, now):
        original(self, session, first, lines, now)
        found = self._sessions.get(session)
        if found is not None and found.sending is not None:
            self._emit(fx.PeerHas(session, found.sends, found.sending.sent))

    patch.setattr(SessionTable, "lines_read", lines_read)


def skip_gaps(patch: MonkeyPatch) -> None:
    """Take lines after a gap as if nothing were missing."""
    original = ReceivingStream.received

    def received(self, batch):
        first = min(batch.first, self._trail.n + 1)
        return original(self, replace(batch, first=first))

    patch.setattr(ReceivingStream, "received", received)


def take_duplicates(patch: MonkeyPatch) -> None:
    """Take lines that are here already once more."""
    original = ReceivingStream.received

    def received(self, batch):
        first = max(batch.first, self._trail.n + 1)
        return original(self, replace(batch, first=first))

    patch.setattr(ReceivingStream, "received", received)


def commit_in_parallel(patch: MonkeyPatch) -> None:
    """Start a commit while another one of the stream is under way."""
    original = ReceivingStream.next_commit

    def next_commit(self):
        begun = self._committing
        self._committing = None
        first = self._trail.n - len(self._pending) + 1
        commit = original(self)
        if commit is None:
            self._committing = begun
            return None
        self._committing = dataclasses.replace(commit, first=first)
        return self._committing

    patch.setattr(ReceivingStream, "next_commit", next_commit)


def never_send_again(patch: MonkeyPatch) -> None:
    """No alarm when a backlog does not move."""
    patch.setattr(SendingStream, "stalled", lambda _self, _now: False)


def rely_on_wake_ups(patch: MonkeyPatch) -> None:
    """Never look into storage without being told."""
    patch.setattr(SendingStream, "poll", lambda _self, _now: None)


def wait_for_the_handshake(patch: MonkeyPatch) -> None:
    """No deadline before the link is established."""
    patch.setattr(limits, "HANDSHAKE_MS", 10**9)


def wait_for_marks(patch: MonkeyPatch) -> None:
    """No deadline for the peer's marks."""
    patch.setattr(limits, "MARKS_MS", 10**9)


def trust_silence(patch: MonkeyPatch) -> None:
    """Believe in a connection on which nothing is heard."""
    patch.setattr(limits, "SILENCE_MS", 10**9)
    patch.setattr(limits, "NO_PROGRESS_MS", 10**9)


def ignore_the_window(patch: MonkeyPatch) -> None:
    """Send without credit."""
    original = SendingStream.next_read

    def next_read(self, now):
        acked, self._acked = self._acked, self._tip
        flight, self._flight_bytes = self._flight_bytes, 0
        read = original(self, now)
        self._acked, self._flight_bytes = acked, flight
        return read

    patch.setattr(SendingStream, "next_read", next_read)
    patch.setattr(limits, "OUTBOX_BYTES", 10**9)


def leak_credit(patch: MonkeyPatch) -> None:
    """Forget to give credit back when the peer acknowledges."""
    original = SendingStream._advance

    def advance(self, end, now):
        flight = self._flight_bytes
        original(self, end, now)
        self._flight_bytes = flight

    patch.setattr(SendingStream, "_advance", advance)


def cosign_ahead(patch: MonkeyPatch) -> None:
    """Judge a checkpoint before its lines are on disk."""
    original = NotesUp.ready
    patch.setattr(NotesUp, "ready", lambda self, _durable: original(self, 2**53))


def send_checkpoints_once(patch: MonkeyPatch) -> None:
    """Never repeat a checkpoint whose cosignature does not come."""
    original = NotesDown.due

    def due(self, now):
        note = original(self, now)
        self._waiting = None
        return note

    patch.setattr(NotesDown, "due", due)


def repeat_old_checkpoints(patch: MonkeyPatch) -> None:
    """Keep the oldest waiting checkpoint instead of the newest."""

    def arrived(self, note: CheckpointNote) -> None:
        if self._held is None:
            self._held = note

    def offer(self, note: CheckpointNote) -> None:
        if self._waiting is None:
            self._waiting, self.newest = note, note.size
            self._sent_at = None

    patch.setattr(NotesUp, "arrived", arrived)
    patch.setattr(NotesDown, "offer", offer)


def wait_for_chunks(patch: MonkeyPatch) -> None:
    """Never ask again for a chunk that does not come."""
    patch.setattr(Fetching, "overdue", lambda _self, _now: [])


PLANTED: Final[Mapping[str, Callable[[MonkeyPatch], None]]] = {
    bug.__name__: bug
    for bug in (
        acknowledge_before_commit,
        believe_in_what_was_sent,
        skip_gaps,
        take_duplicates,
        commit_in_parallel,
        never_send_again,
        rely_on_wake_ups,
        wait_for_the_handshake,
        wait_for_marks,
        trust_silence,
        ignore_the_window,
        leak_credit,
        cosign_ahead,
        send_checkpoints_once,
        repeat_old_checkpoints,
        wait_for_chunks,
    )
}
