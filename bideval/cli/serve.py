"""`bideval serve`: run a venue server.

Decided here: how the server is started and stopped: migrate, verify the own records, listen, one
line when ready, drain on SIGTERM. Not decided here: what it serves (app).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from bideval.actions.starting import start_venue
from bideval.app import build_house, create_app
from bideval.cli.migrate import migrate_venue
from bideval.gateways.clock import SystemClock
from bideval.gateways.log import configure_log
from bideval.settings import Settings, load_settings

if TYPE_CHECKING:
    import argparse
    import socket

DRAIN_S = 10
"""Seconds that open requests and pages get at a stop."""
PING_S = 20.0
"""Seconds between two pings of a live page, and until its pong has to be there."""
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
        server = _Server(_config(settings, create_app(house, settings)), settings)
        server.run()
    finally:
        house.close()
    return 0 if server.started else 1


def _overridden(settings: Settings, host: str | None, port: int | None) -> Settings:
    """Check the whole again: demo and plain HTTP stay on loopback whoever names the address."""
    if host is None and port is None:
        return settings
    listen = settings.listen.model_dump() | {
        name: value for name, value in (("host", host), ("port", port)) if value is not None
    }
    return Settings(**(settings.model_dump() | {"listen": listen}))


def _config(settings: Settings, app: Any) -> uvicorn.Config:  # noqa: ANN401  # an ASGI application
    listen = settings.listen
    return uvicorn.Config(
        app,
        host=listen.host,
        port=listen.port,
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


class _Server(uvicorn.Server):
    """Says on standard output, in one line, that it is ready and where."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            scheme = "http" if self._settings.listen.tls_cert is None else "https"
            where = f"{scheme}://{self._settings.listen.host}:{port}"
            print(f"bideval: venue {self._settings.venue.id} is ready at {where}", flush=True)
