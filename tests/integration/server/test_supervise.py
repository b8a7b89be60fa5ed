"""The parent of server processes, with processes that only say that they serve, or never do."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time

from bideval.cli.supervise import Supervisor

PATIENCE_S = 30
CHILD = """
import os, pathlib, socket, sys, time
folder, life = pathlib.Path(sys.argv[1]), int(sys.argv[3].split(",")[2])
first = not list(folder.iterdir())
(folder / str(os.getpid())).touch()
if first:
    socket.socket(fileno=life).send(b"r")
time.sleep(600)
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def await_two(folder):
    end = time.monotonic() + PATIENCE_S
    while len(list(folder.iterdir())) < 2:
        assert time.monotonic() < end
        time.sleep(0.05)


async def test_the_end_takes_a_successor_along_that_does_not_serve_yet(tmp_path):
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    with socket.create_server(("127.0.0.1", 0)) as people, socket.socket() as links:
        supervisor = Supervisor(command, 1, people=people, links=links)
        ready = asyncio.Event()
        running = asyncio.ensure_future(supervisor.run(ready.set))
        async with asyncio.timeout(PATIENCE_S):
            await ready.wait()
            supervisor._roll.set()
            await asyncio.to_thread(await_two, tmp_path)
            supervisor._stop.set()
            assert await running == 0
    assert [alive(int(child.name)) for child in tmp_path.iterdir()] == [False, False]
