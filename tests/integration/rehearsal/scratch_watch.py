"""What servers write outside their folders, however short it lies there.

Decided here: temporary folders, shared memory and open files without a name are looked at many
times a second, and every version of every file is kept. Not decided here: what is searched for.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LOOK_S = 0.004
MOST_BYTES = 64 << 20
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # what is left there is looked at
COMMON = Path("/tmp")  # noqa: S108  # likewise
OTHERS = ("pytest-of-", "PostgreSQL.")
"""Names in common folders that belong to tests and to another program."""


class ScratchWatch:
    """Looks in a thread of its own until it is stopped; `keep(where, content)` gets what it saw."""

    def __init__(
        self, folders: Iterable[Path], own: Iterable[Path], keep: Callable[[str, bytes], None]
    ) -> None:
        self._folders = list(folders)
        self._own = [str(folder) for folder in own]
        self._keep = keep
        self._seen: set[tuple[object, ...]] = set()
        self._processes: list[int] = []
        self._before = {folder: _names(folder) for folder in (SHARED_MEMORY, COMMON)}
        self._going = True
        self.looks = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def follow(self, processes: Iterable[int]) -> None:
        """Look at the open files of these processes too."""
        self._processes = list(processes)

    def stop(self) -> None:
        """Look a last time, also at new files in the common folder, which others use too."""
        self._going = False
        self._thread.join()
        for name in _names(COMMON) - self._before[COMMON]:
            if not name.startswith(OTHERS) and (COMMON / name).is_file():
                self._look(COMMON / name, str(COMMON / name))

    def _run(self) -> None:
        while self._going:
            for folder in self._folders:
                self._look_below(folder)
            for name in _names(SHARED_MEMORY) - self._before[SHARED_MEMORY]:
                if not name.startswith(OTHERS):
                    self._look_below(SHARED_MEMORY / name)
            for process in self._processes:
                self._look_at_open(process)
            self.looks += 1
            time.sleep(LOOK_S)

    def _look_below(self, place: Path) -> None:
        for path in _files(place):
            self._look(path, str(path))

    def _look_at_open(self, process: int) -> None:
        with contextlib.suppress(OSError):
            for entry in Path(f"/proc/{process}/fd").iterdir():
                with contextlib.suppress(OSError):
                    target = str(entry.readlink())
                    outside = not target.startswith(tuple(self._own)) and _is_written(entry)
                    if outside or target.endswith(" (deleted)"):
                        self._look(entry, f"open file {target}")

    def _look(self, path: Path, where: str) -> None:
        with contextlib.suppress(OSError):
            facts = path.stat()
            version = (where, facts.st_ino, facts.st_size, facts.st_mtime_ns)
            if not stat.S_ISREG(facts.st_mode) or version in self._seen:
                return
            if facts.st_size <= MOST_BYTES and os.access(path, os.R_OK):
                self._keep(where, path.read_bytes())
                self._seen.add(version)


def _is_written(entry: Path) -> bool:
    """Whether the process that has this file open may write into it."""
    facts = (entry.parents[1] / "fdinfo" / entry.name).read_text().split()
    return int(facts[facts.index("flags:") + 1], 8) & os.O_ACCMODE != os.O_RDONLY


def _names(folder: Path) -> set[str]:
    with contextlib.suppress(OSError):
        return set(os.listdir(folder))  # noqa: PTH208  # names alone
    return set()


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
        return
    for folder, _, names in os.walk(place):
        for name in names:
            yield Path(folder) / name
