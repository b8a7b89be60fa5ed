"""Bodies of requests while they arrive: how slowly, and how much.

Decided here: a body that trickles in is given up, whichever route reads it, so that nobody holds a
server's rooms by sending a byte a minute; and how a route bounds what a form may bring.
Not decided here: how much each route takes (actions.venue, Limits), and what is in it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a body may come: seconds without a byte, and behind so many bytes per second."""

    idle_s: float = 30.0
    behind_s: float = 30.0
    bytes_per_s: int = 4_096

    def patience(self, arrived: int, waited_s: float) -> float:
        """Return how long to wait for the next piece, after `arrived` bytes in `waited_s`."""
        behind = self.behind_s + arrived / self.bytes_per_s - waited_s
        return max(0.0, min(self.idle_s, behind))


PACE = Pace()


class Paced:
    """ASGI middleware; what a route reads too slowly from the line raises InputError `too_slow`.

    Only waiting for the sender counts, not what the route does with a piece.
    """

    def __init__(self, app: ASGIApp, *, pace: Pace = PACE) -> None:
        self._app = app
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = self._paced(receive)
        await self._app(scope, receive, send)

    def _paced(self, receive: Receive) -> Receive:
        arrived, waited, whole = 0, 0.0, False
        clock = asyncio.get_running_loop().time

        async def paced() -> Message:
            nonlocal arrived, waited, whole
            if whole:
                return await receive()
            before = clock()
            try:
                async with asyncio.timeout(self._pace.patience(arrived, waited)):
                    message = await receive()
            except TimeoutError:
                raise InputError("too_slow", field="body", rule="limits.body_speed") from None
            waited += clock() - before
            arrived += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            return message

        return paced


def bounded(request: Request, limit: int, *, field: str, rule: str) -> Request:
    """Return the request with a body of at most `limit` bytes, however it says it comes.

    What comes waits on a disk, so a length that nobody stated must be counted.
    Reading more raises InputError `too_large`.
    """
    arrived = 0

    async def counted() -> Message:
        nonlocal arrived
        message = await request.receive()
        arrived += len(message.get("body", b""))
        if arrived > limit:
            raise InputError("too_large", field=field, rule=rule)
        return message

    return Request(request.scope, counted)
