"""Mistakes in the house around the protocol, as switches; each must be caught by `simulate`.

Together with `bugs` (the protocol machine's own) they are the teeth of the simulator: one that
finds nothing proves nothing until it has found what was put there.
"""

from __future__ import annotations

from dataclasses import replace

from bideval.actions import (
    appending,
    arrivals,
    authoring,
    backing_up,
    caretaker,
    checkpoints,
    confirming,
    drawing,
    peering,
    restoring,
    results,
    showing,
    shown_proofs,
    starting,
)
from bideval.actions.folds import Fold
from bideval.actions.record_book import RecordBook
from bideval.actions.spread import Spread
from bideval.actions.unkept import Unkept
from bideval.evidence.encoding import b64u
from bideval.evidence.sealing import Purpose, age_encrypt
from bideval.ledger.entry import entry_hash
from bideval.link.venue_host import VenueHost
from bideval.session import duties, phases, tasks, view_bids
from bideval.session.acts import bids
from bideval.session.acts import course as act_course
from bideval.session.acts import panel as act_panel
from bideval.session.standing import Standing
from bideval.simulation import attendees, people
from bideval.simulation.memory_store import CrashedError, Disk, MemoryStore, Writing
from bideval.simulation.province import World
from bideval.store import steady_store
from bideval.sync.effects import FaultKind
from bideval.sync.faults import LinkFault
from bideval.sync.vouching import Vouching
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

    def undo(self, *, whole):
        kept = {
            session: record
            for session, record in self.image.records.items()
            if session in self._before and record.order
        }
        original(self, whole=whole)
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


def trust_any_clock(patch):
    """Write on whatever the clock says."""
    patch.setattr(steady_store, "clock_step", lambda *_readings: 0)


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
    patch.setattr(Writing, "await_venues", lambda *_said, **_owed: None)


def hear_everybody(patch):
    """Take any one venue's word for the word of all."""
    patch.setattr(confirming, "_unheard", lambda _head: set())


def never_hear(patch):
    """Wait for ever, whoever confirms."""
    patch.setattr(confirming, "hear", lambda *_heard: None)


def accept_while_waiting(patch):
    """Place branches' lines while main still waits for others."""
    patch.setattr(arrivals, "owed_upto", lambda _head, _origin: None)
    patch.setattr(appending, "refuse_while_awaiting", lambda _head: None)


def forget_promised_places(patch):
    """Go on after a recovery without asking what main had signed about the branches' lines."""
    original = confirming.hear

    def hear(venue, session, peer, _promised=None):
        original(venue, session, peer)

    patch.setattr(confirming, "hear", hear)


def pay_debts_in_any_order(patch):
    """Place owed lines as they come, also those with the wider place first."""
    original = arrivals.owed_upto

    def owed_upto(head, origin):
        theirs = [one.n for one in (head.owed if head else ()) if one.venue == origin]
        return theirs[0] if theirs else original(head, origin)

    patch.setattr(arrivals, "owed_upto", owed_upto)


def leave_words_out_of_backups(patch):
    """Back up records without what other venues have signed about them."""
    original = backing_up._record

    def record(reader, session):
        return replace(original(reader, session), words=[])

    patch.setattr(backing_up, "_record", record)


def drop_words_of_backups(patch):
    """Put a backup back without the words in it."""
    original = restoring._restore

    def restore(tx, saved, awaiting):
        return original(tx, replace(saved, words=[]), awaiting)

    patch.setattr(restoring, "_restore", restore)


def overwrite_words(patch):
    """Let the newest word take the place of any other, after a restart of the server at least."""

    def put_word(self, word):
        self._table("words")[word.session, word.stream, type(word)] = word
        return True

    patch.setattr(Writing, "put_word", put_word)
    patch.setattr(starting, "remember_words", lambda _venue, _reader: None)


def rest_after_waiting(patch):
    """Do nothing when the last venue has confirmed a copy that was put back."""
    patch.setattr(caretaker.Caretaker, "freed", lambda _self, _session: None)


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


def cosign_anything(patch):
    """Cosign without comparing with our own copy, and keep nothing of it."""
    patch.setattr(checkpoints, "answer_checkpoint", lambda *_asked: (0, "nothing"))


def lose_cosignatures(patch):
    """Let main throw away what branches signed."""
    patch.setattr(Writing, "add_cosignature", lambda *_signed: True)


def forget_to_tell_links(patch):
    """Give links no news, and let a lost hint be lost for good."""
    patch.setattr(VenueHost, "changes_by", lambda *_asked: [])


def serve_every_peer_the_founding_only(patch):
    """Send a branch nothing but the first line."""
    original = peering.read_down

    def read_down(venue, peer, session, first, *, size):
        return original(venue, peer, session, first, size=size) if first == 1 else []

    patch.setattr(peering, "read_down", read_down)


def keep_a_fold_that_ran_ahead(patch):
    """Go on with a fold that holds more than the disk."""
    patch.setattr(Fold, "follows", lambda *_asked: True)
    patch.setattr(RecordBook, "_forget", lambda *_asked: None)


def forget_pending_lines(patch):
    """Never send up what a branch wrote before it was restarted."""
    original = peering.read_up

    def read_up(venue, peer, session, first, *, size):
        lines = original(venue, peer, session, first, size=size)
        return lines if len(lines) < 2 else lines[:0]

    patch.setattr(peering, "read_up", read_up)


def remember_nothing_at_the_start(patch):
    """Show people a record that is never brought up to the disk."""
    patch.setattr(RecordBook, "follow", lambda *_asked, **_named: None)


def never_say_an_act_again(patch):
    """Take an act for done although its line turned out void."""
    patch.setattr(authoring, "_is_void", lambda *_said: False)


def blame_an_early_word(patch):
    """Close when main's word comes before its mark was compared with the disk."""
    original = Vouching.placed

    def placed(self, found, message):
        if found.sending is None:
            raise LinkFault(FaultKind.ROLE, "placed what was not sent")
        original(self, found, message)

    patch.setattr(Vouching, "placed", placed)


def release_marks_at_once(patch):
    """Let custodians open members' marks while others still mark."""
    _forget_date(patch, Purpose.MARKS)


def release_names_at_once(patch):
    """Let custodians open the panel's names before the report."""
    _forget_date(patch, Purpose.IDENTITY)


def open_bids_before_the_deadline(patch):
    """Take shares of bids while the box is open."""
    _forget_date(patch, Purpose.BID)


def _forget_date(patch, purpose):
    original = bids.due

    def due(session, secret):
        return secret.purpose is purpose or original(session, secret)

    for module in (bids, duties, tasks):
        patch.setattr(module, "due", due)


def show_bids_at_once(patch):
    """Let officers see that there are bids before the box is closed."""
    patch.setattr(view_bids, "may_see_bid", lambda *_asked: True)


def show_marks_at_once(patch):
    """Show the progress of members with the marks in it."""
    original = attendees.Expert.sign_sheet

    def sign_sheet(self, task, view):
        original(self, task, view)
        marks = [mark for key, mark in self.meeting.truth.items() if key[0] == self.name]
        self.world.spilt = marks

    shown = attendees.session_view

    def session_view(venue, visitor, fold):
        view = shown(venue, visitor, fold)
        return view | {"progress": list(getattr(World.last, "spilt", ()))}

    _remember_the_world(patch)
    patch.setattr(attendees.Expert, "sign_sheet", sign_sheet)
    patch.setattr(attendees, "session_view", session_view)


def _remember_the_world(patch):
    original = World.__init__

    def begin(self, *arguments, **options):
        original(self, *arguments, **options)
        World.last = self

    patch.setattr(World, "last", None, raising=False)
    patch.setattr(World, "__init__", begin)


def seal_nothing(patch):
    """Put marks into entries as they are, only encoded."""
    patch.setattr(attendees, "age_encrypt", lambda _recipient, plain: plain)


def encrypt_names_to_main(patch):
    """Encrypt the drawn experts' names so that another venue can open them."""
    original = drawing._seat

    def seat(venue, session, number, drawn):
        made = original(venue, session, number, drawn)
        sealed = age_encrypt(venue.devices.keys.recipient, b"name")
        return {**made, "for_venue": b64u(sealed)}

    patch.setattr(drawing, "_seat", seat)


def name_experts_in_the_clear(patch):
    """Leave the names beside the sealed ones."""
    original = drawing._seal_names

    def names(venue, session, panel):
        documents = [drawing.identity_of(venue, session, one.row.blinded) for one in panel]
        sealed = original(venue, session, panel)
        return {**sealed, "preview": b64u(b"".join(documents))}

    patch.setattr(drawing, "_seal_names", names)


def count_who_was_replaced(patch):
    """Take on what a member signs who was taken off the panel."""
    patch.setattr(act_panel, "seated_member", lambda session, act: session.panel.members[act.actor])


def move_without_signatures(patch):
    """Release although a scoresheet is missing."""
    patch.setitem(phases.CONDITIONS, "all_sheets_in", _nothing_missing)


def draw_nobody_in(patch):
    """Take a panel for checked in while seats are empty."""
    patch.setitem(phases.CONDITIONS, "all_checked_in", _nothing_missing)


def confirm_without_members(patch):
    """Close the result without the members' signatures."""
    patch.setitem(phases.CONDITIONS, "all_confirmed", _nothing_missing)


def need_no_order(patch):
    """Let main open, review and archive without an officer's order."""
    for module in (phases, duties, act_course):
        patch.setattr(module, "needs_order", lambda *_asked: False)


def _nothing_missing(_session):
    return []


def forget_what_was_not_kept(patch):
    """Find something out while nothing can be written, and leave it at that."""
    patch.setattr(Unkept, "_hold", lambda *_asked: None)


def keep_proofs_to_oneself(patch):
    """Stop a session, and tell nobody why."""
    patch.setattr(shown_proofs, "proof_for", lambda *_asked: None)


def show_checkpoints_only(patch):
    """Keep from other branches what main has signed beside checkpoints."""
    patch.setattr(showing, "word_for", lambda *_asked: None)


def pause_nothing(patch):
    """Let everything count while the session is paused."""
    patch.setattr(Standing, "paused", property(lambda _self: False))


def average_wrongly(patch):
    """Leave the last member out of the result."""
    original = results.open_marks

    def open_marks(session):
        opened = original(session)
        sheets = dict(opened.sheets)
        return replace(opened, sheets={**sheets, max(sheets): sheets[min(sheets)]})

    patch.setattr(results, "open_marks", open_marks)


HOUSE = {
    bug.__name__: bug
    for bug in (
        answer_before_the_disk,
        keep_a_torn_batch,
        write_on_after_an_error,
        trust_any_clock,
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
        forget_promised_places,
        pay_debts_in_any_order,
        rest_after_waiting,
        leave_words_out_of_backups,
        drop_words_of_backups,
        overwrite_words,
        claim_to_hold_any_mark,
        read_one_line_too_far,
        place_twice,
        number_from_memory,
        state_no_record,
        cosign_anything,
        lose_cosignatures,
        forget_to_tell_links,
        serve_every_peer_the_founding_only,
        keep_a_fold_that_ran_ahead,
        forget_pending_lines,
        remember_nothing_at_the_start,
        never_say_an_act_again,
        blame_an_early_word,
        release_marks_at_once,
        release_names_at_once,
        open_bids_before_the_deadline,
        show_bids_at_once,
        show_marks_at_once,
        seal_nothing,
        encrypt_names_to_main,
        name_experts_in_the_clear,
        count_who_was_replaced,
        move_without_signatures,
        draw_nobody_in,
        confirm_without_members,
        need_no_order,
        pause_nothing,
        average_wrongly,
        show_checkpoints_only,
        keep_proofs_to_oneself,
        forget_what_was_not_kept,
    )
}

OF_EVALUATIONS = frozenset(
    {
        "never_say_an_act_again",
        "release_marks_at_once",
        "release_names_at_once",
        "open_bids_before_the_deadline",
        "show_bids_at_once",
        "show_marks_at_once",
        "seal_nothing",
        "encrypt_names_to_main",
        "name_experts_in_the_clear",
        "count_who_was_replaced",
        "move_without_signatures",
        "draw_nobody_in",
        "confirm_without_members",
        "need_no_order",
        "pause_nothing",
        "average_wrongly",
    }
)
"""Mistakes that only a seed with a whole evaluation can meet."""

OF_BACKUPS = frozenset(
    {
        "accept_while_waiting",
        "claim_to_hold_any_mark",
        "drop_words_of_backups",
        "forget_promised_places",
        "hear_everybody",
        "leave_words_out_of_backups",
        "never_hear",
        "pay_debts_in_any_order",
        "rest_after_waiting",
        "restore_without_waiting",
    }
)
"""Mistakes that only a seed can meet in which a disk is lost."""

OF_QUIET_FORKS = frozenset({"keep_proofs_to_oneself", "show_checkpoints_only"})
"""Mistakes that only a seed can meet in which main forks and goes quiet."""

OF_FORGERIES = frozenset({"trust_foreign_lines", "forget_what_was_not_kept"})
"""Mistakes that only a seed with a forging branch can meet."""
