"""A file store in memory that keeps the promises of `FileStore`, over a simulated disk.

Decided here: a file with a name is whole and durable; a part is neither, so that a crash leaves any
beginning of it; a broken disk takes nothing. Not decided here: when it breaks (`Disk`).
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, BinaryIO

from bideval.ports import FileFacts
from bideval.terms.errors import FaultError, InputError, RefusedError

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from pathlib import Path

    from bideval.simulation.memory_store import Disk


class MemoryFiles:
    """The files of one venue; whole ones are in the disk's image, parts beside it."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def has(self, sha256: str) -> bool:
        return sha256 in self._disk.image.blobs

    def path(self, sha256: str) -> Path:  # noqa: ARG002  # as the port
        raise RefusedError("unknown_file", field="sha256", detail="no path in memory")

    def size(self, sha256: str) -> int:
        return len(self._read(sha256))

    def open(self, sha256: str) -> BinaryIO:
        return io.BytesIO(self._read(sha256))

    def read_range(self, sha256: str, start: int, length: int) -> bytes:
        return self._read(sha256)[start : start + length]

    def put(self, chunks: Iterable[bytes], *, limit: int, expected: str | None = None) -> FileFacts:
        data = b"".join(chunks)
        if len(data) > limit:
            raise InputError("file_too_large", field="file")
        return self._keep(data, expected)

    def part_size(self, sha256: str) -> int:
        return len(self._disk.parts.get(sha256, b""))

    def append_part(self, sha256: str, offset: int, data: bytes, *, size: int) -> int:
        here = self._disk.parts.get(sha256, b"")
        if offset != len(here):
            raise InputError("wrong_offset", field="offset")
        if offset + len(data) > size:
            raise InputError("file_too_large", field="size")
        self._check_disk()
        self._disk.parts[sha256] = here + data
        return offset + len(data)

    def finish_part(self, sha256: str) -> FileFacts:
        if sha256 not in self._disk.parts:
            raise RefusedError("unknown_file", field="sha256")
        return self._keep(self._disk.parts.pop(sha256), sha256)

    def _keep(self, data: bytes, expected: str | None) -> FileFacts:
        sha256 = hashlib.sha256(data).hexdigest()
        if expected not in {None, sha256}:
            raise InputError("digest_differs", field="sha256")
        self._check_disk()
        self._disk.image.blobs[sha256] = data
        return FileFacts(sha256, len(data))

    def _read(self, sha256: str) -> bytes:
        try:
            return self._disk.image.blobs[sha256]
        except KeyError:
            raise RefusedError("unknown_file", field="sha256") from None

    def _check_disk(self) -> None:
        if self._disk.broken:
            raise FaultError("storage_fault", field="data_dir")


def tear_parts(disk: Disk, chances: random.Random) -> None:
    """Leave some beginning of every unfinished file, as a crash does: nobody has synced them."""
    for sha256, data in disk.parts.items():
        disk.parts[sha256] = data[: chances.randrange(len(data) + 1)]
