"""Memory of idle seats: live pages of a venue beside a bare FastAPI WebSocket.

    python -m benchmarks.idle_seats [--seats 2000] [--settle 3]

So many people are signed in at one venue, each with an open page that waits for news. Resident
memory of the server process, without anybody and with everybody; likewise for a server that only
accepts WebSockets. KiB per seat, and how many times the bare one it is.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import websockets

from benchmarks.two_plans import filling, two_plans
from bideval.actions.founding import NewSession, found_session
from bideval.evidence.encoding import hex_digest
from bideval.evidence.signing import new_signing_key
from bideval.ports import Account, Login
from bideval.rehearsal.servers import free_ports, running

SESSION = "fh-2026-0001"
DAY_MS = 86_400_000
AT_ONCE = 50
SETTLE_S = 3.0
READY_S = 60.0
WARM_UP = 50
"""Pages that are opened and closed before anything is counted: code and pools are loaded."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seats", type=int, default=2_000)
    parser.add_argument("--settle", type=float, default=SETTLE_S, help="seconds before each look")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), args.seats, args.settle)
    print(json.dumps(found, indent=1) if args.json else table(found))


def measure(folder: Path, seats: int, settle_s: float):
    """Return KiB of both servers, and the ratio of what a seat adds."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    found = {"seats": seats, "venue": of_venue(folder, seats, settle_s)}
    found["bare"] = of_bare(seats, settle_s)
    each = [found[name]["kib_per_seat"] for name in ("venue", "bare")]
    return found | {"ratio": round(each[0] / each[1], 2)}


def of_venue(folder: Path, seats: int, settle_s: float):
    plans = two_plans(folder)
    asked = NewSession(id=SESSION, title="Beds", rulebook="rehearsal/1", branches=["wencheng"])
    tokens = [f"token-{number:06d}" for number in range(seats)]
    with filling(plans[0]) as venue:
        found_session(venue, asked)
        venue.devices.store.write(lambda tx: sign_in(tx, venue, tokens)).result()
    with running(plans[:1]) as [pid]:
        address = f"ws://127.0.0.1:{plans[0].port}/live?session={SESSION}"
        headers = [{"Cookie": f"bideval={token}"} for token in tokens]
        return asyncio.run(with_pages(pid, address, plans[0].url, headers, settle_s))


def sign_in(tx, venue, tokens) -> None:
    now = venue.now_ms()
    for number, token in enumerate(tokens):
        public = new_signing_key("Ed25519", hashlib.sha256(token.encode()).digest()).public
        person = f"officer-{number}"
        tx.add_account(
            Account(
                public.key_id,
                person,
                "officer",
                None,
                public.suite,
                public.raw,
                venue.devices.keys.recipient,
                venue.id,
                now,
            )
        )
        login = Login(hex_digest(token.encode()), person, public.key_id, now, now + DAY_MS)
        tx.add_login(login)


def of_bare(seats: int, settle_s: float):
    [port] = free_ports(1)
    command = [sys.executable, "-m", "benchmarks.bare_sockets", str(port)]
    with subprocess.Popen(command) as server:
        try:
            wait_for(port)
            address = f"ws://127.0.0.1:{port}/live"
            headers = [{}] * seats
            return asyncio.run(with_pages(server.pid, address, None, headers, settle_s))
        finally:
            server.terminate()


async def with_pages(pid: int, address: str, origin: str | None, headers, settle_s: float):
    async with opened(address, origin, headers[:WARM_UP]):
        await asyncio.sleep(settle_s)
    await asyncio.sleep(settle_s)
    before = resident_kib(pid)
    async with opened(address, origin, headers):
        await asyncio.sleep(settle_s)
        after = resident_kib(pid)
    return {
        "resident_kib_alone": before,
        "resident_kib": after,
        "kib_per_seat": round(max(after - before, 1) / len(headers), 1),
    }


@contextlib.asynccontextmanager
async def opened(address: str, origin: str | None, headers):
    """Hold one page open for each of the headers; each has had its first message."""
    places = asyncio.Semaphore(AT_ONCE)
    async with contextlib.AsyncExitStack() as stack:

        async def open_page(one) -> None:
            async with places:
                socket = await websockets.connect(
                    address,
                    origin=origin,
                    additional_headers=one,
                    compression=None,
                    proxy=None,
                    ping_interval=None,
                    open_timeout=READY_S,
                )
                stack.push_async_callback(socket.close)
                await socket.recv()

        async with asyncio.TaskGroup() as group:
            for one in headers:
                group.create_task(open_page(one))
        yield


def resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        try:
            httpx2.get(f"http://127.0.0.1:{port}/", trust_env=False)
        except httpx2.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def table(found) -> str:
    lines = [f"{found['seats']} idle seats"]
    for name in ("venue", "bare"):
        one = found[name]
        lines.append(
            f"{name:<6} alone {one['resident_kib_alone'] / 1024:>6.1f} MiB, with all "
            f"{one['resident_kib'] / 1024:>6.1f} MiB, {one['kib_per_seat']:>6.1f} KiB per seat"
        )
    return "\n".join([*lines, f"ratio: {found['ratio']}"])


if __name__ == "__main__":
    main()
