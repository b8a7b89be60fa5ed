"""What waits for the socket, in the order in which it may go.

Decided here: heartbeats and acknowledgements never wait behind bulk data; of things that replace
each other (acknowledgements, checkpoints, answers to pings) only the newest waits, so that a slow
reader cannot make the outbox grow.
Not decided here: how many lines and chunks are put in; credit decides.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bideval.sync.messages import Message

Key = tuple[str, ...]


class Priority(IntEnum):
    """Smaller goes first."""

    CONTROL = 0
    ACKNOWLEDGE = 1
    LINES = 2
    NOTES = 3
    WANTS = 4
    CHUNKS = 5


class Outbox:
    """Messages by priority; within one priority first in, first out."""

    def __init__(self) -> None:
        self._queues: dict[Priority, OrderedDict[Key, tuple[Message, int]]] = {
            priority: OrderedDict() for priority in Priority
        }
        self._serial = 0
        self.line_bytes = 0

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def put(self, priority: Priority, key: Key, message: Message) -> None:
        """Add a message; one with the same key that still waits is replaced in its place."""
        self._queues[priority][key] = (message, 0)

    def append(self, session: str, message: Message, size: int) -> None:
        """Add a batch of `size` bytes of lines of a session; nothing replaces it."""
        self._serial += 1
        self._queues[Priority.LINES][(session, str(self._serial))] = (message, size)
        self.line_bytes += size

    def pop(self) -> Message | None:
        """Take the next message, None when there is none."""
        for queue in self._queues.values():
            if queue:
                _, (message, size) = queue.popitem(last=False)
                self.line_bytes -= size
                return message
        return None

    def drop_lines(self, session: str) -> None:
        """Forget the batches of a session that have not gone yet."""
        queue = self._queues[Priority.LINES]
        for key in [key for key in queue if key[0] == session]:
            self.line_bytes -= queue.pop(key)[1]

    def clear(self) -> None:
        """Forget everything."""
        for queue in self._queues.values():
            queue.clear()
        self.line_bytes = 0
