"""`bideval restore`: a venue's own backup becomes its store again.

Decided here: arguments and what is printed, above all what to do next.
Not decided here: what is checked before anything is written (actions.restoring).
"""

from __future__ import annotations

import contextlib
import mmap
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.actions.backup_file import read_backup
from bideval.actions.restoring import restore
from bideval.app import build_house
from bideval.cli.migrate import migrate_venue
from bideval.cli.signature_pool import cores, ready_checker, without_collector
from bideval.gateways.clock import SystemClock
from bideval.gateways.log import configure_log
from bideval.settings import load_settings
from bideval.terms.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from bideval.actions.restoring import Restored


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "restore",
        help="put a venue's own backup into an empty database",
        description="The server must be stopped and the database empty. Every byte and signature "
        "is checked first. Afterwards the venue writes into a session only when the other venues "
        "have confirmed over the link that the backup lacks nothing of what they hold.",
        epilog="example: bideval restore --config venue.toml --from fenghua-2026-11-22.backup",
    )
    parser.add_argument("--config", type=Path, required=True, help="the venue's settings (TOML)")
    parser.add_argument("--from", dest="source", type=Path, required=True, help="the backup")


def run(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    configure_log(clock=SystemClock(), level=settings.log_level)
    migrate_venue(settings)
    began = time.perf_counter()
    with (
        ready_checker(cores()) as checker,
        contextlib.closing(build_house(settings)) as house,
        opened(args.source) as data,
        without_collector(),
    ):
        restored = restore(house.venue, read_backup(data), checker=checker)
    for line in report(restored):
        print(line)
    print(f"{sum(one.size for one in restored)} entries in {time.perf_counter() - began:.1f} s")
    return 0


@contextlib.contextmanager
def opened(path: Path) -> Iterator[memoryview]:
    """Map a backup into memory; raises InputError `bad_backup` when it cannot be read."""
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        detail = f"{path}: {error}"
        raise InputError("bad_backup", field="from", detail=detail) from None
    # Views into the mapping may outlive the command's last line; the system closes it.
    yield memoryview(mapped)


def report(restored: list[Restored]) -> list[str]:
    """Tell what came back, and whose word is awaited."""
    lines = [
        f"{one.session}: {one.size} entries, {one.pending} pending, epoch {one.epoch}, "
        f"root {one.root}" + (f"; waits for {', '.join(one.awaiting)}" if one.awaiting else "")
        for one in restored
    ]
    return [
        *lines,
        "One-time codes and log-ins were not kept. Accounts closed since then are open again.",
        "Start the server: sessions go on when the venues named have confirmed them.",
    ]
