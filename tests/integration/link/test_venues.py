"""Two venues over real sockets: flow, cut and resume, crash, strangers."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bideval.link import hub as hub_module
from bideval.link.hub import LineState
from bideval.sync import limits
from bideval.sync.effects import FaultKind
from bideval.sync.trails import Direction
from tests.integration.link.venues import LiveVenue, until

SESSION = "fh-2026-0117"
UP, DOWN = Direction.UP, Direction.DOWN


@pytest.fixture
async def pair():
    """Fenghua, which dials, and Wencheng."""
    fenghua, wencheng = LiveVenue("fenghua"), LiveVenue("wencheng")
    await fenghua.start(wencheng.peer())
    await wencheng.start(fenghua.peer())
    yield fenghua, wencheng
    await fenghua.stop()
    await wencheng.stop()


def same(fenghua, wencheng, size):
    """Tell whether both hold the same record of that size."""
    orders = [
        venue.disk.records[SESSION].order if SESSION in venue.disk.records else []
        for venue in (fenghua, wencheng)
    ]
    return orders[0] == orders[1] and len(orders[0]) == size


def up(venue, peer):
    return venue.hub.states()[peer].up


async def test_record_grows_on_both_sides_and_is_cosigned(pair):
    fenghua, wencheng = pair
    await until(lambda: up(fenghua, "wencheng") and up(wencheng, "fenghua"))
    fenghua.found(SESSION, "wencheng")
    await until(lambda: same(fenghua, wencheng, 1))
    for number in range(600):
        fenghua.write(SESSION, f"main-{number}")
        wencheng.write(SESSION, f"branch-{number}")
    await until(lambda: same(fenghua, wencheng, 1_201))
    await until(lambda: wencheng.host.told.get(("fenghua", SESSION, UP)) == 600)
    await until(lambda: fenghua.host.told.get(("wencheng", SESSION, DOWN)) == 1_201)
    size = fenghua.checkpoint(SESSION)
    cosignatures = fenghua.disk.records[SESSION].cosignatures
    await until(lambda: size in cosignatures)
    assert cosignatures[size] == {"wencheng": "cosigned wencheng 1201"}
    assert (fenghua.host.faults, wencheng.host.faults) == ([], [])


async def test_file_comes_in_chunks(pair):
    fenghua, wencheng = pair
    fenghua.found(SESSION, "wencheng")
    await until(lambda: same(fenghua, wencheng, 1))
    data = bytes(range(256)) * 2_000
    sha256 = fenghua.disk.add_file(SESSION, data)
    wencheng.need_file(SESSION, sha256, len(data))
    await until(lambda: sha256 in wencheng.disk.files)
    assert wencheng.disk.files[sha256] == data


async def test_cut_line_goes_down_on_both_sides_and_resumes_where_it_was(pair):
    fenghua, wencheng = pair
    fenghua.found(SESSION, "wencheng")
    await until(lambda: same(fenghua, wencheng, 1))
    fenghua.hub.cut("wencheng", 300)
    await until(lambda: not up(fenghua, "wencheng") and not up(wencheng, "fenghua"))
    for number in range(50):
        fenghua.write(SESSION, f"main-{number}")
        wencheng.write(SESSION, f"branch-{number}")
    await asyncio.sleep(0.5)
    assert (up(fenghua, "wencheng"), len(wencheng.disk.records[SESSION].order)) == (False, 1)
    fenghua.hub.cut("wencheng", 0.2)
    await until(lambda: same(fenghua, wencheng, 101))
    assert fenghua.host.line == [("wencheng", True), ("wencheng", False), ("wencheng", True)]
    assert [fault for _, fault in fenghua.host.faults] == []


async def test_cut_by_the_listener_turns_the_dialler_away_without_blame(pair):
    fenghua, wencheng = pair
    await until(lambda: up(wencheng, "fenghua") and up(fenghua, "wencheng"))
    wencheng.hub.cut("fenghua", 60)
    await until(lambda: not up(fenghua, "wencheng"))
    await asyncio.sleep(0.7)
    assert (up(wencheng, "fenghua"), wencheng.host.faults) == (False, [])
    wencheng.hub.cut("fenghua", 0)
    await until(lambda: up(wencheng, "fenghua"))


async def test_cut_of_a_stranger_is_an_error(pair):
    fenghua, _ = pair
    with pytest.raises(KeyError):
        fenghua.hub.cut("jiande", 1)


async def test_restarted_venue_goes_on_from_its_disk():
    fenghua, wencheng = LiveVenue("fenghua"), LiveVenue("wencheng")
    await fenghua.start(wencheng.peer())
    await wencheng.start(fenghua.peer())
    fenghua.found(SESSION, "wencheng")
    await until(lambda: same(fenghua, wencheng, 1))
    await wencheng.stop()
    await until(lambda: not up(fenghua, "wencheng"))
    again = LiveVenue("wencheng")
    again.disk = again.host.disk = wencheng.disk
    again.write(SESSION, "offline")
    fenghua.write(SESSION, "meanwhile")
    await again.start(fenghua.peer())
    await until(lambda: same(fenghua, again, 3))
    await again.stop()
    await fenghua.stop()


async def test_branch_put_back_from_a_backup_stops_that_session_only():
    fenghua, wencheng = LiveVenue("fenghua"), LiveVenue("wencheng")
    await fenghua.start(wencheng.peer())
    await wencheng.start(fenghua.peer())
    fenghua.found(SESSION, "wencheng")
    await until(lambda: same(fenghua, wencheng, 1))
    backup = wencheng.disk.snapshot()
    for number in range(3):
        wencheng.write(SESSION, f"lost-{number}")
    await until(lambda: same(fenghua, wencheng, 4))
    await wencheng.stop()
    again = LiveVenue("wencheng")
    again.disk = again.host.disk = backup
    backup.records[SESSION].epoch = 2
    await again.start(fenghua.peer())
    await until(lambda: bool(again.host.faults))
    assert [(fault.kind, fault.session) for _, fault in again.host.faults] == [
        (FaultKind.STALE_BACKUP, SESSION)
    ]
    await until(lambda: fenghua.host.refused == [("wencheng", SESSION, "quarantined")])
    assert [fault.said for _, fault in [*fenghua.host.faults, *again.host.faults]] == [None]
    fenghua.found("fh-2026-0118", "wencheng")
    await until(lambda: "fh-2026-0118" in again.disk.records)
    await again.stop()
    await fenghua.stop()


async def test_lines_that_contradict_the_copy_are_refused_as_a_fork(pair):
    fenghua, wencheng = pair
    fenghua.found(SESSION, "wencheng")
    await until(lambda: same(fenghua, wencheng, 1))
    fenghua.disk.records[SESSION].lines["wencheng"] = [b"wencheng 1 e.other.s"]
    wencheng.write(SESSION, "mine")
    await until(lambda: bool(fenghua.host.faults))
    fault = fenghua.host.faults[0][1]
    assert (fault.kind, fault.detail) == (FaultKind.FORK, "commit refused: fork")


async def test_larger_id_dials_when_the_other_does_not(monkeypatch):
    monkeypatch.setattr(hub_module, "GRACE_S", 0.3)
    fenghua, wencheng = LiveVenue("fenghua"), LiveVenue("wencheng")
    await fenghua.start(wencheng.peer(url=False))
    await wencheng.start(fenghua.peer())
    await until(lambda: up(fenghua, "wencheng") and up(wencheng, "fenghua"))
    await wencheng.stop()
    await fenghua.stop()


async def test_newest_connection_of_a_peer_stays(pair):
    fenghua, wencheng = pair
    await until(lambda: up(fenghua, "wencheng") and up(wencheng, "fenghua"))
    first = wencheng.hub._live["fenghua"]
    async with asyncio.TaskGroup() as group:
        second = group.create_task(fenghua.hub._dial(fenghua.hub._peers["wencheng"], wencheng.url))
        await until(lambda: wencheng.hub._live.get("fenghua") not in (None, first))
        fenghua.found(SESSION, "wencheng")
        await until(lambda: same(fenghua, wencheng, 1))
        second.cancel()
    assert (wencheng.host.line[0], wencheng.host.faults) == (("fenghua", True), [])


async def test_offer_that_is_declined_reaches_main(pair):
    fenghua, wencheng = pair
    wencheng.host.welcome = False
    await until(lambda: up(fenghua, "wencheng"))
    fenghua.found(SESSION, "wencheng")
    await until(lambda: bool(fenghua.host.refused))
    assert fenghua.host.refused == [("wencheng", SESSION, "not_invited")]
    assert SESSION not in wencheng.disk.records


async def test_host_that_fails_costs_a_connection_and_no_line(pair, caplog):
    caplog.set_level("WARNING", logger="bideval.link")  # whatever another test has left
    fenghua, wencheng = pair
    fenghua.found(SESSION, "wencheng")
    await until(lambda: same(fenghua, wencheng, 1))
    fenghua.host.fail_next = "no space left"
    wencheng.write(SESSION, "kept")
    await until(lambda: same(fenghua, wencheng, 2))
    kinds = [fault.kind for _, fault in fenghua.host.faults]
    assert kinds == [FaultKind.STORAGE]
    assert [record.message for record in caplog.records if record.name == "bideval.link"] == [
        "the host failed at Commit"
    ]


async def test_venue_with_another_key_never_gets_in():
    fenghua = LiveVenue("fenghua", key="changshan")
    wencheng = LiveVenue("wencheng")
    await fenghua.start(wencheng.peer())
    await wencheng.start(fenghua.peer(url=False))
    await until(lambda: bool(wencheng.host.faults))
    peer, fault = wencheng.host.faults[0]
    assert (peer, fault.kind, fault.detail) == (
        None,
        FaultKind.AUTHENTICATION,
        "fenghua: signature_invalid",
    )
    assert (up(wencheng, "fenghua"), wencheng.host.line) == (False, [])
    await wencheng.stop()
    await fenghua.stop()


@pytest.mark.parametrize(
    "options",
    [
        {"subprotocols": [limits.SUBPROTOCOL], "origin": "https://fenghua.example"},
        {"subprotocols": ["chat"]},
        {},
    ],
    ids=["browser", "other subprotocol", "no subprotocol"],
)
async def test_what_is_no_venue_is_refused_before_accepting(pair, options):
    _, wencheng = pair
    with pytest.raises(InvalidStatus) as caught:
        await connect(wencheng.url, proxy=None, **options)
    assert caught.value.response.status_code == 403


async def test_one_stranger_too_many_ends_another_and_keeps_no_peer_out(pair, monkeypatch):
    """Strangers who hold all places, and come again at once, do not cut the line between venues."""
    monkeypatch.setattr(hub_module, "HANDSHAKES", 3)
    fenghua, wencheng = pair
    options = {"subprotocols": [limits.SUBPROTOCOL], "proxy": None}
    async with contextlib.AsyncExitStack() as strangers:
        for _ in range(3):
            line = await strangers.enter_async_context(connect(wencheng.url, **options))
            await line.recv()
        fenghua.hub.cut("wencheng", 0.5)
        await until(lambda: not up(fenghua, "wencheng") and not up(wencheng, "fenghua"))
        await until(lambda: up(fenghua, "wencheng") and up(wencheng, "fenghua"))
        assert len(wencheng.hub._proving) <= 3
    await until(lambda: not wencheng.hub._proving)


async def test_address_with_most_strangers_loses_its_oldest(pair, monkeypatch):
    monkeypatch.setattr(hub_module, "HANDSHAKES", 3)
    fenghua, wencheng = pair
    await until(lambda: up(fenghua, "wencheng") and up(wencheng, "fenghua"))
    options = {"subprotocols": [limits.SUBPROTOCOL], "proxy": None}
    async with contextlib.AsyncExitStack() as strangers:
        lines = []
        for host in ("127.0.0.9", "127.0.0.7", "127.0.0.7", "127.0.0.8"):
            line = connect(wencheng.url, **options, local_addr=(host, 0))
            lines.append(await strangers.enter_async_context(line))
            await lines[-1].recv()
        held = list(wencheng.hub._proving.values())
        with pytest.raises(ConnectionClosed):
            await lines[1].recv()
    assert held == ["127.0.0.9", "127.0.0.7", "127.0.0.8"]


@pytest.mark.parametrize("frame", [b"\xc1", b"", "text"])
async def test_stranger_who_talks_nonsense_is_closed_without_reason(pair, frame):
    _, wencheng = pair
    options = {"subprotocols": [limits.SUBPROTOCOL], "proxy": None}
    async with connect(wencheng.url, **options) as stranger:
        await stranger.recv()
        await stranger.send(frame)
        with contextlib.suppress(ConnectionClosed):
            await stranger.recv()
    assert (stranger.close_code, stranger.close_reason) == (4403, "")


async def test_state_of_a_line_begins_down(pair):
    fenghua, _ = pair
    state = fenghua.hub.states()["wencheng"]
    assert state == LineState(up=state.up, since_ms=state.since_ms)
    assert state.since_ms > 0
