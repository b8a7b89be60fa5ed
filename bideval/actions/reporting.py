"""The evaluation report as a file: content from the record, printed by the press.

Decided here: that the report is made from one fold, for one head. Not decided here: its content
(session) and its look (the press).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.session.caseform import consolidation, corrected_marks
from bideval.session.report import report_content
from bideval.session.unsealing import open_marks

if TYPE_CHECKING:
    from bideval.actions.venue import Venue
    from bideval.session.state import Session


def print_report(venue: Venue, session: Session, *, root: str) -> bytes:
    """Return the report of a session as PDF bytes; `root` is the record's, at the fold's size."""
    opened = open_marks(session)
    content = report_content(
        session,
        marks=corrected_marks(session, opened),
        numbers=consolidation(session, opened),
        root=root,
    )
    return venue.bridge.wait(venue.devices.press.report(content))
