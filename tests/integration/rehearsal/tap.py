"""What two venues say to each other, word by word: a wire tap between their servers.

Decided here: a relay on a port of its own, and that WebSocket frames are taken apart (RFC 6455,
section 5.2), because what a dialler sends is masked. The venues of a rehearsal use no TLS, so this
is what a program hands to TLS elsewhere; the link compresses nothing.
Not decided here: what is searched for.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIECE = 1 << 16
HEAD_END = b"\r\n\r\n"


class Unwrapping:
    """One direction of a connection: bytes in, what was said out."""

    def __init__(self) -> None:
        self._waiting = b""
        self._upgraded = False

    def feed(self, data: bytes) -> bytes:
        """Return what these bytes finish: the HTTP head as it is, payloads of whole frames."""
        self._waiting += data
        return b"".join(self._said())

    def _said(self) -> Iterator[bytes]:
        if not self._upgraded:
            head, end, rest = self._waiting.partition(HEAD_END)
            if not end:
                return
            self._upgraded, self._waiting = True, rest
            yield head + end
        while (frame := _frame(self._waiting)) is not None:
            payload, length = frame
            self._waiting = self._waiting[length:]
            yield payload


def _frame(data: bytes) -> tuple[bytes, int] | None:
    """Return the first frame's payload without its mask, and the frame's bytes."""
    if len(data) < 2:
        return None
    masked, short = data[1] & 0x80, data[1] & 0x7F
    wide = {126: 2, 127: 8}.get(short, 0)
    start = 2 + wide
    size = int.from_bytes(data[2:start], "big") if wide else short
    key = data[start : start + 4] if masked else b"\0\0\0\0"
    start += 4 if masked else 0
    if len(data) < start + size:
        return None
    payload = data[start : start + size]
    stream = (key * (size // 4 + 1))[:size]
    plain = int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")
    return plain.to_bytes(size, "big"), start + size


@contextlib.contextmanager
def tapped(port: int, hear: Callable[[str, bytes], None]) -> Iterator[int]:
    """Relay a port of its own to `port`; tell `hear` which way, and what was said."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        accepting = threading.Thread(target=_accept, args=(door, port, hear), daemon=True)
        accepting.start()
        try:
            yield door.getsockname()[1]
        finally:
            _end(door)
            accepting.join()


def _accept(door: socket.socket, port: int, hear: Callable[[str, bytes], None]) -> None:
    """Relay every connection until the door ends; leave no socket and no thread."""
    with contextlib.ExitStack() as ends, contextlib.suppress(OSError):
        while True:
            near = ends.enter_context(door.accept()[0])
            try:
                far = ends.enter_context(socket.create_connection(("127.0.0.1", port)))
            except OSError:
                near.close()
                continue
            for source, target, way in ((near, far, "asked"), (far, near, "answered")):
                relay = threading.Thread(target=_relay, args=(source, target, way, hear))
                ends.callback(relay.join)
                ends.callback(_end, source)
                ends.callback(_end, target)
                relay.start()


def _relay(
    source: socket.socket, target: socket.socket, way: str, hear: Callable[[str, bytes], None]
) -> None:
    unwrapping = Unwrapping()
    with contextlib.suppress(OSError):
        while data := source.recv(PIECE):
            hear(way, unwrapping.feed(data))
            target.sendall(data)
    _end(source)
    _end(target)


def _end(one: socket.socket) -> None:
    """End both ways, which also wakes who waits at this socket."""
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
