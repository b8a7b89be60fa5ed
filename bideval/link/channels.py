"""One WebSocket, seen alike from both ends.

Decided here: how frames are sent and received by the server's and the client's library.
Not decided here: what is in them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from starlette.websockets import WebSocketDisconnect, WebSocketState
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from bideval.link.sockets import harden
from bideval.sync import limits

if TYPE_CHECKING:
    from ssl import SSLContext

    from starlette.websockets import WebSocket
    from websockets.asyncio.client import ClientConnection
    from websockets.asyncio.server import ServerConnection

OPEN_S: Final = 10.0
CLOSE_S: Final = 2.0
QUEUED_FRAMES: Final = 4


class ChannelClosedError(Exception):
    """The connection is gone, whoever closed it and however."""


class Channel(Protocol):
    """A connection that carries frames."""

    async def receive(self) -> bytes:
        """Return the next frame; raise ChannelClosedError at the end."""
        ...

    async def send(self, frame: bytes) -> None:
        """Send a frame as soon as the socket takes it; raise ChannelClosedError at the end."""
        ...

    async def close(self, status: int) -> None:
        """Close, at most for CLOSE_S; never raises."""
        ...


class AcceptedChannel:
    """A connection that the peer has opened to our server."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def receive(self) -> bytes:
        try:
            message = await self._websocket.receive()
        except (RuntimeError, OSError) as error:
            raise ChannelClosedError from error
        if message["type"] != "websocket.receive":
            raise ChannelClosedError
        data: bytes | None = message.get("bytes")
        return data if data is not None else b""

    async def send(self, frame: bytes) -> None:
        try:
            await self._websocket.send_bytes(frame)
        except (WebSocketDisconnect, RuntimeError, OSError) as error:
            raise ChannelClosedError from error

    async def close(self, status: int) -> None:
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            return
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._websocket.close(status)
        except (WebSocketDisconnect, RuntimeError, OSError, TimeoutError):
            return


class DialledChannel:
    """A connection that we have opened to a server, or a server's end of such a one."""

    def __init__(self, connection: ClientConnection | ServerConnection) -> None:
        self._connection = connection

    async def receive(self) -> bytes:
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as error:
            raise ChannelClosedError from error

    async def send(self, frame: bytes) -> None:
        try:
            await self._connection.send(frame)
        except ConnectionClosed as error:
            raise ChannelClosedError from error

    async def close(self, status: int) -> None:
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._connection.close(status)
        except TimeoutError:
            self._connection.transport.abort()


async def dial(url: str, *, ssl: SSLContext | None) -> DialledChannel:
    """Open a connection to a peer's link address.

    Raises ChannelClosedError when there is none, for whatever reason.
    """
    try:
        connection = await connect(
            url,
            subprotocols=[Subprotocol(limits.SUBPROTOCOL)],
            compression=None,
            max_size=limits.FRAME_BYTES,
            max_queue=QUEUED_FRAMES,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            ping_interval=None,
            proxy=None,
            user_agent_header=None,
            ssl=ssl,
        )
    except (OSError, WebSocketException, TimeoutError, ValueError) as error:
        raise ChannelClosedError(str(error)) from error
    channel = DialledChannel(connection)
    if connection.subprotocol != limits.SUBPROTOCOL:
        await channel.close(1002)
        raise ChannelClosedError("no link on that address")
    harden(connection.transport.get_extra_info("socket"))
    return channel
