"""Sessions whose copy here was put back, and whose word is awaited before it is written again.

Decided here: a venue that has restored or recovered a session may have forgotten what others still
hold. So it writes nothing there, as main nothing at all and as branch no line of its own, until
every other venue of the session that it answers to has stated a mark which this copy contains. A
venue that holds more never confirms: the session stays stopped, and nothing forks.
Not decided here: how marks are compared (sync) and how the rest comes back (recovering).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.venue_log import note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bideval.actions.venue import Venue
    from bideval.ports import Transaction


def remember_awaiting(venue: Venue, sessions: Iterable[str]) -> None:
    """Read at the start of a server which sessions wait."""
    with venue.devices.store.read() as reader:
        for session in sessions:
            head = reader.head(session)
            if head is not None and head.awaiting:
                venue.awaiting.set(session, head.awaiting)


def hear(venue: Venue, session: str, peer: str) -> bool:
    """Note that a peer holds nothing which this copy lacks; True when nobody is awaited any more.

    Costs nothing where nobody is awaited.
    """
    if peer not in venue.awaiting.venues(session):
        return False
    left = venue.devices.store.write(lambda tx: _without(tx, session, {peer})).result()
    venue.awaiting.set(session, left)
    note(venue, "session.confirmed", {"session": session, "venue": peer}).result()
    return not left


def stop_waiting(venue: Venue, session: str, absent: Iterable[str]) -> tuple[str, ...]:
    """Go on without the word of venues that are lost for good; return who is awaited still.

    What only they held is lost with them, and what they may yet bring is a fork. The venue's log
    says who was given up.
    """
    names = set(absent)
    left = venue.devices.store.write(lambda tx: _without(tx, session, names)).result()
    venue.awaiting.set(session, left)
    for name in sorted(names):
        note(venue, "session.given_up", {"session": session, "venue": name}).result()
    return left


def _without(tx: Transaction, session: str, names: set[str]) -> tuple[str, ...]:
    head = tx.head(session)
    if head is None:
        return ()
    left = tuple(one for one in head.awaiting if one not in names)
    if left != head.awaiting:
        tx.await_venues(session, left)
    return left
