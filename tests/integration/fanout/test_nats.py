"""Wake-ups over a real NATS server: what travels, what does not, and what happens without one."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

import pytest
from nats.aio.client import Client

from bideval.gateways.nats import MESSAGE_BYTES, NatsFanout
from bideval.ports import Event
from tests.campaigns.processes import Nats, nats_server

MOVED, LOGIN = "venue.moved", "login.officer-a"
LOOK = Event(MOVED)
PATIENCE_S = 60


@pytest.fixture
def nats():
    with nats_server() as server:
        yield server


@contextlib.asynccontextmanager
async def running(*fanouts):
    """Run fan-outs until each has told its own process to look, as it does once it is connected."""
    async with asyncio.TaskGroup() as group:
        news = [fanout.subscribe(MOVED) for fanout in fanouts]
        tasks = [group.create_task(fanout.run()) for fanout in fanouts]
        for one in news:
            while await following(one) != LOOK:  # a wake-up from another may come first
                pass
            one.close()
        yield
        for task in tasks:
            task.cancel()


async def following(news):
    async with asyncio.timeout(PATIENCE_S):
        return await anext(news)


def fanout(server, venue="fenghua"):
    return NatsFanout(server.url, venue, missed=MOVED, heard=(MOVED, "login."))


async def test_a_wake_up_reaches_the_other_processes_of_the_venue_only(nats):
    one, other, foreign = fanout(nats), fanout(nats), fanout(nats, "wencheng")
    async with running(one, other, foreign):
        here, there, elsewhere = (at.subscribe(MOVED, LOGIN) for at in (one, other, foreign))
        one.send_on(MOVED, {"session": "s1"})
        assert await following(there) == Event(MOVED, {"session": "s1"})
        other.send_on(LOGIN, {"type": "login"})
        assert await following(here) == Event(LOGIN, {"type": "login"})
        foreign.publish(LOGIN)
        assert await following(elsewhere) == Event(LOGIN)


async def test_what_was_sent_before_it_ran_does_not_hold_up_the_rest(nats):
    one, other = fanout(nats), fanout(nats)
    one.send_on(MOVED, {"session": "early"})
    there = other.subscribe(MOVED)
    async with running(one, other):
        one.send_on(MOVED, {"session": "late"})
        while await following(there) != Event(MOVED, {"session": "late"}):
            pass


async def test_a_process_that_is_told_to_look_misses_nothing_sent_from_then_on(nats):
    """The server has its subscription by then: it answered a ping that came after it."""
    written = bytearray()

    async def carry(reader, writer, copy):
        while data := await reader.read(65_536):
            copy.extend(data)
            writer.write(data)
        writer.close()

    async def between(reader, writer):
        up, down = await asyncio.open_connection("127.0.0.1", urlsplit(nats.url).port)
        await asyncio.gather(carry(reader, down, written), carry(up, writer, bytearray()))

    async with await asyncio.start_server(between, "127.0.0.1", 0) as proxy:
        port = proxy.sockets[0].getsockname()[1]
        one = NatsFanout(f"nats://127.0.0.1:{port}", "fenghua", missed=MOVED, heard=(MOVED,))
        async with running(one):
            said = bytes(written)
            assert said.index(b"SUB bideval.fenghua.moved") < said.rindex(b"PING\r\n")


async def test_what_is_published_stays_in_its_process(nats):
    one, other = fanout(nats), fanout(nats)
    async with running(one, other):
        there = other.subscribe(MOVED, LOGIN)
        one.publish(LOGIN, {"type": "login"})
        one.send_on(MOVED, {"session": "last"})
        assert await following(there) == Event(MOVED, {"session": "last"})


async def test_other_threads_may_send_and_equal_wake_ups_are_sent_once(nats):
    one, other = fanout(nats), fanout(nats)
    async with running(one, other):
        there = other.subscribe(MOVED)

        def send():
            for _ in range(50):
                one.send_on(MOVED, {"session": "s1"})
            one.send_on(MOVED, {"session": "s2"})

        await asyncio.to_thread(send)
        heard = []
        while not heard or heard[-1].data != {"session": "s2"}:
            heard.append(await following(there))
        assert len(heard) < 51


async def test_nothing_but_the_named_topics_is_heard(nats):
    """Whoever reaches the NATS server may say anything there."""
    one = fanout(nats)
    stranger = Client()
    await stranger.connect(nats.url)
    async with running(one):
        here = one.subscribe(MOVED, "session.s1", "author.s1.officer-a")
        for message in (
            b'{"topic":"session.s1","data":{"type":"phase"}}',
            b'{"topic":"author.s1.officer-a","data":{"type":"saved","saved":"session"}}',
            b'{"topic":"venue.moved","data":"all"}',
            b'{"topic":7,"data":{}}',
            b"[]",
            b"\xff\x00",
            b'{"topic":"venue.moved","data":{"session":"' + b"x" * MESSAGE_BYTES + b'"}}',
            b'{"topic":"venue.moved","data":{"session":"good"}}',
        ):
            await stranger.publish("bideval.fenghua.moved", message)
        await stranger.flush()
        assert await following(here) == Event(MOVED, {"session": "good"})
    await stranger.close()


async def test_when_nats_comes_back_everybody_looks(nats):
    one, other = fanout(nats), fanout(nats)
    async with running(one, other):
        there = other.subscribe(MOVED)
        nats.stop()
        await asyncio.sleep(0.5)
        one.send_on(MOVED, {"session": "unheard"})
        nats.start()
        events = []
        while LOOK not in events:
            events.append(await following(there))
        one.send_on(MOVED, {"session": "heard"})
        while Event(MOVED, {"session": "heard"}) not in events:
            one.send_on(MOVED, {"session": "heard"})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    events.append(await anext(there))


async def test_without_nats_the_process_goes_on_alone():
    one = fanout(Nats())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(one.run())
        here = one.subscribe(MOVED)
        one.send_on(MOVED, {"session": "unheard"})
        one.publish(MOVED, {"session": "s1"})
        events = []
        while Event(MOVED, {"session": "s1"}) not in events:
            events.append(await following(here))
        assert Event(MOVED, {"session": "unheard"}) not in events
        task.cancel()
