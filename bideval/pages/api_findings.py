"""Proofs of misbehaviour as files.

Decided here: the answer. Not decided here: what is proven (audit), who gets it when (access).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from bideval.actions.findings import proof_file
from bideval.actions.visitor import Visitor
from bideval.pages.access import check_session, may_prove, signed_in
from bideval.pages.context import TheVenue
from bideval.terms.errors import RefusedError
from bideval.terms.fields import digest

router = APIRouter()


@router.get("/api/sessions/{session}/misbehaviour/{sha256}")
def misbehaviour(
    session: str,
    sha256: str,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("misbehaviour"))],
) -> Response:
    digest(sha256, "sha256")
    with venue.book.reading(session) as fold:
        check_session(fold, visitor)
        if not may_prove(fold, visitor.role, venue.now_ms()):
            raise RefusedError("not_covered", field="session", rule="receipt.after_closing")
    with venue.devices.store.read() as reader:
        data = proof_file(reader, session, sha256)
    name = f"{session}.{sha256[:8]}.bideval-misbehaviour"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
    }
    return Response(data, media_type="application/octet-stream", headers=headers)
