"""Invitations: what an expert answered, as main writes it down.

Decided here: an answer is an entry of main, once per ticket and answer; who brought it is in the
venue's log. Not decided here: how the expert is reached, and who follows (duties, drawing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.actions.authoring import say
from bideval.actions.venue_log import note_within

if TYPE_CHECKING:
    from bideval.actions.appending import Saved
    from bideval.actions.venue import Venue
    from bideval.ports import Transaction


def note_answer(venue: Venue, session: str, *, blinded: str, answer: str, by: str) -> Saved:
    """Write down an answer to an invitation; the session refuses what makes no sense."""
    body = {"blinded": blinded, "answer": answer}

    def brought(tx: Transaction) -> None:
        note_within(venue, tx, "answer.noted", {"session": session, **body, "by": by})

    about = (blinded, answer)
    return say(venue, session, "invitation.answered", body, about=about, also=brought)
