"""The least that a request with one signed entry costs on this stack, without a venue.

    python -m benchmarks.bare_endpoint [--requests 4000] [--connections 16]

A server with the loop, HTTP and framework of a venue's (uvicorn, uvloop, httptools, Starlette) that
does only what *saved here* cannot do without: reads the body, checks one signature, puts the bytes
into SQLite (WAL, `synchronous=FULL`) by one thread that commits whatever waits together, answers.
Nobody is signed in, nothing is folded, chained, receipted, told or sent on. Processor time of that
process for an entry, beside one bare check; `--together K`: K entries in a request.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import queue
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from bideval.evidence.canonical import canonical_bytes, read_json
from bideval.evidence.encoding import b64u
from bideval.evidence.jws import read_compact, sign_compact
from bideval.evidence.signing import new_signing_key
from bideval.rehearsal.bench_wire import KeptConnection, processor_s
from bideval.rehearsal.servers import free_ports

KEY = new_signing_key("Ed25519", bytes(range(32)))
SIZE = 1_000
"""Bytes of a payload: with its signature as long as a sealed mark."""
CHECKS = 2_000
LIMIT = 1 << 20
READY_S = 30.0


class GroupCommit:
    """One thread, one connection; whoever waits shares the next commit."""

    def __init__(self, path):
        self._path = path
        self._waiting = queue.Queue()
        threading.Thread(target=self._run, daemon=True).start()

    def keep(self, texts):
        """Return when the disk has the texts."""
        done = Future()
        self._waiting.put((texts, done))
        done.result()

    def _run(self):
        database = sqlite3.connect(self._path, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE entry (n INTEGER PRIMARY KEY, jws TEXT NOT NULL)")
        while True:
            group = [self._waiting.get()]
            with contextlib.suppress(queue.Empty):
                while True:
                    group.append(self._waiting.get_nowait())
            database.execute("BEGIN IMMEDIATE")
            rows = [(text,) for texts, _ in group for text in texts]
            database.executemany("INSERT INTO entry (jws) VALUES (?)", rows)
            database.execute("COMMIT")
            for _, done in group:
                done.set_result(None)


def application(path):
    store = GroupCommit(path)

    def take(data):
        texts = read_json(data, limit=LIMIT)["jws"]
        for text in texts:
            compact = read_compact(text)
            KEY.public.verify(compact.signature, compact.signing_input)
        store.keep(texts)
        return JSONResponse({"saved": len(texts)}, 201)

    async def hand_in(request):
        return await run_in_threadpool(take, await request.body())

    return Starlette(routes=[Route("/api/entries", hand_in, methods=["POST"])])


def serve(port, path):
    uvicorn.run(
        application(path),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


async def load(port, bodies, connections):
    """Let so many connections send the bodies, each one after another."""
    url = f"http://127.0.0.1:{port}"
    async with contextlib.AsyncExitStack() as stack:
        kept = [
            await stack.enter_async_context(KeptConnection(url, "")) for _ in range(connections)
        ]

        async def one(number):
            for body in bodies[number::connections]:
                await kept[number].post("/api/entries", body)

        async with asyncio.TaskGroup() as group:
            for number in range(connections):
                group.create_task(one(number))


def measure(folder, requests, connections, together):
    entries = [
        sign_compact(KEY, "bideval-entry/1", canonical_bytes({"n": n, "x": b64u(bytes(SIZE))}))
        for n in range(requests * together)
    ]
    bodies = [
        canonical_bytes({"jws": entries[start : start + together]}).decode()
        for start in range(0, len(entries), together)
    ]
    [port] = free_ports(1)
    command = [sys.executable, "-m", "benchmarks.bare_endpoint", "--serve", str(port), str(folder)]
    with subprocess.Popen(command) as server:
        try:
            await_answer(port, server)
            asyncio.run(load(port, bodies[: 5 * connections], connections))
            before, begun = processor_s(server.pid), time.perf_counter()
            asyncio.run(load(port, bodies, connections))
            clock_s, spent = time.perf_counter() - begun, processor_s(server.pid) - before
        finally:
            server.terminate()
            server.wait(READY_S)
    compact = read_compact(entries[0])
    begun = time.process_time()
    for _ in range(CHECKS):
        KEY.public.verify(compact.signature, compact.signing_input)
    check_us = (time.process_time() - begun) / CHECKS * 1e6
    entry_us = spent / len(entries) * 1e6
    return {
        "requests": requests,
        "together": together,
        "check_us": round(check_us, 1),
        "entry_us": round(entry_us),
        "entries_per_s_by_the_clock": round(len(entries) / clock_s),
        "share_of_checks": round(check_us / entry_us, 4),
    }


def await_answer(port, server):
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            asyncio.run(load(port, ['{"jws":[]}'], 1))
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server does not answer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=4_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--together", type=int, default=1)
    parser.add_argument("--serve", nargs=2, metavar=("PORT", "FOLDER"))
    args = parser.parse_args()
    if args.serve is not None:
        serve(int(args.serve[0]), Path(args.serve[1]) / "bare.db")
        return
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), args.requests, args.connections, args.together)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
