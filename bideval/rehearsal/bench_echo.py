"""What a mark's way is measured against: servers that echo, with and without a disk.

Decided here: three ways to answer a message, by path: `/echo` at once; `/each` after the message is
appended to a file and forced to the disk, one after another; `/group` likewise, but messages that
come while the disk is busy share the next force, as the venue's own store does.
Not decided here: who asks and how often (`bench_lanes`).

Run as a process of its own: `python -m bideval.rehearsal.bench_echo FOLDER`; its first line on
standard output is the port.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import websockets
from websockets.asyncio.server import serve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from websockets.asyncio.server import ServerConnection

    Keep = Callable[[bytes], Awaitable[None]]


def force(file: BinaryIO, data: bytes) -> None:
    """Append to an unbuffered file and wait until the disk has it."""
    file.write(data)
    os.fdatasync(file.fileno())


class GroupFile:
    """A file whose writers share forces: one is under way, the others wait for the next."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._news = asyncio.Event()

    async def keep(self, data: bytes) -> None:
        """Return when the disk has the data."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((data, kept))
        self._news.set()
        await kept

    async def run(self) -> None:
        """Write what waits, group by group."""
        while True:
            await self._news.wait()
            self._news.clear()
            group, self._waiting = self._waiting, []
            await asyncio.to_thread(force, self._file, b"".join(data for data, _ in group))
            for _, kept in group:
                if not kept.done():
                    kept.set_result(None)


async def echo(folder: Path) -> None:
    """Serve until cancelled."""
    with (
        (folder / "each").open("ab", buffering=0) as each,
        (folder / "group").open("ab", buffering=0) as group,
    ):
        grouped = GroupFile(group)

        async def at_once(_data: bytes) -> None:
            """Keep nothing."""

        async def one_by_one(data: bytes) -> None:
            force(each, data)

        ways: dict[str, Keep] = {"/echo": at_once, "/each": one_by_one, "/group": grouped.keep}
        async with serve(_answerer(ways), "127.0.0.1", 0, compression=None) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            sys.stdout.write(f"{port}\n")
            sys.stdout.flush()
            await grouped.run()


def _answerer(ways: dict[str, Keep]) -> Callable[[ServerConnection], Awaitable[None]]:
    async def answer(connection: ServerConnection) -> None:
        keep = ways[connection.request.path if connection.request else ""]
        try:
            async for message in connection:
                data = message if isinstance(message, bytes) else message.encode()
                await keep(data)
                await connection.send(message)
        except websockets.ConnectionClosed:
            return

    return answer


def main(words: Sequence[str]) -> None:
    """Run the server of the command line."""
    try:
        asyncio.run(echo(Path(words[0])))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main(sys.argv[1:])
