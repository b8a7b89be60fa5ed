"""How many connections the HTTP server holds, and how long one may take to ask for something.

Decided here: somebody who connects and says nothing, says it a byte at a time, or never stops
saying it, is let go; so is who comes when the house is full. The server's library does neither.
Not decided here: how slowly a body that a route reads may come (pages.bodies), and what a person
who is signed in may hold open (pages.live).
"""

from __future__ import annotations

import resource
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import uvloop
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bideval.terms.neighbours import neighbourhood

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

MOST_CONNECTIONS = 20_000
"""Connections of one process; each costs some kilobytes and a file of the system."""

KEPT_FREE = 0.25
"""Share of the files of the process that connections leave to databases, bids and links."""

ONE_ADDRESS = 0.25
"""Share of the connections that one address may have: a trading centre behind one address holds
thousands, and nobody holds all."""

WANTED_FILES = 32_768
"""Files of the system that a process asks for: its connections, and the share that they leave."""

HANDSHAKE_S = 10.0
"""Seconds for a TLS handshake: a dozen round trips on the worst line."""

LOOP = "bideval.cli.doorway:Loop"
"""Where the HTTP library finds the event loop."""

TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Patience:
    """What a connection gets: seconds and bytes for the head of a request, and its later body."""

    head_s: float = 30.0
    head_bytes: int = 65_536
    """The parser's cost grows with the square of one long field: 200 MB stood still for minutes."""
    rest_s: float = 30.0
    rest_bytes: int = 30 * 4_096
    """Bytes of a body that comes after its answer, per `rest_s`: the pace of other bodies."""


@dataclass(slots=True)
class Crowd:
    """Who is connected: at most `most` in all, and `of_one` of one address."""

    most: int
    of_one: int
    _of: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str, connected: int) -> bool:
        """Count one more unless that is too many; `connected`: how many there are in all."""
        if connected >= self.most or self._of[address] >= self.of_one:
            return False
        self._of[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one less."""
        self._of[address] -= 1
        if not self._of[address]:
            del self._of[address]


class Loop(uvloop.Loop):
    """The event loop of a server: a TLS handshake has less time than the library's minute.

    Who has not shaken hands is not counted as connected yet.
    """

    @override
    async def create_server(  # type: ignore[override]  # for all of its overloads
        self, *args: Any, **named: Any
    ) -> asyncio.AbstractServer:
        if named.get("ssl") is not None:
            named["ssl_handshake_timeout"] = HANDSHAKE_S
        return await super().create_server(*args, **named)


class Doorway(HttpToolsProtocol):
    """One HTTP connection; `crowd` and `patience` are the server's."""

    def __init__(self, *args: Any, crowd: Crowd, patience: Patience, **named: Any) -> None:  # noqa: ANN401  # the library's
        super().__init__(*args, **named)
        self._crowd = crowd
        self._patience = patience
        self._counted: str | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_bytes = self._rest_bytes = 0

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library has it
        peer = transport.get_extra_info("peername")
        address = neighbourhood(str(peer[0])) if isinstance(peer, tuple) else ""
        if not self._crowd.enter(address, len(self.connections)):
            self.transport = transport
            transport.abort()
            return
        self._counted = address
        super().connection_made(transport)
        self._wait(self._patience.head_s, self._end)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(0, None)
        self._gone()
        super().connection_lost(exc)

    @override
    def handle_websocket_upgrade(self) -> None:
        self._wait(0, None)
        self._gone()
        super().handle_websocket_upgrade()

    @override
    def data_received(self, data: bytes) -> None:
        if self._counted is None:
            return
        if self._in_head:
            self._head_bytes += len(data)
        else:
            self._rest_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self._patience.head_bytes:
            self.transport.write(TOO_LARGE)
            self._end()

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._in_head:
            self._in_head, self._head_bytes = True, 0
            self._wait(self._patience.head_s, self._end)

    @override
    def on_headers_complete(self) -> None:
        self._in_head = False
        self._wait(0, None)
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        self._wait(0, None)
        super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        done = self.cycle.response_complete and not self._in_head
        if done and self.cycle.more_body and not self.transport.is_closing():
            self._rest_bytes = 0
            self._wait(self._patience.rest_s, self._look_at_rest)

    def _look_at_rest(self) -> None:
        """End what trickles in after its answer; nobody reads it any more."""
        if self._rest_bytes < self._patience.rest_bytes:
            self._end()
            return
        self._rest_bytes = 0
        self._wait(self._patience.rest_s, self._look_at_rest)

    def _wait(self, seconds: float, then: Callable[[], None] | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if then is None else self.loop.call_later(seconds, then)

    def _end(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _gone(self) -> None:
        if self._counted is not None:
            self._crowd.leave(self._counted)
            self._counted = None


def raise_file_limit() -> None:
    """Let this process have the files that it can use, as far as the system allows it.

    Many systems give 1,024 to who does not ask.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def doorway(*, behind_proxy: bool, patience: Patience | None = None) -> type[asyncio.Protocol]:
    """Return what makes the protocol of each connection of one server.

    Behind a proxy everybody has the proxy's address, so that one address may have all.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_CONNECTIONS
    if files != resource.RLIM_INFINITY:
        most = min(most, int(files * (1 - KEPT_FREE)))
    crowd = Crowd(most, most if behind_proxy else int(most * ONE_ADDRESS))
    made = partial(Doorway, crowd=crowd, patience=patience or Patience())
    return cast("type[asyncio.Protocol]", made)
