"""Whether main's record holds the lines that main has acknowledged to this branch.

Decided here: an own line that main has signed to stand in its first lines, and does not, is an
omission: such a record is not cosigned. Not decided here: the proof of it (accusing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.ledger.tree import leaf_hash
from bideval.terms.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bideval.actions.venue import Venue
    from bideval.ports import RecordReader, StoredLine
    from bideval.sync.words import Placed


def check_acknowledged(venue: Venue, reader: RecordReader, session: str, size: int) -> None:
    """Raise EvidenceError `omission` where main's first `size` lines lack one it has placed."""
    if left_out(venue, reader, session, size) is not None:
        raise EvidenceError("omission", field="record", detail="an acknowledged line is missing")


def left_out_of(
    venue: Venue, reader: RecordReader, session: str, leaves: Sequence[bytes]
) -> tuple[Placed, int] | None:
    """As `left_out`, of a record that main has signed and that is not our copy."""
    said = venue.findings.placed(session)
    if said is None or said.size > len(leaves):
        return None
    standing = set(leaves[: said.size])
    for stored in reader.origin_lines(session, venue.id, 1, said.n):
        if leaf_hash(stored.line) not in standing:
            return said, stored.n
    return None


def left_out(
    venue: Venue, reader: RecordReader, session: str, size: int
) -> tuple[Placed, int] | None:
    """Return main's word and the number of our first line that is not where main has placed it.

    Main's first `size` lines lack it, or hold it only behind those that main has named.
    """
    said = venue.findings.placed(session)
    if said is None or said.size > size or said.n == 0:
        return None
    last = reader.origin_lines(session, venue.id, said.n, 1)
    if not last or _stands(last[0], said):  # lines of one origin stand in their order
        return None
    for stored in reader.origin_lines(session, venue.id, 1, said.n):
        if not _stands(stored, said):
            return said, stored.n
    return None


def _stands(stored: StoredLine, said: Placed) -> bool:
    return stored.position is not None and stored.position < said.size
