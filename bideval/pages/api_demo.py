"""Routes of demonstrations and rehearsals: sign in as anybody, take a line down.

Decided here: that they do not exist at all unless the server was told so and listens on loopback.
Not decided here: what the people so signed in may do; a cookie is for looking, keys are for acting.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from bideval.actions.accounts import sign_in
from bideval.pages.context import Body, TheSite, json_body, set_cookie
from bideval.terms.errors import RefusedError

router = APIRouter()

LONGEST_CUT_S = 3_600


class PersonBody(Body):
    person: Annotated[str, Field(max_length=41)]


class CutBody(Body):
    peer: Annotated[str, Field(max_length=31)]
    seconds: Annotated[int, Field(ge=0, le=LONGEST_CUT_S)]


@router.post("/demo/login")
def log_in_as(
    response: Response,
    site: TheSite,
    body: Annotated[PersonBody, Depends(json_body(PersonBody))],
) -> dict[str, object]:
    with site.venue.devices.store.read() as reader:
        accounts = reader.accounts(person=body.person)
    live = [account for account in accounts if account.closed_ms is None]
    if not live:
        raise RefusedError("unknown_person", field="person")
    signed = sign_in(site.venue, live[-1])
    set_cookie(response, site, signed.token)
    visitor = signed.visitor
    return {"person": visitor.person, "role": visitor.role, "session": visitor.session}


@router.post("/demo/cut-line", status_code=204)
async def cut_line(site: TheSite, body: Annotated[CutBody, Depends(json_body(CutBody))]) -> None:
    if site.cut_line is None or body.peer not in site.venue.peers:
        raise RefusedError("unknown_venue", field="peer")
    site.cut_line(body.peer, float(body.seconds))
