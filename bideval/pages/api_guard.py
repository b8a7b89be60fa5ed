"""What stands before every route: where a request comes from, and what every answer carries.

Decided here: who may send a browser here to change something (nobody but our own pages), and the
headers that keep what we answer out of caches and frames.
Not decided here: who is signed in (access), and the policy of HTML pages (rendering).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

from bideval.pages.errors import refuse
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
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


class Guard:
    """ASGI middleware of both rules."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = {**HEADERS, **(TLS_HEADERS if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["method"] in SAFE_METHODS or is_ours(scope):
            await self._app(scope, receive, with_headers)
            return
        response = refuse(scope, RefusedError("other_site", field="origin", rule="access.origin"))
        await response(scope, receive, with_headers)
