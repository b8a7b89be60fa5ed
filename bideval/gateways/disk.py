"""Making changes of a folder durable.

Decided here: that a new name counts only after its folder is synced as well; how processes that
share a folder know whether another one is there.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRESENCE: Final = "present.lock"
"""A file in a shared folder that each process holds locked as long as it lives."""


@contextmanager
def present(folder: Path) -> Iterator[None]:
    """Let others know that this process uses the folder; waits while it is being cleared."""
    make_folder(folder)
    with (folder / PRESENCE).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Keep others out of the folder if nobody uses it; tell whether nobody does."""
    make_folder(folder)
    with (folder / PRESENCE).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, durably."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        sync_folder(path.parent)
