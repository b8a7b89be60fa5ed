"""One of several server processes of a venue, as its parent starts it.

Decided here: what the parent hands over: the socket that people and peers connect to, the one on
which the process that keeps the watch takes links, and a life line. The process says on that line
when it serves and, from then on, that its event loop runs; it drains when the parent is gone.
Not decided here: what is served (serve) and what the parent does (supervise).
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bideval.terms.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

READY = b"r"
"""What a process writes on its life line once it serves."""
BEAT = b"."
"""What it writes there afterwards, again and again."""
BEAT_S = 0.5
"""Seconds between two signs of life: a fraction of the shortest silence that a parent may be told
to take for a fault."""
SOCKETS = 3


@dataclass(frozen=True, slots=True)
class Inheritance:
    """The sockets that a process has from its parent."""

    people: socket.socket
    links: socket.socket
    life: socket.socket

    def words(self) -> str:
        """Return how a command line names them."""
        return ",".join(str(one.fileno()) for one in (self.people, self.links, self.life))

    def say_ready(self) -> None:
        """Tell the parent that this process serves, and watch from now on whether it lives."""
        asyncio.get_running_loop().add_reader(self.life, self._heard)
        self._say(READY)

    def _say(self, word: bytes) -> None:
        try:
            self.life.send(word)
        except BlockingIOError:
            pass  # the parent is busy; it has enough to read
        except OSError:
            _drain()
            return
        asyncio.get_running_loop().call_later(BEAT_S, self._say, BEAT)

    def _heard(self) -> None:
        """The parent never writes: it has ended."""
        asyncio.get_running_loop().remove_reader(self.life)
        _drain()


@contextmanager
def inherited(words: str) -> Iterator[Inheritance]:
    """Take over the sockets that a command line names; raises InputError `bad_settings`."""
    numbers = words.split(",")
    if len(numbers) != SOCKETS or not all(number.isdecimal() for number in numbers):
        raise InputError("bad_settings", field="worker", detail="only its parent starts a worker")
    with ExitStack() as stack:
        try:
            taken = [socket.socket(fileno=int(number)) for number in numbers]
        except OSError:
            detail = "only its parent starts a worker"
            raise InputError("bad_settings", field="worker", detail=detail) from None
        people, links, life = (stack.enter_context(one) for one in taken)
        life.settimeout(0)
        yield Inheritance(people, links, life)


def _drain() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
