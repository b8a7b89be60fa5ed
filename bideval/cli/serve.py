"""`bideval serve`: run a venue server.

Decided here: how the server is started and stopped: migrate, verify the own records, listen, one
line when ready, drain on SIGTERM; that a venue of several processes has a parent for them.
Not decided here: what it serves (app), and what that parent does (supervise).
"""

from __future__ import annotations

import argparse
import errno
import gc
import os
import signal
import socket
import ssl
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from pydantic import ValidationError

from bideval.actions.starting import start_venue
from bideval.app import build_house, clear_leftovers, create_app
from bideval.cli.doorway import LOOP, doorway, raise_file_limit
from bideval.cli.migrate import migrate_venue
from bideval.cli.supervise import Patience, supervise
from bideval.cli.worker import inherited
from bideval.gateways.clock import SystemClock
from bideval.gateways.disk import present
from bideval.gateways.log import configure_log
from bideval.settings import ListenSettings, Settings, load_settings
from bideval.terms.errors import FaultError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from bideval.app import House
    from bideval.cli.worker import Inheritance

DRAIN_S = 10
"""Seconds that open requests and pages get at a stop."""
PING_S = 20.0
"""Seconds between two pings of a live page, and until its pong has to be there."""
BACKLOG = 512
"""Connections that wait to be taken."""
COLLECT = (20_000, 50, 100)
"""New objects between two looks for cycles, and how many looks at the young for one at the older:
some megabytes of cycles at most."""
FRAME_BYTES = 1 << 20
"""Bytes of one WebSocket message: the link's largest frame, with room."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("serve", help="run a venue server")
    parser.add_argument("--config", type=Path, required=True, help="the venue's settings (TOML)")
    parser.add_argument("--host", help="listen here instead of what the settings say")
    parser.add_argument("--port", type=int, help="listen there instead of what the settings say")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="N processes instead of what the settings say"
    )
    parser.add_argument("--worker", help=argparse.SUPPRESS)  # what a parent hands over


def run(args: argparse.Namespace) -> int:
    settings = _overridden(load_settings(args.config), args)
    configure_log(clock=SystemClock(), level=settings.log_level, processes=settings.workers.count)
    _check_certificate(settings.listen)
    if args.worker is not None:
        with inherited(args.worker) as handed:
            migrate_venue(settings)
            return _run_worker(settings, handed)
    if settings.workers.count > 1:
        return _run_parent(settings, args)
    migrate_venue(settings)
    with _started(settings) as house:
        return serve(house, settings)


def _check_certificate(listen: ListenSettings) -> None:
    """Raise InputError `bad_certificate` for files that TLS could not be done with."""
    if listen.tls_cert is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(listen.tls_cert, listen.tls_key)
    except OSError as wrong:
        detail = wrong.strerror or "is no certificate with its key"
        raise InputError("bad_certificate", field="listen.tls_cert", detail=detail) from None


def _run_parent(settings: Settings, args: argparse.Namespace) -> int:
    with listening(settings) as door:
        migrate_venue(settings)
        clear_leftovers(settings)
        say_ready = partial(_say_ready, settings.venue.id, address(settings, door))
        workers = settings.workers
        patience = Patience(ready_s=workers.ready_s, silent_s=workers.silent_s)
        return supervise(_worker_command(args), workers.count, door, say_ready, patience=patience)


def _run_worker(settings: Settings, handed: Inheritance) -> int:
    with present(settings.data_dir), _started(settings) as house:
        app = create_app(house, settings, on_ready=handed.say_ready, door=handed.links)
        return _run_server(settings, app, handed.people)


def _worker_command(args: argparse.Namespace) -> list[str]:
    """Return the command that each process is started by; the settings are read by each anew."""
    chosen = {"--host": args.host, "--port": args.port, "--workers": args.workers}
    words = [sys.executable, "-m", "bideval.cli", "serve", "--config", str(args.config)]
    for option, value in chosen.items():
        words += [] if value is None else [option, str(value)]
    return words


@contextmanager
def _started(settings: Settings) -> Iterator[House]:
    house = build_house(settings)
    try:
        start_venue(house.venue)
        yield house
    finally:
        house.close()


def serve(house: House, settings: Settings) -> int:
    """Listen, say so, and run until a signal stops the server."""
    with listening(settings) as door:
        where = address(settings, door)
        app = create_app(house, settings, on_ready=lambda: _say_ready(settings.venue.id, where))
        return _run_server(settings, app, door)


def _run_server(settings: Settings, app: Any, door: socket.socket) -> int:  # noqa: ANN401  # an ASGI application
    raise_file_limit()
    server = uvicorn.Server(server_config(settings, app))
    faults: list[int] = []

    def end() -> None:
        faults.append(1)
        server.should_exit = True

    app.state.on_fault = end
    # The server drains on this signal and then raises it again, for whoever was there before:
    # without a handler of our own that would end the process before the store is closed.
    signal.signal(signal.SIGTERM, _already_drained)
    _collect_seldom()
    server.run(sockets=[door])
    return 0 if server.started and not faults else 1


def _collect_seldom() -> None:
    """Look for cycles seldom, and never in what was there at the start.

    A record in memory has none, and looking through it again and again was a tenth of catching up.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


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


def _overridden(settings: Settings, args: argparse.Namespace) -> Settings:
    """Check the whole again: demo and plain HTTP stay on loopback whoever names the address."""
    chosen = {
        "listen": {"host": args.host, "port": args.port},
        "workers": {"count": args.workers},
    }
    whole = settings.model_dump()
    for part, values in chosen.items():
        given = {name: value for name, value in values.items() if value is not None}
        if not given:
            continue
        whole[part] |= given
        try:
            settings = Settings(**whole)
        except ValidationError as wrong:
            detail = wrong.errors(include_url=False, include_input=False)[0]["msg"]
            raise InputError("bad_settings", field=part, detail=detail) from None
    return settings


def server_config(settings: Settings, app: Any) -> uvicorn.Config:  # noqa: ANN401  # an ASGI application
    """Return how the HTTP server runs: few surprises, no header that tells its version."""
    listen = settings.listen
    return uvicorn.Config(
        app,
        ssl_certfile=listen.tls_cert,
        ssl_keyfile=listen.tls_key,
        loop=LOOP,
        http=doorway(behind_proxy=listen.behind_proxy),
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
