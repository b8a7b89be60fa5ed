"""`bideval serve`: run a venue server.

Decided here: how the server is started and stopped: migrate, verify the own records, listen, one
line when ready, drain on SIGTERM. Not decided here: what it serves (app).
"""

from __future__ import annotations

import errno
import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from pydantic import ValidationError

from bideval.actions.starting import start_venue
from bideval.app import build_house, create_app
from bideval.cli.migrate import migrate_venue
from bideval.gateways.clock import SystemClock
from bideval.gateways.log import configure_log
from bideval.settings import Settings, load_settings
from bideval.terms.errors import FaultError, InputError

if TYPE_CHECKING:
    import argparse
    from types import FrameType

    from bideval.app import House

DRAIN_S = 10
"""Seconds that open requests and pages get at a stop."""
PING_S = 20.0
"""Seconds between two pings of a live page, and until its pong has to be there."""
BACKLOG = 512
"""Connections that wait to be taken."""
FRAME_BYTES = 1 << 20
"""Bytes of one WebSocket message: the link's largest frame, with room."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("serve", help="run a venue server")
    parser.add_argument("--config", type=Path, required=True, help="the venue's settings (TOML)")
    parser.add_argument("--host", help="listen here instead of what the settings say")
    parser.add_argument("--port", type=int, help="listen there instead of what the settings say")


def run(args: argparse.Namespace) -> int:
    settings = _overridden(load_settings(args.config), args.host, args.port)
    configure_log(clock=SystemClock(), level=settings.log_level)
    migrate_venue(settings)
    house = build_house(settings)
    try:
        start_venue(house.venue)
        return serve(house, settings)
    finally:
        house.close()


def serve(house: House, settings: Settings) -> int:
    """Listen, say so, and run until a signal stops the server."""
    with listening(settings) as door:
        where = address(settings, door)
        app = create_app(house, settings, on_ready=lambda: _say_ready(settings.venue.id, where))
        server = uvicorn.Server(server_config(settings, app))
        # The server drains on this signal and then raises it again, for whoever was there before:
        # without a handler of our own that would end the process before the store is closed.
        signal.signal(signal.SIGTERM, _already_drained)
        server.run(sockets=[door])
    return 0 if server.started else 1


def _already_drained(_number: int, _frame: FrameType | None) -> None:
    """Nothing is left to do."""


def listening(settings: Settings) -> socket.socket:
    """Return the socket on which connections are taken from now on.

    Raises FaultError `cannot_listen` when the address is not this machine's or is taken.
    """
    listen = settings.listen
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        return socket.create_server((listen.host, listen.port), family=family, backlog=BACKLOG)
    except OSError as error:
        where = f"{listen.host} port {listen.port}"
        detail = f"{where}: {os.strerror(error.errno or errno.EADDRNOTAVAIL)}"
        raise FaultError("cannot_listen", field="listen", detail=detail) from None


def address(settings: Settings, door: socket.socket) -> str:
    """Return where people reach the server."""
    scheme = "http" if settings.listen.tls_cert is None else "https"
    return f"{scheme}://{settings.listen.host}:{door.getsockname()[1]}"


def _say_ready(venue: str, where: str) -> None:
    print(f"bideval: venue {venue} is ready at {where}", flush=True)


def _overridden(settings: Settings, host: str | None, port: int | None) -> Settings:
    """Check the whole again: demo and plain HTTP stay on loopback whoever names the address."""
    if host is None and port is None:
        return settings
    listen = settings.listen.model_dump() | {
        name: value for name, value in (("host", host), ("port", port)) if value is not None
    }
    try:
        return Settings(**(settings.model_dump() | {"listen": listen}))
    except ValidationError as wrong:
        detail = wrong.errors(include_url=False, include_input=False)[0]["msg"]
        raise InputError("bad_settings", field="listen", detail=detail) from None


def server_config(settings: Settings, app: Any) -> uvicorn.Config:  # noqa: ANN401  # an ASGI application
    """Return how the HTTP server runs: few surprises, no header that tells its version."""
    listen = settings.listen
    return uvicorn.Config(
        app,
        ssl_certfile=listen.tls_cert,
        ssl_keyfile=listen.tls_key,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=FRAME_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
        proxy_headers=listen.behind_proxy,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=DRAIN_S,
    )
