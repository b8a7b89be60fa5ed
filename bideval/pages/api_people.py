"""JSON for people: enrolling, signing in and out, inviting.

Decided here: bodies and answers.
Not decided here: what a code, a key or a cookie is worth (actions).
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from starlette.requests import Request
from starlette.responses import RedirectResponse

from bideval.actions import accounts, checkin
from bideval.actions.visitor import Visitor
from bideval.evidence.encoding import b64u
from bideval.pages.access import allow, signed_in
from bideval.pages.context import (
    Body,
    Site,
    TheSite,
    TheVenue,
    address_of,
    drop_cookie,
    json_body,
    set_cookie,
    token_of,
)
from bideval.terms.base64url import decode
from bideval.terms.errors import InputError, RefusedError
from bideval.terms.identifiers import Role, person_id

router = APIRouter()

INVITABLE = {
    Role.OFFICER: frozenset({Role.OFFICER, Role.BIDDER, Role.SUPERVISOR, Role.OPERATOR}),
    Role.OPERATOR: frozenset({Role.OPERATOR}),
}
"""Whom a role may invite to an account of its venue."""

BIDDER_DIGITS = 8

Code = Annotated[str, Field(min_length=4, max_length=64)]
KeyId = Annotated[str, Field(min_length=22, max_length=22)]


class CodeBody(Body):
    code: Code


class EnrolBody(Body):
    code: Code
    suite: Annotated[str, Field(max_length=16)]
    public: Annotated[str, Field(max_length=128)]
    recipient: Annotated[str | None, Field(max_length=128)] = None
    proof: Annotated[str, Field(max_length=accounts.PROOF_LIMIT)]


class ChallengeBody(Body):
    kid: KeyId


class LoginBody(Body):
    kid: KeyId
    challenge: Annotated[str, Field(max_length=64)]
    signature: Annotated[str, Field(max_length=128)]


class InviteBody(Body):
    role: Annotated[str, Field(max_length=16)]
    person: Annotated[str | None, Field(max_length=41)] = None


def binary(text: str, field: str) -> bytes:
    try:
        return decode(text)
    except ValueError:
        raise InputError("not_base64url", field=field) from None


@router.get("/api/venue", dependencies=[Depends(allow("venue"))])
def venue_card(venue: TheVenue) -> dict[str, object]:
    keys = venue.devices.keys
    return {
        "id": venue.id,
        "name": venue.name,
        "suite": keys.public.suite,
        "public": b64u(keys.public.raw),
        "recipient": keys.recipient,
        "now": venue.now_ms(),
    }


@router.post("/api/enrol/code", dependencies=[Depends(allow("enrol_code"))])
def look_up_code(
    request: Request, venue: TheVenue, body: Annotated[CodeBody, Depends(json_body(CodeBody))]
) -> dict[str, object]:
    with accounts.braked(venue, address_of(request)):
        found = accounts.find_activation(venue, body.code)
    person = {"person": found.person, "role": found.role, "session": found.session}
    return {**person, "venue": venue.id}


@router.post("/api/enrol", status_code=201, dependencies=[Depends(allow("enrol"))])
def enrol(
    request: Request,
    response: Response,
    site: TheSite,
    body: Annotated[EnrolBody, Depends(json_body(EnrolBody))],
) -> dict[str, object]:
    enrolment = accounts.Enrolment(
        code=body.code,
        suite=body.suite,
        public=binary(body.public, "public"),
        recipient=body.recipient,
        proof=body.proof,
    )
    with accounts.braked(site.venue, address_of(request)):
        signed = checkin.enrol(site.venue, enrolment)
    return _signed_in(request, response, site, signed)


@router.post("/api/login/challenge", dependencies=[Depends(allow("login_challenge"))])
def challenge(
    request: Request,
    venue: TheVenue,
    body: Annotated[ChallengeBody, Depends(json_body(ChallengeBody))],
) -> dict[str, object]:
    address = address_of(request)
    if not venue.devices.limiter.allow(f"challenge:{address}", venue.limits.challenges):
        raise RefusedError("too_many_attempts", rule="limits.challenges")
    with accounts.braked(venue, address):
        return {"challenge": accounts.challenge(venue, body.kid), "venue": venue.id}


@router.post("/api/login", dependencies=[Depends(allow("login"))])
def log_in(
    request: Request,
    response: Response,
    site: TheSite,
    body: Annotated[LoginBody, Depends(json_body(LoginBody))],
) -> dict[str, object]:
    with accounts.braked(site.venue, address_of(request)):
        signed = accounts.log_in(
            site.venue, kid=body.kid, text=body.challenge, signature=body.signature
        )
    return _signed_in(request, response, site, signed)


@router.post("/logout", response_model=None, dependencies=[Depends(allow("logout"))])
def log_out(request: Request, site: TheSite) -> Response:
    """Sign out; a form of a page goes to the sign-in, a script is told that nothing is left."""
    token = token_of(request)
    if token:
        accounts.log_out(site.venue, token)
    from_page = "text/html" in request.headers.get("accept", "")
    response = RedirectResponse("/", 303) if from_page else Response(status_code=204)
    drop_cookie(response, site)
    return response


@router.get("/api/me")
def me(venue: TheVenue, visitor: Annotated[Visitor, Depends(signed_in("me"))]) -> dict[str, object]:
    return {**_person(visitor), "kid": visitor.kid, "venue": venue.id}


@router.post("/api/codes", status_code=201)
def invite(
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("codes"))],
    body: Annotated[InviteBody, Depends(json_body(InviteBody))],
) -> dict[str, object]:
    role = next((one for one in INVITABLE[visitor.role] if one.value == body.role), None)
    if role is None:
        raise RefusedError("role_not_invitable", field="role", rule="access.codes")
    if body.person is None and role is not Role.BIDDER:
        raise InputError("missing", field="person")
    person = body.person or f"bidder-{venue.devices.entropy.token(BIDDER_DIGITS // 2).hex()}"
    _check_person(role, person_id(person, field="person"))
    accounts.check_new(venue, person)
    code = accounts.invite(venue, person, role, checked_by=visitor.person)
    return {"person": person, "role": role, "code": code}


def _check_person(role: Role, person: str) -> None:
    if not person.startswith(f"{role.value}-"):
        raise InputError("bad_person_id", field="person", rule="person.prefix")


def _signed_in(
    request: Request, response: Response, site: Site, signed: accounts.SignedIn
) -> dict[str, object]:
    accounts.leave_for(site.venue, token_of(request), signed.visitor)
    set_cookie(response, site, signed.token)
    return _person(signed.visitor)


def _person(visitor: Visitor) -> dict[str, object]:
    return {"person": visitor.person, "role": visitor.role, "session": visitor.session}
