"""Venue servers as processes of their own, each with its database and keys.

Decided here: settings of venues on loopback, starting, waiting until they answer, stopping.
Not decided here: how keys and codes are made (the command line hands that in) and what is done.

Each server runs `bideval serve` in a process of its own, forked from one that has loaded the
program and done nothing else, so that loading is paid once for all venues. Where a venue has
several processes, that one is their parent.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import runpy
import signal
import socket
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import httpx2

from bideval.rehearsal.client import trust
from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.context import ForkServerProcess as SpawnedProcess
    from pathlib import Path

PORTS = range(20_000, 32_000)
"""Below the ports that a connection or a listener without a number is given (from 32,768)."""
PRELOADED = ("bideval.cli.serve", "bideval.cli.migrate")
"""Modules by name: the rooms above this one are run here, never called."""
START_S = 90.0
"""Seconds for a server to answer after its start, on a very busy machine."""
STOP_S = 15.0
LOOK_S = 0.05
REPORTS_SIGNED = '[report]\ncertificate = "report.pem"\nkey = "report.key"\n'
READY = "is ready at"
"""Words of a server's own log once it serves; an answer alone may be another program's."""
LOG_TAIL = 2_000
"""Characters of a server's log that a failed start shows."""
_FORKING = multiprocessing.get_context("forkserver")


@dataclass(frozen=True, slots=True)
class VenuePlan:
    """A venue to be started: id, name as people read it, its folder and port.

    Without a `database_url` its database is a file in that folder. More than one of `workers`
    needs one, and a NATS server.
    """

    id: str
    name: str
    folder: Path
    port: int
    database_url: str = ""
    workers: int = 1
    nats: str = ""

    @property
    def url(self) -> str:
        """Where people reach it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings_file(self) -> Path:
        """Its settings."""
        return self.folder / "venue.toml"

    @property
    def log_file(self) -> Path:
        """What it prints."""
        return self.folder / "server.log"


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody uses now.

    None of those that systems hand out by themselves, so that a server which is stopped finds its
    own free when it comes again; those only where no other is left.
    """
    found: list[int] = []
    with ExitStack() as sockets:
        for port in (*SystemRandom().sample(PORTS, len(PORTS)), *[0] * count):
            if len(found) == count:
                break
            one = sockets.enter_context(socket.socket())
            with suppress(OSError):
                one.bind(("127.0.0.1", port))
                found.append(one.getsockname()[1])
    return found


def write_settings(
    plans: Sequence[VenuePlan],
    make_keys: Callable[[Path], dict[str, Any]],
    *,
    demo: bool,
    reports_signed: bool = False,
) -> None:
    """Write every venue's settings: first alone, to make its keys, then with the others' cards.

    `reports_signed`: the certificate and the key for it lie in the venue's folder.
    """
    cards: dict[str, dict[str, Any]] = {}
    for plan in plans:
        plan.folder.mkdir(parents=True, exist_ok=True)
        plan.settings_file.write_text(_settings(plan, [], demo=demo), "utf-8")
        cards[plan.id] = make_keys(plan.settings_file)
    for plan in plans:
        peers = [cards[other.id] for other in plans if other.id != plan.id]
        text = _settings(plan, peers, demo=demo) + (REPORTS_SIGNED if reports_signed else "")
        plan.settings_file.write_text(text, "utf-8")


def _settings(plan: VenuePlan, peers: Sequence[dict[str, Any]], *, demo: bool) -> str:
    lines = [
        f"demo = {str(demo).lower()}",
        'log_level = "warning"',
        f"database_url = {_quoted(plan.database_url)}",
        "[venue]",
        f"id = {_quoted(plan.id)}",
        f"name = {_quoted(plan.name)}",
        f'url = "ws://127.0.0.1:{plan.port}/link"',
        "[listen]",
        'host = "127.0.0.1"',
        f"port = {plan.port}",
        "[workers]",
        f"count = {plan.workers}",
        "[fanout]",
        f"nats = {_quoted(plan.nats)}",
    ]
    for peer in peers:
        lines += ["[[peers]]", *(f"{name} = {_quoted(value)}" for name, value in peer.items())]
    return "\n".join([*lines, ""])


def _quoted(value: str) -> str:
    # A JSON string of printable text is a TOML basic string too.
    return json.dumps(value, ensure_ascii=False)  # noqa: TID251


def load_program() -> None:
    """Begin to load what the servers run, while the caller does other things."""
    _FORKING.set_forkserver_preload(list(PRELOADED))
    forkserver.ensure_running()


@contextmanager
def running(plans: Sequence[VenuePlan], *, start_s: float = START_S) -> Iterator[list[int]]:
    """Run one server process per venue; stop them all at the end, whatever happens.

    Gives their process ids, in the order of the plans. `start_s`: seconds that each may take until
    it serves; a server verifies its whole record first.
    """
    load_program()
    with ExitStack() as stack:
        logged = [_log_size(plan) for plan in plans]
        servers = [stack.enter_context(_process(plan)) for plan in plans]
        for plan, server, before in zip(plans, servers, logged, strict=True):
            _await_answer(plan, server, before, start_s)
        try:
            yield [server.pid or 0 for server in servers]
        finally:
            for server in servers:
                server.terminate()


@contextmanager
def _process(plan: VenuePlan) -> Iterator[SpawnedProcess]:
    server = _FORKING.Process(
        target=_serve, args=(str(plan.settings_file), str(plan.log_file)), name=plan.id
    )
    server.start()
    try:
        yield server
    finally:
        _stop(server)


def _serve(settings_file: str, log_file: str) -> None:
    """Run the command as if it had been typed; what it prints goes to the log."""
    with open(log_file, "ab") as log:  # noqa: PTH123  # in a process that has nothing yet
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv = ["bideval", "serve", "--config", settings_file]
    runpy.run_module("bideval.cli", run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    """Drain and stop when the rehearsal has ended without stopping its servers: it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _stop(server: SpawnedProcess) -> None:
    server.terminate()
    server.join(STOP_S)
    if server.is_alive():
        server.kill()
        server.join()
    server.close()


def _log_size(plan: VenuePlan) -> int:
    plan.log_file.touch()
    return plan.log_file.stat().st_size


def _await_answer(plan: VenuePlan, server: SpawnedProcess, before: int, start_s: float) -> None:
    """Wait until this very server has said that it serves, and answers.

    `before` is how long its log was before it was started, in bytes.
    """
    deadline = time.monotonic() + start_s * plan.workers
    while server.is_alive() and time.monotonic() < deadline:
        if READY in _logged_since(plan, before) and _answers(plan):
            return
        time.sleep(LOOK_S)
    tail = _logged_since(plan, before)[-LOG_TAIL:]
    raise FaultError("server_not_ready", field=plan.id, detail=f"does not answer:\n{tail}")


def _logged_since(plan: VenuePlan, before: int) -> str:
    return plan.log_file.read_bytes()[before:].decode("utf-8", errors="replace")


def _answers(plan: VenuePlan) -> bool:
    try:
        return httpx2.get(f"{plan.url}/healthz", trust_env=False, verify=trust()).is_success
    except httpx2.TransportError:
        return False
