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
from bideval.ledger.entry import entry_payload, parse_entry, sign_entry
from bideval.terms.identifiers import ENTRY_ID_BYTES, venue_actor, venue_log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from bideval.actions.venue import Venue
    from bideval.ports import Activation, KeyRing, StoredLine, Transaction


def start_log(venue: Venue, *, program: str) -> None:
    """Begin the log on a new database, and note every start of the server."""
    with venue.devices.store.read() as reader:
        head = reader.head(venue.log)
    if head is None:
        venue.devices.store.write(lambda tx: tx.found(venue.log, venue.id)).result()
    note(venue, "log.started", {"program": program}).result()


def code_given(activation: Activation) -> dict[str, object]:
    """Return the body of `code.given`: for whom and by whom, never the code or its hash.

    Without a person who gave it, the venue's administrator did, at the command line.
    """
    return {
        "person": activation.person,
        "role": activation.role,
        "session": activation.session,
        "replaces": activation.replaces,
        "by": activation.checked_by,
    }


def note_code(  # whose log, signed by whom; for whom, when, the entry's identifier
    tx: Transaction,
    keys: KeyRing,
    venue_id: str,
    *,
    activation: Activation,
    at: int,
    entry_id: str,
) -> None:
    """Write `code.given` into a venue's log without its server, in the caller's transaction."""
    log = venue_log(venue_id)
    if tx.head(log) is None:
        tx.found(log, venue_id)
    payload = entry_payload(
        session=log,
        author=venue_actor(venue_id),
        kind="code.given",
        id=entry_id,
        at=at,
        body=code_given(activation),
    )
    keep_line(venue_id, tx, parse_entry(sign_entry(keys.signing_key, payload)), place=True)


def note(venue: Venue, kind: str, body: Mapping[str, object]) -> Future[StoredLine]:
    """Write one entry into the log; the future resolves after the commit."""
    return venue.devices.store.write(lambda tx: note_within(venue, tx, kind, body))


def note_within(venue: Venue, tx: Transaction, kind: str, body: Mapping[str, object]) -> StoredLine:
    """Write one entry into the log together with what it is about, or neither."""
    entry_id = b64u(venue.devices.entropy.token(ENTRY_ID_BYTES))
    entry = venue_entry(venue, venue.log, kind, body, entry_id=entry_id)
    return keep_line(venue.id, tx, entry, place=True)


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
