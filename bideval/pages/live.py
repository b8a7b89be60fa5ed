"""The live socket of a page: hints that something changed, as far as the role may know.

Decided here: which events a role gets. An event never carries a secret; a page reads again.
Not decided here: what changed (the record), and how a page shows it.

A reader task runs beside the writer all the time, so that a peer that has gone is noticed, and a
busy writer never keeps pongs from being read.
"""

import asyncio
import contextlib

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from bideval.actions.accounts import visitor_of
from bideval.actions.telling import author_topic, login_topic, session_topic, venue_topic
from bideval.actions.venue import Venue
from bideval.actions.visitor import Visitor
from bideval.evidence.canonical import canonical_bytes
from bideval.pages.access import allow, check_session
from bideval.pages.api_guard import is_ours
from bideval.pages.context import LivePages, site_of, token_of
from bideval.pages.errors import tell_denied
from bideval.ports import Event, Json, Subscription
from bideval.terms.errors import BidevalError, RefusedError

router = APIRouter()

FORBIDDEN = 4403
"""Close code of a socket that may not be open (any more); the page asks for a fresh sign-in."""
LOOK_SECONDS = 60
"""Seconds after which a login is looked at though nobody said that it has ended."""
SEND_SECONDS = 10
"""Seconds that a page may take to read one event before it is given up."""
PING_LIMIT = 256
"""Characters of what a page may send: a ping, and nothing else."""


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    session = socket.query_params.get("session", "")
    site = site_of(socket)
    try:
        if not is_ours(socket.scope):
            raise RefusedError("other_site", field="origin", rule="access.origin")
        visitor = await allow("live")(socket)
        if visitor is None:
            raise RefusedError("not_signed_in", rule="access.live")
        await asyncio.to_thread(_check, site.venue, session, visitor)
    except BidevalError as refused:
        tell_denied(socket, refused)
        await socket.close(FORBIDDEN)
        return
    pages: LivePages = site.live_pages
    if not pages.enter(visitor.person, site.venue.limits.live_pages):
        await socket.close(FORBIDDEN)
        return
    try:
        await socket.accept()
        await _serve(socket, site.venue, session, visitor)
    finally:
        pages.leave(visitor.person)


def _check(venue: Venue, session: str, visitor: Visitor) -> None:
    with venue.book.reading(session) as fold:
        check_session(fold, visitor)


async def _serve(socket: WebSocket, venue: Venue, session: str, visitor: Visitor) -> None:
    own = author_topic(session, visitor.person)
    topics = (session_topic(session), own, venue_topic())
    async with venue.devices.fanout.subscribe(*topics) as news:
        await _send(socket, {"type": "head", "size": None})
        reader = asyncio.ensure_future(_read(socket))
        writer = asyncio.ensure_future(_write(socket, news, visitor))
        watcher = asyncio.ensure_future(_until_signed_out(venue, token_of(socket), visitor))
        tasks = (reader, writer, watcher)
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*done, *pending, return_exceptions=True)
        if watcher in done:
            await socket.close(FORBIDDEN)


async def _until_signed_out(venue: Venue, token: str | None, visitor: Visitor) -> None:
    """Return once the cookie is worth nothing: signed out, expired, or the key replaced."""
    async with venue.devices.fanout.subscribe(login_topic(visitor.person)) as news:
        while await asyncio.to_thread(visitor_of, venue, token) == visitor:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await anext(news)


async def _read(socket: WebSocket) -> None:
    """Read pings until the page goes."""
    try:
        while len(await socket.receive_text()) <= PING_LIMIT:
            pass
    except (WebSocketDisconnect, KeyError):
        return


async def _write(socket: WebSocket, news: Subscription, visitor: Visitor) -> None:
    async for event in news:
        for told in events_for(event, visitor):
            async with asyncio.timeout(SEND_SECONDS):
                await _send(socket, told)


async def _send(socket: WebSocket, event: Json) -> None:
    await socket.send_text(canonical_bytes(event).decode())


def events_for(event: Event, visitor: Visitor) -> list[Json]:
    """Return what of an event goes to this visitor."""
    if event.lagging:
        return [{"type": "head", "size": None}]
    data = event.data
    match data.get("type"):
        case "head":
            return [{"type": "head", "size": data["size"]}]
        case "saved" if data.get("author") == visitor.person:
            return [{"type": "saved", "entry": data["entry"], "saved": data["saved"]}]
        case "phase" | "line" | "storage" | "fragment":
            return [{key: value for key, value in data.items() if key != "author"}]
        case _:
            return []
