"""Actions wait for asynchronous devices from their threads."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bideval.actions.bridge import Bridge
from bideval.terms.errors import FaultError


async def seven() -> int:
    await asyncio.sleep(0)
    return 7


def test_answer_of_a_device_comes_back_to_the_thread():
    async def serve() -> int:
        bridge = Bridge()
        bridge.attach(asyncio.get_running_loop())
        return await asyncio.to_thread(lambda: bridge.wait(seven()))

    assert asyncio.run(serve()) == 7


def test_without_a_server_a_device_is_asked_all_the_same():
    assert Bridge().wait(seven()) == 7


def test_stop_of_the_server_is_told_as_such():
    begun = threading.Event()
    faults: list[FaultError] = []

    async def never() -> None:
        begun.set()
        await asyncio.Event().wait()

    def wait(bridge: Bridge) -> None:
        with pytest.raises(FaultError) as caught:
            bridge.wait(never())
        faults.append(caught.value)

    async def serve() -> threading.Thread:
        bridge = Bridge()
        bridge.attach(asyncio.get_running_loop())
        waiting = threading.Thread(target=wait, args=(bridge,))
        waiting.start()
        await asyncio.to_thread(begun.wait)
        return waiting

    asyncio.run(serve()).join()

    assert [fault.code for fault in faults] == ["store_closed"]
