"""The workbench as its script takes it: what is marked, who keeps shares, what the record has.

Decided here: what a member's own browser is told. Not decided here: what the page shows (panel);
no mark is here: those are in the member's own browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.evidence.sealing import Purpose
from bideval.scoring.method import AbsentMarks

if TYPE_CHECKING:
    from bideval.pages.views.panel import ScoreView
    from bideval.session.standing import Standing


def _standing_seal(session: Standing, dealt: list[str]) -> str | None:
    """Return the seal that a member's marks go to; "" makes the browser deal another."""
    if not dealt:
        return None
    return "" if session.sharing.lost(dealt[-1]) else dealt[-1]


def sheet_context(session: Standing, person: str, view: ScoreView) -> dict[str, object]:
    """The workbench as its script takes it."""
    custody = session.custody(Purpose.MARKS)
    dealt = [
        secret.recipient
        for secret in session.sharing.seals.values()
        if secret.purpose is Purpose.MARKS and secret.author == person
    ]
    criteria = [
        {"id": one.id, "name": one.name, "min": one.min, "max": one.max, "step": one.step}
        for one in view.criteria
    ]
    bids = [
        {
            "id": bid.id,
            "label": bid.label,
            "name": bid.name,
            "files": [
                {"name": file.name, "url": file.url, "type": file.media_type} for file in bid.files
            ],
        }
        for bid in view.bids
    ]
    return {
        "criteria": criteria,
        "bids": bids,
        "open": view.open,
        "recorded": _recorded(session, person),
        "sheet": _sheet_on_record(session, person),
        "voided": _voided_sheets(session),
        "blanks_allowed": session.plan.method.absent_marks is AbsentMarks.SKIP,
        "counter": session.marks.counters.get(person, 0),
        "dealt": _standing_seal(session, dealt),
        "custody": {
            "threshold": custody.threshold,
            "custodians": [
                {"actor": one.actor, "recipient": one.recipient} for one in custody.custodians
            ],
        },
    }


def _recorded(session: Standing, person: str) -> list[str]:
    """The fields for which the record has a sealed mark of this member, whichever key sealed it."""
    return [f"{bid}\n{criterion}" for bid, criterion in session.marks.last_marks(person)]


def _sheet_on_record(session: Standing, person: str) -> str | None:
    """The entry of the scoresheet that counts for this member, if there is one."""
    sheet = session.marks.sheet(person)
    return sheet.entry if sheet else None


def _voided_sheets(session: Standing) -> list[str]:
    """Scoresheets that do not count, for example signed while the news of a pause was on its way.

    A member's own machine knows by its hash whether one of them is its own.
    """
    return [
        entry
        for entry, place in session.places.items()
        if place.void is not None and place.kind == "scoresheet.signed"
    ]
