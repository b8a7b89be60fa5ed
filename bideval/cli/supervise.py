"""The parent of a venue's server processes.

Decided here: it binds the port once and hands the listening socket to every process; a process that
ends, or falls silent, is replaced, later and later if that goes on; at SIGHUP the processes are
replaced one after the other, each only once its successor serves, and none any more once one does
not come up in time; at SIGTERM all drain. It touches no database and answers no request.
Not decided here: what a process serves (serve), and who of them keeps the watch (link).

A successor is a program started afresh: it runs the code and reads the settings that lie there now.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
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
MANY_FAILURES = 6
"""Failures in a row after which the pause is the longest anyway."""
LINKS_BACKLOG = 64
"""Links that wait while no process keeps the watch."""
LOOKS = 3
"""Looks in a row that must find a process silent before it counts as hung: after the whole machine
was asleep, the first look knows nothing."""
WORDS = 4_096
"""Bytes of a life line that are taken at once."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the parent waits for its processes, in seconds."""

    ready_s: float = 600
    """For one to serve after its start; it verifies all records first."""
    silent_s: float = 30
    """For a sign of life from one that serves."""


class Worker:
    """One server process and the parent's end of its life line."""

    def __init__(self, process: asyncio.subprocess.Process, life: socket.socket) -> None:
        self.process = process
        self._life = life

    @property
    def pid(self) -> int:
        return self.process.pid

    async def serves(self, within_s: float) -> bool:
        """Wait until it serves; False when it ends before, or does not come so far in time."""
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.get_running_loop().sock_recv(self._life, 1) == READY
        except TimeoutError:
            log.exception("a server process does not get ready", child=self.pid, seconds=within_s)
        except OSError:
            pass  # it has ended
        return False

    async def falls_silent(self, after_s: float) -> None:
        """Return once a process that serves has given no sign of life for so long."""
        silent = 0
        while silent < LOOKS:
            try:
                async with asyncio.timeout(after_s / LOOKS):
                    said = await asyncio.get_running_loop().sock_recv(self._life, WORDS)
            except TimeoutError:
                silent += 1
                continue
            except OSError:
                said = b""
            if not said:  # the line is closed: it ends, which its status will tell
                await asyncio.Future()
            silent = 0

    async def kill(self) -> int:
        """End it at once; return its status."""
        with suppress(ProcessLookupError):
            self.process.kill()
        status = await self.process.wait()
        self.close()
        return status

    def close(self) -> None:
        """Let go of an ended process."""
        self._life.close()

    async def stop(self) -> None:
        """Let it finish what it has begun, and end."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await self.process.wait()
        except TimeoutError:
            log.exception("a server process did not drain and is killed", child=self.pid)
            await self.kill()
        self.close()


class Supervisor:
    """The processes of one venue by number. On one event loop."""

    def __init__(  # where people and links come in, and how long it waits
        self,
        command: Sequence[str],
        count: int,
        *,
        people: socket.socket,
        links: socket.socket,
        patience: Patience = Patience(),
    ) -> None:
        self._command = command
        self._patience = patience
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
            serving = await asyncio.gather(*(self._serves(worker) for worker in started))
            if not all(serving):
                return await started[serving.index(False)].kill() or 1
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
        log.info("a server process is started", child=worker.pid)
        self._born = [one for one in self._born if one.process.returncode is None] + [worker]
        return worker

    async def _serves(self, worker: Worker) -> bool:
        return await worker.serves(self._patience.ready_s)

    async def _keep(self, number: int) -> None:
        """Start a process again whenever it has ended by itself or hangs."""
        failures = 0
        clock = asyncio.get_running_loop().time
        while True:
            began, worker = clock(), self._workers[number]
            await self._until_gone_or_silent(worker)
            async with self._turns[number]:
                if self._workers[number] is not worker:
                    continue  # it was replaced
                if worker.process.returncode is None:
                    log.error("a server process hangs and is killed", child=worker.pid)
                status = await worker.kill()
                log.error("a server process has ended", child=worker.pid, status=status)
                failures = failures + 1 if clock() - began < SETTLED_S else 0
                failures = await self._start_again(number, failures)

    async def _start_again(self, number: int, failures: int) -> int:
        """Start processes until one serves; return how many in a row have failed before it."""
        while True:
            await asyncio.sleep(min(LONGEST_PAUSE_S, 2 ** min(failures, MANY_FAILURES) - 1))
            worker = self._workers[number] = await self._start()
            if await self._serves(worker):
                return failures
            log.error("a server process did not come up", status=await worker.kill())
            failures += 1

    async def _until_gone_or_silent(self, worker: Worker) -> None:
        gone = asyncio.ensure_future(worker.process.wait())
        silent = asyncio.ensure_future(worker.falls_silent(self._patience.silent_s))
        try:
            await asyncio.wait((gone, silent), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            silent.cancel()
            await asyncio.wait((gone, silent))  # or its line may be closed while it is read

    async def _keep_rolling(self) -> None:
        while True:
            await self._roll.wait()
            self._roll.clear()
            log.warning("rolling restart", count=self._count)
            for number in range(self._count):
                if not await self._replace(number):
                    log.error("rolling restart is given up", replaced=number, count=self._count)
                    break
            else:
                log.warning("rolling restart is done", count=self._count)

    async def _replace(self, number: int) -> bool:
        async with self._turns[number]:
            successor = await self._start()
            if not await self._serves(successor):
                log.error("a successor did not come up; its predecessor stays")
                await successor.kill()
                return False
            old, self._workers[number] = self._workers[number], successor
        await old.stop()
        return True


def supervise(  # what runs, how often, where people come in, how long it waits
    command: Sequence[str],
    count: int,
    people: socket.socket,
    on_ready: Callable[[], None],
    *,
    patience: Patience,
) -> int:
    """Run a venue in `count` processes, each started by `command`; return the exit code."""
    with socket.create_server(("127.0.0.1", 0), backlog=LINKS_BACKLOG) as links:

        async def run() -> int:
            supervisor = Supervisor(command, count, people=people, links=links, patience=patience)
            return await supervisor.run(on_ready)

        return asyncio.run(run())
