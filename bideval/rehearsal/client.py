"""A person in front of a venue's server: the public interfaces and nothing else.

Decided here: requests, repeats of requests whose answer was lost, waiting for the session to come
so far. Not decided here: what the person does.

A submission is repeated with the same bytes until the venue answers, as the browser's outbox does;
the venue takes it once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import ssl
from collections import Counter
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Self

import httpx2
import websockets
import websockets.exceptions

from bideval.ledger.entry import NOTHING_SEEN, Seen
from bideval.rehearsal.lookout import Lookout
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from types import TracebackType

    from bideval.rehearsal.persona import Devices, Persona

    View = dict[str, Any]

TRIES = 8
"""Times a request is sent when the line to the venue breaks; the pause doubles from `PAUSE_S`."""
PAUSE_S = 0.1
REQUEST_TIMEOUT_S = 30.0
COOKIE = "bideval"


class AnswerError(BidevalError):
    """The venue refused; code, field and rule are the server's own."""


class Desk:
    """One person signed in at one venue."""

    def __init__(self, url: str, venue: str, persona: Persona, devices: Devices) -> None:
        self.url = url
        self.venue = venue
        self.persona = persona
        self.devices = devices
        self._seen: dict[str, Seen] = {}
        self._lookouts: dict[str, tuple[Lookout, asyncio.Task[None]]] = {}
        self._followers: Counter[str] = Counter()
        self._tasks = asyncio.TaskGroup()
        self._client = httpx2.AsyncClient(
            base_url=url,
            headers={"Origin": url},
            timeout=REQUEST_TIMEOUT_S,
            trust_env=False,
            verify=trust(),
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._tasks.__aexit__(kind, error, trace)
        finally:
            await self._client.__aexit__(kind, error, trace)

    @property
    def person(self) -> str:
        """The id of the person at this desk."""
        return self.persona.person

    @property
    def cookies(self) -> str:
        """The cookies of the log-in, as a header says them."""
        return "; ".join(f"{name}={value}" for name, value in self._client.cookies.items())

    async def enrol(self, code: str, *, session: str | None = None) -> None:
        """Turn a one-time code into an account (or a seat of a session) of this person's key."""
        enrolment = self.persona.enrolment(session=session, venue=self.venue)
        await self.post("/api/enrol", {"code": code, **enrolment})

    async def join(self, session: str) -> None:
        """Have this account's key enrolled into the session's record."""
        enrolment = self.persona.enrolment(session=session, venue=self.venue)
        await self.post(f"/api/sessions/{session}/join", enrolment)

    async def say(self, session: str, kind: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Sign an entry, submit it, and return the venue's acknowledgement."""
        seen = self._seen.get(session, NOTHING_SEEN)
        jws = self.persona.entry(session, kind, body, devices=self.devices, seen=seen)
        return await self.submit(session, jws)

    async def submit(self, session: str, jws: str) -> dict[str, Any]:
        """Submit signed bytes; the same bytes again give the same answer."""
        return await self.post("/api/entries", {"session": session, "jws": jws})

    async def void(self, session: str, entry: str) -> str | None:
        """Return why an own entry does not count; None while it does, or has no place yet."""
        told = await self.get(f"/api/sessions/{session}/entries/{entry}")
        code: str | None = told["void"]
        return code

    async def view(self, session: str) -> View:
        """Return what this person may see of the session."""
        view: View = await self.get(f"/api/sessions/{session}")
        if view["head"] is not None:
            self._seen[session] = Seen(view["head"]["size"], view["head"]["root"])
        return view

    async def upload(self, content: bytes, media_type: str, *, session: str) -> str:
        """Put a file into the venue's store and return its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        await self._ask(
            "PUT",
            f"/api/files/{sha256}",
            content=content,
            headers={"Content-Type": media_type},
            params={"session": session},
        )
        return sha256

    async def get(self, path: str) -> dict[str, Any]:
        """Return the JSON at a path."""
        return _json(await self._ask("GET", path))

    async def fetch(self, path: str) -> bytes:
        """Return the bytes at a path."""
        response = await self._ask("GET", path)
        return response.content

    async def post(self, path: str, body: object) -> dict[str, Any]:
        """Send JSON and return the JSON of the answer."""
        return _json(await self._ask("POST", path, json=body))

    @contextlib.asynccontextmanager
    async def follow(self, session: str) -> AsyncIterator[AsyncIterator[View]]:
        """Give the session's views as they become news; all who follow at this desk share looks."""
        self._followers[session] += 1
        if session not in self._lookouts:
            lookout = Lookout(partial(self.view, session))
            looking = self._tasks.create_task(self._keep_looking(session, lookout))
            self._lookouts[session] = lookout, looking
        try:
            yield self._lookouts[session][0].views()
        finally:
            self._followers[session] -= 1
            if not self._followers[session]:
                _, looking = self._lookouts.pop(session)
                looking.cancel()
                await asyncio.wait((looking,))

    async def _keep_looking(self, session: str, lookout: Lookout) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(lookout.run())
            tasks.create_task(self._listen(session, lookout))

    async def send_text(self, path: str, text: str, media_type: str) -> dict[str, Any]:
        """Send a text of some media type and return the JSON of the answer."""
        headers = {"Content-Type": media_type}
        return _json(await self._ask("POST", path, content=text.encode(), headers=headers))

    async def wait(
        self, session: str, ready: Callable[[View], bool], *, what: str, patience_s: float
    ) -> View:
        """Return the first view for which `ready` holds; TimeoutError says what was waited for."""
        try:
            async with asyncio.timeout(patience_s):
                async with self.follow(session) as views:
                    async for view in views:
                        if ready(view):
                            return view
        except TimeoutError:
            raise TimeoutError(f"{self.person}: no {what} within {patience_s} s") from None
        raise AssertionError("unreachable")

    async def live(self, session: str) -> AsyncIterator[dict[str, Any]]:
        """Give the session's live events until the connection ends."""
        address = f"ws{self.url.removeprefix('http')}/live?session={session}"
        with contextlib.suppress(OSError, websockets.exceptions.WebSocketException):
            async with websockets.connect(
                address,
                origin=websockets.Origin(self.url),
                additional_headers={"Cookie": self.cookies},
                compression=None,
                proxy=None,
            ) as socket:
                async for told in socket:
                    yield json.loads(told)

    async def _listen(self, session: str, lookout: Lookout) -> None:
        async for told in self.live(session):
            lookout.hear(told["type"])

    async def _ask(self, method: str, path: str, **parts: Any) -> httpx2.Response:  # noqa: ANN401  # what httpx2 takes
        pause = PAUSE_S
        for attempt in range(1, TRIES + 1):
            try:
                response = await self._client.request(method, path, **parts)
            except httpx2.TransportError:
                if attempt == TRIES:
                    raise
                await asyncio.sleep(pause)
                pause *= 2
            else:
                return _accepted(response, f"{self.person}: {method} {path}")
        raise AssertionError("unreachable")


@cache
def trust() -> ssl.SSLContext:
    """Return what the system trusts, read once for all desks."""
    return ssl.create_default_context()


def _accepted(response: httpx2.Response, request: str) -> httpx2.Response:
    if response.is_success:
        return response
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        error = {"code": f"http_{response.status_code}"}
    raise AnswerError(
        error["code"],
        field=error.get("field"),
        rule=error.get("rule"),
        detail=f"{request}: {error.get('message', error['code'])}",
    )


def _json(response: httpx2.Response) -> dict[str, Any]:
    content: dict[str, Any] = response.json() if response.content else {}
    return content
