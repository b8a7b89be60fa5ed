"""Files that we lack: which chunk to ask for next, and what to do with what comes.

Decided here: important files first, within a file one chunk after the other, a few chunks asked
for at a time; a wrong, missing or late chunk sends the file back to what is durable, for later.
Not decided here: where bytes are kept and how their digest is checked.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bideval.sync import limits
from bideval.sync.effects import WriteChunk
from bideval.sync.messages import Want

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bideval.sync.messages import Absent, Chunk


@dataclass(frozen=True, slots=True)
class MissingFile:
    """A file that entries of `session` name and that is not here in full.

    `have`: bytes of it that are durable here already; smaller `priority` goes first.
    """

    session: str
    sha256: bytes
    size: int
    have: int = 0
    priority: int = 0


@dataclass(slots=True)
class _File:
    missing: MissingFile
    have: int
    asked: int
    arrived: int
    not_before: int
    tries: int = 0
    writing: bool = False
    waiting: deque[WriteChunk] = field(default_factory=deque)

    def restart(self, now: int) -> None:
        """Go back to what is durable and pause, longer each time."""
        self.asked = self.arrived = self.have
        self.waiting.clear()
        self.tries += 1
        self.not_before = now + limits.FILE_RETRY_MS * 2 ** (self.tries - 1)


class Fetching:
    """Our missing files on one link."""

    def __init__(self) -> None:
        self._files: dict[bytes, _File] = {}
        self._wants: dict[tuple[bytes, int], tuple[Want, int]] = {}

    def told(self, missing: Iterable[MissingFile], now: int) -> None:
        """Remember files that are missing; one that waits after a failure is tried at once.

        Who tells has news of it, for example that the peer has it now; this try is not counted.
        """
        for item in missing:
            if not 0 <= item.have < item.size <= limits.FILE_BYTES:
                continue
            if len(self._files) >= limits.FILES_WANTED:
                return
            have = item.have
            file = self._files.setdefault(item.sha256, _File(item, have, have, have, now))
            if file.not_before > now:
                file.not_before, file.tries = now, file.tries - 1

    def next_wants(self, now: int) -> list[Want]:
        """Return the chunks to ask for now."""
        wants: list[Want] = []
        ready = sorted(
            (file for file in self._files.values() if file.not_before <= now),
            key=lambda file: file.missing.priority,
        )
        for file in ready:
            missing = file.missing
            while file.asked < missing.size and len(self._wants) < limits.OUTSTANDING_WANTS:
                length = min(limits.CHUNK_BYTES, missing.size - file.asked)
                want = Want(missing.session, missing.sha256, file.asked, length)
                self._wants[missing.sha256, file.asked] = (want, now)
                file.asked += length
                wants.append(want)
        return wants

    def arrived(self, chunk: Chunk, now: int) -> WriteChunk | None:
        """Return what to write now, if anything; what nobody waits for is dropped."""
        want, _ = self._wants.pop((chunk.sha256, chunk.offset), (None, 0))
        file = self._files.get(chunk.sha256)
        if want is None or file is None:
            return None
        if chunk.offset != file.arrived or len(chunk.data) != want.length:
            self._restart(file, now)
            return None
        file.arrived += len(chunk.data)
        missing = file.missing
        last = file.arrived == missing.size
        file.waiting.append(
            WriteChunk(missing.session, missing.sha256, chunk.offset, chunk.data, last)
        )
        return _next_write(file)

    def absent(self, message: Absent, now: int) -> MissingFile | None:
        """Try later; return the file when it has failed too often."""
        want, _ = self._wants.pop((message.sha256, message.offset), (None, 0))
        file = self._files.get(message.sha256)
        if want is None or file is None:
            return None
        return self._restart(file, now)

    def written(self, sha256: bytes, upto: int | None, now: int) -> WriteChunk | MissingFile | None:
        """Take storage's answer: durable up to `upto`, or None when the file was refused.

        Returns the next write, or the file when it has failed too often.
        """
        file = self._files.get(sha256)
        if file is None or not file.writing:
            return None
        file.writing = False
        if upto is None:
            file.have = 0
            return self._restart(file, now)
        file.have = upto
        file.tries = 0
        if upto >= file.missing.size:
            del self._files[sha256]
            return None
        if file.asked < upto:
            file.asked = file.arrived = upto
        return _next_write(file)

    def overdue(self, now: int) -> list[MissingFile]:
        """Give up chunks that have not come; return files that have failed too often."""
        late = {
            sha256 for (sha256, _), (_, at) in self._wants.items() if now - at >= limits.CHUNK_MS
        }
        failed = [self._restart(self._files[sha256], now) for sha256 in late]
        return [missing for missing in failed if missing is not None]

    def _restart(self, file: _File, now: int) -> MissingFile | None:
        sha256 = file.missing.sha256
        self._wants = {key: want for key, want in self._wants.items() if key[0] != sha256}
        file.restart(now)
        if file.tries < limits.FILE_TRIES:
            return None
        del self._files[sha256]
        return file.missing


def _next_write(file: _File) -> WriteChunk | None:
    if file.writing or not file.waiting:
        return None
    file.writing = True
    return file.waiting.popleft()
