"""Time stamps over the record's head, where this venue has an authority (RFC 3161).

Decided here: when one is due (the box was closed, or a phase ended, since this venue's last one),
that it is over a checkpoint's body, and that a silent authority holds nothing up.
Not decided here: how an authority is asked (gateways), whether a stamp is good (the auditor).
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bideval.actions.authoring import say
from bideval.evidence.encoding import b64u
from bideval.ledger.checkpoint import open_checkpoint
from bideval.ledger.note import parse_note
from bideval.session.names import ENDED
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bideval.actions.venue import Venue
    from bideval.ports import StoredCheckpoint
    from bideval.session.state import Session

    Told = Callable[[str, BidevalError], None]

PAUSE_MS = 60_000
"""After an authority did not answer."""


class Stamping:
    """Asks for one venue's stamps, one at a time, in a thread of its own."""

    def __init__(self, venue: Venue, *, on_failure: Told) -> None:
        self._venue = venue
        self._on_failure = on_failure
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="stamps")
        self._asking: set[str] = set()
        self._not_before = 0
        self._lock = threading.Lock()

    def look(self, session: str) -> None:
        """Ask for a stamp soon, if one is due; never waits."""
        venue = self._venue
        if venue.devices.stamper is None or venue.devices.clock.monotonic_ms() < self._not_before:
            return
        with venue.book.reading(session) as fold:
            since = milestone(fold, venue.id)
        if since is None:
            return
        with self._lock:
            if session in self._asking:
                return
            self._asking.add(session)
        self._pool.submit(self._ask, session, since)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _ask(self, session: str, since: int) -> None:
        try:
            stamp_record(self._venue, session, since)
        except BidevalError as fault:
            self._not_before = self._venue.devices.clock.monotonic_ms() + PAUSE_MS
            self._on_failure(session, fault)
        finally:
            with self._lock:
                self._asking.discard(session)


def milestone(fold: Session, venue: str) -> int | None:
    """Return the position of what this venue has yet to stamp: the last end of a phase, or of
    the box; None where its latest stamp covers that, or nothing has ended yet.
    """
    if fold.phase in ENDED or fold.box_is_open():
        return None
    ends = [move.position for move in fold.procedure.moves[-1:]]
    if fold.bidding.closing is not None:
        ends.append(fold.bidding.closing.position)
    stamped = [stamp.size for stamp in fold.procedure.stamps if stamp.by == venue]
    last = max(ends, default=None)
    return None if last is None or max(stamped, default=0) > last else last


def stamp_record(venue: Venue, session: str, since: int) -> bool:
    """Get the newest checkpoint stamped if it covers position `since`; return whether it was.

    Raises FaultError `stamp_failed`.
    """
    stamper = venue.devices.stamper
    with venue.devices.store.read() as reader:
        checkpoint = reader.checkpoint(session)
    if stamper is None or checkpoint is None or checkpoint.size <= since:
        return False
    response = stamper.stamp(parse_note(checkpoint.note).body.encode())
    body = {"head": _head(venue, checkpoint), "response": b64u(response)}
    say(venue, session, "record.stamped", body, about=(venue.id, str(checkpoint.size)))
    return True


def _head(venue: Venue, checkpoint: StoredCheckpoint) -> dict[str, object]:
    with venue.book.reading(checkpoint.session) as fold:
        main = fold.people.venues[fold.people.main]
    stated = open_checkpoint(checkpoint.note, checkpoint.session, main.key)
    return {"size": stated.size, "root": stated.root.hex()}
