"""Files over HTTP: uploads that stream, downloads in ranges, viewing copies for the panel.

Decided here: headers, so that nothing that a bidder sent is ever run by a browser.
Not decided here: who may read what (actions.files).
"""

import re
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.concurrency import contextmanager_in_threadpool
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse

from bideval.actions import files
from bideval.actions.venue import Venue
from bideval.actions.visitor import Visitor
from bideval.pages.access import signed_in
from bideval.pages.context import TheSite, TheVenue
from bideval.session.names import Phase
from bideval.terms.errors import InputError, RefusedError
from bideval.terms.fields import digest

router = APIRouter()

MEDIA_TYPE = re.compile(r"[a-z]{2,20}/[a-z0-9][a-z0-9.+-]{0,99}", re.ASCII)
SAFE_INLINE = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})
"""What a page may show in place; everything else is a download."""


@router.put("/api/files/{sha256}", status_code=201)
async def put_file(
    sha256: str,
    request: Request,
    site: TheSite,
    visitor: Annotated[Visitor, Depends(signed_in("put_file"))],
) -> dict[str, object]:
    venue = site.venue
    digest(sha256, "sha256")
    media_type = _media_type(request)
    size = _stated_length(request, files.upload_limit(venue, visitor))
    room = contextmanager_in_threadpool(site.uploads.room(venue, visitor.person, size))
    async with room:
        facts = await files.receive_file(venue, visitor, sha256, request.stream())
        await run_in_threadpool(
            files.note_file, venue, facts, media_type=media_type, added_by=visitor.person
        )
    return {"sha256": facts.sha256, "size": facts.size}


@router.get("/api/files/{sha256}")
def get_file(
    sha256: str,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("get_file"))],
) -> FileResponse:
    kept = files.may_read(venue, visitor, digest(sha256, "sha256"))
    return _send(venue, kept.sha256, kept.media_type)


@router.get("/api/sessions/{session}/bids/{bid}/files/{index}")
def bid_file(
    session: str,
    bid: str,
    index: int,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("bid_file"))],
) -> FileResponse:
    copy = files.bid_file(venue, visitor, session, bid=bid, index=index)
    return _send(venue, copy.sha256, copy.media_type)


@router.get("/api/sessions/{session}/report.pdf")
def report(
    session: str,
    venue: TheVenue,
    visitor: Annotated[Visitor, Depends(signed_in("report"))],
) -> FileResponse:
    with venue.book.reading(session) as fold:
        issued = fold.results.report
        reached = fold.procedure.reached(Phase.CONFIRMED)
    if issued is None or not reached:
        raise RefusedError("no_report", field="session", rule="order87/58")
    kept = files.may_read(venue, visitor, issued.file.sha256)
    return _send(venue, kept.sha256, "application/pdf")


def _send(venue: Venue, sha256: str, media_type: str) -> FileResponse:
    shown = media_type if media_type in SAFE_INLINE else "application/octet-stream"
    headers = {
        "cache-control": "no-store",
        "content-disposition": "inline" if media_type in SAFE_INLINE else "attachment",
        "content-security-policy": "sandbox; default-src 'none'",
        "etag": f'"{sha256}"',
        "x-content-type-options": "nosniff",
    }
    return FileResponse(venue.devices.files.path(sha256), media_type=shown, headers=headers)


def _media_type(request: Request) -> str:
    found = request.headers.get("content-type", "application/octet-stream").partition(";")[0]
    if MEDIA_TYPE.fullmatch(found.strip()) is None:
        raise InputError("bad_media_type", field="content-type")
    return found.strip()


def _stated_length(request: Request, limit: int) -> int:
    """Return how many bytes may come; refuse at once what says itself that it is too large."""
    stated = request.headers.get("content-length", "")
    size = int(stated[:20]) if stated.isdecimal() else limit
    if size > limit:
        raise InputError("file_too_large", field="content-length", rule="limits.file")
    return size
