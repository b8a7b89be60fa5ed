"""`bideval rebuild`: make the tables beside the record again from the record.

Decided here: arguments and what is printed: entries per second and the root of every session.
Not decided here: what a record is and what is cached of it (actions).
"""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.actions.verifying import verify_record
from bideval.actions.views import projection
from bideval.app import build_house
from bideval.audit.replay import first_forged
from bideval.cli.migrate import migrate_venue
from bideval.cli.signature_pool import cores, ready_checker
from bideval.gateways.clock import SystemClock
from bideval.gateways.log import configure_log
from bideval.settings import load_settings
from bideval.terms.identifiers import VENUE_LOG

if TYPE_CHECKING:
    import argparse

    from bideval.actions.venue import Venue
    from bideval.audit.replay import Checker


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "rebuild", help="make the tables beside the record again from the record"
    )
    parser.add_argument("--config", type=Path, required=True, help="the venue's settings (TOML)")


def run(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    configure_log(clock=SystemClock(), level=settings.log_level)
    migrate_venue(settings)
    with ready_checker(cores()) as checker, closing(build_house(settings)) as house:
        for line in rebuild(house.venue, checker=checker):
            print(line)
    return 0


def rebuild(venue: Venue, *, checker: Checker = first_forged) -> list[str]:
    """Verify every record with all signatures and make its cached line again; return the lines."""
    store = venue.devices.store
    store.write(lambda tx: tx.clear_projections()).result()
    with store.read() as reader:
        sessions = [one for one in reader.sessions() if not one.startswith(VENUE_LOG)]
    return [_rebuild(venue, session, checker) for session in sessions]


def _rebuild(venue: Venue, session: str, checker: Checker) -> str:
    began = time.perf_counter()
    with venue.devices.store.read() as reader:
        verified = verify_record(reader, session, checker=checker)
    if verified.fold is not None:
        line = projection(verified.fold, verified.size, verified.root, now_ms=venue.now_ms())
        venue.devices.store.write(lambda tx: tx.put_projection(line)).result()
    seconds = time.perf_counter() - began
    rate = verified.size / seconds if seconds else 0.0
    return (
        f"{session}: {verified.size} entries, {verified.pending} pending, "
        f"{rate:.0f} entries/s, root {verified.root}"
    )
