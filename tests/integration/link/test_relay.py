"""A peer that reaches a process without the watch: its frames go to the one that has it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import replace

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bideval.link import relay as relay_module
from bideval.link.relay import COME_AGAIN, Relay
from bideval.sync import limits
from tests.integration.link.venues import LiveVenue, until

SESSION = "fh-2026-0117"


def listening():
    return socket.create_server(("127.0.0.1", 0))


def url_of(door):
    return f"ws://127.0.0.1:{door.getsockname()[1]}/link"


@contextlib.asynccontextmanager
async def front(address):
    """Serve a process that only hands links on; yield where peers reach it."""
    app = Starlette(routes=[WebSocketRoute("/link", Relay(address).endpoint)])
    config = uvicorn.Config(
        app, ws="websockets-sansio", ws_max_size=limits.FRAME_BYTES, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    with listening() as people:
        serving = asyncio.ensure_future(server.serve(sockets=[people]))
        await until(lambda: server.started)
        yield url_of(people)
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def on_watch(venue, door):
    """Let a venue's process take what others hand on, and leave its links at the end."""
    taking = asyncio.ensure_future(venue.hub.serve_door(door))
    yield
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    venue.hub.leave_all()


def size_at(venue):
    record = venue.disk.records.get(SESSION)
    return len(record.order) if record else 0


async def test_links_go_through_and_wait_for_the_next_watch():
    fenghua, wencheng = LiveVenue("fenghua"), LiveVenue("wencheng")
    with listening() as door:
        async with front(url_of(door)) as address:
            await wencheng.start(fenghua.peer(url=False))
            await fenghua.start(replace(wencheng.peer(), url=address))
            async with on_watch(wencheng, door):
                fenghua.found(SESSION, "wencheng")
                for number in range(300):
                    fenghua.write(SESSION, f"main-{number}")
                await until(lambda: size_at(wencheng) == 301)
                for number in range(300):
                    wencheng.write(SESSION, f"branch-{number}")
                await until(lambda: size_at(fenghua) == 601)
            await until(lambda: not fenghua.hub.states()["wencheng"].up)
            fenghua.write(SESSION, "unwatched")
            await asyncio.sleep(0.5)
            assert size_at(wencheng) == 601
            async with on_watch(wencheng, door):
                await until(lambda: size_at(wencheng) == 602)
            await fenghua.stop()
            await wencheng.stop()
    assert (fenghua.host.faults, wencheng.host.faults) == ([], [])


async def test_what_the_link_would_refuse_is_not_handed_on():
    with listening() as door:
        door.settimeout(0)
        async with front(url_of(door)) as address:
            ours = {"subprotocols": [limits.SUBPROTOCOL]}
            for asked in ({"subprotocols": ["chat"]}, {**ours, "origin": "https://evil.example"}):
                with pytest.raises(InvalidStatus):
                    async with connect(address, proxy=None, **asked):
                        pass
        with pytest.raises(BlockingIOError):
            door.accept()


async def test_one_address_does_not_take_all_places(monkeypatch):
    monkeypatch.setattr(relay_module, "RELAYED_OF_ONE", 1)
    venue = LiveVenue("fenghua")
    await venue.start()
    with listening() as door:
        async with front(url_of(door)) as address, on_watch(venue, door):

            def stranger(host):
                ours = {"subprotocols": [limits.SUBPROTOCOL]}
                return connect(address, proxy=None, **ours, local_addr=(host, 0))

            async with stranger("127.0.0.7") as first:
                await first.recv()
                with pytest.raises(InvalidStatus):
                    await stranger("127.0.0.7")
                async with stranger("127.0.0.8") as other:
                    await other.recv()
            await until(lambda: not venue.hub._proving)
            async with stranger("127.0.0.7") as again:
                await again.recv()
    await venue.stop()


async def test_a_peer_is_asked_to_come_again_where_nobody_listens():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))  # or somebody else takes the port and listens
        async with front(url_of(door)) as reached:
            with pytest.raises((InvalidStatus, ConnectionClosed)) as refused:
                async with connect(reached, proxy=None, subprotocols=[limits.SUBPROTOCOL]) as link:
                    await link.recv()
    assert getattr(refused.value, "rcvd", None) is None or refused.value.rcvd.code == COME_AGAIN
