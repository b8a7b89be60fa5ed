"""What stands before every route: where a request comes from and goes to, and what answers carry.

Decided here: who may send a browser here to change something (nobody but our own pages), and the
headers that keep what we answer out of caches and frames; by which names a server on loopback is
called. What is refused here is told to the venue's log too.
Not decided here: who is signed in (access), and the policy of HTML pages (rendering).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from bideval.pages.errors import refuse, tell_denied
from bideval.terms.errors import RefusedError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
}
"""Headers of every answer that does not bring its own."""

FORBIDDEN = 4403
"""Close code of a socket that may not be opened."""

TLS_HEADERS = {"strict-transport-security": "max-age=31536000"}


def is_ours(scope: Scope) -> bool:
    """Whether a browser sends this from a page of this very server, or no browser does.

    CORS does not guard WebSockets, and a cookie travels with them: so they are asked too.
    """
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None and site not in OWN_SITES:
        return False
    origin = headers.get("origin")
    return origin is None or _host_of(origin) == headers.get("host", "")


def _host_of(origin: str) -> str | None:
    """The host and port that an origin names; none for what is no address."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""What a server on loopback is called. A page of another site that makes its own name point here
(DNS rebinding) is of the same origin for the browser, but sends that name."""


def names_loopback(scope: Scope) -> bool:
    """Whether the request was sent to this machine by one of its own names, on any port."""
    host = Headers(scope=scope).get("host", "")
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        name, port = host, "0"
    return name.lower() in LOOPBACK_NAMES and port.isascii() and port.isdecimal()


class Guard:
    """ASGI middleware of the three rules; `loopback`: nobody is to come by another name."""

    def __init__(self, app: ASGIApp, *, secure: bool, loopback: bool = False) -> None:
        self._app = app
        self._loopback = loopback
        headers = HEADERS | (TLS_HEADERS if secure else {})
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = self._error(scope)
        if error is not None:
            tell_denied(HTTPConnection(scope), error)
        if scope["type"] == "http":
            app = self._app if error is None else refuse(scope, error)
            await app(scope, receive, self._with_headers(send))
        elif error is None:
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": FORBIDDEN})

    def _error(self, scope: Scope) -> RefusedError | None:
        """Return why this request goes no further; a WebSocket asks for its origin itself."""
        if scope["type"] not in {"http", "websocket"}:
            return None
        if self._loopback and not names_loopback(scope):
            return RefusedError("other_host", field="host", rule="access.host")
        if scope["type"] == "websocket" or scope["method"] in SAFE_METHODS or is_ours(scope):
            return None
        return RefusedError("other_site", field="origin", rule="access.origin")

    def _with_headers(self, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                brought = {name.lower() for name, _ in own}
                message["headers"] = own + [one for one in self._headers if one[0] not in brought]
            await send(message)

        return with_headers
