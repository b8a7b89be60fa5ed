"""The line between two venues as a cable in the test's hand: cut means that no byte passes.

A relay of its own for each direction of calling; a cut closes every connection and stops listening.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bideval.rehearsal.servers import VenuePlan

CHUNK = 65_536


class Line:
    """Two relays, one for each venue to be called through."""

    def __init__(self) -> None:
        self._relays: list[Relay] = []

    def lay(self, one: VenuePlan, other: VenuePlan) -> None:
        """Let each venue's settings name the relay where they named the other venue."""
        for caller, called in ((one, other), (other, one)):
            relay = Relay(called.port)
            self._relays.append(relay)
            settings = caller.settings_file.read_text("utf-8")
            address = f"ws://127.0.0.1:{called.port}/link"
            assert settings.count(address) == 1
            moved = settings.replace(address, f"ws://127.0.0.1:{relay.port}/link")
            caller.settings_file.write_text(moved, "utf-8")
        self.mend()

    def cut(self) -> None:
        for relay in self._relays:
            relay.cut()

    def mend(self) -> None:
        for relay in self._relays:
            relay.listen()

    def close(self) -> None:
        for relay in self._relays:
            relay.close()


@dataclass
class Relay:
    """Carries bytes to a port, as long as it listens."""

    target: int
    port: int = 0
    _held: socket.socket = field(default_factory=socket.socket)
    _listener: socket.socket | None = None
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        # Bound and never listening: nobody else gets the port while the line is cut.
        self.port = _bind(self._held, 0)

    def close(self) -> None:
        self.cut()
        self._held.close()

    def listen(self) -> None:
        listener = socket.socket()
        _bind(listener, self.port)
        listener.listen()
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        with self._lock:
            listener, self._listener = self._listener, None
            ends = [*self._open, *([listener] if listener else [])]
            self._open.clear()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:  # the venue is not up yet
                near.close()
                continue
            with self._lock:
                if self._listener is not listener:
                    near.close()
                    far.close()
                    return
                self._open |= {near, far}
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
            self._open.discard(end)


def _bind(one: socket.socket, port: int) -> int:
    """Bind to this port of loopback, beside others of ours; 0 is any free one. Return the port."""
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("127.0.0.1", port))
    return int(one.getsockname()[1])
