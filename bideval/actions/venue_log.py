"""The venue's own log: what happens at a venue outside its sessions.

Decided here: how a log entry is kept: the same lines, chain and tree as a session, one origin.
Not decided here: who looks at it. Log entries never hold a secret, a name, or what was typed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from bideval.actions.appending import keep_line
from bideval.actions.authoring import venue_entry
from bideval.evidence.encoding import b64u
from bideval.terms.identifiers import ENTRY_ID_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from bideval.actions.venue import Venue
    from bideval.ports import StoredLine, Transaction


def start_log(venue: Venue, *, program: str) -> None:
    """Begin the log on a new database, and note every start of the server."""
    with venue.devices.store.read() as reader:
        head = reader.head(venue.log)
    if head is None:
        venue.devices.store.write(lambda tx: tx.found(venue.log, venue.id)).result()
    note(venue, "log.started", {"program": program}).result()


def note(venue: Venue, kind: str, body: Mapping[str, object]) -> Future[StoredLine]:
    """Write one entry into the log; the future resolves after the commit."""
    entry_id = b64u(venue.devices.entropy.token(ENTRY_ID_BYTES))
    entry = venue_entry(venue, venue.log, kind, body, entry_id=entry_id)

    def work(tx: Transaction) -> StoredLine:
        return keep_line(venue.id, tx, entry, place=True)

    return venue.devices.store.write(work, weight=len(entry.jws))


@dataclass(frozen=True, slots=True)
class Denial:
    """An attempt that was refused: why, where, by whom if that is known."""

    code: str
    rule: str | None
    field: str | None
    route: str
    actor: str | None


def note_denied(venue: Venue, denial: Denial) -> None:
    """Write down an attempt that was refused, so that trying is never without trace."""
    note(venue, "attempt.denied", asdict(denial))
