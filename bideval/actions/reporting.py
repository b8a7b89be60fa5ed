"""The evaluation report as a file: content from the record, printed by the press.

Decided here: that the report is made from one fold, for one head. Not decided here: its content
(session) and its look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bideval.actions.venue import Venue
    from bideval.ports import RecordHead
    from bideval.session.state import Session


def print_report(venue: Venue, session: Session, head: RecordHead) -> bytes:
    """Return the report of a session as PDF bytes."""
    html = f"<html><body><h1>{session.session_id}</h1><p>{head.root.hex()}</p></body></html>"
    return venue.bridge.wait(_print(venue, html))


async def _print(venue: Venue, html: str) -> bytes:
    return await venue.devices.press.pdf(html)
