"""Two real venues on loopback: real sockets, a real server, storage in memory."""

# ruff: noqa: ARG002 (the protocol's arguments, needed or not)

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import time
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from bideval.link.host import (
    Change,
    Held,
    NewCheckpoint,
    NewFilesMissing,
    NewLines,
    NewSession,
    Refused,
)
from bideval.link.hub import LinkHub, PeerVenue
from bideval.link.sockets import harden
from bideval.sync import limits
from bideval.sync.proving import LocalVenue
from bideval.sync.shared import SharedSession
from tests.simulation.disk import Disk, DiskRefusedError
from tests.simulation.world import key_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bideval.sync.effects import FaultFound
    from bideval.sync.trails import Direction
    from bideval.sync.words import Placed, Vouch, Word


class Clock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


class Entropy:
    def token(self, size: int) -> bytes:
        return secrets.token_bytes(size)


class MemoryHost:
    """A LinkHost over a disk in memory."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.faults: list[tuple[str | None, FaultFound]] = []
        self.line: list[tuple[str, bool]] = []
        self.told: dict[tuple[str, str, Direction], int] = {}
        self.refused: list[tuple[str, str, str]] = []
        self.heard_words: dict[tuple[str, str, str], Word] = {}
        self.offered_words: list[tuple[str, Vouch]] = []
        self.welcome = True
        self.fail_next = ""
        self._queues: set[asyncio.Queue[Change]] = set()

    def tell(self, change: Change) -> None:
        for queue in self._queues:
            queue.put_nowait(change)

    async def sessions(self, peer: str) -> list[SharedSession]:
        return self.disk.shared(peer)

    async def offered(self, peer: str, session: str, *, peer_main: bool) -> SharedSession | Refused:
        known = session in self.disk.records
        if known:
            return self.disk.shared_session(session, peer)
        if peer_main and self.welcome:
            return SharedSession(session, main=False)
        return Refused("not_invited")

    async def mark_up(self, peer: str, session: str, n: int) -> bytes | None:
        return self.disk.mark_up(session, n)

    async def mark_down(self, peer: str, session: str, size: int) -> bytes | None:
        return self.disk.mark_down(session, size)

    async def read_up(
        self, peer: str, session: str, first: int, *, limit: int, max_bytes: int
    ) -> list[bytes]:
        return self.disk.read_up(session, first, limit=limit, max_bytes=max_bytes)

    async def read_down(
        self, peer: str, session: str, first: int, *, limit: int, max_bytes: int
    ) -> list[bytes]:
        return self.disk.read_down(session, first, limit=limit, max_bytes=max_bytes)

    async def commit_up(
        self, peer: str, session: str, first: int, lines: tuple[bytes, ...], *, word: Vouch
    ) -> Held | Refused:
        if self.fail_next:
            reason, self.fail_next = self.fail_next, ""
            raise OSError(reason)
        try:
            held = Held(*self.disk.commit_up(peer, session, first, lines))
        except DiskRefusedError as error:
            return Refused(error.code)
        self.heard_words[peer, session, "Vouch"] = word
        self.tell(NewLines(session))
        return held

    async def commit_down(
        self, peer: str, session: str, first: int, lines: tuple[bytes, ...], *, word: Vouch
    ) -> Held | Refused:
        try:
            held = Held(*self.disk.commit_down(peer, session, first, lines))
        except DiskRefusedError as error:
            return Refused(error.code)
        self.heard_words[peer, session, "Vouch"] = word
        return held

    async def checkpoint_arrived(self, peer: str, session: str, size: int, note: str) -> str | None:
        return self.disk.cosign(session, size, note)

    async def heads(self, peer: str):
        return []

    async def head_arrived(self, peer: str, session: str, size: int, note: str) -> bool:
        return True

    async def word_for(self, peer: str, session: str):
        return None

    async def words(self, peer: str):
        return []

    async def told_arrived(self, peer: str, word: Vouch) -> bool:
        return True

    async def stopped(self):
        return []

    async def proof_for(self, peer: str, session: str):
        return None

    async def proof_arrived(self, peer: str, session: str, file: bytes) -> bool:
        return True

    async def cosignature_arrived(self, peer: str, session: str, size: int, line: str) -> None:
        self.disk.keep_cosignature(peer, session, size, line)

    async def missing_files(self, peer: str):
        return self.disk.missing_files(peer)

    async def read_chunk(
        self, peer: str, session: str, sha256: bytes, *, offset: int, length: int
    ) -> bytes | None:
        return self.disk.read_chunk(sha256, offset=offset, length=length)

    async def write_chunk(
        self, peer: str, session: str, sha256: bytes, *, offset: int, data: bytes, last: bool
    ) -> int | None:
        return self.disk.write_chunk(sha256, offset=offset, data=data, last=last)

    async def peer_has(
        self,
        peer: str,
        session: str,
        direction: Direction,
        upto: int,
        promised: Placed | None = None,
    ) -> None:
        assert promised is None  # nobody loses a disk here
        self.told[peer, session, direction] = upto

    async def word_heard(self, peer: str, word: Word) -> None:
        self.heard_words[peer, word.session, type(word).__name__] = word

    async def word_offered(self, peer: str, word: Vouch) -> None:
        self.offered_words.append((peer, word))

    async def session_refused(self, peer: str, session: str, code: str) -> None:
        self.refused.append((peer, session, code))

    async def fault_found(self, peer: str | None, fault: FaultFound) -> None:
        self.faults.append((peer, fault))

    async def line_state(self, peer: str, *, up: bool, since_ms: int) -> None:
        assert since_ms > 0
        self.line.append((peer, up))

    async def changes(self, peer: str) -> AsyncIterator[Change]:
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)


class LiveVenue:
    """A venue server with its hub, on a port of its own."""

    def __init__(self, venue: str, *, key: str | None = None) -> None:
        self.id = venue
        self.disk = Disk(venue)
        self.host = MemoryHost(self.disk)
        self.key = key_of(key or venue)
        self.socket = socket.socket()
        harden(self.socket)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.url = f"ws://127.0.0.1:{self.socket.getsockname()[1]}/link"
        self.hub: LinkHub
        self._stack = contextlib.AsyncExitStack()

    def peer(self, *, url: bool = True) -> PeerVenue:
        return PeerVenue(self.id, key_of(self.id).public, self.url if url else None)

    async def start(self, *peers: PeerVenue) -> None:
        me = LocalVenue(self.id, self.key)
        self.hub = LinkHub(me, peers, host=self.host, clock=Clock(), entropy=Entropy())
        app = Starlette(routes=[WebSocketRoute("/link", self.hub.endpoint)])
        config = uvicorn.Config(
            app,
            ws="websockets-sansio",
            ws_max_size=limits.FRAME_BYTES,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
        self.server = uvicorn.Server(config)
        group = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._serving = group.create_task(self.server.serve(sockets=[self.socket]))
        self._dialling = group.create_task(self.hub.run())

    async def stop(self) -> None:
        self._dialling.cancel()
        self.server.should_exit = True
        await self._stack.aclose()

    # What people do.

    def found(self, session: str, *branches: str) -> None:
        self.disk.found(session, branches)
        self.host.tell(NewSession(self.disk.shared_session(session, branches[0])))

    def write(self, session: str, text: str) -> None:
        self.disk.write(session, text)
        self.host.tell(NewLines(session))

    def checkpoint(self, session: str) -> int:
        note = self.disk.make_checkpoint(session)
        self.host.tell(NewCheckpoint(session, note))
        return note.size

    def need_file(self, session: str, sha256: bytes, size: int) -> None:
        self.disk.name_file(session, sha256, size)
        self.host.tell(NewFilesMissing())


async def until(condition, seconds: float = 60.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (what is waited for sets no event)
            await asyncio.sleep(0.01)
