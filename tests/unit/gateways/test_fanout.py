"""Wake-ups: never waiting, never silently lost."""

from __future__ import annotations

import asyncio
import threading

from bideval.gateways.fanout import LocalFanout
from bideval.ports import Event


async def settled():
    """Let the loop hand over what was published."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_events_arrive_in_order():
    fanout = LocalFanout()
    async with fanout.subscribe("s1") as subscription:
        for n in range(3):
            fanout.publish("s1", {"n": n})
        events = [await anext(subscription) for _ in range(3)]
    assert events == [Event("s1", {"n": n}) for n in range(3)]


async def test_only_subscribed_topics_arrive():
    fanout = LocalFanout()
    async with fanout.subscribe("s1", "s3") as subscription:
        for topic in ("s1", "s2", "s3"):
            fanout.publish(topic)
        assert [(await anext(subscription)).topic for _ in range(2)] == ["s1", "s3"]


async def test_every_subscriber_is_told():
    fanout = LocalFanout()
    async with fanout.subscribe("s1") as one, fanout.subscribe("s1") as other:
        fanout.publish("s1")
        assert [await anext(one), await anext(other)] == [Event("s1"), Event("s1")]


async def test_publishing_without_subscribers_is_nothing():
    fanout = LocalFanout()
    fanout.publish("s1")
    assert fanout._topics == {}


async def test_a_slow_subscriber_is_told_to_read_again():
    fanout = LocalFanout(waiting=4)
    async with fanout.subscribe("s1") as subscription:
        for n in range(10):
            fanout.publish("s1", {"n": n})
        await settled()
        assert await anext(subscription) == Event("s1", lagging=True)
        fanout.publish("s1", {"n": 11})
        assert await anext(subscription) == Event("s1", {"n": 11})


async def test_other_threads_may_publish():
    fanout = LocalFanout()
    async with fanout.subscribe("s1") as subscription:
        threading.Thread(target=fanout.publish, args=("s1", {"n": 1})).start()
        assert await asyncio.wait_for(anext(subscription), 5) == Event("s1", {"n": 1})


async def test_closing_ends_the_iteration():
    fanout = LocalFanout()
    subscription = fanout.subscribe("s1")
    seen = asyncio.ensure_future(collect(subscription))
    fanout.publish("s1")
    await settled()
    subscription.close()
    subscription.close()
    assert await asyncio.wait_for(seen, 5) == [Event("s1")]
    assert fanout._topics == {}


async def collect(subscription):
    return [event async for event in subscription]


async def test_nothing_arrives_after_closing():
    fanout = LocalFanout()
    subscription = fanout.subscribe("s1")
    fanout.publish("s1")
    subscription.close()
    await settled()
    assert await collect(subscription) == []


def test_a_subscriber_whose_loop_ended_is_forgotten():
    fanout = LocalFanout()

    async def subscribe():
        fanout.subscribe("s1")

    asyncio.run(subscribe())
    fanout.publish("s1")
    assert fanout._topics == {}


async def test_fanout_knows_whether_anybody_hears_topics_that_begin_so():
    fanout = LocalFanout()
    assert not fanout.hears("author.s1.")
    async with fanout.subscribe("author.s1.officer-1", "session.s2"):
        assert [fanout.hears(f"author.{one}.") for one in ("s1", "s2", "s")] == [True, False, False]
    assert not fanout.hears("author.s1.")
