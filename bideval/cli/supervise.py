"""The parent of a venue's server processes.

Decided here: it binds the port once and hands the listening socket to every process; a process that
ends is started again, later and later if it keeps ending; at SIGHUP the processes are replaced one
after the other, each only once its successor serves; at SIGTERM all drain. It touches no database
and answers no request.
Not decided here: what a process serves (serve), and who of them keeps the watch (link).

A successor is a program started afresh: it runs the code and reads the settings that lie there now.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from bideval.cli.worker import READY, Inheritance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = structlog.get_logger("bideval.cli")

STOP_S = 25.0
"""Seconds that a process gets to drain before it is killed."""
SETTLED_S = 10.0
"""Seconds after which a process that ends counts as one that served well."""
LONGEST_PAUSE_S = 30.0
LINKS_BACKLOG = 64
"""Links that wait while no process keeps the watch."""


class Worker:
    """One server process and the parent's end of its life line."""

    def __init__(self, process: asyncio.subprocess.Process, life: socket.socket) -> None:
        self.process = process
        self._life = life

    async def serves(self) -> bool:
        """Wait until it serves; False when it ends before."""
        try:
            return await asyncio.get_running_loop().sock_recv(self._life, 1) == READY
        except OSError:
            return False

    async def stop(self) -> None:
        """Let it finish what it has begun, and end."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await self.process.wait()
        except TimeoutError:
            log.exception("a server process did not drain and is killed", child=self.process.pid)
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        self._life.close()


class Supervisor:
    """The processes of one venue by number. On one event loop."""

    def __init__(
        self, command: Sequence[str], count: int, *, people: socket.socket, links: socket.socket
    ) -> None:
        self._command = command
        self._count = count
        self._people = people
        self._links = links
        self._workers: list[Worker] = []
        self._born: list[Worker] = []
        """Every process that may live, also one that does not serve yet or serves no more."""
        self._turns = [asyncio.Lock() for _ in range(count)]
        self._stop = asyncio.Event()
        self._roll = asyncio.Event()

    async def run(self, on_ready: Callable[[], None]) -> int:
        """Keep the processes until SIGTERM; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._roll.set)
        running = asyncio.ensure_future(self._keep_all(on_ready))
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        running.cancel()
        code = 0
        with suppress(asyncio.CancelledError):
            code = await running
        await asyncio.gather(*(worker.stop() for worker in self._born))
        return code

    async def _keep_all(self, on_ready: Callable[[], None]) -> int:
        """Start all; return the exit code of the first one that does not come up, else never."""
        for number in (1, self._count - 1):  # the first makes what a new database lacks
            started = [await self._start() for _ in range(number)]
            self._workers += started
            serving = await asyncio.gather(*(worker.serves() for worker in started))
            if not all(serving):
                failed = started[serving.index(False)]
                return await failed.process.wait() or 1
        on_ready()
        async with asyncio.TaskGroup() as group:
            for number in range(self._count):
                group.create_task(self._keep(number))
            group.create_task(self._keep_rolling())
        return 0

    async def _start(self) -> Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            ours.settimeout(0)
            handed = Inheritance(self._people, self._links, theirs)
            process = await asyncio.create_subprocess_exec(
                *self._command,
                "--worker",
                handed.words(),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=[self._people.fileno(), self._links.fileno(), theirs.fileno()],
            )
        worker = Worker(process, ours)
        self._born = [one for one in self._born if one.process.returncode is None] + [worker]
        return worker

    async def _keep(self, number: int) -> None:
        """Start a process again whenever it has ended by itself."""
        failures = 0
        clock = asyncio.get_running_loop().time
        while True:
            began, worker = clock(), self._workers[number]
            status = await worker.process.wait()
            async with self._turns[number]:
                if self._workers[number] is not worker:
                    continue  # it was replaced
                log.error("a server process has ended", child=worker.process.pid, status=status)
                failures = failures + 1 if clock() - began < SETTLED_S else 0
                await asyncio.sleep(min(LONGEST_PAUSE_S, 2**failures - 1))
                self._workers[number] = await self._start()
                await self._workers[number].serves()

    async def _keep_rolling(self) -> None:
        while True:
            await self._roll.wait()
            self._roll.clear()
            log.warning("rolling restart", count=self._count)
            if all([await self._replace(number) for number in range(self._count)]):
                log.warning("rolling restart is done", count=self._count)

    async def _replace(self, number: int) -> bool:
        async with self._turns[number]:
            successor = await self._start()
            if not await successor.serves():
                log.error("a successor did not come up; its predecessor stays")
                await successor.stop()
                return False
            old, self._workers[number] = self._workers[number], successor
        await old.stop()
        return True


def supervise(
    command: Sequence[str], count: int, people: socket.socket, on_ready: Callable[[], None]
) -> int:
    """Run a venue in `count` processes, each started by `command`; return the exit code."""
    with socket.create_server(("127.0.0.1", 0), backlog=LINKS_BACKLOG) as links:

        async def run() -> int:
            supervisor = Supervisor(command, count, people=people, links=links)
            return await supervisor.run(on_ready)

        return asyncio.run(run())
