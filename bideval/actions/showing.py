"""Branches show one another what main has signed, so that it cannot tell each its own story.

Decided here: a branch shows what it has found to be its own record and has on its disk, and only to
a venue that the founding entry names as a branch too; what it is shown, it compares with its own
copy as soon as that is long enough.
Not decided here: how often heads travel (sync), and what a difference proves (accusing, audit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.accusing import accuse_main
from bideval.actions.checkpoints import root_at
from bideval.actions.peering import are_branches, quarantine
from bideval.ledger.checkpoint import open_checkpoint
from bideval.ports import Rate
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from bideval.actions.venue import Venue
    from bideval.ledger.checkpoint import Checkpoint

OTHER_ROOT = "other_root"
"""Code of a kept checkpoint that states another record than ours; looked at again at the start."""

HEADS = Rate(acts=1_500, window_ms=3_600_000)
"""Heads of one session that one venue may have compared: twice as many as it sends on one line."""


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint by main, as text, and the size that it states."""

    session: str
    size: int
    note: str


def heads_for(venue: Venue, peer: str) -> list[Head]:
    """Return main's newest checkpoint of each session in which we and the peer are branches."""
    found = (head_for(venue, peer, session) for session in venue.book.sessions())
    return [head for head in found if head is not None]


def head_for(venue: Venue, peer: str, session: str) -> Head | None:
    """Return main's newest checkpoint that we have cosigned; None if it is not for the peer."""
    if not are_branches(venue, peer, session):
        return None
    with venue.devices.store.read() as reader:
        newest = reader.checkpoint(session)
    if newest is None or newest.size < 1:  # main may have signed that there is nothing
        return None
    return Head(session, newest.size, newest.note)


def hear_head(venue: Venue, peer: str, head: Head) -> bool:
    """Compare a head that another branch shows; tell whether main has signed it.

    A session that is not shared in this way is none of the peer's business, and is not looked at.
    """
    session = head.session
    if not are_branches(venue, peer, session):
        return True
    if _opened(venue, head) is None:
        return False
    if venue.devices.limiter.allow(f"head:{peer}:{session}", HEADS):
        venue.findings.show(session, peer, (head.size, head.note))
        compare_heads(venue, session)
    return True


def compare_heads(venue: Venue, session: str) -> bool:
    """Compare what was shown with our copy, where that is long enough; whether a fork is proven."""
    for peer, (size, note) in venue.findings.shown(session):
        agrees = _agrees(venue, Head(session, size, note))
        if agrees:
            venue.findings.compared(session, peer, (size, note))
        elif agrees is False:
            _keep(venue, peer, Head(session, size, note))
            if accuse_main(venue, session, note):
                return True
    return False


def _agrees(venue: Venue, head: Head) -> bool | None:
    """Whether our copy has the same root; None while it is shorter."""
    stated = _opened(venue, head)
    with venue.devices.store.read() as reader:
        held = reader.head(head.session)
        if stated is None or held is None or held.size < head.size:
            return None
        known = reader.checkpoint(head.session, size=head.size)
        if known is not None and known.note == head.note:  # as nearly always: no tree to compute
            return True
        return root_at(reader, head.session, head.size) == stated.root


def _opened(venue: Venue, head: Head) -> Checkpoint | None:
    with venue.book.settled(head.session) as fold:
        main = fold.people.venues[fold.people.main]
    try:
        stated = open_checkpoint(head.note, head.session, main.key)
    except BidevalError:
        return None
    return stated if stated.size == head.size else None


def _keep(venue: Venue, peer: str, head: Head) -> None:
    """Have the other story on the disk before anything is proven with it; once."""
    proof = head.note.encode()
    with venue.devices.store.read() as reader:
        kept = any(conflict.proof == proof for conflict in reader.conflicts(head.session))
    if not kept:
        quarantine(venue, head.session, peer, head.size, code=OTHER_ROOT, proof=proof)
