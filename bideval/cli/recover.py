"""`bideval recover`: take records back from other venues' backups.

Decided here: arguments and what is printed: the same root, and what only the lost venue had.
Not decided here: which copies are believed (actions.recovering).
"""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.actions.backup_file import read_backup
from bideval.actions.confirming import stop_waiting
from bideval.actions.recovering import recover
from bideval.actions.venue_log import start_log
from bideval.app import build_house
from bideval.cli.migrate import migrate_venue
from bideval.cli.restore import opened
from bideval.cli.signature_pool import cores, ready_checker, without_collector
from bideval.gateways.clock import SystemClock
from bideval.gateways.log import configure_log
from bideval.settings import load_settings
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from bideval.actions.recovering import Recovered
    from bideval.actions.venue import Venue
    from bideval.audit.replay import Checker

ONLY_HERE = (
    "Only this venue had, and no other venue knows: entries that no venue had acknowledged when "
    "it was lost, its own log, one-time codes, log-ins, seat bookings, delivery notes, accounts "
    "of people who are in no session. A kept receipt that no record holds shows a lost entry."
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "recover",
        help="take records back from other venues' backups",
        description="For a main venue whose server was destroyed, or a venue whose backup was too "
        "old. The server must be stopped; its key files must be there. The record comes back to "
        "the same root; copies that contradict each other are refused, and nothing is written.",
        epilog="example: bideval recover --config venue.toml --from wencheng.backup",
    )
    parser.add_argument("--config", type=Path, required=True, help="the venue's settings (TOML)")
    parser.add_argument(
        "--from",
        dest="sources",
        type=Path,
        action="append",
        default=[],
        metavar="BRANCH",
        help="a backup that another venue made; several may be given, the longest copy counts",
    )
    parser.add_argument("--session", help="only this session")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="VENUE",
        help="do not wait for this venue's word: it is lost for good, with what only it had",
    )


def run(args: argparse.Namespace) -> int:
    if not args.sources and not args.without:
        raise InputError("missing", field="from", detail="--from or --without is needed")
    settings = load_settings(args.config)
    configure_log(clock=SystemClock(), level=settings.log_level)
    migrate_venue(settings)
    with ready_checker(cores()) as checker, closing(build_house(settings)) as house:
        for line in _run(house.venue, args, checker):
            print(line)
    return 0


def _run(venue: Venue, args: argparse.Namespace, checker: Checker) -> Iterator[str]:
    began = time.perf_counter()
    if args.sources:
        with ExitStack() as stack, without_collector():
            backups = [read_backup(stack.enter_context(opened(one))) for one in args.sources]
            found = recover(venue, backups, session=args.session, checker=checker)
        for one in found:
            yield from report(one)
        seconds = time.perf_counter() - began
        yield f"{sum(one.taken for one in found)} entries taken in {seconds:.1f} s"
        yield ONLY_HERE
    if args.without:
        yield from _give_up(venue, args)


def _give_up(venue: Venue, args: argparse.Namespace) -> Iterator[str]:
    start_log(venue, program="bideval recover")
    for session in venue.book.sessions():
        if args.session not in (None, session):
            continue
        with venue.devices.store.read() as reader:
            head = reader.head(session)
        if head is not None and set(head.awaiting) & set(args.without):
            left = stop_waiting(venue, session, args.without)
            yield f"{session}: waits for {', '.join(left) or 'nobody'}"


def report(one: Recovered) -> Iterator[str]:
    """Tell what came back of a session, and what is missing."""
    yield f"{one.session}: {one.size} entries ({one.taken} from {one.source}), root {one.root}"
    size, venues = one.cosigned
    yield f"  the newest checkpoint covers {size}, cosigned by {', '.join(venues) or 'nobody'}"
    if one.seen_beyond:
        yield f"  LOST: an author says to have seen {one.seen_beyond} more entries"
    for name in one.missing_files:
        yield f"  not here yet, the link will ask for it: {name}"
    if one.pool_lost:
        yield "  LOST: the pool of experts; nobody can be drawn any more in this session"
    if one.awaiting:
        yield f"  waits for {', '.join(one.awaiting)} before anything is written"
