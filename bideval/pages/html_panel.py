"""Pages of the panel and of what it leaves: tasks, scoring, result, confirmation, report, record.

Decided here: which view belongs to which route. Not decided here: what the views hold.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from bideval.actions.receipts import own_receipt
from bideval.actions.visitor import Visitor
from bideval.evidence.sealing import Purpose
from bideval.pages.html_room import Shown, TheDoor
from bideval.pages.views import panel
from bideval.pages.views.record import criterion_notes, record_view
from bideval.pages.views.report import report_view
from bideval.pages.views.result import confirm_view, correct_view, result_view
from bideval.pages.views.shares import due_shares
from bideval.pages.views.sheet import sheet_context
from bideval.session.state import Session

router = APIRouter(include_in_schema=False)

RESULT_SHARES = frozenset({Purpose.MARKS, Purpose.IDENTITY})


@router.get("/sessions/{session}/work")
def work(session: str, door: TheDoor) -> Response:
    def build(fold: Session, visitor: Visitor) -> Shown:
        sheet = fold.marks.sheet(visitor.person)
        kept = None if sheet is None else own_receipt(door.site.venue, session, sheet.entry)
        more = {"kept": kept, "sheet": sheet}
        return Shown(panel.work_view(fold, visitor.person), more=more)

    return door.show(session, "work", build)


@router.get("/sessions/{session}/declare")
def declare(session: str, door: TheDoor) -> Response:
    return door.show(
        session, "declare", lambda fold, visitor: Shown(panel.declare_view(fold, visitor.person))
    )


@router.get("/sessions/{session}/chair")
def chair(session: str, door: TheDoor) -> Response:
    return door.show(
        session, "chair", lambda fold, visitor: Shown(panel.chair_view(fold, visitor.person))
    )


@router.get("/sessions/{session}/responsiveness")
def responsiveness(session: str, door: TheDoor) -> Response:
    return door.show(
        session,
        "responsiveness",
        lambda fold, visitor: Shown(panel.responsiveness_view(fold, visitor.person)),
    )


@router.get("/sessions/{session}/score")
def score(session: str, door: TheDoor) -> Response:
    store = door.site.venue.devices.store

    def build(fold: Session, visitor: Visitor) -> Shown:
        notes = criterion_notes(fold, store)
        view = panel.score_view(fold, visitor.person, notes)
        sheet = sheet_context(fold, visitor.person, view) if fold.tender else None
        return Shown(view, context={"sheet": sheet})

    return door.show(session, "score", build)


@router.get("/sessions/{session}/correct")
def correct(session: str, door: TheDoor) -> Response:
    return door.show(
        session, "correct", lambda fold, visitor: Shown(correct_view(fold, visitor.person))
    )


@router.get("/sessions/{session}/result")
def result(session: str, door: TheDoor) -> Response:
    def build(fold: Session, visitor: Visitor) -> Shown:
        due = due_shares(fold, visitor.person)
        shares = [one for one in due if one.purpose in RESULT_SHARES]
        return Shown(result_view(fold, explain=True), more={"shares": shares})

    return door.show(session, "result", build)


@router.get("/sessions/{session}/confirm")
def confirm(session: str, door: TheDoor) -> Response:
    return door.show(
        session, "confirm", lambda fold, visitor: Shown(confirm_view(fold, visitor.person))
    )


@router.get("/sessions/{session}/report")
def report(session: str, door: TheDoor) -> Response:
    def build(fold: Session, visitor: Visitor) -> Shown:
        return Shown(report_view(fold, visitor.person, visitor.role))

    return door.show(session, "report", build)


@router.get("/sessions/{session}/record")
def record(
    session: str, door: TheDoor, start: Annotated[int, Query(alias="from", ge=0, le=10**9)] = 0
) -> Response:
    store = door.site.venue.devices.store

    def build(fold: Session, _visitor: Visitor) -> Shown:
        with store.read() as reader:
            return Shown(record_view(fold, reader, start))

    return door.show(session, "record", build)
