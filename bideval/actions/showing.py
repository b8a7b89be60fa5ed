"""Branches show one another what main has signed, so that it cannot tell each its own story.

Decided here: a branch shows what it has found to be its own record and has on its disk, and only to
a venue that the founding entry names as a branch too; what it is shown, it compares with its own
copy as soon as that is long enough. Where main has given it no checkpoint of its copy, it shows the
word with which the last lines came.
Not decided here: how often heads travel (sync), and what a difference proves (accusing, audit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.actions.accusing import accuse_main, accuse_speaker, attempt
from bideval.actions.checkpoints import root_at
from bideval.actions.peering import are_branches, quarantine
from bideval.actions.statements import agrees_here
from bideval.ledger.checkpoint import open_checkpoint
from bideval.ports import Rate
from bideval.sync.words import RECORD, Said, Vouch, check_word
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from bideval.actions.stopping import Shown
    from bideval.actions.venue import Venue
    from bideval.evidence.signing import PublicKey
    from bideval.ledger.checkpoint import Checkpoint

OTHER_ROOT = "other_root"
"""Code of a kept checkpoint that states another record than ours; looked at again at the start."""

HEADS = Rate(acts=1_500, window_ms=3_600_000)
"""Heads of one session that one venue may have compared: as many as it sends on one line."""


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
    _hear(venue, peer, session, (head.size, head.note))
    return True


def word_for(venue: Venue, peer: str, session: str) -> Vouch | None:
    """Return main's word for our copy; None if it is not for the peer.

    Main may give us no checkpoint; without its word it gives us no line.
    """
    word = venue.findings.vouched(session, RECORD)
    if word is None or word.n < 1 or not are_branches(venue, peer, session):
        return None
    return word


def words_for(venue: Venue, peer: str) -> list[Vouch]:
    """Return main's word for each copy of ours of which the peer has one as a branch too."""
    found = (word_for(venue, peer, session) for session in venue.book.sessions())
    return [word for word in found if word is not None]


def hear_word(venue: Venue, peer: str, word: Vouch) -> bool:
    """Compare what main has signed for another branch's copy, likewise."""
    if not are_branches(venue, peer, word.session):
        return True
    try:
        check_word(word, _key_of_main(venue, word.session))
    except BidevalError:
        return False
    _hear(venue, peer, word.session, word)
    return True


def _hear(venue: Venue, peer: str, session: str, shown: Shown) -> None:
    if venue.devices.limiter.allow(f"head:{peer}:{session}", HEADS):
        venue.findings.show(session, peer, shown)
        compare_heads(venue, session)


def compare_heads(venue: Venue, session: str) -> bool:
    """Compare what was shown with our copy, where that is long enough; whether a fork is proven."""
    if not venue.findings.shown(session):
        return False
    return attempt(venue, ("heads", session), lambda: _compare(venue, session))


def _compare(venue: Venue, session: str) -> bool:
    for peer, shown in venue.findings.shown(session):
        agrees = _agrees(venue, session, shown)
        if agrees is False and _accuse(venue, peer, session, shown):
            return True
        if agrees or (agrees is False and isinstance(shown, Vouch)):  # that one is doubted now
            venue.findings.compared(session, peer, shown)
    return False


def _accuse(venue: Venue, peer: str, session: str, shown: Shown) -> bool:
    if isinstance(shown, Vouch):
        return accuse_speaker(venue, peer, Said(shown))
    _keep(venue, peer, Head(session, *shown))
    return accuse_main(venue, session, shown[1])


def _agrees(venue: Venue, session: str, shown: Shown) -> bool | None:
    """Whether our copy has the same root; None while it is shorter."""
    if isinstance(shown, Vouch):
        return agrees_here(venue, shown)
    size, note = shown
    stated = _opened(venue, Head(session, size, note))
    with venue.devices.store.read() as reader:
        held = reader.head(session)
        if stated is None or held is None or held.size < size:
            return None
        known = reader.checkpoint(session, size=size)
        if known is not None and known.note == note:  # as nearly always: no tree to compute
            return True
        return root_at(reader, session, size) == stated.root


def _opened(venue: Venue, head: Head) -> Checkpoint | None:
    key = _key_of_main(venue, head.session)
    try:
        stated = open_checkpoint(head.note, head.session, key)
    except BidevalError:
        return None
    return stated if stated.size == head.size else None


def _key_of_main(venue: Venue, session: str) -> PublicKey:
    with venue.book.settled(session) as fold:
        return fold.people.venues[fold.people.main].key


def _keep(venue: Venue, peer: str, head: Head) -> None:
    """Have the other story on the disk before anything is proven with it; once."""
    proof = head.note.encode()
    with venue.devices.store.read() as reader:
        known = reader.conflicts(head.session, at_most=len(proof))
    kept = any(conflict.proof == proof for conflict in known)
    if not kept:
        quarantine(venue, head.session, peer, head.size, code=OTHER_ROOT, proof=proof)
