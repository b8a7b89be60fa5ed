"""JSON for sessions: founding, joining, the view of one, pool, check-in, invitations, bundle.

Decided here: bodies and answers. Not decided here: what a role sees of a session (session.view).
"""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse

from bideval.actions import checkin, founding, invitations, pool
from bideval.actions.appending import Saved
from bideval.actions.bundles import export_bundle
from bideval.actions.pool_table import RowFault, TableError
from bideval.actions.results import note_printed
from bideval.actions.views import list_sessions, session_view
from bideval.actions.visitor import Visitor
from bideval.pages.access import check_session, signed_in
from bideval.pages.context import Body, TheVenue, json_body
from bideval.pages.errors import answer
from bideval.pages.language import language_of
from bideval.pages.pool_upload import uploaded_pool
from bideval.terms.errors import InputError

router = APIRouter()

BRANCHES = 31
"""Branches of one session, so that it has at most 32 venues."""

VenueName = Annotated[str, Field(max_length=31)]


class FoundBody(Body):
    id: Annotated[str, Field(max_length=64)]
    title: Annotated[str, Field(min_length=1, max_length=300)]
    rulebook: Annotated[str, Field(max_length=64)]
    branches: Annotated[list[VenueName], Field(max_length=BRANCHES)] = Field(default_factory=list)
    continues: Annotated[str | None, Field(max_length=64)] = None


class JoinBody(Body):
    """The proof; suite, public key and recipient are the account's and may be left out."""

    proof: Annotated[str, Field(max_length=2_000)]
    suite: Annotated[str | None, Field(max_length=16)] = None
    public: Annotated[str | None, Field(max_length=128)] = None
    recipient: Annotated[str | None, Field(max_length=128)] = None


class CheckInBody(Body):
    blinded: Annotated[str | None, Field(max_length=64)] = None
    seat: Annotated[str, Field(max_length=41)]


class CopiesBody(Body):
    copies: Annotated[int, Field(ge=1, le=1_000)]


class AnswerBody(Body):
    blinded: Annotated[str, Field(max_length=64)]
    answer: Annotated[str, Field(max_length=16)]


@router.get("/api/sessions")
def sessions(
    venue: TheVenue, visitor: Annotated[Visitor, Depends(signed_in("sessions"))]
) -> dict[str, object]:
    return {"sessions": list_sessions(venue, visitor)}


@router.post("/api/sessions", status_code=201)
def found(
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("found_session"))],
    body: Annotated[FoundBody, Depends(json_body(FoundBody))],
) -> dict[str, object]:
    asked = founding.NewSession(
        id=body.id,
        title=body.title,
        rulebook=body.rulebook,
        branches=body.branches,
        continues=body.continues,
        by=visitor.person,
    )
    return saved_answer(founding.found_session(venue, asked))


@router.post("/api/sessions/{session}/join", status_code=201)
def join(
    session: str,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("join_session"))],
    body: Annotated[JoinBody, Depends(json_body(JoinBody))],
) -> dict[str, object]:
    return saved_answer(founding.join_person(venue, visitor, session, body.proof))


@router.get("/api/sessions/{session}")
def view(
    session: str,
    response: Response,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("session"))],
) -> dict[str, object]:
    response.headers["cache-control"] = "no-store"
    with venue.book.reading(session) as fold:
        check_session(fold, visitor)
        return session_view(venue, visitor, fold)


@router.post("/api/sessions/{session}/pool", status_code=201)
async def seal_pool(
    session: str,
    request: Request,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("pool"))],
) -> Response:
    language = language_of(request)
    try:
        async with uploaded_pool(request, venue) as (table, names):
            sealed = await run_in_threadpool(
                pool.import_pool, venue, visitor, session, table, names
            )
    except TableError as wrong:
        found_wrong = answer(wrong, language)
        rows = [_row_fault(one, language) for one in wrong.faults]
        body = {"error": found_wrong.error, "rows": rows}
        return JSONResponse(body, status_code=found_wrong.status)
    return JSONResponse(asdict(sealed), status_code=201)


def _row_fault(fault: RowFault, language: str) -> dict[str, object]:
    said = answer(InputError(fault.code, field=fault.column, rule="pool.table"), language).error
    place = {"row": fault.row, "column": fault.column, "code": fault.code}
    told = {**place, "rule": said["rule"], "message": said["message"]}
    return told if fault.same_as is None else {**told, "same_as": fault.same_as}


@router.get("/api/sessions/{session}/checkin")
def expected(
    session: str,
    response: Response,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("expected"))],  # noqa: ARG001  # the guard
) -> dict[str, object]:
    response.headers["cache-control"] = "no-store"
    experts = checkin.expected_experts(venue, session)
    return {
        "experts": [
            {
                "seat": one.seat,
                "blinded": one.blinded,
                "discipline": one.discipline,
                "state": one.state,
                "person": one.person,
                "identity": one.identity,
            }
            for one in experts
        ]
    }


@router.post("/api/sessions/{session}/checkin", status_code=201)
def check_in(
    session: str,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("check_in"))],
    body: Annotated[CheckInBody, Depends(json_body(CheckInBody))],
) -> dict[str, object]:
    seat = checkin.check_in(venue, visitor, session, blinded=body.blinded, seat=body.seat)
    return {"person": seat.person, "code": seat.code}


@router.post("/api/sessions/{session}/invitations", status_code=201)
def invitation(
    session: str,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("invitations"))],
    body: Annotated[AnswerBody, Depends(json_body(AnswerBody))],
) -> dict[str, object]:
    noted = invitations.note_answer(
        venue, session, blinded=body.blinded, answer=body.answer, by=visitor.person
    )
    return saved_answer(noted)


@router.post("/api/sessions/{session}/printed", status_code=201)
def printed(
    session: str,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("printed"))],
    body: Annotated[CopiesBody, Depends(json_body(CopiesBody))],
) -> dict[str, object]:
    with venue.book.reading(session) as fold:
        check_session(fold, visitor)
    return saved_answer(note_printed(venue, session, body.copies))


@router.get("/api/sessions/{session}/bundle")
def bundle(
    session: str,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("bundle"))],
) -> StreamingResponse:
    with venue.book.reading(session) as fold:
        check_session(fold, visitor)
    chunks = export_bundle(venue, visitor, session)
    headers = {
        "content-disposition": f'attachment; filename="{session}.bideval-bundle"',
        "cache-control": "no-store",
    }
    return StreamingResponse(chunks, media_type="application/octet-stream", headers=headers)


def saved_answer(saved: Saved) -> dict[str, object]:
    return {
        "entry": saved.entry,
        "origin": saved.origin,
        "saved": saved.saved,
        "receipt": saved.receipt,
    }
