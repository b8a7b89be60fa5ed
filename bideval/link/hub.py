"""All links of one venue: who dials, which of two connections stays, how a link is cut on purpose.

Decided here: the venue with the smaller id dials at once, the other only when it has had no link
for a while (a firewall may let only one of them through); of two established connections of one
peer the newest stays, because a peer that comes again knows that the old one is dead.
Not decided here: what is said on a link.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from websockets.asyncio.server import serve
from websockets.typing import Subprotocol

from bideval.link.channels import (
    CLOSE_S,
    QUEUED_FRAMES,
    AcceptedChannel,
    Channel,
    ChannelClosedError,
    DialledChannel,
    dial,
)
from bideval.link.connection import Connection
from bideval.sync import limits
from bideval.sync.machine import LinkMachine
from bideval.sync.proving import LocalVenue, Side
from bideval.terms.neighbours import neighbourhood

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from ssl import SSLContext

    from starlette.websockets import WebSocket
    from websockets.asyncio.server import ServerConnection

    from bideval.evidence.signing import PublicKey
    from bideval.link.host import LinkHost
    from bideval.ports import Clock, Entropy

NONCE_BYTES: Final = 32
FIRST_DELAY_S: Final = 0.2
LONGEST_DELAY_S: Final = 15.0
GRACE_S: Final = 5.0
"""How long the venue with the larger id waits for the other one to dial."""

SETTLED_S: Final = 5.0
"""A link that lived this long was good: the next delay starts small again."""

HANDSHAKES: Final = 32
"""Accepted connections whose peer has not proved itself yet; one more ends another one.

Refusing it instead would let strangers who connect again and again keep the peers out.
"""

STRANGER_FAULTS: Final = 30
STRANGER_MINUTE_MS: Final = 60_000
"""Faults of unproved callers that reach the host in a minute: nobody fills the log from outside."""

_LOG = logging.getLogger("bideval.link")


@dataclass(frozen=True, slots=True)
class PeerVenue:
    """Another venue: its id, its pinned key, and its link address (ws:// or wss://) if we know."""

    id: str
    public: PublicKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class LineState:
    """Whether the line to a peer is up, and since which instant (civil time, ms)."""

    up: bool
    since_ms: int


class LinkHub:
    """The links of this venue. `run` dials, `endpoint` accepts; both until they are cancelled."""

    def __init__(
        self,
        me: LocalVenue,
        peers: Sequence[PeerVenue],
        *,
        host: LinkHost,
        clock: Clock,
        entropy: Entropy,
        ssl: SSLContext | None = None,
    ) -> None:
        self._me = me
        self._peers = {peer.id: peer for peer in peers}
        self._host = host
        self._clock = clock
        self._entropy = entropy
        self._ssl = ssl
        self._dials = False
        self._live: dict[str, Connection] = {}
        self._down = {peer.id: asyncio.Event() for peer in peers}
        self._cut_until: dict[str, int] = {}
        self._proving: dict[Connection, str] = {}
        """Who has not proved itself yet and from which address, in the order of coming."""
        self._strangers: deque[int] = deque(maxlen=STRANGER_FAULTS)
        now = clock.now_ms()
        self._states = {peer.id: LineState(up=False, since_ms=now) for peer in peers}
        for event in self._down.values():
            event.set()

    def states(self) -> dict[str, LineState]:
        """Return the state of the line to every peer."""
        return dict(self._states)

    def down_since(self) -> dict[str, int]:
        """Return the peers whose line is down, each with the instant since when (ms)."""
        return {peer: state.since_ms for peer, state in self._states.items() if not state.up}

    def cut(self, peer_id: str, duration_s: float) -> None:
        """Close the link to a peer and refuse it for a time, in both directions; 0 restores it.

        For rehearsals and demonstrations; on the event loop only. Raises KeyError for an unknown
        peer.
        """
        peer = self._peers[peer_id]
        self._cut_until[peer.id] = self._clock.monotonic_ms() + round(duration_s * 1000)
        live = self._live.get(peer.id)
        if live is not None and duration_s > 0:
            live.leave()

    async def run(self) -> None:
        """Keep a link to every peer whose address is known, until cancelled."""
        self._dials = True
        async with asyncio.TaskGroup() as group:
            for peer in self._peers.values():
                if peer.url is not None:
                    group.create_task(self._keep_dialling(peer, peer.url))
            try:
                await asyncio.Event().wait()
            finally:  # a connection that ends at this moment swallows the cancellation (3.11)
                self._dials = False

    async def endpoint(self, websocket: WebSocket) -> None:
        """Serve a connection that a peer opens; to be mounted at /link."""
        offered = websocket.scope.get("subprotocols", [])
        browser = "origin" in websocket.headers
        if browser or limits.SUBPROTOCOL not in offered:
            await websocket.close(1008)
            return
        await websocket.accept(limits.SUBPROTOCOL)
        address = neighbourhood(websocket.client.host) if websocket.client else ""
        await self._listen(AcceptedChannel(websocket), address)

    async def serve_door(self, door: socket.socket) -> None:
        """Accept on a listening socket what other processes of this venue hand on, until cancelled.

        The socket stays open: the process that holds the lines next accepts on it.
        """
        async with serve(
            self._handed_on,
            sock=door.dup(),
            subprotocols=[Subprotocol(limits.SUBPROTOCOL)],
            compression=None,
            max_size=limits.FRAME_BYTES,
            max_queue=QUEUED_FRAMES,
            ping_interval=None,
            close_timeout=CLOSE_S,
            server_header=None,
        ):
            await asyncio.Event().wait()

    def leave_all(self) -> None:
        """Close every link without blame: this process does not hold the lines any more."""
        for connection in [*self._live.values(), *self._proving]:
            connection.leave()

    async def _handed_on(self, connection: ServerConnection) -> None:
        await self._listen(DialledChannel(connection), "")

    async def came_up(self, connection: Connection) -> None:
        """Let the newest connection of a peer replace the one before."""
        peer = connection.peer
        self._proving.pop(connection, None)
        if self._is_cut(peer):
            connection.leave()
            return
        before = self._live.get(peer)
        self._live[peer] = connection
        self._down[peer].clear()
        if before is not None:
            before.leave()
        else:
            await self._tell(peer, up=True)

    def may_report_stranger(self) -> bool:
        """Let through as many faults of unproved callers as a minute may have."""
        now = self._clock.monotonic_ms()
        full = len(self._strangers) == STRANGER_FAULTS
        if full and now - self._strangers[0] < STRANGER_MINUTE_MS:
            return False
        self._strangers.append(now)
        return True

    async def _listen(self, channel: Channel, address: str) -> None:
        connection = self._connection(channel, Side.LISTENER, list(self._peers.values()))
        if len(self._proving) >= HANDSHAKES:
            self._send_away()
        self._proving[connection] = address
        await self._serve(connection)

    def _send_away(self) -> None:
        """End the oldest stranger of the address that has most of them."""
        (busiest, _), *_ = Counter(self._proving.values()).most_common(1)
        oldest = next(one for one, address in self._proving.items() if address == busiest)
        del self._proving[oldest]
        oldest.leave()

    def _connection(self, channel: Channel, side: Side, peers: Sequence[PeerVenue]) -> Connection:
        machine = LinkMachine(
            self._me,
            peers={peer.id: peer.public for peer in peers},
            side=side,
            nonce=self._entropy.token(NONCE_BYTES),
            now=self._clock.monotonic_ms(),
            away=[peer.id for peer in peers if self._is_cut(peer.id)],
        )
        return Connection(
            machine, channel=channel, host=self._host, clock=self._clock, register=self
        )

    async def _serve(self, connection: Connection) -> None:
        try:
            await connection.run()
        finally:
            self._proving.pop(connection, None)
            await self._went_down(connection)

    async def _went_down(self, connection: Connection) -> None:
        peer = connection.peer
        if self._live.get(peer) is connection:
            del self._live[peer]
            self._down[peer].set()
            await self._tell(peer, up=False)

    async def _tell(self, peer: str, *, up: bool) -> None:
        since_ms = self._clock.now_ms()
        self._states[peer] = LineState(up=up, since_ms=since_ms)
        try:
            await self._host.line_state(peer, up=up, since_ms=since_ms)
        except Exception:  # noqa: BLE001 (one peer's news must not end the links of the others)
            _LOG.exception("the host failed at line_state")

    async def _keep_dialling(self, peer: PeerVenue, url: str) -> None:
        failures = 0
        while self._dials:
            await self._until_due(peer)
            began = self._clock.monotonic_ms()
            await self._dial(peer, url)
            settled = self._clock.monotonic_ms() - began >= SETTLED_S * 1000
            failures = 0 if settled else failures + 1
            await asyncio.sleep(self._delay_s(failures))

    async def _until_due(self, peer: PeerVenue) -> None:
        while True:
            await self._down[peer.id].wait()
            if self._is_cut(peer.id):
                await asyncio.sleep(FIRST_DELAY_S)
            elif self._me.id < peer.id:
                return
            else:
                await asyncio.sleep(GRACE_S)
                if self._down[peer.id].is_set() and not self._is_cut(peer.id):
                    return

    async def _dial(self, peer: PeerVenue, url: str) -> None:
        try:
            channel = await dial(url, ssl=self._ssl)
        except ChannelClosedError:
            return
        await self._serve(self._connection(channel, Side.DIALLER, [peer]))

    def _is_cut(self, peer: str) -> bool:
        return self._clock.monotonic_ms() < self._cut_until.get(peer, 0)

    def _delay_s(self, failures: int) -> float:
        """Return a delay with full jitter: up to 0.2 s, doubling with each failure up to 15 s."""
        longest = min(LONGEST_DELAY_S, FIRST_DELAY_S * (1 << min(failures, 16)))
        return longest * int.from_bytes(self._entropy.token(4), "big") / 2**32
