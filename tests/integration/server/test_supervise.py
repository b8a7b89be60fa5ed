"""The parent of server processes, with processes that serve, fall silent, or never get ready."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from unittest.mock import patch

import pytest
import structlog
from structlog.testing import LogCapture

from bideval.cli import supervise
from bideval.cli.supervise import Patience, Supervisor, Worker

WAIT_S = 30.0
IN_VAIN_S = 2.0
"""Seconds in which a process must serve that never does; the others get all they may need."""
SHORT = Patience(ready_s=WAIT_S, silent_s=1.5)
LONG = Patience(ready_s=WAIT_S, silent_s=WAIT_S)
SEEN_S = 5.0
"""Seconds in which a planted bug must have been seen: longer than a parent without it waits."""
CHILD = """
import os, pathlib, socket, sys, time
folder, courses, words = pathlib.Path(sys.argv[1]), sys.argv[2].split(), sys.argv[4]
line = socket.socket(fileno=int(words.split(",")[2]))
number = len(list(folder.iterdir()))
(folder / f"{number} {os.getpid()}").touch()
course = courses[min(number, len(courses) - 1)]
if course == "ends":
    sys.exit(3)
if course != "never":
    line.send(b"r")
for beats in range(10_000):
    time.sleep(0.1)
    if course == "serves" or course == "silent" and beats < 10:
        line.send(b".")
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Impatient(Supervisor):
    """Knows which of its processes will never serve, and does not wait for them for long."""

    courses = ()

    def __init__(self, *words, **more):
        super().__init__(*words, **more)
        self._count_started = 0
        self._vain = set()

    async def _start(self):
        course = self.courses[min(self._count_started, len(self.courses) - 1)]
        self._count_started += 1
        worker = await super()._start()
        if course == "never":
            self._vain.add(worker)
        return worker

    async def _serves(self, worker):
        within_s = IN_VAIN_S if worker in self._vain else self._patience.ready_s
        return await worker.serves(within_s)


class Parent:
    """A supervisor whose n-th child takes the n-th course, and those after it the last."""

    def __init__(self, folder, count, courses, patience, doors):
        self.folder = folder
        self.events = []
        command = [sys.executable, "-c", CHILD, str(folder), " ".join(courses)]
        people, links = doors
        self.supervisor = Impatient(command, count, people=people, links=links, patience=patience)
        self.supervisor.courses = courses

    def born(self):
        """Return the pids of the children, in the order in which they were started."""
        names = [[int(word) for word in path.name.split()] for path in self.folder.iterdir()]
        return [pid for _, pid in sorted(names)]

    def living(self):
        return [pid for pid in self.born() if alive(pid)]

    def told(self, event):
        return any(one["event"] == event for one in self.events)

    def roll(self):
        self.supervisor._roll.set()


@contextlib.contextmanager
def told_events():
    """Yield what the parent tells, whichever level the log has: commands set it for a process."""
    capture = LogCapture()
    everything = structlog.make_filtering_bound_logger("debug")
    log = structlog.wrap_logger(None, processors=[capture], wrapper_class=everything)
    with patch.object(supervise, "log", log):
        yield capture.entries


@contextlib.asynccontextmanager
async def parent(folder, count, *courses, patience=SHORT):
    """Run a supervisor until the test is done; then nothing of it may be left."""
    with (
        socket.create_server(("127.0.0.1", 0)) as people,
        socket.socket() as links,
        told_events() as events,
    ):
        made = Parent(folder, count, courses, patience, (people, links))
        made.events = events
        ready = asyncio.Event()
        running = asyncio.ensure_future(made.supervisor.run(ready.set))
        try:
            async with asyncio.timeout(WAIT_S):
                await ready.wait()
            yield made
        except TimeoutError:
            print(*events, sep="\n")  # noqa: T201  # the only trace of what the parent did instead
            raise
        finally:
            made.supervisor._stop.set()
            async with asyncio.timeout(WAIT_S):
                assert await running == 0
            assert made.living() == []


async def until(holds, within_s=WAIT_S):
    """Wait until something holds; raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110  # what other processes do sets no event
            await asyncio.sleep(0.05)


async def hang(running, within_s=WAIT_S):
    """Of two processes the second falls silent: it is killed, and another takes its turn."""
    kept, hung = running.born()
    await until(lambda: len(running.living()) == 2 and not alive(hung), within_s)
    assert running.living() == [kept, running.born()[2]]
    assert running.told("a server process hangs and is killed")


async def roll_in_vain(running, within_s=WAIT_S):
    """The second successor does not serve: the second process stays, and may be rolled later."""
    first, second = running.born()
    running.roll()
    await until(lambda: running.told("rolling restart is given up"), within_s)
    third, failed = running.born()[2:]
    assert running.living() == [second, third]
    assert not alive(first)
    assert not alive(failed)


async def test_the_end_takes_a_successor_along_that_does_not_serve_yet(tmp_path):
    async with parent(tmp_path, 1, "serves", "never", patience=LONG) as running:
        running.roll()
        await until(lambda: len(running.born()) == 2)


async def test_process_that_falls_silent_is_killed_and_replaced(tmp_path):
    async with parent(tmp_path, 2, "serves", "silent", "serves") as running:
        await hang(running)


async def test_process_that_is_stopped_is_killed_and_replaced(tmp_path):
    async with parent(tmp_path, 2, "serves") as running:
        os.kill(running.born()[1], signal.SIGSTOP)
        await hang(running)


async def test_process_that_gives_signs_of_life_is_left_alone(tmp_path):
    async with parent(tmp_path, 2, "serves") as running:
        await asyncio.sleep(2 * SHORT.silent_s)
        assert running.living() == running.born()
        assert len(running.born()) == 2


async def test_process_that_ends_is_started_again_until_one_serves(tmp_path, monkeypatch):
    monkeypatch.setattr(supervise, "LONGEST_PAUSE_S", 1.0)
    async with parent(tmp_path, 1, "serves", "ends", "never", "serves") as running:
        os.kill(running.born()[0], signal.SIGKILL)
        await until(lambda: len(running.born()) == 4)
        await until(lambda: running.living() == running.born()[3:])


@pytest.mark.parametrize("fault", ["never", "ends"])
async def test_rolling_restart_is_given_up_when_a_successor_does_not_serve(tmp_path, fault):
    courses = ["serves", "serves", "serves", fault, "serves"]
    async with parent(tmp_path, 2, *courses, patience=LONG) as running:
        await roll_in_vain(running)
        running.roll()
        await until(lambda: running.told("rolling restart is done"), within_s=3 * WAIT_S)
        assert running.living() == running.born()[-2:]


async def test_venue_does_not_come_up_with_a_process_that_never_serves(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as people, socket.socket() as links:
        made = Parent(tmp_path, 2, ("serves", "never"), SHORT, (people, links))
        told = []
        async with asyncio.timeout(WAIT_S):
            assert await made.supervisor.run(lambda: told.append("ready")) != 0
    assert (told, made.living()) == ([], [])


async def hear_no_silence(_worker, _after_s):
    """A planted bug: nobody notices that a process hangs."""
    await asyncio.Future()


async def wait_for_ever(worker, _within_s):
    """A planted bug: a process may take as long as it likes to come up."""
    return await asyncio.get_running_loop().sock_recv(worker._life, 1) == b"r"


async def test_hang_that_nobody_notices_is_seen_here(tmp_path, monkeypatch):
    monkeypatch.setattr(Worker, "falls_silent", hear_no_silence)
    async with parent(tmp_path, 2, "serves", "silent", "serves") as running:
        with pytest.raises(TimeoutError):
            await hang(running, within_s=SEEN_S)


async def test_roll_that_waits_for_ever_is_seen_here(tmp_path, monkeypatch):
    monkeypatch.setattr(Worker, "serves", wait_for_ever)
    courses = ["serves", "serves", "serves", "never"]
    async with parent(tmp_path, 2, *courses, patience=LONG) as running:
        with pytest.raises(TimeoutError):
            await roll_in_vain(running, within_s=SEEN_S)
