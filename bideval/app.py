"""The composition root of a venue server.

Decided here: which device serves which port, which parts run while the server runs.
Not decided here: anything else.
"""

import asyncio
import shutil
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeGuard

import structlog
from anyio.to_thread import current_default_thread_limiter as threads
from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.websockets import WebSocket

from bideval.actions.bridge import STOPPING, Bridge
from bideval.actions.caretaker import Caretaker
from bideval.actions.record_book import RecordBook
from bideval.actions.spread import Spread
from bideval.actions.steward import Steward
from bideval.actions.telling import LOGIN, moved_topic
from bideval.actions.venue import Devices, Limits, Venue
from bideval.actions.venue_log import Denial, note_denied
from bideval.evidence.encoding import unb64u
from bideval.evidence.signing import public_key
from bideval.gateways.clock import SystemClock
from bideval.gateways.disk import alone, make_folder
from bideval.gateways.entropy import OsEntropy
from bideval.gateways.fanout import LocalFanout
from bideval.gateways.files import DiskFileStore
from bideval.gateways.keyring import FileKeyRing
from bideval.gateways.limits import TokenBuckets
from bideval.gateways.nats import NatsFanout
from bideval.gateways.press import PaperPress, ReportSigner
from bideval.gateways.stamping import HttpStamper
from bideval.gateways.viewing import ChildViewing, ViewingLimits
from bideval.link.hub import LinkHub, PeerVenue
from bideval.link.venue_host import VenueHost
from bideval.link.watch import CUT_TOPIC, Watch
from bideval.pages import (
    api_demo,
    api_entries,
    api_files,
    api_findings,
    api_people,
    api_sessions,
    errors,
    html_site,
    live,
)
from bideval.pages.api_guard import Guard
from bideval.pages.bodies import Paced
from bideval.pages.context import THREADS, Site, address_of
from bideval.ports import Clock, Fanout, Peer, Press, WatchLock
from bideval.settings import PeerSettings, Settings
from bideval.store.record_store import SqlRecordStore
from bideval.store.steady_store import SteadyStore
from bideval.store.watch_lock import PostgresWatchLock, SoleProcess
from bideval.sync.proving import LocalVenue
from bideval.terms.errors import BidevalError, InputError, RefusedError

log = structlog.get_logger("bideval.app")

HOUR_MS = 3_600_000
HEARD = (moved_topic(), LOGIN)
"""What the other processes of a venue may tell; a demonstration's may cut lines too."""
HEARD_IN_DEMO = (*HEARD, CUT_TOPIC)
UNTOLD: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
"""The framework tells nobody of requests and faults, whatever the environment says: it would tell
what faults say, and asks for every request whether somebody listens."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything that runs for one venue."""

    venue: Venue
    steward: Steward
    caretaker: Caretaker
    lock: WatchLock

    def close(self) -> None:
        """Finish what is being written and stop."""
        self.steward.close()
        self.lock.leave()
        self.venue.devices.store.close()
        if self.venue.shared:
            shutil.rmtree(self.venue.scratch, ignore_errors=True)


def build_house(
    settings: Settings, *, clock: Clock | None = None, press: Press | None = None
) -> House:
    """Wire one venue up, or one of its processes; its database has been migrated."""
    devices = _devices(settings, clock or SystemClock(), press or _press(settings))
    shared = settings.workers.count > 1
    spread = Spread(settings.venue.id)
    book = RecordBook(venue=settings.venue.id, store=devices.store, shared=shared)
    venue = Venue(
        id=settings.venue.id,
        name=settings.venue.name,
        url=settings.venue.url,
        devices=devices,
        book=book,
        spread=spread,
        bridge=Bridge(),
        scratch=_scratch(settings),
        peers={peer.id: _peer(peer) for peer in settings.peers},
        limits=_limits(settings),
        shared=shared,
    )
    steward = Steward(venue, on_failure=_tell_failure, on_watch=False)
    caretaker = Caretaker(venue, steward)
    lock = PostgresWatchLock(settings.database) if shared else SoleProcess()
    return House(venue, steward, caretaker, lock)


def create_app(
    house: House,
    settings: Settings,
    *,
    on_ready: Callable[[], None] | None = None,
    door: socket.socket | None = None,
) -> FastAPI:
    """Return the ASGI application of one venue; `on_ready` is called once it serves.

    `door`: where the process that keeps the watch takes the links that reached other processes.
    """
    secure = settings.listen.tls_cert is not None or settings.listen.behind_proxy
    demo = settings.demo and settings.listen.loopback
    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan,
        telemetry=UNTOLD,
    )
    app.state.house = house
    app.state.on_ready = on_ready
    app.state.door = door
    app.state.on_fault = lambda: None
    app.state.hub_ssl = _ssl(settings)
    app.state.site = Site(house.venue, secure=secure, demo=demo)
    app.router.routes.extend(api_entries.PLAIN_ROUTES)
    for module in (api_entries, api_people, api_sessions, api_files, api_findings, live):
        app.include_router(module.router)
    if demo:
        app.include_router(api_demo.router)
    app.add_api_route("/healthz", _healthz)
    app.add_api_websocket_route("/link", _link)
    alone = settings.listen.loopback and not settings.listen.behind_proxy
    app.add_middleware(Paced)
    app.add_middleware(Guard, secure=secure, loopback=alone)
    html_site.include_pages(app)
    errors.install(app, page=html_site.error_page, on_denied=_note_denied)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    house: House = app.state.house
    venue = house.venue
    loop = asyncio.get_running_loop()
    venue.bridge.attach(loop)
    threads().total_tokens = THREADS
    hub = _hub(house, app.state.hub_ssl)
    watch = Watch(
        venue,
        house.steward,
        house.caretaker,
        lock=house.lock,
        hub=hub,
        door=app.state.door,
    )
    app.state.hub = hub
    app.state.watch = watch
    app.state.site = replace(
        app.state.site, cut_line=watch.cut_line, lines_down=venue.lines.down_since
    )
    with _told_of_fault(app):
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(house.caretaker.run())]
            if isinstance(venue.devices.fanout, NatsFanout):
                running.append(group.create_task(venue.devices.fanout.run()))
            await watch.look()
            running.append(group.create_task(watch.run()))
            if app.state.on_ready is not None:
                app.state.on_ready()
            yield
            for task in running:
                task.cancel()


@contextmanager
def _told_of_fault(app: FastAPI) -> Iterator[None]:
    """End the server when its own work has ended by a fault; whoever keeps it starts it again.

    One that only answered requests would look well, and do no duty and follow nobody.
    """
    try:
        yield
    except BaseExceptionGroup:
        log.exception("the server's own work has ended by a fault")
        app.state.on_fault()
        raise


def _hub(house: House, tls: ssl.SSLContext | None) -> LinkHub:
    venue = house.venue
    peers = [
        PeerVenue(peer.id, public_key(peer.suite, peer.public), peer.url)
        for peer in venue.peers.values()
    ]
    devices = venue.devices
    return LinkHub(
        LocalVenue(venue.id, devices.keys.signing_key),
        peers,
        host=VenueHost(venue, house.steward),
        clock=devices.clock,
        entropy=devices.entropy,
        ssl=tls,
    )


async def _link(websocket: WebSocket) -> None:
    watch: Watch = websocket.app.state.watch
    await watch.endpoint(websocket)


async def _healthz(request: Request) -> JSONResponse:
    house: House = request.app.state.house
    state = house.venue.devices.store.state
    status = 200 if state == "running" else 503
    return JSONResponse({"state": state, "venue": house.venue.id}, status_code=status)


def _note_denied(connection: HTTPConnection, error: BidevalError) -> None:
    """Write a refused attempt into the venue's log, but let nobody fill the disk with them."""
    house: House = connection.app.state.house
    address = address_of(connection)
    if not house.venue.devices.limiter.allow(f"denied:{address}", house.venue.limits.denials):
        return
    visitor = getattr(connection.state, "visitor", None)
    note_denied(
        house.venue,
        Denial(
            code=error.code,
            rule=error.rule,
            field=error.field,
            route=_route_of(connection),
            actor=visitor.person if visitor else None,
        ),
    )


def _route_of(connection: HTTPConnection) -> str:
    """Return the route's pattern, also of what was refused before it; never what was asked for."""
    scope = connection.scope
    found = scope.get("route") or next(
        (one for one in _routes(scope["app"]) if one.matches(scope)[0] is Match.FULL), None
    )
    return str(getattr(found, "path", "unknown"))


def _routes(app: FastAPI) -> Iterator[BaseRoute]:
    """Return every route; some versions of the framework keep an included router as one."""
    for route in app.routes:
        inner: APIRouter | None = getattr(route, "original_router", None)
        yield from [route] if inner is None else inner.routes


def _tell_failure(session: str, duty: object, fault: Exception) -> None:
    if isinstance(fault, RefusedError | InputError) or _is_stop(fault):
        log.info(
            "duty not possible yet", session=session, kind=type(duty).__name__, code=fault.code
        )
        return
    log.error("duty failed", session=session, kind=type(duty).__name__, exc_info=fault)


def _is_stop(fault: Exception) -> TypeGuard[BidevalError]:
    return isinstance(fault, BidevalError) and fault.code == STOPPING


def _devices(settings: Settings, clock: Clock, press: Press) -> Devices:
    shared = settings.workers.count > 1
    files = DiskFileStore(settings.data_dir / "files", beside=shared)
    limits = settings.limits
    viewing = ViewingLimits(
        seconds=limits.viewing_seconds,
        mebibytes=limits.viewing_mebibytes,
        pages=limits.viewing_pages,
    )
    return Devices(
        clock=clock,
        entropy=OsEntropy(),
        store=SteadyStore(SqlRecordStore(settings.database), clock),
        files=files,
        keys=FileKeyRing(settings.key_file, settings.identity_file),
        fanout=_fanout(settings),
        limiter=TokenBuckets(clock),
        viewing=ChildViewing(files, settings.data_dir / "viewing", viewing),
        press=press,
        stamper=_stamper(settings),
    )


def _fanout(settings: Settings) -> Fanout:
    if settings.workers.count == 1:
        return LocalFanout()
    heard = HEARD_IN_DEMO if settings.demo and settings.listen.loopback else HEARD
    return NatsFanout(settings.fanout.nats, settings.venue.id, missed=moved_topic(), heard=heard)


def _press(settings: Settings) -> PaperPress:
    certificate, key = settings.report.certificate, settings.report.key
    if certificate is None or key is None:
        return PaperPress()
    signer = ReportSigner(certificate, key)
    signer.check(now_ms=SystemClock().now_ms())
    return PaperPress(signer)


def _stamper(settings: Settings) -> HttpStamper | None:
    stamps = settings.stamps
    return None if stamps.authority is None else HttpStamper(stamps.url, stamps.authority)


SPARE_BIDS = 3
"""Bids of the largest size that a person may have uploaded and not yet handed in."""
SESSION_BIDS = 4
"""Bids of the largest size that a bidder may hand in to one session, withdrawn ones too."""


def _limits(settings: Settings) -> Limits:
    chosen = settings.limits
    return Limits(
        bid_bytes=chosen.bid_bytes,
        document_bytes=chosen.document_bytes,
        pool_bytes=chosen.pool_bytes,
        spare_bytes=SPARE_BIDS * chosen.bid_bytes,
        session_bytes=SESSION_BIDS * chosen.bid_bytes,
        login_ms=chosen.login_hours * HOUR_MS,
        code_ms=chosen.code_hours * HOUR_MS,
    )


def _peer(settings: PeerSettings) -> Peer:
    return Peer(
        id=settings.id,
        name=settings.name,
        url=settings.url,
        suite=settings.suite,
        public=unb64u(settings.public),
        recipient=settings.recipient,
    )


def _scratch(settings: Settings) -> Path:
    """A folder for what is being decrypted; left-overs of a crash are cleared at the start."""
    folder = settings.data_dir / "scratch"
    make_folder(folder)
    if settings.workers.count > 1:
        return Path(tempfile.mkdtemp(dir=folder))
    _empty(folder)
    return folder


def clear_leftovers(settings: Settings) -> bool:
    """Clear what processes of a venue left behind that were killed; return whether that was done.

    Processes of a parent that was killed may still finish what they have begun, when its successor
    comes: then their files are theirs, and the next start clears the rest.
    """
    with alone(settings.data_dir) as unused:
        if not unused:
            log.warning("left-overs stay: other processes of this venue still run")
            return False
        DiskFileStore(settings.data_dir / "files")
        folder = settings.data_dir / "scratch"
        make_folder(folder)
        _empty(folder)
    return True


def _empty(folder: Path) -> None:
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def _ssl(settings: Settings) -> ssl.SSLContext | None:
    """Trust of links to other venues: the system's and the venue CA's, when there is TLS at all."""
    if not any(peer.url.startswith("wss:") for peer in settings.peers):
        return None
    trusted = ssl.create_default_context()
    authority = settings.listen.tls_authority
    if authority is not None:
        try:
            trusted.load_verify_locations(authority)
        except OSError as error:
            detail = error.strerror or "must be a certificate (PEM)"
            raise InputError("bad_settings", field="listen.tls_authority", detail=detail) from None
    return trusted
