"""What this venue has found out about misbehaviour, and that the session stops then.

Decided here: a session with a proof takes nothing more here, from the commit that keeps the proof
on (a conflict, for good, and a mark at the record's head); how it is told.
Not decided here: what a proof is (audit) and how one is put together (accusing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.appending import keep_line
from bideval.actions.authoring import act_id, venue_entry
from bideval.actions.stopping import Finding
from bideval.actions.telling import link_topic, session_topic, tell_others
from bideval.audit.misbehaviour import RULES, judge, read_misbehaviour, write_misbehaviour
from bideval.evidence.encoding import hex_digest
from bideval.ports import Conflict
from bideval.terms.errors import BidevalError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bideval.actions.venue import Venue
    from bideval.audit.misbehaviour import Misbehaviour
    from bideval.ports import RecordReader, Transaction


def read_finding(conflict: Conflict) -> Finding | None:
    """Return the finding in a conflict; None for bytes that prove nothing."""
    if conflict.code not in RULES:
        return None
    try:
        judged = judge(read_misbehaviour(conflict.proof))
    except BidevalError:
        return None
    return Finding(
        session=conflict.session,
        what=conflict.code,
        accused=judged.accused,
        kid=judged.kid,
        words=judged.words,
        sha256=hex_digest(conflict.proof),
        found_ms=conflict.found_ms,
    )


def session_findings(reader: RecordReader, session: str) -> list[Finding]:
    """Return the findings that are kept of a session, oldest first."""
    found = (read_finding(conflict) for conflict in reader.conflicts(session))
    return [one for one in found if one is not None]


def proof_file(reader: RecordReader, session: str, sha256: str) -> bytes:
    """Return the file of a finding; raises RefusedError `unknown_file`."""
    for conflict in reader.conflicts(session):
        if conflict.code in RULES and hex_digest(conflict.proof) == sha256:
            return conflict.proof
    raise RefusedError("unknown_file", field="file")


def load_findings(venue: Venue, reader: RecordReader) -> list[str]:
    """Remember which sessions are stopped here; return those that were not known to be."""
    fresh = []
    for session in reader.sessions():
        found = session_findings(reader, session)
        if found and not venue.findings.stopped(session):
            fresh.append(session)
        for finding in found:
            venue.findings.stop(finding)
    return fresh


def stop_records(venue: Venue, sessions: Iterable[str]) -> None:
    """Mark the records of stopped sessions that are not marked.

    Their proofs came with a backup, or an earlier program has kept them.
    """

    def work(tx: Transaction) -> None:
        for session in sessions:
            first = venue.findings.of(session)[0]
            tx.stop(session, first.sha256)

    venue.devices.store.write(work).result()


def tell_stopped(venue: Venue, session: str) -> None:
    """Tell pages and links here that a session takes nothing more."""
    venue.devices.fanout.publish(session_topic(session), {"type": "phase"})
    venue.devices.fanout.publish(link_topic(), {"type": "stopped", "session": session})


def keep_finding(venue: Venue, found: Misbehaviour) -> bool:
    """Stop the session if these statements really prove misbehaviour; return whether they do.

    What is kept is the file; it is judged first as anybody else would judge it.
    """
    data = write_misbehaviour(found)
    conflict = Conflict(found.session, found.found_by, 0, found.what, data, venue.now_ms())
    finding = read_finding(conflict)
    if finding is None:
        return False

    body = {
        "session": found.session,
        "what": found.what,
        "accused": finding.accused,
        "sha256": finding.sha256,
    }
    entry_id = act_id("misbehaviour.found", finding.sha256)
    entry = venue_entry(venue, venue.log, "misbehaviour.found", body, entry_id=entry_id)

    def work(tx: Transaction) -> None:
        tx.stop(found.session, finding.sha256)
        if tx.add_conflict(conflict):
            keep_line(venue.id, tx, entry, place=True)
        venue.findings.stop(finding)

    venue.devices.store.write(work, weight=len(data)).result()
    tell_stopped(venue, found.session)
    tell_others(venue, found.session)
    return True
