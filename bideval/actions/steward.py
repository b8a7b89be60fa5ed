"""The steward: what this venue's server does by itself.

Decided here: after every change, and every second, each live session is asked for duties, and they
are done one after the other; sessions do not wait for one another. A duty that fails is tried again
later and later. Every duty may be repeated after a crash at any point (authoring).
Of several processes of a venue only the one that keeps the watch does them.
Not decided here: which duties there are (session.duties) and how each is done.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bideval.actions import drawing, founding, invitations, opening, results, shares
from bideval.actions.stamping import Stamping
from bideval.actions.venue_log import note
from bideval.evidence.sealing import Purpose
from bideval.session import duties as due
from bideval.session.duties import QUIET, Duty, duties
from bideval.session.names import ENDED
from bideval.terms.errors import BidevalError, FaultError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.actions.venue import Venue

    Told = Callable[[str, Duty, Exception], None]

WORKERS = 4
"""Sessions whose duties are done at once; opening large bids takes a while."""
ROUNDS = 200
"""Duties of one session in a row, before others get their turn."""
GRACE_MS = 3_000
"""A line that comes back within that was not away: a server restarts, a switch blinks."""
FIRST_PAUSE_MS = 1_000
LONGEST_PAUSE_MS = 60_000


class Steward:
    """Does the duties of one venue."""

    def __init__(self, venue: Venue, *, on_failure: Told, on_watch: bool = True) -> None:
        self._venue = venue
        self.on_watch = on_watch
        self._on_failure = on_failure
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="steward")
        self._busy: set[str] = set()
        self._again: set[str] = set()
        self._lock = threading.Lock()
        self._failures: dict[tuple[str, Duty], tuple[int, int]] = {}
        now = venue.now_ms()
        self._down: dict[str, int] = dict.fromkeys(venue.peers, now)
        self._mirrored: set[tuple[str, str]] = set()
        self._tested: set[str] = set()
        self._closed = False
        self._stamping = Stamping(venue, on_failure=self._tell_stamp)

    def _tell_stamp(self, session: str, fault: BidevalError) -> None:
        self._on_failure(session, due.Duty(), fault)

    def line(self, peer: str, *, up: bool, since_ms: int) -> None:
        """Learn whether the line to another venue is up; before the first news it is not."""
        if up:
            self._down.pop(peer, None)
        else:
            self._down.setdefault(peer, since_ms)
        self.tick()

    def tick(self) -> None:
        """Look at all live sessions, also at what another process of this venue wrote."""
        for session in self._venue.book.live_sessions():
            self._venue.book.follow(session)
            self.wake(session)

    def take_watch(self) -> None:
        """Begin to do duties; what was known of lines and failures before counts no more."""
        with self._lock:
            self._down = dict.fromkeys(self._venue.peers, self._venue.now_ms())
            self._failures.clear()
            self.on_watch = True

    def leave_watch(self) -> None:
        """Begin no duty any more: another process does them."""
        self.on_watch = False

    def wake(self, session: str) -> None:
        """Look at one session soon; a session that is being looked at is looked at once more."""
        with self._lock:
            if self._closed or not self.on_watch:
                return
            if session in self._busy:
                self._again.add(session)
                return
            self._busy.add(session)
        self._pool.submit(self._attend, session)

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self._stamping.close()
        self._pool.shutdown(cancel_futures=True)

    def _attend(self, session: str) -> None:
        try:
            self.attend(session)
        except Exception as fault:  # noqa: BLE001  # the edge of a job: told, and tried again
            self._on_failure(session, Duty(), fault)
        with self._lock:
            self._busy.discard(session)
            again = session in self._again
            self._again.discard(session)
        if again:
            self.wake(session)

    def attend(self, session: str) -> None:
        """Do what is due in one session until nothing is, or nothing goes."""
        if self._venue.findings.stopped(session):
            return
        if self._venue.awaiting.venues(session):
            return
        for _ in range(ROUNDS):
            if not self.on_watch:
                return
            self._test_shares(session)
            waiting = [duty for duty in self._due(session) if self._may_try(session, duty)]
            done = [self._try(session, duty) for duty in waiting]
            if not any(done):
                break
        self._mirror(session)
        self._stamping.look(session)

    def _test_shares(self, session: str) -> None:
        """Open what this venue was dealt since it last looked; a bad share is refused at once."""
        with self._venue.book.reading(session, without=QUIET) as fold:
            waiting = due.to_test(fold, self._venue.id)
        for recipient in waiting:
            if recipient in self._tested:
                continue
            try:
                shares.try_share(self._venue, session, recipient)
            except BidevalError as fault:
                self._on_failure(session, due.TestShare(recipient), fault)
            else:
                self._tested.add(recipient)

    def _due(self, session: str) -> list[Duty]:
        now = self._venue.now_ms()
        with self._venue.book.reading(session, without=QUIET) as fold:
            found = duties(fold, self._venue.id, now, absent=self._absent(now))
            if set(due.to_test(fold, self._venue.id)) - self._tested:
                found = [duty for duty in found if not _reveals_nonce(duty)]
            if fold.phase in ENDED and not found:
                self._venue.book.retire(session)
        return found

    def _absent(self, now_ms: int) -> set[str]:
        """Return the venues whose line has been down for so long that it should be written down."""
        return {peer for peer, since in self._down.items() if now_ms - since >= GRACE_MS}

    def _may_try(self, session: str, duty: Duty) -> bool:
        _, not_before = self._failures.get((session, duty), (0, 0))
        return self._venue.devices.clock.monotonic_ms() >= not_before

    def _try(self, session: str, duty: Duty) -> bool:
        try:
            self._perform(session, duty)
        except Exception as fault:  # noqa: BLE001  # one duty's fault must not stop the others
            self._fail(session, duty, fault)
            return False
        self._failures.pop((session, duty), None)
        return True

    def _fail(self, session: str, duty: Duty, fault: Exception) -> None:
        tries, _ = self._failures.get((session, duty), (0, 0))
        pause = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2**tries)
        now = self._venue.devices.clock.monotonic_ms()
        self._failures[session, duty] = (tries + 1, now + pause)
        self._on_failure(session, duty, fault)

    def _perform(self, session: str, duty: Duty) -> None:  # noqa: C901  # a table of duties
        venue = self._venue
        match duty:
            case due.Join():
                founding.join_as_branch(venue, session)
            case due.CloseBids():
                opening.close_bids(venue, session)
            case due.AnnounceBid(bid):
                opening.announce_bid(venue, session, bid)
            case due.MarkUnopenable(bid):
                opening.give_up_bid(venue, session, bid, "shares_missing")
            case due.SealNonce():
                shares.seal_nonce(venue, session)
            case due.ReleaseShare(_, recipient):
                shares.release_share(venue, session, recipient)
            case due.ComputeDraw():
                drawing.compute_draw(venue, session)
            case due.NoteNoAnswer(blinded):
                invitations.note_answer(
                    venue, session, blinded=blinded, answer="no_answer", by=venue.actor
                )
            case due.SupplementDraw(blinded, reason):
                drawing.supplement_draw(venue, session, blinded, reason)
            case due.MovePhase(to, order, reason):
                results.move_phase(venue, session, to, order=order, reason=reason)
            case due.Consolidate(version):
                results.consolidate(venue, session, version)
            case due.IssueReport():
                results.issue_report(venue, session)
            case due.NoteExpired(limit):
                results.note_expired(venue, session, limit)
            case due.NoteVenueAbsent(branch):
                results.note_absent(venue, session, branch, self._down.get(branch, venue.now_ms()))
            case due.NoteVenueReturned(branch):
                results.note_returned(venue, session, branch)
            case _:
                raise FaultError("unknown_duty", detail=type(duty).__name__)

    def _mirror(self, session: str) -> None:
        """At a branch: open announced bids for ourselves, compare them, keep their files.

        Once for each bid and start of the server, whatever files are here already; a bid that
        cannot be opened now is tried later and later.
        """
        with self._venue.book.reading(session) as fold:
            if fold.main == self._venue.id:
                return
            opened = [
                (due.AnnounceBid(bid.id), bid.ciphertext.sha256)
                for bid in fold.bidding.opened()
                if (session, bid.id) not in self._mirrored
            ]
        for duty, ciphertext in opened:
            known = self._venue.devices.files.has(ciphertext)
            if known and self._may_try(session, duty):
                self._compare(session, duty)

    def _compare(self, session: str, duty: due.AnnounceBid) -> None:
        try:
            opening.mirror_bid(self._venue, session, duty.bid)
        except BidevalError as fault:
            self._fail(session, duty, fault)
            if fault.code != opening.BID_DIFFERS:
                return
            note(self._venue, "bid.differs", {"session": session, "bid": duty.bid}).result()
        self._mirrored.add((session, duty.bid))


def _reveals_nonce(duty: Duty) -> bool:
    """Whether a duty opens somebody's nonce: not before this venue has tried all of its shares."""
    return isinstance(duty, due.ReleaseShare) and duty.purpose is Purpose.NONCE
