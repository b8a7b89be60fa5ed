"""`bideval backup`: everything that a venue holds, in one file, beside the running server.

Decided here: arguments, that the file is complete and durable before it has its name, and that a
file that exists is never overwritten.
Not decided here: what goes in (actions.backing_up).
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.actions.backing_up import back_up
from bideval.gateways.clock import SystemClock
from bideval.gateways.disk import sync_folder
from bideval.gateways.files import DiskFileStore
from bideval.gateways.keyring import FileKeyRing
from bideval.gateways.log import configure_log
from bideval.settings import load_settings
from bideval.store.record_store import SqlRecordStore
from bideval.terms.errors import FaultError, RefusedError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from bideval.settings import Settings


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "backup",
        help="write everything that a venue holds into one file",
        description="The server may run. Keys, one-time codes and log-ins are not in the file: "
        "keep the two key files apart from it.",
        epilog="example: bideval backup --config venue.toml --out fenghua-2026-11-22.backup",
    )
    parser.add_argument("--config", type=Path, required=True, help="the venue's settings (TOML)")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")


def run(args: argparse.Namespace) -> int:
    began = time.perf_counter()
    settings = load_settings(args.config)
    configure_log(clock=SystemClock(), level=settings.log_level)
    size = backup_venue(settings, args.out)
    print(f"{args.out}: {size} bytes in {time.perf_counter() - began:.1f} s")
    return 0


def backup_venue(settings: Settings, out: Path) -> int:
    """Write the backup and return its size.

    Raises RefusedError `file_exists`, FaultError `storage_fault` when it cannot be written.
    """
    if out.exists():
        raise RefusedError("file_exists", field="out", detail="a backup is never overwritten")
    keys = FileKeyRing(settings.key_file, settings.identity_file)
    files = DiskFileStore(settings.data_dir / "files", beside=True)
    store = SqlRecordStore(settings.database, checkpoints=False)
    try:
        with store.read() as reader:
            pieces = back_up(
                reader,
                files,
                venue=settings.venue.id,
                public=keys.public,
                now_ms=SystemClock().now_ms(),
            )
            return _write(pieces, out)
    finally:
        store.close()


def _write(pieces: Iterator[bytes], out: Path) -> int:
    new = out.with_name(out.name + ".new")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        new.rename(out)
        sync_folder(out.parent)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise FaultError("storage_fault", field="out", detail=error.strerror or "") from None
    return size
