"""A proof of misbehaviour is shown to the other venues of the session, which judge it themselves.

Decided here: to whom which file goes, and that a venue believes only the bytes: the file must prove
what it says, against the key that the founding entry in its own record names.
Not decided here: what a proof is (audit), what follows (findings), how files travel (sync).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.accusing import attempt
from bideval.actions.findings import keep_finding
from bideval.audit.misbehaviour import judge, read_misbehaviour
from bideval.evidence.encoding import hex_digest
from bideval.ports import Rate
from bideval.sync.limits import PROOF_BYTES
from bideval.terms.errors import BidevalError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bideval.actions.venue import Venue
    from bideval.audit.contradictions import Judgement
    from bideval.evidence.signing import PublicKey

AGAINST_VENUES = frozenset({"two_heads", "two_chains", "omission", "false_record", "false_line"})
"""Rules that accuse a venue by the key in the founding entry. A person's key has its enrolment in a
record that a finder could have made up; everybody who has the real one finds `closed_key` alone."""

PROOFS = Rate(acts=20, window_ms=3_600_000)
"""Files of one venue that are judged: each may cost some hundred signatures."""


def proof_for(venue: Venue, peer: str, session: str) -> bytes | None:
    """Return the file that a peer may have of a session that is stopped here; None for no file.

    The accused gets none, nor does who takes no part; and none that is larger than PROOF_BYTES.
    """
    if not venue.findings.stopped(session) or peer not in _keys(venue, session):
        return None
    fitting = {
        one.sha256
        for one in venue.findings.of(session)
        if one.what in AGAINST_VENUES and one.accused != f"venue/{peer}"
    }
    with venue.devices.store.read() as reader:
        kept = reader.conflicts(session, at_most=PROOF_BYTES)
    files = (one.proof for one in kept if one.code in AGAINST_VENUES)
    return next((file for file in files if hex_digest(file) in fitting), None)


def hear_proof(venue: Venue, peer: str, session: str, file: bytes) -> bool:
    """Judge a file that another venue shows, and stop the session by it; False: it proves nothing.

    A session that we do not have, or have stopped, and one in which the peer takes no part, is not
    looked at; nor is more than PROOFS allows.
    """
    if venue.findings.stopped(session) or peer not in _keys(venue, session):
        return True
    if not venue.devices.limiter.allow(f"proof:{peer}", PROOFS):
        return True
    try:
        found = read_misbehaviour(file)
        if found.what not in AGAINST_VENUES or found.session != session:
            return False
        judged = judge(found)
    except BidevalError:
        return False
    if _is_ours(venue, session, judged):
        attempt(venue, ("proof", hex_digest(file)), lambda: keep_finding(venue, found))
    return True


def _is_ours(venue: Venue, session: str, judged: Judgement) -> bool:
    """Whether the accused is another venue of our session, by the key that our record names."""
    keys = _keys(venue, session)
    accused = judged.accused.removeprefix("venue/")
    return accused != venue.id and accused in keys and keys[accused].key_id == judged.kid


def _keys(venue: Venue, session: str) -> Mapping[str, PublicKey]:
    try:
        with venue.book.settled(session) as fold:
            return {name: one.key for name, one in fold.people.venues.items()}
    except RefusedError:
        return {}
