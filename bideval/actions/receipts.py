"""The receipt *session*: a proof that an entry is in the record that the venues cosigned.

Decided here: which checkpoint it is made from: the smallest that holds the entry.
Not decided here: the file's form (ledger.proof).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.appending import saved
from bideval.audit.receipt import kept_text
from bideval.ledger.cosignature import with_cosignature
from bideval.ledger.proof import make_proof
from bideval.ledger.tree import inclusion_path
from bideval.terms.errors import RefusedError

if TYPE_CHECKING:
    from bideval.actions.venue import Venue
    from bideval.ports import StoredCheckpoint, StoredLine


def session_receipt(venue: Venue, stored: StoredLine) -> str:
    """Return the tlog-proof of a line; RefusedError `not_covered` before a checkpoint holds it."""
    if stored.position is None:
        raise _not_covered()
    with venue.devices.store.read() as reader:
        checkpoint = reader.checkpoint_covering(stored.session, stored.position)
        if checkpoint is None:
            raise _not_covered()
        leaves = reader.leaves(stored.session, 0, checkpoint.size)
    path = inclusion_path(leaves, stored.position)
    return make_proof(stored.position, path, cosigned_note(checkpoint))


def kept_receipt(venue: Venue, stored: StoredLine) -> str:
    """Return the receipt *here* with our key beside it, as a file or a QR code keeps it."""
    return kept_text(saved(venue, stored).receipt, venue.devices.keys.public)


def own_receipt(venue: Venue, session: str, entry: str) -> str | None:
    """Return the kept receipt of an entry that was written here; None for any other."""
    with venue.devices.store.read() as reader:
        stored = reader.by_hash(session, entry)
    if stored is None or stored.origin != venue.id:
        return None
    return kept_receipt(venue, stored)


def cosigned_note(checkpoint: StoredCheckpoint) -> str:
    """Return the note with every cosignature that is kept beside it."""
    note = checkpoint.note
    for _, line in sorted(checkpoint.cosignatures.items()):
        note = with_cosignature(note, line)
    return note


def _not_covered() -> RefusedError:
    return RefusedError("not_covered", field="entry", rule="receipt.checkpoint")
