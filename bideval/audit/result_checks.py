"""The result, computed again from the sealed marks.

Decided here: step `result` of docs/spec/bundle.md: the last version in the record must be what the
engine gives for the marks that the shares and corrections before it open and correct. What came
after it is for the next version, which a record that ends here does not have.
Not decided here: the numbers (`bideval.scoring`) and what a case is (`bideval.session.caseform`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bideval.audit.replay import located
from bideval.evidence.canonical import canonical_bytes
from bideval.session.caseform import consolidation
from bideval.session.names import Phase
from bideval.session.unsealing import open_marks
from bideval.terms.errors import BidevalError, EvidenceError

if TYPE_CHECKING:
    from bideval.audit.replay import Replay
    from bideval.session.state import Session
    from bideval.session.unsealing import OpenedMarks

REMARKS_NAMED = 10
"""Remarks that are named one by one; the others are counted."""


def check_result(run: Replay) -> str:
    """The last consolidation is what the opened marks, the corrections and the method give."""
    session, current = run.session, run.session.results.current
    if current is None:
        if session.procedure.reached(Phase.CONSOLIDATED):
            raise EvidenceError("no_result", field="session", detail="is past it without a result")
        return "not reached"
    region = run.where(current.position)
    try:
        then = _before(run, current.position)
        opened = open_marks(then)
        computed = consolidation(then, opened).body
    except BidevalError as fault:
        raise located(fault, region) from None
    if canonical_bytes(computed["lots"]) != canonical_bytes(dict(current.body.lots)):
        raise EvidenceError("result_differs", field=region, detail="the marks give another result")
    if (computed["digest"], computed["final"]) != (current.body.digest, current.body.final):
        raise EvidenceError("result_differs", field=region, detail="states another digest or end")
    sheets = sum(member in opened.sheets for member in session.member_ids())
    ending = "final" if current.body.final else "stopped by findings"
    return f"version {current.body.version}, {sheets} scoresheets, {ending}{_remarked(opened)}"


def _remarked(opened: OpenedMarks) -> str:
    """Return what stops nothing and an auditor should see: sheets that say else than the marks."""
    if not opened.remarks:
        return ""
    named = [
        " ".join([one.code, *(part for part in (one.member, one.bid, one.criterion) if part)])
        for one in opened.remarks
    ]
    more = f" and {len(named) - REMARKS_NAMED} more" if named[REMARKS_NAMED:] else ""
    return f"; remarked: {', '.join(named[:REMARKS_NAMED])}{more}"


def _before(run: Replay, position: int) -> Session:
    """Return the session without the marks' shares and corrections that came after a version.

    Members, bids and rejections are settled at the release; these two alone go on.
    """
    then = run.session.copy()
    for place, entry in run.of_kind("share.released"):
        if place > position:
            then.sharing.shares.pop((str(entry.body["recipient"]), entry.author), None)
    corrections = [one for one in then.marks.corrections if one.position < position]
    then.marks.corrections = corrections
    return then


def stated_result(run: Replay) -> object:
    """Return the result document of the only lot, or all of them by lot; null without a result."""
    current = run.session.results.current
    if current is None:
        return None
    lots = {lot: dict(document) for lot, document in current.body.lots.items()}
    return next(iter(lots.values())) if len(lots) == 1 else lots
