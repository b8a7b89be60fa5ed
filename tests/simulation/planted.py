"""Mistakes in the house around the protocol, as switches; each must be caught by `simulate`.

Together with `bugs` (the protocol machine's own) they are the teeth of the simulator: one that
finds nothing proves nothing until it has found what was put there.
"""

from __future__ import annotations

from dataclasses import replace

from bideval.actions import appending, arrivals, caretaker, checkpoints, confirming, peering
from bideval.actions.folds import Fold
from bideval.actions.record_book import RecordBook
from bideval.actions.spread import Spread
from bideval.ledger.entry import entry_hash
from bideval.link.venue_host import VenueHost
from bideval.simulation import people
from bideval.simulation.memory_store import CrashedError, Disk, MemoryStore, Writing
from bideval.terms.errors import RefusedError


def answer_before_the_disk(patch):
    """Confirm an entry whose commit then dies."""
    original = MemoryStore._commit

    def commit(self, writing, future, result):
        try:
            original(self, writing, future, result)
        except CrashedError as crash:
            if str(crash) == "after":
                raise
            future.set_result(result)

    patch.setattr(MemoryStore, "_commit", commit)


def keep_a_torn_batch(patch):
    """Leave half of a torn write on the disk: the heads move, the lines do not."""
    original = Writing.undo

    def undo(self):
        kept = {
            session: record
            for session, record in self.image.records.items()
            if session in self._before and record.order
        }
        original(self)
        for session, record in kept.items():
            before = self.image.records.get(session)
            if before is not None and len(record.order) > len(before.order):
                before.order.append(record.order[len(before.order)])

    patch.setattr(Writing, "undo", undo)


def write_on_after_an_error(patch):
    """Take the next write after a failed fsync as if nothing had been."""

    patch.setattr(MemoryStore, "_fault", lambda *_fault: None)
    patch.setattr(Disk, "meets", _forgetful(Disk.meets))


def _forgetful(original):
    def meets(self):
        met = original(self)
        self.broken = False
        return met

    return meets


def never_reopen(patch):
    """Leave a faulted store closed for ever."""
    patch.setattr(caretaker.Caretaker, "reopen", lambda _self: None)


def forget_what_was_said(patch):
    """Do not look whether an entry is here already."""
    patch.setattr(appending, "_said_before", lambda _said, _entry: _refuse())
    patch.setattr(Writing, "known", lambda *_asked: None)


def _refuse():
    raise RefusedError("id_reused")


def retry_with_a_new_entry(patch):
    """Let the browser sign a new entry when an answer does not come."""
    original = people.Client._send

    def send(self):
        done = original(self)
        if not done and self.waiting:
            self._number += 100
            self.waiting[0] = people._warning(self.name, self.session, self._number)
        return done

    patch.setattr(people.Client, "_send", send)


def confirm_on_sending(patch):
    """Tell an author `saved` for an entry that the venue refused."""
    original = people.Client._send

    def send(self):
        waiting = self.waiting[0]
        done = original(self)
        if not done and self.joined and self.waiting:
            name = entry_hash(waiting)
            self.world.oracle.saved(name, people.Heard(self.place.id, self.session), wide=False)
            self.waiting.popleft()
        return True

    patch.setattr(people.Client, "_send", send)


def say_session_too_early(patch):
    """Call an entry saved by the session as soon as it is here."""
    patch.setattr(Spread, "state_of", lambda _self, _stored: "session")


def trust_foreign_lines(patch):
    """Keep a branch's lines without verifying their signatures."""
    patch.setattr(arrivals, "verify_entry", lambda _entry, _key: None)


def restore_without_waiting(patch):
    """Write on at once after a backup was put back."""
    patch.setattr(Writing, "await_venues", lambda *_said: None)


def hear_everybody(patch):
    """Take any one venue's word for the word of all."""
    original = confirming._without

    def without(tx, session, names):
        head = tx.head(session)
        return original(tx, session, set(head.awaiting) if head else names)

    patch.setattr(confirming, "_without", without)


def never_hear(patch):
    """Wait for ever, whoever confirms."""
    patch.setattr(confirming, "hear", lambda *_heard: False)


def accept_while_waiting(patch):
    """Place branches' lines while main still waits for others."""
    patch.setattr(arrivals, "refuse_while_awaiting", lambda _head: None)
    patch.setattr(appending, "refuse_while_awaiting", lambda _head: None)


def claim_to_hold_any_mark(patch):
    """Agree with any mark of a peer, by repeating our own head for it."""
    original = peering.mark_down

    def mark_down(venue, peer, session, size):
        found = original(venue, peer, session, size)
        return found if found is not None else original(venue, peer, session, 0)

    patch.setattr(peering, "mark_down", mark_down)


def read_one_line_too_far(patch):
    """Begin reading the record one line behind what was asked for."""
    original = peering.read_down

    def read_down(venue, peer, session, first, *, size):
        return original(venue, peer, session, first + 1, size=size)

    patch.setattr(peering, "read_down", read_down)


def place_twice(patch):
    """Let main give a line that is placed another place."""
    original = Writing.place

    def place(self, session, origin, n, leaf):
        position = original(self, session, origin, n, leaf)
        record = self.image.records[session]
        if len(record.order) % 7 == 0:
            record.order.append((origin, n))
            record.leaves.append(leaf)
            record.frontier.add(leaf)
        return position

    patch.setattr(Writing, "place", place)


def number_from_memory(patch):
    """Place lines of branches in the order of their names, not of their arrival."""
    original = Writing.add_line

    def add_line(self, session, line, *, entry, chain):
        kept = original(self, session, line, entry=entry, chain=chain)
        record = self.image.records[session]
        mine = record.lines[line.origin]
        if kept and len(mine) > 3 and entry.author != f"venue/{line.origin}":
            mine[-2], mine[-1] = replace(mine[-1], n=mine[-2].n), replace(mine[-2], n=mine[-1].n)
        return kept

    patch.setattr(Writing, "add_line", add_line)


def state_no_record(patch):
    """Never sign a checkpoint."""
    patch.setattr(caretaker, "state_record", lambda *_asked, **_named: None)


def leave_the_last_checkpoint_undone(patch):
    """Make no checkpoint for what a server committed right before it died."""
    patch.setattr(caretaker.Caretaker, "begin", lambda _self: None)


def cosign_anything(patch):
    """Cosign without comparing with our own copy, and keep nothing of it."""
    patch.setattr(checkpoints, "answer_checkpoint", lambda *_asked: (0, "nothing"))


def lose_cosignatures(patch):
    """Let main throw away what branches signed."""
    patch.setattr(Writing, "add_cosignature", lambda *_signed: True)


def forget_to_tell_links(patch):
    """Give links no news, and let a lost hint be lost for good."""
    patch.setattr(VenueHost, "_changes", lambda *_asked: [])


def serve_every_peer_the_founding_only(patch):
    """Send a branch nothing but the first line."""
    original = peering.read_down

    def read_down(venue, peer, session, first, *, size):
        return original(venue, peer, session, first, size=size) if first == 1 else []

    patch.setattr(peering, "read_down", read_down)


def keep_a_fold_that_ran_ahead(patch):
    """Go on with a fold that holds more than the disk."""
    patch.setattr(Fold, "follows", lambda *_asked: True)


def forget_pending_lines(patch):
    """Never send up what a branch wrote before it was restarted."""
    original = peering.read_up

    def read_up(venue, peer, session, first, *, size):
        lines = original(venue, peer, session, first, size=size)
        return lines if len(lines) < 2 else lines[:0]

    patch.setattr(peering, "read_up", read_up)


def remember_nothing_at_the_start(patch):
    """Show people a record that is never brought up to the disk."""
    patch.setattr(RecordBook, "refresh", lambda *_asked, **_named: None)


HOUSE = {
    bug.__name__: bug
    for bug in (
        answer_before_the_disk,
        keep_a_torn_batch,
        write_on_after_an_error,
        never_reopen,
        forget_what_was_said,
        retry_with_a_new_entry,
        confirm_on_sending,
        say_session_too_early,
        trust_foreign_lines,
        restore_without_waiting,
        hear_everybody,
        never_hear,
        accept_while_waiting,
        claim_to_hold_any_mark,
        read_one_line_too_far,
        place_twice,
        number_from_memory,
        state_no_record,
        leave_the_last_checkpoint_undone,
        cosign_anything,
        lose_cosignatures,
        forget_to_tell_links,
        serve_every_peer_the_founding_only,
        keep_a_fold_that_ran_ahead,
        forget_pending_lines,
        remember_nothing_at_the_start,
    )
}
