"""Options of the sockets that carry links.

Decided here: a peer that no longer acknowledges is noticed in 10 s even while we are blocked in
sending (a WebSocket keepalive is not enough), and little unsent data lies in the kernel, so that
heartbeats overtake files. Not decided here: deadlines of the protocol; see sync.limits.
"""

from __future__ import annotations

import socket
from typing import Final

USER_TIMEOUT_MS: Final = 10_000
UNSENT_BYTES: Final = 131_072


def harden(sock: socket.socket) -> None:
    """Set our options; also on a listening socket, whose connections inherit them on Linux."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in (("TCP_USER_TIMEOUT", USER_TIMEOUT_MS), ("TCP_NOTSENT_LOWAT", UNSENT_BYTES)):
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
