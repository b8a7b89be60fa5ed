"""What the shell decides by itself: send deadline, socket options, delays, a host that throws."""

from __future__ import annotations

import asyncio
import socket

import pytest

from bideval.link import connection as connection_module
from bideval.link.channels import ChannelClosedError, dial
from bideval.link.hub import STRANGER_FAULTS, LinkHub
from bideval.link.sockets import UNSENT_BYTES, USER_TIMEOUT_MS, harden
from bideval.sync import effects as fx
from bideval.sync.proving import LocalVenue, Side
from tests.integration.link.venues import Clock, Entropy, LiveVenue, MemoryHost, until
from tests.simulation.disk import Disk
from tests.simulation.world import key_of

SESSION = "fh-2026-0117"


def hub_of(venue, *peers):
    host = MemoryHost(Disk(venue))
    me = LocalVenue(venue, key_of(venue))
    return LinkHub(me, peers, host=host, clock=Clock(), entropy=Entropy()), host


def test_accepted_connections_inherit_the_options_of_their_listener():
    with socket.socket() as listener:
        harden(listener)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            options = [
                accepted.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_USER_TIMEOUT, socket.TCP_NOTSENT_LOWAT)
            ]
    assert options == [USER_TIMEOUT_MS, UNSENT_BYTES]


def test_delays_have_full_jitter_and_a_ceiling():
    hub, _ = hub_of("fenghua")
    longest = [max(hub._delay_s(failures) for _ in range(300)) for failures in (0, 3, 10, 10_000)]
    ceilings = [0.2, 1.6, 15.0, 15.0]
    assert [low < 0.95 * high for low, high in zip(longest, ceilings, strict=True)] == [False] * 4
    assert [low > high for low, high in zip(longest, ceilings, strict=True)] == [False] * 4
    assert min(hub._delay_s(10) for _ in range(300)) < 1.0


def test_strangers_reach_the_host_only_so_often():
    hub, _ = hub_of("fenghua")
    now = [1_000]
    hub._clock.monotonic_ms = lambda: now[0]
    first = [hub.may_report_stranger() for _ in range(STRANGER_FAULTS + 5)]
    now[0] += 60_000
    assert (first.count(True), hub.may_report_stranger()) == (STRANGER_FAULTS, True)


async def test_address_without_a_link_is_no_error_of_ours():
    with pytest.raises(ChannelClosedError):
        await dial("ws://127.0.0.1:9/link", ssl=None)
    with pytest.raises(ChannelClosedError):
        await dial("http://not-a-link", ssl=None)


class Deaf:
    """A channel whose peer takes nothing and says nothing."""

    def __init__(self) -> None:
        self.status = 0

    async def receive(self) -> bytes:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, frame: bytes) -> None:
        assert frame
        await asyncio.Event().wait()

    async def close(self, status: int) -> None:
        self.status = status


async def test_frame_that_cannot_be_sent_in_time_ends_the_connection(monkeypatch):
    monkeypatch.setattr(connection_module, "SEND_S", 0.05)
    hub, host = hub_of("fenghua")
    channel = Deaf()
    async with asyncio.timeout(30):
        await hub._serve(hub._connection(channel, Side.LISTENER, []))
    assert (channel.status, host.line, host.faults) == (1001, [], [])


async def test_host_that_cannot_even_be_told_ends_no_other_link(caplog):
    caplog.set_level("WARNING", logger="bideval.link")  # whatever another test has left
    fenghua, wencheng = LiveVenue("fenghua"), LiveVenue("wencheng")

    async def line_state(peer, *, up, since_ms):
        raise OSError(f"{peer} {up} {since_ms > 0}")

    fenghua.host.line_state = line_state
    await fenghua.start(wencheng.peer())
    await wencheng.start(fenghua.peer())
    fenghua.found(SESSION, "wencheng")
    await until(lambda: SESSION in wencheng.disk.records)
    await wencheng.stop()
    await until(lambda: not fenghua.hub.states()["wencheng"].up)
    await fenghua.stop()
    messages = {record.message for record in caplog.records if record.name == "bideval.link"}
    assert messages == {"the host failed at line_state"}


async def test_news_that_cannot_be_followed_cost_the_connection(caplog):
    caplog.set_level("WARNING", logger="bideval.link")  # whatever another test has left
    fenghua, wencheng = LiveVenue("fenghua"), LiveVenue("wencheng")

    async def changes(peer):
        raise OSError(peer)
        yield  # makes it a generator

    fenghua.host.changes = changes
    await fenghua.start(wencheng.peer())
    await wencheng.start(fenghua.peer())
    await until(lambda: bool(fenghua.host.faults))
    assert fenghua.host.faults[0][1].detail == "the host failed at changes"
    await wencheng.stop()
    await fenghua.stop()
    assert {record.message for record in caplog.records if record.name == "bideval.link"} == {
        "the host failed at changes"
    }


async def test_checkpoint_that_the_branch_refuses_is_reported_there():
    fenghua, wencheng = LiveVenue("fenghua"), LiveVenue("wencheng")
    wencheng.disk.cosign = lambda _session, _size, _note: None
    await fenghua.start(wencheng.peer())
    await wencheng.start(fenghua.peer())
    fenghua.found(SESSION, "wencheng")
    await until(lambda: SESSION in wencheng.disk.records)
    fenghua.checkpoint(SESSION)
    await until(lambda: bool(wencheng.host.faults))
    assert wencheng.host.faults == [
        (
            "fenghua",
            fx.FaultFound(fx.FaultKind.CHECKPOINT, SESSION, "checkpoint of size 1 not cosigned"),
        )
    ]
    await wencheng.stop()
    await fenghua.stop()
