"""Files on the venue's disk, by the SHA-256 of their bytes.

Decided here: `aa/bb/<sha256>` under one folder; a file gets its name only when it is whole, hashed
and synced, so what has a name is complete. Unfinished files of the link lie in `part/` and what is
being received in `new/`, which is emptied at each start.
Not decided here: who may see a file, how large it may be.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bideval.gateways.disk import make_folder, sync_folder
from bideval.ports import FileFacts
from bideval.terms.errors import FaultError, InputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable, Iterator

READ_BYTES = 1 << 20
"""Bytes read at a time when a whole file is hashed."""

GATHER_BYTES = 1 << 18
"""Bytes of an arriving stream gathered before a thread writes them."""

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class DiskFileStore:
    """A `FileStore` in one folder of one disk. Thread-safe but for one part at a time per file."""

    def __init__(self, folder: Path, *, beside: bool = False) -> None:
        """Open the store; `beside` a running server, whose unfinished files are left alone."""
        self._folder = folder
        self._new = folder / "new"
        self._parts = folder / "part"
        with _faults():
            make_folder(self._new)
            make_folder(self._parts)
            for left in () if beside else self._new.iterdir():
                left.unlink()

    def has(self, sha256: str) -> bool:
        return self._place(sha256).is_file()

    def path(self, sha256: str) -> Path:
        place = self._place(sha256)
        if not place.is_file():
            raise RefusedError("unknown_file", field="sha256")
        return place

    def size(self, sha256: str) -> int:
        return self.path(sha256).stat().st_size

    def open(self, sha256: str) -> BinaryIO:
        return self.path(sha256).open("rb")

    def read_range(self, sha256: str, start: int, length: int) -> bytes:
        if start < 0 or length < 0:
            raise InputError("bad_range", field="start" if start < 0 else "length")
        with self.open(sha256) as file:
            file.seek(start)
            return file.read(length)

    def put(self, chunks: Iterable[bytes], *, limit: int, expected: str | None = None) -> FileFacts:
        with self._arrival(limit) as arrival:
            for chunk in chunks:
                arrival.write(chunk)
            return self._keep(arrival, expected)

    async def put_stream(
        self, chunks: AsyncIterable[bytes], *, limit: int, expected: str | None = None
    ) -> FileFacts:
        with self._arrival(limit) as arrival:
            async for gathered in _gathered(chunks):
                await asyncio.to_thread(arrival.write, gathered)
            return await asyncio.to_thread(self._keep, arrival, expected)

    def part_size(self, sha256: str) -> int:
        part = self._part(sha256)
        return part.stat().st_size if part.is_file() else 0

    def append_part(self, sha256: str, offset: int, data: bytes, *, size: int) -> int:
        here = self.part_size(sha256)
        if offset != here:
            raise InputError("wrong_offset", field="offset", detail=f"the part ends at {here}")
        if offset + len(data) > size:
            raise InputError("file_too_large", field="size", detail=f"announced were {size} bytes")
        with _faults(), self._part(sha256).open("ab") as file:
            file.write(data)
        return here + len(data)

    def finish_part(self, sha256: str) -> FileFacts:
        part = self._part(sha256)
        if not part.is_file():
            raise RefusedError("unknown_file", field="sha256")
        with _faults():
            with part.open("rb+") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                facts = FileFacts(digest, os.fstat(file.fileno()).st_size)
                os.fsync(file.fileno())
            if digest != sha256:
                part.unlink()
                raise InputError("digest_differs", field="sha256", detail="fetch the file again")
            self._give_name(part, sha256)
        return facts

    @contextmanager
    def _arrival(self, limit: int) -> Iterator[Arrival]:
        with _faults():
            arrival = Arrival(self._new, limit)
        try:
            yield arrival
        finally:
            arrival.discard()

    def _keep(self, arrival: Arrival, expected: str | None) -> FileFacts:
        facts = arrival.finish()
        if expected is not None and facts.sha256 != expected:
            raise InputError("digest_differs", field="sha256", detail="the bytes have another one")
        with _faults():
            self._give_name(arrival.path, facts.sha256)
        return facts

    def _give_name(self, path: Path, sha256: str) -> None:
        place = self._place(sha256)
        if place.is_file():
            path.unlink()
            return
        make_folder(place.parent)
        path.replace(place)
        sync_folder(place.parent)

    def _place(self, sha256: str) -> Path:
        _check_name(sha256)
        return self._folder / sha256[:2] / sha256[2:4] / sha256

    def _part(self, sha256: str) -> Path:
        _check_name(sha256)
        return self._parts / sha256


class Arrival:
    """A file that is being received, without a name of its own."""

    def __init__(self, folder: Path, limit: int) -> None:
        descriptor, name = tempfile.mkstemp(dir=folder)
        self.path = Path(name)
        self._file = os.fdopen(descriptor, "wb")
        self._limit = limit
        self._size = 0
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._limit:
            detail = f"must have at most {self._limit} bytes"
            raise InputError("file_too_large", field="file", detail=detail)
        self._digest.update(data)
        with _faults():
            self._file.write(data)

    def finish(self) -> FileFacts:
        with _faults():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        return FileFacts(self._digest.hexdigest(), self._size)

    def discard(self) -> None:
        """Close and remove what has no name yet; nothing happens to a kept file."""
        try:
            self._file.close()
        except OSError:
            pass  # the fault that led here has been raised already
        finally:
            self.path.unlink(missing_ok=True)


async def _gathered(chunks: AsyncIterable[bytes]) -> AsyncIterable[bytes]:
    """Gather small pieces, so that each visit of a thread is worth it."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        if len(waiting) >= GATHER_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _check_name(sha256: str) -> None:
    if _DIGEST.fullmatch(sha256) is None:
        detail = "must be 64 lower-case hexadecimal digits"
        raise InputError("not_a_digest", field="sha256", detail=detail)


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise FaultError("storage_fault", field="data_dir", detail=detail) from error
