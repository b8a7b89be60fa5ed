"""A peer's connection that has reached a process which does not hold the lines.

Decided here: its frames are handed on, as they are, to the process that does; where there is none
just now, the peer is asked to come again. What the frames say is none of our business: the two ends
prove themselves to each other through us.
Not decided here: which process holds the lines.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

from bideval.link.channels import AcceptedChannel, Channel, ChannelClosedError, dial
from bideval.sync import limits
from bideval.terms.neighbours import neighbourhood

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

RELAYED: Final = 64
"""Connections that one process hands on at a time."""
RELAYED_OF_ONE: Final = 16
"""Of them from one address, so that one stranger does not take the places of all peers."""
COME_AGAIN: Final = 1013
GONE: Final = 1001


class Relay:
    """What one process hands on to the process that holds the lines."""

    def __init__(self, address: str) -> None:
        """`address`: where that process takes links (ws://)."""
        self._address = address
        self._open: Counter[str] = Counter()

    async def endpoint(self, websocket: WebSocket) -> None:
        """Serve a connection that a peer opens; refuses what the link itself would refuse."""
        offered = websocket.scope.get("subprotocols", [])
        if "origin" in websocket.headers or limits.SUBPROTOCOL not in offered:
            await websocket.close(1008)
            return
        address = neighbourhood(websocket.client.host) if websocket.client else ""
        if self._open.total() >= RELAYED or self._open[address] >= RELAYED_OF_ONE:
            await websocket.close(COME_AGAIN)
            return
        self._open[address] += 1
        try:
            await self._serve(websocket)
        finally:
            self._open[address] -= 1
            self._open += Counter()  # forgets who has none

    async def _serve(self, websocket: WebSocket) -> None:
        try:
            inner = await dial(self._address, ssl=None)
        except ChannelClosedError:
            await websocket.close(COME_AGAIN)
            return
        try:
            await websocket.accept(limits.SUBPROTOCOL)
            await _join(AcceptedChannel(websocket), inner)
        finally:
            await inner.close(GONE)


async def _join(outer: Channel, inner: Channel) -> None:
    """Hand frames on in both directions until one end is gone, then let the other go too."""
    pumps = [asyncio.ensure_future(_pump(outer, inner)), asyncio.ensure_future(_pump(inner, outer))]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        await outer.close(GONE)


async def _pump(source: Channel, target: Channel) -> None:
    try:
        while True:
            await target.send(await source.receive())
    except ChannelClosedError:
        return
