"""Routes of demonstrations and rehearsals: sign in as anybody, take a line down.

Decided here: that they do not exist at all unless the server was told so and listens on loopback.
Not decided here: what the people so signed in may do; a cookie is for looking, keys are for acting.
"""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bideval.actions.accounts import leave_for, sign_in
from bideval.pages.context import (
    JSON_BYTES,
    Body,
    Site,
    TheSite,
    checked,
    json_body,
    limited_body,
    set_cookie,
    token_of,
)
from bideval.pages.views.demo import first_page
from bideval.ports import Account
from bideval.terms.errors import RefusedError

router = APIRouter()

LONGEST_CUT_S = 3_600
FORM = "application/x-www-form-urlencoded"


class PersonBody(Body):
    person: Annotated[str, Field(max_length=41)]


class CutBody(Body):
    peer: Annotated[str, Field(max_length=31)]
    seconds: Annotated[int, Field(ge=0, le=LONGEST_CUT_S)]


async def person_body(request: Request) -> PersonBody:
    """Read the person from JSON, or from the form of the page."""
    if not request.headers.get("content-type", "").startswith(FORM):
        return await json_body(PersonBody)(request)
    text = (await limited_body(request, JSON_BYTES)).decode("utf-8", "replace")
    return checked(PersonBody, dict(parse_qsl(text)))


@router.post("/demo/login")
def log_in_as(
    request: Request, site: TheSite, body: Annotated[PersonBody, Depends(person_body)]
) -> Response:
    """Sign a visitor in as somebody; a form goes on to where that person begins to look."""
    account = _live_account(site, body.person)
    signed = sign_in(site.venue, account)
    visitor = signed.visitor
    response: Response = JSONResponse(
        {"person": visitor.person, "role": visitor.role, "session": visitor.session}
    )
    if request.headers.get("content-type", "").startswith(FORM):
        response = RedirectResponse(first_page(site.venue, account), status_code=303)
    leave_for(site.venue, token_of(request), visitor)
    set_cookie(response, site, signed.token)
    return response


def _live_account(site: Site, person: str) -> Account:
    with site.venue.devices.store.read() as reader:
        accounts = reader.accounts(person=person)
    live = [account for account in accounts if account.closed_ms is None]
    if not live:
        raise RefusedError("unknown_person", field="person")
    return live[-1]


@router.post("/demo/cut-line", status_code=204)
async def cut_line(site: TheSite, body: Annotated[CutBody, Depends(json_body(CutBody))]) -> None:
    if site.cut_line is None or body.peer not in site.venue.peers:
        raise RefusedError("unknown_venue", field="peer")
    site.cut_line(body.peer, float(body.seconds))
