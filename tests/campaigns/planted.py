"""Bugs that a server of a campaign is given, to show that the campaign catches them.

Each is a small change of the running program, made before it serves. None of them shows while
nothing goes wrong.
"""

from __future__ import annotations

import asyncio
import mmap
import struct
from pathlib import Path

BUGS = {}


def plant(name, clock=""):
    """Change the program: bugs by name (with commas, "" for none), a clock that a file moves."""
    for one in filter(None, name.split(",")):
        BUGS[one]()
    if clock:
        _move_clock(clock)


def bug(function):
    """Give a function's change the function's name."""
    BUGS[function.__name__.replace("_", "-")] = function
    return function


@bug
def not_synced():
    """SQLite does not wait for the disk; PostgreSQL does not either."""
    from bideval.store import engine  # noqa: PLC0415  # in the server's process

    carefully = engine._sqlite_pragmas

    def carelessly(connection, **more):
        carefully(connection, **more)
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = OFF")
        cursor.close()

    engine._sqlite_pragmas = carelessly
    told = engine._on_postgresql_connect

    def later(made, statement):
        told(made, f"{statement}; SET synchronous_commit = off")

    engine._on_postgresql_connect = later


@bug
def deaf_to_faults():
    """A commit that fails is told as done."""
    from bideval.store import writer  # noqa: PLC0415  # in the server's process

    attempt, carefully = writer._attempt, writer.Writer._commit

    def carelessly(self, batch):
        done = []

        def attempted(*words, **more):
            done.append(attempt(*words, **more))
            return done[-1]

        writer._attempt = attempted
        try:
            return carefully(self, batch)
        except Exception:
            if not done:
                raise
            return [outcome for outcome in done if outcome is not None]

    writer.Writer._commit = carelessly


@bug
def tidy_start():
    """Every start clears away what the last run left: SQLite's log of commits among it."""
    from bideval.cli import serve  # noqa: PLC0415  # in the server's process

    migrate = serve.migrate_venue

    def clear_and_migrate(settings):
        Path(settings.data_dir, "bideval.sqlite-wal").unlink(missing_ok=True)
        migrate(settings)

    serve.migrate_venue = clear_and_migrate


@bug
def hasty_word():
    """Everything is told as saved by the session as soon as it is saved here."""
    from bideval.actions import spread  # noqa: PLC0415  # in the server's process

    spread.Spread.state_of = lambda _self, _stored: "session"


@bug
def deaf_parent():
    """The parent of server processes notices only that they end."""
    from bideval.cli import supervise  # noqa: PLC0415  # in the server's process

    async def hear_nothing(_worker, _after_s):
        await asyncio.Future()

    supervise.Worker.falls_silent = hear_nothing


@bug
def patient_parent():
    """The parent waits for ever until a successor serves."""
    from bideval.cli import supervise  # noqa: PLC0415  # in the server's process

    async def wait(worker, _within_s):
        loop = asyncio.get_running_loop()
        return await loop.sock_recv(worker._life, 1) == supervise.READY

    supervise.Worker.serves = wait


def _move_clock(path):
    from bideval.gateways import clock  # noqa: PLC0415  # in the server's process
    from bideval.store import steady_store  # noqa: PLC0415  # in the server's process

    steady_store.clock_step = lambda *_readings: 0  # days that pass in steps are jumps to it
    with open(path, "rb") as file:  # noqa: PTH123  # kept open by the map
        ahead = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    honest = clock.SystemClock.now_ms
    clock.SystemClock.now_ms = lambda self: honest(self) + struct.unpack("<q", ahead[:8])[0]
