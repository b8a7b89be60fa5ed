"""Sending the same marks over several lanes at the same pace, in turns, and timing the answers.

Decided here: the schedule (every seat once per round, evenly over the round; the lanes take turns,
so that whatever else the machine does hits all of them), what is timed on each lane, and how
figures become percentiles and ratios. Not decided here: how the session came so far (`bench_room`).

The clock starts when signed bytes are handed to the connection, and stops when the answer is read.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Protocol

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.ledger.entry import entry_hash
from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from websockets.asyncio.client import ClientConnection

    from bideval.rehearsal.bench_room import Seat
    from bideval.rehearsal.bench_wire import KeptConnection

    Times = dict[str, float]
    Samples = dict[str, list[float]]

HERE = "saved here"
SESSION_WIDE = "saved by the session"
LOOK_AGAIN_S = 2.0
"""Seconds after which a seat asks for its mark, should the live event have been lost."""

REOPEN_S = 0.5
"""Seconds after which a live connection that has ended, or did not open, is opened again."""


class Lane(Protocol):
    """A way of sending the mark of one seat in one round."""

    async def send(self, seat: int, turn: int) -> Times:
        """Send it, wait for the answer, and return the seconds by what was waited for."""


def payload(seat: Seat, turn: int) -> str:
    """Return the body that carries a mark, as every lane sends it."""
    return canonical_bytes({"session": seat.session, "jws": seat.marks[turn]}).decode()


class EchoLane:
    """Connections to one of the echoing servers, one per seat."""

    def __init__(
        self, name: str, seats: Sequence[Seat], sockets: Sequence[ClientConnection]
    ) -> None:
        self._name = name
        self._seats = seats
        self._sockets = sockets

    async def send(self, seat: int, turn: int) -> Times:
        """Send the mark and wait until it comes back."""
        message = payload(self._seats[seat], turn)
        begun = time.perf_counter()
        await self._sockets[seat].send(message)
        back = await self._sockets[seat].recv()
        spent = time.perf_counter() - begun
        if back != message:
            raise FaultError("bad_echo", field=self._name)
        return {self._name: spent}


class SessionLane:
    """The seats of sessions, each with its live connection and a kept one for marks."""

    def __init__(self, seats: Sequence[Seat], connections: Sequence[KeptConnection]) -> None:
        self._seats = seats
        self._connections = connections
        self._known: dict[str, asyncio.Future[float]] = {}

    async def listen(self, seat: int, ready: asyncio.Event) -> None:
        """Note when the session tells this seat that a mark is saved."""
        one = self._seats[seat]
        while True:
            async for event in one.desk.live(one.session):
                ready.set()
                if event["type"] == "saved" and event["saved"] == "session":
                    self._note(event["entry"])
            # On a busy machine some of hundreds do not open in time.
            await asyncio.sleep(REOPEN_S)

    async def send(self, seat: int, turn: int) -> Times:
        """Submit the mark; wait for the answer, and for the news that another venue has it."""
        one, connection = self._seats[seat], self._connections[seat]
        entry, message = entry_hash(one.marks[turn]), payload(one, turn)
        known = self._known[entry] = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        answer = await connection.post("/api/entries", message)
        here = time.perf_counter()
        if _is_everywhere(answer):
            self._note(entry)
        everywhere = await self._await_session(seat, entry, known)
        del self._known[entry]
        spent = {HERE: here - begun, SESSION_WIDE: everywhere - begun}
        at = f"at {one.desk.venue}"
        return spent | {f"{name}, {at}": seconds for name, seconds in spent.items()}

    async def _await_session(self, seat: int, entry: str, known: asyncio.Future[float]) -> float:
        while True:
            try:
                async with asyncio.timeout(LOOK_AGAIN_S):
                    return await asyncio.shield(known)
            except TimeoutError:
                one = self._seats[seat]
                path = f"/api/sessions/{one.session}/entries/{entry}"
                if (await one.desk.get(path))["saved"] == "session":
                    self._note(entry)

    def _note(self, entry: str) -> None:
        known = self._known.get(entry)
        if known is not None and not known.done():
            known.set_result(time.perf_counter())


def _is_everywhere(answer: bytes) -> bool:
    document: Any = read_json(answer, limit=len(answer))
    return bool(document["saved"] == "session")


async def run_round(lane: Lane, seats: int, turn: int, *, spread_s: float, into: Samples) -> None:
    """Let every seat send its mark of this turn, evenly over `spread_s` seconds."""

    async def one(seat: int) -> None:
        await asyncio.sleep(seat * spread_s / seats)
        for name, seconds in (await lane.send(seat, turn)).items():
            into[name].append(seconds)

    async with asyncio.TaskGroup() as tasks:
        for seat in range(seats):
            tasks.create_task(one(seat))


async def run_rounds(
    lanes: Sequence[Lane], seats: int, turns: Iterable[int], *, spread_s: float
) -> Samples:
    """Run all lanes in every turn, another one first each time; return seconds by figure."""
    samples: Samples = defaultdict(list)
    for turn in turns:
        first = turn % len(lanes)
        for lane in [*lanes[first:], *lanes[:first]]:
            await run_round(lane, seats, turn, spread_s=spread_s, into=samples)
    return samples


def percentile(samples: Sequence[float], percent: int) -> float:
    """Return the smallest sample that `percent` of all samples do not exceed (nearest rank)."""
    rank = max(1, math.ceil(len(samples) * percent / 100))
    return sorted(samples)[rank - 1]


def figures(samples: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """Return p50 and p99 in milliseconds, and how many samples, by figure."""
    return {
        name: {
            "p50_ms": round(percentile(seconds, 50) * 1000, 3),
            "p99_ms": round(percentile(seconds, 99) * 1000, 3),
            "samples": len(seconds),
        }
        for name, seconds in samples.items()
    }


def ratios(table: Mapping[str, Mapping[str, float]], bases: Sequence[str]) -> dict[str, Times]:
    """Return how many times as long a mark takes as each base, at p50 and p99."""
    return {
        f"{name} / {base}": {
            "p50": round(table[name]["p50_ms"] / table[base]["p50_ms"], 2),
            "p99": round(table[name]["p99_ms"] / table[base]["p99_ms"], 2),
        }
        for name in (HERE, SESSION_WIDE)
        for base in bases
    }
