"""What a route is given: the venue, the visitor, the body of the request.

Decided here: where the cookie is read, how a JSON body is read (strictly: size, UTF-8, no key
twice, no unknown member), and that every refusal names the field.
Not decided here: who may call a route (access).
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from bideval.actions.accounts import visitor_of
from bideval.actions.quota import Uploads
from bideval.actions.venue import Venue
from bideval.actions.visitor import Visitor
from bideval.evidence.canonical import read_json
from bideval.terms.errors import InputError
from bideval.terms.neighbours import neighbourhood

JSON_BYTES = 256 * 1024
"""Bytes of a JSON body: an entry of 65,000 characters, four times over."""

THREADS = 64
"""Requests that are in threads at once; most of them wait for a commit together."""

Model = TypeVar("Model", bound="Body")


class LivePages:
    """How many live connections each person has; asked from the event loop only."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def enter(self, person: str, most: int) -> bool:
        """Count one more; False when the person has as many as allowed."""
        if self._open[person] >= most:
            return False
        self._open[person] += 1
        return True

    def leave(self, person: str) -> None:
        """Count one less."""
        self._open[person] -= 1
        if not self._open[person]:
            del self._open[person]


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages know of their own server."""

    venue: Venue
    secure: bool = False
    demo: bool = False
    """Rehearsal routes exist; only ever true on loopback."""
    cut_line: Callable[[str, float], None] | None = None
    """Takes the line to a peer down for so many seconds."""
    lines_down: Callable[[], Mapping[str, int]] = dict
    """Other venues whose line is down now, with the instant since when (ms)."""
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(THREADS, "entries")
    )
    """Where entries are taken: they come by the thousand, and a pool of the language's own costs a
    third of the framework's when many wait."""
    live_pages: LivePages = field(default_factory=LivePages)
    uploads: Uploads = field(default_factory=Uploads)

    @property
    def cookie(self) -> str:
        return "__Host-bideval" if self.secure else "bideval"


class Body(BaseModel):
    """A body that has exactly the members it names."""

    model_config = ConfigDict(extra="forbid", strict=True, str_max_length=70_000)


def site_of(connection: HTTPConnection) -> Site:
    site: Site = connection.app.state.site
    return site


def venue_of(connection: HTTPConnection) -> Venue:
    return site_of(connection).venue


def token_of(connection: HTTPConnection) -> str | None:
    return connection.cookies.get(site_of(connection).cookie)


async def who(connection: HTTPConnection) -> Visitor | None:
    """Return who holds the cookie of this request, once per request."""
    if not hasattr(connection.state, "visitor"):
        return await run_in_threadpool(who_in_thread, connection)
    found: Visitor | None = connection.state.visitor
    return found


def who_in_thread(connection: HTTPConnection) -> Visitor | None:
    """As `who`, for what is in a thread already."""
    found = visitor_of(site_of(connection).venue, token_of(connection))
    connection.state.visitor = found
    return found


def address_of(connection: HTTPConnection) -> str:
    """Return whom brakes on strangers count together."""
    return neighbourhood(connection.client.host) if connection.client else "unknown"


def json_body(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    """Return a dependency that reads the body as this model."""

    async def read(request: Request) -> Model:
        value = read_json(await limited_body(request, JSON_BYTES), limit=JSON_BYTES, field="body")
        return checked(model, value)

    return read


async def limited_body(request: Request, limit: int) -> bytes:
    """Return the body; InputError `too_large` as soon as it is longer than that."""
    parts: list[bytes] = []
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > limit:
            raise InputError("too_large", field="body", rule="limits.body")
        parts.append(chunk)
    return b"".join(parts)


def checked(model: type[Model], value: object) -> Model:
    """Return the value as a model; the first wrong member is named, its content never."""
    try:
        return model.model_validate(value)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "body"
        raise InputError("malformed", field=field, rule=first["type"]) from None


def set_cookie(response: Response, site: Site, token: str) -> None:
    response.set_cookie(
        site.cookie,
        token,
        max_age=site.venue.limits.login_ms // 1000,
        path="/",
        secure=site.secure,
        httponly=True,
        samesite="strict",
    )


def drop_cookie(response: Response, site: Site) -> None:
    response.delete_cookie(
        site.cookie, path="/", secure=site.secure, httponly=True, samesite="strict"
    )


TheVenue = Annotated[Venue, Depends(venue_of)]
TheSite = Annotated[Site, Depends(site_of)]
Anybody = Annotated[Visitor | None, Depends(who)]
