"""Viewing copies of bidders' PDFs, made in a process of their own.

Decided here: limits of that process, and where a finished copy is kept.
Not decided here: what is taken out of a copy (the child), who may look at it.

A PDF of 195 kB can decode to 200 MB: nothing of it is parsed in the server's own process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bideval.gateways.disk import make_folder
from bideval.ports import FileFacts, ViewingCopy
from bideval.terms.errors import FaultError, InputError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bideval.ports import FileStore

COPIES_AT_ONCE = 2
"""Child processes at a time; more wait their turn."""

GROWTH = 4
"""A copy may be so many times larger than its original, plus a megabyte."""

REFUSALS = frozenset({"bad_pdf", "pdf_encrypted", "pdf_too_costly"})


@dataclass(frozen=True, slots=True)
class ViewingLimits:
    """What one copy may cost."""

    seconds: int = 60
    mebibytes: int = 1024
    pages: int = 5000


class ChildViewing:
    """A `Viewing` whose copies lie in the file store and whose index lies in `folder`."""

    def __init__(self, files: FileStore, folder: Path, limits: ViewingLimits) -> None:
        self._files = files
        self._folder = folder
        self._limits = limits
        self._turns = asyncio.Semaphore(COPIES_AT_ONCE)
        make_folder(folder)

    async def viewing_copy(self, sha256: str) -> ViewingCopy:
        original = self._files.path(sha256)
        made = self._made(sha256)
        if made is not None:
            return made
        async with self._turns, self._scratch() as target:
            pages = await self._run_child(original, target)
            copied = await asyncio.to_thread(self._keep, target)
        copy = ViewingCopy(pages, copied)
        self._note(sha256, copy)
        return copy

    def _made(self, sha256: str) -> ViewingCopy | None:
        try:
            pages, copy, size = (self._folder / sha256).read_text("ascii").split()
        except FileNotFoundError:
            return None
        facts = FileFacts(copy, int(size))
        return ViewingCopy(int(pages), facts) if self._files.has(copy) else None

    def _note(self, sha256: str, copy: ViewingCopy) -> None:
        note = self._folder / f"{sha256}.{os.getpid()}.new"
        note.write_text(f"{copy.pages} {copy.facts.sha256} {copy.facts.size}\n", "ascii")
        note.replace(self._folder / sha256)

    @asynccontextmanager
    async def _scratch(self) -> AsyncIterator[Path]:
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="scratch-") as folder:
            yield Path(folder) / "copy.pdf"

    async def _run_child(self, original: Path, target: Path) -> int:
        process = await asyncio.create_subprocess_exec(
            *self._child_command(original, target),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_child_environment(),
        )
        try:
            async with asyncio.timeout(self._limits.seconds * 2):
                answer, _ = await process.communicate()
        except TimeoutError:
            raise InputError("pdf_too_costly", field="file", detail="took too long") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return _pages(answer, process.returncode)

    def _child_command(self, original: Path, target: Path) -> list[str]:
        limits = self._limits
        most_bytes = original.stat().st_size * GROWTH + (1 << 20)
        numbers = (limits.seconds, limits.mebibytes, limits.pages, most_bytes)
        child = [sys.executable, "-m", "bideval.gateways.viewing_child"]
        return [*child, str(original), str(target), *(str(number) for number in numbers)]

    def _keep(self, target: Path) -> FileFacts:
        with target.open("rb") as file:
            pieces: Iterator[bytes] = iter(lambda: file.read(1 << 20), b"")
            return self._files.put(pieces, limit=target.stat().st_size)


def _child_environment() -> dict[str, str]:
    """Give the child nothing of the server's environment but where Python is."""
    names = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in names if name in os.environ}


def _pages(answer: bytes, exit_code: int | None) -> int:
    """Read the child's answer; a child that died of its limits has none."""
    try:
        told = json.loads(answer) if exit_code == 0 else {"refused": "pdf_too_costly"}
    except ValueError:
        raise FaultError("viewing_failed", detail="the child gave no answer") from None
    if told.get("refused") in REFUSALS:
        raise InputError(told["refused"], field="file")
    pages = told.get("pages")
    if not isinstance(pages, int):
        raise FaultError("viewing_failed", detail="the child gave no answer")
    return pages
