"""Sessions whose copy here was put back, and whose word is awaited before it is written again.

Decided here: a venue that has restored or recovered a session may have forgotten what others still
hold. So it writes nothing there, as main nothing at all and as branch no line of its own, until
every other venue of the session that it answers to has stated a mark which this copy contains. A
venue that holds more never confirms: the session stays stopped, and nothing forks. A branch also
states what main has signed about the places of its lines; those that main has lost come first, when
everybody was heard, the narrowest place before the others. That is always possible where main was
honest: the order that was lost has kept all of these words.
Not decided here: how marks are compared (sync) and how the rest comes back (recovering).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.peering import note_fault
from bideval.actions.venue_log import note
from bideval.ports import Owed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bideval.actions.venue import Venue
    from bideval.ports import RecordHead, Transaction
    from bideval.sync.words import Placed

LOST_PLACE = "stale_backup"
"""The fault of a main that can no longer give a line the place that it has signed."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a venue's word has changed: who is awaited still, whether it was awaited itself.

    `broken`: it holds a word of ours that cannot be kept any more.
    """

    left: tuple[str, ...]
    fresh: bool = False
    broken: bool = False


def remember_awaiting(venue: Venue, sessions: Iterable[str]) -> None:
    """Read at the start of a server which sessions wait."""
    with venue.devices.store.read() as reader:
        for session in sessions:
            head = reader.head(session)
            if head is not None and head.awaiting:
                venue.awaiting.set(session, head.awaiting)


def hear(venue: Venue, session: str, peer: str, promised: Placed | None = None) -> None:
    """Note that a peer holds nothing which this copy lacks.

    `promised` is our own word about more lines of the peer than its link found here. Costs nothing
    where nobody is awaited and nothing is owed.
    """
    if promised is None and peer not in venue.awaiting.venues(session):
        return
    heard = venue.devices.store.write(lambda tx: _hear(tx, session, peer, promised)).result()
    venue.awaiting.set(session, heard.left)
    if heard.broken:
        note_fault(venue, peer, session, LOST_PLACE)
    if heard.fresh:
        note(venue, "session.confirmed", {"session": session, "venue": peer}).result()


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


def settle_owed(tx: Transaction, session: str) -> tuple[str, ...]:
    """In a work that has placed lines: drop what is owed no more; return who is awaited still."""
    head = tx.head(session)
    if head is None or not head.owed:
        return () if head is None else head.awaiting
    owed = [one for one in head.owed if tx.origin_head(session, one.venue).n < one.n]
    return _await(tx, head, _unheard(head), owed)


def _hear(tx: Transaction, session: str, peer: str, promised: Placed | None) -> _Heard:
    head = tx.head(session)
    if head is None:
        return _Heard(())
    held = tx.origin_head(session, peer).n
    owing = promised is not None and promised.n > held
    if promised is not None and owing and promised.n - held > promised.size - head.size:
        return _Heard(head.awaiting, broken=True)
    unheard = _unheard(head)
    owed = [one for one in head.owed if one.venue != peer or held < one.n]
    if promised is not None and owing:
        owed = [one for one in owed if one.venue != peer]
        owed.append(Owed(peer, promised.n, promised.size))
    left = _await(tx, head, unheard - {peer}, owed)
    return _Heard(left, fresh=peer in head.awaiting)


def _unheard(head: RecordHead) -> set[str]:
    return set(head.awaiting) - {one.venue for one in head.owed}


def _without(tx: Transaction, session: str, names: set[str]) -> tuple[str, ...]:
    head = tx.head(session)
    if head is None:
        return ()
    owed = [one for one in head.owed if one.venue not in names]
    return _await(tx, head, _unheard(head) - names, owed)


def _await(
    tx: Transaction, head: RecordHead, unheard: set[str], owed: Iterable[Owed]
) -> tuple[str, ...]:
    """Write who is awaited, where that is new; return it."""
    lines = tuple(sorted(owed, key=lambda one: (one.size, one.venue)))
    left = tuple(sorted({*unheard, *(one.venue for one in lines)}))
    if (left, lines) != (head.awaiting, head.owed):
        tx.await_venues(head.session, unheard, owed=lines)
    return left
