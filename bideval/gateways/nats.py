"""Wake-ups between the server processes of one venue, over NATS.

Decided here: a wake-up may be lost, and nothing is kept for anybody: core NATS, no streams. Equal
wake-ups that wait are sent once. While there is no NATS server, wake-ups stay in their process and
the log says so; when there is one (again), this process is told to look, because it may have missed
some.
Not decided here: what is looked at; no wake-up brings anything that is believed.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import nats.errors
import structlog
from nats.aio.client import Client

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.gateways.fanout import LocalFanout
from bideval.terms.errors import BidevalError

if TYPE_CHECKING:
    from nats.aio.msg import Msg

    from bideval.gateways.fanout import LocalSubscription
    from bideval.ports import Json

log = structlog.get_logger("bideval.gateways")

CONNECT_S = 2
"""Seconds to connect."""
RETRY_S = 1.0
"""Seconds between two attempts to connect."""
PING_S = 5
"""Seconds between two pings; a server that has not answered two of them is gone."""
WAITING = 1_000
"""Wake-ups that wait to be sent; beyond them the oldest are lost, as any may be."""
MESSAGE_BYTES = 4_096
"""Bytes of a wake-up: a topic and an identifier."""


class NatsFanout:
    """A `Fanout` that reaches the other processes of a venue; `run` beside the server."""

    def __init__(self, url: str, venue: str, *, missed: str, heard: tuple[str, ...]) -> None:
        """`missed`: the topic that is told when wake-ups may have been missed.

        `heard`: how topics begin that others may tell here; whoever reaches the NATS server can.
        """
        self._url = url
        self._heard = heard
        self._subject = f"bideval.{venue}.moved"
        self._missed = missed
        self._local = LocalFanout()
        self._lock = threading.Lock()
        self._waiting: dict[bytes, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()

    def publish(self, topic: str, data: Json | None = None) -> None:
        self._local.publish(topic, data)

    def subscribe(self, *topics: str) -> LocalSubscription:
        return self._local.subscribe(*topics)

    def hears(self, beginning: str) -> bool:
        return self._local.hears(beginning)

    def send_on(self, topic: str, data: Json | None = None) -> None:
        message = canonical_bytes({"topic": topic, "data": data or {}})
        with self._lock:
            idle = not self._waiting
            if len(self._waiting) >= WAITING:
                del self._waiting[next(iter(self._waiting))]
            self._waiting[message] = None
            loop = self._loop
        if idle and loop is not None:
            with suppress(RuntimeError):  # the loop is closed, and with it the process's work
                loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Stay connected, send and hear, until cancelled."""
        self._loop = asyncio.get_running_loop()
        told = False
        while True:
            client = Client()
            ended = asyncio.Event()
            if await self._connect(client, ended):
                log.info("wake-ups travel between processes")
                told = False
                self._local.publish(self._missed)
                try:
                    await self._send(client, ended)
                finally:
                    await _close(client)
            if not told:
                log.warning("no NATS server: other processes are followed once a second")
                told = True
            await asyncio.sleep(RETRY_S)

    async def _connect(self, client: Client, ended: asyncio.Event) -> bool:
        async def end() -> None:
            ended.set()

        async def complain(error: Exception) -> None:
            if isinstance(error, nats.errors.SlowConsumerError):
                self._local.publish(self._missed)

        try:
            await client.connect(
                self._url,
                allow_reconnect=False,
                connect_timeout=CONNECT_S,
                ping_interval=PING_S,
                no_echo=True,
                closed_cb=end,
                disconnected_cb=end,
                error_cb=complain,
                tls_hostname=urlsplit(self._url).hostname if _is_tls(self._url) else None,
            )
            await client.subscribe(self._subject, cb=self._hear)
            # The library writes the ping of the first flush before the subscription that waits in
            # its buffer; only the second is answered by a server that has the subscription.
            await client.flush(CONNECT_S)
            await client.flush(CONNECT_S)
        except (OSError, TimeoutError, ValueError, nats.errors.Error):
            await _close(client)
            return False
        return True

    async def _send(self, client: Client, ended: asyncio.Event) -> None:
        """Send what waits until the connection ends."""
        ending = asyncio.ensure_future(ended.wait())
        self._wake.set()  # for what waits since before there was a loop to wake
        try:
            while not ended.is_set():
                waking = asyncio.ensure_future(self._wake.wait())
                try:
                    await asyncio.wait((waking, ending), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    waking.cancel()
                self._wake.clear()
                with self._lock:
                    messages, self._waiting = self._waiting, {}
                for message in messages:
                    await client.publish(self._subject, message)
        except nats.errors.Error:
            return
        finally:
            ending.cancel()

    async def _hear(self, message: Msg) -> None:
        try:
            read: Any = read_json(message.data, limit=MESSAGE_BYTES, field="wake-up")
        except BidevalError:
            return
        topic, data = (read.get("topic"), read.get("data")) if isinstance(read, dict) else (0, 0)
        if isinstance(topic, str) and isinstance(data, dict) and topic.startswith(self._heard):
            self._local.publish(topic, data)


def _is_tls(url: str) -> bool:
    return urlsplit(url).scheme == "tls"


async def _close(client: Client) -> None:
    with suppress(OSError, TimeoutError, nats.errors.Error):
        await client.close()
