"""A store in memory that keeps the promises of `RecordStore`, and breaks as disks do.

Decided here: a work is all or nothing; what is committed is on the disk when the work's future
resolves; a fault refuses every write until somebody has verified. Which of these moments fails is
the disk's decision (`Disk`), so that a crash may fall before the write, between write and fsync
(the batch is torn and its recovery drops it), or after the fsync and before the answer.
Not decided here: SQL; the real stores are held to the same promises by their own tests.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from bideval.ledger.entry import entry_hash
from bideval.ledger.line import chain_next, chain_start, encode_line
from bideval.ledger.tree import Frontier, leaf_hash
from bideval.ports import (
    Conflict,
    FaultNotice,
    OriginHead,
    RecordHead,
    StoredCheckpoint,
    StoredLine,
    StoreError,
)
from bideval.sync.words import contradicts, outweighs
from bideval.terms.errors import FaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from bideval.ledger.entry import Entry
    from bideval.ledger.line import Line
    from bideval.ports import (
        Account,
        Activation,
        FileUse,
        KeptFile,
        Owed,
        PoolExpert,
        Projection,
        SeatBooking,
    )
    from bideval.sync.words import Word

T = TypeVar("T")


class CrashedError(BaseException):
    """The venue's process dies here; nothing may catch this but the world."""


@dataclass(slots=True)
class Record:
    """One session on a disk."""

    main: str
    epoch: int = 1
    awaiting: tuple[str, ...] = ()
    owed: tuple[Owed, ...] = ()
    stopped: str | None = None
    frontier: Frontier = field(default_factory=Frontier)
    order: list[tuple[str, int]] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    lines: dict[str, list[StoredLine]] = field(default_factory=dict)
    said: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    hashes: dict[str, tuple[str, int]] = field(default_factory=dict)
    checkpoints: dict[int, StoredCheckpoint] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def copy(self) -> Record:
        """Return an independent record; what it holds is frozen."""
        twin = copy(self)
        twin.frontier = self.frontier.copy()
        twin.order, twin.leaves = list(self.order), list(self.leaves)
        twin.lines = {origin: list(lines) for origin, lines in self.lines.items()}
        twin.said, twin.hashes = dict(self.said), dict(self.hashes)
        twin.checkpoints, twin.conflicts = dict(self.checkpoints), list(self.conflicts)
        return twin


@dataclass(slots=True)
class Image:
    """Everything on one disk."""

    records: dict[str, Record] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    words: dict[tuple[str, str, type[Word]], Word] = field(default_factory=dict)
    files: dict[str, KeptFile] = field(default_factory=dict)
    uses: dict[FileUse, None] = field(default_factory=dict)
    experts: dict[tuple[str, str], PoolExpert] = field(default_factory=dict)
    bookings: dict[tuple[str, str], SeatBooking] = field(default_factory=dict)
    codes: dict[str, Activation] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    """Bytes of whole files, by digest; they are no rows, and no work takes them back."""

    def copy(self) -> Image:
        """Return a backup."""
        records = {session: record.copy() for session, record in self.records.items()}
        tables = {name: dict(getattr(self, name)) for name in (*TABLES, "blobs")}
        return Image(records, **tables)


TABLES = ("accounts", "files", "uses", "experts", "bookings", "codes", "words")


class Reading:
    """Questions about an image; what a simulated venue never has is empty."""

    def __init__(self, image: Image) -> None:
        self.image = image

    def sessions(self) -> list[str]:
        return sorted(self.image.records)

    def head(self, session: str) -> RecordHead | None:
        record = self.image.records.get(session)
        if record is None:
            return None
        edge = record.frontier
        return RecordHead(
            session,
            record.main,
            edge.size,
            edge.root(),
            edge.to_bytes(),
            record.epoch,
            record.awaiting,
            record.stopped,
            record.owed,
        )

    def origin_head(self, session: str, origin: str) -> OriginHead:
        lines = self._lines(session, origin)
        if not lines:
            return OriginHead(0, chain_start(session, origin))
        return OriginHead(len(lines), lines[-1].chain)

    def origin_heads(self, session: str) -> dict[str, OriginHead]:
        origins = sorted(self.image.records[session].lines)
        heads = {origin: self.origin_head(session, origin) for origin in origins}
        return {origin: head for origin, head in heads.items() if head.n}

    def known(self, session: str, author: str, entry_id: str) -> StoredLine | None:
        record = self.image.records.get(session)
        place = None if record is None else record.said.get((author, entry_id))
        return None if place is None else self._lines(session, place[0])[place[1] - 1]

    def by_hash(self, session: str, entry_hash: str) -> StoredLine | None:
        record = self.image.records.get(session)
        place = None if record is None else record.hashes.get(entry_hash)
        return None if place is None else self._lines(session, place[0])[place[1] - 1]

    def lines(self, session: str, start: int, limit: int) -> list[StoredLine]:
        record = self.image.records.get(session)
        places = [] if record is None else record.order[start : start + limit]
        return [self._lines(session, origin)[n - 1] for origin, n in places]

    def origin_lines(self, session: str, origin: str, first_n: int, limit: int) -> list[StoredLine]:
        return self._lines(session, origin)[first_n - 1 : first_n - 1 + limit]

    def unplaced(self, session: str, limit: int) -> list[StoredLine]:
        record = self.image.records[session]
        kept = [line for origin in sorted(record.lines) for line in record.lines[origin]]
        return [line for line in kept if line.position is None][:limit]

    def leaves(self, session: str, start: int, limit: int) -> list[bytes]:
        return self.image.records[session].leaves[start : start + limit]

    def checkpoint(self, session: str, *, size: int | None = None) -> StoredCheckpoint | None:
        kept = self.image.records[session].checkpoints
        return kept.get(max(kept, default=0) if size is None else size)

    def checkpoint_covering(self, session: str, position: int) -> StoredCheckpoint | None:
        kept = self.image.records[session].checkpoints
        size = min((one for one in kept if one > position), default=0)
        return kept.get(size)

    def conflicts(self, session: str, *, at_most: int | None = None) -> list[Conflict]:
        kept = self.image.records[session].conflicts
        return [one for one in kept if at_most is None or len(one.proof) <= at_most]

    def contradicted(self, session: str) -> bool:
        return bool(self.image.records[session].conflicts)

    def words(self, session: str) -> list[Word]:
        kept = [key for key in self.image.words if key[0] == session]
        return [self.image.words[key] for key in sorted(kept, key=str)]

    def account(self, kid: str) -> Account | None:
        return self.image.accounts.get(kid)

    def accounts(
        self, *, person: str | None = None, session: str | None = None, role: str | None = None
    ) -> list[Account]:
        wanted = {"person": person, "session": session, "role": role}
        asked = {name: value for name, value in wanted.items() if value is not None}
        return [
            one
            for one in self.image.accounts.values()
            if all(getattr(one, name) == value for name, value in asked.items())
        ]

    def file(self, sha256: str) -> KeptFile | None:
        return self.image.files.get(sha256)

    def file_uses(self, sha256: str) -> list[FileUse]:
        return [use for use in self.image.uses if use.sha256 == sha256]

    def session_files(self, session: str) -> list[FileUse]:
        return [use for use in self.image.uses if use.session == session]

    def missing_files(self, session: str, limit: int) -> list[FileUse]:
        uses = self.session_files(session)
        return [use for use in uses if use.sha256 not in self.image.files][:limit]

    def pool(self, session: str) -> list[PoolExpert]:
        return [one for one in self.image.experts.values() if one.session == session]

    def pool_expert(self, session: str, blinded: str) -> PoolExpert | None:
        return self.image.experts.get((session, blinded))

    def seats(self, session: str) -> list[SeatBooking]:
        return [one for one in self.image.bookings.values() if one.session == session]

    def activation(self, code_hash: str) -> Activation | None:
        return self.image.codes.get(code_hash)

    def _lines(self, session: str, origin: str) -> list[StoredLine]:
        record = self.image.records.get(session)
        return [] if record is None else record.lines.get(origin, [])

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in {"projection", "login", "peer"}:
            return _nothing
        if name == "deliveries":
            return _none_of_them
        raise AttributeError(name)


def _nothing(*_asked: object) -> None:
    """There is no such row in a simulated venue."""


def _none_of_them(*_asked: object) -> list[Any]:
    return []


class Writing(Reading):
    """What may be added, inside one work; `undo` takes it back."""

    def __init__(self, image: Image) -> None:
        super().__init__(image)
        self._before: dict[str, Record | None] = {}
        self._tables: dict[str, dict[Any, Any]] = {}
        self._forgetting: list[Callable[[bool], None]] = []

    def on_undo(self, forget: Callable[[bool], None]) -> None:
        self._forgetting.append(forget)

    def undo(self, *, whole: bool) -> None:
        """Let nothing of the work be left; `whole`: it was to be committed."""
        for forget in self._forgetting:
            forget(whole)
        for session, record in self._before.items():
            if record is None:
                del self.image.records[session]
            else:
                self.image.records[session] = record
        for name, table in self._tables.items():
            setattr(self.image, name, table)

    def touched(self) -> set[str]:
        """Return the sessions that the work has changed."""
        return set(self._before)

    def found(self, session: str, main: str, *, epoch: int = 1) -> None:
        if session in self.image.records:
            raise StoreError("already_founded", field="session")
        self._before[session] = None
        self.image.records[session] = Record(main, epoch)

    def raise_epoch(self, session: str) -> int:
        record = self._record(session)
        record.epoch += 1
        return record.epoch

    def await_venues(
        self, session: str, venues: Collection[str], *, owed: Collection[Owed] = ()
    ) -> None:
        record = self._record(session)
        record.awaiting = tuple(sorted({*venues, *(one.venue for one in owed)}))
        record.owed = tuple(sorted(owed, key=lambda one: (one.size, one.venue)))

    def stop(self, session: str, sha256: str) -> bool:
        if self.image.records[session].stopped is not None:
            return False
        self._record(session).stopped = sha256
        return True

    def add_line(self, session: str, line: Line, *, entry: Entry, chain: bytes) -> bool:
        self._refuse_stopped(session)
        before = self.origin_head(session, line.origin)
        data = encode_line(line)
        if line.n <= before.n:
            if self._lines(session, line.origin)[line.n - 1].line != data:
                raise StoreError("fork", field="n")
            return False
        if line.n != before.n + 1:
            raise StoreError("gap", field="n")
        if chain_next(before.chain, data) != chain:
            raise StoreError("bad_chain", field="chain")
        if self.known(session, entry.author, entry.id) is not None:
            raise StoreError("reused_id", field="id")
        record = self._record(session)
        name = entry_hash(line.jws)
        kept = StoredLine(
            session=session,
            origin=line.origin,
            n=line.n,
            position=None,
            author=entry.author,
            entry_id=entry.id,
            entry_hash=name,
            kind=entry.kind,
            line=data,
            chain=chain,
        )
        record.lines.setdefault(line.origin, []).append(kept)
        record.said[entry.author, entry.id] = record.hashes[name] = (line.origin, line.n)
        return True

    def place(self, session: str, origin: str, n: int, leaf: bytes) -> int:
        self._refuse_stopped(session)
        lines = self._lines(session, origin)
        if n > len(lines):
            raise StoreError("unknown_line", field="n")
        if lines[n - 1].position is not None:
            raise StoreError("already_placed", field="n")
        if leaf_hash(lines[n - 1].line) != leaf:
            raise StoreError("bad_leaf", field="leaf")
        record = self._record(session)
        position = len(record.order)
        lines = record.lines[origin]
        lines[n - 1] = replace(lines[n - 1], position=position)
        record.order.append((origin, n))
        record.leaves.append(leaf)
        record.frontier.add(leaf)
        return position

    def add_checkpoint(self, session: str, size: int, note: str) -> bool:
        kept = self.checkpoint(session, size=size)
        if kept is not None and kept.note != note:
            raise StoreError("other_checkpoint", field="size")
        if kept is None:
            added = StoredCheckpoint(session, size, note, {})
            self._record(session).checkpoints[size] = added
        return kept is None

    def add_cosignature(self, session: str, size: int, venue: str, line: str) -> bool:
        kept = self.checkpoint(session, size=size)
        if kept is None:
            raise StoreError("unknown_checkpoint", field="size")
        if venue in kept.cosignatures:
            return False
        signed = {**kept.cosignatures, venue: line}
        self._record(session).checkpoints[size] = replace(kept, cosignatures=signed)
        return True

    def add_conflict(self, conflict: Conflict) -> bool:
        if conflict in self.image.records[conflict.session].conflicts:
            return False
        self._record(conflict.session).conflicts.append(conflict)
        return True

    def put_word(self, word: Word) -> bool:
        key = (word.session, word.stream, type(word))
        kept = self.image.words.get(key)
        if kept is not None and contradicts(word, kept):
            raise StoreError("other_word", field="n")
        if kept is not None and not outweighs(word, kept):
            return False
        self._table("words")[key] = word
        return True

    def add_account(self, account: Account) -> None:
        self._table("accounts")[account.kid] = account

    def close_account(self, kid: str, at_ms: int) -> bool:
        found = self.image.accounts.get(kid)
        if found is not None:
            self._table("accounts")[kid] = replace(found, closed_ms=at_ms)
        return found is not None

    def add_activation(self, activation: Activation) -> None:
        self._table("codes")[activation.code_hash] = activation

    def use_activation(self, code_hash: str, at_ms: int) -> bool:
        found = self.image.codes.get(code_hash)
        if found is None or found.used_ms is not None:
            return False
        self._table("codes")[code_hash] = replace(found, used_ms=at_ms)
        return True

    def drop_activations(self, *, person: str, session: str | None) -> int:
        asked = (person, session)
        gone = [
            code
            for code, one in self.image.codes.items()
            if (one.person, one.session) == asked and one.used_ms is None
        ]
        for code in gone:
            del self._table("codes")[code]
        return len(gone)

    def add_login(self, _login: object) -> None:
        """People of a simulation stay signed in."""

    def put_seat(self, booking: SeatBooking) -> None:
        self._table("bookings")[booking.session, booking.seat] = booking

    def add_pool(self, experts: Sequence[PoolExpert]) -> None:
        table = self._table("experts")
        for one in experts:
            table[one.session, one.blinded] = one

    def set_pool_status(
        self, session: str, blinded: str, status: str, *, exclusion: str | None = None
    ) -> None:
        table = self._table("experts")
        one = table[session, blinded]
        table[session, blinded] = replace(one, status=status, exclusion=exclusion)

    def add_file(self, kept: KeptFile) -> bool:
        fresh = kept.sha256 not in self.image.files
        if fresh:
            self._table("files")[kept.sha256] = kept
        return fresh

    def name_file(self, use: FileUse) -> bool:
        fresh = use not in self.image.uses
        if fresh:
            self._table("uses")[use] = None
        return fresh

    def put_projection(self, _projection: Projection) -> None:
        """A cache; nobody reads it here."""

    def put_peer(self, _peer: object) -> None:
        """Venues of a simulation know each other."""

    def _table(self, name: str) -> dict[Any, Any]:
        """Return a table that may be changed; the first change keeps how it was."""
        table: dict[Any, Any] = getattr(self.image, name)
        if name not in self._tables:
            self._tables[name] = table
            table = dict(table)
            setattr(self.image, name, table)
        return table

    def _refuse_stopped(self, session: str) -> None:
        record = self.image.records.get(session)
        if record is not None and record.stopped is not None:
            raise StoreError("session_stopped", field="session")

    def _record(self, session: str) -> Record:
        """Return a record that may be changed; the first change keeps how it was."""
        record = self.image.records.get(session)
        if record is None:
            raise StoreError("unknown_session", field="session")
        if session not in self._before:
            self._before[session] = record
            record = self.image.records[session] = record.copy()
        return record


class Disk:
    """Decides what happens to a commit; a simulation arms it."""

    def __init__(self) -> None:
        self.image = Image()
        self.parts: dict[str, bytes] = {}
        """Bytes of files that are not whole yet, by the digest that they are to have."""
        self.fail: str | None = None
        """The next write meets this: `before`, `torn`, `after` (a crash), `eio` or `full`."""
        self.broken = False
        """The disk takes no write until it is repaired."""
        self.doubtful = False
        """It has failed, and nobody has verified since."""

    def replace(self) -> None:
        """Let a new, empty disk take the place of this one."""
        self.image, self.parts = Image(), {}
        self.fail, self.broken, self.doubtful = None, False, False

    def meets(self) -> str | None:
        """Return what the present write meets."""
        met, self.fail = self.fail, None
        if met in {"eio", "full"}:
            self.broken = self.doubtful = True
        return met or ("eio" if self.broken else None)


class MemoryStore:
    """A `RecordStore` of one venue process over its disk."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.state = "running"
        self.unverified_writes = 0
        self._tell: list[Callable[[FaultNotice], None]] = []
        self._watch: list[Callable[[set[str]], None]] = []

    def on_fault(self, tell: Callable[[FaultNotice], None]) -> None:
        self._tell.append(tell)

    def on_commit(self, watch: Callable[[set[str]], None]) -> None:
        """Call `watch(sessions)` after every durable commit, before its answer."""
        self._watch.append(watch)

    @contextmanager
    def read(self) -> Iterator[Any]:
        yield Reading(self.disk.image)

    def write(self, work: Callable[[Any], T], *, weight: int = 0) -> Future[T]:  # noqa: ARG002  # as the port
        future: Future[T] = Future()
        if self.state != "running":
            future.set_exception(FaultError("storage_fault"))
            return future
        writing = Writing(self.disk.image)
        try:
            result = work(writing)
        except Exception as error:  # noqa: BLE001  # a work fails alone, whatever it raised
            writing.undo(whole=False)
            future.set_exception(error)
            return future
        self._commit(writing, future, result)
        return future

    def reopen_and_verify(self, verify: Callable[[Any], None]) -> None:
        if self.disk.broken:
            raise FaultError("storage_fault", detail="the database does not open")
        verify(Reading(self.disk.image))
        self.disk.doubtful = False
        self.state = "running"

    def close(self) -> None:
        """Nothing is queued here."""

    def _commit(self, writing: Writing, future: Future[T], result: T) -> None:
        met = self.disk.meets()
        if met in {"before", "torn"}:
            writing.undo(whole=True)
            raise CrashedError(met)
        if met in {"eio", "full"}:
            writing.undo(whole=True)
            self._fault(met)
            future.set_exception(FaultError("storage_fault"))
            return
        for watch in self._watch:
            watch(writing.touched())
        if met == "after":
            raise CrashedError(met)
        future.set_result(result)

    def _fault(self, detail: str) -> None:
        self.state = "faulted"
        for tell in self._tell:
            tell(FaultNotice(detail, 1))
