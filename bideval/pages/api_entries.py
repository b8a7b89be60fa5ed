"""JSON for entries: handing one in, asking how far it has spread, its receipt.

Decided here: bodies and answers. Not decided here: what may be said (session) and what saved means.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bideval.actions.appending import Saved, append_own, append_several
from bideval.actions.receipts import kept_receipt, session_receipt
from bideval.actions.venue import Venue
from bideval.actions.visitor import Visitor
from bideval.audit.receipt import kept_text
from bideval.evidence.canonical import read_json
from bideval.evidence.jws import JWS_LIMIT
from bideval.pages.access import brake_person, check_session, signed_in, signed_in_here
from bideval.pages.context import (
    JSON_BYTES,
    Body,
    TheVenue,
    checked,
    limited_body,
    site_of,
    venue_of,
)
from bideval.ports import StoredLine
from bideval.terms.errors import RefusedError
from bideval.terms.fields import digest

router = APIRouter()

OK, CREATED = 200, 201

TOGETHER = 64
"""Entries of one request: what somebody marks in an hour without a line goes in a few."""

MANY = 1 << 20
"""Bytes of such a request: the largest entries go by themselves or a dozen at a time."""


class EntryBody(Body):
    session: Annotated[str, Field(max_length=64)]
    jws: Annotated[str, Field(max_length=JWS_LIMIT)]


class EntriesBody(Body):
    session: Annotated[str, Field(max_length=64)]
    jws: Annotated[
        list[Annotated[str, Field(max_length=JWS_LIMIT)]],
        Field(min_length=1, max_length=TOGETHER),
    ]


async def hand_in(request: Request) -> Response:
    """Everything but the body in one thread: each change of threads waits for a processor."""
    return await _in_thread(_hand_in, request, await limited_body(request, JSON_BYTES))


def _hand_in(request: Request, data: bytes) -> Response:
    visitor = signed_in_here(request, "entries")
    body = checked(EntryBody, read_json(data, limit=JSON_BYTES, field="body"))
    venue = venue_of(request)
    saved = append_own(venue, body.jws, author=visitor.person, session=body.session)
    return JSONResponse(_answer(venue, saved), CREATED if saved.fresh else OK)


async def hand_in_several(request: Request) -> Response:
    """What one person has ready, in its order: the answer has as many as were taken from the first.

    The first one's refusal is the request's; whoever sends the rest again learns of the others'.
    """
    return await _in_thread(_hand_in_several, request, await limited_body(request, MANY))


def _hand_in_several(request: Request, data: bytes) -> Response:
    visitor = signed_in_here(request, "entries")
    body = checked(EntriesBody, read_json(data, limit=MANY, field="body"))
    brake_person(request, visitor, acts=len(body.jws) - 1)
    venue = venue_of(request)
    saved = append_several(venue, body.jws, author=visitor.person, session=body.session)
    answer = [_answer(venue, one) for one in saved]
    return JSONResponse({"saved": answer}, CREATED if any(one.fresh for one in saved) else OK)


async def _in_thread(
    work: Callable[[Request, bytes], Response], request: Request, data: bytes
) -> Response:
    threads = site_of(request).threads
    return await asyncio.get_running_loop().run_in_executor(threads, work, request, data)


PLAIN_ROUTES = (
    Route("/api/entries", hand_in, methods=["POST"]),
    Route("/api/entries/several", hand_in_several, methods=["POST"]),
)
"""Routes that stand before all others and in no router of the framework: half of what it does for a
request is for parameters that these have not, and for finding them."""


def _answer(venue: Venue, saved: Saved) -> dict[str, str]:
    return {
        "entry": saved.entry,
        "origin": saved.origin,
        "saved": saved.saved,
        "receipt": saved.receipt,
        "kept": kept_text(saved.receipt, venue.devices.keys.public),
    }


@router.get("/api/sessions/{session}/entries/{entry}")
def ask(
    session: str,
    entry: str,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("entry"))],
) -> dict[str, object]:
    stored = own_line(venue, visitor, session, entry)
    with venue.book.reading(session) as fold:
        place = fold.places.get(entry)
        hidden = fold.box_is_open()
    return {
        "saved": venue.spread.state_of(stored),
        "position": None if hidden else stored.position,
        "void": place.void if place else None,
    }


@router.get("/api/sessions/{session}/entries/{entry}/receipt")
def receipt(
    session: str,
    entry: str,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("receipt"))],
) -> PlainTextResponse:
    stored = own_line(venue, visitor, session, entry)
    with venue.book.reading(session) as fold:
        if fold.box_is_open():
            raise RefusedError("not_covered", field="session", rule="receipt.after_closing")
    return PlainTextResponse(session_receipt(venue, stored))


@router.get("/api/sessions/{session}/entries/{entry}/kept")
def kept(
    session: str,
    entry: str,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("kept_receipt"))],
) -> PlainTextResponse:
    """The receipt *here* as a file: it names no number of a line, so it is there at once."""
    stored = own_line(venue, visitor, session, entry)
    if stored.origin != venue.id:
        raise RefusedError("unknown_entry", field="entry")
    name = f"receipt-{stored.kind}-{entry[:8]}.txt"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
    }
    return PlainTextResponse(kept_receipt(venue, stored) + "\n", headers=headers)


def own_line(venue: Venue, visitor: Visitor, session: str, entry: str) -> StoredLine:
    """Return a line that the visitor may ask about: the own ones, and all once bids are closed."""
    digest(entry, "entry")
    with venue.book.reading(session) as fold:
        check_session(fold, visitor)
    with venue.devices.store.read() as reader:
        stored = reader.by_hash(session, entry)
    if stored is None:
        raise _unknown_entry()
    if stored.author != visitor.person and not stored.author.startswith("venue/"):
        raise _unknown_entry()
    return stored


def _unknown_entry() -> RefusedError:
    """For entries that are not there, and in the same words for those of others."""
    return RefusedError("unknown_entry", field="entry", rule="access.entry")
