"""What a venue does before it takes its first request.

Decided here: it verifies its own records, and does not write into records that do not verify; it
learns how far each record has spread; it begins or continues its own log.
Not decided here: what verifying means (verifying).
"""

from __future__ import annotations

from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from bideval.actions.accusing import accuse_again
from bideval.actions.confirming import remember_awaiting
from bideval.actions.findings import load_findings, stop_records
from bideval.actions.hearing import remember_words
from bideval.actions.venue_log import start_log
from bideval.actions.verifying import verify_all
from bideval.terms.identifiers import VENUE_LOG

if TYPE_CHECKING:
    from bideval.actions.venue import Venue
    from bideval.actions.verifying import Verified
    from bideval.ports import Peer, Transaction


def start_venue(venue: Venue) -> list[Verified]:
    """Verify, remember, begin; raises FaultError `record_differs` instead of writing on."""
    with venue.devices.store.read() as reader:
        verified = verify_all(reader)
        load_findings(venue, reader)
        remember_words(venue, reader)
    stop_records(venue, venue.findings.sessions())
    remember_awaiting(venue, [one.session for one in verified])
    for one in verified:
        if not one.session.startswith(VENUE_LOG):
            remember_spread(venue, one.session)
    venue.devices.store.write(partial(_put_peers, list(venue.peers.values()))).result()
    start_log(venue, program=_program())
    accuse_again(venue, verified)
    return verified


def _put_peers(peers: list[Peer], tx: Transaction) -> None:
    for peer in peers:
        tx.put_peer(peer)


def remember_spread(venue: Venue, session: str) -> None:
    """Read from disk how much of a record another venue is known to have."""
    with venue.devices.store.read() as reader:
        head = reader.head(session)
        newest = reader.checkpoint(session)
    if head is None:
        return
    if head.main != venue.id:
        venue.spread.elsewhere(session, head.size)
    elif newest is not None and newest.cosignatures:
        venue.spread.elsewhere(session, newest.size)


@cache
def _program() -> str:
    """Return which program this is; it does not change while it runs."""
    return version("bideval")
