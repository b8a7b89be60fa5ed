"""The disk of one simulated venue: what is here survives crashes, and nothing else does.

It keeps the promises of `bideval.link.host.LinkHost` without waiting: idempotent commits, all or
none, gaps and forks refused.
"""

from __future__ import annotations

import hashlib
from copy import deepcopy
from dataclasses import dataclass, field, replace

from bideval.ledger.line import Line, chain_next, chain_start, encode_line, parse_line
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.sync.fetching import MissingFile
from bideval.sync.notes import CheckpointNote
from bideval.sync.shared import SharedSession


class DiskRefusedError(Exception):
    """The commit is refused with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Record:
    """One session on one disk."""

    main: str
    branches: tuple[str, ...]
    files: dict[bytes, int] = field(default_factory=dict)
    lines: dict[str, list[bytes]] = field(default_factory=dict)
    order: list[bytes] = field(default_factory=list)
    placed: dict[str, int] = field(default_factory=dict)
    checkpoints: dict[int, str] = field(default_factory=dict)
    cosignatures: dict[int, dict[str, str]] = field(default_factory=dict)
    epoch: int = 1
    grown: Frontier = field(default_factory=Frontier)
    chains: dict[str, list[bytes]] = field(default_factory=dict)


class Disk:
    """All that one venue has durably."""

    def __init__(self, venue: str) -> None:
        self.venue = venue
        self.records: dict[str, Record] = {}
        self.files: dict[bytes, bytes] = {}
        self.parts: dict[bytes, bytes] = {}

    def snapshot(self) -> Disk:
        """Return a backup."""
        return deepcopy(self)

    # What people do here.

    def found(self, session: str, branches: tuple[str, ...]) -> None:
        self.records[session] = Record(self.venue, branches)
        self.write(session, f"founded-{session}".replace(".", "-"))

    def write(self, session: str, text: str) -> bytes:
        record = self.records[session]
        own = record.lines.setdefault(self.venue, [])
        line = encode_line(Line(self.venue, len(own) + 1, f"e.{text}.s"))
        own.append(line)
        if record.main == self.venue:
            self._place(record, self.venue)
        return line

    def add_file(self, session: str, data: bytes) -> bytes:
        sha256 = hashlib.sha256(data).digest()
        self.files[sha256] = data
        self.records[session].files[sha256] = len(data)
        return sha256

    def name_file(self, session: str, sha256: bytes, size: int) -> None:
        """Learn from an entry that the session has this file."""
        self.records[session].files[sha256] = size

    def make_checkpoint(self, session: str) -> CheckpointNote:
        record = self.records[session]
        size = len(record.order)
        root = self.frontier(session, size).root().hex()
        note = CheckpointNote(size, f"{session}\n{size}\n{root}\n")
        record.checkpoints[size] = note.note
        return note

    # What the link asks.

    def shared(self, peer: str) -> list[SharedSession]:
        return [
            self.shared_session(session, peer)
            for session, record in self.records.items()
            if peer == record.main or (record.main == self.venue and peer in record.branches)
        ]

    def shared_session(self, session: str, peer: str) -> SharedSession:
        record = self.records[session]
        if record.main != self.venue:
            size = len(record.order)
            state = self.frontier(session, size).to_bytes() if size else b""
            return SharedSession(session, main=False, n=size, state=state, epoch=record.epoch)
        n = len(record.lines.get(peer, []))
        state = self.chain(session, peer, n) if n else b""
        newest = max(record.checkpoints, default=0)
        missing = newest and peer not in record.cosignatures.get(newest, {})
        note = CheckpointNote(newest, record.checkpoints[newest]) if missing else None
        return SharedSession(
            session,
            main=True,
            n=n,
            state=state,
            epoch=record.epoch,
            checkpoint=note,
            size=len(record.order),
        )

    def mark_up(self, session: str, n: int) -> bytes | None:
        own = self.records[session].lines.get(self.venue, [])
        return self.chain(session, self.venue, n) if n <= len(own) else None

    def mark_down(self, session: str, size: int) -> bytes | None:
        order = self.records[session].order
        return self.frontier(session, size).to_bytes() if size <= len(order) else None

    def read_up(self, session: str, first: int, *, limit: int, max_bytes: int) -> list[bytes]:
        own = self.records[session].lines.get(self.venue, []) if session in self.records else []
        return _fitting(own[first - 1 :], limit, max_bytes)

    def read_down(self, session: str, first: int, *, limit: int, max_bytes: int) -> list[bytes]:
        return _fitting(self.records[session].order[first - 1 :], limit, max_bytes)

    def commit_up(
        self, peer: str, session: str, first: int, lines: tuple[bytes, ...]
    ) -> tuple[int, bytes, int]:
        record = self.records[session]
        kept = record.lines.get(peer, [])
        fresh = _fresh(kept, first, lines)
        record.lines[peer] = kept + fresh
        self._place(record, peer)
        n = len(record.lines[peer])
        return n, self.chain(session, peer, n), len(record.order)

    def commit_down(
        self, peer: str, session: str, first: int, lines: tuple[bytes, ...]
    ) -> tuple[int, bytes]:
        record = self.records.get(session) or Record(peer, (self.venue,))
        trial = replace(
            record,
            lines={origin: list(kept) for origin, kept in record.lines.items()},
            order=list(record.order),
            placed=dict(record.placed),
        )
        for line in _fresh(trial.order, first, lines):
            self._copy(trial, line)
        self.records[session] = trial
        size = len(trial.order)
        return size, self.frontier(session, size).root()

    def cosign(self, session: str, size: int, note: str) -> str | None:
        root = self.frontier(session, size).root().hex()
        if note != f"{session}\n{size}\n{root}\n":
            return None
        self.records[session].cosignatures.setdefault(size, {})[self.venue] = "mine"
        return f"cosigned {self.venue} {size}"

    def keep_cosignature(self, peer: str, session: str, size: int, line: str) -> None:
        self.records[session].cosignatures.setdefault(size, {})[peer] = line

    def missing_files(self, peer: str) -> list[MissingFile]:
        return [
            MissingFile(session, sha256, size, have=len(self.parts.get(sha256, b"")))
            for session, record in self.records.items()
            for sha256, size in record.files.items()
            if sha256 not in self.files and peer in (record.main, *record.branches)
        ]

    def read_chunk(self, sha256: bytes, *, offset: int, length: int) -> bytes | None:
        data = self.files.get(sha256)
        return None if data is None else data[offset : offset + length]

    def write_chunk(self, sha256: bytes, *, offset: int, data: bytes, last: bool) -> int | None:
        part = self.parts.get(sha256, b"")
        if offset > len(part):
            return None
        part = part[:offset] + data
        if last and hashlib.sha256(part).digest() != sha256:
            self.parts.pop(sha256, None)
            return None
        self.parts[sha256] = part
        if last:
            self.files[sha256] = self.parts.pop(sha256)
        return len(part)

    # Digests.

    def chain(self, session: str, origin: str, n: int) -> bytes:
        record = self.records[session]
        chains = record.chains.setdefault(origin, [chain_start(session, origin)])
        lines = record.lines.get(origin, [])
        while len(chains) <= n:
            chains.append(chain_next(chains[-1], lines[len(chains) - 1]))
        return chains[n]

    def frontier(self, session: str, size: int) -> Frontier:
        record = self.records[session]
        if size < record.grown.size:
            return Frontier(leaf_hash(line) for line in record.order[:size])
        for line in record.order[record.grown.size : size]:
            record.grown.add(leaf_hash(line))
        return record.grown.copy()

    def _place(self, record: Record, origin: str) -> None:
        lines = record.lines.get(origin, [])
        record.order.extend(lines[record.placed.get(origin, 0) :])
        record.placed[origin] = len(lines)

    def _copy(self, record: Record, line: bytes) -> None:
        parsed = parse_line(line)
        kept = record.lines.setdefault(parsed.origin, [])
        if parsed.n != record.placed.get(parsed.origin, 0) + 1:
            raise DiskRefusedError("gap")
        if parsed.n <= len(kept):
            if kept[parsed.n - 1] != line:
                raise DiskRefusedError("fork")
        elif parsed.origin == self.venue:
            raise DiskRefusedError("fork")
        else:
            kept.append(line)
        record.placed[parsed.origin] = parsed.n
        record.order.append(line)


def _fresh(kept: list[bytes], first: int, lines: tuple[bytes, ...]) -> list[bytes]:
    if first > len(kept) + 1:
        raise DiskRefusedError("gap")
    known = kept[first - 1 : first - 1 + len(lines)]
    if known != list(lines[: len(known)]):
        raise DiskRefusedError("fork")
    return list(lines[len(known) :])


def _fitting(lines: list[bytes], limit: int, max_bytes: int) -> list[bytes]:
    batch: list[bytes] = []
    for line in lines[:limit]:
        if sum(map(len, batch)) + len(line) > max_bytes:
            break
        batch.append(line)
    return batch
