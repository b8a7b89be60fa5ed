"""Results as main performs them: moves of the procedure, consolidation, the report.

Decided here: how each becomes an entry, once, and from which head.
Not decided here: when (session.duties), the numbers (scoring), what the report looks like (press).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.authoring import say
from bideval.actions.checkpoints import root_at
from bideval.actions.opening import closing_vector
from bideval.actions.reporting import print_report
from bideval.ports import KeptFile
from bideval.session.caseform import consolidation
from bideval.session.unsealing import open_marks
from bideval.terms.errors import FaultError
from bideval.terms.instants import instant_text

if TYPE_CHECKING:
    from bideval.actions.appending import Saved
    from bideval.actions.venue import Venue
    from bideval.ports import Transaction
    from bideval.session.names import Phase


def move_phase(venue: Venue, session: str, to: Phase, *, order: str | None, reason: str) -> None:
    """Move the procedure on, saying what main has of every venue at this very place."""
    with venue.book.reading(session) as fold:
        leaving = fold.phase
        moves = len(fold.procedure.moves)

    def body(tx: Transaction) -> dict[str, object]:
        vector = closing_vector(venue, session, tx)
        named = {"from": leaving.value, "to": to.value, "vector": vector}
        return {**named, "order": order, "reason": reason}

    say(venue, session, "phase.moved", body, about=(str(moves), leaving.value, to.value))


def consolidate(venue: Venue, session: str, version: int) -> None:
    """Open the marks, compute this version of the result, write it down."""
    with venue.book.reading(session) as fold:
        snapshot = fold.copy()
    result = consolidation(snapshot, open_marks(snapshot))
    about = (str(version), str(snapshot.size))
    say(venue, session, "result.consolidated", dict(result.body), about=about)


def issue_report(venue: Venue, session: str) -> None:
    """Print the report from the record as it stands and put its digest into the record."""
    with venue.book.reading(session) as fold:
        snapshot = fold.copy()
    current = snapshot.results.current
    if current is None:
        raise FaultError("no_result", detail="a report is due without a result")
    with venue.devices.store.read() as reader:
        root = root_at(reader, session, snapshot.size).hex()
    pdf = print_report(venue, snapshot, root=root)
    facts = venue.devices.files.put([pdf], limit=venue.limits.document_bytes)
    kept = KeptFile(facts.sha256, facts.size, "application/pdf", venue.actor, venue.now_ms())
    venue.devices.store.write(lambda tx: tx.add_file(kept)).result()
    body = {
        "file": {"sha256": facts.sha256, "size": facts.size},
        "digest": current.body.digest,
        "head": {"size": snapshot.size, "root": root},
    }
    say(venue, session, "report.issued", body, about=(str(len(snapshot.results.versions)),))


def note_printed(venue: Venue, session: str, copies: int) -> Saved:
    """Write down that this venue printed the report."""
    return say(venue, session, "report.printed", {"copies": copies})


def note_expired(venue: Venue, session: str, due_ms: int) -> None:
    """Write down that the limit of the fault has passed, by this venue's clock."""
    with venue.book.reading(session) as fold:
        pauses = len(fold.procedure.pauses)
    body = {"due": instant_text(due_ms)}
    say(venue, session, "pause.expired", body, about=(str(pauses),))


def note_absent(venue: Venue, session: str, branch: str, since_ms: int) -> None:
    """Write down that the line to a branch is gone."""
    body = {"venue": branch, "since": instant_text(since_ms)}
    say(venue, session, "venue.absent", body, about=(branch, str(since_ms)))


def note_returned(venue: Venue, session: str, branch: str) -> None:
    """Write down that a branch is back."""
    with venue.book.reading(session) as fold:
        since = fold.people.absent.get(branch, 0)
    body = {"venue": branch, "since": instant_text(venue.now_ms())}
    say(venue, session, "venue.returned", body, about=(branch, str(since)))
